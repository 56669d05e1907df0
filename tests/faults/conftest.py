# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Places to run in, and a table of what was tried."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.counting import COLUMNS, counts, notes
from tests.faults.lane import Lane
from tests.openbao import OpenBao

LANES = 2


@pytest.fixture(scope="session")
def lanes(openbao: OpenBao) -> Iterator[list[Lane]]:
    """Places for cells that run at the same time."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Lane(openbao)) for _number in range(LANES)]


@pytest.fixture
def lane(lanes: list[Lane]) -> Lane:
    return lanes[0]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if notes:
        terminalreporter.section("many runs at once, and stories")
        for note in notes:
            terminalreporter.write_line(note)
    if not counts:
        return
    width = max(map(len, counts))
    terminalreporter.section("crash matrix: effects of the undisturbed run, and cells tried")
    terminalreporter.write_line(" ".join([" " * width, *(f"{column:>9}" for column in COLUMNS)]))
    for name, cells in counts.items():
        terminalreporter.write_line(" ".join([f"{name:{width}}", *(f"{cells.get(column, 0):9}" for column in COLUMNS)]))
    tried = sum(cells.get(column, 0) for cells in counts.values() for column in COLUMNS[1:])
    terminalreporter.write_line(f"{tried} cells")
