# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every operation on a stored token is killed, or its line is cut, at every step; then a normal run must find its way.

An operation first runs undisturbed and its effects are counted: each request sent, each response received, each write, rename, fsync and
so on. Then it is run again for each step and each kind of mishap, and invariants.py judges at once and after the next normal run.
"""

from __future__ import annotations

import collections
import errno
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests import judges
from tests.constants import LEASE
from tests.faults import invariants, product
from tests.faults.cells import play_all, sampled
from tests.faults.counting import count
from tests.faults.forks import Outcome
from tests.faults.gateway import Fault, named
from tests.faults.lane import Cell, Lane
from tests.faults.mishaps import Mishap
from tests.faults.operations import KEY_OPERATIONS, OPERATIONS, Operation
from tests.faults.subjects import KEYS, TOKENS, Subject
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

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
    "half a response": {"kind": "truncate"},
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
    "recreate after a foreign renewal": {"file": 28, "vault": 25},
    "recreate after a revocation": {"file": 24, "vault": 19},
    "update": {"file": 16, "vault": 19},
    "revoke": {"file": 22, "vault": 21},
    "revoke what was left": {"file": 9, "vault": 17},
}
KEY_LEAST_STEPS = {
    "create": {"file": 24, "vault": 21},
    "create after a killed creation": {"file": 27, "vault": 27},
    "rotate": {"file": 30, "vault": 29},
    "rotate when it is old": {"file": 30, "vault": 29},
    "rotate where names are unique": {"file": 30, "vault": 29},
    "recreate somebody else's": {"file": 30, "vault": 29},
    "recreate after a foreign rotation": {"file": 30, "vault": 29},
    "recreate after a deletion": {"file": 24, "vault": 21},
    "update": {"file": 18, "vault": 21},
    "delete": {"file": 22, "vault": 23},
    "delete what was left": {"file": 9, "vault": 17},
    "delete what overlapped": {"file": 9, "vault": 17},
}


@pytest.mark.parametrize("store", ["file", "vault"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_matrix(lanes: list[Lane], name: str, store: str) -> None:
    play_matrix(lanes, TOKENS, name, store, OPERATIONS[name], LEAST_STEPS[name][store])


@pytest.mark.parametrize("store", ["file", "vault"])
@pytest.mark.parametrize("name", KEY_OPERATIONS)
def test_key_matrix(lanes: list[Lane], name: str, store: str) -> None:
    play_matrix(lanes, KEYS, f"API key: {name}", store, KEY_OPERATIONS[name], KEY_LEAST_STEPS[name][store])


def play_matrix(lanes: list[Lane], subject: Subject, name: str, store: str, operation: Operation, least_steps: int) -> None:
    """Play the cells of one operation, or a sample of them."""
    labels = undisturbed(lanes[0].cell(store, subject=subject), operation)
    every = [*kills(labels), *cuts(labels, subject), *late(labels), *disk_faults(labels)]
    mishaps = sampled(every, f"{name}, {store}")
    failures = play_all(lanes, mishaps, lambda lane, mishap: play(lane.cell(store, subject=subject), operation, mishap))
    steps = "\n".join(f"{number} {label}" for number, label in enumerate(labels))
    assert not failures, "\n".join([*(f"{name}, {store}, {failure}" for failure in failures), "the steps:", steps])
    count(f"{name}, {store}", {"steps": len(labels), **collections.Counter(mishap.group for mishap in mishaps)}, len(every))
    assert len(labels) >= least_steps, f"{len(labels)} steps were found"


def undisturbed(cell: Cell, operation: Operation) -> list[str]:
    """The effects of the operation when it is left alone."""
    operation.prepare(cell)
    outcome = cell.run(operation.options)
    assert outcome.result
    assert outcome.result["actions"] == operation.actions
    invariants.check_at_rest(cell, operation, outcome)
    invariants.check_no_pair_sent_twice(cell)
    invariants.check_written_in_order(outcome.labels)
    return outcome.labels


def requests_of(labels: list[str], vault: bool) -> list[str]:
    sent = [label.removeprefix("send ") for label in labels if label.startswith("send ")]
    return [label for label in sent if label.startswith("vault ") == vault]


def kills(labels: list[str]) -> Iterator[Mishap]:
    """Before each effect; the last one is the end of the run."""
    for number, label in enumerate(labels):
        yield Mishap("killed", f"killed before {number} {label}", kill=number)
        if label.startswith("write "):
            yield Mishap("killed", f"killed in the middle of {number} {label}", torn=number)


def cuts(labels: list[str], subject: Subject) -> Iterator[Mishap]:
    for number, request in enumerate(requests_of(labels, vault=False)):
        for kind, faults in product_faults(number, subject.requests).items():
            if kind in LINE or changes_something(request):
                yield Mishap("line cut", f"{kind}, request {number} {request}", server=faults)
    for number, request in enumerate(requests_of(labels, vault=True)):
        for kind in [*VAULT_LINE, *VAULT_SERVER, VAULT_GONE] if changes_something(request) else VAULT_LINE:
            yield Mishap("vault cut", f"{kind}, request {number} {request}", vault=vault_faults(kind, number))


def product_faults(number: int, path: str) -> dict[str, tuple[dict[str, Any], ...]]:
    """Faults of the simulator for the request of that number, by kind. path: a regex of those that count."""
    faults = {kind: ({**fault, "path": path, "after": number},) for kind, fault in (LINE | SERVER).items()}
    gone = {"kind": "status", "code": 401, "path": path, "after": number + 1, "times": 0}
    return {**faults, **{kind: ({"kind": cut, "path": path, "after": number}, gone) for kind, cut in RESTARTS.items()}}


def vault_faults(kind: str, number: int) -> tuple[Fault, ...]:
    if kind == VAULT_GONE:
        return named("cut_after", number), named("cut_before", number + 1, for_good=True)
    return (named(kind.removesuffix(" for good"), number, for_good=kind.endswith(" for good")),)


def changes_something(request: str) -> bool:
    """Whether a request changes a token or a record."""
    return "GET " not in request and not re.search("/Login|/Logout|/access-tokens|/auth/", request)


def late(labels: list[str]) -> Iterator[Mishap]:
    """Requests that are carried out when their sender is dead and its heir is done."""
    for vault, kind in ((False, "request"), (True, "write")):
        for number, request in enumerate(requests_of(labels, vault)):
            if changes_something(request):
                yield Mishap("late", f"{kind} {number} {request}", late=(kind, number))


def disk_faults(labels: list[str]) -> Iterator[Mishap]:
    """A call to the disk fails, and nothing else; or the disk is read-only from there on."""
    for number, label in enumerate(labels):
        if not label.startswith(("send ", "answer ", "end")):
            for kind, fault in DISK.items():
                yield Mishap("disk", f"{kind} at {number} {label}", fail={"at": number, **fault})


def play(cell: Cell, operation: Operation, mishap: Mishap) -> None:
    operation.prepare(cell)
    before = cell.stored()
    existed = {token["id"] for token in cell.tokens()}
    worked = bool(before and before.get("access_token") and judges.works(cell.sim, before["access_token"]))
    outcome = inflict_late(cell, operation, *mishap.late) if mishap.late else inflict(cell, operation, mishap)

    document = invariants.check_store_is_whole(cell)
    invariants.check_programs_keep_working(cell, operation, before, worked, document)
    if not mishap.late:
        invariants.check_agreement(cell, before, existed, document)
    invariants.check_no_pair_sent_twice(cell)
    invariants.check_cell_told_nothing(cell, outcome)
    if not outcome.failed and operation.leaves_a_token:
        assert document
        assert outcome.result
        assert judges.works(cell.sim, outcome.result["token"]["access_token"])
        assert outcome.result["token"]["access_token"] == document["access_token"]

    cell.disarm()
    if cell.store == "vault" and product.has_claim(document):
        assert document
        if cell.vault.now() - product.claimed_at(document) < LEASE / 2:
            check_heir_waits(cell, operation)
        cell.outlive_lease()
    check_settled(cell, operation, and_then=mishap.group not in ("line cut", "disk"))


def inflict(cell: Cell, operation: Operation, mishap: Mishap) -> Outcome:
    cell.arm(mishap)
    outcome = cell.run(operation.options, mishap)
    assert outcome.killed == mishap.kills
    if mishap.fail:
        assert not outcome.failed or f"The store file {cell.file}" in outcome.message, outcome.result
    return outcome


def inflict_late(cell: Cell, operation: Operation, kind: str, number: int) -> Outcome:
    return (late_request if kind == "request" else late_write)(cell, operation, number)


def late_request(cell: Cell, operation: Operation, number: int) -> Outcome:
    """The product's server carries out a request of a dead run after the next run is done."""
    cell.sim.clear_requests()
    cell.sim.fault("gate", path=cell.subject.requests, after=number, name="late")
    cell.start(operation.options)
    cell.sim.wait_for("late")
    cell.lane.forks.kill()
    outcome = cell.wait()
    held = cell.sim.requests()[-1]["number"]
    cell.outlive_lease()
    check_settled(cell, operation)
    assert cell.sim.open_gate("late") == 1
    assert wait_until(lambda: any(request["done"] for request in cell.sim.requests() if request["number"] == held), 5)
    return outcome


