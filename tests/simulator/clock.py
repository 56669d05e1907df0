# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated clock: real time plus what the tests added, or frozen."""

from __future__ import annotations

import time
from email.utils import formatdate


class Clock:
    """Every time the simulator writes or compares comes from here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None
        self._dates = 0

    def now(self) -> float:
        """Simulated time in epoch seconds."""
        real = time.time() if self._frozen is None else self._frozen
        return real + self._offset

    def advance(self, seconds: float) -> float:
        """Move the clock (backwards too) and return the new time."""
        self._offset += seconds
        return self.now()

    def freeze(self, frozen: bool) -> None:
        """Stop the clock where it is; `advance` still moves it."""
        if frozen == (self._frozen is not None):
            return
        now = self.now()
        self._frozen = now if frozen else None
        self._offset = 0.0 if frozen else now - time.time()

    def http_date(self, offset: float | list[float] = 0) -> str:
        """The value of the HTTP Date header. A list has the offsets of several web nodes, which answer in turn."""
        if isinstance(offset, list):
            offset = offset[self._dates % len(offset)]
            self._dates += 1
        return formatdate(self.now() + offset, usegmt=True)

    def first_node(self) -> None:
        """Let the first web node of a list give the next Date."""
        self._dates = 0
