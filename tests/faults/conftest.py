# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lanes to run in, and a table of what was tried."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.counting import COLUMNS, counts, notes
from tests.faults.gateway import Gateway
from tests.faults.lane import Lane
from tests.openbao import OpenBao
from tests.stores import FileStore, Store, VaultStore

LANES = 2


@pytest.fixture(scope="session")
def lanes(openbao: OpenBao) -> Iterator[list[Lane]]:
    """Lanes for cells that are played at the same time."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Lane(openbao)) for _number in range(LANES)]


@pytest.fixture
def lane(lanes: list[Lane]) -> Lane:
    return lanes[0]


@pytest.fixture
def gateway(openbao: OpenBao) -> Iterator[Gateway]:
    """The way to OpenBao, with a clock that tests move."""
    with Gateway(openbao.url) as gateway:
        yield gateway


@pytest.fixture(params=["file", "vault"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store of either kind; that in OpenBao is reached through the gateway."""
    if request.param == "file":
        return FileStore(tmp_path / "tokens")
    return VaultStore(request.getfixturevalue("openbao"), request.getfixturevalue("gateway").url)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if notes:
        terminalreporter.section("many runs at once, and stories")
        for note in notes:
            terminalreporter.write_line(note)
    if not counts:
        return
    width = max(map(len, counts))
    terminalreporter.section("matrices: effects of the undisturbed run, and cells played")
    terminalreporter.write_line(" ".join([" " * width, *(f"{column:>9}" for column in COLUMNS)]))
    for name, counted in counts.items():
        terminalreporter.write_line(" ".join([f"{name:{width}}", *(f"{counted.cells.get(column, 0):9}" for column in COLUMNS)]))
    terminalreporter.write_line(f"{sum(one.tried for one in counts.values())} of {sum(one.every for one in counts.values())} cells")
