# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's users: found by name or id, and as its calls show them."""

from __future__ import annotations

from typing import Any

from . import credentials
from .answers import Answer, json_answer
from .refusal import RefusedError


def user_by_name(username: str, domain: str | None) -> dict[str, Any] | None:
    for user in credentials.COMMANDCENTER_USERS:
        if user["username"] == username.lower() and user.get("domain") == domain:
            return user
    return None


def user_by_id(number: int) -> dict[str, Any] | None:
    for user in credentials.COMMANDCENTER_USERS:
        if user["id"] == number:
            return user
    return None


def users_answer(path: str) -> Answer:
    users = credentials.COMMANDCENTER_USERS
    if path == "/v4/user":
        return json_answer({"users": [{"name": user["username"], "id": user["id"]} for user in users]})
    entities = [{"userEntity": {"userName": user["username"], "userId": user["id"]}} for user in users]
    return json_answer({"users": entities})


def user_answer(number: int, v4: bool, security: bool) -> Answer:
    user = user_by_id(number)
    if user is None:
        raise RefusedError("User not found", 404, status=404)
    if security:
        return json_answer({})
    if v4:
        return json_answer({"id": number, "name": user["username"], "enabled": True})
    return json_answer({"users": [{"userEntity": {"userName": user["username"], "userId": number}}]})
