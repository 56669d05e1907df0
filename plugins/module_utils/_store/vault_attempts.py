# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one call to Vault failed, and how often it is repeated."""

from __future__ import annotations

import time
from collections.abc import Callable

from .errors import StoreError

_LONGEST_PAUSE = 5.0


class Failure(StoreError):
    """One call did not end as it should.

    final: the next attempt would end in the same way. pause: seconds that the server asks to wait. mismatch: check-and-set refused the write.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        *,
        maybe_applied: bool = False,
        final: bool = False,
        pause: float | None = None,
        mismatch: bool = False,
    ) -> None:
        super().__init__(message, status, maybe_applied=maybe_applied)
        self.final = final
        self.pause = pause
        self.mismatch = mismatch


class Attempts:
    """How often a call is repeated: a number of times, or until a moment of time.monotonic(). The pauses between them grow."""

    def __init__(self, count: int, until: float | None, warn: Callable[[str], None]) -> None:
        self._count = count
        self._until = until
        self._warn = warn
        self._done = 0

    def wait(self, failure: Failure) -> bool:
        """Wait before the next attempt; False when none is left."""
        self._done += 1
        pause = min(0.25 * 2 ** min(self._done, 10), _LONGEST_PAUSE)
        if self._until is None:
            pause = pause if failure.pause is None else failure.pause
            if self._done >= self._count or pause > _LONGEST_PAUSE:
                return False
            self._warn(f"{failure.message}; attempt {self._done + 1} of {self._count} follows")
        else:
            left = self._until - time.monotonic()
            if left <= 0:
                return False
            pause = min(max(pause, failure.pause or 0), left)
            if self._done == 1:
                self._warn(f"{failure.message}; this is repeated for up to {left:.0f} s")
        time.sleep(pause)
        return True
