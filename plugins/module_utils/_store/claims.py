# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The right of one run to work on a token: claims in its record, their leases, and what a run that died leaves in doubt."""

from __future__ import annotations

import contextlib
import time
import typing as t
import uuid
from collections.abc import Callable, Iterator, Sequence

from .._errors import ApiError
from .._time import boot_id, boottime, iso
from .errors import Conflict, Locked, StoreError
from .format import Contents, Id, Issued, Pending, Replaced
from .record import Record

# How long a run may hold a claim, in seconds of the store's clock, before others take it for dead where no lock tells.
LEASE_SECONDS = 300
# A claim for a change in place, which destroys nothing and is the same when it is made twice: however it ends, it leaves nothing in doubt.
CHANGE = "update"
# The Date header of a store's server has whole seconds.
_DATE_SECONDS = 1.0

Effect = Callable[[], object]


class Busy(Exception):
    """Another run is at work on the same token, and its result is worth waiting for."""

    def __init__(self, location: str, pending: Pending | None, is_locked: bool = False) -> None:
        super().__init__(location)
        self.location = location
        self.pending = pending
        self.is_locked = is_locked

    def timeout_error(self, waited: float) -> ApiError:
        """The error after waiting in vain."""
        if self.is_locked:
            return ApiError(f"{self.location} is locked by another run; waited {waited:g} s (lock_timeout)")
        if not self.pending:
            return ApiError(
                f"{self.location}: other runs keep writing the record; waited {waited:g} s (lock_timeout). Raise that, or run fewer of these tasks at a time"
            )
        free_at = iso(self.pending.since + self.pending.lease)
        return ApiError(
            f"{self.location}: run {self.pending.run} has been working on it ({self.pending.op}) since {iso(self.pending.since)}; "
            f"waited {waited:g} s (lock_timeout). If that run is dead, the first run after {free_at} resolves what it left"
        )


class Claims:
    """The claims on one record.

    Before a run creates, renews, replaces or revokes, it writes "pending" into the record; what it finds there was written by a run that
    still works, or has died. A pair under a claim of the dead is never sent again. began: when the task began, by boottime().
    """

    keeps_secrets = True

    def __init__(self, record: Record, warn: Callable[[str], None], lease: float = LEASE_SECONDS, began: float | None = None) -> None:
        self.record = record
        self.warn = warn
        self.lease = lease
        self.run = uuid.uuid4().hex
        self._began = boottime() if began is None else began

    def read(self) -> Contents | None:
        """The record's contents, or None where there is none."""
        return self.record.load()

    def now(self) -> float | None:
        """The time by the store's clock, in epoch seconds."""
        return self.record.backend.now()

    def is_overtaken(self, contents: Contents | None) -> bool:
        """Whether another run has obtained the stored secret since this task began: runs that overlap are one occasion to renew."""
        issued = contents and contents.issued
        if not issued or issued.run == self.run:
            return False
        if issued.host is not None and issued.host == boot_id():
            return issued.at >= self._began
        began = self.record.backend.now() - (boottime() - self._began)
        return issued.time >= began + _DATE_SECONDS

    def check_unchanged(self) -> None:
        """Raise Busy when another run has written the record since it was read.

        What the server lists after that may be that run's work: nothing can be concluded from the two together.
        """
        if self.record.has_changed():
            raise Busy(self.record.location, None)

    def resolve_pending(self, contents: Contents | None, check_mode: bool) -> Contents | None:
        """The contents with suspect_since set when the run that claimed the record has died; raises Busy while that run may live."""
        if contents is None or contents.pending is None:
            return contents
        pending, backend = contents.pending, self.record.backend
        if pending.run == self.run or backend.owner_is_gone(pending._asdict()) or backend.age() > pending.lease:
            # Its owner may have ended its claim properly between our look at the record and at the lock.
            self.check_unchanged()
            self.record.contents = contents._replace(pending=None) if pending.op == CHANGE else _suspected(contents, pending)
            return self.record.contents
        if check_mode:
            return contents
        raise Busy(self.record.location, pending)

    @contextlib.contextmanager
    def claim(self, op: str, ids: Sequence[Id | None]) -> Iterator[Claim]:
        """Work on the token alone: nothing else creates, renews, replaces or revokes it meanwhile. Raises Busy.

        ids: those of all tokens that have the name now.
        """
        backend = self.record.backend
        try:
            backend.lock(0)
        except Locked:
            raise Busy(self.record.location, None, is_locked=True) from None
        try:
            known = tuple(number for number in ids if number is not None)
            claim = Claim(self, self.record.contents, Pending(op, self.run, int(backend.now()), self.lease, backend.host, known))
            try:
                claim.begin()
                yield claim
            except BaseException as problem:
                claim.rollback(problem)
                raise
            claim.release()
        finally:
            backend.unlock()

    def save_update(self, token: t.Any) -> None:
        """Keep what a change in place has made of the token."""
        try:
            self.record.save((self.record.contents or self.record.empty())._replace(token=token))
        except (Conflict, Locked):
            # Another run has written a newer state of the same token, or is about to.
            pass


