# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run can be about: how the world looks before it, its options, and what it does when nothing goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.faults.lane import NAME, Cell

CREATE = "POST /commandcenter/api/V4/AccessToken"
RENEW = f"{CREATE}/Renew"
NEARLY_A_LIFETIME = 1700  # of the 1800 seconds that an access token lives: less than min_validity is left
DAY = 86400


class Operation(NamedTuple):
    prepare: Callable[[Cell], None]
    options: dict[str, Any]
    actions: list[str]

    @property
    def leaves_a_token(self) -> bool:
        return self.options.get("state") != "absent"


def nothing(cell: Cell) -> None:
    """A world without the token."""


def made(cell: Cell) -> None:
    ended = cell.run()
    assert ended.result
    assert ended.result["actions"] == ["created"]


def nearly_expired(cell: Cell) -> None:
    made(cell)
    cell.sim.advance(NEARLY_A_LIFETIME)


def renewal_refused(cell: Cell) -> None:
    """The server will say no, for a reason that neither its list nor the record tells."""
    nearly_expired(cell)
    (token,) = cell.live()
    cell.sim.commandcenter_edit(token["id"], refresh_expires=int(cell.sim.now()) - 10)


def renewed_elsewhere(cell: Cell) -> None:
    """Somebody took the pair out of the store and renewed it, so that the store's is stale."""
    nearly_expired(cell)
    (token,) = cell.live()
    cell.sim.commandcenter_edit(token["id"], access_expires=int(cell.sim.now()) + 1800)


def left_by_killed_renewal(cell: Cell) -> None:
    """The server has rotated the pair, and the process that asked for it died before it saw the answer."""
    nearly_expired(cell)
    assert cell.run(kill=f"answer {RENEW}").killed
    cell.outlive_lease()


def left_by_killed_creation(cell: Cell) -> None:
    """A token whose secret nobody has."""
    assert cell.run(kill=f"answer {CREATE}").killed
    cell.outlive_lease()


def left_by_killed_replacement(cell: Cell) -> None:
    """The successor is stored, the token before it still lives under another name."""
    made(cell)
    assert cell.run({"recreate": "always"}, kill="send DELETE").killed
    assert len(cell.live()) == 2


def revoked_by_administrator(cell: Cell) -> None:
    made(cell)
    (token,) = cell.live()
    cell.sim.commandcenter_revoke(token["id"])


def made_by_somebody_else(cell: Cell) -> None:
    token = cell.sim.commandcenter_create(NAME)
    cell.secrets_in_use.append(token["access_token"])
    cell.sim.advance(60)


OPERATIONS = {
    "create": Operation(nothing, {}, ["created"]),
    "create after a killed creation": Operation(left_by_killed_creation, {}, ["created"]),
    "renew": Operation(nearly_expired, {}, ["renewed"]),
    "renew and update": Operation(nearly_expired, {"allowed_ips": ["127.0.0.0/8"]}, ["renewed", "updated"]),
    "recreate always": Operation(made, {"recreate": "always"}, ["recreated"]),
    "recreate for another scope": Operation(made, {"scope": "ms_scim", "recreate": "state_change"}, ["recreated"]),
    "recreate after a killed renewal": Operation(left_by_killed_renewal, {}, ["recreated"]),
    "recreate somebody else's": Operation(made_by_somebody_else, {"recreate": "state_change"}, ["recreated"]),
    "recreate where renewal is refused": Operation(renewal_refused, {"recreate": "state_change"}, ["recreated"]),
    "recreate after a foreign renewal": Operation(renewed_elsewhere, {}, ["recreated"]),
    "recreate after a revocation": Operation(revoked_by_administrator, {}, ["recreated"]),
    "update": Operation(made, {"allowed_ips": ["127.0.0.0/8"]}, ["reused", "updated"]),
    "revoke": Operation(made, {"state": "absent"}, ["revoked"]),
    "revoke what was left": Operation(left_by_killed_replacement, {}, ["reused", "revoked"]),
}
