# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A named Command Center token as the user wants it, and how a live one differs from that."""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Mapping, Sequence

from .._commandcenter.token import RENEWABLE_SCOPES, SCOPE_NUMBERS, Token, with_defaults
from .._errors import ApiError
from .._time import Moment, check_moment, iso, parse_duration, parse_moment
from .product import Words, satisfied

# The list and the response that is in the store show the same stored number; more than what rounding explains means that somebody else
# has renewed. Strangers renew at the same minute as we do where both were scheduled for it, so this must be small.
_FOREIGN_RENEWAL_SECONDS = 5

# What describes the token that is wanted; read_desired() reads it.
DECLARED_SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "id": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "renewed", "absent"], "default": "present"},
    "scope": {"type": "str", "choices": list(SCOPE_NUMBERS)},
    "api_endpoints": {"type": "list", "elements": "str"},
    "renewable_until": {"type": "str"},
    "expires": {"type": "str"},
    "allowed_ips": {"type": "list", "elements": "str"},
    "user_id": {"type": "int"},
    "recreate": {"type": "str", "choices": ["never", "state_change", "always"], "default": "never"},
    "overlap": {"type": "str", "default": "0s"},
    "min_validity": {"type": "str", "default": "5m"},
}


class DesiredToken(t.NamedTuple):
    """A named Command Center token as the user wants it; None stands for "whatever it is"."""

    state: str
    name: str | None
    id: int | None
    user_id: int | None
    scope: str | None
    api_endpoints: Sequence[str] | None
    allowed_ips: Sequence[str] | None
    renewable_until: Moment | None
    expires: Moment | None
    recreate: str
    min_validity: int
    overlap: int = 0  # seconds

    @property
    def words(self) -> Words:
        return Words("token", "a token", "user_id")

    @property
    def renews(self) -> bool:
        return True

    @property
    def changes_whole(self) -> bool:
        return False

    @property
    def names_are_unique(self) -> bool:
        return True

    def satisfied(self) -> DesiredToken:
        """The same without what asks for a new secret in any case: another run has just obtained one."""
        return satisfied(self)

    def attributes(self, now: float, inherited: Token | None) -> dict[str, t.Any]:
        """What to create a token with: what the user wants, then what the token before it had, so that no successor is worth more than it.

        Times are epoch seconds and checked against now.
        """
        inherited = inherited or Token()
        scope = self.scope or inherited.scope
        endpoints = self.api_endpoints
        if scope is not None and scope not in SCOPE_NUMBERS:
            raise ApiError(
                f"The token {inherited.name!r} (id {inherited.id}) has the type {scope}, which this release does not know, so it cannot be recreated "
                "as it was, and nothing was changed: set scope for its successor"
            )
        if scope == "custom" and endpoints is None:
            endpoints = inherited.api_endpoints
            if not endpoints:
                raise ApiError(
                    f"The server does not say which paths the token {inherited.name!r} (id {inherited.id}) may be used for, so nothing was changed: "
                    "set them for its successor, with scope: custom and api_endpoints"
                )
        attributes = {
            "scope": scope,
            "api_endpoints": endpoints,
            "allowed_ips": inherited.allowed_ips if self.allowed_ips is None else self.allowed_ips,
            "user_id": self.user_id,
            "renewable_until": check_moment(self.renewable_until, "renewable_until", now) if self.renewable_until else None,
            "expires_at": check_moment(self.expires, "expires", now) if self.expires else None,
        }
        return {key: value for key, value in attributes.items() if value is not None}

    def predicted(self, attributes: Mapping[str, t.Any]) -> Token:
        """The token that the server makes of them."""
        return with_defaults(attributes)

    def drift(self, token: Token, now: float) -> dict[str, t.Any]:
        """The attributes in which a live token differs from what is wanted, with their wanted values; times in epoch seconds.

        Durations are not drift: they counted from the moment in which the token was made.
        """
        changes: dict[str, t.Any] = {}
        if self.name is not None and token.name != self.name:
            changes["name"] = self.name
        if self.scope is not None and token.scope not in (None, self.scope):
            changes["scope"] = self.scope
        for key in ("api_endpoints", "allowed_ips"):
            wanted, found = getattr(self, key), getattr(token, key)
            if wanted is not None and (found is None or set(wanted) != set(found)):
                changes[key] = wanted
        for key, moment in (("renewable_until", self.renewable_until), ("expires_at", self.expires)):
            if moment is not None and not moment.relative and getattr(token, key) != moment.seconds:
                changes[key] = check_moment(moment, "expires" if key == "expires_at" else key, now)
        return changes

    def must_replace(self, token: Token, changes: Mapping[str, t.Any], now: float) -> bool:
        """Whether only a new token will do; raises ApiError when recreate forbids it."""
        reason = self._reason_to_replace(token, changes, now)
        if reason and self.recreate == "never":
            raise ApiError(f"The token {token.name!r} (id {token.id}) {reason}. To replace it with a new one, set recreate: state_change")
        return reason is not None

    def must_renew(self, token: Token, changes: Mapping[str, t.Any], now: float) -> bool:
        """Whether its pair is to be renewed."""
        return self.state == "renewed" or not _lives(_prolonged(token, changes, now), self.min_validity, now)

    def is_spent(self, _token: Token, _now: float) -> bool:
        """Not by its times alone: a server whose clock is wrong would lose a token that works."""
        return False

    def is_stale(self, _held: Token, _found: Token) -> bool:
        """Readers go by the end of the pair, which nothing but a renewal moves; the list tells much that a record does not have."""
        return False

    def is_outdated(self, held: Token, listed: Token) -> bool:
        """Whether somebody else has renewed the token: only that moves the end of a renewable one, to an earlier moment too where the
        server's lifetime was shortened. The end of the others is an attribute like any other.
        """
        if not held.refresh_token or listed.expires_at is None or held.expires_at is None:
            return False
        return abs(listed.expires_at - held.expires_at) > _FOREIGN_RENEWAL_SECONDS

    def _reason_to_replace(self, token: Token, changes: Mapping[str, t.Any], now: float) -> str | None:
        if "scope" in changes and not (token.is_renewable and changes["scope"] in RENEWABLE_SCOPES):
            return f"has the scope {token.scope}, and the server cannot change it to {changes['scope']}"
        has_secret = token.access_token is not None
        needs_new_secret = has_secret and self.must_renew(token, changes, now)
        expired = token.expires_at is not None and token.expires_at <= now
        if token.is_renewable or token.refresh_token:
            until = [moment for moment in (token.renewable_until, token.refresh_expires_at) if moment is not None]
            if until and min(until) <= now and (needs_new_secret or (expired and not has_secret)):
                return f"could only be renewed until {iso(min(until))}"
            if needs_new_secret and not token.refresh_token:
                return "has to be renewed, and the store holds no refresh token for it"
        elif expired and not has_secret:
            return f"expired at {iso(token.expires_at)} and cannot be renewed"
        elif needs_new_secret:
            return f"is valid until {iso(token.expires_at)}, and tokens with the scope {token.scope} cannot be renewed"
        return None


