# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's named access tokens: plain data, their rules of lifetime, and the index over them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from .commandcenter_users import user_by_id

DAY = 86400
INT32_MAX = 2**31 - 1

DEFAULT, MS_SCIM, ALL, CUSTOM, ONE_TOUCH, HYPERSCALE = range(6)
TYPE_NAMES = {
    DEFAULT: "DEFAULT",
    MS_SCIM: "MS_SCIM",
    ALL: "ALL",
    CUSTOM: "CUSTOM",
    ONE_TOUCH: "OneTouch",
    HYPERSCALE: "Hyperscale",
}
RENEWABLE = (DEFAULT, ALL, CUSTOM, HYPERSCALE)
# (days by default, days at most) of the types that live long and cannot be renewed.
FIXED_DAYS = {MS_SCIM: (30, 365), ONE_TOUCH: (7, 14)}
RENEWABLE_DAYS = (90, 365)
# Inferred: a SCIM token opens SCIM only. The reach of the other types is not documented.
SCOPE_PREFIXES = {MS_SCIM: ["/scim"]}


@dataclass
class Token:
    id: int
    name: str
    user_id: int
    type: int
    created: int
    access_token: str
    access_expires: int
    refresh_token: str | None = None
    refresh_expires: int | None = None
    renewable_until: int | None = None  # None on a renewable type: forever
    last_used: int = 0
    api_endpoints: list[str] = field(default_factory=list)
    allowed_ips: list[str] = field(default_factory=list)
    chain: list[tuple[str, str | None]] = field(default_factory=list)  # older (access, refresh) pairs
    death: str | None = None  # why it is gone: "revoked", "chain", "administrator"
    pending: bool = False  # an administrator has still to authorise its revocation
    shown: dict[str, Any] = field(default_factory=dict)  # what lists show instead, merged into the entry

    @property
    def alive(self) -> bool:
        return self.death is None

    @property
    def renewable(self) -> bool:
        return self.type in RENEWABLE

    def as_dict(self) -> dict[str, Any]:
        user = user_by_id(self.user_id)
        return {**asdict(self), "alive": self.alive, "owner": user["username"] if user else None}

    def set_refresh_expiry(self, window: float) -> None:
        """A pair may be renewed for a while after the access token expired, but not past renewable-until."""
        if not self.renewable:
            self.refresh_expires = None
            return
        expires = self.access_expires + int(window)
        self.refresh_expires = min(expires, self.renewable_until or INT32_MAX, INT32_MAX)

    def allows(self, client: str) -> bool:
        """Whether the allow list lets this address in."""
        if not self.allowed_ips:
            return True
        address = ipaddress.ip_address(client)
        return any(_covers(entry, address) for entry in self.allowed_ips)

    def reaches(self, path: str) -> bool:
        """Whether the scope covers this path (without the base path)."""
        prefixes = self.api_endpoints if self.type == CUSTOM else SCOPE_PREFIXES.get(self.type)
        if prefixes is None:
            return True
        return any(path.lower().startswith("/" + prefix.strip("/").lower()) for prefix in prefixes)


def valid_ip_entry(entry: Any) -> bool:
    """Whether `entry` is an address, a CIDR network or an a-b range."""
    try:
        _bounds(entry)
    except (ValueError, TypeError, AttributeError):
        return False
    return True


def _bounds(entry: str) -> tuple[Any, Any]:
    if "-" in entry:
        first, last = (ipaddress.ip_address(part.strip()) for part in entry.split("-", 1))
        if first.version != last.version or first > last:  # type: ignore[operator]
            raise ValueError(entry)
        return first, last
    network = ipaddress.ip_network(entry.strip(), strict=False)
    return network[0], network[-1]


def _covers(entry: str, address: Any) -> bool:
    first, last = _bounds(entry)
    return bool(first.version == address.version and first <= address <= last)


class TokenStore:
    """All tokens that ever were, found by id, by access token and by refresh token (old ones too)."""

    def __init__(self) -> None:
        self.all: dict[int, Token] = {}
        self.live: dict[int, Token] = {}
        self.by_secret: dict[str, Token] = {}
        self._next_id = 101

    def next_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def add(self, token: Token) -> None:
        self.all[token.id] = token
        self.live[token.id] = token
        self._index(token)

    def _index(self, token: Token) -> None:
        self.by_secret[token.access_token] = token
        if token.refresh_token:
            self.by_secret[token.refresh_token] = token

    def rotate(self, token: Token, access_token: str, refresh_token: str) -> None:
        """Put a new pair in the place of the present one, which joins the chain."""
        token.chain.append((token.access_token, token.refresh_token))
        token.access_token, token.refresh_token = access_token, refresh_token
        self._index(token)

    def kill(self, token: Token, why: str) -> None:
        token.death = why
        self.live.pop(token.id, None)

    def named(self, name: str) -> Iterator[Token]:
        return (token for token in self.live.values() if token.name == name)


class Ledger:
    """The tokens, with what happened to them and the mails that were sent about it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.store = TokenStore()
        self.mails: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self._now = now

    def note(self, event: str, token: Token, **more: Any) -> None:
        self.events.append({"at": int(self._now()), "event": event, "id": token.id, "name": token.name, **more})

    def mail(self, token: Token, subject: str) -> None:
        self.mails.append({"at": int(self._now()), "user_id": token.user_id, "id": token.id, "subject": subject})
