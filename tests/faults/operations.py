# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of the matrices: how the world looks before a run, the options of the run, and what it does when nothing goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.constants import BASE, NEARLY_A_LIFETIME
from tests.faults.lane import NAME, Cell
from tests.faults.mishaps import Mishap
from tests.faults.subjects import OWN_SID, TOKENS

# How labels of effects name these requests.
CREATE = f"POST {BASE}/V4/AccessToken"
RENEW = f"{CREATE}/Renew"
CREATE_KEY = f"POST /v2/users/{OWN_SID}/api-keys"


class Operation(NamedTuple):
    prepare: Callable[[Cell], None]
    options: dict[str, Any]
    actions: list[str]

    @property
    def leaves_a_token(self) -> bool:
        return self.options.get("state") != "absent"

    @property
    def calm_options(self) -> dict[str, Any]:
        """The same options, without what asks for a new secret in any case."""
        return {key: value for key, value in self.options.items() if key != "recreate" and (key, value) != ("state", "rotated")}


def nothing(cell: Cell) -> None:
    """A world without the token."""


def created(cell: Cell) -> None:
    outcome = cell.run()
    assert outcome.result
    assert outcome.result["actions"] == ["created"]


def nearly_expired(cell: Cell) -> None:
    created(cell)
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
    assert cell.run(mishap=Mishap(kill=f"answer {RENEW}")).killed
    cell.outlive_lease()


def left_by_killed_creation(cell: Cell) -> None:
    """A token whose secret nobody has."""
    assert cell.run(mishap=Mishap(kill=f"answer {CREATE if cell.subject is TOKENS else CREATE_KEY}")).killed
    cell.outlive_lease()


def left_by_killed_replacement(cell: Cell) -> None:
    """The successor is stored, the token before it still lives under another name."""
    created(cell)
    assert cell.run({"recreate": "always"}, Mishap(kill="send DELETE")).killed
    assert len(cell.live()) == 2


def revoked_by_administrator(cell: Cell) -> None:
    created(cell)
    (token,) = cell.live()
    cell.sim.commandcenter_revoke(token["id"])


def created_by_somebody_else(cell: Cell) -> None:
    token = cell.subject.create(cell.sim, NAME)
    cell.secrets_in_use.append(token["access_token"])
    # By no more than what clocks may differ.
    cell.sim.advance(30)


OPERATIONS = {
    "create": Operation(nothing, {}, ["created"]),
    "create after a killed creation": Operation(left_by_killed_creation, {}, ["created"]),
    "renew": Operation(nearly_expired, {}, ["renewed"]),
    "renew and update": Operation(nearly_expired, {"allowed_ips": ["127.0.0.0/8"]}, ["renewed", "updated"]),
    "recreate always": Operation(created, {"recreate": "always"}, ["recreated"]),
    "recreate for another scope": Operation(created, {"scope": "ms_scim", "recreate": "state_change"}, ["recreated"]),
    "recreate after a killed renewal": Operation(left_by_killed_renewal, {}, ["recreated"]),
    "recreate somebody else's": Operation(created_by_somebody_else, {"recreate": "state_change"}, ["recreated"]),
    "recreate where renewal is refused": Operation(renewal_refused, {"recreate": "state_change"}, ["recreated"]),
    "recreate after a foreign renewal": Operation(renewed_elsewhere, {}, ["recreated"]),
    "recreate after a revocation": Operation(revoked_by_administrator, {}, ["recreated"]),
    "update": Operation(created, {"allowed_ips": ["127.0.0.0/8"]}, ["reused", "updated"]),
    "revoke": Operation(created, {"state": "absent"}, ["revoked"]),
    "revoke what was left": Operation(left_by_killed_replacement, {}, ["reused", "revoked"]),
}


# Of API keys


def old(cell: Cell) -> None:
    """Old enough for rotate_after, and by no more than what clocks may differ."""
    created(cell)
    cell.sim.advance(30)


def unique_names(cell: Cell) -> None:
    cell.sim.set(cohesity_api_key_names="unique")
    created(cell)


def rotated_elsewhere(cell: Cell) -> None:
    """Somebody had the cluster give out another secret, so that the store's has stopped working."""
    created(cell)
    (key,) = cell.live()
    cell.sim.cohesity_key_edit(key["id"], rotated=int(cell.sim.now() + 10) * 1000)


def deleted_by_administrator(cell: Cell) -> None:
    created(cell)
    (key,) = cell.live()
    cell.sim.cohesity_key_delete(key["id"])


def rotation_without_deletion(cell: Cell) -> None:
    """The successor is stored, the key before it still lives under another name."""
    created(cell)
    assert cell.run({"state": "rotated"}, Mishap(kill="send DELETE")).killed
    assert len(cell.live()) == 2


def overlap_that_has_passed(cell: Cell) -> None:
    created(cell)
    outcome = cell.run({"state": "rotated", "overlap": "20s"})
    assert outcome.result
    assert len(cell.live()) == 2
    cell.sim.advance(30)


KEY_OPERATIONS = {
    "create": Operation(nothing, {}, ["created"]),
    "create after a killed creation": Operation(left_by_killed_creation, {}, ["created"]),
    "rotate": Operation(created, {"state": "rotated"}, ["recreated"]),
    "rotate when it is old": Operation(old, {"rotate_after": "20s"}, ["recreated"]),
    "rotate where names are unique": Operation(unique_names, {"state": "rotated"}, ["recreated"]),
    "recreate somebody else's": Operation(created_by_somebody_else, {"recreate": "state_change"}, ["recreated"]),
    "recreate after a foreign rotation": Operation(rotated_elsewhere, {}, ["recreated"]),
    "recreate after a deletion": Operation(deleted_by_administrator, {}, ["recreated"]),
    "update": Operation(created, {"expires": "2099-01-01"}, ["reused", "updated"]),
    "delete": Operation(created, {"state": "absent"}, ["revoked"]),
    "delete what was left": Operation(rotation_without_deletion, {}, ["reused", "revoked"]),
    "delete what overlapped": Operation(overlap_that_has_passed, {}, ["reused", "revoked"]),
}
