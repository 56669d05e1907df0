# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of one ansible run for credentials: anonymous, shared by all its workers, and gone with its processes.

ansible imports an action in its main process before it forks a worker for each task, so memory that is mapped by that import is the
same in all workers. The map is a hash table of slots, guarded by record locks (POSIX), which end with their process however that ends.
Where a platform has none of this, where the table is full, or where a lock is not to be had in time, each task logs in by itself.
"""

from __future__ import annotations

import errno
import hashlib
import json
import mmap
import os
import secrets
import struct
import tempfile
import time
import typing as t
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..module_utils._memory import KINDS, REPLACED, Memory, MemoryKey, secrets_in
from ._secrets import mask

try:
    import fcntl
except ImportError:  # not on this platform
    fcntl = None  # type: ignore[assignment]

# 2,000 hosts with a token each fill half of the table. Pages that nobody writes to take no memory.
SLOTS = 4096
SLOT_BYTES = 8192
# How far from its own slot an entry may be.
_PROBES = 64
_DIGEST_BYTES = 16
_CHECKSUM_BYTES = 8
_HEADER = struct.Struct(f"<{_DIGEST_BYTES}s{_CHECKSUM_BYTES}sI")
LARGEST = SLOT_BYTES - _HEADER.size

# Byte 0 of the file for locks stands for the map, each other one for a login.
_MAP_LOCK = 0
_MAP_SECONDS = 5.0
# As long as a login with its retries may take.
LOGIN_SECONDS = 60.0
_PAUSE_SECONDS = 0.02


class RunMap:
    """A table in shared memory from digests to small texts, for this process and those that it forks. Create it before they are forked."""

    def __init__(self, slots: int = SLOTS) -> None:
        self._slots = slots
        # Nothing that is in the map can be connected with a password without this.
        self._secret = secrets.token_bytes(32)
        self._map: mmap.mmap | None = None
        try:
            if fcntl is not None and hasattr(os, "fork"):
                self._locks = _lock_file()
                self._map = mmap.mmap(-1, slots * SLOT_BYTES)
                if hasattr(mmap, "MADV_DONTDUMP"):
                    self._map.madvise(mmap.MADV_DONTDUMP)
        except (OSError, ValueError):
            self._map = None

    def digest(self, *parts: t.Any) -> bytes:
        """What stands for these values in the table: a hash with a secret of this run."""
        return hashlib.blake2b(json.dumps(parts, default=str).encode(), key=self._secret, digest_size=_DIGEST_BYTES).digest()

    def read(self, digest: bytes) -> str | None:
        """The text that was last written for a digest; None also when it cannot be had."""
        with self.lock(_MAP_LOCK, _MAP_SECONDS) as is_locked:
            return self._entry(self._find(digest), digest) if is_locked else None

    def write(self, digest: bytes, text: str) -> bool:
        """Remember a text for a digest; False when there is no room for it."""
        content = text.encode()
        if len(content) > LARGEST:
            # An older text would be taken for the newest.
            content = b""
        with self.lock(_MAP_LOCK, _MAP_SECONDS) as is_locked:
            offset = self._find(digest) if is_locked else None
            if self._map is None or offset is None:
                return False
            self._map[offset : offset + _HEADER.size + len(content)] = _HEADER.pack(digest, _checksum(digest, content), len(content)) + content
        return bool(content)

    @contextmanager
    def lock(self, position: int, seconds: float) -> Iterator[bool]:
        """Hold one byte's lock; yields whether it came within these seconds."""
        is_locked = self._map is not None and self._acquire(position, time.monotonic() + seconds)
        try:
            yield is_locked
        finally:
            if is_locked:
                fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, position)

    def _acquire(self, position: int, deadline: float) -> bool:
        while True:
            try:
                fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, position)
                return True
            except OSError as problem:
                if problem.errno not in (errno.EACCES, errno.EAGAIN) or time.monotonic() >= deadline:
                    return False
            time.sleep(_PAUSE_SECONDS)

    def _find(self, digest: bytes) -> int | None:
        """The place of a digest's entry, or else the place for a new one; None when there is none left near its own slot."""
        free = None
        first = int.from_bytes(digest[:8], "big") % self._slots
        for number in range(first, first + min(_PROBES, self._slots)):
            offset = number % self._slots * SLOT_BYTES
            owner = self._owner(offset)
            if owner == digest:
                return offset
            if owner is None and free is None:
                free = offset
            if not any(self._map[offset : offset + _HEADER.size]):  # type: ignore[index]
                # Nobody has ever looked for a place beyond a slot that was never used.
                break
        return free

    def _owner(self, offset: int) -> bytes | None:
        """The digest whose entry is here; None for a slot that is empty, or whose writer was killed half-way."""
        content = self._content(offset)
        if content is None:
            return None
        digest, checksum, _length = _HEADER.unpack_from(self._map, offset)  # type: ignore[arg-type]
        return digest if checksum == _checksum(digest, content) else None

    def _entry(self, offset: int | None, digest: bytes) -> str | None:
        if offset is None or self._owner(offset) != digest:
            return None
        content = self._content(offset)
        return content.decode() if content else None

    def _content(self, offset: int) -> bytes | None:
        if self._map is None:
            return None
        length = _HEADER.unpack_from(self._map, offset)[2]
        start = offset + _HEADER.size
        return self._map[start : start + length] if length <= LARGEST else None


def _lock_file() -> int:
    """A descriptor of a file without a name, which holds nothing: only its locks are used."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("dataprotection.access")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _checksum(digest: bytes, content: bytes) -> bytes:
    return hashlib.blake2b(digest + content, digest_size=_CHECKSUM_BYTES).digest()


# Of this run: made when ansible loads an action, before it forks.
RUN_MAP = RunMap()


class RunMemory(Memory):
    """The credentials of one login in the memory of the run.

    place: where the tasks run that share them, in addition to the login: a name can mean another server on another machine.
    """

    def __init__(self, key: MemoryKey, place: tuple[t.Any, ...] = (), run_map: RunMap | None = None) -> None:
        super().__init__(session=key.session)
        self._map = run_map or RUN_MAP
        self._login = [*key._replace(one_time=None, session=None), *place]
        self._one_time = key.one_time
        # Who ends a session needs no login for that.
        self._server = [key.server, *key.tls, *place]

    def _digest(self, kind: str) -> bytes:
        if kind.startswith(REPLACED):
            return self._map.digest(self._server, kind)
        return self._map.digest(self._login, kind, None if kind in KINDS else self._one_time)

    def _load(self, kind: str) -> Mapping[str, t.Any] | None:
        text = self._map.read(self._digest(kind))
        document = json.loads(text) if text else None
        self._mask(document)
        return document

    def _save(self, kind: str, document: dict[str, t.Any]) -> bool:
        self._mask(document)
        text = json.dumps(document)
        # Of sessions that nobody else knows, an older list is better than none.
        return not (kind.startswith(REPLACED) and len(text) > LARGEST) and self._map.write(self._digest(kind), text)

    @staticmethod
    def _mask(document: Mapping[str, t.Any] | None) -> None:
        if document:
            mask(secrets_in(document))

    @contextmanager
    def _lock(self, kind: str | None = None, /) -> Iterator[None]:
        digest = self._map.digest(self._login) if kind is None else self._digest(kind)
        # Who waits in vain goes on all the same.
        with self._map.lock(1 + int.from_bytes(digest[:6], "big"), LOGIN_SECONDS):
            yield
