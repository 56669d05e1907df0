# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins a user's path below the base of an API, so that it can name no other place."""

from __future__ import annotations

import re
from urllib.parse import unquote

from .._errors import ApiError

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ENCODED_SEPARATOR = re.compile(r"%(?:25)*(?:2f|5c|3f|23|0[0-9a-f]|1[0-9a-f]|7f)", re.IGNORECASE)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
# More than anybody encodes; each round takes one layer off.
_MOST_LAYERS = 5


def join(path: str, base: str = "") -> str:
    """The path as it is sent, with one slash before it. base: the server's address, for messages. Raises ApiError for anything but a plain path."""
    reason = _refusal(path)
    if reason:
        place = f" below {base}" if base else " on the server"
        raise ApiError(f"path: {path!r} {reason}, so nothing was sent; give a path{place}, for example /v2/clusters")
    return f"/{path.removeprefix('/')}"


def _refusal(path: str) -> str | None:
    """Why a path is refused, as the end of a sentence; None for one that is safe."""
    if not path.strip("/ "):
        return "names nothing"
    if not path.isprintable() or path != path.strip():
        return "holds a line break, a control character or a blank at an end"
    if _SCHEME.match(path):
        return "is an absolute URL"
    if path.startswith("//"):
        return "starts with two slashes, as the name of a host does"
    if "\\" in path:
        return "holds a backslash"
    if "?" in path or "#" in path:
        return "holds a query or a fragment, and the query has its own option, query"
    if _ENCODED_SEPARATOR.search(path):
        return "holds an encoded slash, backslash, question mark, hash or control character"
    if _BROKEN_ESCAPE.search(path):
        return "holds a % that encodes nothing (write it as %25)"
    if _has_dots(path):
        return "holds . or .. as a part"
    return None


def _has_dots(path: str) -> bool:
    """Whether a part of the path is . or .., however often it is encoded. What follows a semicolon is a parameter of that part."""
    text = path
    for _layer in range(_MOST_LAYERS):
        if any(part.partition(";")[0] in (".", "..") for part in text.split("/")):
            return True
        decoded = unquote(text)
        if decoded == text:
            return False
        text = decoded
    return True
