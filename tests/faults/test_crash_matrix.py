# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every operation on a stored token is killed, or its line is cut, at every step; then a normal run must find its way.

An operation first runs undisturbed and its effects are counted: each request sent, each answer received, each write, rename, fsync and
so on. Then it is run again for each step and each kind of mishap, and invariants.py judges at once and after the next normal run.
"""

from __future__ import annotations

import collections
import errno
import re
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from tests.faults import invariants
from tests.faults.counting import count
from tests.faults.lane import LEASE, Cell, Lane
from tests.faults.operations import OPERATIONS, Operation
from tests.faults.runner import Ended
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WHOLE_SERVER = "/commandcenter/api"
# What the line does to a request: it ends before or after the server has done the work, or is dead from there on.
LINE: dict[str, dict[str, Any]] = {
    "cut before": {"kind": "cut_before"},
    "cut after": {"kind": "cut_after"},
    "line dead": {"kind": "cut_before", "times": 0},
}
# And the server, to a request that changes something.
SERVER: dict[str, dict[str, Any]] = {
    "500 after": {"kind": "status_after", "code": 500},
    "502 after": {"kind": "status_after", "code": 502},
    "half an answer": {"kind": "truncate"},
    "a page after": {"kind": "html_after"},
    "login ended": {"kind": "status", "code": 401},
    "rate limit": {"kind": "status", "code": 429, "times": 0},
}
DISK = {"full": {"errno": errno.ENOSPC, "for_good": False}, "read-only": {"errno": errno.EROFS, "for_good": True}}
# It goes down before it answers, its work done or not; when it is back, it knows no logins.
RESTARTS = {"restart before": "cut_before", "restart after": "cut_after"}
# The same of OpenBao: once, and from there on.
VAULT_LINE = ("cut_before", "cut_after", "cut_before for good")
VAULT_SERVER = ("500_before", "500_after", "truncate", "403 for good")
VAULT_GONE = "cut_after and dead"
# The least number of steps between effects that each operation had when this was written. Fewer would mean that the watch has gone
# blind, or that something that must be written or synchronised no longer is.
LEAST_STEPS = {
    "create": {"file": 24, "vault": 19},
    "create after a killed creation": {"file": 25, "vault": 21},
    "renew": {"file": 24, "vault": 19},
    "renew and update": {"file": 32, "vault": 23},
    "recreate always": {"file": 28, "vault": 23},
    "recreate for another scope": {"file": 28, "vault": 23},
    "recreate after a killed renewal": {"file": 27, "vault": 23},
    "recreate somebody else's": {"file": 28, "vault": 23},
    "recreate where renewal is refused": {"file": 30, "vault": 25},
    "recreate after a foreign renewal": {"file": 30, "vault": 25},
    "recreate after a revocation": {"file": 24, "vault": 19},
    "update": {"file": 16, "vault": 19},
    "revoke": {"file": 22, "vault": 21},
    "revoke what was left": {"file": 10, "vault": 17},
}


class Mishap(NamedTuple):
    """What happens to a run: the kind, and the number of the effect or request."""

    group: str
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.group}: {self.kind} at {self.number}"


@pytest.mark.parametrize("store", ["file", "vault"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_matrix(lanes: list[Lane], name: str, store: str) -> None:
    operation = OPERATIONS[name]
    labels = undisturbed(lanes[0].cell(store), operation)
    mishaps = [*kills(labels), *cuts(labels), *late(labels), *disk_faults(labels)]
    failures: list[str] = []
    todo, free = iter(mishaps), threading.Lock()

    def work(lane: Lane) -> None:
        while True:
            with free:
                mishap = next(todo, None)
            if mishap is None or len(failures) > 5:
                return
            try:
                play(lane.cell(store), operation, mishap)
            except Exception:  # noqa: BLE001 -- reported below, with its cell
                where = f"{mishap}, which is {labels[mishap.number]!r}" if mishap.group in ("killed", "disk") else str(mishap)
                failures.append(f"{name}, {store}, {where}\n{traceback.format_exc()}")

    with ThreadPoolExecutor(len(lanes)) as pool:
        for done in [pool.submit(work, lane) for lane in lanes]:
            done.result()
    assert not failures, "\n".join([*failures[:5], "the steps:", *(f"{number} {label}" for number, label in enumerate(labels))])
    count(f"{name}, {store}", {"steps": len(labels), **collections.Counter(mishap.group for mishap in mishaps)})
    assert len(labels) >= LEAST_STEPS[name][store], f"{len(labels)} steps were found"


def undisturbed(cell: Cell, operation: Operation) -> list[str]:
    """The effects of the operation when it is left alone."""
    operation.prepare(cell)
    ended = cell.run(operation.options)
    assert ended.result
    assert ended.result["actions"] == operation.actions
    invariants.check_at_rest(cell, operation, ended)
    invariants.check_no_pair_sent_twice(cell)
    invariants.check_written_in_order(ended.labels)
    return ended.labels


def requests_of(labels: list[str], vault: bool) -> list[str]:
    sent = [label.removeprefix("send ") for label in labels if label.startswith("send ")]
    return [label for label in sent if label.startswith("vault ") == vault]


def kills(labels: list[str]) -> Iterator[Mishap]:
    """Before each effect; the last one is the end of the run."""
    for number, label in enumerate(labels):
        yield Mishap("killed", "kill", number)
        if label.startswith("write "):
            yield Mishap("killed", "torn", number)


def cuts(labels: list[str]) -> Iterator[Mishap]:
    for number, request in enumerate(requests_of(labels, vault=False)):
        for kind in [*LINE, *SERVER, *RESTARTS] if changes_something(request) else LINE:
            yield Mishap("line cut", kind, number)
    for number, request in enumerate(requests_of(labels, vault=True)):
        for kind in [*VAULT_LINE, *VAULT_SERVER, VAULT_GONE] if changes_something(request) else VAULT_LINE:
            yield Mishap("vault cut", kind, number)


def changes_something(request: str) -> bool:
    """Whether a request changes a token or a record."""
    return "GET " not in request and not re.search("/Login|/Logout|/auth/", request)


def late(labels: list[str]) -> Iterator[Mishap]:
    """Requests that are carried out when their sender is dead and its heir is done."""
    for vault, kind in ((False, "request"), (True, "write")):
        for number, request in enumerate(requests_of(labels, vault)):
            if changes_something(request):
                yield Mishap("late", kind, number)


def disk_faults(labels: list[str]) -> Iterator[Mishap]:
    """A call to the disk fails, and nothing else; or the disk is read-only from there on."""
    for number, label in enumerate(labels):
        if not label.startswith(("send ", "answer ", "end")):
            for kind in DISK:
                yield Mishap("disk", kind, number)


def play(cell: Cell, operation: Operation, mishap: Mishap) -> None:
    operation.prepare(cell)
    before = cell.stored()
    existed = {token["id"] for token in cell.tokens()}
    worked = bool(before and before.get("access_token") and cell.sim.check(before["access_token"]))
    ended = LATE[mishap.kind](cell, operation, mishap.number) if mishap.group == "late" else inflict(cell, operation, mishap)

    document = invariants.check_store_is_whole(cell)
    invariants.check_programs_keep_working(cell, operation, before, worked, document)
    if mishap.group != "late":
        invariants.check_agreement(cell, before, existed, document)
    invariants.check_no_pair_sent_twice(cell)
    invariants.check_nothing_told(cell, ended)
    if ended.result and not ended.result.get("failed") and operation.leaves_a_token:
        assert document
        assert cell.sim.check(ended.result["token"]["access_token"])
        assert ended.result["token"]["access_token"] == document["access_token"]

    cell.sim.clear_faults()
    cell.proxy.begin()
    if cell.store == "vault" and document and document["pending"]:
        if cell.sim.now() - document["pending"]["since"] < LEASE:
            check_heir_waits(cell, operation)
        cell.outlive_lease()
    check_settled(cell, operation, and_then=mishap.group not in ("line cut", "disk"))


def inflict(cell: Cell, operation: Operation, mishap: Mishap) -> Ended:
    _group, kind, number = mishap
    if kind in ("kill", "torn"):
        ended = cell.run(operation.options, **{kind: number})
        assert ended.killed
        return ended
    if mishap.group == "disk":
        ended = cell.run(operation.options, fail={"at": number, **DISK[kind]})
        assert ended.result
        assert not ended.result.get("failed") or f"The store file {cell.file}" in ended.result["msg"], ended.result
        return ended
    if mishap.group == "vault cut":
        if kind == VAULT_GONE:
            cell.proxy.begin({number: "cut_after"}, {number + 1: "cut_before"})
        elif kind.endswith(" for good"):
            cell.proxy.begin(from_then={number: kind.removesuffix(" for good")})
        else:
            cell.proxy.begin({number: kind})
    elif kind in RESTARTS:
        cell.sim.fault(RESTARTS[kind], path=WHOLE_SERVER, after=number)
        cell.sim.fault("status", code=401, path=WHOLE_SERVER, after=number + 1, times=0)
    else:
        cell.sim.fault(**(LINE | SERVER)[kind], path=WHOLE_SERVER, after=number)
    return cell.run(operation.options)


def late_request(cell: Cell, operation: Operation, number: int) -> Ended:
    """Command Center carries out a request of a dead run after the next run is done."""
    cell.sim.clear_requests()
    cell.sim.fault("gate", path=WHOLE_SERVER, after=number, name="late")
    cell.start(operation.options)
    cell.sim.wait_for("late")
    cell.lane.runner.kill()
    ended = cell.wait()
    held = cell.sim.requests()[-1]["number"]
    cell.outlive_lease()
    check_settled(cell, operation)
    assert cell.sim.open_gate("late") == 1
    assert wait_until(lambda: any(request["done"] for request in cell.sim.requests() if request["number"] == held), 5)
    return ended


def late_write(cell: Cell, operation: Operation, number: int) -> Ended:
    """The same, of a write to OpenBao."""
    cell.proxy.begin({number: "hold"})
    cell.start(operation.options)
    assert cell.proxy.held.wait(20)
    cell.lane.runner.kill()
    ended = cell.wait()
    cell.outlive_lease()
    check_settled(cell, operation)
    cell.proxy.release()
    assert cell.proxy.finished.wait(20)
    return ended


LATE = {"request": late_request, "write": late_write}


def check_heir_waits(cell: Cell, operation: Operation) -> None:
    """I3: as long as the owner of a claim may live, another run changes nothing."""
    cell.sim.clear_requests()
    ended = cell.run(operation.options)
    assert ended.result
    assert ended.result.get("failed"), ended.result["actions"]
    assert "lock_timeout" in ended.result["msg"]
    assert not [request for request in cell.sim.requests("V4/AccessToken") if request["method"] != "GET"]


def check_settled(cell: Cell, operation: Operation, and_then: bool = True) -> None:
    """The next run succeeds; and_then: the one after it has nothing to do."""
    ended = cell.run(operation.options)
    invariants.check_at_rest(cell, operation, ended)
    invariants.check_no_pair_sent_twice(cell)
    if and_then:
        last = cell.run({key: value for key, value in operation.options.items() if key != "recreate"})
        invariants.check_at_rest(cell, operation, last)
        assert last.result
        assert last.result["actions"] == (["reused"] if operation.leaves_a_token else [])
        assert not last.warnings


def test_a_late_removal_leaves_the_heirs_token(lanes: list[Lane]) -> None:
    """A run is told to revoke and dies; the next one is told to have the token; then OpenBao carries out what the first one sent."""
    operation = OPERATIONS["revoke"]
    labels = undisturbed(lanes[0].cell("vault"), operation)
    writes = [number for number, request in enumerate(requests_of(labels, vault=True)) if changes_something(request)]
    for number in writes:
        cell = lanes[0].cell("vault")
        operation.prepare(cell)
        cell.proxy.begin({number: "hold"})
        cell.start(operation.options)
        assert cell.proxy.held.wait(20)
        cell.lane.runner.kill()
        cell.wait()
        cell.outlive_lease()
        check_settled(cell, OPERATIONS["create"])
        cell.proxy.release()
        assert cell.proxy.finished.wait(20)
        check_settled(cell, OPERATIONS["create"])
    count("revoke, and create before it is done, vault", {"steps": len(labels), "late": len(writes)})
