# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of every request, in order of arrival."""

from __future__ import annotations

import re
import time
from typing import Any

from .answers import Call


class Recorder:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._number = 0

    def add(self, call: Call, raw_path: str, connection: int, at: float) -> dict[str, Any]:
        """Record an arrival; the caller fills `status` and `done` in when they are known."""
        self._number += 1
        entry = {
            "number": self._number,
            "method": call.method,
            "path": call.path,
            "raw_path": raw_path,
            "query": call.query,
            "headers": call.headers,
            "body": call.body,
            "status": None,
            "done": False,
            "connection": connection,
            "at": at,
            "monotonic": time.monotonic(),
        }
        self.entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget the requests, but keep counting."""
        self.entries = []

    def select(self, path: str | None = None, method: str | None = None) -> list[dict[str, Any]]:
        """The requests whose path has a match for the regex `path` (any case) and whose method is `method`."""
        pattern = re.compile(path or "", re.IGNORECASE)
        return [entry for entry in self.entries if pattern.search(entry["path"]) and (method is None or entry["method"] == method.upper())]
