# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What opens the cluster: access tokens, sessions and, for the length of one call, API keys."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from typing import Any

from .clock import Clock
from .cohesity_users import sid_of
from .minting import Mint
from .switches import Switches

LONG = 708  # characters of a real token that was seen


@dataclass
class Credential:
    """An access token, a session or an API key."""

    secret: str
    username: str
    domain: str
    privileges: list[str]
    created: float
    expires: float
    api_version: str
    kind: str = "token"  # "token", "session", "api_key"
    admin: bool = False
    last_used: float = 0.0
    death: str | None = None  # "administrator"; of sessions also "current", "sid", "bare"

    @property
    def sid(self) -> str:
        return sid_of(self.username, self.domain)

    def end(self, now: float, inactivity: float = 0) -> str | None:
        """Why it is dead, or None. `inactivity` are the seconds without use that end it, 0: none do."""
        if self.death is None and self.expires <= now:
            return "expired"
        if self.death is None and inactivity and self.last_used + inactivity <= now:
            return "idle"
        return self.death

    def as_dict(self, now: float, inactivity: float = 0) -> dict[str, Any]:
        """The credential as tests see it."""
        death = self.end(now, inactivity)
        return {**asdict(self), "owner": self.username, "sid": self.sid, "alive": death is None, "death": death}


def credential_of(user: dict[str, Any], secret: str, switches: Switches, now: float, lifetime: float, **more: Any) -> Credential:
    """A credential with the user's rights."""
    shown = switches["cohesity_privileges"]
    default = shown if isinstance(shown, list) else ["CLUSTER_VIEW"]
    rights = {"privileges": user.get("privileges", default), "admin": bool(user.get("admin"))}
    return Credential(secret, user["username"], user["domain"], created=now, expires=now + lifetime, last_used=now, **rights, **more)


def token_secret(user: dict[str, Any], switches: Switches, clock: Clock, mint: Mint) -> str:
    """The text of a new access token, in the style of the cluster."""
    style = switches["cohesity_token_style"]
    if style == "long":
        return "".join(mint.secret() for _dummy in range(15))[:LONG]
    return mint.secret() if style == "opaque" else _jwt(user, switches, clock, mint)


def _jwt(user: dict[str, Any], switches: Switches, clock: Clock, mint: Mint) -> str:
    """A JWT as in the vendor's example; nobody checks its signature, which is where a marked secret shows its mark."""
    expires = int(clock.now() + switches["cohesity_lifetime"])
    claims = {
        "domain": user["domain"],
        "expiration-time": expires if switches["cohesity_jwt_expiry"] == "number" else str(expires),
        "sids-hash": "simulated",
        "user-sid": sid_of(user["username"], user["domain"]),
        "username": user["username"],
    }
    if switches["cohesity_jwt_expiry"] == "absent":
        del claims["expiration-time"]
    return ".".join([_segment({"alg": "HS256", "typ": "JWT"}), _segment(claims), mint.secret()])


def _segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
