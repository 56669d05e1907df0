# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""state: absent with a store: the token is revoked, and the record goes."""

from __future__ import annotations

import pytest

from tests.constants import DAY, LIST, LOGIN, LOGOUT, revoke
from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken


class TestAbsent:
    def test_revoked_and_forgotten(self, task: StoredToken) -> None:
        task()
        result = task(state="absent")
        assert task.requests == [LOGIN, LIST, revoke(101), LOGOUT]
        assert (result["changed"], result["actions"], result["token"], result["secret_available"]) == (True, ["revoked"], None, False)
        assert result["diff"]["after"] == {}
        assert task.live() == []
        assert task.store.read() is None

    def test_the_second_time(self, task: StoredToken) -> None:
        task()
        task(state="absent")
        version = task.store.version()
        result = task(state="absent")
        assert task.requests == [LOGIN, LIST, LOGOUT]
        assert (result["changed"], result["actions"]) == (False, [])
        assert task.store.version() == version

    def test_before_there_was_any(self, task: StoredToken) -> None:
        result = task(state="absent")
        assert (result["changed"], result["actions"]) == (False, [])
        assert task.store.read() is None

    def test_the_token_has_gone_already(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.commandcenter_revoke(101)
        result = task(state="absent")
        assert (result["changed"], result["actions"]) == (True, ["revoked"])
        assert sim.requests(method="DELETE") == []
        assert task.store.read() is None

    def test_the_token_goes_meanwhile(self, task: StoredToken, sim: Simulator) -> None:
        """Revoked after the list was read: what was wanted."""
        task()
        sim.fault("cut_after", method="DELETE")
        result = task(state="absent")
        assert (result["changed"], result["actions"]) == (True, ["revoked"])
        assert task.live() == []
        assert task.store.read() is None

    def test_the_record_has_gone_already(self, task: StoredToken) -> None:
        task()
        task.store.lose()
        result = task(state="absent")
        assert (result["changed"], result["actions"]) == (True, ["revoked"])
        assert task.live() == []

    def test_what_was_replaced_and_not_revoked_goes_too(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.fault("status", method="DELETE", code=400, times=1, body={"errorMessage": "Not now", "errorCode": 9})
        task(recreate="always")
        assert len(task.live()) == 2
        task(state="absent")
        assert task.live() == []

    def test_an_expired_token(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.advance(100 * DAY)
        assert task(state="absent")["actions"] == ["revoked"]
        assert task.live() == []

    def test_a_refusal_keeps_the_record(self, task: StoredToken, sim: Simulator) -> None:
        first = task()
        sim.fault("status", method="DELETE", code=403, body={"errorMessage": "Not you", "errorCode": 5})
        assert "Not you" in task.fails(state="absent").message
        task.settled(first)
        assert task()["actions"] == ["reused"]

    def test_made_again_afterwards(self, task: StoredToken) -> None:
        task()
        task(state="absent")
        result = task()
        assert result["actions"] == ["created"]
        assert result["token"]["id"] == 102
        task.settled(result)

    @pytest.mark.parametrize("name", ["cii", "ci.replaced-1"])
    def test_no_other_token(self, task: StoredToken, sim: Simulator, name: str) -> None:
        task()
        sim.commandcenter_create(name)
        task(state="absent")
        assert task.names() == [name]
