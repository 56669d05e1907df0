# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a REST call sends: its query, its headers, and a body in the format that was asked for."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Mapping
from urllib.parse import urlencode

from .._errors import ApiError
from .paths import join

BODY_FORMATS = {"json": "application/json", "form": "application/x-www-form-urlencoded", "xml": "application/xml", "raw": "application/octet-stream"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
READS = ("GET", "HEAD")
# What says who calls, for whom, or where: each has an option, or follows from the rest of the request.
_OPTION_OF = {
    "authorization": "a credential",
    "authtoken": "a credential",
    "apikey": "a credential",
    "session-id": "a credential",
    "cookie": "a credential",
    "accessclusterid": "access_cluster",
    "x-impersonate-tenant-id": "tenant",
}
_COMPUTED = ("host", "content-length", "transfer-encoding", "connection")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Message(t.NamedTuple):
    """A request without its credential. content: the body as it is sent, None for none. document: the JSON that it stands for, if it does."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    content: bytes | None = None
    document: t.Any = None

    @property
    def is_read(self) -> bool:
        return self.method in READS


def read_message(
    *,
    method: str,
    path: str,
    query: Mapping[str, t.Any] | None,
    headers: Mapping[str, t.Any] | None,
    body: t.Any,
    body_format: str,
) -> Message:
    """The request that the options describe; raises ApiError for what cannot, or must not, be sent."""
    content, document = (None, None) if body is None else _encoded(body, body_format)
    sent = _checked_headers(headers or {})
    if content is not None and "content-type" not in map(str.lower, sent):
        sent["Content-Type"] = BODY_FORMATS[body_format]
    return Message(method, join(path), _pairs(query or {}, "query"), sent, content, document)


def _encoded(body: t.Any, body_format: str) -> tuple[bytes, t.Any]:
    """A body as it is sent, and the JSON document that it is."""
    if body_format == "json":
        document = _parsed(body) if isinstance(body, str) else body
        try:
            return json.dumps(document).encode(), document
        except (TypeError, ValueError):
            raise ApiError("body: it holds something that JSON has no word for") from None
    if body_format == "form":
        if not isinstance(body, Mapping):
            raise ApiError("body: body_format form takes a dict")
        return urlencode(_pairs(body, "body", is_header_safe=False)).encode(), None
    if not isinstance(body, str):
        raise ApiError(f"body: body_format {body_format} takes a text, and this is a {_kind(body)}; for a dict or a list use body_format json")
    return body.encode("utf-8", "surrogateescape"), None


def _parsed(text: str) -> t.Any:
    """A text that is a JSON document: before ansible-core 2.19 a template often gives one."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ApiError("body: this text is not JSON; give a dict or a list, or say what it is with body_format") from None


def _pairs(values: Mapping[str, t.Any], option: str, is_header_safe: bool = True) -> list[tuple[str, str]]:
    """Names and values as texts, one pair for each element of a list, without those that are null."""
    found = []
    for name, value in values.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is None:
                continue
            if isinstance(one, (Mapping, list, tuple)):
                raise ApiError(f"{option}: {name} is a {_kind(one)}; give a text, a number, a bool or a list of those")
            text = str(one).lower() if isinstance(one, bool) else str(one)
            if is_header_safe and _has_line_break(f"{name}{text}"):
                raise ApiError(f"{option}: {name} holds a line break or another control character")
            found.append((str(name), text))
    return found


def _checked_headers(headers: Mapping[str, t.Any]) -> dict[str, str]:
    """The user's headers as texts; raises ApiError for those that the module sets itself, and for those that would be more than one."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        text = str(value)
        lowered = str(name).strip().lower()
        if lowered in _OPTION_OF:
            raise ApiError(f"headers: {name} cannot be given here; use the option for it ({_OPTION_OF[lowered]})")
        if lowered in _COMPUTED:
            raise ApiError(f"headers: {name} cannot be given, because it follows from the request")
        if not _HEADER_NAME.fullmatch(str(name)):
            raise ApiError(f"headers: {name!r} is no name of a header")
        if value is None or isinstance(value, (Mapping, list, tuple)) or _has_line_break(text) or not text.isascii() or text != text.strip():
            raise ApiError(f"headers: the value of {name} must be a text of ASCII characters without line breaks, or a number")
        found[str(name)] = text
    return found


def _has_line_break(text: str) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)


def _kind(value: t.Any) -> str:
    return "dict" if isinstance(value, Mapping) else "list" if isinstance(value, (list, tuple)) else type(value).__name__
