# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server makes of a token's name, by the switches."""

from __future__ import annotations

from typing import Any

from .refusal import RefusedError
from .switches import Switches
from .tokenfields import INVALID


def server_name(name: Any, switches: Switches) -> str:
    """The name as it will be kept. RefusedError where there is none, or where it is too long."""
    if not isinstance(name, str) or not name.strip():
        raise RefusedError("Token name is required", INVALID)
    kept = name.strip() if switches["commandcenter_name_spaces"] == "trim" else name
    if switches["commandcenter_name_case"] == "lower":
        kept = kept.lower()
    limit = int(switches["commandcenter_name_limit"])
    if not limit or len(kept) <= limit:
        return str(kept)
    if switches["commandcenter_name_too_long"] == "refuse":
        raise RefusedError(f"Token name cannot have more than {limit} characters", INVALID)
    return str(kept[:limit])
