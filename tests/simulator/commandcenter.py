# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Command Center: logins, named access tokens, and a few resources to use them on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .accesstoken import AccessTokens
from .answers import HTML, XML, Answer, Call, json_answer, text_answer
from .clock import Clock
from .commandcenter_resources import Resources
from .commandcenter_users import user_answer, user_by_id, users_answer
from .headerforms import carried, takes
from .logins import Login, Logins
from .minting import Mint
from .ratelimit import RateLimit
from .refusal import ACCESS_DENIED, RefusedError
from .switches import Switches
from .tokens import Token
from .xmltexts import wants_xml, xml_answer

# The last one, the empty base, is the SaaS front (api.metallic.io).
BASES = ("/commandcenter/api", "/webconsole/api", "/searchsvc/cvwebservice.svc", "")
# Resources that take every method, for tests of plain REST calls with any credential.
RESOURCES = ("/client", "/subclient", "/job", "/v4/servergroup", "/scim")
# These take a login, and no access token in whatever form.
LOGINS_ONLY = "/cr/reportsplusengine/"


@dataclass
class Caller:
    """Who asks: a login session or an access token."""

    user: dict[str, Any]
    login: Login | None = None
    token: Token | None = None


class CommandCenter:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint) -> None:
        self.clock, self.switches, self.mint = clock, switches, mint
        self.logins = Logins(clock, switches, mint)
        self.rate = RateLimit(clock, switches)
        self.tokens = AccessTokens(clock, switches, mint)
        self.resources = Resources(clock, switches)

    def reset(self) -> None:
        for part in (self.logins, self.rate, self.tokens, self.resources):
            part.reset()

    def state(self) -> dict[str, Any]:
        return {**self.logins.state(), **self.tokens.state()}

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
            ("POST", "/login"): self.logins.log_in,
            ("POST", "/logout"): self.logins.log_out,
            ("POST", "/whoami"): self._whoami,
            ("GET", "/whoami"): self._whoami,
            ("POST", "/renewlogintoken"): self.logins.renew,
        }

    def _whoami(self, call: Call) -> Answer:
        user = self._authenticate(call).user
        shown = {"userName": user["username"], "userId": user["id"]}
        if not self.switches["commandcenter_whoami_user_id"]:
            del shown["userId"]
        if self.switches["commandcenter_whoami"] == "xml":
            attributes = " ".join(f'{name}="{value}"' for name, value in shown.items())
            name = "CvEntities_ProcessingInstructionInfo"
            return text_answer(f"<{name}><user {attributes}/></{name}>", 200, XML)
        return json_answer({"user": shown})

    # Credentials of a request

    def _authenticate(self, call: Call, path: str | None = None) -> Caller:
        """Who calls; with `path`, an access token's scope must cover it. RefusedError with 401 or 403 otherwise."""
        login = self.logins.of(call) if "authtoken" in call.headers else None
        if login is not None:
            return Caller(login.user, login=login)
        form, secret = carried(call)
        token = self.tokens.bearer(secret, self.client(call))
        if token is None:
            raise ACCESS_DENIED
        if not takes(self.switches["commandcenter_use_auth"], form):
            raise RefusedError("Access denied", 5, status=self.switches["commandcenter_auth_refused"])
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
        if path.startswith(LOGINS_ONLY) and caller.token is not None:
            raise RefusedError("Unauthenticated", 401, status=401)
        answer = self.resources.answer(call, path) or self._plain(call, path, caller)
        if wants_xml(call, self.switches["commandcenter_xml"]):
            return xml_answer("App_Response", json.loads(answer.body), answer.status)
        return answer

    def _plain(self, call: Call, path: str, caller: Caller) -> Answer:
        """Users, and paths that answer what they were asked."""
        if path in ("/v4/user", "/user") and call.method == "GET":
            return users_answer(path)
        match = re.fullmatch(r"(/v4)?/user/(\d+)(/security)?", path)
        if match and call.method == "GET":
            return user_answer(int(match[2]), v4=bool(match[1]), security=bool(match[3]))
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


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
