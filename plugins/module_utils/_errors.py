# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import re
import typing as t
from html import unescape
from urllib.parse import urlsplit

# More of a server's words than this is never shown.
MAX_EXCERPT_CHARACTERS = 500
_MAX_READ_CHARACTERS = 65536


class ApiError(Exception):
    """A request, or what a server said to it, went wrong; the text is ready for the user and holds no secret.

    status: the HTTP status, or None when no answer was read. code: the server's own error code, or None.
    maybe_applied: the server may have carried out the request although no usable answer came back.
    """

    def __init__(self, message: str, status: int | None = None, code: str | int | None = None, maybe_applied: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.maybe_applied = maybe_applied

    def explained(self, sentence: str) -> ApiError:
        """The same error with one plain sentence on what to do about it."""
        return ApiError(f"{self.message.rstrip('.')}. {sentence}", self.status, self.code, self.maybe_applied)


def error_details(document: t.Any) -> tuple[str | int | None, str]:
    """The error code and the message in the error document of either product, whatever its shape."""
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        document = document["error"]
    if not isinstance(document, dict):
        return None, ""
    code = next((document[key] for key in ("errorCode", "code") if isinstance(document.get(key), (str, int))), None)
    words = next((document[key] for key in ("errorMessage", "message", "errorString", "errLogMessage") if isinstance(document.get(key), str)), "")
    return code, _one_line(words[:_MAX_READ_CHARACTERS])


def body_excerpt(content: bytes, content_type: str) -> str:
    """What a person can read of an error body that is not JSON: of a page, its title."""
    text = content[:_MAX_READ_CHARACTERS].decode("utf-8", "replace")
    if "html" in content_type.lower() or text.lstrip()[:1] == "<":
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        text = f'an HTML page with the title "{unescape(title.group(1)).strip()}"' if title else "an HTML page"
    return _one_line(text)


def root_cause(problem: BaseException) -> str:
    """The words of the first cause, without the wrapping of the libraries between."""
    seen: list[BaseException] = []
    reason: t.Any = problem
    while isinstance(reason, BaseException) and reason not in seen:
        seen.append(reason)
        inner = [argument for argument in reason.args if isinstance(argument, BaseException)]
        reason = getattr(reason, "reason", None) or (inner[0] if inner else None) or reason.__cause__
    last = seen[-1]
    if isinstance(last, OSError) and last.strerror:
        return last.strerror
    # What is no text, the length of an answer that was cut short for example, says nothing without the rest.
    words = last.args[-1] if last.args and isinstance(last.args[-1], str) else str(last) or type(last).__name__
    return " ".join(re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:?", "", words).split())


def safe_location(location: str | None) -> str:
    """A redirect's target, without what may hold a secret: user, query and fragment."""
    try:
        parts = urlsplit(location or "")
    except ValueError:
        return "an unnamed address"
    place = parts.netloc.rpartition("@")[2]
    return _one_line(f"{parts.scheme}://{place}{parts.path}" if place else parts.path) or "an unnamed address"


def _one_line(text: str) -> str:
    """The text without what could play tricks on a terminal."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
