# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A login to a cluster whose token is kept in a store: killed at every step, and with its disk failing at every call.

There is no pair to lose here: a second login does no harm. What must hold is that the store never holds half a token, and that the next
run returns one that works.
"""

from __future__ import annotations

import errno
import json
from typing import Any

import pytest

from tests.faults import invariants
from tests.faults.counting import count
from tests.faults.lane import Cell, Lane
from tests.faults.runner import Ended

pytestmark = pytest.mark.slow

LEAST_STEPS = {"file": 10, "vault": 11}


def task(cell: Cell, **watch: Any) -> Ended:
    params = {**cell.sim.cohesity_login, "store": cell.store_options()}
    cell.lane.runner.start(params, module="cohesity_access_token", folder=str(cell.folder), vault=cell.proxy.host, **watch)
    return cell.wait()


def prepared(lane: Lane, store: str, held: str) -> Cell:
    """A store that holds nothing, or a token that the cluster no longer takes."""
    cell = lane.cell(store)
    if held == "expired":
        assert task(cell).result
        cell.sim.advance(2 * 86400)
    return cell


@pytest.mark.parametrize("held", ["nothing", "expired"])
@pytest.mark.parametrize("store", ["file", "vault"])
def test_every_step(lane: Lane, store: str, held: str) -> None:
    labels = task(prepared(lane, store, held)).labels
    disk = [number for number, label in enumerate(labels) if not label.startswith(("send ", "answer ", "end"))]
    for number in range(len(labels)):
        cell = prepared(lane, store, held)
        before = cell.stored()
        ended = task(cell, kill=number)
        assert ended.killed
        check(cell, before)
    for number in disk:
        cell = prepared(lane, store, held)
        before = cell.stored()
        ended = task(cell, fail={"at": number, "errno": errno.ENOSPC, "for_good": True})
        assert ended.result
        told = json.dumps([ended.result.get("msg"), ended.warnings])
        assert before is None or before["access_token"] not in told
        check(cell, before)
    assert len(labels) >= LEAST_STEPS[store]
    count(f"Cohesity, {held} held, {store}", {"steps": len(labels), "killed": len(labels), "disk": len(disk)})


def check(cell: Cell, before: dict[str, Any] | None) -> None:
    document = cell.stored()
    assert document in (before, *cell.written) if cell.store == "file" else True
    if document != before:
        assert document
        assert cell.sim.check_cohesity(document["access_token"])
    ended = task(cell)
    assert ended.result
    assert not ended.result.get("failed"), ended.result
    secret = ended.result["token"]["access_token"]
    assert cell.sim.check_cohesity(secret)
    stored = cell.stored()
    assert stored
    assert stored["access_token"] == secret
    again = task(cell)
    assert again.result
    assert (again.result["actions"], again.result["token"]["access_token"]) == (["reused"], secret)
    if cell.store == "file":
        assert {path.name for path in cell.folder.iterdir()} == {"token.json", "token.json.lock"}
    invariants.check_nothing_told(cell, ended)
