# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record in a file: replaced as a whole, never over something that this run has not seen."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
import typing as t
from collections.abc import Callable, Iterator, Mapping

from .._time import boot_id
from .errors import Conflict, Locked, StoreError
from .file_folder import Content, RecordFolder
from .file_lock import POLL_SECONDS, FileLock

# The pause between two attempts of a write that is insisted on grows up to this.
_LONGEST_PAUSE = 2.0
# For a write outside of lock() and unlock(): other runs hold the lock for as long as they work, so this is only for a short encounter.
_BRIEF_WAIT = 5.0


class FileBackend:
    """One record in one JSON file, mode 0600; see backends.Backend for what the methods promise.

    Reading takes no lock, because a file is only ever replaced as a whole. Writing takes the lock of PATH.lock, a file of its own which
    stays: the record's own file is another one after each write. Some file systems do not carry locks to other hosts, and somebody may
    delete PATH.lock, so the record is compared with what was last seen right before it is replaced.
    """

    def __init__(self, path: str, *, check_mode: bool, warn: Callable[[str], None]) -> None:
        self.path = path
        self.location = f"The store file {path}"
        self.host = boot_id()
        self._folder = RecordFolder(path, self.location, self.host, check_mode=check_mode, warn=warn)
        self._lock = FileLock(f"{path}.lock")
        self._check_mode = check_mode
        self._warn = warn
        self._content: Content | None = None
        self._warned_about: bytes | None = None
        self._kept: bytes | None = None
        # Whether a write that seemed to fail may have been done.
        self._maybe_applied = False
        # While a new secret is insisted on: whether the folder went away meanwhile, and the record with it.
        self._insists = False
        self._is_lost = False

    def __enter__(self) -> FileBackend:
        self._folder.check()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.unlock()

    # Reading

    @property
    def seen(self) -> Mapping[str, t.Any] | None:
        return self._content.document if self._content else None

    def read(self) -> dict[str, t.Any] | None:
        with self._explained("read"):
            content = self._content = self._folder.load()
        if content is None:
            return None
        if content.document is None and content.octets != self._warned_about:
            self._warned_about = content.octets
            self._warn(
                f"{self.location} is damaged (it is not JSON), so its secret is lost, and it is treated as if there were no record; "
                f"the next write keeps it as {self.path}.damaged-TIME"
            )
        return content.document

    # The lock

    def lock(self, wait: float) -> None:
        with self._explained("locked"):
            self._take_lock(wait)

    def _take_lock(self, wait: float) -> None:
        if self._lock.is_held or self._check_mode:
            raise RuntimeError("the lock is taken once, and never in check mode")
        if not self._lock.acquire(time.monotonic() + wait):
            raise Locked(f"{self.location} is locked by another run; waited {wait:g} s (lock_timeout)")
        if self._folder.first_id is None:
            self._folder.first_id = self._folder.identify()
        self._folder.sweep(self.now)

    def unlock(self) -> None:
        if self._lock.is_held:
            self._folder.clean_up()
            self._lock.release()

    def owner_is_gone(self, pending: Mapping[str, t.Any]) -> bool:
        """The kernel frees a lock when its holder dies, so a claim of this machine's under a free lock has no owner any more.

        The claim was written under the lock. A lock file that is missing, or newer than that, has taken the place of a deleted one, of
        which nobody knows who holds it.
        """
        if self.host is None or pending.get("host") != self.host or self._content is None:
            return False
        return self._lock.has_no_other_holder_since(self._content.written_at)

    @contextlib.contextmanager
    def _working(self, insist_until: float | None) -> Iterator[None]:
        """Hold the lock, and the right one, while the record is written."""
        borrowed = not self._lock.is_held
        if borrowed:
            self._take_lock(max(insist_until - time.monotonic(), 0) if insist_until else _BRIEF_WAIT)
        elif not self._lock.is_current:
            self._regain_lock(insist_until)
        try:
            yield
        finally:
            if borrowed:
                self.unlock()

    def _regain_lock(self, insist_until: float | None) -> None:
        """Lock the file that has taken the place of ours. Whether another run has written meanwhile is seen when the record is compared."""
        self._lock.release()
        if not self._lock.acquire(insist_until or time.monotonic() + _BRIEF_WAIT):
            raise Locked(f"{self.location}: {self._lock.path} was deleted during this run, and another run holds the new one. Do not delete the lock file")

    # Writing

    def write(self, document: Mapping[str, t.Any], insist_until: float | None = None) -> None:
        octets = (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()
        self._persist("written", lambda: self._replace(octets), insist_until)

    def remove(self, insist_until: float | None = None) -> None:
        self._persist("removed", self._unlink, insist_until)

    def preallocate(self) -> None:
        with self._explained("written"), self._working(None):
            self._folder.preallocate()

    def _persist(self, what: str, effect: Callable[[], None], insist_until: float | None) -> None:
        """Carry out an effect on the record under the lock.

        With insist_until it is repeated after every failure and refusal but a symbolic link: a file server restarts, somebody makes room on
        the disk or corrects the permissions, a folder was moved and is brought back. Nothing is made in its place: who removed it may have
        meant that.
        """
        pause = POLL_SECONDS
        self._maybe_applied = self._is_lost = False
        self._insists = insist_until is not None
        while True:
            try:
                with self._working(insist_until):
                    self._find_out_what_was_lost()
                    effect()
                    self._folder.sync()
                    return
            except (Conflict, Locked):
                raise
            except (OSError, StoreError) as problem:
                failure = self._failed_attempt(what, problem)
                if _is_symlink(problem) or insist_until is None or time.monotonic() >= insist_until:
                    raise failure from None
                if pause == POLL_SECONDS:
                    self._warn(f"{failure.message}; this is repeated for up to {insist_until - time.monotonic():.0f} s")
            time.sleep(min(pause, max(insist_until - time.monotonic(), 0)))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _failed_attempt(self, what: str, problem: OSError | StoreError) -> StoreError:
        """The error for an attempt to carry out an effect, of which the folder may have been lost meanwhile."""
        self._is_lost = self._is_lost or (self._insists and self._folder.identify() is None)
        if isinstance(problem, OSError):
            return self._folder.explanation(what, problem, self._maybe_applied)
        problem.maybe_applied = problem.maybe_applied or self._maybe_applied
        return problem

    def _find_out_what_was_lost(self) -> None:
        """Under the lock, whether the folder is another one than before; it has to be as safe as the first one."""
        if self._insists and (self._is_lost or self._folder.identify() != self._folder.first_id):
            self._is_lost = True
            self._folder.check()

    def _replace(self, octets: bytes) -> None:
        document = json.loads(octets)
        try:
            temporary = self._folder.write_temporary(octets)
            if self._compare(octets):
                return
            self._keep_damaged()
            before = self._content
            try:
                # First, because an exception may come right after the rename.
                self._content = Content(octets, document, temporary.st_mtime)
                os.replace(self._folder.temporary, self.path)
            except BaseException as problem:
                # Ctrl-C or a task's time limit, before or after the rename; or a network file system that reports a failure of what it has
                # done. Only the folder tells.
                is_in_place = self._folder.is_in_place(temporary)
                if not is_in_place:
                    self._content = before
                    self._maybe_applied = self._maybe_applied or is_in_place is None
                    raise
                if not isinstance(problem, OSError):
                    raise
        except OSError:
            self._folder.remove_temporary()
            raise

    def _unlink(self) -> None:
        self._compare()
        self._keep_damaged()
        before = self._content
        try:
            self._content = None
            os.unlink(self.path)
        except BaseException as problem:
            is_gone = self._folder.is_gone()
            if not is_gone:
                self._content = before
                self._maybe_applied = self._maybe_applied or is_gone is None
                raise
            if not isinstance(problem, OSError):
                raise

    def _compare(self, wanted: bytes | None = None) -> bool:
        """Raise Conflict unless the file holds what was last seen; True when it holds what is wanted, written by an attempt that seemed to fail."""
        found = self._folder.load()
        if (found and found.octets) == (self._content and self._content.octets):
            return False
        if found is None and self._is_lost:
            # It went with its folder, so there is nothing that another run has written.
            self._content = None
            return False
        if found and found.octets == wanted:
            self._content = found
            return True
        raise Conflict(f"{self.location} was written by another run", maybe_applied=self._maybe_applied)

    def _keep_damaged(self) -> None:
        """Keep a file that is not JSON under another name before it is replaced: half a secret may still be of use to a person."""
        if self._content is None or self._content.document is not None or self._content.octets == self._kept:
            return
        aside = f"{self.path}.damaged-{int(time.time())}"
        while os.path.lexists(aside):
            aside += "+"
        try:
            os.link(self.path, aside, follow_symlinks=False)
            self._kept = self._content.octets
        except OSError:
            # Not every file system has hard links.
            os.rename(self.path, aside)
            self._content = None
        self._warn(f"{self.location} was damaged and is kept as {aside}: its secret is lost")

    # Clock

    def now(self) -> float:
        """The time of the file system, which may be another machine's, while this run holds the lock; this machine's time otherwise."""
        if self._lock.is_held:
            with contextlib.suppress(OSError):
                return self._folder.file_system_time()
        return time.time()

    def age(self) -> float:
        return max(self.now() - self._content.written_at, 0.0) if self._content else 0.0

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._folder.explanation(what, error, self._maybe_applied) from None


def _is_symlink(problem: Exception) -> bool:
    return isinstance(problem, OSError) and problem.errno == errno.ELOOP
