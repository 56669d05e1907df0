# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the bodies of V4/AccessToken: fields read and checked, secrets written."""

from __future__ import annotations

from typing import Any

from .refusal import RefusedError
from .tokens import ALL, CUSTOM, RENEWABLE, TYPE_NAMES, Token, valid_ip_entry

OK = {"errorCode": 0, "errorMessage": ""}
INVALID = 22  # the error code of a bad argument


def body_object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise RefusedError("The request body is not a JSON object", INVALID, status=400)
    return body


def token_type(value: Any) -> int:
    """The token type from its number or its name."""
    if value is None:
        return ALL
    for number, name in TYPE_NAMES.items():
        if value == name or (value == number and not isinstance(value, bool)):
            return number
    raise RefusedError("Invalid token type", INVALID)


def endpoints(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise RefusedError("API endpoints are required for a token of type CUSTOM", INVALID)
    return value


def allowed_ips(value: Any) -> list[str]:
    entries = value or []
    if not isinstance(entries, list) or not all(valid_ip_entry(entry) for entry in entries):
        raise RefusedError("Invalid IP address, network or range in allowedIPs", INVALID)
    return entries


def scope_change(token: Token, fields: dict[str, Any]) -> dict[str, Any]:
    """Changes of type and endpoints. A type may change only among the renewable ones."""
    wanted = token_type(fields["tokenType"]) if "tokenType" in fields else token.type
    if wanted != token.type and not (wanted in RENEWABLE and token.renewable):
        raise RefusedError("Token type cannot be changed", INVALID)
    changes: dict[str, Any] = {} if wanted == token.type else {"type": wanted}
    if wanted == CUSTOM and ("apiEndpoints" in fields or token.type != CUSTOM):
        changes["api_endpoints"] = endpoints(fields.get("apiEndpoints"))
    if wanted != CUSTOM and token.api_endpoints:
        changes["api_endpoints"] = []
    return changes


def secrets(token: Token) -> dict[str, str]:
    """The secrets, shown once. Types that cannot be renewed have no refresh token."""
    if token.refresh_token is None:
        return {"accessToken": token.access_token}
    return {"accessToken": token.access_token, "refreshToken": token.refresh_token}
