# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a REST call returns: the response in JSON or as text, readable, and without the credentials that were used."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Mapping

from .._http.client import Response

# What a server sets for its own calls, or quotes of ours.
_SECRET_HEADERS = ("set-cookie", "set-cookie2", "authorization", "authtoken", "apikey", "session-id")
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)

Mask = Callable[[t.Any], t.Any]


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


def plain(values: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The values without those that are None."""
    return {key: value for key, value in values.items() if value is not None}
