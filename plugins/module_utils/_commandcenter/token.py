# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Command Center access token: one immutable type, read from the server's or the store's documents and shown to users."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._errors import ApiError
from .._fingerprint import fingerprint
from .._store.format import DamagedToken
from .._time import from_api, from_iso, iso

# tokenType: the vendor's SDK reads and writes numbers, the documents list names. 0 (DEFAULT) means ALL.
SCOPE_NUMBERS = {"all": 2, "custom": 3, "ms_scim": 1, "one_touch": 4, "hyperscale": 5}
RENEWABLE_SCOPES = ("all", "custom", "hyperscale")
_SCOPES = {number: scope for scope, number in SCOPE_NUMBERS.items()} | {0: "all"}
_SCOPE_NAMES = {"default": "all", "all": "all", "custom": "custom", "ms_scim": "ms_scim", "onetouch": "one_touch", "hyperscale": "hyperscale"}

# How an access token is sent on ordinary calls; servers differ in which forms they accept.
HEADER_FORMS: dict[str, tuple[str, str]] = {
    "bearer": ("Authorization", "Bearer "),
    "authtoken": ("Authtoken", ""),
    "authtoken_bearer": ("Authtoken", "Bearer "),
}

_ATTRIBUTES = ("id", "name", "scope", "user_id", "api_endpoints", "allowed_ips")
_TIMES = ("expires_at", "created_at", "last_used_at", "renewable_until", "refresh_expires_at")
_STORED_TIMES = (*_TIMES, "issued_at", "issued_by_store")
_SECRETS = ("access_token", "refresh_token")
_LISTS = ("api_endpoints", "allowed_ips")
_LAST_ID = 2**63 - 1


class Token(t.NamedTuple):
    """An access token. Times are epoch seconds; None is unknown.

    issued_at: the server's time, by its Date header, when the token was created. issued_by_store: the same by the store's clock.
    auth_header: the form in which it was last accepted.
    """

    id: int | None = None
    name: str | None = None
    user_id: int | None = None
    scope: str | None = None
    api_endpoints: tuple[str, ...] | None = None
    allowed_ips: tuple[str, ...] | None = None
    created_at: float | None = None
    last_used_at: float | None = None
    expires_at: float | None = None
    renewable_until: float | None = None
    refresh_expires_at: float | None = None
    access_token: str | None = None
    refresh_token: str | None = None
    auth_header: str | None = None
    issued_at: float | None = None
    issued_by_store: float | None = None

    def __repr__(self) -> str:
        """Without secrets: a traceback may show it."""
        return f"Token(id={self.id!r}, name={self.name!r})"

    def overlaid(self, other: Token) -> Token:
        """This token with all that the other one knows in its place."""
        return self.changed({key: value for key, value in other._asdict().items() if value is not None})

    def changed(self, changes: Mapping[str, t.Any]) -> Token:
        """This token with other attributes."""
        values: dict[str, t.Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in changes.items()}
        return self._replace(**values)

    @property
    def known_id(self) -> int:
        """The id, where something is to be done with the token; raises ApiError where the server has told none."""
        if self.id is None:
            raise ApiError(f"The server lists the token {self.name!r} without an id, so it cannot be changed or revoked; do that in Command Center")
        return self.id

    @property
    def is_renewable(self) -> bool:
        return self.scope in RENEWABLE_SCOPES

    def headers(self, auth_header: str | None = None) -> dict[str, str]:
        """The header that carries the token, in the given form or the one that was accepted last."""
        if not self.access_token:
            return {}
        name, prefix = HEADER_FORMS[auth_header or self.auth_header or "bearer"]
        return {name: f"{prefix}{self.access_token}"}

    def listed(self, now: float) -> dict[str, t.Any]:
        """The token without secrets, as users see it: times in ISO 8601, expires_in in seconds."""
        attributes = {key: getattr(self, key) for key in _ATTRIBUTES}
        return {
            **{key: list(value) if isinstance(value, tuple) else value for key, value in attributes.items()},
            **{key: iso(getattr(self, key)) for key in _TIMES},
            "expires_in": None if self.expires_at is None else max(int(self.expires_at - now), 0),
        }

    def fingerprint(self) -> str | None:
        """Identifies the secret without revealing it; None where there is none."""
        return fingerprint(self.access_token)

    def public(self, now: float, server: str, auth_header: str | None = None) -> dict[str, t.Any]:
        """The token as users get it, with headers ready for a REST call where its secret is known.

        server: the base address of the API. auth_header: the form in which the user wants it sent; the one that was accepted last otherwise.
        """
        return {
            **self.listed(now),
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "token_type": "Bearer",
            "headers": self.headers(auth_header),
            "auth_header": auth_header or self.auth_header or "bearer",
            "server": server,
        }

    def described(self) -> dict[str, t.Any]:
        """One side of a diff: the attributes that a user can ask for, and never a secret."""
        attributes = {key: getattr(self, key) for key in _ATTRIBUTES if key != "id"}
        shown = {key: list(value) if isinstance(value, tuple) else value for key, value in attributes.items()}
        # The end of the other scopes' access tokens moves with each renewal, and cannot be asked for.
        times = ("renewable_until",) if self.is_renewable else ("renewable_until", "expires_at")
        shown.update({key: iso(getattr(self, key)) for key in times})
        return {key: value for key, value in shown.items() if value is not None}


