# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes of every module that meet a gateway's 502 or 503: which are sent again, and what the second response says of the first attempt."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.modules import cohesity_api_key, cohesity_session, commandcenter_access_token
from tests.constants import CREATE, LIST, LOGIN, LOGOUT, revoke, update
from tests.simulator import Simulator
from tests.unit.helpers import Task, transcript

# With "after", the server behind the gateway has done the work.
DONE = "status_after"
GATEWAY = pytest.mark.parametrize(("kind", "code"), [("status", 502), ("status", 503), ("status_after", 502), ("status_after", 503)])


@pytest.fixture
def token(sim: Simulator) -> Task:
    return Task(commandcenter_access_token, **sim.commandcenter_login, timeout=10, name="ci")


@pytest.fixture
def key(sim: Simulator) -> Task:
    return Task(cohesity_api_key, **sim.cohesity_login, timeout=10, name="ci")


def changes(sim: Simulator, path: str) -> list[str]:
    """The writes that reached these paths."""
    return [line for line in transcript(sim, path) if not line.startswith("GET ")]


def listed_keys(sim: Simulator) -> list[dict[str, Any]]:
    return [one for one in sim.state()["cohesity"]["api_keys"] if one["alive"]]


@GATEWAY
class TestCommandCenter:
    def test_a_creation_is_settled_by_the_list(self, sim: Simulator, token: Task, kind: str, code: int) -> None:
        """It is never sent again before that: the server may have carried it out."""
        sim.fault(kind, method="POST", path="AccessToken$", code=code)
        result = token()
        assert (result["changed"], result["actions"]) == (True, ["created"])
        assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, *([revoke(101)] if kind == DONE else []), CREATE, LOGOUT]
        (live,) = [one for one in sim.state()["commandcenter"]["tokens"] if one["alive"]]
        assert live["access_token"] == result["token"]["access_token"]

    def test_a_change_is_the_same_when_it_is_sent_twice(self, sim: Simulator, token: Task, kind: str, code: int) -> None:
        created = token()["token"]
        sim.clear_requests()
        sim.fault(kind, method="PUT", path="AccessToken/", code=code)
        result = token(scope="custom", api_endpoints=["/Job"])
        assert result["changed"]
        assert transcript(sim) == [LOGIN, LIST, *[update(created["id"])] * 2, LOGOUT]
        assert not token(scope="custom", api_endpoints=["/Job"])["changed"]

    def test_what_is_gone_after_a_revocation_was_revoked(self, sim: Simulator, token: Task, kind: str, code: int) -> None:
        created = token()["token"]
        sim.clear_requests()
        sim.fault(kind, method="DELETE", path="AccessToken/", code=code)
        result = token(state="absent")
        assert (result["changed"], result["actions"]) == (True, ["revoked"])
        assert transcript(sim) == [LOGIN, LIST, *[revoke(created["id"])] * 2, *([LIST] if kind == DONE else []), LOGOUT]
        assert not [one for one in sim.state()["commandcenter"]["tokens"] if one["alive"]]


@GATEWAY
class TestApiKeys:
    def test_a_creation_is_settled_by_the_list(self, sim: Simulator, key: Task, kind: str, code: int) -> None:
        sim.fault(kind, method="POST", path="api-keys$", code=code)
        result = key()
        assert (result["changed"], result["actions"]) == (True, ["created"])
        assert [line.partition(" ")[0] for line in changes(sim, "api-keys")] == ["POST", *(["DELETE"] if kind == DONE else []), "POST"]
        (live,) = listed_keys(sim)
        assert live["secret"] == result["api_key"]["api_key"]

    def test_a_change_is_the_same_when_it_is_sent_twice(self, sim: Simulator, key: Task, kind: str, code: int) -> None:
        key()
        sim.clear_requests()
        sim.fault(kind, method="PUT", path="api-keys/", code=code)
        assert key(active=False)["changed"]
        assert [line.partition(" ")[0] for line in changes(sim, "api-keys")] == ["PUT", "PUT"]
        assert not key(active=False)["changed"]

    def test_what_is_gone_after_a_deletion_was_deleted(self, sim: Simulator, key: Task, kind: str, code: int) -> None:
        key()
        sim.clear_requests()
        sim.fault(kind, method="DELETE", path="api-keys/", code=code)
        result = key(state="absent")
        assert (result["changed"], result["actions"]) == (True, ["revoked"])
        assert [line.partition(" ")[0] for line in changes(sim, "api-keys")] == ["DELETE", "DELETE"]
        assert listed_keys(sim) == []


@GATEWAY
class TestSessions:
    def test_a_login_is_not_sent_again(self, sim: Simulator, kind: str, code: int) -> None:
        sim.set(cohesity_session_management=True)
        sim.fault(kind, method="POST", path="users/sessions$", code=code)
        Task(cohesity_session, **sim.cohesity_login, timeout=10).fails()
        assert len(transcript(sim)) == 1

    def test_what_has_ended_after_a_logout_was_ended(self, sim: Simulator, kind: str, code: int) -> None:
        sim.set(cohesity_session_management=True)
        task = Task(cohesity_session, **sim.cohesity_login, timeout=10)
        session = task()["session"]
        sim.clear_requests()
        sim.fault(kind, method="DELETE", path="users/sessions$", code=code)
        result = task(state="absent", session=session)
        assert (result["changed"], result["actions"]) == (True, ["ended"])
        assert len(transcript(sim)) == 2
        assert sim.state()["cohesity"]["sessions"] == []
