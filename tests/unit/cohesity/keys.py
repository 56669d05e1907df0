# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task of cohesity_api_key, and looks at what the cluster and the store hold."""

from __future__ import annotations

from typing import Any

from ansible_collections.dataprotection.access.plugins.modules import cohesity_api_key
from tests.simulator import Simulator
from tests.stores import Store
from tests.unit.helpers import Task, transcript

SID = "SID-LOCAL-backup"
LOGIN = "POST /v2/access-tokens"
ME = "GET /irisservices/api/v1/public/sessionUser"
KEYS = f"/v2/users/{SID}/api-keys"
LIST, CREATE = f"GET {KEYS}", f"POST {KEYS}"
PREDICTED = ("changed", "actions", "diff", "replaced_id", "replaced")


class KeyTask(Task):
    """The module for the key "exporter". requests: those of the last run, without the login and the question who that is."""

    def __init__(self, sim: Simulator, store: Store | None = None, **defaults: Any) -> None:
        option = {"store": store.option} if store else {}
        super().__init__(cohesity_api_key, **{**sim.cohesity_login, "timeout": 10, "name": "exporter", **option, **defaults})
        self.sim = sim
        self.store = store

    def __call__(self, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        self.sim.clear_requests()
        return super().__call__(check_mode, **arguments)

    @property
    def requests(self) -> list[str]:
        return [call for call in transcript(self.sim) if call not in (LOGIN, ME)]

    def every(self) -> list[dict[str, Any]]:
        return list(self.sim.state()["cohesity"]["api_keys"])

    def live(self) -> list[dict[str, Any]]:
        return [key for key in self.every() if key["alive"]]

    def names(self) -> list[str]:
        return [key["name"] for key in self.live()]

    def settled(self, result: dict[str, Any]) -> None:
        """One key lives under the name; the store holds its secret, and the run has returned it."""
        (key,) = self.live()
        assert (key["name"], key["works"]) == ("exporter", True)
        assert self.store
        record = self.store.read()
        assert record
        assert record["api_key"] == key["secret"] == result["api_key"]["api_key"]
        assert (record["pending"], record["suspect_since"]) == (None, None)

    def predicted_and_done(self, **arguments: Any) -> dict[str, Any]:
        """Run in check mode, where nothing may be written, then for real; the result, which must be what was predicted."""
        self.sim.set(clock_frozen=True)
        before, version = self.every(), self.store.version() if self.store else None
        predicted = self(check_mode=True, **arguments)
        assert [call for call in self.requests if not call.startswith("GET ")] == []
        assert self.every() == before
        assert (self.store.version() if self.store else None) == version
        done = self(**arguments)
        assert {key: predicted.get(key) for key in PREDICTED} == {key: done.get(key) for key in PREDICTED}
        if "created" in done["actions"] or "recreated" in done["actions"]:
            assert not predicted["secret_available"]
        return done
