# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's clock, as the Date headers of its responses tell it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping

from .._time import from_http_date


class ServerClock:
    """The time of one server: this machine's as long as no response has told it."""

    def __init__(self) -> None:
        self._read: tuple[float, float] | None = None

    @property
    def is_known(self) -> bool:
        """Whether the server has told its time."""
        return self._read is not None

    def read(self, headers: Mapping[str, str]) -> None:
        """Take the time of a response that has just arrived; one without a Date, or with one that is no time, says nothing."""
        with contextlib.suppress(KeyError, ValueError):
            self._read = (from_http_date(headers["Date"]), time.monotonic())

    def now(self) -> float:
        """Epoch seconds."""
        if self._read is None:
            return time.time()
        server, local = self._read
        return server + (time.monotonic() - local)
