# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A place to run cells in, one after the other: a simulator, gateways before it and before OpenBao, and runs that can be killed."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.constants import LEASE
from tests.faults.forks import ForkServer, Outcome, job
from tests.faults.gateway import Gateway
from tests.faults.mishaps import NONE, Mishap
from tests.faults.subjects import TOKENS, Subject
from tests.openbao import MOUNT, OpenBao
from tests.simulator import Simulator

NAME = "exporter"
_numbers = itertools.count(1)


class Lane:
    """Everything that one cell needs at a time, kept for the next."""

    def __init__(self, openbao: OpenBao) -> None:
        self.openbao = openbao
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Lane:
        with contextlib.ExitStack() as stack:
            self.sim = stack.enter_context(Simulator())
            self.front = stack.enter_context(Gateway(self.sim.url, self.sim.ca_path))
            self.vault = stack.enter_context(Gateway(self.openbao.url))
            self.forks = stack.enter_context(ForkServer())
            # For a run that goes on while others come and go.
            self.beside = stack.enter_context(ForkServer())
            self.folder = tempfile.mkdtemp(prefix="faults-")
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.role = self.openbao.approle()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def cell(self, store: str, through_gateway: bool = False, subject: Subject = TOKENS) -> Cell:
        """A new beginning: a simulator as new, and a store that holds nothing. through_gateway: the product, too, is reached through one."""
        self.sim.reset()
        for gateway in (self.front, self.vault):
            gateway.begin()
            gateway.reset_clock()
        return Cell(self, store, through_gateway, subject)


class Cell:
    """One case of a matrix: a credential of one name and its store; see subjects.py for how it is shown."""

    def __init__(self, lane: Lane, store: str, through_gateway: bool = False, subject: Subject = TOKENS) -> None:
        self.subject = subject
        self.lane, self.sim, self.vault, self.store = lane, lane.sim, lane.vault, store
        self.front = lane.front if through_gateway else None
        self.id = next(_numbers)
        self.folder = Path(lane.folder) / f"cell-{self.id}-{os.getpid()}"
        self.path = f"tokens/cell-{self.id}-{os.getpid()}"
        self.file = self.folder / "token.json"
        self.mount = MOUNT
        self.vault_url = self.vault.url
        self.vault_login: dict[str, str] = lane.role._asdict()
        if store == "file":
            self.folder.mkdir(mode=0o700)
        # Every document that a run has put in place, or was about to.
        self.written: list[Any] = []
        # Secrets that programs use although the store does not hold them.
        self.secrets_in_use: list[str] = []

    # Runs

    def params(self, **options: Any) -> dict[str, Any]:
        address = self.subject.address(self.front) if self.front else {}
        return {**self.subject.login(self.sim), **address, "name": NAME, "store": self.store_options(), **options}

    def store_options(self) -> dict[str, Any]:
        if self.store == "file":
            return {"file": str(self.file), "lock_timeout": 0}
        return {"vault": {"url": self.vault_url, "mount": self.mount, "path": self.path, **self.vault_login}, "lock_timeout": 0}

    def run(self, options: dict[str, Any] | None = None, mishap: Mishap = NONE, **more: Any) -> Outcome:
        """One run of the module; more: as of forks.job."""
        self.start(options, mishap, **more)
        return self.wait()

    def start(self, options: dict[str, Any] | None = None, mishap: Mishap = NONE, **more: Any) -> None:
        """Begin a run; `wait` is to follow. Of the mishap, what happens in its process: `arm` lays the rest."""
        self.start_with(self.params(**(options or {})), mishap, **more)

    def start_with(self, params: dict[str, Any], mishap: Mishap = NONE, **more: Any) -> None:
        watch = {"folder": str(self.folder), "vault": self.vault.host, **mishap.watch}
        self.lane.forks.start(job(params, **{"module": self.subject.module, **more}, watch=watch))

    def wait(self) -> Outcome:
        (outcome,) = self.lane.forks.wait()
        self.written += [self.subject.translated(json.loads(entry["content"])) for entry in outcome.trace if entry["label"].startswith("replace ")]
        return outcome._replace(result=self.subject.outcome(outcome.result))

    def arm(self, mishap: Mishap) -> None:
        """Lay the faults of servers and lines."""
        mishap.arm(self.sim, self.vault, self.front)

    def disarm(self) -> None:
        self.arm(NONE)

    def outlive_lease(self) -> None:
        """Let a claim grow so old that its owner counts as dead, by the clocks of both servers; a file's lock needs no such wait."""
        if self.store == "vault":
            self.sim.advance(LEASE + 2)
            self.vault.advance(LEASE + 2)

    # What there is

    def stored(self) -> dict[str, Any] | None:
        """The record, read past the product; it is whole, and nobody else's."""
        document = self._stored()
        return None if document is None else self.subject.translated(document)

    def _stored(self) -> dict[str, Any] | None:
        if self.store == "vault":
            return self.lane.openbao.read(self.path, self.mount)[0]
        try:
            found = os.lstat(self.file)
        except FileNotFoundError:
            return None
        assert stat.S_ISREG(found.st_mode), "the record is no regular file"
        assert stat.S_IMODE(found.st_mode) == 0o600, f"the record has mode {stat.S_IMODE(found.st_mode):04o}"
        return dict(json.loads(self.file.read_text(encoding="utf-8")))

    def tokens(self) -> list[dict[str, Any]]:
        """Every token of ours that ever was of this name, of the names that it gets while it is replaced too."""
        every = [token for token in self.subject.every(self.sim) if token["user_id"] == self.subject.owner]
        return [token for token in every if token["name"] in (NAME, f"{NAME}.replaced-{token['id']}")]

    def live(self) -> list[dict[str, Any]]:
        return [token for token in self.tokens() if token["alive"]]
