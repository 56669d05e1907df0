# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Command Center: logins, named access tokens, and a few resources to use them on."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from . import credentials
from .accesstoken import AccessTokens
from .answers import HTML, XML, Answer, Call, json_answer, text_answer
from .clock import Clock
from .lockout import Lockout
from .minting import Mint
from .ratelimit import RateLimit
from .refusal import ACCESS_DENIED, RefusedError
from .switches import Switches
from .tokens import Token

# The last one, the empty base, is the SaaS front (api.metallic.io).
BASES = ("/commandcenter/api", "/webconsole/api", "/searchsvc/cvwebservice.svc", "")
# Resources that take every method, for tests of plain REST calls with any credential.
RESOURCES = ("/client", "/subclient", "/job", "/v4/servergroup", "/scim")


@dataclass
class Login:
    """A login session; `user` is one of credentials.COMMANDCENTER_USERS."""

    token: str
    user: dict[str, Any]
    expires: float | None  # None: issued by another sign-on, does not end by itself
    lifetime: float = 0.0


@dataclass
class Caller:
    """Who asks: a login session or an access token."""

    user: dict[str, Any]
    login: Login | None = None
    token: Token | None = None


class CommandCenter:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint) -> None:
        self.clock, self.switches, self.mint = clock, switches, mint
        self.lockout = Lockout()
        self.rate = RateLimit(clock, switches)
        self.tokens = AccessTokens(clock, switches, mint)
        self.reset()

    def reset(self) -> None:
        owner = user_by_name(credentials.COMMANDCENTER_USERNAME, None)
        assert owner is not None
        issued = (credentials.QSDK_AUTH_TOKEN, credentials.SAML_AUTH_TOKEN)
        self.logins = {token: Login(token, owner, None) for token in issued}
        self.lockout.reset()
        self.rate.reset()
        self.tokens.reset()

    def state(self) -> dict[str, Any]:
        now = self.clock.now()
        live = [login for login in self.logins.values() if login.expires is None or login.expires > now]
        return {
            "logins": [login.token for login in live if login.expires is not None],
            "auth_tokens": [login.token for login in live if login.expires is None],
            **self.tokens.state(),
        }

    def kill_logins(self) -> int:
        """End every login session, as a restart of the web server does."""
        count = len(self.logins)
        self.logins = {}
        return count

    # Requests

    def answer(self, call: Call) -> Answer:
        base, path = split_base(call.path)
        refused = self._front(call, base)
        if refused is not None:
            return refused
        try:
            return self._route(call, path)
        except RefusedError as refusal:
            # Create and update nest their errors, the other calls write them flat.
            nested = call.method == "PUT" or (call.method == "POST" and not path.lower().endswith("/renew"))
            return refusal.answer(self.switches["commandcenter_error_style"], nested)

    def _front(self, call: Call, base: str) -> Answer | None:
        """What stands before the API: a redirect, the firewall, the rate limit."""
        if base == "/webconsole/api" and self.switches["commandcenter_webconsole"] == "redirect":
            target = re.sub("^/webconsole/api", "/commandcenter/api", call.path, flags=re.IGNORECASE)
            query = "?" + urlencode(call.query) if call.query else ""
            return Answer(301, headers={"Location": f"https://{call.headers.get('host', '')}{target}{query}"})
        firewall = self.switches["commandcenter_firewall"]
        guarded = firewall == "always" or (firewall == "saas" and base == "")
        if guarded and call.headers.get("user-agent", "").lower().startswith("python-requests"):
            return text_answer("<html><body><h1>403 Forbidden</h1></body></html>", 403, HTML)
        return self.rate.check(call)

    def _route(self, call: Call, path: str) -> Answer:
        lowered = path.lower().rstrip("/")
        if lowered == "" and call.method == "GET":
            return json_answer({"message": "Command Center API"})
        handler = self._login_calls().get((call.method, lowered))
        if handler is not None:
            return handler(call)
        if lowered == "/v4/accesstoken" or lowered.startswith("/v4/accesstoken/"):
            return self._access_tokens(call, lowered.removeprefix("/v4/accesstoken").strip("/"))
        return self._resource(call, lowered)

    def _login_calls(self) -> dict[tuple[str, str], Callable[[Call], Answer]]:
        return {
            ("POST", "/login"): self._login,
            ("POST", "/logout"): self._logout,
            ("POST", "/whoami"): self._whoami,
            ("GET", "/whoami"): self._whoami,
            ("POST", "/renewlogintoken"): self._renew_login,
        }

    # Login

    def _login(self, call: Call) -> Answer:
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
        if self.switches["commandcenter_login_shape"] == "saas":
            return json_answer({"data": {"authToken": login.token}})
        return json_answer(
            {
                "aliasName": str(user["id"]),
                "userGUID": f"00000000-0000-0000-0000-{user['id']:012d}",
                "loginAttempts": 0,
                "remainingLockTime": 0,
                "userName": user["username"],
                "isAccountLocked": False,
                "token": login.token,
                "errList": [],
            }
        )

    def _open(self, user: dict[str, Any], lifetime: float | None) -> Login:
        lifetime = lifetime or self.switches["commandcenter_login_lifetime"]
        login = Login("QSDK " + self.mint.secret(), user, self.clock.now() + lifetime, lifetime)
        self.logins[login.token] = login
        return login

    def _logout(self, call: Call) -> Answer:
        login = self._login_of(call.headers.get("authtoken", ""))
        if login is not None:
            del self.logins[login.token]
        if login is None or self.switches["commandcenter_logout_gone"]:
            raise ACCESS_DENIED
        return text_answer("User logged out")

    def _whoami(self, call: Call) -> Answer:
        user = self._authenticate(call).user
        if self.switches["commandcenter_whoami"] == "xml":
            entity = f'<user userName="{user["username"]}" userId="{user["id"]}"/>'
            name = "CvEntities_ProcessingInstructionInfo"
            return text_answer(f"<{name}>{entity}</{name}>", 200, XML)
        return json_answer({"user": {"userName": user["username"], "userId": user["id"]}})

    def _renew_login(self, call: Call) -> Answer:
        body = call.body if isinstance(call.body, dict) else {}
        # A session that ran out can still be renewed; one that was ended cannot.
        login = self.logins.pop(_with_prefix(str(body.get("sessionId") or "")), None)
        if login is None:
            return json_answer({"error": {"errLogMessage": "Session is not valid.", "errorCode": 5}})
        return json_answer({"token": self._open(login.user, login.lifetime).token})

    # Credentials of a request

    def _login_of(self, header: str) -> Login | None:
        login = self.logins.get(_with_prefix(header))
        if login is None:
            return None
        now = self.clock.now()
        if login.expires is not None:
            if login.expires <= now:
                return None
            login.expires = now + login.lifetime  # the timeout counts from the last use
        return login

    def _authenticate(self, call: Call, path: str | None = None) -> Caller:
        """Who calls; with `path`, an access token's scope must cover it. RefusedError with 401 or 403 otherwise."""
        header = call.headers.get("authtoken", "")
        login = self._login_of(header) if header else None
        if login is not None:
            return Caller(login.user, login=login)
        token = self.tokens.bearer(_bearer(header or call.headers.get("authorization", "")), self.client(call))
        if token is None:
            raise ACCESS_DENIED
        if path is not None and not token.reaches(path):
            raise RefusedError("The access token's scope does not cover this API.", 5, status=403)
        token.last_used = int(self.clock.now())
        user = user_by_id(token.user_id)
        assert user is not None
        return Caller(user, token=token)

    def client(self, call: Call) -> str:
        """The caller's address; tests may pretend another one."""
        return self.switches["client_address"] or call.client

    # Access tokens

    def _access_tokens(self, call: Call, rest: str) -> Answer:
        if _version(self.switches["commandcenter_version"]) < (11, 38):
            raise RefusedError("Not found", 404, status=404)
        if call.method == "POST" and rest == "renew":
            return self.tokens.renew(call)
        if call.method == "GET" and rest == "":
            return self.tokens.listing(self._authenticate(call, "/v4/accesstoken").user, call.query)
        caller = self._authenticate(call)
        if caller.token is not None:
            raise RefusedError("Access token creation not allowed using another access token", 5)
        if call.method == "POST" and rest == "":
            return self.tokens.create(caller.user, call.body)
        if call.method == "PUT" and rest:
            return self.tokens.update(caller.user, rest, call.body)
        if call.method == "DELETE" and rest:
            return self.tokens.revoke(caller.user, rest)
        raise RefusedError("Method not allowed", 405, status=405)

    # Other resources

    def _resource(self, call: Call, path: str) -> Answer:
        caller = self._authenticate(call, path)
        if path in ("/v4/user", "/user") and call.method == "GET":
            return _users(path)
        match = re.fullmatch(r"(/v4)?/user/(\d+)(/security)?", path)
        if match and call.method == "GET":
            return _user(int(match[2]), v4=bool(match[1]), security=bool(match[3]))
        if path.startswith(RESOURCES):
            if call.method == "GET":
                return json_answer({"clientProperties": [], "asked": path, "user": caller.user["username"]})
            return json_answer({"errorCode": 0, "errorMessage": "", "method": call.method, "body": call.body})
        raise RefusedError("Not found", 404, status=404)


