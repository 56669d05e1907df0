# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts bad logins and locks accounts, as both products do."""

from __future__ import annotations

from collections.abc import Hashable


class Lockout:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._failures: dict[Hashable, int] = {}
        self._until: dict[Hashable, float] = {}

    def remaining(self, account: Hashable, now: float) -> int:
        """Seconds until the account opens again, 0 when it is open."""
        until = self._until.get(account, 0.0)
        if now >= until:
            return 0
        return max(1, int(until - now))

    def failed(self, account: Hashable, now: float, attempts: int, seconds: float) -> None:
        """Count a bad login; the `attempts`-th one locks the account (0: never)."""
        self._failures[account] = self._failures.get(account, 0) + 1
        if attempts and self._failures[account] >= attempts:
            self._until[account] = now + seconds
            self._failures[account] = 0

    def succeeded(self, account: Hashable) -> None:
        self._failures.pop(account, None)
