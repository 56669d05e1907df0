# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import contextlib
import typing as t
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence

from .._errors import ApiError
from .._time import iso
from .backends import Backend
from .errors import Conflict, StoreError
from .format import from_document, to_document

# How long a run may hold a claim, in seconds of the product's clock, before the others take it for dead. Only a store without locks needs it.
LEASE_SECONDS = 300
_NO_DOUBTS = {"pending": None, "suspect_since": None, "suspect_until": None}

Effect = Callable[[], object]


class Contended(Exception):
    """Another run is at work on the same token, and its result is worth waiting for."""

    def __init__(self, where: str, pending: Mapping[str, t.Any] | None) -> None:
        super().__init__(where)
        self.where = where
        self.pending = pending or {}

    def gave_up(self, waited: float) -> ApiError:
        """The error after waiting in vain."""
        if not self.pending:
            return ApiError(f"{self.where}: other runs keep writing the record; waited {waited:g} s (lock_timeout)")
        free_at = iso(self.pending["since"] + self.pending["lease"])
        return ApiError(
            f"{self.where}: run {self.pending['run']} has been at work on it ({self.pending['op']}) since {iso(self.pending['since'])}; "
            f"waited {waited:g} s (lock_timeout). If that run has died, the first run after {free_at} settles what it left"
        )


class Claims:
    """The record of one token, and the right to work on it.

    Before a run creates, renews, replaces or revokes, it writes "pending" into the record; what it finds there was written by a run that
    still works, or has died. A pair under a claim of the dead is never sent again.
    """

    keeps_secrets = True

    def __init__(
        self,
        storage: Backend,
        kind: str,
        identity: Mapping[str, t.Any],
        warn: Callable[[str], None],
        lease: float = LEASE_SECONDS,
        optional_identity: Sequence[str] = (),
        lock_timeout: float = 0,
    ) -> None:
        self.storage = storage
        self.kind = kind
        self.identity = dict(identity)
        # Only compared where both sides know them: a login by token does not say whose it is.
        self._optional_identity = optional_identity
        self.warn = warn
        self.lease = lease
        self._lock_timeout = lock_timeout
        self.run = uuid.uuid4().hex
        self._record: dict[str, t.Any] | None = None
        self._document: dict[str, t.Any] | None = None

    def read(self) -> dict[str, t.Any] | None:
        """The record, or None where there is none; raises StoreError when it belongs to another token."""
        self._document = document = self.storage.read()
        self._record = None
        if document is not None:
            record = from_document(document, self.storage.location, self.kind)
            self._check_identity(record["identity"] or {})
            self._record = record
        return self._record

    def check_unchanged(self) -> None:
        """Raise Contended when another run has written the record since it was read.

        Without a lock, what the server lists after that may be that run's work: nothing can be concluded from the two together.
        """
        if self.storage.read() != self._document:
            raise Contended(self.storage.location, None)

    def _check_identity(self, found: Mapping[str, t.Any]) -> None:
        for key in sorted({*found, *self.identity}):
            theirs, ours = found.get(key), self.identity.get(key)
            if theirs == ours or (key in self._optional_identity and None in (theirs, ours)):
                continue
            raise StoreError(f"{self.storage.location} holds the record of another token ({key} {theirs!r}, not {ours!r}); give each token a place of its own")

    def judge(self, record: dict[str, t.Any] | None, now: float, check_mode: bool) -> dict[str, t.Any] | None:
        """The record with suspect_since set when the run that claimed it has died; raises Contended while that run may live."""
        if record is None or record["pending"] is None:
            return record
        pending = record["pending"]
        if self.storage.owner_is_gone({"host": self.storage.host, **pending}) or now - pending["since"] > pending["lease"]:
            self._record = {**record, **_doubts(record, pending)}
            return self._record
        if check_mode:
            return record
        raise Contended(self.storage.location, pending)

    @contextlib.contextmanager
    def claim(self, op: str, now: float) -> Iterator[Claim]:
        """Work on the token alone: nothing else creates, renews, replaces or revokes it meanwhile. Raises Contended."""
        claim = Claim(self, self._record, {"op": op, "run": self.run, "since": int(now), "lease": self.lease, "host": self.storage.host})
        self.storage.lock(self._lock_timeout)
        try:
            claim.begin()
            try:
                yield claim
            except BaseException as problem:
                claim.abandon(problem)
                raise
        finally:
            self.storage.unlock()

    def note(self, token: Mapping[str, t.Any]) -> None:
        """Keep what a change in place has made of the token."""
        try:
            self.save({"token": dict(token), **_NO_DOUBTS})
        except Conflict:
            # Another run has written a newer state of the same token.
            pass

    def save(self, changes: Mapping[str, t.Any]) -> None:
        record = {
            "kind": self.kind,
            "identity": self.identity,
            "token": None,
            **_NO_DOUBTS,
            **(self._record or {}),
            **changes,
        }
        self.storage.write(to_document(record))
        self._record = record


