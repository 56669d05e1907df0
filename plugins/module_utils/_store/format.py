# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._time import from_iso, iso
from .errors import StoreError

VERSION = 1
FRAME = ("version", "kind", "identity", "pending", "suspect_since", "suspect_until")
_TIMES = ("created_at", "last_used_at", "expires_at", "renewable_until", "refresh_expires_at")
_SECRETS = ("access_token", "refresh_token")
_TYPES: dict[str, type] = {
    "id": int,
    "user_id": int,
    "name": str,
    "scope": str,
    "api_endpoints": list,
    "allowed_ips": list,
    "token_type": str,
    "privileges": list,
}
_PENDING: dict[str, type | tuple[type, ...]] = {"op": str, "run": str, "since": int, "lease": (int, float)}


def to_document(record: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A record as it is stored: the token's own keys at the top, where other programs look for access_token; times in ISO 8601."""
    token = {key: iso(value) if key in _TIMES else value for key, value in (record["token"] or {}).items()}
    return {"version": VERSION, **{key: record.get(key) for key in FRAME[1:]}, **token}


def from_document(document: Mapping[str, t.Any], where: str, kind: str) -> dict[str, t.Any]:
    """A record as it is used; raises StoreError for a document that is not one of ours, is damaged, or is of a later release."""
    if document.get("kind") != kind:
        raise StoreError(f"{where} holds something else than a record of {kind}, and was left as it is; give each token a place of its own")
    if document.get("version") != VERSION:
        raise StoreError(
            f"{where} has version {document.get('version')!r} of the record, this release knows version {VERSION}: use the release of "
            "dataprotection.access that wrote it, or a later one"
        )
    damaged = [key for key, value in document.items() if value is not None and not _is_sound(key, value)]
    if damaged:
        raise StoreError(
            f"{where} holds a damaged record ({', '.join(damaged)}), and was left as it is: put back what was there, or remove the record, "
            "after which the secret counts as lost"
        )
    token = {key: from_iso(value) if key in _TIMES and value is not None else value for key, value in document.items() if key not in FRAME}
    return {**{key: document.get(key) for key in FRAME[1:]}, "token": token if token.get("access_token") else None}


def _is_sound(key: str, value: t.Any) -> bool:
    if key in _TIMES:
        return isinstance(value, str) and from_iso(value) is not None
    if key in _SECRETS:
        return isinstance(value, str) and value.isprintable() and value.isascii()
    if key == "pending":
        return isinstance(value, dict) and all(isinstance(value.get(part), kind) for part, kind in _PENDING.items())
    if key == "identity":
        return isinstance(value, dict)
    if key in ("suspect_since", "suspect_until"):
        return isinstance(value, int)
    return isinstance(value, _TYPES.get(key, object))