class Claim:
    """The right to work on one token, written into its record. until: a moment of time.monotonic(), to which the run may act under it."""

    def __init__(self, claims: Claims, before: Contents | None, pending: Pending) -> None:
        self._claims = claims
        self._record = claims.record
        self._warn = claims.warn
        self._before = before
        self._pending = pending
        self._suspect = before is not None and before.suspect_since is not None
        self._open = True
        self._has_begun = False
        self._started = boottime()
        self.until: float | None = time.monotonic() + pending.lease / 2

    @property
    def replaced(self) -> tuple[Replaced, ...]:
        """What was replaced before, and perhaps not revoked."""
        return self._before.replaced if self._before else ()

    def begin(self) -> None:
        # A disk that is full already is found out before anything is written: from a claim that cannot be taken back, the next run
        # would conclude that this one had died at work.
        self._record.backend.preallocate()
        try:
            self._record.save((self._before or self._record.empty())._replace(pending=self._pending))
        except Conflict:
            raise Busy(self._record.location, None) from None
        # The claim has used up what was set aside; this is for the secret.
        self._record.backend.preallocate()
        self._has_begun = True

    def ensure_claim(self) -> None:
        """Raise Busy unless the claim is still this run's: by time, for a process or machine that stood still, and by the record."""
        if boottime() - self._started > self._pending.lease / 2:
            raise Busy(self._record.location, self._pending)
        if self._record.has_changed():
            self._open = False
            raise Busy(self._record.location, None)

    def suspect(self) -> None:
        """The pair may have been rotated: whatever happens next, it is not to be renewed again."""
        self._suspect = True

    def commit(
        self,
        token: t.Any,
        *,
        replaced: tuple[Replaced, ...] = (),
        unsettled: bool = False,
        suspect: bool = False,
        discard: Effect | None = None,
        restore: Effect | None = None,
    ) -> None:
        """Store the token and end the claim; a new secret is worth insisting on for as long as the claim may last.

        replaced: what the token follows, with the time from which on that is to be revoked. unsettled: an earlier creation may still come
        into being. suspect: the pair must not be renewed. For when storing fails: discard() revokes the new token, restore() gives the old
        one its name back.
        """
        before = self._before or self._record.empty()
        backend = self._record.backend
        contents = before._replace(
            token=token,
            pending=None,
            suspect_since=self._pending.since if suspect else None,
            suspect_until=_end_of(before, self._pending) if unsettled or suspect else None,
            **(_noted(before, self._pending) if unsettled else {"known_ids": None, "known_since": None}),
            replaced=replaced,
            issued=Issued(self._claims.run, boot_id(), boottime(), backend.now()),
        )
        try:
            self._record.save(contents, self.until)
        except Conflict as conflict:
            # Another run took this one for dead, and settles what it finds; a token without a stored secret is of no use to it. But where
            # it is not known how a write ended, the token may have been stored before the other run wrote, and be in use.
            self._open = False
            if not conflict.maybe_applied:
                _quietly(discard)
            raise Busy(self._record.location, None) from None
        except StoreError as error:
            raise self._unstored(error, discard, restore) from None
        self._open = False

    def end_change(self, token: t.Any) -> None:
        """Keep what a change in place has made of the token, and end the claim."""
        with contextlib.suppress(Conflict):
            self._record.save((self._before or self._record.empty())._replace(token=token, pending=None))
        self._open = False

    def delete(self) -> None:
        """Remove the record: the token is gone."""
        try:
            self._record.delete(self.until)
        except Conflict:
            # Another run took this one for dead, and has perhaps created a token since.
            self._open = False
            raise Busy(self._record.location, None) from None
        self._open = False

    def rollback(self, problem: BaseException) -> None:
        """End the claim after an error. What the server may have done unseen makes the record suspect; otherwise it is as it was.

        A task's time limit or Ctrl-C may come right after the secret was stored: where the claim is gone from the store, nothing is undone.
        """
        if isinstance(problem, StoreError) and problem.maybe_applied and not self._has_begun:
            # The claim itself may have been written after all.
            with contextlib.suppress(StoreError):
                self._record.backend.read()
        if not self._open or not self._record.is_claimed_by(self._claims.run):
            return
        self._open = False
        harmless = isinstance(problem, Busy) or (isinstance(problem, ApiError) and not problem.maybe_applied) or self._pending.op == CHANGE
        # Before the claim was complete, nothing was sent.
        self._end(harmless or not self._has_begun)

    def release(self) -> None:
        """End the claim where nothing was done that changes the record, and nothing has ended it yet."""
        if self._open:
            self._open = False
            self._end(harmless=True)

    def _end(self, harmless: bool) -> None:
        try:
            if self._suspect or not harmless:
                self._record.save(_suspected(self._before or self._record.empty(), self._pending))
            elif self._before is None:
                self._record.delete()
            else:
                self._record.save(self._before._replace(pending=None))
        except Conflict:
            # A write of which nobody knew how it ended was done after all, or another run took this one for dead: nothing is left to end.
            pass
        except StoreError as error:
            # The claim stays in the record, so the next run settles it.
            self._warn(f"{error.message}; the record stays marked as unfinished, and the next run resolves that")

    def _unstored(self, error: StoreError, discard: Effect | None, restore: Effect | None) -> StoreError:
        # Whatever can still be written from here on says "suspect"; where nothing can, the record says "pending".
        self._suspect = True
        if error.maybe_applied:
            # Programs may read the new secret from the store already, or go on with the old one: both are left to work.
            return StoreError(f"{error.message}. It is not known whether the new credential was stored; the next run finds out")
        if discard is None:
            return StoreError(f"{error.message}. The renewed token was not stored: the next run that can write to the store replaces it")
        try:
            discard()
            if restore is not None:
                restore()
        except (ApiError, Busy) as second:
            words = second.message if isinstance(second, ApiError) else "another run is working on it"
            return StoreError(f"{error.message}. The new credential was not stored, and not everything was undone: {words}. The next run cleans up")
        return StoreError(f"{error.message}. The new credential was not stored, so it was revoked; the previous one, if any, still works")


