# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a REST call returns: the response in JSON or as text, readable, and without the credentials that were used."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Mapping

from .._http.client import Response
from .._http.messages import error_details

# What a server sets for its own calls, or quotes of ours.
_SECRET_HEADERS = ("set-cookie", "set-cookie2", "authorization", "authtoken", "apikey", "session-id")
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)

# What an error document is made of.
_ERROR_KEYS = frozenset(
    ("error", "errorCode", "code", "message", "errorMessage", "errorString", "errorDetails", "details", "internalErrorCode", "requestId", "taskId")
)

Mask = Callable[[t.Any], t.Any]
# Makes a server's words fit to be shown: without secrets, and limited in length.
Excerpt = Callable[[str], str]


def document_of(response: Response) -> t.Any:
    """The JSON document in a response, None where it is none. A server that calls its JSON something else is understood, too."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    if "json" in response.headers.get("Content-Type", "").lower() or isinstance(document, (dict, list)):
        return document
    return None


def text_of(response: Response) -> str:
    """The body as text, in the encoding that the server names."""
    named = _CHARSET.search(response.headers.get("Content-Type", ""))
    try:
        return response.content.decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        return response.content.decode("utf-8", "replace")


def described(response: Response, mask: Mask) -> dict[str, t.Any]:
    """The response as a part of the result. mask: hides the credentials in use in any value."""
    document = document_of(response)
    body = {"content": text_of(response)} if document is None else {"json": document}
    return {
        **{key: mask(value) for key, value in body.items()},
        "status": response.status,
        "headers": mask({name.lower(): value for name, value in response.headers.items() if name.lower() not in _SECRET_HEADERS}),
        "url": mask(response.url),
        "elapsed": round(response.elapsed, 3),
    }


def is_success(status: int) -> bool:
    return 200 <= status < 300


def error_in(document: t.Any, excerpt: Excerpt) -> str:
    """The code and the words of the error in a document that came with a status of success; "" where it speaks of none."""
    place = document.get("error", document) if isinstance(document, Mapping) else None
    place = place if isinstance(place, Mapping) else document
    if not isinstance(place, Mapping) or place.get("errorCode") in (None, 0, "0", ""):
        return ""
    words = error_details(place)[1]
    return excerpt(f"{place['errorCode']}: {words}" if words else str(place["errorCode"]))


def is_error_alone(document: t.Any) -> bool:
    """Whether a document that holds an error holds nothing else: an object may have an attribute that is named like an error."""
    return isinstance(document, Mapping) and _ERROR_KEYS.issuperset(document)


def plain(values: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The values without those that are None."""
    return {key: value for key, value in values.items() if value is not None}
