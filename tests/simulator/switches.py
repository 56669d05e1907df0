# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What varies between servers or is not documented, as switches with defaults.

A tuple of choices limits a switch, a function checks it, and `None` means "any
value of the default's type" (numbers may have a fraction).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DAY = 86400
ABSENT = "absent"


def _privileges(value: Any) -> bool:
    """A list, null, or "absent"."""
    return value is None or value == ABSENT or isinstance(value, list)


def _limits(value: Any) -> bool:
    """Null, or numbers under reads, writes and seconds."""
    return value is None or (isinstance(value, dict) and value.keys() <= {"reads", "writes", "seconds"})


# name: (default, what it may be)
SWITCHES: dict[str, tuple[Any, tuple[Any, ...] | Callable[[Any], bool] | None]] = {
    "clock_frozen": (False, (True, False)),
    "client_address": ("", None),
    # Cohesity
    "cohesity_status": (201, (200, 201)),
    "cohesity_lifetime": (DAY, None),
    "cohesity_expiry_text": (1, (1, 2, 3)),
    "cohesity_privileges": (["CLUSTER_VIEW", "PROTECTION_VIEW"], _privileges),
    "cohesity_session_management": (False, (True, False)),
    "cohesity_session_lifetime": (DAY, None),
    "cohesity_lockout_attempts": (5, None),
    "cohesity_lockout_seconds": (1800, None),
    # Command Center: the server
    "commandcenter_version": ("11.42", None),
    "commandcenter_error_style": ("http200", ("http200", "http200 nested", "http200 flat", "http400")),
    "commandcenter_webconsole": ("serve", ("serve", "redirect")),
    "commandcenter_firewall": ("saas", ("saas", "always", "never")),
    "rate_limit": (None, _limits),
    # Command Center: the login
    "commandcenter_login_shape": ("classic", ("classic", "saas")),
    "commandcenter_login_lifetime": (1800, None),
    "commandcenter_logout_gone": (False, (True, False)),
    "commandcenter_whoami": ("json", ("json", "xml")),
    "commandcenter_lockout_attempts": (5, None),
    "commandcenter_lockout_seconds": (900, None),
    # Command Center: the tokens
    "commandcenter_access_lifetime": (1800, None),
    "commandcenter_refresh_window": (14 * DAY, None),
    "commandcenter_type_style": ("int", ("int", "name")),
    "commandcenter_default_type": (2, (0, 2)),
    "commandcenter_forever": (0, (0, -1, 2147483647, ABSENT)),
    "commandcenter_unknown_id": ("200-error", ("200-error", "404")),
    "commandcenter_names": ("user", ("user", "global")),
    "commandcenter_renew_auth": ("any", ("any", "bearer", "none")),
    "commandcenter_renew_error": ("style", ("style", "450")),
    "commandcenter_list_all": ("own", ("own", "all")),
    "commandcenter_list_allowed_ips": (False, (True, False)),
    "commandcenter_list_expiry_offset": (0, None),
}


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
