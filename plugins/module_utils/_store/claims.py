# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The right of one run to work on a token: claims in its record, their leases, and what a run that died leaves in doubt."""

from __future__ import annotations

import contextlib
import typing as t
import uuid
from collections.abc import Callable, Iterator

from .._errors import ApiError
from .._time import iso
from .errors import Conflict, StoreError
from .format import Contents, Pending
from .record import Record

# How long a run may hold a claim, in seconds of the product's clock, before the others take it for dead. Only a store without locks needs it.
LEASE_SECONDS = 300

Effect = Callable[[], object]


class Busy(Exception):
    """Another run is at work on the same token, and its result is worth waiting for."""

    def __init__(self, location: str, pending: Pending | None) -> None:
        super().__init__(location)
        self.location = location
        self.pending = pending

    def timeout_error(self, waited: float) -> ApiError:
        """The error after waiting in vain."""
        if not self.pending:
            return ApiError(f"{self.location}: other runs keep writing the record; waited {waited:g} s (lock_timeout)")
        free_at = iso(self.pending.since + self.pending.lease)
        return ApiError(
            f"{self.location}: run {self.pending.run} has been at work on it ({self.pending.op}) since {iso(self.pending.since)}; "
            f"waited {waited:g} s (lock_timeout). If that run has died, the first run after {free_at} settles what it left"
        )


class Claims:
    """The claims on one record.

    Before a run creates, renews, replaces or revokes, it writes "pending" into the record; what it finds there was written by a run that
    still works, or has died. A pair under a claim of the dead is never sent again.
    """

    keeps_secrets = True

    def __init__(self, record: Record, warn: Callable[[str], None], lease: float = LEASE_SECONDS) -> None:
        self.record = record
        self.warn = warn
        self.lease = lease
        self.run = uuid.uuid4().hex

    def read(self) -> Contents | None:
        """The record's contents, or None where there is none."""
        return self.record.load()

    def check_unchanged(self) -> None:
        """Raise Busy when another run has written the record since it was read.

        Without a lock, what the server lists after that may be that run's work: nothing can be concluded from the two together.
        """
        if not self.record.storage.holds_lock and self.record.has_changed():
            raise Busy(self.record.location, None)

    def resolve_pending(self, contents: Contents | None, now: float, check_mode: bool) -> Contents | None:
        """The contents with suspect_since set when the run that claimed the record has died; raises Busy while that run may live."""
        if contents is None or contents.pending is None:
            return contents
        if self.record.storage.claim_is_dead(contents.pending._asdict(), now):
            self.record.contents = _suspected(contents, contents.pending)
            return self.record.contents
        if check_mode:
            return contents
        raise Busy(self.record.location, contents.pending)

    @contextlib.contextmanager
    def claim(self, op: str, now: float) -> Iterator[Claim]:
        """Work on the token alone: nothing else creates, renews, replaces or revokes it meanwhile. Raises Busy."""
        claim = Claim(self, self.record.contents, Pending(op, self.run, int(now), self.lease))
        claim.begin()
        try:
            yield claim
        except BaseException as problem:
            claim.rollback(problem)
            raise

    def save_update(self, token: t.Any) -> None:
        """Keep what a change in place has made of the token."""
        try:
            self.record.save(_settled(self.record.contents or self.record.empty())._replace(token=token))
        except Conflict:
            # Another run has written a newer state of the same token.
            pass


