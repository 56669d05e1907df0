# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a response to a file: streamed, whole or not at all, for this user alone, and never through a link."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import typing as t
from collections.abc import Iterator

from .._errors import ApiError

_MODE = 0o600
_CHUNK_BYTES = 1024 * 1024


class Download:
    """A file in the making. is_new: after the end, whether the file at its place has another content than before."""

    def __init__(self, dest: str, sink: t.BinaryIO) -> None:
        self.dest = dest
        self.sink = sink
        self.size = 0
        self.checksum = ""
        self.is_new = False


@contextlib.contextmanager
def download(dest: str) -> Iterator[Download]:
    """A file to write to, which takes its place when nothing was raised. Raises ApiError for a place that cannot be used."""
    check_place(dest)
    try:
        number, path = tempfile.mkstemp(prefix=f".{os.path.basename(dest)}.", dir=os.path.dirname(os.path.abspath(dest)))
    except OSError as problem:
        raise _cannot(dest, problem) from None
    try:
        with os.fdopen(number, "w+b") as sink:
            made = Download(dest, sink)
            yield made
            _finish(made, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def check_place(dest: str) -> None:
    """Raise ApiError unless there is a folder that can be written to, and at the place itself a plain file or nothing."""
    folder = os.path.dirname(os.path.abspath(dest))
    if not os.path.isdir(folder):
        raise ApiError(f"dest: the folder {folder} does not exist, so nothing was sent")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ApiError(f"dest: the folder {folder} cannot be written to, so nothing was sent")
    _check_is_file(dest)


def _check_is_file(dest: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        mode = os.lstat(dest).st_mode
        if not stat.S_ISREG(mode):
            what = "a symbolic link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no plain file"
            raise ApiError(f"dest: {dest} is {what}; give the path of a file")


def _finish(made: Download, path: str) -> None:
    """Put the file in its place, unless what is there is the same."""
    try:
        made.sink.flush()
        made.size = os.fstat(made.sink.fileno()).st_size
        made.checksum = _checksum(path)
        _check_is_file(made.dest)
        made.is_new = not _is_there(made)
        if made.is_new:
            os.fsync(made.sink.fileno())
            os.replace(path, made.dest)
    except OSError as problem:
        raise _cannot(made.dest, problem) from None


def _is_there(made: Download) -> bool:
    """Whether the place holds the same already, for this user alone."""
    try:
        found = os.lstat(made.dest)
    except FileNotFoundError:
        return False
    return stat.S_IMODE(found.st_mode) == _MODE and found.st_size == made.size and _checksum(made.dest) == made.checksum


def _checksum(path: str) -> str:
    digest = hashlib.sha256()
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _cannot(dest: str, problem: OSError) -> ApiError:
    return ApiError(f"dest: {dest} could not be written: {problem.strerror or problem}")
