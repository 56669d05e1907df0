# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How answers show a token: in lists, and as create, update and renew tell it."""

from __future__ import annotations

from typing import Any

from .faults import merge
from .switches import ABSENT, Switches
from .tokens import DEFAULT, TYPE_NAMES, Token


def shown_type(token: Token, switches: Switches) -> int | str:
    number = switches["commandcenter_default_type"] if token.type == DEFAULT else token.type
    return TYPE_NAMES[number] if switches["commandcenter_type_style"] == "name" else number


def _renewable_until(token: Token, switches: Switches) -> dict[str, int]:
    if not token.renewable:
        return {"renewableUntilTimestamp": 0}
    if token.renewable_until is not None:
        return {"renewableUntilTimestamp": token.renewable_until}
    forever = switches["commandcenter_forever"]
    return {} if forever == ABSENT else {"renewableUntilTimestamp": forever}


def listed(token: Token, switches: Switches) -> dict[str, Any]:
    shown = {
        "accessTokenId": token.id,
        "userId": token.user_id,
        "tokenName": token.name,
        "createdTime": token.created + switches["commandcenter_created_offset"],
        "tokenType": shown_type(token, switches),
        "lastUsedTime": token.last_used,
        "tokenExpiryTimestamp": token.access_expires + switches["commandcenter_list_expiry_offset"],
        "apiEndpoints": token.api_endpoints,
        **_renewable_until(token, switches),
    }
    if switches["commandcenter_list_allowed_ips"]:
        shown["allowedIPs"] = token.allowed_ips
    return dict(merge(shown, token.shown))


def info(token: Token, switches: Switches) -> dict[str, Any]:
    """A token's times and names as create, update and renew tell them."""
    told = {
        "accessTokenId": token.id,
        "tokenName": token.name,
        "userId": token.user_id,
        "tokenExpiryTimestamp": token.access_expires,
        **_renewable_until(token, switches),
    }
    if not switches["commandcenter_answer_user_id"]:
        del told["userId"]
    if token.refresh_expires is not None:
        told["refreshTokenExpiryTimestamp"] = token.refresh_expires
    return told
