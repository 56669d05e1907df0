# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record in a file: replaced as a whole, never over something that this run has not seen."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import json
import os
import re
import shlex
import stat
import time
import typing as t
import uuid
from collections.abc import Callable, Iterator, Mapping

from .._time import boot_id
from .errors import Conflict, Locked, StoreError

_LARGEST_RECORD = 1024 * 1024
# Set aside before the server is asked for anything, so that what it returns can be stored on a disk that fills up meanwhile.
_PREALLOCATED = 64 * 1024
_POLL_SECONDS = 0.1
# The pause between two attempts of a write that is insisted on grows up to this.
_LONGEST_PAUSE = 2.0
_LOCK_ATTEMPTS = 3
# For a write outside of lock() and unlock(): other runs hold the lock for as long as they work, so this is only for a short encounter.
_BRIEF_WAIT = 5.0
# How long another host's temporary file, whose owner cannot be looked for, is left alone.
_FOREIGN_SECONDS = 3600


class _Content(t.NamedTuple):
    """What stands in the file: its bytes, the document in them (None when they are none), and when they were written (epoch seconds)."""

    octets: bytes
    document: dict[str, t.Any] | None
    written_at: float

    def __repr__(self) -> str:
        """Without what is in it: it holds secrets."""
        return f"_Content({len(self.octets)} bytes)"


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
        self._folder, self._name = os.path.split(os.path.abspath(path))
        self._temporary = os.path.join(self._folder, f".{self._name}.{_short(self.host)}.{uuid.uuid4().hex[:16]}.new")
        self._lock_path = f"{path}.lock"
        self._lock: int | None = None
        self._check_mode = check_mode
        self._warn = warn
        self._content: _Content | None = None
        self._warned_about: bytes | None = None
        self._kept: bytes | None = None
        # Whether a write that seemed to fail may have been done.
        self._maybe_applied = False
        # While a new secret is insisted on: whether the folder went away meanwhile, and the record with it.
        self._insists = False
        self._is_lost = False
        self._folder_id: tuple[int, int] | None = None
        self._stale: list[str] = []

    def __enter__(self) -> FileBackend:
        self._check_folder()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.unlock()

    # Reading

    @property
    def seen(self) -> Mapping[str, t.Any] | None:
        return self._content.document if self._content else None

    def read(self) -> dict[str, t.Any] | None:
        with self._explained("read"):
            content = self._content = self._load()
        if content is None:
            return None
        if content.document is None and content.octets != self._warned_about:
            self._warned_about = content.octets
            self._warn(
                f"{self.location} is damaged (it is not JSON), so its secret is lost, and it is treated as if there were no record; "
                f"the next write keeps it as {self.path}.damaged-TIME"
            )
        return content.document

    def _load(self) -> _Content | None:
        """What is in the file, or None when there is none; raises StoreError for a file that is not safe to use."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            found = os.fstat(descriptor)
            self._check_file(found)
            with open(descriptor, "rb", closefd=False) as file:
                octets = file.read(_LARGEST_RECORD + 1)
        finally:
            os.close(descriptor)
        try:
            document = json.loads(octets)
        except (ValueError, RecursionError):
            return _Content(octets, None, found.st_mtime)
        if not isinstance(document, dict):
            raise StoreError(f"{self.location} holds JSON that is not a record, and was not changed; use a separate file for each token")
        return _Content(octets, document, found.st_mtime)

    # The lock

    def lock(self, wait: float) -> None:
        with self._explained("locked"):
            self._take_lock(wait)

    def _take_lock(self, wait: float) -> None:
        if self._lock is not None or self._check_mode:
            raise RuntimeError("the lock is taken once, and never in check mode")
        if not self._acquire(time.monotonic() + wait):
            raise Locked(f"{self.location} is locked by another run; waited {wait:g} s (lock_timeout)")
        if self._folder_id is None:
            self._folder_id = self._identify_folder()
        self._sweep()

    def unlock(self) -> None:
        if self._lock is None:
            return
        # What was preallocated and not needed, and what could not be removed before.
        for path in (self._temporary, *self._stale):
            with contextlib.suppress(OSError):
                os.unlink(path)
        self._stale = []
        descriptor, self._lock = self._lock, None
        os.close(descriptor)

    def owner_is_gone(self, pending: Mapping[str, t.Any]) -> bool:
        """The kernel frees a lock when its holder dies, so a claim of this machine's under a free lock has no owner any more.

        The claim was written under the lock. A lock file that is missing, or newer than that, has taken the place of a deleted one, of
        which nobody knows who holds it.
        """
        if self.host is None or pending.get("host") != self.host or self._content is None:
            return False
        try:
            descriptor = os.open(self._lock_path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return os.fstat(descriptor).st_mtime <= self._content.written_at and (self._lock is not None or _is_free(descriptor))
        finally:
            os.close(descriptor)

    def _acquire(self, give_up: float) -> bool:
        """Wait for the lock until then; returns whether this run holds it now.

        It is tried a few times in any case: owner_is_gone() of another run takes it for a moment to see whether it is free.
        """
        for attempt in itertools.count(1):
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                if _lock_now(descriptor) and self._is_lock_file(descriptor):
                    self._lock, descriptor = descriptor, -1
                    return True
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
            if time.monotonic() >= give_up and attempt >= _LOCK_ATTEMPTS:
                return False
            time.sleep(_POLL_SECONDS if attempt >= _LOCK_ATTEMPTS else _POLL_SECONDS / 10)
        raise AssertionError("unreachable")

    def _is_lock_file(self, descriptor: int) -> bool:
        """Whether this open file is still the one at PATH.lock. The lock of a deleted file is worth nothing: the next run locks another one."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.lstat(self._lock_path))
        except FileNotFoundError:
            return False

    def _sweep(self) -> None:
        """Remove the temporary files that dead runs have left: they may hold a secret. The lock's holder is the only one at work on its host."""
        pattern = re.compile(rf"\.{re.escape(self._name)}\.([0-9a-z]{{8}})\.[0-9a-f]{{16}}\.new")
        for entry in os.listdir(self._folder):
            match = pattern.fullmatch(entry)
            path = os.path.join(self._folder, entry)
            if match is None or path == self._temporary:
                continue
            with contextlib.suppress(OSError):
                if (self.host and match.group(1) == _short(self.host)) or self.now() - os.lstat(path).st_mtime > _FOREIGN_SECONDS:
                    self._stale.append(path)
                    os.unlink(path)
                    self._stale.remove(path)

    @contextlib.contextmanager
    def _working(self, insist_until: float | None) -> Iterator[None]:
        """Hold the lock, and the right one, while the record is written."""
        borrowed = self._lock is None
        if borrowed:
            self._take_lock(max(insist_until - time.monotonic(), 0) if insist_until else _BRIEF_WAIT)
        elif not self._is_lock_file(t.cast(int, self._lock)):
            self._regain_lock(insist_until)
        try:
            yield
        finally:
            if borrowed:
                self.unlock()

    def _regain_lock(self, insist_until: float | None) -> None:
        """Lock the file that has taken the place of ours. Whether another run has written meanwhile is seen when the record is compared."""
        old, self._lock = t.cast(int, self._lock), None
        os.close(old)
        if not self._acquire(insist_until or time.monotonic() + _BRIEF_WAIT):
            raise Locked(f"{self.location}: {self._lock_path} was deleted during this run, and another run holds the new one. Do not delete the lock file")

    # Writing

    def write(self, document: Mapping[str, t.Any], insist_until: float | None = None) -> None:
        octets = (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()
        self._persist("written", lambda: self._replace(octets), insist_until)

    def remove(self, insist_until: float | None = None) -> None:
        self._persist("removed", self._unlink, insist_until)

    def preallocate(self) -> None:
        with self._explained("written"), self._working(None):
            descriptor = self._open_temporary()
            try:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(descriptor, 0, _PREALLOCATED)
            except OSError as error:
                # Not every file system can set space aside.
                if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                    raise
            finally:
                os.close(descriptor)

    def _persist(self, what: str, effect: Callable[[], None], insist_until: float | None) -> None:
        """Carry out an effect on the record under the lock.

        With insist_until it is repeated after every failure and refusal but a symbolic link: a file server restarts, somebody makes room on
        the disk or corrects the permissions, a folder was moved and is brought back. Nothing is made in its place: who removed it may have
        meant that.
        """
        pause = _POLL_SECONDS
        self._maybe_applied = self._is_lost = False
        self._insists = insist_until is not None
        while True:
            try:
                with self._working(insist_until):
                    self._find_out_what_was_lost()
                    effect()
                    self._sync_folder()
                    return
            except (Conflict, Locked):
                raise
            except (OSError, StoreError) as problem:
                failure = self._failed_attempt(what, problem)
                if _is_symlink(problem) or insist_until is None or time.monotonic() >= insist_until:
                    raise failure from None
                if pause == _POLL_SECONDS:
                    self._warn(f"{failure.message}; this is repeated for up to {insist_until - time.monotonic():.0f} s")
            time.sleep(min(pause, max(insist_until - time.monotonic(), 0)))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _failed_attempt(self, what: str, problem: OSError | StoreError) -> StoreError:
        """The error for an attempt to carry out an effect, of which the folder may have been lost meanwhile."""
        self._is_lost = self._is_lost or (self._insists and self._identify_folder() is None)
        if isinstance(problem, OSError):
            return self._explanation(what, problem)
        problem.maybe_applied = problem.maybe_applied or self._maybe_applied
        return problem

    def _identify_folder(self) -> tuple[int, int] | None:
        """What tells the folder from another one in its place; None where there is none."""
        try:
            found = os.stat(self._folder)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            # It is there, or nobody can tell.
            return self._folder_id or (0, 0)
        return found.st_dev, found.st_ino

    def _find_out_what_was_lost(self) -> None:
        """Under the lock, whether the folder is another one than before; it has to be as safe as the first one."""
        if self._insists and (self._is_lost or self._identify_folder() != self._folder_id):
            self._is_lost = True
            self._check_folder()

    def _replace(self, octets: bytes) -> None:
        document = json.loads(octets)
        try:
            temporary = self._write_temporary(octets)
            if self._compare(octets):
                return
            self._keep_damaged()
            before = self._content
            try:
                # First, because an exception may come right after the rename.
                self._content = _Content(octets, document, temporary.st_mtime)
                os.replace(self._temporary, self.path)
            except BaseException as problem:
                # Ctrl-C or a task's time limit, before or after the rename; or a network file system that reports a failure of what it has
                # done. Only the folder tells.
                is_in_place = self._is_in_place(temporary)
                if not is_in_place:
                    self._content = before
                    self._maybe_applied = self._maybe_applied or is_in_place is None
                    raise
                if not isinstance(problem, OSError):
                    raise
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(self._temporary)
            raise

    def _unlink(self) -> None:
        self._compare()
        self._keep_damaged()
        before = self._content
        try:
            self._content = None
            os.unlink(self.path)
        except BaseException as problem:
            is_gone = self._is_gone()
            if not is_gone:
                self._content = before
                self._maybe_applied = self._maybe_applied or is_gone is None
                raise
            if not isinstance(problem, OSError):
                raise

    def _compare(self, wanted: bytes | None = None) -> bool:
        """Raise Conflict unless the file holds what was last seen; True when it holds what is wanted, written by an attempt that seemed to fail."""
        found = self._load()
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

    def _is_in_place(self, temporary: os.stat_result) -> bool | None:
        """Whether the file is the temporary one by now; None when the file system does not tell."""
        try:
            return os.path.samestat(os.lstat(self.path), temporary)
        except FileNotFoundError:
            return False
        except OSError:
            return None

    def _is_gone(self) -> bool | None:
        """Whether there is no file any more; None when the file system does not tell."""
        try:
            os.lstat(self.path)
        except FileNotFoundError:
            return True
        except OSError:
            return None
        return False

    def _open_temporary(self) -> int:
        """This run's own temporary file: what preallocate() made, or a new one."""
        try:
            return os.open(self._temporary, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def _write_temporary(self, content: bytes) -> os.stat_result:
        descriptor = self._open_temporary()
        try:
            self._check_file(os.fstat(descriptor))
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.ftruncate(descriptor, len(content))
            os.fsync(descriptor)
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def _sync_folder(self) -> None:
        """Make a rename or a removal last. It has happened already, so a failure is no reason to take anything back."""
        try:
            descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EBADF, errno.EOPNOTSUPP):
                self._warn(f"{self.location} was replaced, but its folder could not be synchronised ({error.strerror}): a power cut could undo that")

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
        if self._lock is not None:
            with contextlib.suppress(OSError):
                descriptor = self._open_temporary()
                try:
                    os.utime(descriptor)
                    return os.fstat(descriptor).st_mtime
                finally:
                    os.close(descriptor)
        return time.time()

    def age(self) -> float:
        return max(self.now() - self._content.written_at, 0.0) if self._content else 0.0

    # Refusals

    def _check_folder(self) -> None:
        try:
            found = os.stat(self._folder)
        except NotADirectoryError:
            raise StoreError(f"{self.location}: a part of the path of its folder is a file, so there cannot be such a folder; choose another path") from None
        except OSError as error:
            command = f"install -d -m 700 {shlex.quote(self._folder)}"
            raise StoreError(f"{self.location}: its folder cannot be used ({error.strerror}); create one with: {command}") from None
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            raise StoreError(f"{self.location}: everybody may write to its folder; fix that with: chmod o-w {shlex.quote(self._folder)}")
        # Where there is a record, this run may have nothing to write.
        may_write = os.access(self._folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)
        if not (self._check_mode or may_write or os.path.lexists(self.path)):
            code = errno.EROFS if os.statvfs(self._folder).f_flag & os.ST_RDONLY else errno.EACCES
            raise self._explanation("written", OSError(code, os.strerror(code)))

    def _check_file(self, found: os.stat_result) -> None:
        path = shlex.quote(self.path)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{self.location} is not a regular file; give the path of one")
        if found.st_uid != os.geteuid():
            me = os.geteuid()
            raise StoreError(f"{self.location} belongs to user id {found.st_uid}, this run is user id {me}; fix that with: chown {me} {path}")
        if found.st_mode & 0o077:
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            raise StoreError(f"{self.location} is open to others (mode {mode}): treat its secret as compromised, and fix that with: chmod 600 {path}")

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._explanation(what, error) from None

    def _explanation(self, what: str, error: OSError) -> StoreError:
        if error.errno == errno.ELOOP:
            return StoreError(f"{self.location} is a symbolic link, which is refused; give the path of the file itself")
        return StoreError(f"{self.location} could not be {what}: {error.strerror}{self._hint(error.errno)}", maybe_applied=self._maybe_applied)

    def _hint(self, code: int | None) -> str:
        if code in (errno.EACCES, errno.EPERM):
            return f"; user id {os.geteuid()} must own its folder and be allowed to write there: chmod u+rwx {shlex.quote(self._folder)}"
        if code in (errno.ENOSPC, errno.EDQUOT):
            return "; make room on its file system"
        if code == errno.ENOENT and self._identify_folder() is None:
            return f"; its folder is gone: bring it back, or create one with: install -d -m 700 {shlex.quote(self._folder)}"
        if code == errno.EIO:
            return "; look at the disk, or the connection to the file server, that it is on"
        if code == errno.EROFS:
            return "; its file system is read-only: give another path"
        return ""


def _lock_now(descriptor: int) -> bool:
    """Whether the lock was free and is now this run's."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_symlink(problem: Exception) -> bool:
    return isinstance(problem, OSError) and problem.errno == errno.ELOOP


def _short(host: str | None) -> str:
    return host[:8] if host else "unknown0"