def _suspected(contents: Contents, pending: Pending) -> Contents:
    """The contents after a claim that ended badly: since when runs may have done something on the server that nobody saw."""
    return contents._replace(
        pending=None,
        suspect_since=pending.since if contents.suspect_since is None else contents.suspect_since,
        suspect_until=_end_of(contents, pending),
        **_noted(contents, pending),
    )


def _noted(contents: Contents, pending: Pending) -> dict[str, t.Any]:
    """The ids that tokens of the name had before the first claim of which nobody saw the end, and when that claim began."""
    if contents.known_ids is not None:
        return {"known_ids": contents.known_ids, "known_since": contents.known_since}
    return {"known_ids": pending.ids, "known_since": pending.since}


def _end_of(contents: Contents, pending: Pending) -> int:
    """When the last claim ends that was not seen to its end."""
    return max(int(pending.since + pending.lease), contents.suspect_until or 0)


def _quietly(effect: Effect | None) -> None:
    with contextlib.suppress(ApiError, Busy):
        if effect is not None:
            effect()


class NoClaims:
    """Stands for a store where there is none: every run is on its own, and no secret outlives it."""

    keeps_secrets = False
    until: float | None = None
    replaced: tuple[Replaced, ...] = ()

    def read(self) -> Contents | None:
        return None

    def now(self) -> float | None:
        return None

    def is_overtaken(self, contents: Contents | None) -> bool:
        return False

    def resolve_pending(self, contents: Contents | None, check_mode: bool) -> Contents | None:
        return None

    def check_unchanged(self) -> None:
        """There is no record that could change."""

    @contextlib.contextmanager
    def claim(self, op: str, ids: Sequence[Id | None]) -> Iterator[NoClaims]:
        yield self

    def save_update(self, token: t.Any) -> None:
        """Nothing is kept."""

    def ensure_claim(self) -> None:
        """There is nobody to lose it to."""

    def suspect(self) -> None:
        """There is no record to mark."""

    def commit(self, token: t.Any, **_more: t.Any) -> None:
        """There is nothing to write."""

    def end_change(self, token: t.Any) -> None:
        """There is nothing to keep."""

    def delete(self) -> None:
        """There is nothing to remove."""
