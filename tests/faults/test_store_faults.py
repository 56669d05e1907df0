# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores that fail, from the start or half-way through an operation: a run says what to do, and a later one settles what it left.

Half-way means: after the claim was written and while Command Center has the request, so that its response cannot be stored.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import judges
from tests.faults import invariants
from tests.faults.forks import Outcome
from tests.faults.lane import Cell, Lane
from tests.faults.operations import OPERATIONS, Operation

pytestmark = pytest.mark.slow

# What Command Center is at work on when the store fails.
HALF_WAY = {
    "create": "V4/AccessToken$",
    "create after a killed creation": "V4/AccessToken$",
    "renew": "V4/AccessToken/Renew$",
    "recreate always": "V4/AccessToken$",
    "recreate after a killed renewal": "V4/AccessToken$",
    "recreate somebody else's": "V4/AccessToken$",
    "recreate after a revocation": "V4/AccessToken$",
}
half_way = pytest.mark.parametrize("operation", [OPERATIONS[name] for name in HALF_WAY], ids=list(HALF_WAY))


def refused(cell: Cell, outcome: Outcome, *words: str) -> None:
    """The run failed with one sentence or two, which hold these words, and no secret."""
    assert outcome.result
    assert outcome.result["failed"]
    message = outcome.result["msg"]
    assert "\n" not in message
    assert len(message) < 700
    for word in words:
        assert word in message
    invariants.check_cell_told_nothing(cell, outcome)


def untouched(cell: Cell) -> None:
    """Nothing on the server was changed since its requests were cleared."""
    assert not [request for request in cell.sim.requests("V4/AccessToken") if request["method"] != "GET"]


def settled(cell: Cell, operation: Operation) -> dict[str, Any]:
    """The next run succeeds, and the one after it has nothing to do."""
    outcome = cell.run(operation.options)
    invariants.check_at_rest(cell, operation, outcome)
    invariants.check_no_pair_sent_twice(cell)
    last = cell.run({key: value for key, value in operation.options.items() if key != "recreate"})
    invariants.check_at_rest(cell, operation, last)
    assert last.result
    assert last.result["actions"] == ["reused"]
    assert outcome.result
    return outcome.result


class Struck(NamedTuple):
    """How a run ended whose store failed, and how things were before it."""

    outcome: Outcome
    before: dict[str, Any] | None
    existed: set[int]
    worked: bool


def strike_half_way(cell: Cell, operation: Operation, strike: Callable[[], object], **more: Any) -> Struck:
    """Let the store fail while Command Center works."""
    operation.prepare(cell)
    before = cell.stored()
    existed = {token["id"] for token in cell.tokens()}
    worked = bool(before and before.get("access_token") and judges.works(cell.sim, before["access_token"]))
    cell.sim.fault("gate", method="POST", path=next(path for name, path in HALF_WAY.items() if OPERATIONS[name] is operation), name="half-way")
    cell.start(operation.options, **more)
    cell.sim.wait_for("half-way")
    strike()
    cell.sim.open_gate("half-way")
    return Struck(cell.wait(), before, existed, worked)


def judge(cell: Cell, operation: Operation, struck: Struck) -> None:
    """What the failed run has left, once the store can be read again."""
    _ended, before, existed, worked = struck
    document = invariants.check_store_is_whole(cell)
    invariants.check_programs_keep_working(cell, operation, before, worked, document)
    invariants.check_agreement(cell, before, existed, document)


class TestFolderWithoutPermission:
    def test_from_the_start(self, lane: Lane) -> None:
        cell = lane.cell("file")
        cell.folder.chmod(0o500)
        refused(cell, cell.run(unprivileged=True), str(cell.file), "Permission denied", "chmod u+rwx")
        assert cell.sim.requests() == []
        cell.folder.chmod(0o700)
        settled(cell, OPERATIONS["create"])

    @pytest.mark.parametrize("state", ["renewed", "absent"])
    def test_of_an_old_record(self, lane: Lane, state: str) -> None:
        cell = lane.cell("file")
        OPERATIONS["renew"].prepare(cell)
        cell.sim.clear_requests()
        cell.folder.chmod(0o500)
        refused(cell, cell.run({"state": state}, unprivileged=True), str(cell.file), "Permission denied", "chmod u+rwx")
        untouched(cell)
        cell.folder.chmod(0o700)
        assert settled(cell, OPERATIONS["renew"])["actions"] == ["renewed"]

    def test_a_good_token_can_be_read(self, lane: Lane) -> None:
        """Who only reads needs nothing but the lock, which is there from before."""
        cell = lane.cell("file")
        OPERATIONS["update"].prepare(cell)
        cell.folder.chmod(0o500)
        outcome = cell.run(unprivileged=True)
        assert outcome.result
        assert outcome.result["actions"] == ["reused"]
        assert outcome.warnings == []

    @half_way
    def test_half_way(self, lane: Lane, operation: Operation) -> None:
        cell = lane.cell("file")
        struck = strike_half_way(cell, operation, lambda: cell.folder.chmod(0o500), unprivileged=True)
        refused(cell, struck.outcome, str(cell.file), "Permission denied", "chmod u+rwx", "was not stored")
        judge(cell, operation, struck)
        cell.folder.chmod(0o700)
        settled(cell, operation)


