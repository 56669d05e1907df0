# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls below V4/AccessToken: create, list, update, revoke, renew."""

from __future__ import annotations

from typing import Any

from . import credentials
from .answers import Answer, Call, json_answer
from .clock import Clock
from .minting import Mint
from .refusal import ACCESS_DENIED, RefusedError
from .switches import ABSENT, Switches
from .tokens import (
    ALL,
    CUSTOM,
    DAY,
    DEFAULT,
    FIXED_DAYS,
    HYPERSCALE,
    INT32_MAX,
    RENEWABLE,
    RENEWABLE_DAYS,
    TYPE_NAMES,
    Token,
    TokenStore,
    valid_ip_entry,
)

OK = {"errorCode": 0, "errorMessage": ""}
INVALID = 22  # the error code of a bad argument


class AccessTokens:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint) -> None:
        self.clock, self.switches, self.mint = clock, switches, mint
        self.reset()

    def reset(self) -> None:
        self.store = TokenStore()
        self.mails: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def state(self) -> dict[str, Any]:
        tokens = [token.as_dict() for token in self.store.all.values()]
        return {"tokens": tokens, "mails": self.mails, "events": self.events}

    def now(self) -> int:
        return int(self.clock.now())

    def note(self, event: str, token: Token, **more: Any) -> None:
        self.events.append({"at": self.now(), "event": event, "id": token.id, "name": token.name, **more})

    # Create

    def create(self, user: dict[str, Any], body: Any) -> Answer:
        fields = _object(body)
        owner = self._owner(user, fields.get("userId"))
        token_type = _type(fields.get("tokenType"))
        if token_type == HYPERSCALE and not self._at_least(11, 42):
            raise RefusedError("Token type is not supported", INVALID)
        name = self._name(fields.get("tokenName"), owner)
        token = self.mint_token(name, owner, token_type)
        if token_type == CUSTOM:
            token.api_endpoints = _endpoints(fields.get("apiEndpoints"))
        if token.renewable:
            token.renewable_until = self._renewable_until(fields)
        else:
            token.access_expires = self._fixed_expiry(token_type, fields.get("tokenExpiryTimestamp"))
        token.allowed_ips = _allowed_ips(fields.get("allowedIPs"))
        token.set_refresh_expiry(self.switches["commandcenter_refresh_window"])
        self.store.add(token)
        self.note("created", token)
        return json_answer({"error": OK, "tokenInfo": {**self._info(token), **_secrets(token), "error": OK}})

    def mint_token(self, name: str, owner: int, token_type: int) -> Token:
        """A new token with fresh secrets and default times, not stored yet."""
        now = self.now()
        token = Token(
            id=self.store.next_id(),
            name=name,
            user_id=owner,
            type=token_type,
            created=now,
            access_token=self.mint.secret(),
            access_expires=now + int(self.switches["commandcenter_access_lifetime"]),
        )
        if token.renewable:
            token.refresh_token = self.mint.secret()
            token.renewable_until = now + RENEWABLE_DAYS[0] * DAY
        else:
            token.access_expires = now + FIXED_DAYS[token_type][0] * DAY
        token.set_refresh_expiry(self.switches["commandcenter_refresh_window"])
        return token

    def _owner(self, user: dict[str, Any], wanted: Any) -> int:
        if wanted in (None, 0, user["id"]):
            return int(user["id"])
        if not user.get("admin"):
            raise RefusedError("User does not have permission to create tokens for another user", 5, status=403)
        if not any(known["id"] == wanted for known in credentials.COMMANDCENTER_USERS):
            raise RefusedError("User not found", INVALID)
        return int(wanted)

    def _name(self, name: Any, owner: int, own_id: int | None = None) -> str:
        if not isinstance(name, str) or not name.strip():
            raise RefusedError("Token name is required", INVALID)
        everywhere = self.switches["commandcenter_names"] == "global"
        for token in self.store.named(name):
            if token.id != own_id and (everywhere or token.user_id == owner):
                raise RefusedError("Token name already present", INVALID)
        return name

    def _renewable_until(self, fields: dict[str, Any]) -> int | None:
        """Epoch seconds, or None for "forever"."""
        now, forever = self.now(), self.switches["commandcenter_forever"]
        if "renewableUntilTimestamp" not in fields:
            return now + RENEWABLE_DAYS[0] * DAY
        value = fields["renewableUntilTimestamp"]
        if value == (None if forever == ABSENT else forever):
            if not self._at_least(11, 42):
                raise RefusedError("Renewable until time is required", INVALID)
            return None
        if value in (None, 0):  # an unset number counts as not given
            return now + RENEWABLE_DAYS[0] * DAY
        return self._time(value, RENEWABLE_DAYS[1], "Renewable until time")

    def _fixed_expiry(self, token_type: int, value: Any) -> int:
        default, most = FIXED_DAYS[token_type]
        if value in (None, 0):
            return self.now() + default * DAY
        return self._time(value, most, "Token expiry time")

    def _time(self, value: Any, days: int, what: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not -INT32_MAX <= value <= INT32_MAX:
            raise RefusedError(f"{what} is not an int32 epoch time", INVALID, status=400)
        now = self.now()
        if value <= now:
            raise RefusedError(f"{what} must be in the future", INVALID)
        # A minute of grace, because "in 365 days" was computed before the request was sent.
        if value > now + days * DAY + 60:
            raise RefusedError(f"{what} cannot be more than {days} days from now", INVALID)
        return value

    def _at_least(self, *version: int) -> bool:
        have = tuple(int(part) for part in str(self.switches["commandcenter_version"]).split("."))
        return have >= version

    # List

    def listing(self, user: dict[str, Any], query: dict[str, str]) -> Answer:
        live = list(self.store.live.values())
        wanted = next((value for name, value in query.items() if name.lower() == "userid"), "")
        if wanted:
            if not wanted.isdigit():
                raise RefusedError("Invalid user id", INVALID)
            if int(wanted) != user["id"] and not user.get("admin"):
                raise RefusedError("User does not have permission to view the tokens of another user", 5, status=403)
            live = [token for token in live if token.user_id == int(wanted)]
        elif self.switches["commandcenter_list_all"] == "own" or not user.get("admin"):
            live = [token for token in live if token.user_id == user["id"]]
        return json_answer({"tokens": [self._listed(token) for token in live], "error": OK})

    def _listed(self, token: Token) -> dict[str, Any]:
        shown = {
            "accessTokenId": token.id,
            "userId": token.user_id,
            "tokenName": token.name,
            "createdTime": token.created,
            "tokenType": self._shown_type(token),
            "lastUsedTime": token.last_used,
            "tokenExpiryTimestamp": token.access_expires + self.switches["commandcenter_list_expiry_offset"],
            "apiEndpoints": token.api_endpoints,
            **self._shown_renewable_until(token),
        }
        if self.switches["commandcenter_list_allowed_ips"]:
            shown["allowedIPs"] = token.allowed_ips
        return shown

    def _shown_type(self, token: Token) -> int | str:
        token_type = self.switches["commandcenter_default_type"] if token.type == DEFAULT else token.type
        return TYPE_NAMES[token_type] if self.switches["commandcenter_type_style"] == "name" else token_type

    def _shown_renewable_until(self, token: Token) -> dict[str, int]:
        if not token.renewable:
            return {"renewableUntilTimestamp": 0}
        if token.renewable_until is not None:
            return {"renewableUntilTimestamp": token.renewable_until}
        forever = self.switches["commandcenter_forever"]
        return {} if forever == ABSENT else {"renewableUntilTimestamp": forever}

    def _info(self, token: Token) -> dict[str, Any]:
        """A token's times and names as create, update and renew tell them."""
        info = {
            "accessTokenId": token.id,
            "tokenName": token.name,
            "userId": token.user_id,
            "tokenExpiryTimestamp": token.access_expires,
            **self._shown_renewable_until(token),
        }
        if token.refresh_expires is not None:
            info["refreshTokenExpiryTimestamp"] = token.refresh_expires
        return info

    # Update and revoke

    def _find(self, user: dict[str, Any], number: str) -> Token:
        token = self.store.live.get(int(number)) if number.isdigit() else None
        if token is None:
            status = 404 if self.switches["commandcenter_unknown_id"] == "404" else None
            raise RefusedError("Access token not found", INVALID, status=status)
        if token.user_id != user["id"] and not user.get("admin"):
            raise RefusedError("User does not have permission to change this token", 5, status=403)
        return token

    def update(self, user: dict[str, Any], number: str, body: Any) -> Answer:
        token, fields = self._find(user, number), _object(body)
        changes: dict[str, Any] = {}
        if "tokenName" in fields:
            changes["name"] = self._name(fields["tokenName"], token.user_id, token.id)
        changes.update(_scope_change(token, fields))
        if token.renewable and "renewableUntilTimestamp" in fields:
            changes["renewable_until"] = self._renewable_until(fields)
        if not token.renewable and fields.get("tokenExpiryTimestamp"):
            changes["access_expires"] = self._fixed_expiry(token.type, fields["tokenExpiryTimestamp"])
        if "allowedIPs" in fields:
            changes["allowed_ips"] = _allowed_ips(fields["allowedIPs"])
        # Nothing is changed before everything was checked.
        self.edit(token, changes)
        self.note("updated", token, changed=sorted(changes))
        return json_answer({"error": OK, "tokenInfo": {**self._info(token), "error": OK}})

    def edit(self, token: Token, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            setattr(token, name, value)
        if "refresh_expires" not in changes:
            token.set_refresh_expiry(self.switches["commandcenter_refresh_window"])

    def revoke(self, user: dict[str, Any], number: str) -> Answer:
        token = self._find(user, number)
        self.store.kill(token, "revoked")
        self.note("revoked", token)
        return json_answer(OK)

    # Renew

    def renew(self, call: Call) -> Answer:
        self._check_renew_auth(call)
        fields = _object(call.body)
        pair = (fields.get("accessToken"), fields.get("refreshToken"))
        if not all(isinstance(secret, str) and secret for secret in pair):
            raise self._renew_refused("Access token and refresh token are required")
        token = self.store.by_secret.get(str(pair[1])) or self.store.by_secret.get(str(pair[0]))
        if token is None or not token.alive:
            raise self._renew_refused("Invalid access token or refresh token")
        older = {secret for old in token.chain for secret in old}
        if pair[0] in older or pair[1] in older:
            self._kill_chain(token)
            raise self._renew_refused("Refresh token was used already; the token has been revoked")
        if not token.renewable:
            raise self._renew_refused("Renewal is not supported for this token type")
        if pair != (token.access_token, token.refresh_token):
            raise self._renew_refused("Invalid access token or refresh token")
        if self.clock.now() > (token.refresh_expires or 0):
            raise self._renew_refused("Renew request placed after the permissible time limit")
        return self._rotate(token)

    def _rotate(self, token: Token) -> Answer:
        self.store.rotate(token, self.mint.secret(), self.mint.secret())
        token.access_expires = self.now() + int(self.switches["commandcenter_access_lifetime"])
        token.set_refresh_expiry(self.switches["commandcenter_refresh_window"])
        self.note("renewed", token)
        return json_answer({**self._info(token), **_secrets(token), "tokenType": self._shown_type(token), "error": OK})

    def _kill_chain(self, token: Token) -> None:
        self.store.kill(token, "chain")
        self.note("chain killed", token)
        self.mails.append(
            {
                "at": self.now(),
                "user_id": token.user_id,
                "id": token.id,
                "subject": f"Access token {token.name} was revoked: an old refresh token was used",
            }
        )

    def _check_renew_auth(self, call: Call) -> None:
        wanted = self.switches["commandcenter_renew_auth"]
        scheme, _space, secret = call.headers.get("authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and secret in self.store.by_secret
        if (wanted == "bearer" and not known) or (wanted == "none" and scheme):
            raise ACCESS_DENIED

    def _renew_refused(self, message: str) -> RefusedError:
        status = 450 if self.switches["commandcenter_renew_error"] == "450" else None
        return RefusedError(message, INVALID, status=status)

    # Use

    def bearer(self, secret: str, client: str) -> Token | None:
        """The token that this secret opens from this address now, if any."""
        token = self.store.by_secret.get(secret)
        if token is None or not token.alive or secret != token.access_token:
            return None
        if token.access_expires <= self.clock.now() or not token.allows(client):
            return None
        return token


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise RefusedError("The request body is not a JSON object", INVALID, status=400)
    return body


def _type(value: Any) -> int:
    """The token type from its number or its name."""
    if value is None:
        return ALL
    for number, name in TYPE_NAMES.items():
        if value == name or (value == number and not isinstance(value, bool)):
            return number
    raise RefusedError("Invalid token type", INVALID)


def _endpoints(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise RefusedError("API endpoints are required for a token of type CUSTOM", INVALID)
    return value


def _allowed_ips(value: Any) -> list[str]:
    entries = value or []
    if not isinstance(entries, list) or not all(valid_ip_entry(entry) for entry in entries):
        raise RefusedError("Invalid IP address, network or range in allowedIPs", INVALID)
    return entries


def _scope_change(token: Token, fields: dict[str, Any]) -> dict[str, Any]:
    """Changes of type and endpoints. A type may change only among the renewable ones."""
    wanted = _type(fields["tokenType"]) if "tokenType" in fields else token.type
    if wanted != token.type and not (wanted in RENEWABLE and token.renewable):
        raise RefusedError("Token type cannot be changed", INVALID)
    changes: dict[str, Any] = {} if wanted == token.type else {"type": wanted}
    if wanted == CUSTOM and ("apiEndpoints" in fields or token.type != CUSTOM):
        changes["api_endpoints"] = _endpoints(fields.get("apiEndpoints"))
    if wanted != CUSTOM and token.api_endpoints:
        changes["api_endpoints"] = []
    return changes


def _secrets(token: Token) -> dict[str, str]:
    """The secrets, shown once. Types that cannot be renewed have no refresh token."""
    if token.refresh_token is None:
        return {"accessToken": token.access_token}
    return {"accessToken": token.access_token, "refreshToken": token.refresh_token}
