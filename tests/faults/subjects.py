# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two kinds of named credential that the matrices are about, each seen as the invariants see one.

A cell shows records, results and what the server knows in the keys of a Command Center token: id, name, user_id, alive, access_token,
refresh_token, chain. Those of an API key are translated: its secret is its access_token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.constants import BASE
from tests.simulator import Simulator
from tests.simulator.credentials import COMMANDCENTER_USER_ID

Document = dict[str, Any]
OWN_SID = "SID-LOCAL-backup"


class Subject(NamedTuple):
    """One kind of named credential.

    module: the one that keeps it. requests: a regex of the paths of all requests to its server, writes: of those that change one. owner: of
    ours. login: the options that say where and who; every: all that the server ever had; translated: a record, or the credential of a
    result; create: an administrator makes one.
    """

    module: str
    result: str
    requests: str
    writes: str
    owner: Any
    login: Callable[[Simulator], Document]
    address: Callable[[Any], Document]
    every: Callable[[Simulator], list[Document]]
    translated: Callable[[Mapping[str, Any]], Document]
    create: Callable[..., Document]
    another_user: Document

    def outcome(self, result: Document | None) -> Document | None:
        """A result, with its credential under "token"."""
        if result is None or not result.get(self.result):
            return None if result is None else {**result, "token": None}
        return {**result, "token": self.translated(result[self.result])}


def _key(document: Mapping[str, Any]) -> Document:
    """A key of a record or of a result."""
    return {**document, "access_token": document.get("api_key"), "refresh_token": None} if document else dict(document)


def _known_key(key: Mapping[str, Any]) -> Document:
    """A key as the server knows it."""
    return {**key, "user_id": key["owner_sid"], "access_token": key["secret"], "refresh_token": None, "chain": [[old, None] for old in key["older"]]}


def _create_key(sim: Simulator, name: str, **fields: Any) -> Document:
    return _known_key(sim.cohesity_key_create(name, **fields))


TOKENS = Subject(
    module="commandcenter_access_token",
    result="token",
    requests=BASE,
    writes="V4/AccessToken",
    owner=COMMANDCENTER_USER_ID,
    login=lambda sim: dict(sim.commandcenter_login),
    address=lambda front: {"url": front.url, "ca_path": front.ca_path},
    every=lambda sim: list(sim.state()["commandcenter"]["tokens"]),
    translated=dict,
    create=lambda sim, name, **fields: dict(sim.commandcenter_create(name, **fields)),
    another_user={"user_id": COMMANDCENTER_USER_ID + 1},
)

KEYS = Subject(
    module="cohesity_api_key",
    result="api_key",
    requests="^/(v2|irisservices)/",
    writes="/api-keys",
    owner=OWN_SID,
    login=lambda sim: dict(sim.cohesity_login),
    address=lambda front: {"cluster": front.host, "ca_path": front.ca_path},
    every=lambda sim: [_known_key(key) for key in sim.state()["cohesity"]["api_keys"]],
    translated=_key,
    create=_create_key,
    another_user={"username": "viewer"},
)