def split_base(path: str) -> tuple[str, str]:
    """The base path (lower case) and the rest."""
    lowered = path.lower()
    for base in BASES:
        if lowered == base or lowered.startswith(base + "/"):
            return base, path[len(base) :]
    return "", path


def user_by_name(username: str, domain: str | None) -> dict[str, Any] | None:
    for user in credentials.COMMANDCENTER_USERS:
        if user["username"] == username.lower() and user.get("domain") == domain:
            return user
    return None


def user_by_id(number: int) -> dict[str, Any] | None:
    for user in credentials.COMMANDCENTER_USERS:
        if user["id"] == number:
            return user
    return None


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


def _bearer(header: str) -> str:
    """The access token in an Authorization header, or in an Authtoken header, where "Bearer" may be left out."""
    scheme, _space, secret = header.partition(" ")
    return secret if scheme.lower() in ("bearer", "qsdk") else header


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _users(path: str) -> Answer:
    users = credentials.COMMANDCENTER_USERS
    if path == "/v4/user":
        return json_answer({"users": [{"name": user["username"], "id": user["id"]} for user in users]})
    entities = [{"userEntity": {"userName": user["username"], "userId": user["id"]}} for user in users]
    return json_answer({"users": entities})


def _user(number: int, v4: bool, security: bool) -> Answer:
    user = user_by_id(number)
    if user is None:
        raise RefusedError("User not found", 404, status=404)
    if security:
        return json_answer({})
    if v4:
        return json_answer({"id": number, "name": user["username"], "enabled": True})
    return json_answer({"users": [{"userEntity": {"userName": user["username"], "userId": number}}]})
