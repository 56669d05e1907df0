# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The invariants I1 to I5, asserted from what the simulator recorded and what the store holds; never from what our own code says.

I1  a pair that may already have been sent to Renew is never sent again.
I2  at rest there is at most one live token of the name, and the store holds its newest secret.
I4  the token that programs hold keeps working until its successor is stored.
I5  a write of the store is whole or not at all, for its owner's eyes only.

(I3, that two runs never renew at once, has tests of its own in test_two_at_once.py.)
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from tests import judges
from tests.faults import product
from tests.faults.forks import Outcome
from tests.faults.lane import NAME, Cell
from tests.faults.operations import Operation
from tests.faults.subjects import KEYS, TOKENS
from tests.simulator import Simulator

Record = dict[str, Any] | None
REFUSED = (401, 403, 429)


def check_no_pair_sent_twice(cell: Cell) -> None:
    """I1. Only what was refused before it was looked at may be sent again; nobody's chain has died."""
    sent: dict[str, dict[str, Any]] = {}
    for request in cell.sim.requests("/Renew$", "POST"):
        for secret in request["body"].values():
            earlier = sent.get(secret)
            assert earlier is None or earlier["status"] in REFUSED, f"request {request['number']} sends the pair of request {earlier['number']} again"
        sent.update(dict.fromkeys(request["body"].values(), request))
    judges.check_no_chain_died(cell.sim)


def check_store_is_whole(cell: Cell) -> Record:
    """I5, at any moment: what stands in the store is what stood there before or one of the documents written since, to the last byte."""
    document = cell.stored()
    if cell.store == "file":
        check_private(cell.folder)
        assert document in (None, *cell.written), "the record is neither the old one nor a new one"
    if document is not None and document.get("access_token"):
        pair = [document["access_token"], document["refresh_token"]]
        known = [old for token in cell.tokens() for old in ([token["access_token"], token["refresh_token"]], *token["chain"])]
        assert pair in known, "the record holds a pair that the server never gave out"
    return document


def check_private(folder: Path) -> None:
    """I5: what stands in a folder of records are regular files, for their owner's eyes only."""
    for path in folder.iterdir():
        found = path.lstat()
        assert stat.S_ISREG(found.st_mode), f"{path.name} is no regular file"
        assert not found.st_mode & 0o077, f"{path.name} has mode {stat.S_IMODE(found.st_mode):04o}"


def check_written_in_order(trace: list[str]) -> None:
    """I5, against a loss of power: a file is synchronised before it is put in place, its folder before the server is asked for anything."""
    for number, label in enumerate(trace):
        if label.startswith("replace "):
            assert trace[number - 1].startswith("fsync .token"), trace[: number + 1]
            assert trace[number + 1] == "fsync .", trace[number:]


def check_programs_keep_working(cell: Cell, operation: Operation, before: Record, worked: bool, document: Record) -> None:
    """I4, at any moment: what a program last read from the store works, unless a renewal has rotated it."""
    if not operation.leaves_a_token:
        return
    held = (before or {}).get("access_token")
    stored = (document or {}).get("access_token")
    assert stored or not held, "the record has lost its secret"
    if stored and not judges.works(cell.sim, stored):
        rotated = any(stored == access for token in cell.tokens() for access, _refresh in token["chain"])
        assert rotated or (stored == held and not worked), "the secret in the store has stopped working"
    if not stored:
        assert all(judges.works(cell.sim, secret) for secret in cell.secrets_in_use), "a secret in use has stopped working before its successor was stored"


def check_agreement(cell: Cell, before: Record, existed: set[int], document: Record) -> None:
    """At any moment, what the store says is so; or it says that this may not be so, and the next run settles it.

    before, existed: the record and the ids of the tokens before the run.
    """
    document = document or None
    marked = product.is_unsettled(document)
    if marked or document == before:
        created = [token for token in cell.live() if token["id"] not in existed]
        assert marked or not created, "a token has come into being that the record knows nothing of"
        return
    current = [token["id"] for token in cell.live() if document and token["access_token"] == document["access_token"]]
    named = [token["id"] for token in cell.live() if token["name"] == NAME]
    assert current == named, f"the record is of {current}, and {named} live under its name"


def check_at_rest(cell: Cell, operation: Operation, outcome: Outcome) -> None:
    """I2, after a run that succeeded; and the result says what the store says."""
    assert not outcome.killed
    assert outcome.result is not None
    assert not outcome.failed, outcome.message
    document, live = cell.stored(), cell.live()
    if cell.store == "file":
        expected = {"token.json.lock"} | ({"token.json"} if operation.leaves_a_token else set())
        found = set(os.listdir(cell.folder))
        if not outcome.result["changed"]:
            # Only who writes clears up what could not be removed before. It was set aside, and holds nothing.
            found = {name for name in found if not (name.endswith(".new") and not any((cell.folder / name).read_bytes()))}
        assert found == expected
    if not operation.leaves_a_token:
        assert not document
        assert live == []
        return
    judges.check_one_token(cell.sim, live, document, NAME, outcome.result["token"])


def secrets_of_all_tokens(sim: Simulator) -> set[str]:
    """Every secret of a named credential that the simulator ever gave out."""
    tokens = [token for subject in (TOKENS, KEYS) for token in subject.every(sim)]
    pairs = [pair for token in tokens for pair in (judges.secrets_of(token), *token["chain"])]
    return {secret for pair in pairs for secret in pair if secret}


def check_nothing_told(sim: Simulator, outcome: Outcome, *more: str) -> None:
    """What people see of a run (its error, its warnings, its diff) holds no secret of a named credential, and none of these."""
    told = json.dumps([outcome.message, outcome.warnings, (outcome.result or {}).get("diff")])
    found = [secret for secret in secrets_of_all_tokens(sim) | set(more) if secret in told]
    assert not found, f"{len(found)} secrets are told in: {told}"


def check_cell_told_nothing(cell: Cell, outcome: Outcome) -> None:
    """The same, with the secrets of the store's server."""
    check_nothing_told(cell.sim, outcome, cell.lane.role.secret_id, cell.lane.openbao.token)
