# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A login to a cluster whose token is kept in a store: killed at every step, and with its disk failing at every call.

There is no pair to lose here: a second login does no harm. What must hold is that the store never holds half a token, and that the next
run returns one that works.
"""

from __future__ import annotations

import errno
from typing import Any

import pytest

from tests.constants import DAY
from tests.faults import invariants
from tests.faults.counting import count
from tests.faults.forks import Outcome
from tests.faults.lane import Cell, Lane
from tests.faults.mishaps import NONE, Mishap

pytestmark = pytest.mark.slow

LEAST_STEPS = {"file": 10, "vault": 11}


def task(cell: Cell, mishap: Mishap = NONE) -> Outcome:
    cell.start_with({**cell.sim.cohesity_login, "store": cell.store_options()}, mishap, module="cohesity_access_token")
    return cell.wait()


def prepared(lane: Lane, store: str, held: str) -> Cell:
    """A store that holds nothing, or a token that the cluster no longer takes."""
    cell = lane.cell(store)
    if held == "expired":
        assert task(cell).result
        cell.sim.advance(2 * DAY)
    return cell


@pytest.mark.parametrize("held", ["nothing", "expired"])
@pytest.mark.parametrize("store", ["file", "vault"])
def test_every_step(lane: Lane, store: str, held: str) -> None:
    labels = task(prepared(lane, store, held)).labels
    disk = [number for number, label in enumerate(labels) if not label.startswith(("send ", "answer ", "end"))]
    for number in range(len(labels)):
        cell = prepared(lane, store, held)
        before = cell.stored()
        outcome = task(cell, Mishap(kill=number))
        assert outcome.killed
        check(cell, before)
    for number in disk:
        cell = prepared(lane, store, held)
        before = cell.stored()
        outcome = task(cell, Mishap(fail={"at": number, "errno": errno.ENOSPC, "for_good": True}))
        assert outcome.result
        invariants.check_nothing_told(cell.sim, outcome, *([before["access_token"]] if before else []))
        check(cell, before)
    assert len(labels) >= LEAST_STEPS[store]
    count(f"Cohesity, {held} held, {store}", {"steps": len(labels), "killed": len(labels), "disk": len(disk)}, len(labels) + len(disk))


def check(cell: Cell, before: dict[str, Any] | None) -> None:
    document = cell.stored()
    assert document in (before, *cell.written) if cell.store == "file" else True
    if document != before:
        assert document
        assert cell.sim.check_cohesity(document["access_token"])
    outcome = task(cell)
    assert outcome.result
    assert not outcome.result.get("failed"), outcome.result
    secret = outcome.result["token"]["access_token"]
    assert cell.sim.check_cohesity(secret)
    stored = cell.stored()
    assert stored
    assert stored["access_token"] == secret
    again = task(cell)
    assert again.result
    assert (again.result["actions"], again.result["token"]["access_token"]) == (["reused"], secret)
    if cell.store == "file":
        assert {path.name for path in cell.folder.iterdir()} == {"token.json", "token.json.lock"}
    invariants.check_cell_told_nothing(cell, outcome)
