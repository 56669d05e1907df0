# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Cohesity access token: read from a login's response, from what a user hands back, or from a record; and its public form."""

from __future__ import annotations

import base64
import json
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .._errors import ApiError
from .._http.messages import check_secret
from .._time import from_api, from_iso, iso
from .credential import returned_secret
from .login import Account, account_of

# Where the expiry of a token is known from.
FROM_TOKEN, FROM_SECURITY_CONFIG, FROM_LIFETIME = "token", "security_config", "lifetime"
API_VERSIONS = ("v1", "v2")


@dataclass(frozen=True)
class Token:
    """An access token of one account. expires_at: epoch seconds on the cluster's clock, or None when it is not known."""

    kind: t.ClassVar[str] = "access token"
    access_token: str = field(repr=False)
    token_type: str
    account: Account
    api_version: str
    expires_at: int | None = None
    expires_source: str | None = None
    privileges: tuple[str, ...] | None = None

    @property
    def secret(self) -> str:
        return self.access_token

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the token, ready for ansible.builtin.uri."""
        return {"Authorization": f"{self.token_type} {self.access_token}"}

    @classmethod
    def from_wire(cls, response: t.Any, account: Account, api_version: str, call: str) -> Token:
        """The token in the response to a login; raises ApiError when there is none. Only a token that is a JWT says when it expires."""
        if not isinstance(response, dict):
            raise ApiError(f"{call}: the response is not a JSON object")
        access_token = check_secret(response.get("accessToken"), "accessToken", call)
        token_type = check_secret(response.get("tokenType") or "Bearer", "tokenType", call)
        expires_at = jwt_expiry(access_token)
        source = None if expires_at is None else FROM_TOKEN
        return cls(access_token, token_type, account, api_version, expires_at, source, _texts(response.get("privileges")))

    @classmethod
    def from_values(cls, values: Mapping[str, t.Any] | None) -> Token | None:
        """The token in a dict as public() or stored() wrote it, of whatever account; None when a part that it needs is missing.

        Raises ApiError when a header cannot carry it.
        """
        values = values or {}
        access_token = returned_secret(values, "access_token", "token")
        token_type = returned_secret(values, "token_type", "token")
        account = account_of(values)
        if account is None or access_token is None or token_type is None:
            return None
        expires_at = values.get("expires_at")
        return cls(
            access_token,
            token_type,
            account,
            values["api_version"] if values.get("api_version") in API_VERSIONS else "v2",
            from_api(from_iso(expires_at) if isinstance(expires_at, str) else expires_at),
            values["expires_source"] if values.get("expires_source") in (FROM_TOKEN, FROM_SECURITY_CONFIG, FROM_LIFETIME) else None,
            _texts(values.get("privileges")),
        )

    def valid_for(self, seconds: float, now: float, source: str) -> Token:
        """The same token with the expiry that follows from how long the cluster's tokens are valid. now: the cluster's clock at the login."""
        return replace(self, expires_at=from_api(now + seconds), expires_source=source)

    def outlives(self, now: float, min_validity: float) -> bool:
        """Whether more than min_validity seconds are known to be left. now: the cluster's clock."""
        return self.expires_at is not None and self.expires_at - now > min_validity

    def public(self, now: float) -> dict[str, t.Any]:
        """The token as users get it: times in ISO 8601, expires_in in seconds from now on."""
        return {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "headers": self.headers,
            "expires_at": iso(self.expires_at),
            "expires_in": max(int((self.expires_at or 0) - now), 0),
            "expires_source": self.expires_source,
            **self.account.identity(),
            "api_version": self.api_version,
            "privileges": None if self.privileges is None else list(self.privileges),
        }

    def stored(self) -> dict[str, t.Any]:
        """The token as a store keeps it: all but what is derived from the rest."""
        return {key: value for key, value in self.public(0).items() if key not in ("headers", "expires_in")}


def jwt_expiry(access_token: str) -> int | None:
    """Epoch seconds in the claim "expiration-time" of a token that is a JWT (text in the vendor's own example); None for any other token.

    The signature is not checked: the claim is only read for the time, and grants nothing.
    """
    parts = access_token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return from_api(claims.get("expiration-time")) if isinstance(claims, dict) else None


def lifetime_of(security_config: t.Any) -> int | None:
    """Seconds for which a cluster's tokens are valid, from its security configuration; None where that does not say."""
    minutes = from_api(security_config.get("authTokenTimeoutMinutes")) if isinstance(security_config, dict) else None
    return None if minutes is None else minutes * 60


def _texts(value: t.Any) -> tuple[str, ...] | None:
    return tuple(value) if isinstance(value, (list, tuple)) and all(isinstance(text, str) for text in value) else None
