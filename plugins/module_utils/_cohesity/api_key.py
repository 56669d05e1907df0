# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A named Cohesity API key: one immutable type, read from the cluster's or the store's documents and shown to users."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._errors import ApiError
from .._fingerprint import fingerprint
from .._http.messages import is_header_text
from .._store.format import Contents, DamagedToken, Kind
from .._time import CLOCK_SLACK, from_api, from_iso, iso
from .credential import ApiKey

_LONGEST_ID = 200  # characters
_TIMES = ("expires_at", "created_at", "rotated_at")
_STORED_TIMES = (*_TIMES, "issued_at", "issued_by_store")


class NamedKey(t.NamedTuple):
    """A named API key. Times are epoch seconds; None is unknown, an expires_at of None also means never.

    owner: the user's name. rotated_at: when the cluster last gave out another secret for it, None where it never did. issued_at: the
    cluster's time, by its Date header, when the key was created. issued_by_store: the same by the store's clock.
    """

    id: str | None = None
    name: str | None = None
    owner: str | None = None
    owner_sid: str | None = None
    active: bool | None = None
    created_at: float | None = None
    rotated_at: float | None = None
    expires_at: float | None = None
    api_key: str | None = None
    issued_at: float | None = None
    issued_by_store: float | None = None

    def __repr__(self) -> str:
        """Without the secret: a traceback may show it."""
        return f"NamedKey(id={self.id!r}, name={self.name!r})"

    @property
    def user_id(self) -> str | None:
        """Whose it is, as the engine calls it."""
        return self.owner_sid

    @property
    def last_used_at(self) -> None:
        """A cluster does not tell when a key was used."""
        return None

    @property
    def secret_since(self) -> float | None:
        """Since when its secret is the present one."""
        return self.rotated_at or self.created_at or self.issued_at

    @property
    def known_id(self) -> str:
        """The id, where something is to be done with the key; raises ApiError where the cluster has told none."""
        if self.id is None:
            raise ApiError(f"The cluster lists the API key {self.name!r} without an id, so it cannot be changed; do that in the web interface")
        return self.id

    def overlaid(self, other: NamedKey) -> NamedKey:
        """This key with all that the other one knows in its place. An expiry that the cluster's list no longer shows was taken away."""
        known = {key: value for key, value in other._asdict().items() if value is not None}
        return self.changed({**known, "expires_at": other.expires_at})

    def changed(self, changes: Mapping[str, t.Any]) -> NamedKey:
        """This key with other attributes."""
        values: dict[str, t.Any] = dict(changes)
        return self._replace(**values)

    def credential(self) -> ApiKey:
        """What a call carries."""
        return ApiKey(self.api_key or "")

    def fingerprint(self) -> str | None:
        """Identifies the secret without revealing it, so that two can be compared; None where there is none."""
        return fingerprint(self.api_key)

    def listed(self, cluster: str | None) -> dict[str, t.Any]:
        """The key without its secret, as users see it; times in ISO 8601. cluster: host and port."""
        plain = {key: getattr(self, key) for key in ("id", "name", "active", "owner", "owner_sid")}
        return {**plain, **{key: iso(getattr(self, key)) for key in _TIMES}, "cluster": cluster}

    def public(self, cluster: str | None) -> dict[str, t.Any]:
        """The key as users get it, with headers ready for a REST call where its secret is known."""
        return {**self.listed(cluster), "api_key": self.api_key, "headers": self.credential().headers if self.api_key else {}}

    def described(self) -> dict[str, t.Any]:
        """One side of a diff: the attributes that a user can ask for, and never a secret."""
        shown = {"name": self.name, "active": self.active, "expires_at": iso(self.expires_at), "owner_sid": self.owner_sid}
        return {key: value for key, value in shown.items() if value is not None}


def with_sid(key: NamedKey, owner_sid: str | None) -> NamedKey:
    """The key with the SID as it was asked for, where it is that one in another case."""
    is_it = key.owner_sid is not None and owner_sid is not None and key.owner_sid.casefold() == owner_sid.casefold()
    return key.changed({"owner_sid": owner_sid}) if is_it else key


# The cluster's documents


def from_wire(document: Mapping[str, t.Any], owner_sid: str | None = None) -> NamedKey:
    """A key out of a cluster's document, without its secret. What is left out, or makes no sense, is None.

    owner_sid: whose keys were asked for, where the document does not say it.
    """
    created = _seconds(document.get("createdTimeMsecs"))
    rotated = _seconds(document.get("lastRotatedTimeMsecs"))
    active = document.get("isActive")
    return NamedKey(
        id=_id(document.get("id")),
        name=_text(document.get("name")),
        owner=_text(document.get("ownerUsername")),
        owner_sid=_text(document.get("userSid")) or owner_sid,
        active=active if isinstance(active, bool) else None,
        created_at=created,
        # Releases may write the time of the creation, by one clock or another, or 0, for a key that was never rotated.
        rotated_at=rotated if rotated is not None and (created is None or rotated > created + CLOCK_SLACK) else None,
        expires_at=_seconds(document.get("expiryTimeMsecs")),
    )


def to_wire(attributes: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The cluster's fields for these attributes; an expires_at of None is never."""
    fields = {"name": "name", "active": "isActive"}
    wire = {fields[key]: value for key, value in attributes.items() if key in fields}
    if "expires_at" in attributes:
        end = attributes["expires_at"]
        wire["expiryTimeMsecs"] = None if end is None else int(end) * 1000
    return wire


def _seconds(value: t.Any) -> int | None:
    """Epoch seconds out of milliseconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return from_api(int(value) // 1000)
    except (ValueError, OverflowError):
        return None


def _id(value: t.Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    text = str(value)
    # No document says how ids are made, so any is taken that a path and a record can carry.
    return text if text.isascii() and text.isprintable() and " " not in text and 0 < len(text) <= _LONGEST_ID and text.strip(".") else None


def _text(value: t.Any) -> str | None:
    return value if isinstance(value, str) and value else None


# The store's documents


def _to_stored(key: NamedKey) -> dict[str, t.Any]:
    """The key as it is stored, with times in ISO 8601: its keys are those of the result, so other programs find api_key at the top."""
    return {name: iso(value) if name in _STORED_TIMES else value for name, value in key._asdict().items()}


def _from_stored(document: Mapping[str, t.Any]) -> NamedKey | None:
    """The key of a stored document, or None where it holds none; raises DamagedToken."""
    values = {key: document[key] for key in NamedKey._fields if document.get(key) is not None}
    damaged = [key for key, value in values.items() if not _is_sound(key, value)]
    if damaged:
        raise DamagedToken(damaged)
    values.update({key: from_iso(values[key]) for key in _STORED_TIMES if key in values})
    return NamedKey(**values) if values.get("api_key") else None


def _is_sound(key: str, value: t.Any) -> bool:
    if key == "active":
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if key in _STORED_TIMES:
        return from_iso(value) is not None
    return key != "api_key" or is_header_text(value)


KEY_KIND = Kind("cohesity_api_key", _from_stored, _to_stored, frozenset(NamedKey._fields), frozenset({"owner_sid"}))


def public(contents: Contents, _now: float) -> dict[str, t.Any]:
    """The key of a record as the module returned it, with its header."""
    key: NamedKey = contents.token
    return key.public(contents.identity.get("cluster"))
