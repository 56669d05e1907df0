# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts that a plan is made from, written briefly."""

from __future__ import annotations

from typing import Any

from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.token import Token
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.desired_token import DesiredToken, read_desired
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.facts import Facts
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.plan import Plan, make_plan
from ansible_collections.dataprotection.access.plugins.module_utils._store.format import Contents
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
    "has_store": True,
}


def wish(**options: Any) -> DesiredToken:
    return read_desired(**{**PARAMS, **options})


def listed(**changes: Any) -> Token:
    """A token as the server lists it: of us, made a while ago, good for another 20 minutes."""
    return Token(
        id=ID,
        name="ci",
        user_id=USER,
        scope="all",
        api_endpoints=(),
        created_at=NOW - DAY,
        expires_at=NOW + 20 * MINUTE,
        renewable_until=NOW + 80 * DAY,
    ).changed(changes)


def record(suspect: tuple[int, tuple[int, ...] | None] | None = None, **changes: Any) -> Contents:
    """What the store holds: the listed token and its secrets."""
    since, known_ids = suspect or (None, None)
    token = listed(access_token="secret", refresh_token="refresh", refresh_expires_at=NOW + 14 * DAY).changed(changes)
    return Contents({}, token, suspect_since=since, known_ids=known_ids)


EMPTY = Contents({})


def plan(desired: DesiredToken, tokens: list[Token], held: Contents | None, has_store: bool = True) -> Plan:
    """As a run makes it that knows whose login it has."""
    return make_plan(desired, Facts(tokens, held, has_store, NOW, owner=USER))
