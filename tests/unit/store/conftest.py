# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token module with a store, in each kind of store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._reconcile import declared
from ansible_collections.dataprotection.access.plugins.modules import commandcenter_access_token
from tests import judges
from tests.simulator import Simulator
from tests.stores import FileStore, Store, VaultStore
from tests.unit.helpers import Task, transcript


class StoredToken(Task):
    """The module with a store, and looks at what the server and the store hold."""

    def __init__(self, sim: Simulator, store: Store, **defaults: Any) -> None:
        super().__init__(commandcenter_access_token, **{**sim.commandcenter_login, "name": "ci", "store": store.option, **defaults})
        self.sim = sim
        self.store = store

    def __call__(self, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        """The requests of the last run alone are what transcript() shows."""
        self.sim.clear_requests()
        return super().__call__(check_mode, **arguments)

    def renewed_by_a_stranger(self, pair: Mapping[str, Any]) -> None:
        """Somebody who has the pair too renews it, and knows nothing of our store."""
        stranger = Task(self.module, **{**self.defaults, "store": None, "name": None, "state": "renewed"})
        stranger(access_token=pair["access_token"], refresh_token=pair["refresh_token"])

    @property
    def requests(self) -> list[str]:
        return transcript(self.sim)

    def every(self) -> list[dict[str, Any]]:
        return list(self.sim.state()["commandcenter"]["tokens"])

    def live(self) -> list[dict[str, Any]]:
        return [token for token in self.every() if token["alive"]]

    def names(self) -> list[str]:
        return [token["name"] for token in self.live()]

    def settled(self, result: dict[str, Any]) -> None:
        """One token lives; the store holds its secret, and the run has returned it."""
        judges.check_one_token(self.sim, self.live(), self.store.read(), "ci", result["token"])


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> float:
    """Has tasks claim tokens for two seconds only: a new secret that cannot be written is insisted on for half of that."""
    seconds, real = 2.0, declared.Claims
    monkeypatch.setattr(declared, "Claims", lambda record, warn, _lease, began: real(record, warn, seconds, began))
    return seconds


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "tokens")


@pytest.fixture(params=["file", "vault"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each kind in its turn."""
    if request.param == "file":
        return request.getfixturevalue("file_store")
    return VaultStore(request.getfixturevalue("openbao"))


@pytest.fixture
def task(sim: Simulator, store: Store) -> StoredToken:
    return StoredToken(sim, store)
