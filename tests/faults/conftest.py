# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints what the fault tests have tried."""

from __future__ import annotations

from typing import Any

from tests.faults.counting import COLUMNS, counts


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not counts:
        return
    width = max(map(len, counts))
    terminalreporter.section("crash matrix: effects of the undisturbed run, and cells tried")
    terminalreporter.write_line(" ".join([" " * width, *(f"{column:>9}" for column in COLUMNS)]))
    for name, cells in counts.items():
        terminalreporter.write_line(" ".join([f"{name:{width}}", *(f"{cells.get(column, 0):9}" for column in COLUMNS)]))
    tried = sum(cells.get(column, 0) for cells in counts.values() for column in COLUMNS[1:])
    terminalreporter.write_line(f"{tried} cells")