class Claim:
    """The right to work on one token, written into its record."""

    def __init__(self, claims: Claims, before: Contents | None, pending: Pending) -> None:
        self._record = claims.record
        self._warn = claims.warn
        self._before = before
        self._pending = pending
        self._suspect = before is not None and before.suspect_since is not None
        self._open = True

    def begin(self) -> None:
        # A disk that is full already is found out before anything is written: from a claim that cannot be taken back, the next run
        # would conclude that this one had died at work.
        self._record.storage.reserve()
        try:
            self._record.save((self._before or self._record.empty())._replace(pending=self._pending))
        except Conflict:
            raise Busy(self._record.location, None) from None
        try:
            # The claim has used up what was set aside; this is for the answer.
            self._record.storage.reserve()
        except StoreError as error:
            self.rollback(error)
            raise

    def ensure_claim(self, now: float) -> None:
        """Raise Busy when so much time has passed that another run may take this one for dead."""
        if not self._record.storage.holds_lock and now - self._pending.since > self._pending.lease / 2:
            raise Busy(self._record.location, self._pending)

    def suspect(self) -> None:
        """The pair may have been rotated: whatever happens next, it is not to be renewed again."""
        self._suspect = True

    def commit(self, token: t.Any, discard: Effect | None = None, restore: Effect | None = None) -> None:
        """Store the token and end the claim. For when that fails: discard() revokes the new token, restore() gives the old one its name back."""
        try:
            self._record.save(_settled(self._before or self._record.empty())._replace(token=token))
        except Conflict as conflict:
            # Another run took this one for dead, and settles what it finds; a token without a stored secret is of no use to it. But where
            # an answer was lost, the token may have been stored before the other run wrote, and be in use.
            self._open = False
            if not conflict.maybe_applied:
                _quietly(discard)
            raise Busy(self._record.location, None) from None
        except StoreError as error:
            raise self._unstored(error, discard, restore) from None
        self._open = False

    def delete(self) -> None:
        """Remove the record: the token is gone."""
        try:
            self._record.delete()
        except Conflict:
            # Another run took this one for dead, and has perhaps made a token since.
            self._open = False
            raise Busy(self._record.location, None) from None
        self._open = False

    def rollback(self, problem: BaseException) -> None:
        """End the claim after an error. What the server may have done unseen makes the record suspect; else it is as it was."""
        if not self._open:
            return
        self._open = False
        harmless = isinstance(problem, Busy) or (isinstance(problem, ApiError) and not problem.maybe_applied)
        try:
            if self._suspect or not harmless:
                self._record.save(_suspected(self._before or self._record.empty(), self._pending))
            elif self._before is None:
                self._record.delete()
            else:
                self._record.save(self._before._replace(pending=None))
        except Conflict:
            # A write whose answer was lost has been carried out after all, or another run took this one for dead: nothing is left to end.
            pass
        except StoreError as error:
            # The claim stays in the record, so the next run settles it.
            self._warn(f"{error.message}; the record stays marked as unfinished, and the next run settles it")

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


def _settled(contents: Contents) -> Contents:
    """The contents with no claim and no suspicion."""
    return contents._replace(pending=None, suspect_since=None, suspect_until=None)


def _suspected(contents: Contents, pending: Pending) -> Contents:
    """The contents after a claim that ended badly: from when until when runs may have done something on the server that nobody saw."""
    since = pending.since if contents.suspect_since is None else contents.suspect_since
    until = int(pending.since + pending.lease)
    return contents._replace(pending=None, suspect_since=since, suspect_until=max(until, contents.suspect_until or 0))


def _quietly(effect: Effect | None) -> None:
    with contextlib.suppress(ApiError):
        if effect is not None:
            effect()


class NoClaims:
    """Stands for a store where there is none: every run is on its own, and no secret outlives it."""

    keeps_secrets = False

    def read(self) -> Contents | None:
        return None

    def resolve_pending(self, contents: Contents | None, now: float, check_mode: bool) -> Contents | None:
        return None

    def check_unchanged(self) -> None:
        """There is no record that could change."""

    @contextlib.contextmanager
    def claim(self, op: str, now: float) -> Iterator[NoClaims]:
        yield self

    def save_update(self, token: t.Any) -> None:
        """Nothing is kept."""

    def ensure_claim(self, now: float) -> None:
        """There is nobody to lose it to."""

    def suspect(self) -> None:
        """There is no record to mark."""

    def commit(self, token: t.Any, discard: Effect | None = None, restore: Effect | None = None) -> None:
        """There is nothing to write."""

    def delete(self) -> None:
        """There is nothing to remove."""