def late_write(cell: Cell, operation: Operation, number: int, heir: Operation | None = None) -> Outcome:
    """The same, of a write to OpenBao."""
    cell.vault.begin(named("hold", number))
    cell.start(operation.options)
    assert cell.vault.held.wait(20)
    cell.lane.forks.kill()
    outcome = cell.wait()
    cell.outlive_lease()
    check_settled(cell, heir or operation)
    cell.vault.release()
    assert cell.vault.finished.wait(20)
    return outcome


def check_heir_waits(cell: Cell, operation: Operation) -> None:
    """I3: as long as the owner of a claim may live, another run changes nothing."""
    cell.sim.clear_requests()
    outcome = cell.run(operation.options)
    assert outcome.result
    assert outcome.failed, outcome.result["actions"]
    assert "lock_timeout" in outcome.message
    assert not [request for request in cell.sim.requests(cell.subject.writes) if request["method"] != "GET"]


def check_settled(cell: Cell, operation: Operation, and_then: bool = True) -> None:
    """The next run succeeds; and_then: the one after it has nothing to do."""
    outcome = cell.run(operation.options)
    invariants.check_at_rest(cell, operation, outcome)
    invariants.check_no_pair_sent_twice(cell)
    if and_then:
        last = cell.run(operation.calm_options)
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
        late_write(cell, operation, number, heir=OPERATIONS["create"])
        if product.has_claim(cell.stored()):
            # Where the heir had nothing to write, the dead run's claim is the next version, and its lease begins with that.
            cell.outlive_lease()
        check_settled(cell, OPERATIONS["create"])
    count("revoke, and create before it is done, vault", {"steps": len(labels), "late": len(writes)}, len(writes))
