# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that change names, know other types, show other people's tokens, or have clocks of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken

OTHER_USER = 8
HOUR = 3600


class TestNames:
    @pytest.mark.parametrize(
        ("name", "switches"),
        [
            ("Exporter-CI", {"commandcenter_name_case": "lower"}),
            ("exporter-of-the-production", {"commandcenter_name_limit": 20, "commandcenter_name_too_long": "cut"}),
        ],
        ids=str,
    )
    def test_a_name_that_the_server_writes_otherwise_is_no_difference(self, task: StoredToken, sim: Simulator, name: str, switches: dict[str, Any]) -> None:
        sim.set(**switches)
        first = task(name=name)
        assert first["actions"] == ["created"]
        for _run in range(2):
            again = task(name=name)
            assert (again["changed"], again["actions"]) == (False, ["reused"])
        assert task(name=name, state="renewed")["actions"] == ["renewed"]

    def test_a_rename_that_is_refused_does_not_stop_the_healing(self, task: StoredToken, sim: Simulator) -> None:
        """The name exporter-for-prod fits into 20 characters, what it would be renamed to does not."""
        sim.set(commandcenter_name_limit=20)
        task(name="exporter-for-prod")
        result = task(name="exporter-for-prod", recreate="always")
        assert result["actions"] == ["recreated"]
        assert [token["name"] for token in task.live()] == ["exporter-for-prod"]

    def test_not_even_where_no_rename_is_possible(self, task: StoredToken, sim: Simulator) -> None:
        """The pair is dead, so its token need not live until the successor is stored."""
        task()
        sim.fault("cut_after", path="Renew$")
        sim.fault("status", method="PUT", path="AccessToken/", code=400, times=0)
        result = task(state="renewed")
        assert result["actions"] == ["recreated"]
        assert any("is revoked before its successor is created" in warning for warning in task.warnings)
        task.settled(result)

    def test_a_rename_that_is_cut_back_to_the_same_name_does_not_stop_the_healing(self, task: StoredToken, sim: Simulator) -> None:
        sim.set(commandcenter_name_limit=10, commandcenter_name_too_long="cut")
        task(name="exporter-a")
        sim.fault("cut_after", path="Renew$")
        sim.fault("cut_before", path="AccessToken", times=0, after=2)
        task.fails(name="exporter-a", state="renewed")
        sim.clear_faults()
        result = task(name="exporter-a")
        assert result["actions"] == ["recreated"]
        assert any("is revoked before its successor is created" in warning for warning in task.warnings)
        (live,) = task.live()
        assert result["token"]["access_token"] == live["access_token"]


