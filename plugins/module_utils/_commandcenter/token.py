# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._time import iso
from .server import RENEWABLE_SCOPES

_ATTRIBUTES = ("id", "name", "scope", "user_id", "api_endpoints", "allowed_ips")
_TIMES = ("expires_at", "created_at", "last_used_at", "renewable_until", "refresh_expires_at")


def listed_token(token: Mapping[str, t.Any], now: float) -> dict[str, t.Any]:
    """A Command Center token without secrets, as users see it: times in ISO 8601, expires_in in seconds."""
    expires_at = token.get("expires_at")
    return {
        **{key: token.get(key) for key in _ATTRIBUTES},
        **{key: iso(token.get(key)) for key in _TIMES},
        "expires_in": None if expires_at is None else max(int(expires_at - now), 0),
    }


def public_token(token: Mapping[str, t.Any], now: float) -> dict[str, t.Any]:
    """A Command Center token as users get it, with headers ready for ansible.builtin.uri where its secret is known."""
    secret = token.get("access_token")
    return {
        **listed_token(token, now),
        "access_token": secret,
        "refresh_token": token.get("refresh_token"),
        "token_type": "Bearer",
        "headers": {"Authorization": f"Bearer {secret}"} if secret else {},
    }


def describe(token: Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """One side of a diff: the attributes that a user can ask for, and never a secret."""
    if not token:
        return {}
    shown = {key: token.get(key) for key in _ATTRIBUTES if key != "id"}
    # The end of the other scopes' access tokens moves with each renewal, and cannot be asked for.
    times = ("renewable_until",) if token.get("scope") in RENEWABLE_SCOPES else ("renewable_until", "expires_at")
    shown.update({key: iso(token.get(key)) for key in times})
    return {key: value for key, value in shown.items() if value is not None}
