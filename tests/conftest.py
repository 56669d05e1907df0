# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for all tests: a simulator, an OpenBao server, and an environment that says nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.environment import FOREIGN
from tests.openbao import OpenBao
from tests.simulator import Simulator


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what the machine's environment would add to a test."""
    for name in list(os.environ):
        if FOREIGN.fullmatch(name):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    """One simulator for the session (with pytest-xdist: one for each worker)."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(simulator_process: Simulator) -> Simulator:
    """The simulator, as new."""
    simulator_process.reset()
    return simulator_process


@pytest.fixture(scope="session")
def openbao() -> Iterator[OpenBao]:
    """One OpenBao server for the session (with pytest-xdist: one for each worker). Each test has paths of its own there."""
    with OpenBao() as server:
        yield server