class TestTypes:
    def test_a_type_that_this_release_does_not_know_is_left_alone(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.commandcenter_edit(101, shown={"tokenType": 9})
        assert task()["actions"] == ["reused"]
        message = task.fails(recreate="always").message
        assert "has the type 9, which this release does not know, so it cannot be recreated as it was, and nothing was changed" in message
        assert [entry["method"] for entry in sim.requests("AccessToken/") if entry["method"] != "GET"] == []
        assert task.names() == ["ci"]
        assert task(recreate="always", scope="all")["actions"] == ["recreated"]

    @pytest.mark.parametrize(
        "shown", [{"tokenName": 5}, {"apiEndpoints": [{}]}, {"tokenExpiryTimestamp": 10**400}, {"createdTime": "soon"}, {"userId": []}], ids=str
    )
    def test_nonsense_in_the_list_is_no_traceback_and_no_damaged_record(self, task: StoredToken, sim: Simulator, shown: dict[str, Any]) -> None:
        task()
        sim.commandcenter_edit(101, shown=shown)
        task(state="renewed")
        task()
        assert (task.store.read() or {})["kind"] == "commandcenter_access_token"


class TestOtherUsers:
    @pytest.fixture(autouse=True)
    def everybody_is_shown(self, sim: Simulator) -> None:
        sim.set(commandcenter_list_all="all")

    def theirs(self, sim: Simulator) -> list[dict[str, Any]]:
        return [token for token in sim.state()["commandcenter"]["tokens"] if token["user_id"] == OTHER_USER and token["alive"]]

    @pytest.mark.parametrize("arguments", [{}, {"recreate": "always"}, {"state": "absent"}], ids=str)
    def test_a_creation_that_was_killed_leaves_others_alone(self, task: StoredToken, sim: Simulator, arguments: dict[str, Any]) -> None:
        """The next run finds a token of its name that appeared under the claim, and it is somebody else's."""
        sim.fault("cut_after", method="POST", path="AccessToken$")
        sim.fault("cut_before", path="AccessToken", times=0, after=1)
        task.fails()
        sim.clear_faults()
        other = sim.commandcenter_create("ci", user_id=OTHER_USER)
        task(**arguments)
        assert [token["id"] for token in self.theirs(sim)] == [other["id"]]
        assert len([token for token in task.live() if token["user_id"] != OTHER_USER]) == (0 if arguments.get("state") else 1)

    def test_a_leftover_that_is_named_like_ours(self, task: StoredToken, sim: Simulator) -> None:
        task()
        other = sim.commandcenter_create("x", user_id=OTHER_USER)
        sim.commandcenter_edit(other["id"], name=f"ci.replaced-{other['id']}")
        task()
        task(recreate="always")
        task(state="absent")
        assert [token["id"] for token in self.theirs(sim)] == [other["id"]]


@pytest.mark.parametrize("arguments", [{}, {"state": "absent"}], ids=str)
def test_one_list_that_is_empty_is_no_revocation(task: StoredToken, sim: Simulator, arguments: dict[str, Any]) -> None:
    """A server that has just been started may list nothing for a moment."""
    made = task()
    sim.fault("patch", method="GET", path="AccessToken$", changes={"tokens": []})
    result = task(**arguments)
    assert result["actions"] == (["revoked"] if arguments else ["reused"])
    live = [token["id"] for token in task.live()]
    assert live == ([] if arguments else [made["token"]["id"]])


class TestClocks:
    @pytest.mark.parametrize("offset", [10, 2 * HOUR, -HOUR])
    def test_an_orphan_is_recognised_whatever_the_date_header_says(self, task: StoredToken, sim: Simulator, offset: int) -> None:
        sim.set(date_offset=offset)
        sim.fault("cut_after", method="POST", path="AccessToken$")
        sim.fault("cut_before", path="AccessToken", times=0, after=1)
        task.fails()
        sim.clear_faults()
        result = task()
        assert result["actions"] == ["created"]
        task.settled(result)

    def test_a_header_that_is_two_hours_ahead_locks_nobody_out(self, task: StoredToken, sim: Simulator) -> None:
        """One web node is ahead: what it answered does not keep the runs at the others from their work."""
        task()
        sim.set(date_offset=2 * HOUR)
        sim.fault("cut_after", path="Renew$")
        sim.fault("cut_before", path="AccessToken", times=0, after=2)
        task.fails(state="renewed")
        sim.clear_faults()
        sim.set(date_offset=0)
        result = task(store={**task.store.option, "lock_timeout": 0})
        assert result["actions"] == ["recreated"]
        task.settled(result)

    def test_a_header_that_is_an_hour_behind_does_not_make_an_ended_token_good(self, task: StoredToken, sim: Simulator) -> None:
        sim.set(date_offset=-HOUR)
        task()
        sim.advance(1801)
        result = task()
        assert result["actions"] == ["renewed"]
        assert sim.check(result["token"]["access_token"])

    def test_a_header_that_was_set_right_is_believed(self, task: StoredToken, sim: Simulator) -> None:
        """The token was created while the header was behind; what it was behind then is not added to what it says now."""
        sim.set(date_offset=-HOUR)
        task()
        sim.set(date_offset=0)
        assert task()["actions"] == ["reused"]
        assert not sim.requests(path="Renew$")
