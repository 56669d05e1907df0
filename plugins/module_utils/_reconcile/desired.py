# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Mapping

from .._commandcenter.server import RENEWABLE_SCOPES
from .._errors import ApiError
from .._time import Moment, check_moment, parse_duration, parse_moment


class Desired(t.NamedTuple):
    """A named Command Center token as the user wants it; None stands for "whatever it is"."""

    state: str
    name: str | None
    id: int | None
    user_id: int | None
    scope: str | None
    api_endpoints: list[str] | None
    allowed_ips: list[str] | None
    renewable_until: Moment | None
    expires: Moment | None
    recreate: str
    min_validity: int

    def attributes(self, now: float, inherited: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """What to create a token with: what the user wants, then what the token before it had, so that no successor is worth more than it.

        Times are epoch seconds and checked against now.
        """
        scope = self.scope or inherited.get("scope")
        endpoints = self.api_endpoints
        if scope == "custom" and endpoints is None:
            endpoints = inherited.get("api_endpoints")
        attributes = {
            "scope": scope,
            "api_endpoints": endpoints,
            "allowed_ips": inherited.get("allowed_ips") if self.allowed_ips is None else self.allowed_ips,
            "user_id": self.user_id,
            "renewable_until": check_moment(self.renewable_until, "renewable_until", now) if self.renewable_until else None,
            "expires_at": check_moment(self.expires, "expires", now) if self.expires else None,
        }
        return {key: value for key, value in attributes.items() if value is not None}

    def drift(self, token: Mapping[str, t.Any], now: float) -> dict[str, t.Any]:
        """The attributes in which a live token differs from what is wanted, with their wanted values; times in epoch seconds.

        Durations are not drift: they counted from the moment in which the token was made.
        """
        changes: dict[str, t.Any] = {}
        if self.name is not None and token["name"] != self.name:
            changes["name"] = self.name
        if self.scope is not None and token["scope"] not in (None, self.scope):
            changes["scope"] = self.scope
        for key in ("api_endpoints", "allowed_ips"):
            wanted = getattr(self, key)
            if wanted is not None and (token[key] is None or set(wanted) != set(token[key])):
                changes[key] = wanted
        for key, moment in (("renewable_until", self.renewable_until), ("expires_at", self.expires)):
            if moment is not None and not moment.relative and token[key] != moment.seconds:
                changes[key] = check_moment(moment, "expires" if key == "expires_at" else key, now)
        return changes


def read_desired(params: Mapping[str, t.Any]) -> Desired:
    """Read and check what the user wants, before anything is sent; raises ApiError."""
    scope = params["scope"]
    name = params["name"].strip() if params["name"] else None
    if params["state"] != "renewed" or params["store"]:
        if not name and params["id"] is None:
            raise ApiError("name (or the id of an existing token) is required")
    if params["store"] and not name:
        raise ApiError("a store needs the name of its token")
    has_pair = bool(params["access_token"] or params["refresh_token"])
    if has_pair and (params["state"] != "renewed" or params["store"]):
        raise ApiError("access_token and refresh_token only go with state: renewed without a store")
    if params["state"] == "renewed" and not params["store"] and not (params["access_token"] and params["refresh_token"]):
        raise ApiError("state: renewed needs a store, or the pair to renew in access_token and refresh_token")
    if params["api_endpoints"] is not None and scope != "custom":
        raise ApiError("api_endpoints only goes with scope: custom")
    if scope == "custom" and not params["api_endpoints"] and params["state"] == "present":
        raise ApiError("scope: custom needs api_endpoints, the paths that the token may be used for")
    if params["api_endpoints"] and any(not endpoint.strip() for endpoint in params["api_endpoints"]):
        raise ApiError("api_endpoints: an empty path would open every endpoint")
    if params["renewable_until"] is not None and scope is not None and scope not in RENEWABLE_SCOPES:
        raise ApiError(f"renewable_until does not go with scope: {scope}, whose tokens cannot be renewed; use expires")
    if params["expires"] is not None and (scope is None or scope in RENEWABLE_SCOPES):
        raise ApiError("expires only goes with scope: ms_scim or one_touch; how long a renewable token lives is up to the server, see renewable_until")
    for address in params["allowed_ips"] or []:
        _check_address(address)
    return Desired(
        state=params["state"],
        name=name,
        id=params["id"],
        user_id=params["user_id"],
        scope=scope,
        api_endpoints=params["api_endpoints"],
        allowed_ips=params["allowed_ips"],
        renewable_until=None if params["renewable_until"] is None else parse_moment(params["renewable_until"], "renewable_until"),
        expires=None if params["expires"] is None else parse_moment(params["expires"], "expires"),
        recreate=params["recreate"],
        min_validity=parse_duration(params["min_validity"], "min_validity"),
    )


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
