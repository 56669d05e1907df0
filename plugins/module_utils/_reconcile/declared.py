# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One declared credential of a task, of whichever product: its record in a store, and the result that says what was done."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping, Sequence

from .._store.backends import open_store
from .._store.claims import LEASE_SECONDS, Claims, NoClaims
from .._store.format import Kind
from .._store.record import Record
from .._time import iso
from .execute import Outcome
from .product import Desired, Service
from .reconcile import reconcile


class Task(t.NamedTuple):
    """What all credentials of a task have in common. username, domain: of the login. began: when the task did, by boottime()."""

    username: str | None
    domain: str | None
    timeout: float
    retries: int
    use_proxy: bool
    check_mode: bool
    warn: Callable[[str], None]
    began: float


class Kept(t.NamedTuple):
    """How a credential is kept in a store: the kind of its record, which one it is of, and what of that is not always known."""

    kind: Kind
    identity: Mapping[str, t.Any]
    optional_identity: Sequence[str] = ()


def reconcile_declared(service: Service, desired: Desired, kept: Kept, store: Mapping[str, t.Any] | None, task: Task) -> Outcome:
    """Bring one credential to its desired state, with its secret in the store that the option names; raises ApiError."""
    if not store:
        return reconcile(service, desired, NoClaims(), task.check_mode, task.warn)
    transport: dict[str, t.Any] = {"timeout": task.timeout, "retries": task.retries, "use_proxy": task.use_proxy}
    with open_store(store, **transport, check_mode=task.check_mode, warn=task.warn) as backend:
        claims = Claims(Record(backend, *kept), task.warn, max(LEASE_SECONDS, 10 * task.timeout), task.began)
        return reconcile(service, desired, claims, task.check_mode, task.warn, store["lock_timeout"])


def outcome_result(outcome: Outcome, key: str, public: Callable[[t.Any], dict[str, t.Any]]) -> dict[str, t.Any]:
    """The result for one credential, its secrets among them, which stands under this key as public() shows it."""
    # The attributes alone may be the same before and after.
    has_new_secret = outcome.before is not None and bool({"renewed", "recreated"} & set(outcome.actions))
    old, new = ({"secret": "old"}, {"secret": "new"}) if has_new_secret else ({}, {})
    fingerprint = outcome.token.fingerprint() if outcome.token else None
    result: dict[str, t.Any] = {
        "changed": any(action != "reused" for action in outcome.actions),
        key: public(outcome.token) if outcome.token else None,
        "actions": outcome.actions,
        "secret_available": fingerprint is not None,
        "secret_fingerprint": fingerprint,
        "replaced": [{"id": entry.id, "until": iso(entry.until)} for entry in outcome.replaced or ()],
        "diff": {
            "before": {**(outcome.before.described() if outcome.before else {}), **old},
            "after": {**(outcome.after.described() if outcome.after else {}), **new},
        },
    }
    if outcome.replaced_id is not None:
        result["replaced_id"] = outcome.replaced_id
    return result
