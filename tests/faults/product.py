# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that the fault tests know of the product's code and of its record: how to run a module, and the few places inside to reach for.

Imports of the product stand inside the functions: they run in the forks alone, not in the process of the tests.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

PACKAGE = "ansible_collections.dataprotection.access.plugins"
MODULES = ("cohesity_access_token", "cohesity_api_key", "commandcenter_access_token")


@functools.cache
def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.modules.{name}")


def load() -> None:
    """Import everything that a run needs, so that no fork has to."""
    for name in ("hvac", "hvac.exceptions", "requests"):
        importlib.import_module(name)
    for name in MODULES:
        module(name)


def run(name: str, given: Mapping[str, Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, Any]:
    """Run a module with these options; its result, or that of its failure."""
    from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
    from ansible_collections.dataprotection.access.plugins.module_utils._module import failure

    try:
        return dict(module(name).run(with_defaults(module(name).ARGUMENT_SPEC, given), check_mode, warn))
    except ApiError as error:
        return dict(failure(error))


def with_defaults(spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as ansible hands them over: every one of the spec, with its default."""
    unknown = given.keys() - spec.keys()
    assert not unknown, unknown
    params = {}
    for key, option in spec.items():
        value = given.get(key, option.get("default"))
        params[key] = with_defaults(option["options"], value) if value is not None and "options" in option else value
    return params


def begin_task() -> None:
    """Have the runs that this process forks from now on begin now."""
    from ansible_collections.dataprotection.access.plugins.module_utils import _time

    _time.begin_task()


# Places inside


def shorten_lease(seconds: float) -> None:
    """Have this process claim tokens for so many seconds only."""
    from ansible_collections.dataprotection.access.plugins.module_utils._reconcile import declared

    real = declared.Claims
    declared.Claims = lambda record, warn, _lease, began: real(record, warn, seconds, began)


def stop_at(place: str) -> None:
    """Have this process stop itself once, as a debugger or a suspended machine does: "claimed" right after it has written its claim,
    "sending" right before it sends the pair, "storing" right before it stores what it was sent.
    """
    from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.access_tokens import AccessTokens
    from ansible_collections.dataprotection.access.plugins.module_utils._store.claims import Claim

    owner, name, before = {"claimed": (Claim, "begin", False), "sending": (AccessTokens, "renew", True), "storing": (Claim, "commit", True)}[place]
    real = getattr(owner, name)

    def stopping(*args: Any, **kwargs: Any) -> Any:
        setattr(owner, name, real)
        if before:
            os.kill(os.getpid(), signal.SIGSTOP)
            return real(*args, **kwargs)
        result = real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGSTOP)
        return result

    setattr(owner, name, stopping)


# The record


def pending_claim(since: float, lease: float, ids: Sequence[int], locks: bool, op: str = "renew") -> dict[str, Any]:
    """What a run of this machine that died at work left in its record under "pending".

    since: epoch seconds by the store's clock. ids: of the tokens that had the name then. locks: whether the store has some, by which others
    see that it is dead.
    """
    from ansible_collections.dataprotection.access.plugins.module_utils._time import boot_id

    return {"op": op, "run": "of the dead", "since": int(since), "lease": lease, "host": boot_id() if locks else None, "ids": list(ids)}


def has_claim(record: Mapping[str, Any] | None) -> bool:
    """Whether the record says that a run is at work on the token, or was when it died."""
    return bool(record) and record is not None and record["pending"] is not None


def claimed_at(record: Mapping[str, Any]) -> float:
    """When that run began its work, in epoch seconds by the store's clock."""
    return float(record["pending"]["since"])


def is_unsettled(record: Mapping[str, Any] | None) -> bool:
    """Whether the record says that it may not be the whole truth, so that the next run looks."""
    return bool(record) and record is not None and (record["pending"] is not None or record["suspect_since"] is not None)


def may_be_an_orphan(record: Mapping[str, Any] | None, token_id: int) -> bool:
    """Whether a run may have created this token whose end no record knows: it appeared under a claim that ended badly."""
    pending = (record or {}).get("pending") or {}
    known = [ids for ids in ((record or {}).get("known_ids"), pending.get("ids")) if ids is not None]
    return any(token_id not in ids for ids in known)
