# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a record in a file: flock() on a file beside it."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import time

POLL_SECONDS = 0.1
_LOCK_ATTEMPTS = 3


class FileLock:
    """The lock file at path, which stays: the record's own file is another one after each write. The kernel frees the lock of a dead process."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        return self._descriptor is not None

    @property
    def is_current(self) -> bool:
        """Whether this run holds the lock of the file that is at path now."""
        return self._descriptor is not None and self._is_lock_file(self._descriptor)

    def release(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def has_no_other_holder_since(self, moment: float) -> bool:
        """Whether nobody but this run holds the lock of the file that has been at path since then, in epoch seconds; False if that is unknown."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return os.fstat(descriptor).st_mtime <= moment and (self.is_held or _is_free(descriptor))
        finally:
            os.close(descriptor)

    def acquire(self, give_up: float) -> bool:
        """Wait for the lock until then; returns whether this run holds it now.

        It is tried a few times in any case: owner_is_gone() of another run takes it for a moment to see whether it is free.
        """
        for attempt in itertools.count(1):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                if _lock_now(descriptor) and self._is_lock_file(descriptor):
                    self._descriptor, descriptor = descriptor, -1
                    return True
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
            if time.monotonic() >= give_up and attempt >= _LOCK_ATTEMPTS:
                return False
            time.sleep(POLL_SECONDS if attempt >= _LOCK_ATTEMPTS else POLL_SECONDS / 10)
        raise AssertionError("unreachable")

    def _is_lock_file(self, descriptor: int) -> bool:
        """Whether this open file is still the one at PATH.lock. The lock of a deleted file is worth nothing: the next run locks another one."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.lstat(self.path))
        except FileNotFoundError:
            return False


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
