# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a Cohesity token in a store: its kind, and what readers get out of it and out of the one of an API key."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._errors import ApiError
from .._options import COHESITY_TOKEN_SPEC
from .._store.format import Contents, DamagedToken, Kind
from .._time import from_iso
from .api_key import NamedKey
from .credential import Credential
from .given import check_account
from .login import Login
from .token import Token

# What a record keeps of a token: all but what is derived from the rest.
_STORED_KEYS = tuple(key for key in COHESITY_TOKEN_SPEC if key not in ("headers", "expires_in"))


def _read(document: Mapping[str, t.Any]) -> Token | None:
    """The token of a stored document, or None where it holds none; raises DamagedToken."""
    values = {key: document[key] for key in _STORED_KEYS if document.get(key) is not None}
    damaged = [key for key, value in values.items() if not isinstance(value, list if COHESITY_TOKEN_SPEC[key]["type"] == "list" else str)]
    if "expires_at" in values and from_iso(values["expires_at"]) is None:
        damaged.append("expires_at")
    try:
        token = Token.from_values(values)
    except ApiError:
        raise DamagedToken([*damaged, "access_token"]) from None
    if damaged:
        raise DamagedToken(damaged)
    return token


RECORD_KIND = Kind("cohesity_access_token", _read, Token.stored, frozenset(_STORED_KEYS))


def public(contents: Contents, now: float) -> dict[str, t.Any]:
    """The token of a record as the module returned it, with its headers. now: epoch seconds."""
    result: dict[str, t.Any] = contents.token.public(now)
    return result


def stored_credential(contents: Contents, login: Login, cluster: str) -> Credential:
    """The token or API key of a record, for a call to this cluster (host and port); raises ApiError for one of another cluster or user."""
    if isinstance(contents.token, NamedKey):
        issuer = contents.identity.get("cluster")
        if issuer != cluster:
            raise ApiError(f"store: it holds an API key of cluster {issuer!r}, not of {cluster!r}, so nothing was sent")
        if contents.token.active is False:
            raise ApiError(
                f"store: its API key {contents.token.name!r} is deactivated, so nothing was sent; activate it with dataprotection.access.cohesity_api_key and "
                "active: true"
            )
        return contents.token.credential()
    token: Token = contents.token
    check_account("store", token, login, cluster)
    return token
