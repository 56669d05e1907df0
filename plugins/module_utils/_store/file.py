# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shlex
import stat
import time
import typing as t
from collections.abc import Callable, Iterator, Mapping

from .errors import StoreError

_LARGEST_RECORD = 1024 * 1024
# Set aside before the server is asked for anything, so that the answer can be stored on a disk that fills up meanwhile.
_RESERVED = 64 * 1024
_LOCK_POLL_SECONDS = 0.1


class FileStorage:
    """One record in one JSON file, mode 0600, locked for the whole run and replaced as a whole.

    The lock is on a file of its own beside it, PATH.lock, which stays: the record's own file is another one after each write.
    """

    def __init__(self, path: str, lock_timeout: float, check_mode: bool, warn: Callable[[str], None]) -> None:
        self.path = path
        self.where = f"The store file {path}"
        self.holds_lock = False
        self._folder, name = os.path.split(os.path.abspath(path))
        self._temporary = os.path.join(self._folder, f".{name}.new")
        self._lock_path = f"{path}.lock"
        self._lock_timeout = lock_timeout
        self._check_mode = check_mode
        self._warn = warn
        self._lock: int | None = None

    def __enter__(self) -> FileStorage:
        self._check_folder()
        # Check mode writes nothing, a lock file neither.
        if not self._check_mode:
            with self._explained("locked"):
                self._acquire()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._lock is not None:
            # What was reserved and not needed. A file of a run that was killed holds a secret: the next run ends here too.
            with contextlib.suppress(OSError):
                os.unlink(self._temporary)
            os.close(self._lock)
            self._lock = None
            self.holds_lock = False

    def read(self) -> dict[str, t.Any] | None:
        """The document in the file, or None where there is none; raises StoreError for a file that is not safe to use."""
        with self._explained("read"):
            try:
                descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            try:
                self._check_file(os.fstat(descriptor))
                with open(descriptor, "rb", closefd=False) as file:
                    content = file.read(_LARGEST_RECORD + 1)
            finally:
                os.close(descriptor)
        try:
            document = json.loads(content)
        except ValueError:
            self._keep_aside()
            return None
        if not isinstance(document, dict):
            raise StoreError(f"{self.where} holds JSON that is no record, and was left as it is; give the token a file of its own")
        return document

    def write(self, document: Mapping[str, t.Any]) -> None:
        """Replace the record as a whole, or leave it as it is and raise StoreError."""
        content = (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()
        with self._explained("written"):
            try:
                self._write_temporary(content)
                os.replace(self._temporary, self.path)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(self._temporary)
                raise
        self._sync_folder()

    def reserve(self) -> None:
        """Take the space for the next write from the disk now."""
        with self._explained("written"):
            descriptor = self._open_temporary()
            try:
                os.posix_fallocate(descriptor, 0, _RESERVED)
            except OSError as error:
                # Not every file system can set space aside.
                if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                    raise
            finally:
                os.close(descriptor)

    def remove(self) -> None:
        with self._explained("removed"), contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self._sync_folder()

    def claim_is_dead(self, pending: Mapping[str, t.Any], now: float) -> bool:
        """The lock is held for a whole run, so who holds it and finds a claim knows that its owner is gone."""
        if self.holds_lock:
            return True
        try:
            descriptor = os.open(self._lock_path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        else:
            return True
        finally:
            os.close(descriptor)

    def _acquire(self) -> None:
        give_up = time.monotonic() + self._lock_timeout
        while True:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                if self._lock_now(descriptor):
                    self._lock, descriptor = descriptor, -1
                    self.holds_lock = True
                    return
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
            if time.monotonic() >= give_up:
                raise StoreError(f"{self.where} is locked by another run; waited {self._lock_timeout:g} s (lock_timeout)")
            time.sleep(_LOCK_POLL_SECONDS)

    def _lock_now(self, descriptor: int) -> bool:
        """Whether the lock was free. The lock of a file that somebody has removed meanwhile is worth nothing: the next run locks another one."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return os.path.samestat(os.fstat(descriptor), os.lstat(self._lock_path))
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            return False

    def _open_temporary(self) -> int:
        """The temporary file: what reserve() made, or a new one. Only the holder of the lock comes here, so the name can be fixed."""
        try:
            return os.open(self._temporary, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def _write_temporary(self, content: bytes) -> None:
        descriptor = self._open_temporary()
        try:
            self._check_file(os.fstat(descriptor))
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.ftruncate(descriptor, len(content))
            os.fsync(descriptor)
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
                self._warn(f"{self.where} was replaced, but its folder could not be synchronised ({error.strerror}): a power cut could undo that")

    def _keep_aside(self) -> None:
        """Report a file that is not JSON, and keep it: half a secret may still be of use to a person."""
        aside = f"{self.path}.damaged-{int(time.time())}"
        while os.path.lexists(aside):
            aside += "+"
        if self._check_mode:
            self._warn(f"{self.where} is damaged: a run without check mode keeps it as {aside} and goes on as if there was no record")
            return
        with self._explained("kept aside"):
            os.rename(self.path, aside)
        self._warn(f"{self.where} was damaged and is kept as {aside}: its secret is taken for lost")

    def _check_folder(self) -> None:
        try:
            found = os.stat(self._folder)
        except OSError as error:
            command = f"install -d -m 700 {shlex.quote(self._folder)}"
            raise StoreError(f"{self.where}: its folder cannot be used ({error.strerror}); make one with: {command}") from None
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            raise StoreError(f"{self.where}: everybody may write to its folder; mend that with: chmod o-w {shlex.quote(self._folder)}")

    def _check_file(self, found: os.stat_result) -> None:
        path = shlex.quote(self.path)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{self.where} is not a regular file; give the path of one")
        if found.st_uid != os.geteuid():
            raise StoreError(f"{self.where} belongs to user id {found.st_uid}, this run is user id {os.geteuid()}; mend that with: chown {os.geteuid()} {path}")
        if found.st_mode & 0o077:
            raise StoreError(
                f"{self.where} is open to others (mode {stat.S_IMODE(found.st_mode):04o}): take its secret for known, and mend that with: chmod 600 {path}"
            )

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise StoreError(f"{self.where} is a symbolic link, which is refused; give the path of the file itself") from None
            raise StoreError(f"{self.where} could not be {what}: {error.strerror}{self._hint(error.errno)}") from None

    def _hint(self, code: int | None) -> str:
        if code in (errno.EACCES, errno.EPERM):
            return f"; user id {os.geteuid()} must own its folder and be allowed to write there: chmod u+rwx {shlex.quote(self._folder)}"
        if code in (errno.ENOSPC, errno.EDQUOT):
            return "; make room on its file system"
        if code == errno.EROFS:
            return "; its file system is read-only: give another path"
        return ""
