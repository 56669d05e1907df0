# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stored document: what stands in a record, how it is written, and what is refused when it is read."""

from __future__ import annotations

import math
import typing as t
from collections.abc import Callable, Mapping

from .._time import from_iso, iso
from .errors import StoreError

VERSION = 1
_FRAME = ("version", "kind", "identity", "pending", "suspect_since", "suspect_until", "known_ids", "known_since", "replaced", "issued")
_LARGEST_EPOCH = 253402300799  # 9999-12-31T23:59:59Z

# A credential's id: a number on Command Center, a text on Cohesity.
Id = t.Union[int, str]


class Pending(t.NamedTuple):
    """A claim in a record: what a run is doing.

    since: epoch seconds by the store's clock. lease: seconds. host: the machine, where its locks say whether the run lives. ids: those that
    tokens of this name had before: what appears beside them was created under this claim. None where that was not noted.
    """

    op: str
    run: str
    since: int
    lease: float
    host: str | None = None
    ids: tuple[Id, ...] | None = None


class Replaced(t.NamedTuple):
    """A credential that was replaced. until: epoch seconds by the product's clock; from then on it is to be revoked."""

    id: Id
    until: int


class Issued(t.NamedTuple):
    """Who has obtained the stored secret, and when: by the machine's clock since its start (at), and by the store's (time, epoch seconds)."""

    run: str
    host: str | None
    at: float
    time: float


class Contents(t.NamedTuple):
    """What a record holds. token is of the type that its kind reads; extra is what this release does not know, and carries along.

    suspect_since: epoch seconds by the store's clock; since then, the pair may have been sent to be renewed. known_ids: where a creation was
    not seen to the end, the ids that tokens of this name had before. known_since: when the first claim began under which that was, and
    suspect_until: when the last one ended, both by the store's clock.
    """

    identity: Mapping[str, t.Any]
    token: t.Any = None
    pending: Pending | None = None
    suspect_since: int | None = None
    suspect_until: int | None = None
    known_ids: tuple[Id, ...] | None = None
    known_since: int | None = None
    replaced: tuple[Replaced, ...] = ()
    issued: Issued | None = None
    extra: Mapping[str, t.Any] = {}


class DamagedToken(Exception):
    """A stored token that cannot be what was written; keys: where."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


class Kind(t.NamedTuple):
    """One kind of record. read: the token of a document, or None where it holds none; raises DamagedToken.
    write: the token's keys as they are stored. keys: all of them. caseless: keys of the identity that are the same in upper and lower case.
    """

    name: str
    read: Callable[[Mapping[str, t.Any]], t.Any]
    write: Callable[[t.Any], dict[str, t.Any]]
    keys: frozenset[str]
    caseless: frozenset[str] = frozenset()


def to_document(contents: Contents, kind: Kind) -> dict[str, t.Any]:
    """The record as it is stored: the token's own keys at the top, where other programs look for access_token. Raises StoreError."""
    pending, issued = contents.pending, contents.issued
    document = {
        **contents.extra,
        "version": VERSION,
        "kind": kind.name,
        "identity": dict(contents.identity),
        "pending": pending and {**pending._asdict(), "ids": None if pending.ids is None else list(pending.ids)},
        "suspect_since": contents.suspect_since,
        "suspect_until": contents.suspect_until,
        "known_since": contents.known_since,
        "known_ids": None if contents.known_ids is None else list(contents.known_ids),
        "replaced": [{"id": entry.id, "until": iso(entry.until)} for entry in contents.replaced],
        "issued": issued and issued._asdict(),
        **({} if contents.token is None else kind.write(contents.token)),
    }
    damaged = _damaged(document, kind)
    if damaged:
        # The next run would refuse it, secret and all.
        raise StoreError(f"The record of {kind.name} was not written, because the next run would find it damaged ({', '.join(damaged)}). Please report this")
    return document


def from_document(document: Mapping[str, t.Any], location: str, kind: Kind) -> Contents:
    """The record as it is used; raises StoreError for a document that is not one of ours, is damaged, or is of a later release."""
    if document.get("kind") != kind.name:
        raise StoreError(f"{location} holds something other than a record of {kind.name}, and was not changed; use a separate file or path for each credential")
    if document.get("version") != VERSION:
        raise StoreError(
            f"{location} has version {document.get('version')!r} of the record, this release knows version {VERSION}: use the release of "
            "dataprotection.access that wrote it, or a later one"
        )
    damaged = _damaged(document, kind)
    if damaged:
        raise StoreError(
            f"{location} holds a damaged record ({', '.join(damaged)}), and was not changed: correct it, or remove the record, "
            "which loses its secret (the credential then has to be replaced)"
        )
    pending, issued, known_ids = document.get("pending"), document.get("issued"), document.get("known_ids")
    return Contents(
        identity=document.get("identity") or {},
        token=kind.read(document),
        pending=pending and Pending(**{**{key: pending.get(key) for key in Pending._fields}, "ids": _ids(pending.get("ids"))}),
        suspect_since=document.get("suspect_since"),
        suspect_until=document.get("suspect_until"),
        known_ids=_ids(known_ids),
        known_since=document.get("known_since"),
        replaced=tuple(Replaced(entry["id"], int(from_iso(entry["until"]) or 0)) for entry in document.get("replaced") or ()),
        issued=issued and Issued(*(issued.get(key) for key in Issued._fields)),
        extra={key: value for key, value in document.items() if key not in _FRAME and key not in kind.keys},
    )


def _ids(value: list[Id] | None) -> tuple[Id, ...] | None:
    return None if value is None else tuple(value)


def _damaged(document: Mapping[str, t.Any], kind: Kind) -> list[str]:
    """The keys whose values cannot be what was written."""
    found = [key for key, is_sound in _SOUND.items() if document.get(key) is not None and not is_sound(document[key])]
    try:
        kind.read(document)
    except DamagedToken as damage:
        found += damage.keys
    return found


def _is_id(value: t.Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _is_ids(value: t.Any) -> bool:
    return isinstance(value, list) and all(map(_is_id, value))


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= _LARGEST_EPOCH


def _is_epoch(value: t.Any) -> bool:
    return isinstance(value, int) and _is_number(value)


def _is_text_or_none(value: t.Any) -> bool:
    return value is None or isinstance(value, str)


def _is_pending(value: t.Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(key), str) for key in ("op", "run"))
        and _is_epoch(value.get("since"))
        and _is_number(value.get("lease"))
        and _is_text_or_none(value.get("host"))
        and (value.get("ids") is None or _is_ids(value["ids"]))
    )


def _is_replaced(value: t.Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(entry, dict) and _is_id(entry.get("id")) and isinstance(entry.get("until"), str) and from_iso(entry["until"]) is not None for entry in value
    )


def _is_issued(value: t.Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("run"), str)
        and _is_text_or_none(value.get("host"))
        and _is_number(value.get("at"))
        and _is_number(value.get("time"))
    )


_SOUND: dict[str, Callable[[t.Any], bool]] = {
    "identity": lambda value: isinstance(value, dict),
    "pending": _is_pending,
    "suspect_since": _is_epoch,
    "suspect_until": _is_epoch,
    "known_ids": _is_ids,
    "known_since": _is_epoch,
    "replaced": _is_replaced,
    "issued": _is_issued,
}
