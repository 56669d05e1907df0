# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API key: plain data, and how API v1 and v2 show it."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from .cohesity_users import user_by_sid
from .switches import ABSENT

V1_NAMES = {
    "expiryTimeMsecs": "expiringTimeMsecs",
    "createdByUserSid": "createdUserSid",
    "createdByUsername": "createdUsername",
    "userSid": "ownerUserSid",
    "apiKey": "key",
}


@dataclass
class ApiKey:
    id: str
    name: str
    owner_sid: str
    creator_sid: str
    secret: str
    created: int  # as all times here: epoch milliseconds
    expires: int | None = None  # None: never
    rotated: int | None = None
    is_active: bool = True
    older: dict[str, int] = field(default_factory=dict)  # replaced secrets, each with its last millisecond
    death: str | None = None  # "deleted", "administrator"

    def opens(self, secret: str, now: int) -> bool:
        """Whether this secret of the key is accepted now."""
        if self.death or not self.is_active or self.expired(now):
            return False
        return secret == self.secret or now < self.older.get(secret, 0)

    def expired(self, now: int) -> bool:
        return self.expires is not None and self.expires <= now

    def as_dict(self, now: int) -> dict[str, Any]:
        """The key as tests see it; `alive` as long as it has not been deleted, `works` when its newest secret opens the cluster."""
        works = self.opens(self.secret, now)
        return {**asdict(self), "alive": self.death is None, "works": works, "owner": _name(self.owner_sid), "creator": _name(self.creator_sid)}


def well_formed(secret: str) -> bool:
    """Whether a header value looks like a key: a UUID, perhaps behind the mark of a test."""
    try:
        uuid.UUID(secret[-36:])
    except ValueError:
        return False
    return True


def shown(key: ApiKey, now: int, never_rotated: Any, v2: bool, secret: bool = False) -> dict[str, Any]:
    """The key as an answer has it; `never_rotated` is the switch of that name."""
    rotated = {"created": key.created, ABSENT: None}.get(never_rotated, never_rotated) if key.rotated is None else key.rotated
    entry: dict[str, Any] = {
        "id": key.id,
        "name": key.name,
        "isActive": key.is_active,
        "isExpired": key.expired(now),
        "expiryTimeMsecs": key.expires,
        "createdTimeMsecs": key.created,
        "lastRotatedTimeMsecs": rotated,
        "createdByUserSid": key.creator_sid,
        "createdByUsername": _name(key.creator_sid),
        "userSid": key.owner_sid,
        "ownerUsername": _name(key.owner_sid),
    }
    if not v2 or (key.rotated is None and never_rotated == ABSENT):
        del entry["lastRotatedTimeMsecs"]
    if secret:
        entry["apiKey"] = key.secret
    return entry if v2 else {V1_NAMES.get(name, name): value for name, value in entry.items()}


def _name(sid: str) -> str | None:
    user = user_by_sid(sid)
    return user["username"] if user else None
