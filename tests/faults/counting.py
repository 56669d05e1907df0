# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fault tests have tried, for the table at the end of their run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

COLUMNS = ("steps", "killed", "line cut", "vault cut", "late", "disk", "gateway")


class Counted(NamedTuple):
    """cells: the steps of an operation, and the cells of each kind that were tried; every: how many cells there are."""

    cells: Mapping[str, int]
    every: int

    @property
    def tried(self) -> int:
        return sum(self.cells.get(column, 0) for column in COLUMNS[1:])


counts: dict[str, Counted] = {}
# A line each, of tests that count other things.
notes: list[str] = []


def count(name: str, cells: Mapping[str, int], every: int) -> None:
    """Remember how many steps an operation has, how many cells of each kind were tried, and how many there are."""
    counts[name] = Counted(cells, every)
