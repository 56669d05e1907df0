# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SaaS front's limit on requests per tenant, off until a test sets the switch.

`rate_limit` is null or `{"writes": 100, "reads": 1000, "seconds": 3600}`; what is left out is unlimited. `headers` says how the 429
tells when to come back: `retry-after` (the default), `x-ratelimit`, `both` or `none`.
"""

from __future__ import annotations

from .answers import Answer, Call, json_answer
from .clock import Clock
from .switches import Switches


class RateLimit:
    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.clock, self.switches = clock, switches
        self.reset()

    def reset(self) -> None:
        self._window = 0.0
        self._counts = {"reads": 0, "writes": 0}

    def check(self, call: Call) -> Answer | None:
        """Count the request; a 429 when there were too many in this window."""
        limit = self.switches["rate_limit"]
        if not limit:
            return None
        now, seconds = self.clock.now(), limit.get("seconds", 3600)
        if not self._window <= now < self._window + seconds:
            self.reset()
            self._window = now
        kind = "reads" if call.method in ("GET", "HEAD") else "writes"
        if kind not in limit or self._counts[kind] < limit[kind]:
            self._counts[kind] += 1
            return None
        answer = json_answer({"errorMessage": "Too many requests", "errorCode": 429}, 429)
        told = limit.get("headers", "retry-after")
        if told in ("retry-after", "both"):
            answer.headers["Retry-After"] = str(max(1, round(self._window + seconds - now)))
        if told in ("x-ratelimit", "both"):
            answer.headers["X-RateLimit-Limit"] = str(limit[kind])
            answer.headers["X-RateLimit-Period"] = str(round(seconds))
        return answer
