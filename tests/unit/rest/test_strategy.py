# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes that are compared with, or merged into, the object that is there."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dataprotection.access.plugins.module_utils._rest.strategy import change_of, is_same, merged, named_part
from tests.constants import V2_LOGIN
from tests.simulator import Simulator
from tests.unit.helpers import Task, bodies, transcript
from tests.unit.rest.conftest import GROUPS, Run


def objects_of(inner: Any) -> Any:
    return st.dictionaries(st.sampled_from("abc"), inner, max_size=3)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2) | objects_of(inner), max_leaves=8
)

OBJECTS = objects_of(JSON)


@given(OBJECTS, OBJECTS)
def test_after_a_merge_there_is_nothing_left_to_change(current: dict[str, Any], body: dict[str, Any]) -> None:
    before = copy.deepcopy((current, body))
    once = merged(current, body)
    assert merged(once, body) == once
    assert not change_of("compare", once, body).is_needed
    assert not change_of("merge", once, body).is_needed
    assert (current, body) == before


@given(OBJECTS, OBJECTS)
def test_both_strategies_agree_on_whether_a_change_is_needed(current: dict[str, Any], body: dict[str, Any]) -> None:
    assert change_of("compare", current, body).is_needed == change_of("merge", current, body).is_needed


def test_what_is_shown_and_sent() -> None:
    current = {"id": 7, "a": {"x": 1, "y": 2}, "list": [1, 2]}
    body = {"a": {"x": 3}, "list": [1]}
    assert named_part(current, body) == {"a": {"x": 1}, "list": [1, 2]}
    assert change_of("compare", current, body) == ({"a": {"x": 1}, "list": [1, 2]}, body, body)
    whole = {"id": 7, "a": {"x": 3, "y": 2}, "list": [1]}
    assert change_of("merge", current, body) == (current, whole, whole)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(True, 1, False), (False, 0, False), (0, False, False), (1, 1.0, True), ("1", 1, False), (None, False, False), ([True], [1], False), ([1], [1, 1], False)],
)
def test_what_json_calls_equal(one: Any, other: Any, same: bool) -> None:
    assert is_same(one, other) == is_same({"a": [one]}, {"a": [other]}) == same
    for strategy in ("compare", "merge"):
        assert change_of(strategy, {"a": one, "b": 1}, {"a": other}).is_needed != same


@pytest.fixture
def group(sim: Simulator, play: Run) -> str:
    """The path of a group with several attributes."""
    made = play(method="POST", path=GROUPS, body={"name": "daily", "isPaused": False, "policy": {"id": 1, "retries": 3}})["json"]
    sim.clear_requests()
    return f"{GROUPS}/{made['id']}"


