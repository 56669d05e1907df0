# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One declared Command Center token of a task: its options, its record in a store, and the result that says what was done."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from .._commandcenter.access_tokens import AccessTokens
from .._commandcenter.stored import OPTIONAL_IDENTITY, RECORD_KIND, identity
from .._commandcenter.token import SCOPE_NUMBERS
from .._store.backends import open_store
from .._store.claims import LEASE_SECONDS, Claims, NoClaims
from .._store.record import Record
from .._time import iso
from .desired import Desired
from .execute import Outcome
from .reconcile import reconcile

# What describes the token that is wanted; read_desired() reads it.
DECLARED_SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "id": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "renewed", "absent"], "default": "present"},
    "scope": {"type": "str", "choices": list(SCOPE_NUMBERS)},
    "api_endpoints": {"type": "list", "elements": "str"},
    "renewable_until": {"type": "str"},
    "expires": {"type": "str"},
    "allowed_ips": {"type": "list", "elements": "str"},
    "user_id": {"type": "int"},
    "recreate": {"type": "str", "choices": ["never", "state_change", "always"], "default": "never"},
    "overlap": {"type": "str", "default": "0s"},
    "min_validity": {"type": "str", "default": "5m"},
}


class Task(t.NamedTuple):
    """What all tokens of a task have in common. username, domain: of the login. began: when the task did, by boottime()."""

    username: str | None
    domain: str | None
    timeout: float
    retries: int
    use_proxy: bool
    check_mode: bool
    warn: Callable[[str], None]
    began: float


def reconcile_declared(tokens: AccessTokens, desired: Desired, store: Mapping[str, t.Any] | None, task: Task) -> Outcome:
    """Bring one token to its desired state, with its secret in the store that the option names; raises ApiError."""
    if not store:
        return reconcile(tokens, desired, NoClaims(), task.check_mode, task.warn)
    transport: dict[str, t.Any] = {"timeout": task.timeout, "retries": task.retries, "use_proxy": task.use_proxy}
    with open_store(store, **transport, check_mode=task.check_mode, warn=task.warn) as backend:
        whose = identity(tokens.server.url, desired.name or "", desired.user_id, task.username, task.domain)
        claims = Claims(Record(backend, RECORD_KIND, whose, OPTIONAL_IDENTITY), task.warn, max(LEASE_SECONDS, 10 * task.timeout), task.began)
        return reconcile(tokens, desired, claims, task.check_mode, task.warn, store["lock_timeout"])


def outcome_result(outcome: Outcome, tokens: AccessTokens) -> dict[str, t.Any]:
    """The result for one token, its secrets among them."""
    server = tokens.server
    # The attributes alone may be the same before and after.
    has_new_secret = outcome.before is not None and bool({"renewed", "recreated"} & set(outcome.actions))
    old, new = ({"secret": "old"}, {"secret": "new"}) if has_new_secret else ({}, {})
    result: dict[str, t.Any] = {
        "changed": any(action != "reused" for action in outcome.actions),
        "token": outcome.token.public(server.server_time(), server.url, server.auth_header) if outcome.token else None,
        "actions": outcome.actions,
        "secret_available": bool(outcome.token and outcome.token.access_token),
        "secret_fingerprint": outcome.token.fingerprint() if outcome.token else None,
        "replaced": [{"id": entry.id, "until": iso(entry.until)} for entry in outcome.replaced or ()],
        "diff": {
            "before": {**(outcome.before.described() if outcome.before else {}), **old},
            "after": {**(outcome.after.described() if outcome.after else {}), **new},
        },
    }
    if outcome.replaced_id is not None:
        result["replaced_id"] = outcome.replaced_id
    return result
