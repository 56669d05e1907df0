# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a switch may be: checks, whose docstrings say what they want."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DAY = 86400
ABSENT = "absent"
FORMS = ("bearer", "authtoken", "authtoken_bearer", "none")
BOOL = (True, False)

# name: (default, what it may be): a tuple of choices, a check, or None for "any value of the default's type".
Table = dict[str, tuple[Any, tuple[Any, ...] | Callable[[Any], bool] | None]]


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def privileges(value: Any) -> bool:
    """A list, null, or "absent"."""
    return value is None or value == ABSENT or isinstance(value, list)


def limits(value: Any) -> bool:
    """Null, or numbers under reads, writes and seconds, and headers: retry-after, x-ratelimit, both or none."""
    if value is None:
        return True
    if not isinstance(value, dict) or not value.keys() <= {"reads", "writes", "seconds", "headers"}:
        return False
    return value.get("headers", "both") in ("retry-after", "x-ratelimit", "both", "none")


def offset(value: Any) -> bool:
    """A number of seconds, which may be negative."""
    return is_number(value)


def offsets(value: Any) -> bool:
    """A number of seconds, or a list of them, one for each web node."""
    return is_number(value) or (isinstance(value, list) and bool(value) and all(map(is_number, value)))


def status_or_style(value: Any) -> bool:
    """The word style, or an HTTP status."""
    return value == "style" or (isinstance(value, int) and 200 <= value <= 599)


def forms(value: Any) -> bool:
    """The word any, one of bearer, authtoken, authtoken_bearer and none, or a list of these."""
    chosen = value if isinstance(value, list) else [value]
    return value == "any" or all(form in FORMS for form in chosen)
