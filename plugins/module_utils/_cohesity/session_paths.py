# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path of a cluster's sessions, and the request to it that would end everybody's."""

from __future__ import annotations

import posixpath
import typing as t
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

SESSIONS_PATH = "/v2/users/sessions"
# More than anybody encodes.
_MOST_LAYERS = 5


def ends_every_session(method: str, path: str, query: t.Any = None) -> bool:
    """Whether this is the request that ends the sessions of everybody: a DELETE of the sessions that does not say which one.

    query: a mapping or pairs, as in HttpClient.request.
    """
    place, _mark, text = path.partition("#")[0].partition("?")
    if method.strip().upper() != "DELETE" or _plain(place) != SESSIONS_PATH:
        return False
    # Of several values, nobody knows which one the cluster takes: each has to name one session.
    pairs = [*parse_qsl(text, keep_blank_values=True), *(query.items() if isinstance(query, Mapping) else query or ())]
    sids = [str(value or "").strip() for key, value in pairs if key == "sid"]
    currents = [str(value or "").strip().lower() for key, value in pairs if key == "current"]
    return not ((sids and all(sids)) or (currents and set(currents) == {"true"}))


def _plain(place: str) -> str:
    """A path as a server may read it: decoded as often as it was encoded, in lower case, without parameters, doubled slashes and dots."""
    for _layer in range(_MOST_LAYERS):
        place, encoded = unquote(place), place
        if place == encoded:
            break
    parts = (part.partition(";")[0].strip() for part in place.replace("\\", "/").split("/"))
    return posixpath.normpath("/" + "/".join(part for part in parts if part)).lower()
