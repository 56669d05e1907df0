# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What varies between servers or is not documented, as switches with defaults."""

from __future__ import annotations

from typing import Any

from .cohesity_switches import COHESITY
from .commandcenter_switches import COMMANDCENTER
from .switch_values import ABSENT, BOOL, DAY, Table, offsets

__all__ = ["ABSENT", "DAY", "SWITCHES", "Switches"]

COMMON: Table = {
    "clock_frozen": (False, BOOL),
    "client_address": ("", None),
    "date_header": (True, BOOL),
    "date_offset": (0, offsets),
}
SWITCHES: Table = {**COMMON, **COHESITY, **COMMANDCENTER}


class Switches:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.values = {name: default for name, (default, _choices) in SWITCHES.items()}

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def set(self, changes: dict[str, Any]) -> None:
        """Set all of `changes`, or none when one of them is wrong (ValueError)."""
        for name, value in changes.items():
            if name not in SWITCHES:
                raise ValueError(f"no such switch: {name}")
            default, choices = SWITCHES[name]
            if isinstance(choices, tuple) and value not in choices:
                raise ValueError(f"{name} must be one of {list(choices)}, not {value!r}")
            if callable(choices) and not choices(value):
                raise ValueError(f"{name}: {(choices.__doc__ or '').strip()} Not {value!r}")
            if choices is None and not _like(default, value):
                raise ValueError(f"{name} must be like {default!r}, not {value!r}")
        self.values.update(changes)


def _like(default: Any, value: Any) -> bool:
    if isinstance(default, int):
        return isinstance(value, (int, float)) and value >= 0
    return isinstance(value, str)
