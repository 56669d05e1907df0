# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts that a plan is made from, written briefly."""

from __future__ import annotations

from typing import Any

from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.desired import Desired, read_desired
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.plan import Plan, make_plan
from tests.constants import DAY, MINUTE

NOW = 1_800_000_000
ID, OTHER_ID, USER, OTHER_USER = 101, 102, 7, 8

PARAMS: dict[str, Any] = {
    "name": "ci",
    "id": None,
    "state": "present",
    "scope": None,
    "api_endpoints": None,
    "renewable_until": None,
    "expires": None,
    "allowed_ips": None,
    "user_id": None,
    "recreate": "never",
    "min_validity": "5m",
    "access_token": None,
    "refresh_token": None,
    "store": {"file": "token.json"},
}


def wish(**options: Any) -> Desired:
    return read_desired({**PARAMS, **options})


def listed(**changes: Any) -> dict[str, Any]:
    """A token as the server lists it: of us, made a while ago, good for another 20 minutes."""
    return {
        "id": ID,
        "name": "ci",
        "user_id": USER,
        "scope": "all",
        "api_endpoints": [],
        "allowed_ips": None,
        "created_at": NOW - DAY,
        "last_used_at": None,
        "expires_at": NOW + 20 * MINUTE,
        "renewable_until": NOW + 80 * DAY,
        **changes,
    }


def record(suspect: tuple[int, int] | None = None, **changes: Any) -> dict[str, Any]:
    """What the store holds: the listed token and its secrets."""
    secrets = {"access_token": "secret", "refresh_token": "refresh", "refresh_expires_at": NOW + 14 * DAY}
    since, until = suspect or (None, None)
    return {"pending": None, "suspect_since": since, "suspect_until": until, "token": {**listed(), **secrets, **changes}}


EMPTY = {"pending": None, "suspect_since": None, "suspect_until": None, "token": None}


def plan(desired: Desired, tokens: list[dict[str, Any]], held: dict[str, Any] | None, has_store: bool = True) -> Plan:
    return make_plan(desired, tokens, held, has_store, NOW)
