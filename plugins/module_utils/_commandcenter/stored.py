# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a Command Center token in a store: its kind, which token it is of, and what readers get out of it."""

from __future__ import annotations

import typing as t

from .._store.format import Contents, Kind
from .token import Token, from_stored, to_stored

RECORD_KIND = Kind("commandcenter_access_token", from_stored, to_stored, frozenset(Token._fields))
# A login by token does not say whose it is.
OPTIONAL_IDENTITY = ("username", "domain")


def identity(url: str, name: str, user_id: int | None, username: str | None, domain: str | None) -> dict[str, t.Any]:
    """Which token a record is of. A service account's token is one token, whichever administrator's login it is managed with."""
    login = {"username": None, "domain": None} if user_id is not None else {"username": username, "domain": domain}
    return {"url": url, "name": name.strip(), "user_id": user_id, **login}


def public(contents: Contents, now: float) -> dict[str, t.Any]:
    """The token of a record as the module returned it, with its headers. now: epoch seconds."""
    result: dict[str, t.Any] = contents.token.public(now, contents.identity.get("url"))
    return result
