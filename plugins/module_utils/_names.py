# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether two names are one to a server, which may trim names, fold their case or cut them off."""

from __future__ import annotations

# A server that cuts names off leaves at least this much of them.
_SHORTEST_CUT_NAME = 8  # characters


def is_same_name(wanted: str | None, found: str | None) -> bool:
    """Whether the two are one name for a server that trims names or folds their case."""
    return wanted == found or (wanted is not None and found is not None and wanted.strip().casefold() == found.strip().casefold())


def is_how_it_is_written(wanted: str | None, found: str | None) -> bool:
    """Whether a server may have made the one name of the other; some also cut names off."""
    if is_same_name(wanted, found):
        return True
    cut = (found or "").strip().casefold()
    return len(cut) >= _SHORTEST_CUT_NAME and (wanted or "").strip().casefold().startswith(cut)
