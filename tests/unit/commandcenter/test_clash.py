# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs, or a run and a person, at one name."""

from __future__ import annotations

import pytest

from tests.constants import CREATE, LIST, LOGIN, LOGOUT, update
from tests.simulator import Simulator
from tests.unit.commandcenter.conftest import defaults, logins, names, tokens
from tests.unit.helpers import Task, start, transcript

styles = pytest.mark.parametrize("style", ["http200", "http200 nested", "http200 flat", "http400"])


@styles
def test_somebody_creates_it_after_the_list(sim: Simulator, token: Task, style: str) -> None:
    sim.set(commandcenter_error_style=style)
    sim.fault("gate", method="POST", path="AccessToken$", name="create")
    running = start(token)
    sim.wait_for("create")
    theirs = sim.commandcenter_create("ci")
    sim.open_gate("create")
    result = running.result(20)
    assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, LOGOUT]
    assert (result["changed"], result["actions"], result["token"]["id"]) == (False, [], theirs["id"])
    assert [one["access_token"] for one in tokens(sim)] == [theirs["access_token"]]


def test_theirs_is_then_compared_like_any_other(sim: Simulator, token: Task) -> None:
    sim.fault("gate", method="POST", path="AccessToken$", name="create")
    running = start(token, scope="hyperscale")
    sim.wait_for("create")
    theirs = sim.commandcenter_create("ci")
    sim.open_gate("create")
    assert running.result(20)["actions"] == ["updated"]
    assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, update(theirs["id"]), LOGOUT]


def test_two_runs_at_once_make_one(sim: Simulator, token: Task) -> None:
    other = Task(token.module, **defaults(sim), name="ci")
    sim.fault("gate", method="POST", path="AccessToken$", name="create", times=2)
    running = [start(token), start(other)]
    sim.wait_for("create", 2)
    sim.open_gate("create")
    results = [one.result(20) for one in running]
    assert sorted(result["actions"] for result in results) == [[], ["created"]]
    (live,) = tokens(sim)
    assert {result["token"]["id"] for result in results} == {live["id"]}
    assert [result["token"]["access_token"] for result in results if result["changed"]] == [live["access_token"]]
    assert logins(sim) == []


def test_two_runs_that_both_want_a_new_secret(sim: Simulator, token: Task) -> None:
    """Each replaces what it finds; at the end there is one token of the name, whose secret one of them has."""
    sim.commandcenter_create("ci")
    other = Task(token.module, **defaults(sim), name="ci")
    sim.fault("gate", method="POST", path="AccessToken$", name="create", times=1)
    first = start(token, recreate="always")
    sim.wait_for("create")
    second = other(recreate="always")
    sim.open_gate("create")
    secrets = {first.result(20)["token"]["access_token"], second["token"]["access_token"]}
    (live,) = tokens(sim)
    assert live["name"] == "ci"
    assert live["access_token"] in secrets


class TestNamesOfOthers:
    """Where names are unique for all users, and the list shows one's own."""

    @styles
    def test_a_name_that_belongs_to_somebody_else(self, sim: Simulator, token: Task, style: str) -> None:
        sim.set(commandcenter_names="global", commandcenter_error_style=style)
        theirs = sim.commandcenter_create("ci", user_id=8)
        error = token.fails()
        assert "Token name already present. Another user's token, which this login cannot see, has this name. Choose another name" in error.message
        assert not error.maybe_applied
        assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, CREATE, LOGOUT]
        assert [one["id"] for one in tokens(sim)] == [theirs["id"]]

    def test_a_lost_answer_does_not_make_it_ours(self, sim: Simulator, token: Task) -> None:
        sim.set(commandcenter_names="global")
        theirs = sim.commandcenter_create("ci", user_id=8)
        sim.fault("cut_after", method="POST", path="AccessToken$")
        assert "Token name already present" in token.fails().message
        assert [one["id"] for one in tokens(sim)] == [theirs["id"]]

    def test_the_same_name_where_they_are_unique_for_each_user(self, sim: Simulator, token: Task) -> None:
        sim.commandcenter_create("ci", user_id=8)
        assert token()["actions"] == ["created"]
        assert names(sim) == ["ci", "ci"]
