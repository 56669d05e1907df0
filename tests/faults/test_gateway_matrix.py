# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Balancers and proxies between us and both servers answer anything, at every request of every operation; then a normal run must find its way.

A cell is an operation, a store, the number of a request to Command Center or to the store's server, what the gateway answers it, and when the
server gets the request: never; before the client has that answer; late, after the run has ended; or later still, after its heir is done.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests import judges
from tests.constants import BASE
from tests.faults import contract, invariants, product
from tests.faults.cells import play_all, sampled
from tests.faults.counting import count
from tests.faults.gateway import Fault, Gateway, Passed
from tests.faults.lane import NAME, Cell, Lane
from tests.faults.mishaps import Mishap
from tests.faults.operations import KEY_OPERATIONS, OPERATIONS, Operation
from tests.faults.subjects import KEYS, TOKENS, Subject

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

PLAYED = ("create", "renew", "recreate always", "update", "revoke")
PLAYED_KEYS = ("create", "rotate", "rotate where names are unique", "update", "delete")
SHARE = 0.04  # of the cells, unless FAULTS_SHARE says otherwise
ANSWERS: dict[str, dict[str, Any]] = {
    "200 page": {"status": 200, "body": "page"},
    "200 empty": {"status": 200, "body": "empty"},
    **{str(status): {"status": status} for status in contract.STATUSES},
}
# When the server gets the request, by the Fault's `work`.
WHEN = {"not done": "never", "done": "before", "done late": "later", "done later": "later"}
LATE = ("done late", "done later")
LATEST = 300.0  # seconds: until it is told to, the gateway does no late work
# How many requests the undisturbed operation made when this was written: fewer would mean that some pass by the gateways.
LEAST_REQUESTS = {"file": 4, "vault": 8}


@pytest.mark.parametrize("store", ["file", "vault"])
@pytest.mark.parametrize("name", PLAYED)
def test_any_answer(lanes: list[Lane], name: str, store: str) -> None:
    play_gateway(lanes, TOKENS, name, store, OPERATIONS[name])


@pytest.mark.parametrize("store", ["file", "vault"])
@pytest.mark.parametrize("name", PLAYED_KEYS)
def test_any_answer_about_a_key(lanes: list[Lane], name: str, store: str) -> None:
    play_gateway(lanes, KEYS, f"API key: {name}", store, KEY_OPERATIONS[name])


def play_gateway(lanes: list[Lane], subject: Subject, name: str, store: str, operation: Operation) -> None:
    """Play the cells of one operation, or a sample of them."""
    to_product, to_store = undisturbed(lanes[0].cell(store, True, subject), operation)
    every = [*mishaps("product", to_product), *mishaps("vault", to_store)]
    chosen = sampled(every, f"gateway, {name}, {store}", SHARE)
    failures = play_all(lanes, chosen, lambda lane, mishap: play(lane.cell(store, True, subject), operation, mishap), give_up=len(chosen))
    count(f"gateway: {name}, {store}", {"steps": len(to_product) + len(to_store), "gateway": len(chosen)}, len(every))
    assert not failures, "\n".join([f"{name}, {store}: {len(failures)} of {len(chosen)} cells failed", *summary(failures), *failures[:3]])
    assert len(to_product) + len(to_store) >= LEAST_REQUESTS[store]


def undisturbed(cell: Cell, operation: Operation) -> tuple[list[Passed], list[Passed]]:
    """The requests to Command Center and to the store's server when the operation is left alone."""
    others = somebody_elses(cell)
    operation.prepare(cell)
    cell.disarm()
    outcome = cell.run(operation.options)
    assert cell.front
    to_product, to_store = cell.front.passed, cell.vault.passed
    invariants.check_at_rest(cell, operation, outcome)
    assert outcome.result
    assert outcome.result["actions"] == operation.actions
    assert somebody_elses_now(cell, others) == others
    return to_product, to_store


def mishaps(server: str, passed: list[Passed]) -> Iterator[Mishap]:
    for request in passed:
        for answer, fault in ANSWERS.items():
            for when, work in WHEN.items():
                if when != "not done" and not (can_be_done(request) and contract.may_have_been_done(fault["status"])):
                    # Nothing is done by a read, and by contract nothing was done where such a status is answered.
                    continue
                if when in LATE and not changes_something(request):
                    continue
                path = re.sub("/[0-9]+$", "/ID", request.path.split("?")[0].removeprefix(BASE))
                name = f"{answer} {when}, request {request.number} to the {server}, {request.method} {path}"
                yield Mishap("gateway", name, **{server: (Fault("answer", work, seconds=LATEST, number=request.number, **fault),)})


