#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.dataprotection.access.plugins.module_utils import _commandcenter
from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter import CommandCenter
from ansible_collections.dataprotection.access.plugins.module_utils._module import run_shipped
from ansible_collections.dataprotection.access.plugins.module_utils._time import parse_duration
from ansible_collections.dataprotection.access.plugins.module_utils._tokens import listed_token

ARGUMENT_SPEC: dict[str, t.Any] = {
    **_commandcenter.COMMANDCENTER_SPEC,
    "name": {"type": "str"},
    "name_prefix": {"type": "str"},
    "id": {"type": "int"},
    "user_id": {"type": "int"},
    "expires_within": {"type": "str"},
}


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    """List the tokens that the login may see and that pass every given filter."""
    within = None if params["expires_within"] is None else parse_duration(params["expires_within"], "expires_within")
    _commandcenter.check_login(params)
    with CommandCenter(params, warn) as server:
        listed = server.tokens(params["user_id"])
        now = server.now()
    tokens = [listed_token(token, now) for token in listed if _is_wanted(token, params, within, now)]
    return {"changed": False, "tokens": sorted(tokens, key=lambda token: (str(token["name"]), token["id"] or 0))}


def _is_wanted(token: Mapping[str, t.Any], params: Mapping[str, t.Any], within: int | None, now: float) -> bool:
    for key in ("name", "id", "user_id"):
        if params[key] is not None and token[key] != params[key]:
            return False
    if params["name_prefix"] is not None and not str(token["name"]).startswith(params["name_prefix"]):
        return False
    # A token without an expiry never expires within anything.
    return within is None or (token["expires_at"] is not None and token["expires_at"] - now <= within)


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
