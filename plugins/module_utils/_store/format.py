# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stored document: what stands in a record, how it is written, and what is refused when it is read."""

from __future__ import annotations

import math
import typing as t
from collections.abc import Callable, Mapping

from .errors import StoreError

VERSION = 1
_FRAME = ("version", "kind", "identity", "pending", "suspect_since", "suspect_until")
_LARGEST_EPOCH = 253402300799  # 9999-12-31T23:59:59Z


class Pending(t.NamedTuple):
    """A claim in a record: what a run is doing. since: epoch seconds; lease: seconds."""

    op: str
    run: str
    since: int
    lease: float


class Contents(t.NamedTuple):
    """What a record holds. token is of the type that its kind reads; extra is what this release does not know, and carries along."""

    identity: Mapping[str, t.Any]
    token: t.Any = None
    pending: Pending | None = None
    suspect_since: int | None = None
    suspect_until: int | None = None
    extra: Mapping[str, t.Any] = {}


class Kind(t.NamedTuple):
    """One kind of record. read: the token of a document, or None where it holds none; raises an exception with the damaged `keys`.
    write: the token's keys as they are stored. keys: all of them.
    """

    name: str
    read: Callable[[Mapping[str, t.Any]], t.Any]
    write: Callable[[t.Any], dict[str, t.Any]]
    keys: frozenset[str]


def to_document(contents: Contents, kind: Kind) -> dict[str, t.Any]:
    """The record as it is stored: the token's own keys at the top, where other programs look for access_token."""
    document = {
        **contents.extra,
        "version": VERSION,
        "kind": kind.name,
        "identity": dict(contents.identity),
        "pending": contents.pending and contents.pending._asdict(),
        "suspect_since": contents.suspect_since,
        "suspect_until": contents.suspect_until,
        **({} if contents.token is None else kind.write(contents.token)),
    }
    damaged = _damaged(document, kind)
    if damaged:
        # The next run would refuse it, secret and all.
        raise StoreError(f"The record of {kind.name} was not written: {', '.join(damaged)} would be damaged. Please report this")
    return document


def from_document(document: Mapping[str, t.Any], location: str, kind: Kind) -> Contents:
    """The record as it is used; raises StoreError for a document that is not one of ours, is damaged, or is of a later release."""
    if document.get("kind") != kind.name:
        raise StoreError(f"{location} holds something else than a record of {kind.name}, and was left as it is; give each token a place of its own")
    if document.get("version") != VERSION:
        raise StoreError(
            f"{location} has version {document.get('version')!r} of the record, this release knows version {VERSION}: use the release of "
            "dataprotection.access that wrote it, or a later one"
        )
    damaged = _damaged(document, kind)
    if damaged:
        raise StoreError(
            f"{location} holds a damaged record ({', '.join(damaged)}), and was left as it is: put back what was there, or remove the record, "
            "after which the secret counts as lost"
        )
    pending = document.get("pending")
    return Contents(
        identity=document.get("identity") or {},
        token=kind.read(document),
        pending=pending and Pending(*(pending[key] for key in Pending._fields)),
        suspect_since=document.get("suspect_since"),
        suspect_until=document.get("suspect_until"),
        extra={key: value for key, value in document.items() if key not in _FRAME and key not in kind.keys},
    )


def _damaged(document: Mapping[str, t.Any], kind: Kind) -> list[str]:
    """The keys whose values cannot be what was written."""
    found = [key for key, is_sound in _SOUND.items() if document.get(key) is not None and not is_sound(document[key])]
    try:
        kind.read(document)
    except Exception as damage:
        keys = getattr(damage, "keys", None)
        if keys is None:
            raise
        found += keys
    return found


def _is_epoch(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_EPOCH


def _is_lease(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= _LARGEST_EPOCH


def _is_pending(value: t.Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(key), str) for key in ("op", "run"))
        and _is_epoch(value.get("since"))
        and _is_lease(value.get("lease"))
    )


_SOUND: dict[str, Callable[[t.Any], bool]] = {
    "identity": lambda value: isinstance(value, dict),
    "pending": _is_pending,
    "suspect_since": _is_epoch,
    "suspect_until": _is_epoch,
}