def _prolonged(token: Token, changes: Mapping[str, t.Any], now: float) -> Token:
    """The token after an update that moves its end. What has ended already, no update brings back."""
    lives = token.expires_at is None or token.expires_at > now
    return token._replace(expires_at=changes["expires_at"]) if lives and "expires_at" in changes else token


def _lives(token: Token, min_validity: int, now: float) -> bool:
    return token.expires_at is None or token.expires_at - now > min_validity


def read_desired(
    *,
    state: str,
    name: str | None,
    id: int | None,
    user_id: int | None,
    scope: str | None,
    api_endpoints: Sequence[str] | None,
    allowed_ips: Sequence[str] | None,
    renewable_until: str | None,
    expires: str | None,
    recreate: str,
    min_validity: str,
    has_store: bool,
    overlap: str = "0s",
    access_token: str | None = None,
    refresh_token: str | None = None,
) -> DesiredToken:
    """Read and check what the user wants, before anything is sent; raises ApiError. The arguments are the module's options."""
    name = name.strip() if name else None
    _check_identity(state, name, id, has_store)
    _check_pair(state, has_store, access_token, refresh_token)
    _check_scope(state, scope, api_endpoints, renewable_until, expires)
    for address in allowed_ips or []:
        _check_address(address)
    wait = parse_duration(overlap, "overlap")
    if wait and not has_store:
        raise ApiError("overlap needs a store, which keeps the time at which the replaced token is to be revoked")
    return DesiredToken(
        state=state,
        name=name,
        id=id,
        user_id=user_id,
        scope=scope,
        api_endpoints=api_endpoints,
        allowed_ips=allowed_ips,
        renewable_until=None if renewable_until is None else parse_moment(renewable_until, "renewable_until"),
        expires=None if expires is None else parse_moment(expires, "expires"),
        recreate=recreate,
        min_validity=parse_duration(min_validity, "min_validity"),
        overlap=wait,
    )


def _check_identity(state: str, name: str | None, token_id: int | None, has_store: bool) -> None:
    if (state != "renewed" or has_store) and not name and token_id is None:
        raise ApiError("name (or the id of an existing token) is required")
    if has_store and not name:
        raise ApiError("a store needs the name of its token")


def _check_pair(state: str, has_store: bool, access_token: str | None, refresh_token: str | None) -> None:
    if (access_token or refresh_token) and (state != "renewed" or has_store):
        raise ApiError("access_token and refresh_token can only be used with state: renewed without a store")
    if state == "renewed" and not has_store and not (access_token and refresh_token):
        raise ApiError("state: renewed needs a store, or the pair to renew in access_token and refresh_token")


def _check_scope(state: str, scope: str | None, api_endpoints: Sequence[str] | None, renewable_until: str | None, expires: str | None) -> None:
    if api_endpoints is not None and scope != "custom":
        raise ApiError("api_endpoints can only be used with scope: custom")
    if scope == "custom" and not api_endpoints and state == "present":
        raise ApiError("scope: custom needs api_endpoints, the paths that the token may be used for")
    if api_endpoints and any(not endpoint.strip() for endpoint in api_endpoints):
        raise ApiError("api_endpoints: an empty path would open every endpoint")
    if renewable_until is not None and scope is not None and scope not in RENEWABLE_SCOPES:
        raise ApiError(f"renewable_until cannot be used with scope: {scope}, whose tokens cannot be renewed; use expires")
    if expires is not None and (scope is None or scope in RENEWABLE_SCOPES):
        raise ApiError("expires can only be used with scope: ms_scim or one_touch; how long a renewable token lives is up to the server, see renewable_until")


def _check_address(address: str) -> None:
    try:
        first, dash, last = address.partition("-")
        if dash:
            if ipaddress.ip_address(first.strip()) > ipaddress.ip_address(last.strip()):  # type: ignore[operator]
                raise ValueError
        else:
            ipaddress.ip_network(address.strip(), strict=False)
    except (TypeError, ValueError):
        raise ApiError(f"allowed_ips: {address!r} is neither an address, nor a network (10.0.0.0/8), nor a range (10.0.0.1-10.0.0.9)") from None
