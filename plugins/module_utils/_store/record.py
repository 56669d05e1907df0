# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of one token in a store: loading it, saving it, and making sure that it is of this token."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from .errors import StoreError
from .format import Contents, Kind, from_document, to_document


class Storage(t.Protocol):
    """Where one document is kept; see backends.py."""

    where: str
    holds_lock: bool

    def read(self) -> dict[str, t.Any] | None: ...

    def write(self, document: Mapping[str, t.Any]) -> None: ...

    def remove(self) -> None: ...

    def reserve(self) -> None: ...

    def claim_is_dead(self, pending: Mapping[str, t.Any], now: float) -> bool: ...


class Record:
    """The record of the token that identity names.

    optional_identity: keys that are compared only where both sides know them: a login by token does not say whose it is.
    """

    def __init__(self, storage: Storage, kind: Kind, identity: Mapping[str, t.Any], optional_identity: Sequence[str] = ()) -> None:
        self.storage = storage
        self.kind = kind
        self.identity = dict(identity)
        self._optional_identity = optional_identity
        self._document: dict[str, t.Any] | None = None
        self.contents: Contents | None = None

    @property
    def location(self) -> str:
        return self.storage.where

    def load(self) -> Contents | None:
        """What the record holds, or None where there is none; raises StoreError when it belongs to another token."""
        self._document = document = self.storage.read()
        self.contents = None
        if document is not None:
            contents = from_document(document, self.location, self.kind)
            self._check_identity(contents.identity)
            self.contents = contents
        return self.contents

    def has_changed(self) -> bool:
        """Whether another run has written the record since it was loaded."""
        return self.storage.read() != self._document

    def save(self, contents: Contents) -> None:
        """Replace the record as a whole; raises Conflict or StoreError."""
        self.storage.write(to_document(contents, self.kind))
        self.contents = contents

    def delete(self) -> None:
        """Remove the record; raises Conflict or StoreError."""
        self.storage.remove()

    def empty(self) -> Contents:
        """The contents of a record that holds no token yet."""
        return Contents(self.identity)

    def _check_identity(self, found: Mapping[str, t.Any]) -> None:
        for key in sorted({*found, *self.identity}):
            theirs, ours = found.get(key), self.identity.get(key)
            if theirs == ours or (key in self._optional_identity and None in (theirs, ours)):
                continue
            raise StoreError(f"{self.location} holds the record of another token ({key} {theirs!r}, not {ours!r}); give each token a place of its own")
