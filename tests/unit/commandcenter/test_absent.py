# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""state: absent revokes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.constants import LIST, LOGIN, LOGOUT, UNCHANGED, revoke
from tests.simulator import Simulator
from tests.unit.commandcenter.conftest import names, predicted_and_done
from tests.unit.helpers import Task, start, transcript


def test_one_that_is_there(sim: Simulator, token: Task) -> None:
    made = sim.commandcenter_create("ci")
    sim.commandcenter_create("other")
    result = predicted_and_done(sim, token, state="absent")
    assert transcript(sim) == [LOGIN, LIST, revoke(made["id"]), LOGOUT]
    assert (result["changed"], result["actions"], result["token"], result["secret_available"]) == (True, ["revoked"], None, False)
    assert (result["diff"]["before"]["name"], result["diff"]["after"]) == ("ci", {})
    assert names(sim) == ["other"]
    sim.clear_requests()
    again = token(state="absent")
    assert (again["changed"], again["actions"], again["diff"]) == (False, [], {"before": {}, "after": {}})
    assert transcript(sim) == UNCHANGED


def test_one_that_never_was(sim: Simulator, token: Task) -> None:
    assert predicted_and_done(sim, token, state="absent")["changed"] is False
    assert transcript(sim) == UNCHANGED


def test_by_id(sim: Simulator, token: Task) -> None:
    made = sim.commandcenter_create("ci")
    other = sim.commandcenter_create("other")
    assert predicted_and_done(sim, token, state="absent", id=other["id"], name=None)["actions"] == ["revoked"]
    assert names(sim) == ["ci"]
    assert token(state="absent", id=other["id"], name=None)["changed"] is False
    assert token(state="absent", id=made["id"], name=None)["actions"] == ["revoked"]
    assert names(sim) == []


def test_of_a_service_account(sim: Simulator, token: Task) -> None:
    sim.commandcenter_create("ci")
    sim.commandcenter_create("ci", user_id=42)
    assert predicted_and_done(sim, token, state="absent", user_id=42)["actions"] == ["revoked"]
    assert names(sim) == ["ci"]


@pytest.mark.parametrize("kind", ["cut_after", "truncate", "empty_after", "html_after"])
def test_a_lost_answer_is_settled_by_the_list(sim: Simulator, token: Task, kind: str) -> None:
    made = sim.commandcenter_create("ci")
    sim.fault(kind, method="DELETE", path="AccessToken/")
    result = token(state="absent")
    assert transcript(sim) == [LOGIN, LIST, revoke(made["id"]), LIST, LOGOUT]
    assert (result["changed"], names(sim)) == (True, [])


@pytest.mark.parametrize("status", [500, 504])
def test_a_server_in_trouble_that_did_it(sim: Simulator, token: Task, status: int) -> None:
    sim.commandcenter_create("ci")
    sim.fault("status_after", method="DELETE", path="AccessToken/", code=status)
    assert token(state="absent")["changed"] is True
    assert names(sim) == []


@pytest.mark.parametrize("unknown", ["200-error", "404"])
@pytest.mark.parametrize("status", [502, 503])
def test_a_repeated_request_finds_nothing(sim: Simulator, token: Task, status: int, unknown: str) -> None:
    sim.set(commandcenter_unknown_id=unknown)
    made = sim.commandcenter_create("ci")
    sim.fault("status_after", method="DELETE", path="AccessToken/", code=status, headers={"Retry-After": "0"})
    assert token(state="absent")["changed"] is True
    assert transcript(sim) == [LOGIN, LIST, revoke(made["id"]), revoke(made["id"]), LIST, LOGOUT]
    assert names(sim) == []


@pytest.mark.parametrize("unknown", ["200-error", "404"])
def test_somebody_was_quicker(sim: Simulator, token: Task, unknown: str) -> None:
    """Gone between the list and the request: what was wanted."""
    sim.set(commandcenter_unknown_id=unknown)
    made = sim.commandcenter_create("ci")
    sim.fault("gate", method="DELETE", path="AccessToken/", name="revoke")
    running = start(token, state="absent")
    sim.wait_for("revoke")
    sim.commandcenter_revoke(made["id"])
    sim.open_gate("revoke")
    assert running.result(20)["changed"] is True
    assert transcript(sim) == [LOGIN, LIST, revoke(made["id"]), LIST, LOGOUT]
    assert names(sim) == []


@pytest.mark.parametrize("style", ["http200", "http200 nested", "http200 flat", "http400"])
def test_a_refusal(sim: Simulator, token: Task, style: str) -> None:
    sim.set(commandcenter_error_style=style, commandcenter_list_all="all")
    made = sim.commandcenter_create("ci", user_id=8)
    sim.fault("status", method="DELETE", path="AccessToken/", code=403, body={"errorCode": 5, "errorMessage": "Not yours"})
    error = token.fails(state="absent", id=made["id"])
    assert error.message == f"DELETE {sim.url}/commandcenter/api/V4/AccessToken/{made['id']}: HTTP 403 5: Not yours"
    assert names(sim) == ["ci"]


def test_a_request_that_was_lost(sim: Simulator, token: Task) -> None:
    """The list says that nothing happened, so it is an error; the next run does it."""
    sim.commandcenter_create("ci")
    sim.fault("cut_before", method="DELETE", path="AccessToken/")
    assert "the connection broke before the response was complete" in token.fails(state="absent").message
    assert names(sim) == ["ci"]
    assert token(state="absent")["changed"] is True


def test_the_name_or_the_id_is_needed(sim: Simulator, token: Task) -> None:
    error = token.fails(state="absent", name=None)
    assert error.message == "name (or the id of an existing token) is required"
    assert transcript(sim) == []


@pytest.mark.parametrize(("arguments", "actions"), [({"state": "absent"}, []), ({"recreate": "always"}, ["created"]), ({"scope": "hyperscale"}, ["created"])])
def test_somebody_else_s_token_is_not_touched_by_chance(sim: Simulator, token: Task, arguments: dict[str, Any], actions: list[str]) -> None:
    """An administrator's list shows the tokens of all users; the server says which user the login is, and the others' names are free."""
    sim.set(commandcenter_list_all="all")
    sim.commandcenter_create("own")
    theirs = sim.commandcenter_create("theirs", user_id=8)
    for check_mode in (True, False):
        assert token(check_mode, name="theirs", **arguments)["actions"] == actions
    assert theirs in [one for one in sim.state()["commandcenter"]["tokens"] if one["alive"]]
    assert token(name="theirs", user_id=8, **arguments)["changed"] is True
