# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Cohesity cluster: access tokens over API v1 and v2, sessions, and a few resources to use them on."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from . import credentials
from .answers import Answer, Call, json_answer
from .clock import Clock
from .lockout import Lockout
from .minting import Mint
from .switches import ABSENT, Switches

V1 = "/irisservices/api/v1"
V2 = "/v2"
# Resources that take every method, for tests of plain REST calls.
JOBS = (V1 + "/public/protectionjobs", V2 + "/data-protect/protection-groups")
MANDATORY = "Please specify the mandatory parameters."
BAD_LOGIN = "Invalid Username or Password specified."
SESSIONS_ONLY = "This endpoint is unavailable when session management is enabled. Use POST /v2/users/sessions."
# What an expired token is told: by the vendor's document, by what its SDKs look for, and as a user reported.
EXPIRY_TEXTS = {
    1: "Token expired",
    2: "The access token is invalid.",
    3: "Neither session cookie nor token is present in the request",
}


class RefusedError(Exception):
    """An error answer."""

    def __init__(self, message: str, status: int = 400, code: str = "KValidationError") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass
class Credential:
    """An access token or a session."""

    secret: str
    username: str
    domain: str
    privileges: list[str]
    created: float
    expires: float
    api_version: str


class Cohesity:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint, client_cert: str) -> None:
        self.clock, self.switches, self.mint = clock, switches, mint
        self.client_cert = x509.load_pem_x509_certificate(client_cert.encode())
        self.lockout = Lockout()
        self.reset()

    def reset(self) -> None:
        self.tokens: dict[str, Credential] = {}
        self.sessions: dict[str, Credential] = {}
        self.mails: list[dict[str, Any]] = []
        self.lockout.reset()

    def state(self) -> dict[str, Any]:
        now = self.clock.now()
        live = [asdict(session) for session in self.sessions.values() if session.expires > now]
        return {"tokens": [asdict(token) for token in self.tokens.values()], "sessions": live, "mails": self.mails}

    @staticmethod
    def owns(path: str) -> bool:
        lowered = path.lower()
        return lowered.startswith((V1 + "/", V2 + "/"))

    def answer(self, call: Call) -> Answer:
        try:
            return self._route(call)
        except RefusedError as refused:
            error = {"errorCode": refused.code, "message": str(refused)}
            if call.path.lower().startswith(V2):
                error["taskLogId"] = ""
            # Real clusters end their error bodies with a newline.
            return json_answer(error, refused.status, end="\n")

    def _route(self, call: Call) -> Answer:
        route = (call.method, call.path.lower().rstrip("/"))
        if route == ("POST", V1 + "/public/accesstokens"):
            return self._create_token(call, "v1")
        if route == ("POST", V2 + "/access-tokens"):
            return self._create_token(call, "v2")
        if route == ("POST", V2 + "/users/sessions"):
            return self._create_session(call)
        if route == ("POST", V2 + "/email-otp"):
            return self._mail_otp(call)
        if route == ("GET", V1 + "/public/basicclusterinfo"):
            return json_answer({"name": "simulated", "domains": ["LOCAL", "CORP"], "languageLocale": "en-us"})
        return self._resource(call, route, self._authenticate(call))

    # Login

    def _create_token(self, call: Call, api_version: str) -> Answer:
        if self.switches["cohesity_session_management"]:
            raise RefusedError("Access denied" if api_version == "v1" else SESSIONS_ONLY)
        body = _fields(call)
        user = self._login(body, _otp_v1(body) if api_version == "v1" else _otp_v2(body))
        token = self._mint(user, api_version, self.switches["cohesity_lifetime"])
        self.tokens[token.secret] = token
        answer: dict[str, Any] = {"accessToken": token.secret, "privileges": token.privileges, "tokenType": "Bearer"}
        shown = self.switches["cohesity_privileges"]
        if shown is None:
            answer["privileges"] = None
        elif shown == ABSENT:
            del answer["privileges"]
        return json_answer(answer, self.switches["cohesity_status"])

    def _create_session(self, call: Call) -> Answer:
        body = _fields(call)
        # Sessions take the code flat, but spell its type as the rest of v2 does.
        user = self._login(body, _otp(body, ("totp", "email", "salesforce")))
        session = self._mint(user, "v2", self.switches["cohesity_session_lifetime"])
        self.sessions[session.secret] = session
        return json_answer({"sessionId": session.secret}, 201)

    def _mint(self, user: dict[str, Any], api_version: str, lifetime: float) -> Credential:
        now = self.clock.now()
        shown = self.switches["cohesity_privileges"]
        default = shown if isinstance(shown, list) else ["CLUSTER_VIEW"]
        privileges = user.get("privileges", default)
        return Credential(self.mint.secret(), user["username"], user["domain"], privileges, now, now + lifetime, api_version)

    def _login(self, body: dict[str, Any], otp: tuple[str, str] | None) -> dict[str, Any]:
        if body.get("certificate") or body.get("privateKey"):
            return self._certificate_login(body)
        username, password = body.get("username"), body.get("password")
        if not username or not password:
            raise RefusedError(MANDATORY)
        if not isinstance(username, str) or not isinstance(password, str):
            raise RefusedError("Username and password must be strings.")
        domain = str(body.get("domain") or "LOCAL").upper()
        account = (domain, username.lower())
        now = self.clock.now()
        if self.lockout.remaining(account, now):
            raise RefusedError("The account is locked because of too many failed logins.")
        user = _find(username, domain)
        if user is None or user["password"] != password:
            self._failed(account, now)
            raise RefusedError(BAD_LOGIN)
        if user.get("mfa"):
            self._check_otp(account, now, otp)
        self.lockout.succeeded(account)
        return user

    def _failed(self, account: tuple[str, str], now: float) -> None:
        # Only local users lock here; a directory has rules of its own.
        if account[0] == "LOCAL":
            switches = self.switches
            self.lockout.failed(account, now, switches["cohesity_lockout_attempts"], switches["cohesity_lockout_seconds"])

    def _check_otp(self, account: tuple[str, str], now: float, otp: tuple[str, str] | None) -> None:
        if otp is None:
            raise RefusedError(MANDATORY)
        code, kind = otp
        wanted = credentials.EMAIL_CODE if kind == "email" else credentials.TOTP_CODE
        if code != wanted:
            self._failed(account, now)
            raise RefusedError("Invalid email OTP code." if kind == "email" else "Invalid TOTP code.")

    def _certificate_login(self, body: dict[str, Any]) -> dict[str, Any]:
        if not body.get("certificate") or not body.get("privateKey"):
            raise RefusedError(MANDATORY)
        try:
            certificate = x509.load_pem_x509_certificate(body["certificate"].encode())
            key = load_pem_private_key(body["privateKey"].encode(), password=None)
        except (ValueError, TypeError, AttributeError) as error:
            raise RefusedError("Invalid certificate or private key specified.") from error
        if key.public_key() != certificate.public_key() or certificate != self.client_cert:
            raise RefusedError("Invalid certificate or private key specified.")
        user = _find("certificate", "LOCAL")
        assert user is not None
        if body.get("username") not in (None, "", user["username"]):
            raise RefusedError(BAD_LOGIN)
        return user

    def _mail_otp(self, call: Call) -> Answer:
        user = self._login(_fields(call), (credentials.EMAIL_CODE, "email"))
        self.mails.append({"username": user["username"], "code": credentials.EMAIL_CODE, "at": self.clock.now()})
        return Answer(204)

    # Use

    def _authenticate(self, call: Call) -> Credential:
        session = self.sessions.get(call.headers.get("session-id", ""))
        if session is not None:
            return self._unexpired(session)
        scheme, _space, secret = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise RefusedError(EXPIRY_TEXTS[3], 401, "KStatusUnauthorized")
        token = self.tokens.get(secret)
        if token is None:
            raise RefusedError(EXPIRY_TEXTS[2], 401, "KStatusUnauthorized")
        return self._unexpired(token)

    def _unexpired(self, credential: Credential) -> Credential:
        if credential.expires <= self.clock.now():
            raise RefusedError(EXPIRY_TEXTS[self.switches["cohesity_expiry_text"]], 401, "KStatusUnauthorized")
        return credential

    def works(self, secret: str) -> bool:
        """Whether this token or session is accepted now."""
        credential = self.tokens.get(secret) or self.sessions.get(secret)
        return credential is not None and credential.expires > self.clock.now()

    def _resource(self, call: Call, route: tuple[str, str], who: Credential) -> Answer:
        path = route[1]
        if route == ("GET", V1 + "/public/sessionuser"):
            return json_answer({"username": who.username, "domain": who.domain, "sid": _sid(who), "privilegeIds": who.privileges})
        if route == ("GET", V1 + "/public/nodes"):
            if "CLUSTER_VIEW" not in who.privileges:
                raise RefusedError("The user lacks the privilege CLUSTER_VIEW.", 403, "KForbidden")
            return json_answer([{"id": 1, "ip": "192.0.2.1"}])
        if route == ("GET", V1 + "/public/cluster"):
            return json_answer({"id": 1, "name": "simulated"})
        if route == ("GET", V2 + "/clusters"):
            return json_answer({"id": 1, "name": "simulated"})
        if path == V2 + "/security-config":
            return self._security_config(call)
        if path == V2 + "/users/sessions":
            return self._user_sessions(call, who)
        if any(path == jobs or path.startswith(jobs + "/") for jobs in JOBS):
            return _jobs(call, path)
        raise RefusedError("The requested resource does not exist.", 404, "KNotFound")

    def _security_config(self, call: Call) -> Answer:
        switches = self.switches
        if call.method == "PUT":
            minutes = _fields(call).get("authTokenTimeoutMinutes")
            if not isinstance(minutes, int) or minutes <= 0:
                raise RefusedError("authTokenTimeoutMinutes must be a positive number.")
            switches.set({"cohesity_lifetime": minutes * 60})
        return json_answer(
            {
                "authTokenTimeoutMinutes": int(switches["cohesity_lifetime"] // 60),
                "sessionManagementEnabled": switches["cohesity_session_management"],
                "accountLockout": {
                    "maxFailedLoginAttempts": switches["cohesity_lockout_attempts"],
                    "failedLoginLockTimeDurationMins": int(switches["cohesity_lockout_seconds"] // 60),
                },
            }
        )

    def _count_sessions(self) -> Answer:
        counts = Counter((_sid(one), one.username) for one in self.sessions.values())
        users = [{"sid": sid, "username": name, "sessionsCount": count} for (sid, name), count in counts.items()]
        return json_answer({"sessionsPerUser": users, "totalSessionsCount": len(self.sessions)})

    def _user_sessions(self, call: Call, who: Credential) -> Answer:
        if call.method == "GET":
            return self._count_sessions()
        if call.method != "DELETE":
            raise RefusedError("Method not allowed.", 405, "KMethodNotAllowed")
        if call.query.get("current", "").lower() == "true":
            self.sessions.pop(who.secret, None)
        elif call.query.get("sid"):
            sid = call.query["sid"]
            self.sessions = {key: one for key, one in self.sessions.items() if _sid(one) != sid}
        else:
            # Without arguments the call ends every session on the system.
            self.sessions = {}
        return Answer(204)


def _jobs(call: Call, path: str) -> Answer:
    if call.method == "DELETE":
        return Answer(204)
    if call.method == "GET":
        return json_answer([] if path == JOBS[0] else {"protectionGroups": []})
    return json_answer({"method": call.method, "body": call.body}, 201 if call.method == "POST" else 200)


def _sid(who: Credential) -> str:
    return f"SID-{who.domain}-{who.username}"


def _find(username: str, domain: str) -> dict[str, Any] | None:
    for user in credentials.COHESITY_USERS:
        if user["username"] == username and user["domain"] == domain:
            return user
    return None


def _fields(call: Call) -> dict[str, Any]:
    if not isinstance(call.body, dict):
        raise RefusedError("The request body is not a JSON object.")
    return call.body


def _otp_v1(body: dict[str, Any]) -> tuple[str, str] | None:
    """v1: flat, types capitalised."""
    return _otp(body, ("Totp", "Email"))


def _otp_v2(body: dict[str, Any]) -> tuple[str, str] | None:
    """v2: nested in mfaParams, types in lower case. Flat fields are not looked at."""
    return _otp(body.get("mfaParams"), ("totp", "email", "salesforce"))


def _otp(holder: Any, kinds: tuple[str, ...]) -> tuple[str, str] | None:
    if not isinstance(holder, dict) or not holder.get("otpCode"):
        return None
    kind = holder.get("otpType") or kinds[0]
    if kind not in kinds:
        raise RefusedError(f"otpType must be one of {', '.join(kinds)}.")
    return str(holder["otpCode"]), kind.lower()
