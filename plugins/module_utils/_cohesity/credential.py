# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call to a cluster can carry to prove who calls: what all credentials have in common, and the API key."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._errors import ApiError
from .._http.messages import is_header_text

# The headers that say who calls. A call carries the one of its credential and no other.
CREDENTIAL_HEADERS = ("authorization", "apikey", "session-id", "cookie")


class Credential(t.Protocol):
    """Something that a call can carry. kind: what it is, for messages. secret: what no message may show."""

    kind: t.ClassVar[str]

    @property
    def secret(self) -> str:
        """What no message may show."""

    @property
    def headers(self) -> dict[str, str]:
        """What a request carries."""


@dataclass(frozen=True)
class ApiKey:
    """A named key that needs no login; a login cannot replace it."""

    kind: t.ClassVar[str] = "API key"
    api_key: str = field(repr=False)

    def __post_init__(self) -> None:
        if self.api_key.startswith("{"):
            raise ApiError('api_key takes the secret itself, not the dict that a module returned: for example "{{ exporter.api_key.api_key }}"')
        if not is_header_text(self.api_key):
            raise ApiError("api_key: it is empty, or holds characters that cannot stand in a header")

    @property
    def secret(self) -> str:
        return self.api_key

    @property
    def headers(self) -> dict[str, str]:
        return {"apiKey": self.api_key}


def carrying(credential: Credential, headers: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of a call with this credential: those that are given, without any other credential among them."""
    return {**{name: value for name, value in (headers or {}).items() if name.lower() not in CREDENTIAL_HEADERS}, **credential.headers}


def returned_secret(values: t.Mapping[str, t.Any], key: str, option: str) -> str | None:
    """The secret in a dict that a user hands back, None where there is none; raises ApiError for one that cannot stand in a header."""
    value = values.get(key)
    if value in (None, ""):
        return None
    if not is_header_text(value):
        raise ApiError(f"{option}: {key} holds characters that cannot stand in a header; hand back what the module has returned")
    return str(value)
