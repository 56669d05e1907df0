# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Cohesity cluster, or Helios: who may come in, and which part answers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from . import cohesity_helios, credentials
from .answers import Answer, Call, json_answer
from .clock import Clock
from .cohesity_apikeys import ApiKeys
from .cohesity_asking import V1, V2, Asking, Route
from .cohesity_credentials import Credential, credential_of, token_secret
from .cohesity_login import CohesityLogin, otp_v1, otp_v2
from .cohesity_protection import Protection
from .cohesity_refusal import EXPIRY_TEXTS, MFA_TEXT, RefusedError, fields_of, forbidden, unauthorized
from .cohesity_security import Security
from .cohesity_sessions import Sessions
from .cohesity_users import is_tenant, selected_users
from .minting import Mint
from .switches import ABSENT, Switches

SESSIONS_ONLY = "This endpoint is unavailable when session management is enabled. Use POST /v2/users/sessions."
LOGINS = (V1 + "/public/accesstokens", V2 + "/access-tokens", V2 + "/users/sessions", V2 + "/email-otp")


class Cohesity:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint, client_cert: str) -> None:
        self.clock, self.switches, self.mint = clock, switches, mint
        self.login = CohesityLogin(clock, switches, client_cert)
        self.sessions = Sessions(clock, switches, mint, self.login)
        self.api_keys = ApiKeys(clock, switches, mint)
        self.protection = Protection(clock, switches)
        parts = (self.sessions, self.api_keys, self.protection, Security(switches))
        self._routes: list[Route] = [*self._own_routes(), *(route for part in parts for route in part.routes())]
        self.reset()

    def reset(self) -> None:
        self.tokens: dict[str, Credential] = {}
        for part in (self.login, self.sessions, self.api_keys, self.protection):
            part.reset()

    def state(self) -> dict[str, Any]:
        tokens = [token.as_dict(self.clock.now()) for token in self.tokens.values()]
        return {"tokens": tokens, **self.sessions.state(), **self.api_keys.state(), "mails": self.login.mails}

    @staticmethod
    def owns(path: str) -> bool:
        return path.lower().startswith((V1 + "/", V2 + "/", "/mcm/"))

    def answer(self, call: Call) -> Answer:
        try:
            return self._route(call)
        except RefusedError as refused:
            return refused.answer(v2=call.path.lower().startswith(V2))

    def _route(self, call: Call) -> Answer:
        path = call.path.rstrip("/")
        if call.method == "POST" and path.lower() in LOGINS:
            return self._log_in(call, path.lower())
        if (call.method, path.lower()) == ("GET", V1 + "/public/basicclusterinfo"):
            return json_answer({"name": "simulated", "domains": ["LOCAL", "CORP"], "languageLocale": "en-us"})
        asking = self._asking(call)
        if "/mcm/" in path.lower() and not self.switches["cohesity_helios"]:
            raise RefusedError("The requested resource does not exist.", 404, "KNotFound")
        for method, pattern, handler in self._routes:
            match = re.fullmatch(pattern, path, re.IGNORECASE)
            if match and re.fullmatch(method, call.method):
                return handler(asking, *(unquote(group) if group else group for group in match.groups()))
        raise RefusedError("The requested resource does not exist.", 404, "KNotFound")

    # Login

    def _log_in(self, call: Call, path: str) -> Answer:
        if self.switches["cohesity_helios"]:
            raise unauthorized(cohesity_helios.NO_LOGIN)
        if path == V2 + "/users/sessions":
            return self.sessions.create(call)
        if path == V2 + "/email-otp":
            return self.login.mail_otp(call)
        return self._create_token(call, "v2" if path.startswith(V2) else "v1")

    def _create_token(self, call: Call, api_version: str) -> Answer:
        switches = self.switches
        if switches["cohesity_session_management"]:
            documented = api_version == "v2" and switches["cohesity_tokens_off_text"] == "document"
            raise RefusedError(SESSIONS_ONLY if documented else "Access denied")
        body = fields_of(call)
        user = self.login.check(body, otp_v1(body) if api_version == "v1" else otp_v2(body))
        secret = token_secret(user, switches, self.clock, self.mint)
        token = credential_of(user, secret, switches, self.clock.now(), switches["cohesity_lifetime"], api_version=api_version)
        self.tokens[token.secret] = token
        answer: dict[str, Any] = {"accessToken": token.secret, "privileges": token.privileges, "tokenType": "Bearer"}
        if switches["cohesity_privileges"] is None:
            answer["privileges"] = None
        elif switches["cohesity_privileges"] == ABSENT:
            del answer["privileges"]
        return json_answer(answer, switches["cohesity_status"])

    # Use

    def _asking(self, call: Call) -> Asking:
        """Who asks, for which tenant and cluster. RefusedError where that may not be."""
        who = self._authenticate(call)
        who.last_used = self.clock.now()
        if self.switches["cohesity_mfa_only"] and who.kind != "api_key":
            raise unauthorized(MFA_TEXT)
        tenant = call.headers.get("x-impersonate-tenant-id", "")
        if tenant and not (who.admin and is_tenant(tenant)):
            raise forbidden("The user may not impersonate this tenant.")
        cluster = cohesity_helios.chosen_cluster(call) if self.switches["cohesity_helios"] else ""
        return Asking(call, who, tenant, cluster)

    def _authenticate(self, call: Call) -> Credential:
        if "apikey" in call.headers:
            return self.api_keys.credential(call.headers["apikey"])
        if self.switches["cohesity_helios"]:
            raise unauthorized(cohesity_helios.NO_LOGIN)
        session = self.sessions.ever.get(call.headers.get("session-id", ""))
        if session is not None and session.death in (None, "administrator"):
            if self.sessions.end_of(session):
                raise unauthorized(EXPIRY_TEXTS[self.switches["cohesity_expiry_text"]])
            return session
        scheme, _space, secret = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise unauthorized(EXPIRY_TEXTS[3])
        token = self.tokens.get(secret)
        if token is None:
            raise unauthorized(EXPIRY_TEXTS[2])
        if token.end(self.clock.now()):
            raise unauthorized(EXPIRY_TEXTS[self.switches["cohesity_expiry_text"]])
        return token

    def works(self, secret: str) -> bool:
        """Whether this token, session or API key is accepted now."""
        token, session = self.tokens.get(secret), self.sessions.ever.get(secret)
        if token is not None:
            return token.end(self.clock.now()) is None
        if session is not None:
            return self.sessions.end_of(session) is None
        return self.api_keys.works(secret)

    def kill(self) -> int:
        """End every token and session, as an administrator can; answers how many lived."""
        now = self.clock.now()
        live = [token for token in self.tokens.values() if token.end(now) is None] + self.sessions.live()
        for credential in live:
            credential.death = "administrator"
        return len(live)

    # A few resources of its own

    def _own_routes(self) -> list[Route]:
        routes: list[Route] = [
            ("GET", V1 + "/public/sessionuser", self._session_user),
            ("GET", V1 + "/public/sessionuser/preferences", self._preferences),
            ("GET", V1 + "/public/nodes", self._nodes),
            ("GET", V1 + "/public/cluster", self._cluster),
            ("GET", V2 + "/clusters", self._cluster),
            ("GET", f"(?:{V1}/public|{V2})/users", self._users),
            ("GET", V1 + "/public/tenants", self._tenants),
        ]
        return [*routes, *cohesity_helios.routes()]

    def _session_user(self, asking: Asking) -> Answer:
        who = asking.who
        shown = {"username": who.username, "domain": who.domain, "sid": who.sid, "privilegeIds": who.privileges}
        return json_answer({**shown, "tenantId": asking.tenant} if asking.tenant else shown)

    def _preferences(self, _asking: Asking) -> Answer:
        return json_answer({"preferences": {"locale": "en-us"}})

    def _nodes(self, asking: Asking) -> Answer:
        if "CLUSTER_VIEW" not in asking.who.privileges:
            raise forbidden("The user lacks the privilege CLUSTER_VIEW.")
        return json_answer([{"id": 1, "ip": "192.0.2.1"}])

    def _cluster(self, asking: Asking) -> Answer:
        return json_answer({"id": int(asking.cluster or 1), "name": cohesity_helios.cluster_name(asking.cluster)})

    def _users(self, asking: Asking) -> Answer:
        if not asking.who.admin:
            raise forbidden("The user lacks the privilege PRINCIPAL_VIEW.")
        users = selected_users(asking.call.query)
        return json_answer({"users": users} if asking.v2 else users)

    def _tenants(self, _asking: Asking) -> Answer:
        return json_answer(credentials.COHESITY_TENANTS)
