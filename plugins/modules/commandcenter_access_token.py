#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.dataprotection.access.plugins.module_utils import _commandcenter
from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter import CommandCenter
from ansible_collections.dataprotection.access.plugins.module_utils._desired import read_desired
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._lifecycle import Outcome, settle
from ansible_collections.dataprotection.access.plugins.module_utils._module import run_shipped
from ansible_collections.dataprotection.access.plugins.module_utils._records import LEASE_SECONDS, Claims, NoClaims
from ansible_collections.dataprotection.access.plugins.module_utils._store import STORE_SPEC, open_store
from ansible_collections.dataprotection.access.plugins.module_utils._tokens import describe, public_token

RECORD_KIND = "commandcenter_access_token"

ARGUMENT_SPEC: dict[str, t.Any] = {
    **_commandcenter.COMMANDCENTER_SPEC,
    **STORE_SPEC,
    "name": {"type": "str"},
    "id": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "renewed", "absent"], "default": "present"},
    "scope": {"type": "str", "choices": list(_commandcenter.SCOPE_NUMBERS)},
    "api_endpoints": {"type": "list", "elements": "str"},
    "renewable_until": {"type": "str"},
    "expires": {"type": "str"},
    "allowed_ips": {"type": "list", "elements": "str"},
    "user_id": {"type": "int"},
    "recreate": {"type": "str", "choices": ["never", "state_change", "always"], "default": "never"},
    "min_validity": {"type": "str", "default": "5m"},
    "access_token": {"type": "str", "no_log": True},
    "refresh_token": {"type": "str", "no_log": True},
    "publish_facts": {"type": "bool", "default": True},
}


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    """Bring the named token to its desired state."""
    desired = read_desired(params)
    with CommandCenter(params, warn) as server:
        if params["access_token"]:
            return _result(_renew_pair(server, params, check_mode), server.now())
        _commandcenter.check_login(params)
        if not params["store"]:
            return _result(settle(server, desired, NoClaims(), check_mode, warn), server.now())
        with open_store(params, check_mode, warn) as storage:
            lease = max(LEASE_SECONDS, 10 * params["timeout"])
            claims = Claims(storage, RECORD_KIND, _identity(server, params), warn, lease, optional_identity=("username", "domain"))
            return _result(settle(server, desired, claims, check_mode, warn, params["store"]["lock_timeout"]), server.now())


def _identity(server: CommandCenter, params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Which token a record is of. A service account's token is one token, whichever administrator's login it is managed with."""
    login = {"username": None, "domain": None} if params["user_id"] is not None else {"username": params["username"], "domain": params["domain"]}
    return {"url": server.url, "name": params["name"].strip(), "user_id": params["user_id"], **login}


def _renew_pair(server: CommandCenter, params: Mapping[str, t.Any], check_mode: bool) -> Outcome:
    """Renew the pair that was passed in: this needs no login."""
    given = {"id": params["id"], "name": params["name"], "access_token": params["access_token"], "refresh_token": params["refresh_token"]}
    if check_mode:
        return Outcome({"id": given["id"], "name": given["name"]}, given, ["renewed"], {})
    try:
        renewed = server.renew(given)
    except ApiError as error:
        if not error.ambiguous:
            raise
        raise error.explained(
            "It is not known whether the pair was rotated. Do not send it again: a pair that has been rotated ends every token of its chain. "
            "Have a new token made instead (state: present with recreate: always, best with a store)"
        ) from None
    return Outcome({**{key: value for key, value in given.items() if value is not None}, **renewed}, given, ["renewed"], {})


def _result(outcome: Outcome, now: float) -> dict[str, t.Any]:
    token = public_token(outcome.token, now) if outcome.token else None
    result: dict[str, t.Any] = {
        "changed": any(action != "reused" for action in outcome.actions),
        "token": token,
        "actions": outcome.actions,
        "secret_available": bool(token and token["access_token"]),
        "diff": {"before": describe(outcome.before), "after": describe(outcome.token)},
    }
    if outcome.before and {"renewed", "recreated"} & set(outcome.actions):
        # The attributes alone may be the same before and after.
        result["diff"]["before"]["secret"] = "the old one"
        result["diff"]["after"]["secret"] = "a new one"
    if outcome.replaced_id is not None:
        result["replaced_id"] = outcome.replaced_id
    return result


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
