# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Cohesity modules leave in the run's memory, and which login it leaves it under."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.cluster import Cluster
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.login import Login
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.memory import from_memory, memory_key, sharing, to_memory
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.refusal import is_verdict
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._memory import Memory, RunCredential
from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, cohesity_session
from tests.simulator import Simulator, credentials
from tests.unit.helpers import full_params, transcript

LOGIN = {"cluster": "cluster.example.com", "username": "backup", "password": "canary"}


def key(**arguments: Any) -> Any:
    return memory_key(full_params(cohesity_access_token, **{**LOGIN, **arguments}))


def run(sim: Simulator, memory: Memory, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
    params = full_params(cohesity_access_token, **{**sim.cohesity_login, **arguments})
    return dict(cohesity_access_token.run(params, check_mode, lambda _message: None, memory))


def test_a_new_token_is_remembered_whole(sim: Simulator) -> None:
    memory = Memory()
    token = run(sim, memory)["token"]
    known = memory.get("token")
    assert known is not None
    assert known.secret == token["access_token"]
    assert known.secret not in str(known.details)
    assert from_memory(known) == {name: value for name, value in token.items() if name not in ("headers", "expires_in")}


def test_check_mode_leaves_nothing(sim: Simulator) -> None:
    memory = Memory()
    run(sim, memory, check_mode=True)
    assert memory.get("token") is None


def test_a_session_is_remembered_whole() -> None:
    session = {"session_id": "canary-session", "headers": {"session-id": "canary-session"}, "cluster": "c", "created_at": None}
    known = to_memory(session)
    assert (known.kind, known.secret) == ("session", "canary-session")
    assert "canary" not in str(known.details)
    assert from_memory(known) == {"session_id": "canary-session", "cluster": "c", "created_at": None}


def test_the_same_login_written_in_another_way() -> None:
    assert key(cluster="https://cluster.example.com/") == key()
    assert key(api_version="v1", timeout=5) == key()


@pytest.mark.parametrize(
    "other",
    [
        {"cluster": "other.example.com"},
        {"username": "viewer"},
        {"password": "another"},
        {"domain": "CORP"},
        {"validate_certs": False},
        {"ca_path": "/a"},
        {"use_proxy": False},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_login(other: dict[str, Any]) -> None:
    assert key(**other) != key()


def test_options_without_a_login() -> None:
    assert key(password="") is None
    assert key(username=None, password=None) is None
    assert key(username=None, password=None, certificate="c", private_key="k") is not None


class TestSessions:
    @pytest.fixture(autouse=True)
    def with_session_management(self, sim: Simulator) -> None:
        sim.set(cohesity_session_management=True)

    def run(self, sim: Simulator, memory: Memory, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        params = full_params(cohesity_session, **{**sim.cohesity_login, **arguments})
        return dict(cohesity_session.run(params, check_mode, lambda _message: None, memory))

    def test_a_new_one_is_remembered_until_it_is_ended(self, sim: Simulator) -> None:
        memory = Memory()
        self.run(sim, memory, check_mode=True)
        assert memory.get("session") is None
        session = self.run(sim, memory)["session"]
        known = memory.get("session")
        assert known is not None
        assert from_memory(known) == {name: value for name, value in session.items() if name != "headers"}
        self.run(sim, memory, check_mode=True, state="absent", session=session)
        assert memory.get("session") is not None
        self.run(sim, memory, state="absent", session=session)
        assert memory.get("session") is None

    def test_ending_another_one_leaves_it(self, sim: Simulator) -> None:
        memory = Memory()
        first, second = (self.run(sim, memory)["session"] for _login in range(2))
        self.run(sim, memory, state="absent", session=first)
        known = memory.get("session")
        assert known is not None
        assert known.secret == second["session_id"]


class TestCalls:
    """Two connections of one run, as two tasks open them."""

    NODES = "/irisservices/api/v1/public/nodes"

    def connect(self, sim: Simulator, memory: Memory, password: str = credentials.COHESITY_PASSWORD, login_with: str = "auto") -> Cluster:
        login = Login(username=credentials.COHESITY_USERNAME, password=password)
        return Cluster(sim.host, login, login_with=login_with, **sharing(memory, None), ca_path=sim.ca_path, timeout=10, retries=0)

    def call(self, sim: Simulator, memory: Memory, **values: str) -> list[str]:
        sim.clear_requests()
        with self.connect(sim, memory, **values) as cluster:
            cluster.call("GET", self.NODES)
        return [line.rpartition("/")[2] for line in transcript(sim)]

    def test_one_login_for_both_and_one_more_after_the_expiry(self, sim: Simulator) -> None:
        memory = Memory()
        assert self.call(sim, memory) == ["access-tokens", "nodes"]
        assert self.call(sim, memory) == ["nodes"]
        sim.advance(86401)
        assert self.call(sim, memory) == ["nodes", "access-tokens", "nodes"]
        assert self.call(sim, memory) == ["nodes"]

    def test_a_token_that_a_module_returned(self, sim: Simulator) -> None:
        memory = Memory()
        run(sim, memory)
        assert self.call(sim, memory) == ["nodes"]

    def test_a_session_that_a_module_returned_stays_open(self, sim: Simulator) -> None:
        sim.set(cohesity_session_management=True)
        memory = Memory()
        TestSessions().run(sim, memory)
        assert self.call(sim, memory) == ["nodes"]
        assert len(sim.state()["cohesity"]["sessions"]) == 1

    def test_a_session_of_the_call_ends_with_it(self, sim: Simulator) -> None:
        sim.set(cohesity_session_management=True)
        memory = Memory()
        for _call in range(2):
            assert self.call(sim, memory, login_with="session") == ["sessions", "nodes", "sessions"]
        assert sim.state()["cohesity"]["sessions"] == []

    def test_a_refused_login_is_sent_once(self, sim: Simulator) -> None:
        memory = Memory()
        for _call in range(3):
            with pytest.raises(ApiError, match="repeated failed logins lock the account"):
                self.call(sim, memory, password="hunter2-wrong")
        assert transcript(sim) == []

    def test_a_login_in_trouble_is_sent_again(self, sim: Simulator) -> None:
        memory = Memory()
        sim.fault("status", path="access-tokens", code=500)
        with pytest.raises(ApiError):
            self.call(sim, memory)
        assert self.call(sim, memory) == ["access-tokens", "nodes"]

    def test_a_damaged_memory_means_a_login(self, sim: Simulator) -> None:
        memory = Memory()
        memory.put(RunCredential("token", "canary", {}))
        assert self.call(sim, memory) == ["access-tokens", "nodes"]


@pytest.mark.parametrize(
    ("status", "words", "verdict"),
    [
        (400, "Invalid", True),
        (401, "", True),
        (403, "", True),
        (400, "Access denied", False),
        (404, "", False),
        (429, "", False),
        (500, "", False),
        (None, "", False),
    ],
)
def test_what_is_a_verdict_on_a_login(status: int | None, words: str, verdict: bool) -> None:
    assert is_verdict(ApiError(f"POST https://c/v2/access-tokens: HTTP {status}: {words}", status)) is verdict
