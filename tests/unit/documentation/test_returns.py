# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is documented of the results is what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._module import failure
from ansible_collections.dataprotection.access.plugins.modules import (
    cohesity_access_token,
    cohesity_rest,
    cohesity_session,
    commandcenter_access_token,
    commandcenter_access_token_info,
    commandcenter_access_tokens,
    commandcenter_rest,
)
from tests.simulator import Simulator
from tests.unit.helpers import Task

# Added by the controller's side, or by failures only.
ELSEWHERE = {"ansible_facts", "status", "code"}
TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}


@pytest.fixture
def cohesity(sim: Simulator) -> Task:
    return Task(cohesity_access_token, **sim.cohesity_login)


@pytest.fixture
def commandcenter(sim: Simulator) -> dict[str, str]:
    return sim.commandcenter_login


def check_types(values: Mapping[str, Any], documented: Mapping[str, Any]) -> None:
    """Every value is of its documented type, or null."""
    for key, value in values.items():
        assert value is None or isinstance(value, TYPES[documented[key]["type"]]), key
        if "contains" in documented[key] and key != "diff":
            for one in value if isinstance(value, list) else [value or {}]:
                check_types(one, documented[key]["contains"])


def test_a_cohesity_token(cohesity: Task, documented: dict[str, Any]) -> None:
    told = documented["cohesity_access_token"]["return"]
    made = cohesity()
    for result in (made, cohesity(token=made["token"]), cohesity(check_mode=True)):
        assert set(result) == {"changed"} | set(told) - ELSEWHERE
        assert set(result["token"]) == set(told["token"]["contains"])
        check_types({key: value for key, value in result.items() if key != "changed"}, told)


def test_a_cohesity_session(sim: Simulator, documented: dict[str, Any]) -> None:
    sim.set(cohesity_session_management=True)
    session = Task(cohesity_session, **sim.cohesity_login)
    told = documented["cohesity_session"]["return"]
    made = session()
    for result in (made, session(session=made["session"]), session(check_mode=True), session(state="absent", session=made["session"])):
        assert set(result) == {"changed"} | set(told) - ELSEWHERE
        assert result["session"] == {} or set(result["session"]) == set(told["session"]["contains"])
        check_types({key: value for key, value in result.items() if key != "changed"}, told)


@pytest.mark.parametrize(("module", "key"), [("cohesity_access_token", "token"), ("cohesity_session", "session")])
def test_what_is_returned_is_what_is_taken(module: str, key: str, documented: dict[str, Any]) -> None:
    page = documented[module]
    assert set(page["doc"]["options"][key]["suboptions"]) == set(page["return"][key]["contains"])


def test_a_command_center_token(commandcenter: dict[str, str], tmp_path: Path, documented: dict[str, Any]) -> None:
    told = documented["commandcenter_access_token"]["return"]
    task = Task(commandcenter_access_token, **commandcenter, name="ci", store={"file": str(tmp_path / "ci.json")})
    always = set(told) - ELSEWHERE - {"replaced_id"}
    for result in (task(check_mode=True), task(), task(), task(state="renewed"), task(recreate="always"), task(state="absent")):
        assert set(result) == {"changed"} | always | ({"replaced_id"} if "recreated" in result["actions"] else set())
        assert result["token"] is None or set(result["token"]) == set(told["token"]["contains"])
        check_types({key: value for key, value in result.items() if key != "changed"}, told)


def test_declared_tokens(commandcenter: dict[str, str], sim: Simulator, tmp_path: Path, documented: dict[str, Any]) -> None:
    told = documented["commandcenter_access_tokens"]["return"]
    sim.commandcenter_create("ci-old")
    entries = [{"name": "ci-new", "store": {"file": str(tmp_path / "ci.json")}, "recreate": "always"}, {"id": 4711}]
    task = Task(commandcenter_access_tokens, **commandcenter, purge=True, purge_prefix="ci-", tokens=entries)
    seen: set[str] = set()
    for result in (task(check_mode=True), task(), task()):
        assert set(result) == {"changed", "failed", "msg"} | set(told) - ELSEWHERE
        for key in ("tokens", "purged", "diff"):
            check_types({key: result[key]}, told)
            for one in result[key]:
                assert set(one) <= set(told[key]["contains"])
        seen |= {key for one in result["tokens"] for key in one}
    assert seen == set(told["tokens"]["contains"]) - {"status", "code"}


def test_listed_tokens(commandcenter: dict[str, str], sim: Simulator, documented: dict[str, Any]) -> None:
    told = documented["commandcenter_access_token_info"]["return"]
    sim.commandcenter_create("ci")
    result = Task(commandcenter_access_token_info, **commandcenter)()
    assert set(result) == {"changed"} | set(told) - ELSEWHERE
    assert [set(token) for token in result["tokens"]] == [set(told["tokens"]["contains"])]
    check_types({"tokens": result["tokens"]}, told)


RESPONSE = {"changed", "actions", "status", "headers", "url", "elapsed"}


def test_rest_calls(commandcenter: dict[str, str], sim: Simulator, tmp_path: Path, documented: dict[str, Any]) -> None:
    at_cohesity, at_commandcenter = Task(cohesity_rest, **sim.cohesity_login), Task(commandcenter_rest, **commandcenter)
    groups = "/v2/data-protect/protection-groups"
    (number,) = sim.cohesity_seed("groups")
    one = {"path": f"{groups}/{number}", "method": "PUT", "body": {"name": "x"}}
    told = documented["cohesity_rest"]["return"]
    assert set(at_cohesity(path=groups)) == RESPONSE | {"json"}
    assert set(at_cohesity(path=groups, paging="all")) == RESPONSE | {"objects"}
    assert set(at_cohesity(path=groups, dest=str(tmp_path / "x"))) == RESPONSE | {"dest", "size", "checksum"}
    assert set(at_cohesity(check_mode=True, body_strategy="merge", **one)) == {"changed", "actions", "diff"}
    assert set(at_cohesity(body_strategy="merge", **one)) == RESPONSE | {"json", "diff"}
    assert set(at_cohesity(path=one["path"], method="DELETE")) == RESPONSE | {"content"}
    skipped = at_cohesity(check_mode=True, path=groups, username="", password="")
    assert set(skipped) == {"changed", "skipped", "skip_reason", "msg"}
    everything = RESPONSE | {"json", "objects", "dest", "size", "checksum", "diff", "content", "skip_reason", "code"}
    assert set(told) == set(documented["commandcenter_rest"]["return"]) == everything - {"changed"}
    assert set(at_commandcenter(path="/Job", paging="all")) == RESPONSE | {"objects"}


def test_a_failure(cohesity: Task, documented: dict[str, Any]) -> None:
    result = failure(cohesity.fails(password="wrong"))
    for page in documented.values():
        assert set(result) == {"failed", "changed", "msg"} | set(page["return"]) & {"status", "code"}
