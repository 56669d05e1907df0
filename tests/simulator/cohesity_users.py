# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's users, tenants and their SIDs."""

from __future__ import annotations

from typing import Any

from . import credentials


def sid_of(username: str, domain: str) -> str:
    return f"SID-{domain}-{username}"


def find_user(username: str, domain: str) -> dict[str, Any] | None:
    for user in credentials.COHESITY_USERS:
        if user["username"] == username and user["domain"] == domain:
            return user
    return None


def user_by_sid(sid: str) -> dict[str, Any] | None:
    for user in credentials.COHESITY_USERS:
        if sid_of(user["username"], user["domain"]).casefold() == sid.casefold():
            return user
    return None


def selected_users(query: dict[str, str]) -> list[dict[str, Any]]:
    """The users that a query asks for, as both APIs show them."""
    wanted = {name for key in ("names", "usernames", "userNames") for name in query.get(key, "").split(",") if name}
    domain = query.get("domain", "").upper()
    shown = []
    for user in credentials.COHESITY_USERS:
        if (wanted and user["username"] not in wanted) or (domain and user["domain"] != domain):
            continue
        shown.append({"username": user["username"], "domain": user["domain"], "sid": sid_of(user["username"], user["domain"])})
    return shown


def is_tenant(tenant_id: str) -> bool:
    return any(tenant["tenantId"] == tenant_id for tenant in credentials.COHESITY_TENANTS)
