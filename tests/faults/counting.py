# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fault tests have tried."""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS = ("steps", "killed", "line cut", "vault cut", "late", "disk")
counts: dict[str, Mapping[str, int]] = {}
# A line each, of tests that count other things.
notes: list[str] = []


def count(name: str, cells: Mapping[str, int]) -> None:
    """Remember how many steps an operation has, and how many cells of each kind were tried."""
    counts[name] = cells
