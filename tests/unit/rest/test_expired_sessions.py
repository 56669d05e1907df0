# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session of the user that expires while calls need it: one login for each expiry, and whoever ends the session ends what replaced it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.memory import memory_key
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._memory import Memory
from ansible_collections.dataprotection.access.plugins.modules import cohesity_rest, cohesity_session
from ansible_collections.dataprotection.access.plugins.plugin_utils._run_memory import RunMap, RunMemory
from tests.simulator import Simulator
from tests.unit.helpers import full_params, transcript
from tests.unit.rest.conftest import GROUPS

A_DAY = 86401
OPEN, END, CALL, LIST_USER = "POST /v2/users/sessions", "DELETE /v2/users/sessions", f"GET {GROUPS}", "GET /irisservices/api/v1/public/sessionUser"
NO_LOGIN = {"username": "", "password": ""}


class Play:
    """Tasks of one run: each has a memory of its own, as in a worker, on the map that all of them share."""

    def __init__(self, sim: Simulator, is_shipped: bool) -> None:
        self.sim, self.is_shipped = sim, is_shipped
        self.map = RunMap()
        self.warnings: list[str] = []

    def run(self, module: Any, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        params = full_params(module, **{**self.sim.cohesity_login, "timeout": 10, **arguments})
        memory: Memory = self.memory(params)
        shared = memory
        if self.is_shipped:
            memory = Memory(shared.copy_out())
        try:
            return dict(module.run(params, check_mode, self.warnings.append, memory=memory))
        finally:
            if self.is_shipped:
                assert shared.copy_in(memory.additions())

    def memory(self, params: dict[str, Any]) -> RunMemory:
        key = memory_key(params)
        assert key is not None
        return RunMemory(key, run_map=self.map)

    def call(self, session: dict[str, Any] | None = None, **arguments: Any) -> list[str]:
        """What one call has sent."""
        self.sim.clear_requests()
        self.run(cohesity_rest, path=GROUPS, session=session, **arguments)
        return transcript(self.sim)

    def open(self, **arguments: Any) -> dict[str, Any]:
        self.sim.clear_requests()
        return dict(self.run(cohesity_session, **arguments)["session"])

    def end(self, session: dict[str, Any], **arguments: Any) -> list[str]:
        """The actions of a task that ends a session."""
        self.sim.clear_requests()
        return list(self.run(cohesity_session, state="absent", session=session, **arguments)["actions"])

    @property
    def alive(self) -> list[str]:
        return [one["secret"] for one in self.sim.state()["cohesity"]["sessions"]]


@pytest.fixture(params=[False, True], ids=["in_process", "shipped"])
def play(sim: Simulator, request: pytest.FixtureRequest) -> Play:
    sim.set(cohesity_session_management=True)
    return Play(sim, request.param)


@pytest.mark.parametrize("is_given", [True, False], ids=["given", "remembered"])
def test_one_login_for_each_expiry(sim: Simulator, play: Play, is_given: bool) -> None:
    """Whether the session is an option, or cohesity_session has returned it before; and the second expiry is like the first."""
    opened = play.open()
    session = opened if is_given else None
    assert play.call(session) == [CALL]
    for number in range(3):
        sim.advance(A_DAY)
        ended = [END] if number else []
        assert play.call(session) == [CALL, OPEN, CALL, *ended]
        assert play.call(session) == [CALL]
        assert len(play.alive) == 1
    assert play.end(opened, **NO_LOGIN) == ["ended"]
    assert transcript(sim) == [END, END]
    assert play.alive == []
    assert sim.state()["cohesity"]["bare_session_deletes"] == []


def test_a_failure_after_the_expiry_costs_no_further_login(sim: Simulator, play: Play) -> None:
    """As in the attempts of an `until`."""
    session = play.open()
    sim.advance(A_DAY)
    for expected in ([CALL + "/1", OPEN, CALL + "/1"], [CALL + "/1"], [CALL + "/1"]):
        sim.clear_requests()
        with pytest.raises(ApiError, match="HTTP 404"):
            play.run(cohesity_rest, path=f"{GROUPS}/1", session=session)
        assert transcript(sim) == expected


def test_check_mode_ends_nothing(sim: Simulator, play: Play) -> None:
    session = play.open()
    sim.advance(A_DAY)
    play.call(session)
    assert play.end(session, check_mode=True) == ["ended"]
    assert transcript(sim) == [LIST_USER, LIST_USER]
    assert len(play.alive) == 1
    assert play.call(session) == [CALL]
    assert play.end(session) == ["ended"]
    assert play.end(session) == []
    assert transcript(sim) == [END]


def test_what_could_not_be_ended_is_ended_by_the_next_task(sim: Simulator, play: Play) -> None:
    session = play.open()
    sim.advance(A_DAY)
    play.call(session)
    sim.fault("status", method="DELETE", code=500, times=0)
    with pytest.raises(ApiError, match="HTTP 500"):
        play.end(session, retries=0)
    assert transcript(sim) == [END, END]
    sim.clear_faults()
    assert play.end(session) == ["ended"]
    assert play.alive == []


def test_a_session_that_was_ended_is_not_replaced_for_later_calls(play: Play) -> None:
    """Nobody is going to end it once more."""
    session = play.open()
    play.end(session, **NO_LOGIN)
    for _call in range(2):
        assert play.call(session) == [CALL, OPEN, CALL, END]
    assert play.alive == []


def test_a_path_that_refuses_every_session_leaves_one_open(sim: Simulator, play: Play) -> None:
    session = play.open()
    sim.fault("status", path=GROUPS, code=401, times=0)
    for _call in range(3):
        with pytest.raises(ApiError, match="HTTP 401"):
            play.call(session)
        # The user's own, which nobody said was to be ended, and the newest replacement.
        assert len(play.alive) == 2
    play.end(session)
    assert play.alive == []


def test_two_sessions_of_one_login(sim: Simulator, play: Play) -> None:
    """As two hosts open them: each ends what replaced its own."""
    first, second = play.open(), play.open()
    sim.advance(A_DAY)
    # The newest is remembered for the login, and tried before the cluster is asked for another one.
    assert play.call(first) == [CALL, CALL, OPEN, CALL]
    assert play.call(second) == [CALL, CALL]
    assert play.end(second) == []
    assert play.call(first) == [CALL]
    assert play.end(first) == ["ended"]
    assert play.alive == []


def test_a_session_that_is_handed_back_is_the_newest(sim: Simulator, play: Play) -> None:
    session = play.open()
    sim.advance(A_DAY)
    play.call(session)
    sim.clear_requests()
    result = play.run(cohesity_session, session=session)
    assert transcript(sim) == [LIST_USER]
    assert result["actions"] == ["reused"]
    assert [result["session"]["session_id"]] == play.alive
    assert {**result["session"], "session_id": "", "headers": {}, "created_at": ""} == {**session, "session_id": "", "headers": {}, "created_at": ""}
    sim.advance(A_DAY)
    assert play.call(result["session"]) == [CALL, OPEN, CALL]
    assert play.end(result["session"]) == ["ended"]
    assert play.alive == []


def test_another_connection_knows_nothing_of_it(sim: Simulator, play: Play) -> None:
    """A session that was earned over a verified connection is not sent over another one."""
    session = play.open()
    sim.advance(A_DAY)
    play.call(session)
    assert play.end(session, validate_certs=False) == []
    assert transcript(sim) == [END]
    assert len(play.alive) == 1


def test_without_a_login_nothing_replaces_it(sim: Simulator, play: Play) -> None:
    session = play.open()
    sim.advance(A_DAY)
    with pytest.raises(ApiError, match="no login is given"):
        play.call(session, **NO_LOGIN)
    assert transcript(sim) == [CALL]
    play.call(session)
    assert play.call(session, **NO_LOGIN) == [CALL]


def test_without_a_memory_it_ends_with_the_call(sim: Simulator, play: Play) -> None:
    session = play.open()
    sim.advance(A_DAY)
    sim.clear_requests()
    params = full_params(cohesity_rest, **sim.cohesity_login, path=GROUPS, session=session)
    cohesity_rest.run(params, False, play.warnings.append)
    assert transcript(sim) == [CALL, OPEN, CALL, END]


def test_where_there_is_no_room_it_ends_with_the_call(sim: Simulator, play: Play) -> None:
    session = play.open()
    sim.advance(A_DAY)
    play.map = RunMap(slots=1)
    play.map.write(play.map.digest("another"), "text")
    if play.is_shipped:
        # The target cannot know that.
        with pytest.raises(AssertionError):
            play.call(session)
    else:
        assert play.call(session) == [CALL, OPEN, CALL, END]
        assert play.alive == []


def test_targets_that_meet_one_expiry_at_once(sim: Simulator) -> None:
    """Shipped modules cannot wait for each other, so each opens a session. All of them are ended."""
    sim.set(cohesity_session_management=True)
    play = Play(sim, is_shipped=False)
    session = play.open()
    sim.advance(A_DAY)
    params = full_params(cohesity_rest, **sim.cohesity_login, timeout=10, path=GROUPS, session=session)
    copies = [Memory(play.memory(params).copy_out()) for _host in range(3)]
    for copy in copies:
        cohesity_rest.run(params, False, play.warnings.append, memory=copy)
    for copy in copies:
        assert play.memory(params).copy_in(copy.additions())
    assert len(play.alive) == 3
    assert play.call(session) == [CALL]
    play.end(session)
    assert play.alive == []


def test_a_target_that_comes_too_late(sim: Simulator) -> None:
    """Its session replaces one that another host has ended meanwhile: that is told, because nobody else will end it."""
    sim.set(cohesity_session_management=True)
    play = Play(sim, is_shipped=False)
    session = play.open()
    sim.advance(A_DAY)
    params = full_params(cohesity_rest, **sim.cohesity_login, timeout=10, path=GROUPS, session=session)
    copy = Memory(play.memory(params).copy_out())
    cohesity_rest.run(params, False, play.warnings.append, memory=copy)
    play.end(session)
    assert not play.memory(params).copy_in(copy.additions())
