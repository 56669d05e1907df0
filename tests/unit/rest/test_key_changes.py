# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of an API key, which send it whole: two runs at once, a run that dies or loses the response, and an owner that is written in another case."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.modules import cohesity_api_key
from tests.simulator import Simulator
from tests.unit.helpers import Task, start, transcript

EXPIRES, EXPIRES_MSECS = "2035-01-31T00:00:00Z", 2053814400000
SID = "SID-LOCAL-backup"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "key.json"


def task(sim: Simulator, path: Path, **defaults: Any) -> Task:
    return Task(cohesity_api_key, **sim.cohesity_login, timeout=10, name="exporter", store={"file": str(path)}, **defaults)


def live(sim: Simulator) -> list[dict[str, Any]]:
    return [key for key in sim.state()["cohesity"]["api_keys"] if key["alive"]]


def record(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_two_changes_at_once(sim: Simulator, path: Path) -> None:
    """Neither undoes the other's: the second reads the key when the first has changed it."""
    made = task(sim, path)()["api_key"]
    sim.fault("gate", name="change", method="PUT", path="api-keys/")
    first = start(task(sim, path), active=False)
    sim.wait_for("change")
    second = start(task(sim, path), expires=EXPIRES)
    with pytest.raises(TimeoutError):
        second.result(1.5)
    sim.open_gate("change")
    assert [run.result(30)["actions"] for run in (first, second)] == [["reused", "updated"]] * 2
    (key,) = live(sim)
    assert (key["id"], key["is_active"], key["expires"]) == (made["id"], False, EXPIRES_MSECS)
    kept = record(path)
    assert (kept["id"], kept["active"], kept["expires_at"]) == (made["id"], False, EXPIRES)
    assert (kept["pending"], kept["suspect_since"]) == (None, None)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_a_change_whose_response_is_lost(sim: Simulator, path: Path, kind: str) -> None:
    """It is sent again, and where that does not help, the next run does it: a change destroys nothing, so the key stays."""
    made = task(sim, path)()["api_key"]
    sim.fault(kind, method="PUT", path="api-keys/", times=2)
    with pytest.raises(ApiError):
        task(sim, path)(active=False)
    assert (record(path)["pending"], record(path)["suspect_since"]) == (None, None)
    assert task(sim, path)(active=False)["api_key"]["id"] == made["id"]
    (key,) = live(sim)
    assert (key["id"], key["is_active"]) == (made["id"], False)
    assert record(path)["active"] is False


def test_a_run_that_died_while_it_changed_the_key(sim: Simulator, path: Path) -> None:
    made = task(sim, path)()["api_key"]
    left = {**record(path), "pending": {"op": "update", "run": "dead", "since": 1, "lease": 300, "host": None, "ids": [made["id"]]}}
    path.write_text(json.dumps(left), encoding="utf-8")
    age(path)
    result = task(sim, path)(active=False)
    assert (result["actions"], result["api_key"]["id"]) == (["reused", "updated"], made["id"])
    assert (record(path)["pending"], record(path)["suspect_since"]) == (None, None)


def age(path: Path) -> None:
    """Make the record older than any lease."""
    os.utime(path, (time.time() - 3600,) * 2)


def test_what_is_suspect_stays_so(sim: Simulator, path: Path) -> None:
    """An earlier run may have created a key that nobody has seen: a change by another run does not make that known."""
    task(sim, path)()
    left = {**record(path), "suspect_since": 1, "suspect_until": 301, "known_ids": [], "known_since": 1}
    left["pending"] = {"op": "update", "run": "dead", "since": 1, "lease": 300, "host": None, "ids": []}
    path.write_text(json.dumps(left), encoding="utf-8")
    age(path)
    assert task(sim, path)()["actions"] == ["recreated"]


@pytest.mark.parametrize("arguments", [{}, {"active": False}, {"state": "rotated"}, {"state": "absent"}], ids=str)
def test_an_owner_in_another_case(sim: Simulator, path: Path, arguments: dict[str, Any]) -> None:
    """A SID is the same in upper and lower case, in the record as on the cluster."""
    made = task(sim, path, owner_sid=SID.lower())()["api_key"]
    sim.clear_requests()
    actions = {"{}": ["reused"], "{'active': False}": ["reused", "updated"], "{'state': 'rotated'}": ["recreated"]}.get(str(arguments), ["revoked"])
    assert task(sim, path, owner_sid=SID)(check_mode=True, **arguments)["actions"] == actions
    result = task(sim, path, owner_sid=SID)(**arguments)
    assert result["actions"] == actions
    if "state" not in arguments:
        assert result["api_key"]["api_key"] == made["api_key"]
    assert len(live(sim)) == (0 if arguments.get("state") == "absent" else 1)
    assert not [line for line in transcript(sim) if line.startswith("GET ") and "sessionUser" in line]


def test_another_owner_is_another_key(sim: Simulator, path: Path) -> None:
    task(sim, path)()
    with pytest.raises(ApiError, match="holds the record of another credential"):
        task(sim, path)(owner_sid="SID-LOCAL-viewer")