def can_be_done(request: Passed) -> bool:
    return request.method != "GET"


def changes_something(request: Passed) -> bool:
    """Whether a request changes a token or a record."""
    return can_be_done(request) and not re.search("/Login|/Logout|/WhoAmI|/access-tokens|/auth/", request.path)


def somebody_elses(cell: Cell) -> list[Mapping[str, Any]]:
    """Tokens that no run may touch: of other users with our name and our names of tokens that are being replaced, and of ours with another name."""
    subject = cell.subject
    ids = [subject.create(cell.sim, name, **subject.another_user)["id"] for name in (NAME, f"{NAME}.replaced-1")]
    ids += [subject.create(cell.sim, f"{NAME}2")["id"]]
    return [token for token in subject.every(cell.sim) if token["id"] in ids]


def somebody_elses_now(cell: Cell, others: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    ids = {token["id"] for token in others}
    return [token for token in cell.subject.every(cell.sim) if token["id"] in ids]


def play(cell: Cell, operation: Operation, mishap: Mishap) -> None:
    others = somebody_elses(cell)
    operation.prepare(cell)
    before = cell.stored()
    worked = bool(before and judges.works(cell.sim, before["access_token"]))
    cell.arm(mishap)
    outcome = cell.run(operation.options, mishap)
    front, vault = gateways(cell)
    first = front.passed
    assert any(request.fault for request in (*first, *vault.passed)), "the fault has not struck"
    check_success(cell, operation, outcome.result)
    invariants.check_cell_told_nothing(cell, outcome)

    later = "done later" in mishap.name
    for gateway in (front, vault):
        gateway.begin(keep_late=later)
    document = invariants.check_store_is_whole(cell)
    invariants.check_programs_keep_working(cell, operation, before, worked, document)
    if cell.store == "vault" and product.has_claim(document):
        cell.outlive_lease()
    heal(cell, operation, operation.options)
    if later:
        assert front.release_late() + vault.release_late() == 1, "the late request was not late"
    last = heal(cell, operation, operation.calm_options)
    assert last["actions"] == (["reused"] if operation.leaves_a_token else []) or later, f"the heir's heir still had to work: {last['actions']}"
    contract.check_no_pair_sent_again([*first, *front.passed])
    assert somebody_elses_now(cell, others) == others, "I7: somebody else's token was touched"


def gateways(cell: Cell) -> tuple[Gateway, Gateway]:
    assert cell.front
    return cell.front, cell.vault


def check_success(cell: Cell, operation: Operation, result: Mapping[str, Any] | None) -> None:
    """A run that says that it succeeded has returned a token that works."""
    if result and not result.get("failed") and operation.leaves_a_token:
        assert judges.works(cell.sim, result["token"]["access_token"]), "a run reported success with a token that does not work"


def heal(cell: Cell, operation: Operation, options: dict[str, Any]) -> dict[str, Any]:
    outcome = cell.run(options)
    invariants.check_at_rest(cell, operation, outcome)
    judges.check_no_chain_died(cell.sim)
    assert outcome.result
    return outcome.result


def summary(failures: list[str]) -> list[str]:
    """The failures by request, time of the work, and what they say; with the answers that lead to each."""
    found: dict[tuple[str, str, str], list[str]] = collections.defaultdict(list)
    for failure in failures:
        lines = failure.splitlines()
        name = re.fullmatch(r"gateway: (.*?) (not done|done later?|done), (request .*)", lines[0])
        assert name, lines[0]
        errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)] or lines[-1:]
        # A crash of the product is an assertion that ends in its traceback: the error proper comes last.
        text = f"crash: {errors[-1]}" if "Traceback" in errors[0] else errors[0]
        said = re.sub("[0-9a-f]{8,}|[0-9]{3,}", "…", text)
        found[name[3], name[2], said[:160]].append(name[1])
    return [f"  {len(answers):3}  {request}; {when}: {said}  [{', '.join(answers)}]" for (request, when, said), answers in sorted(found.items())]