class TestCohesity:
    def test_merge_for_real_in_check_mode_and_twice(self, sim: Simulator, play: Run, group: str) -> None:
        task: dict[str, Any] = {"method": "PUT", "path": group, "body": {"policy": {"retries": 5}}, "body_strategy": "merge", "query": {"x": 1}}
        predicted = play(check_mode=True, **task)
        assert transcript(sim) == [f"GET {group}"]
        made = play(**task)
        assert (made["changed"], made["actions"], made["diff"]) == (True, ["sent"], predicted["diff"])
        assert (predicted["changed"], predicted["actions"]) == (True, ["sent"])
        assert made["diff"]["after"]["policy"] == {"id": 1, "retries": 5}
        (sent,) = bodies(sim, "PUT", "protection-groups")
        assert (sent["name"], sent["policy"]) == ("daily", {"id": 1, "retries": 5})
        again = play(**task)
        assert (again["changed"], again["actions"], again["json"]["policy"]["retries"]) == (False, [], 5)
        assert play(check_mode=True, **task)["changed"] is False
        assert transcript(sim) == [f"GET {group}", f"GET {group}", f"PUT {group}", f"GET {group}", f"GET {group}"]
        assert {entry["query"]["x"] for entry in sim.requests()} == {"1"}

    def test_compare_sends_the_body_itself(self, sim: Simulator, play: Run, group: str) -> None:
        task: dict[str, Any] = {"method": "PUT", "path": group, "body": {"name": "daily", "isPaused": True}, "body_strategy": "compare"}
        assert play(**task)["diff"] == {"before": {"name": "daily", "isPaused": False}, "after": {"name": "daily", "isPaused": True}}
        assert bodies(sim, "PUT", "protection-groups") == [{"name": "daily", "isPaused": True}]
        assert play(**task)["changed"] is False
        assert transcript(sim) == [f"GET {group}", f"PUT {group}", f"GET {group}"]

    def test_an_expiry_between_the_two(self, sim: Simulator, play: Run, group: str) -> None:
        sim.fault("operation", name="advance", arguments={"seconds": 86401}, method="PUT", path="protection-groups")
        result = play(method="PUT", path=group, body={"isPaused": True}, body_strategy="merge")
        assert (result["changed"], result["actions"]) == (True, ["reauthenticated", "sent"])
        assert transcript(sim) == [f"GET {group}", f"PUT {group}", V2_LOGIN, f"PUT {group}"]

    def test_an_object_that_is_not_there(self, sim: Simulator, cohesity: Task) -> None:
        assert cohesity.fails(method="PUT", path=f"{GROUPS}/1", body={"a": 1}, body_strategy="merge").status == 404
        assert sim.requests(method="PUT") == []

    @pytest.mark.parametrize("check_mode", [False, True])
    @pytest.mark.parametrize("strategy", ["compare", "merge"])
    @pytest.mark.parametrize("error", [{"errorCode": "KX", "message": "x"}, {"error": {"errorCode": "KX", "message": "x"}}])
    def test_an_error_in_the_place_of_the_object(
        self, sim: Simulator, cohesity: Task, group: str, strategy: str, check_mode: bool, error: dict[str, Any]
    ) -> None:
        sim.fault("json", method="GET", path="groups", value=error)
        failed = cohesity.fails(check_mode=check_mode, method="PUT", path=group, body={"a": 1}, body_strategy=strategy)
        assert failed.message == "body_strategy: the server has returned an error in the place of the object, so nothing was sent: KX: x"
        assert sim.requests(method="PUT") == []

    def test_an_attribute_that_is_named_like_an_error(self, sim: Simulator, play: Run, group: str) -> None:
        sim.fault("patch", method="GET", path="groups", changes={"errorCode": "kLate", "message": "x"}, times=0)
        assert play(method="PUT", path=group, body={"isPaused": False}, body_strategy="merge")["changed"] is False

    def test_a_write_that_was_accepted_and_not_done_has_no_diff(self, sim: Simulator, play: Run, group: str) -> None:
        sim.fault("status", method="PUT", path="groups", code=409, body={"id": 7})
        result = play(method="PUT", path=group, body={"isPaused": True}, body_strategy="merge", status_code=[409])
        assert (result["changed"], result["status"], "diff" in result) == (False, 409, False)

    def test_a_path_that_returns_no_object(self, sim: Simulator, cohesity: Task) -> None:
        path = "/irisservices/api/v1/public/protectionJobs"
        assert "returns one JSON object" in cohesity.fails(method="POST", path=path, body={"a": 1}, body_strategy="compare").message
        assert sim.requests(path="protectionJobs", method="POST") == []

    @pytest.mark.parametrize(
        "options",
        [
            {"method": "GET", "body": {"a": 1}},
            {"method": "DELETE", "body": {"a": 1}},
            {"method": "PUT", "body": [1]},
            {"method": "PUT"},
            {"method": "PUT", "body": "a=1", "body_format": "raw"},
            {"method": "PUT", "body": {"a": 1}, "body_format": "form"},
        ],
    )
    @pytest.mark.parametrize("strategy", ["compare", "merge"])
    def test_what_cannot_be(self, sim: Simulator, cohesity: Task, strategy: str, options: dict[str, Any]) -> None:
        assert cohesity.fails(path=f"{GROUPS}/1", body_strategy=strategy, **options).message.startswith(f"body_strategy: {strategy} ")
        assert sim.requests() == []


def test_merge_at_command_center(sim: Simulator, commandcenter: Task) -> None:
    number = commandcenter(method="POST", path="/V2/Plan", body={"name": "gold", "days": 30})["json"]["plan"]["id"]
    task: dict[str, Any] = {"method": "PUT", "path": f"/V2/Plan/{number}", "body": {"days": 60}, "body_strategy": "merge"}
    assert commandcenter(**task)["changed"] is True
    assert commandcenter(**task)["changed"] is False
    assert bodies(sim, "PUT", "Plan") == [{"name": "gold", "days": 60, "id": number}]
