# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that overlap are one occasion to renew or replace: who comes second takes the first one's result, whatever it was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils import _time
from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken

FORCED = [{"state": "renewed"}, {"recreate": "always"}]


@pytest.mark.parametrize("wanted", FORCED, ids=str)
def test_who_began_before_the_other_one_had_ended_takes_its_result(task: StoredToken, sim: Simulator, wanted: dict[str, Any]) -> None:
    task()
    began = _time.boottime()
    winner = task(**wanted)
    assert winner["changed"] is True
    for check_mode in (True, False):
        _time.begin_task(began)
        late = task(check_mode, **wanted)
        assert (late["changed"], late["actions"]) == (False, ["reused"])
        assert [entry for entry in sim.requests("AccessToken") if entry["method"] != "GET"] == []
    assert late["token"]["access_token"] == winner["token"]["access_token"]
    task.settled(late)


@pytest.mark.parametrize("wanted", FORCED, ids=str)
def test_who_begins_after_that_is_another_occasion(task: StoredToken, wanted: dict[str, Any]) -> None:
    secrets = {task()["token"]["access_token"]}
    for _run in range(2):
        result = task(**wanted)
        assert result["changed"] is True
        secrets.add(result["token"]["access_token"])
    assert len(secrets) == 3
    task.settled(result)


def test_absent_is_done_all_the_same(task: StoredToken) -> None:
    began = _time.boottime()
    task()
    _time.begin_task(began)
    assert task(state="absent")["actions"] == ["revoked"]
    assert task.live() == []


@pytest.mark.parametrize("store", ["vault"], indirect=True)
def test_another_machine_counts_by_the_clock_of_the_store(task: StoredToken) -> None:
    """What another machine's clock said when it started says nothing here: Vault's does."""
    task()
    began = _time.boottime() - 30
    winner = task(state="renewed")
    record = task.store.read()
    assert record is not None
    task.store.write({**record, "issued": {**record["issued"], "host": "another machine", "at": 1.0}})
    _time.begin_task(began)
    assert task(state="renewed")["token"]["access_token"] == winner["token"]["access_token"]
    task.store.write({**record, "issued": {**record["issued"], "host": "another machine", "at": 1.0, "time": record["issued"]["time"] - 3600}})
    _time.begin_task(began)
    assert task(state="renewed")["actions"] == ["renewed"]