# The server's documents


def from_wire(document: Mapping[str, t.Any]) -> Token:
    """A token out of a server's document, without secrets. What is left out, or makes no sense, is None."""
    return Token(
        id=_number(document.get("accessTokenId")),
        name=_text(document.get("tokenName")),
        user_id=_number(document.get("userId")),
        scope=_scope(document.get("tokenType")),
        api_endpoints=_texts(document.get("apiEndpoints")),
        allowed_ips=_texts(document.get("allowedIPs")),
        created_at=from_api(document.get("createdTime")),
        last_used_at=from_api(document.get("lastUsedTime")),
        expires_at=from_api(document.get("tokenExpiryTimestamp")),
        renewable_until=from_api(document.get("renewableUntilTimestamp")),
        refresh_expires_at=from_api(document.get("refreshTokenExpiryTimestamp")),
    )


_FIELDS = {
    "name": "tokenName",
    "api_endpoints": "apiEndpoints",
    "renewable_until": "renewableUntilTimestamp",
    "expires_at": "tokenExpiryTimestamp",
    "user_id": "userId",
    "allowed_ips": "allowedIPs",
}


def to_wire(attributes: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The server's fields for the attributes that are set; times in epoch seconds."""
    fields = {_FIELDS[key]: list(value) if isinstance(value, tuple) else value for key, value in attributes.items() if key in _FIELDS and value is not None}
    if attributes.get("scope") is not None:
        fields["tokenType"] = SCOPE_NUMBERS[attributes["scope"]]
    return fields


def with_defaults(attributes: Mapping[str, t.Any]) -> Token:
    """What a new token has by the request alone, for responses that do not repeat it."""
    return Token(**{"scope": "all", **{key: value for key, value in attributes.items() if value is not None}})


def _number(value: t.Any) -> int | None:
    """A whole, positive number, also as text or as 17.0; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number <= _LAST_ID and (isinstance(value, str) or number == value) else None


def _text(value: t.Any) -> str | None:
    """A text; a number is one that the server forgot to quote."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _texts(value: t.Any) -> tuple[str, ...] | None:
    """A list of texts. One that holds anything else is not understood, so nothing is known."""
    return tuple(value) if isinstance(value, list) and all(isinstance(entry, str) for entry in value) else None


def _scope(value: t.Any) -> str | None:
    if (isinstance(value, (int, float)) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdecimal()):
        try:
            number = int(value)
        except (ValueError, OverflowError):
            return str(value)
        return _SCOPES.get(number, str(number))
    if not isinstance(value, str):
        return None
    return _SCOPE_NAMES.get(value.lower().replace("-", "_"), value.lower())


# The store's documents


def to_stored(token: Token) -> dict[str, t.Any]:
    """The token as it is stored, with times in ISO 8601: its keys are those of the result, so other programs find access_token at the top."""
    stored: dict[str, t.Any] = {}
    for key, value in token._asdict().items():
        stored[key] = iso(value) if key in _STORED_TIMES else list(value) if isinstance(value, tuple) else value
    return stored


def from_stored(document: Mapping[str, t.Any]) -> Token | None:
    """The token of a stored document, or None where it holds none; raises DamagedToken."""
    values: dict[str, t.Any] = {}
    damaged = []
    for key in Token._fields:
        value = document.get(key)
        if value is None:
            continue
        if not _is_sound(key, value):
            damaged.append(key)
        elif key in _STORED_TIMES:
            values[key] = from_iso(value)
        else:
            values[key] = tuple(value) if key in _LISTS else value
    if damaged:
        raise DamagedToken(damaged)
    return Token(**values) if values.get("access_token") else None


def _is_sound(key: str, value: t.Any) -> bool:
    if key in ("id", "user_id"):
        return isinstance(value, int) and not isinstance(value, bool)
    if key in _LISTS:
        return _texts(value) is not None
    if not isinstance(value, str):
        return False
    if key in _STORED_TIMES:
        return from_iso(value) is not None
    if key == "auth_header":
        return value in HEADER_FORMS
    return key not in _SECRETS or (value.isprintable() and value.isascii())
