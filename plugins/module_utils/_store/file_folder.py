# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a record in a file: opening, checking and writing its files safely, and what to do about a failure."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shlex
import stat
import typing as t
import uuid
from collections.abc import Callable

from .errors import StoreError

_LARGEST_RECORD = 1024 * 1024
# Set aside before the server is asked for anything, so that what it returns can be stored on a disk that fills up meanwhile.
_PREALLOCATED = 64 * 1024
# How long another host's temporary file, whose owner cannot be looked for, is left alone.
_FOREIGN_SECONDS = 3600


class Content(t.NamedTuple):
    """What stands in the file: its bytes, the document in them (None when they are none), and when they were written (epoch seconds)."""

    octets: bytes
    document: dict[str, t.Any] | None
    written_at: float

    def __repr__(self) -> str:
        """Without what is in it: it holds secrets."""
        return f"Content({len(self.octets)} bytes)"


class RecordFolder:
    """The files of one record: the record itself at path, and this run's temporary file beside it, which is renamed to replace it.

    location: the record, as messages name it. host: this machine's boot, as backends.Backend has it.
    """

    def __init__(self, path: str, location: str, host: str | None, *, check_mode: bool, warn: Callable[[str], None]) -> None:
        self.path = path
        self.location = location
        self._host = host
        self._folder, self._name = os.path.split(os.path.abspath(path))
        self.temporary = os.path.join(self._folder, f".{self._name}.{_short(host)}.{uuid.uuid4().hex[:16]}.new")
        self._check_mode = check_mode
        self._warn = warn
        # What told the folder from others when the lock was first taken.
        self.first_id: tuple[int, int] | None = None
        self._stale: list[str] = []

    def load(self) -> Content | None:
        """What is in the file, or None when there is none; raises StoreError for a file that is not safe to use."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            found = os.fstat(descriptor)
            self.check_file(found)
            with open(descriptor, "rb", closefd=False) as file:
                octets = file.read(_LARGEST_RECORD + 1)
        finally:
            os.close(descriptor)
        try:
            document = json.loads(octets)
        except (ValueError, RecursionError):
            return Content(octets, None, found.st_mtime)
        if not isinstance(document, dict):
            raise StoreError(f"{self.location} holds JSON that is not a record, and was not changed; use a separate file for each token")
        return Content(octets, document, found.st_mtime)

    def open_temporary(self) -> int:
        """This run's own temporary file: what preallocate() made, or a new one."""
        try:
            return os.open(self.temporary, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return os.open(self.temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def write_temporary(self, content: bytes) -> os.stat_result:
        """Make these the temporary file's content, on the disk. Raises OSError and StoreError."""
        descriptor = self.open_temporary()
        try:
            self.check_file(os.fstat(descriptor))
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.ftruncate(descriptor, len(content))
            os.fsync(descriptor)
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def preallocate(self) -> None:
        """Set aside the room that the next write takes, in the temporary file. Raises OSError."""
        descriptor = self.open_temporary()
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, _PREALLOCATED)
        except OSError as error:
            # Not every file system can set space aside.
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise
        finally:
            os.close(descriptor)

    def sync(self) -> None:
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

    def sweep(self, now: Callable[[], float]) -> None:
        """Remove the temporary files that dead runs have left: they may hold a secret. The lock's holder is the only one at work on its host."""
        pattern = re.compile(rf"\.{re.escape(self._name)}\.([0-9a-z]{{8}})\.[0-9a-f]{{16}}\.new")
        for entry in os.listdir(self._folder):
            match = pattern.fullmatch(entry)
            path = os.path.join(self._folder, entry)
            if match is None or path == self.temporary:
                continue
            with contextlib.suppress(OSError):
                if (self._host and match.group(1) == _short(self._host)) or now() - os.lstat(path).st_mtime > _FOREIGN_SECONDS:
                    self._stale.append(path)
                    os.unlink(path)
                    self._stale.remove(path)

    def is_in_place(self, temporary: os.stat_result) -> bool | None:
        """Whether the file is the temporary one by now; None when the file system does not tell."""
        try:
            return os.path.samestat(os.lstat(self.path), temporary)
        except FileNotFoundError:
            return False
        except OSError:
            return None

    def is_gone(self) -> bool | None:
        """Whether there is no file any more; None when the file system does not tell."""
        try:
            os.lstat(self.path)
        except FileNotFoundError:
            return True
        except OSError:
            return None
        return False

    def file_system_time(self) -> float:
        """The time of the file system in epoch seconds, by the temporary file. Raises OSError."""
        descriptor = self.open_temporary()
        try:
            os.utime(descriptor)
            return os.fstat(descriptor).st_mtime
        finally:
            os.close(descriptor)

    def remove_temporary(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)

    def clean_up(self) -> None:
        """Remove what was preallocated and not needed, and what could not be removed before."""
        for path in (self.temporary, *self._stale):
            with contextlib.suppress(OSError):
                os.unlink(path)
        self._stale = []

    def identify(self) -> tuple[int, int] | None:
        """What tells the folder from another one in its place; None where there is none."""
        try:
            found = os.stat(self._folder)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            # It is there, or nobody can tell.
            return self.first_id or (0, 0)
        return found.st_dev, found.st_ino

    def check(self) -> None:
        """Raise StoreError for a folder that is missing, open to others, or of no use to this run."""
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
            raise self.explanation("written", OSError(code, os.strerror(code)))

    def check_file(self, found: os.stat_result) -> None:
        """Raise StoreError for a file that is not this user's alone."""
        path = shlex.quote(self.path)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{self.location} is not a regular file; give the path of one")
        if found.st_uid != os.geteuid():
            me = os.geteuid()
            raise StoreError(f"{self.location} belongs to user id {found.st_uid}, this run is user id {me}; fix that with: chown {me} {path}")
        if found.st_mode & 0o077:
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            raise StoreError(f"{self.location} is open to others (mode {mode}): treat its secret as compromised, and fix that with: chmod 600 {path}")

    def explanation(self, what: str, error: OSError, maybe_applied: bool = False) -> StoreError:
        """The error for a failure of the file system, with what to do about it. what: "read", "written" or the like."""
        if error.errno == errno.ELOOP:
            return StoreError(f"{self.location} is a symbolic link, which is refused; give the path of the file itself")
        return StoreError(f"{self.location} could not be {what}: {error.strerror}{self._hint(error.errno)}", maybe_applied=maybe_applied)

    def _hint(self, code: int | None) -> str:
        if code in (errno.EACCES, errno.EPERM):
            return f"; user id {os.geteuid()} must own its folder and be allowed to write there: chmod u+rwx {shlex.quote(self._folder)}"
        if code in (errno.ENOSPC, errno.EDQUOT):
            return "; make room on its file system"
        if code == errno.ENOENT and self.identify() is None:
            return f"; its folder is gone: bring it back, or create one with: install -d -m 700 {shlex.quote(self._folder)}"
        if code == errno.EIO:
            return "; look at the disk, or the connection to the file server, that it is on"
        if code == errno.EROFS:
            return "; its file system is read-only: give another path"
        return ""


def _short(host: str | None) -> str:
    return host[:8] if host else "unknown0"
