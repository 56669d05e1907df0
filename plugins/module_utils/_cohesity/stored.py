# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a store keeps a Cohesity access token, and what is refused when it is read."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._errors import ApiError
from .._options import COHESITY_TOKEN_SPEC
from .._time import from_iso
from .token import Token

# What a record keeps of a token: all but what is derived from the rest.
STORED_KEYS = tuple(key for key in COHESITY_TOKEN_SPEC if key not in ("headers", "expires_in"))


class DamagedToken(Exception):
    """A stored token that cannot be what was written; keys: where."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


def read_stored(document: Mapping[str, t.Any]) -> Token | None:
    """The token of a stored document, or None where it holds none; raises DamagedToken."""
    values = {key: document[key] for key in STORED_KEYS if document.get(key) is not None}
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


# The values of _store.format.Kind.
STORED_AS: tuple[t.Any, ...] = ("cohesity_access_token", read_stored, Token.stored, frozenset(STORED_KEYS))