class Claim:
    """The right to work on one token, written into its record."""

    def __init__(self, claims: Claims, before: dict[str, t.Any] | None, pending: dict[str, t.Any]) -> None:
        self._claims = claims
        self._before = before
        self._pending = pending
        self._suspect = before is not None and before["suspect_since"] is not None
        self._open = True

    def begin(self) -> None:
        # A disk that is full already is found out before anything is written: from a claim that cannot be taken back, the next run
        # would conclude that this one had died at work.
        self._claims.storage.preallocate()
        try:
            self._claims.save({"pending": self._pending})
        except Conflict:
            raise Contended(self._claims.storage.location, None) from None
        try:
            # The claim has used up what was set aside; this is for the answer.
            self._claims.storage.preallocate()
        except StoreError as error:
            self.abandon(error)
            raise

    def still_ours(self, now: float) -> None:
        """Raise Contended when so much time has passed that another run may take this one for dead."""
        if self._claims.storage.host is None and now - self._pending["since"] > self._pending["lease"] / 2:
            raise Contended(self._claims.storage.location, self._pending)

    def suspect(self) -> None:
        """The pair may have been rotated: whatever happens next, it is not to be renewed again."""
        self._suspect = True

    def complete(self, token: Mapping[str, t.Any], discard: Effect | None = None, restore: Effect | None = None) -> None:
        """Store the token and end the claim. For when that fails: discard() revokes the new token, restore() gives the old one its name back."""
        try:
            self._claims.save({"token": dict(token), **_NO_DOUBTS})
        except Conflict as conflict:
            # Another run took this one for dead, and settles what it finds; a token without a stored secret is of no use to it. But where
            # an answer was lost, the token may have been stored before the other run wrote, and be in use.
            self._open = False
            if not conflict.maybe_applied:
                _quietly(discard)
            raise Contended(self._claims.storage.location, None) from None
        except StoreError as error:
            raise self._unstored(error, discard, restore) from None
        self._open = False

    def forget(self) -> None:
        """Remove the record: the token is gone."""
        try:
            self._claims.storage.remove()
        except Conflict:
            # Another run took this one for dead, and has perhaps made a token since.
            self._open = False
            raise Contended(self._claims.storage.location, None) from None
        self._open = False

    def abandon(self, problem: BaseException) -> None:
        """End the claim after an error. What the server may have done unseen makes the record suspect; else it is as it was."""
        if not self._open:
            return
        self._open = False
        if ((self._claims.storage.seen or {}).get("pending") or {}).get("run") != self._claims.run:
            # The write that ends the claim was done before the interruption.
            return
        harmless = isinstance(problem, Contended) or (isinstance(problem, ApiError) and not problem.maybe_applied)
        try:
            if self._suspect or not harmless:
                self._claims.save(_doubts(self._before or {}, self._pending))
            elif self._before is None:
                self._claims.storage.remove()
            else:
                self._claims.save({"pending": None})
        except Conflict:
            # A write whose answer was lost has been carried out after all, or another run took this one for dead: nothing is left to end.
            pass
        except StoreError as error:
            # The claim stays in the record, so the next run settles it.
            self._claims.warn(f"{error.message}; the record stays marked as unfinished, and the next run settles it")

    def _unstored(self, error: StoreError, discard: Effect | None, restore: Effect | None) -> StoreError:
        # Whatever can still be written from here on says "suspect"; where nothing can, the record says "pending".
        self._suspect = True
        if error.maybe_applied:
            # Programs may read the new secret from the store already, or go on with the old one: both are left to work.
            return StoreError(f"{error.message}. It is not known whether the new token was stored: the next run settles that")
        if discard is None:
            return StoreError(f"{error.message}. The renewed token was not stored: the next run that can write to the store replaces it")
        try:
            discard()
            if restore is not None:
                restore()
        except ApiError as second:
            return StoreError(f"{error.message}. The new token was not stored, and not all was taken back: {second.message}. The next run settles that")
        return StoreError(f"{error.message}. The new token was not stored, so it was revoked; the one before it, if any, still works")


def _doubts(record: Mapping[str, t.Any], pending: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The record after a claim that ended badly: from when until when runs may have done something on the server that nobody saw."""
    since = record.get("suspect_since")
    until = int(pending["since"] + pending["lease"])
    return {"pending": None, "suspect_since": pending["since"] if since is None else since, "suspect_until": max(until, record.get("suspect_until") or 0)}


def _quietly(effect: Effect | None) -> None:
    with contextlib.suppress(ApiError):
        if effect is not None:
            effect()


class NoClaims:
    """Stands for a store where there is none: every run is on its own, and no secret outlives it."""

    keeps_secrets = False

    def read(self) -> dict[str, t.Any] | None:
        return None

    def judge(self, record: dict[str, t.Any] | None, now: float, check_mode: bool) -> dict[str, t.Any] | None:
        return None

    def check_unchanged(self) -> None:
        """There is no record that could change."""

    @contextlib.contextmanager
    def claim(self, op: str, now: float) -> Iterator[NoClaims]:
        yield self

    def note(self, token: Mapping[str, t.Any]) -> None:
        """Nothing is kept."""

    def still_ours(self, now: float) -> None:
        """There is nobody to lose it to."""

    def suspect(self) -> None:
        """There is no record to mark."""

    def complete(self, token: Mapping[str, t.Any], discard: Effect | None = None, restore: Effect | None = None) -> None:
        """There is nothing to write."""

    def forget(self) -> None:
        """There is nothing to remove."""
