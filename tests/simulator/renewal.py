# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The renew call: who may ask, which pairs are refused, and the answers that real servers give."""

from __future__ import annotations

import json
from typing import Any

from .answers import Answer, Call, json_answer
from .clock import Clock
from .headerforms import carried, takes
from .minting import Mint
from .refusal import RefusedError
from .switches import Switches
from .tokenfields import INVALID, OK, body_object, secrets
from .tokens import Ledger, Token
from .tokenviews import info, shown_type

LATE = "Renew request placed after the permissible time limit"


class Renewal:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint, ledger: Ledger) -> None:
        self.clock, self.switches, self.mint, self.ledger = clock, switches, mint, ledger

    def renew(self, call: Call) -> Answer:
        self._check_header(call)
        fields = body_object(call.body)
        pair = (fields.get("accessToken"), fields.get("refreshToken"))
        if not all(isinstance(secret, str) and secret for secret in pair):
            raise self._refused("Access token and refresh token are required")
        store = self.ledger.store
        token = store.by_secret.get(str(pair[1])) or store.by_secret.get(str(pair[0]))
        if token is None or not token.alive:
            raise self._refused("Invalid access token or refresh token", self.switches["commandcenter_renew_unknown"])
        # A part that came back unchanged from a renewal is not old.
        older = {secret for old in token.chain for secret in old} - {token.access_token, token.refresh_token}
        if pair[0] in older or pair[1] in older:
            self._kill_chain(token)
            raise self._refused("Refresh token was used already; the token has been revoked")
        if not token.renewable:
            raise self._refused("Renewal is not supported for this token type")
        if pair != (token.access_token, token.refresh_token):
            raise self._refused("Invalid access token or refresh token")
        if self.clock.now() > (token.refresh_expires or 0):
            raise self._refused(LATE, self.switches["commandcenter_renew_late"])
        self._rotate(token)
        return self._renewed(token)

    def _check_header(self, call: Call) -> None:
        """Refuse a form that this server does not take. The token in the header may be expired, but must be known."""
        accepted = self.switches["commandcenter_renew_auth"]
        form, secret = carried(call)
        known = form == "none" or secret in self.ledger.store.by_secret
        if accepted != "any" and not (takes(accepted, form) and known):
            raise RefusedError("Access denied", 5, status=self.switches["commandcenter_auth_refused"])

    def _rotate(self, token: Token) -> None:
        same_access = self.switches["commandcenter_renew_access"] == "same"
        same_refresh = self.switches["commandcenter_renew_refresh"] == "absent"
        access = token.access_token if same_access else self.mint.secret()
        refresh = str(token.refresh_token) if same_refresh else self.mint.secret()
        self.ledger.store.rotate(token, access, refresh)
        token.access_expires = int(self.clock.now()) + int(self.switches["commandcenter_access_lifetime"])
        token.set_refresh_expiry(self.switches["commandcenter_refresh_window"])
        self.ledger.note("renewed", token)

    def _renewed(self, token: Token) -> Answer:
        answer = {**info(token, self.switches), **secrets(token), "tokenType": shown_type(token, self.switches), "error": OK}
        if self.switches["commandcenter_renew_refresh"] == "absent":
            answer = {key: value for key, value in answer.items() if not key.startswith("refreshToken")}
        style = self.switches["commandcenter_renew_answer"]
        if style == "expires_in":
            answer["expiresIn"] = answer.pop("tokenExpiryTimestamp") - int(self.clock.now())
        return json_answer(answer) if style != "broken" else Answer(200, _broken(answer).encode())

    def _kill_chain(self, token: Token) -> None:
        self.ledger.store.kill(token, "chain")
        self.ledger.note("chain killed", token)
        self.ledger.mail(token, f"Access token {token.name} was revoked: an old refresh token was used")

    def _refused(self, message: str, status: int | str = "style") -> RefusedError:
        if status == "style" and self.switches["commandcenter_renew_error"] == "450":
            status = 450
        return RefusedError(message, INVALID, status=None if status == "style" else int(status))


def _broken(answer: dict[str, Any]) -> str:
    """The answer as a field client met it: the last brace slipped into a key, carriage returns between the members."""
    text = json.dumps(answer).replace("tokenExpiryTimestamp", "tokenExpiryTimes}amp", 1)
    return text[:-1].replace(", ", ",\r\n") + "\r"
