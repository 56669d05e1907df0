# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls below V4/AccessToken: create, list, update, revoke; renew is in renewal.py."""

from __future__ import annotations

from typing import Any

from . import credentials
from .answers import Answer, Call, json_answer
from .clock import Clock
from .minting import Mint
from .refusal import RefusedError
from .renewal import Renewal
from .switches import ABSENT, Switches
from .tokenfields import INVALID, OK, allowed_ips, body_object, endpoints, scope_change, secrets, token_type
from .tokennames import server_name
from .tokens import CUSTOM, DAY, FIXED_DAYS, HYPERSCALE, INT32_MAX, RENEWABLE_DAYS, Ledger, Token, TokenStore
from .tokenviews import info, listed

PENDING = "The request is pending administrator authorization."


class AccessTokens:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint) -> None:
        self.clock, self.switches, self.mint = clock, switches, mint
        self.reset()

    def reset(self) -> None:
        self.ledger = Ledger(self.clock.now)
        self.renewal = Renewal(self.clock, self.switches, self.mint, self.ledger)

    @property
    def store(self) -> TokenStore:
        return self.ledger.store

    def state(self) -> dict[str, Any]:
        tokens = [token.as_dict() for token in self.store.all.values()]
        return {"tokens": tokens, "mails": self.ledger.mails, "events": self.ledger.events}

    def now(self) -> int:
        return int(self.clock.now())

    # Create

    def create(self, user: dict[str, Any], body: Any) -> Answer:
        fields = body_object(body)
        owner = self._owner(user, fields.get("userId"))
        wanted = token_type(fields.get("tokenType"))
        if wanted == HYPERSCALE and not self._at_least(11, 42):
            raise RefusedError("Token type is not supported", INVALID)
        name = self._name(fields.get("tokenName"), owner)
        token = self.mint_token(name, owner, wanted)
        if wanted == CUSTOM:
            token.api_endpoints = endpoints(fields.get("apiEndpoints"))
        if token.renewable:
            token.renewable_until = self._renewable_until(fields)
        else:
            token.access_expires = self._fixed_expiry(wanted, fields.get("tokenExpiryTimestamp"))
        token.allowed_ips = allowed_ips(fields.get("allowedIPs"))
        token.set_refresh_expiry(self.switches["commandcenter_refresh_window"])
        self.store.add(token)
        self.ledger.note("created", token)
        return json_answer({"error": OK, "tokenInfo": {**info(token, self.switches), **secrets(token), "error": OK}})

    def mint_token(self, name: str, owner: int, number: int) -> Token:
        """A new token with fresh secrets and default times, not stored yet."""
        now = self.now()
        token = Token(
            id=self.store.next_id(),
            name=name,
            user_id=owner,
            type=number,
            created=now,
            access_token=self.mint.secret(),
            access_expires=now + int(self.switches["commandcenter_access_lifetime"]),
        )
        if token.renewable:
            token.refresh_token = self.mint.secret()
            token.renewable_until = now + RENEWABLE_DAYS[0] * DAY
        else:
            token.access_expires = now + FIXED_DAYS[number][0] * DAY
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
        name = server_name(name, self.switches)
        everywhere = self.switches["commandcenter_names"] == "global"
        for token in self.store.named(name):
            if token.id != own_id and (everywhere or token.user_id == owner):
                raise RefusedError("Token name already present", INVALID)
        return str(name)

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

    def _fixed_expiry(self, number: int, value: Any) -> int:
        default, most = FIXED_DAYS[number]
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
        return json_answer({"tokens": [listed(token, self.switches) for token in live], "error": OK})

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
        token, fields = self._find(user, number), body_object(body)
        changes: dict[str, Any] = {}
        if "tokenName" in fields:
            changes["name"] = self._name(fields["tokenName"], token.user_id, token.id)
        changes.update(scope_change(token, fields))
        if token.renewable and "renewableUntilTimestamp" in fields:
            changes["renewable_until"] = self._renewable_until(fields)
        if not token.renewable and fields.get("tokenExpiryTimestamp"):
            changes["access_expires"] = self._fixed_expiry(token.type, fields["tokenExpiryTimestamp"])
        if "allowedIPs" in fields:
            changes["allowed_ips"] = allowed_ips(fields["allowedIPs"])
        # Nothing is changed before everything was checked.
        self.edit(token, changes)
        self.ledger.note("updated", token, changed=sorted(changes))
        return json_answer({"error": OK, "tokenInfo": {**info(token, self.switches), "error": OK}})

    def edit(self, token: Token, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            setattr(token, name, value)
        if "refresh_expires" not in changes:
            token.set_refresh_expiry(self.switches["commandcenter_refresh_window"])

    def revoke(self, user: dict[str, Any], number: str) -> Answer:
        token = self._find(user, number)
        if self.switches["commandcenter_revoke"] == "pending":
            token.pending = True
            self.ledger.note("revocation asked for", token)
            return json_answer({"errorCode": 0, "errorMessage": PENDING}, 202)
        self.end(token, "revoked")
        return json_answer(OK)

    def end(self, token: Token, why: str) -> None:
        token.pending = False
        self.store.kill(token, why)
        self.ledger.note("revoked" if why == "revoked" else f"revoked by {why}", token)

    def renew(self, call: Call) -> Answer:
        return self.renewal.renew(call)

    # Use

    def bearer(self, secret: str, client: str) -> Token | None:
        """The token that this secret opens from this address now, if any."""
        token = self.store.by_secret.get(secret)
        if token is None or not token.alive or secret != token.access_token:
            return None
        if token.access_expires <= self.clock.now() or not token.allows(client):
            return None
        return token
