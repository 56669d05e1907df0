# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of one token in a store: loading it, saving it, and making sure that it is of this token."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from .backends import Backend
from .errors import StoreError
from .format import Contents, Kind, from_document, to_document


class Record:
    """The record of the token that identity names.

    optional_identity: keys that are compared only where both sides know them: a login by token does not say whose it is.
    """

    def __init__(self, backend: Backend, kind: Kind, identity: Mapping[str, t.Any], optional_identity: Sequence[str] = ()) -> None:
        self.backend = backend
        self.kind = kind
        self.identity = dict(identity)
        self._optional_identity = optional_identity
        self._document: Mapping[str, t.Any] | None = None
        self.contents: Contents | None = None

    @property
    def location(self) -> str:
        return self.backend.location

    def load(self) -> Contents | None:
        """What the record holds, or None where there is none; raises StoreError when it belongs to another token."""
        self._document = document = self.backend.read()
        self.contents = None
        if document is not None:
            contents = from_document(document, self.location, self.kind)
            self._check_identity(contents.identity)
            self.contents = contents
        return self.contents

    def has_changed(self) -> bool:
        """Whether another run has written the record since this one loaded or saved it. One request to a store that is a server."""
        return self.backend.read() != self._document

    def save(self, contents: Contents, insist_until: float | None = None) -> None:
        """Replace the record as a whole; see Backend.write(). Raises Conflict or StoreError."""
        document = to_document(contents, self.kind)
        self.backend.write(document, insist_until)
        self._document, self.contents = self.backend.seen, contents

    def delete(self, insist_until: float | None = None) -> None:
        """Remove the record; raises Conflict or StoreError."""
        self.backend.remove(insist_until)
        self._document = self.contents = None

    def is_claimed_by(self, run: str) -> bool:
        """Whether the document that was last seen, or written, holds the claim of this run."""
        pending = (self.backend.seen or {}).get("pending")
        return isinstance(pending, Mapping) and pending.get("run") == run

    def empty(self) -> Contents:
        """The contents of a record that holds no token yet."""
        return Contents(self.identity)

    def _check_identity(self, found: Mapping[str, t.Any]) -> None:
        for key in sorted({*found, *self.identity}):
            theirs, ours = found.get(key), self.identity.get(key)
            if theirs == ours or self._is_same(key, theirs, ours):
                continue
            what_to_do = f"use a separate file or path for each credential, or correct {key} if it is mistyped"
            raise StoreError(f"{self.location} holds the record of another credential ({key} {theirs!r}, not {ours!r}); {what_to_do}")

    def _is_same(self, key: str, theirs: t.Any, ours: t.Any) -> bool:
        """Whether two values of the identity that differ mean the same."""
        if None in (theirs, ours):
            return key in self._optional_identity
        return key in self.kind.caseless and str(theirs).casefold() == str(ours).casefold()