class TestFullDisk:
    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[Path]:
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(disk)]
        if subprocess.run(mount, check=False, timeout=10, capture_output=True).returncode:
            pytest.skip("a small file system needs root, and leave to mount: the crash matrix fails each call with ENOSPC instead")
        yield disk
        subprocess.run(["umount", "--lazy", str(disk)], check=True, timeout=10)

    @half_way
    def test_half_way(self, lane: Lane, disk: Path, operation: Operation) -> None:
        """The space for the answer was set aside before the server was asked, so nothing is lost."""
        cell = lane.cell("file")
        cell.folder, cell.file = disk / "tokens", disk / "tokens" / "token.json"
        cell.folder.mkdir(mode=0o700)
        struck = strike_half_way(cell, operation, lambda: fill(disk))
        assert struck.outcome.warnings == []
        invariants.check_at_rest(cell, operation, struck.outcome)
        settled(cell, operation._replace(options={}))

    def test_before_the_claim(self, lane: Lane, disk: Path) -> None:
        cell = lane.cell("file")
        cell.folder, cell.file = disk / "tokens", disk / "tokens" / "token.json"
        cell.folder.mkdir(mode=0o700)
        OPERATIONS["renew"].prepare(cell)
        before = cell.stored()
        fill(disk)
        refused(cell, cell.run(), str(cell.file), "No space left on device", "make room")
        assert cell.stored() == before
        assert cell.sim.requests("/Renew$") == []
        (disk / "ballast").unlink()
        assert settled(cell, OPERATIONS["renew"])["actions"] == ["renewed"]


def fill(disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 4096)


class TestVault:
    @half_way
    def test_sealed_half_way(self, lane: Lane, operation: Operation) -> None:
        cell = lane.cell("vault")
        try:
            struck = strike_half_way(cell, operation, lane.openbao.seal)
        finally:
            lane.openbao.unseal()
        refused(cell, struck.outcome, cell.path, "unseal it first", "was not stored")
        judge(cell, operation, struck)
        cell.outlive_lease()
        settled(cell, operation)

    @half_way
    def test_token_revoked_half_way(self, lane: Lane, operation: Operation) -> None:
        cell = lane.cell("vault")
        token = lane.openbao.token_for(lane.openbao.policy("*"))
        cell.vault_login = {"token": token}
        struck = strike_half_way(cell, operation, lambda: lane.openbao.call("POST", "auth/token/revoke", {"token": token}))
        refused(cell, struck.outcome, cell.path, "permission denied", "the token must be valid", "was not stored")
        assert token not in str(struck.outcome)
        judge(cell, operation, struck)
        cell.vault_login = lane.role._asdict()
        cell.outlive_lease()
        settled(cell, operation)

    @half_way
    def test_engine_gone_half_way(self, lane: Lane, operation: Operation) -> None:
        cell = lane.cell("vault")
        cell.mount = lane.openbao.mount(f"engine-{cell.id}")
        cell.vault_login = {"token": lane.openbao.token_for(lane.openbao.policy("*", mount=cell.mount))}
        struck = strike_half_way(cell, operation, lambda: lane.openbao.call("DELETE", f"sys/mounts/{cell.mount}"))
        refused(cell, struck.outcome, cell.path, "was not stored")
        # All records are gone with it, which no run can know: a token of that name, if one lives, is nobody's.
        lane.openbao.mount(cell.mount)
        assert cell.stored() is None
        settled(cell, operation._replace(options={"recreate": "state_change"}))

    @half_way
    def test_record_destroyed_half_way(self, lane: Lane, operation: Operation) -> None:
        """The numbers of the versions begin anew, so nothing that the run knows is true any more."""
        cell = lane.cell("vault")
        struck = strike_half_way(cell, operation, lambda: lane.openbao.delete(cell.path))
        refused(cell, struck.outcome, cell.path)
        settled(cell, operation._replace(options={"recreate": "state_change"}))

    def test_nobody_there(self, lane: Lane) -> None:
        cell = lane.cell("vault")
        cell.vault_url = cell.sim.refused_url
        refused(cell, cell.run(), cell.path, "Connection refused", "store.vault.url")
        assert cell.sim.requests() == []

    def test_unknown_ca(self, lane: Lane) -> None:
        cell = lane.cell("vault")
        cell.vault_url = lane.openbao.tls_url
        refused(cell, cell.run(), cell.path, "certificate verify failed", "store.vault.ca_path")
        assert cell.sim.requests() == []

    def test_without_its_library(self, lane: Lane) -> None:
        cell = lane.cell("vault")
        refused(cell, cell.run(without_hvac=True), "hvac", "pip install hvac")
        assert cell.sim.requests() == []

    def test_over_plain_http_to_another_host(self, lane: Lane) -> None:
        cell = lane.cell("vault")
        cell.vault_url = "http://vault.example"
        refused(cell, cell.run(), "unencrypted", "use https")
        assert cell.sim.requests() == []
