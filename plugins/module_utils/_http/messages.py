# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be read out of a response or an exception: error details, excerpts, root causes, secrets that fit a header."""

from __future__ import annotations

import re
import typing as t
from html import unescape
from http.client import BadStatusLine, RemoteDisconnected
from urllib.parse import urlsplit

from .._errors import ApiError
from .._redact import one_line

# No message shows more than this of a server's own words.
MAX_EXCERPT_CHARACTERS = 500
_MAX_READ_CHARACTERS = 65536

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
# urllib3 1.26 puts the connection object before the words, and the operating system's error into them.
_OBJECT = re.compile(r"<.* object at 0x[0-9a-f]+>:?")
_ERRNO = re.compile(r"^.*\[Errno -?[0-9]+\] (?=\S)", re.DOTALL)


def error_details(document: t.Any) -> tuple[str | int | None, str]:
    """The error code and the message in the error document of either product, whatever its shape."""
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        document = document["error"]
    if not isinstance(document, dict):
        return None, ""
    code = next((document[key] for key in ("errorCode", "code") if isinstance(document.get(key), (str, int))), None)
    words = next((document[key] for key in ("errorMessage", "message", "errorString", "errLogMessage") if isinstance(document.get(key), str)), "")
    return code, one_line(words[:_MAX_READ_CHARACTERS])


def body_excerpt(content: bytes, content_type: str) -> str:
    """What a person can read in an error body that is not JSON; for an HTML page, its title."""
    text = content[:_MAX_READ_CHARACTERS].decode("utf-8", "replace")
    if "html" in content_type.lower() or text.lstrip()[:1] == "<":
        title = _TITLE.search(text)
        text = f'an HTML page with the title "{unescape(title.group(1)).strip()}"' if title else "an HTML page"
    return one_line(text)


def root_cause(problem: BaseException) -> str:
    """The message of the root cause, without what the libraries wrap around it."""
    seen: list[BaseException] = []
    reason: t.Any = problem
    while isinstance(reason, BaseException) and reason not in seen:
        seen.append(reason)
        inner = [argument for argument in reason.args if isinstance(argument, BaseException)]
        reason = getattr(reason, "reason", None) or (inner[0] if inner else None) or reason.__cause__
    last = seen[-1]
    if isinstance(last, BadStatusLine) and not isinstance(last, RemoteDisconnected):
        # What should have been a status line may be the rest of a body that was longer than announced, secrets and all.
        return "the server sent something that is not an HTTP response"
    if isinstance(last, OSError) and last.strerror:
        return last.strerror
    # An argument that is no text (the length of a truncated response, say) means nothing without the others.
    words = last.args[-1] if last.args and isinstance(last.args[-1], str) else str(last) or type(last).__name__
    return " ".join(_ERRNO.sub("", _OBJECT.sub("", words)).split())


def safe_location(location: str | None) -> str:
    """The target of a redirect, without the parts that may hold a secret: user, query and fragment."""
    try:
        parts = urlsplit(location or "")
    except ValueError:
        return "an unnamed address"
    place = parts.netloc.rpartition("@")[2]
    return one_line(f"{parts.scheme}://{place}{parts.path}" if place else parts.path) or "an unnamed address"


def check_secret(value: t.Any, what: str, call: str) -> str:
    """Return the token from a response; raise ApiError when it cannot be sent in a header."""
    if not isinstance(value, str) or not value.strip():
        raise ApiError(f"{call}: the response holds no {what}", maybe_applied=True)
    if not is_header_text(value):
        raise ApiError(f"{call}: the {what} in the response holds characters that cannot be sent in a header", maybe_applied=True)
    return value


def is_header_text(value: t.Any) -> bool:
    """Whether the value is a text that can be sent in a header as it is."""
    return isinstance(value, str) and bool(value.strip()) and value == value.strip() and value.isascii() and value.isprintable()
