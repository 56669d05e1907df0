# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's login sessions: Login, Logout, RenewLoginToken, and whose Authtoken a request carries."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from . import credentials
from .answers import Answer, Call, json_answer, text_answer
from .clock import Clock
from .commandcenter_users import user_by_name
from .lockout import Lockout
from .minting import Mint
from .refusal import ACCESS_DENIED
from .switches import Switches

STICKY = "NODE"  # the balancer's cookie


@dataclass
class Login:
    """A login session; `user` is one of credentials.COMMANDCENTER_USERS."""

    token: str
    user: dict[str, Any]
    expires: float | None  # None: issued by another sign-on, does not end by itself
    lifetime: float = 0.0
    node: str = ""  # the web node that knows it, where the balancer is sticky
    death: str | None = None  # "logout", "renewed", "killed", "expired"

    def as_dict(self, now: float) -> dict[str, Any]:
        """The login as tests see it."""
        death = self.death or ("expired" if self.expires is not None and self.expires <= now else None)
        return {"token": self.token, "owner": self.user["username"], "user_id": self.user["id"], "alive": death is None, "death": death}


class Logins:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint) -> None:
        self.clock, self.switches, self.mint = clock, switches, mint
        self.lockout = Lockout()
        self.reset()

    def reset(self) -> None:
        owner = user_by_name(credentials.COMMANDCENTER_USERNAME, None)
        assert owner is not None
        issued = (credentials.QSDK_AUTH_TOKEN, credentials.SAML_AUTH_TOKEN)
        self.open = {token: Login(token, owner, None) for token in issued}
        self.ever = list(self.open.values())
        self.lockout.reset()

    def state(self) -> dict[str, Any]:
        now = self.clock.now()
        live = [login for login in self.open.values() if login.expires is None or login.expires > now]
        return {
            "logins": [login.token for login in live if login.expires is not None],
            "auth_tokens": [login.token for login in live if login.expires is None],
            "all_logins": [login.as_dict(now) for login in self.ever],
        }

    def kill(self) -> int:
        """End every login session, as a restart of the web server does."""
        count = len(self.open)
        for login in list(self.open.values()):
            self._end(login, "killed")
        return count

    def _end(self, login: Login, why: str) -> None:
        login.death = why
        del self.open[login.token]

    # Calls

    def log_in(self, call: Call) -> Answer:
        body = call.body if isinstance(call.body, dict) else {}
        username, domain = _account(body)
        account = (domain, username.lower())
        now = self.clock.now()
        locked = self.lockout.remaining(account, now)
        if locked:
            return _login_error("User account is locked.", locked)
        user = user_by_name(username, domain)
        password = _decoded(body.get("password"))
        pin = user.get("pin", "") if user else ""
        if user is not None and pin and password == user["password"]:
            return _login_error("Two-factor authentication is enabled: add the PIN to the password.", 0)
        if user is None or not user["password"] or password != user["password"] + pin:
            switches = self.switches
            self.lockout.failed(account, now, switches["commandcenter_lockout_attempts"], switches["commandcenter_lockout_seconds"])
            return _login_error("Invalid Username or Password.", self.lockout.remaining(account, now))
        self.lockout.succeeded(account)
        login = self._open(user, _minutes(body.get("timeout")))
        return self._logged_in(login)

    def _open(self, user: dict[str, Any], lifetime: float | None) -> Login:
        lifetime = lifetime or self.switches["commandcenter_login_lifetime"]
        login = Login("QSDK " + self.mint.secret(), user, self.clock.now() + lifetime, lifetime)
        if self.switches["commandcenter_sticky"]:
            login.node = self.mint.secret()
        self.open[login.token] = login
        self.ever.append(login)
        return login

    def _logged_in(self, login: Login) -> Answer:
        answer = json_answer(_login_body(login, self.switches["commandcenter_login_shape"]))
        if login.node:
            answer.headers["Set-Cookie"] = f"{STICKY}={login.node}; Path=/; HttpOnly"
        return answer

    def log_out(self, call: Call) -> Answer:
        login = self.of(call)
        if login is not None:
            self._end(login, "logout")
        if login is None or self.switches["commandcenter_logout_gone"]:
            raise ACCESS_DENIED
        return text_answer("User logged out")

    def renew(self, call: Call) -> Answer:
        body = call.body if isinstance(call.body, dict) else {}
        # A session that ran out can still be renewed; one that was ended cannot.
        login = self.open.get(_with_prefix(str(body.get("sessionId") or "")))
        if login is None:
            return json_answer({"error": {"errLogMessage": "Session is not valid.", "errorCode": 5}})
        self._end(login, "renewed")
        return json_answer({"token": self._open(login.user, login.lifetime).token})

    def of(self, call: Call) -> Login | None:
        """The login whose Authtoken this request carries; with a sticky balancer, to the node that knows it."""
        login = self.open.get(_with_prefix(call.headers.get("authtoken", "")))
        if login is None or (login.node and _cookie(call) != login.node):
            return None
        now = self.clock.now()
        if login.expires is not None:
            if login.expires <= now:
                return None
            login.expires = now + login.lifetime  # the timeout counts from the last use
        return login


def _login_body(login: Login, shape: str) -> dict[str, Any]:
    if shape == "saas":
        return {"data": {"authToken": login.token}}
    if shape == "data.token":
        return {"data": {"token": login.token}}
    user = login.user
    return {
        "aliasName": str(user["id"]),
        "userGUID": f"00000000-0000-0000-0000-{user['id']:012d}",
        "loginAttempts": 0,
        "remainingLockTime": 0,
        "userName": user["username"],
        "isAccountLocked": False,
        "authToken" if shape == "authToken" else "token": login.token,
        "errList": [],
    }


def _cookie(call: Call) -> str:
    try:
        cookie = SimpleCookie(call.headers.get("cookie", "")).get(STICKY)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def _account(body: dict[str, Any]) -> tuple[str, str | None]:
    """User and domain; the domain may stand before a backslash in the name."""
    username, domain = str(body.get("username") or ""), body.get("domain")
    if not domain and "\\" in username:
        domain, username = username.split("\\", 1)
    return username, str(domain).upper() if domain else None


def _decoded(password: Any) -> str | None:
    try:
        return base64.b64decode(str(password), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _login_error(message: str, locked: int) -> Answer:
    """A failed login is HTTP 200 without a token."""
    return json_answer(
        {
            "loginAttempts": 0,
            "remainingLockTime": locked,
            "isAccountLocked": locked > 0,
            "errList": [{"errLogMessage": message, "errorCode": 5}],
        }
    )


def _minutes(value: Any) -> float | None:
    return float(value) * 60 if isinstance(value, (int, float)) and value > 0 else None


def _with_prefix(header: str) -> str:
    """The session key of an Authtoken header; QSDK may be left out."""
    return header if header.startswith(("QSDK ", "SAML ")) else "QSDK " + header
