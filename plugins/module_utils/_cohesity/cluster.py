# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Cohesity cluster: log in for a token or a session, call with re-authentication, end sessions, close."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.addresses import check_url
from .._http.client import HttpClient, Response
from .._redact import Redactor
from .credential import Credential, carrying
from .login import Account, Login
from .refusal import explain_call, explain_session_login, explain_token_login, is_curable, wants_other_login
from .session import Session
from .session_paths import SESSIONS_PATH, ends_every_session
from .token import FROM_LIFETIME, FROM_SECURITY_CONFIG, Token, lifetime_of

TOKEN_PATHS = {"v1": "/irisservices/api/v1/public/accessTokens", "v2": "/v2/access-tokens"}
SECURITY_CONFIG_PATH = "/v2/security-config"
# Needs a login but no privilege, so it proves any user's credential. (basicClusterInfo answers without a login: it proves nothing.)
VERIFY_PATH = "/irisservices/api/v1/public/sessionUser"
# What reading the security configuration needs (vendor's SDK). A login lists the privileges of its user.
_SECURITY_CONFIG_PRIVILEGES = {"SECURITY_ADVISOR_VIEW", "TENANT_VIEW"}

DEFAULT_LIFETIME = 24 * 3600  # seconds, the vendor's default
_COMMAND_CENTER_PATH = re.compile(r"/(?:commandcenter|webconsole|adminconsole)(?:[/?#]|$)", re.IGNORECASE)

# For one call: a credential that another task has left, and one of a login.
_MOST_REPLACEMENTS = 2

LogIn = Callable[[], Credential]


class Cluster:
    """A connection to one cluster, for one account; use it as a context manager.

    credential: what the calls carry; without one, call() logs in. login_with: "token", "session", or "auto", which tries both and stops at
    the first real verdict. acquire: stands between call() and its logins, so that several calls can share one: it is given the login to
    carry out and the credential that was refused (None before the first call), and returns a credential that is not the refused one.
    The rest is as in HttpClient. Sessions that call() has opened end with the connection. hand_over: is told of one that replaces an expired
    session which somebody else has opened, and returns those of the two that end with the connection.
    """

    def __init__(
        self,
        address: str | None,
        login: Login,
        *,
        api_version: str = "v2",
        credential: Credential | None = None,
        login_with: str = "token",
        acquire: Callable[[LogIn, Credential | None], Credential] = lambda log_in, _refused: log_in(),
        hand_over: Callable[[Session, Session], list[Session]] = lambda session, _expired: [session],
        warn: Callable[[str], None] = lambda _message: None,
        **transport: t.Any,
    ) -> None:
        self.login = login
        self.api_version = api_version
        self.login_with = login_with
        # The logins that this connection has carried out: those that acquire() spares it are not among them.
        self.actions: list[str] = []
        self._warn = warn
        self._acquire = acquire
        self._hand_over = hand_over
        redactor = Redactor(login.secrets, secret_keys=("accessToken", "sessionId", "apiKey"))
        self._client = HttpClient(cluster_url(address), warn=warn, redactor=redactor, **transport)
        self._opened: list[Session] = []
        self.credential: Credential | None = None
        if credential is not None:
            self._carry(credential)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            self._end_opened_sessions()
        finally:
            self._client.close()

    @property
    def name(self) -> str:
        """Host and port."""
        return _name_in(self._client.base_url)

    @property
    def account(self) -> Account:
        """The account that the login belongs to."""
        return self.login.account(self.name)

    def masked(self, value: t.Any) -> t.Any:
        """A document with the credentials in use hidden in it."""
        return self._client.redactor.masked(value)

    def safe_excerpt(self, words: str) -> str:
        """A server's words as they may be shown; see HttpClient."""
        return self._client.safe_excerpt(words)

    def server_time(self) -> float:
        """The cluster's clock in epoch seconds, from its last response; this machine's before there was one."""
        return self._client.server_time()

    @property
    def has_server_clock(self) -> bool:
        """Whether the cluster has told its time."""
        return self._client.has_server_clock

    @property
    def not_after(self) -> float | None:
        """The end, by time.monotonic(), of the time that the coming requests together may take; None for no such end."""
        return self._client.not_after

    @not_after.setter
    def not_after(self, moment: float | None) -> None:
        self._client.not_after = moment

    def protect(self, secret: str | None) -> None:
        """Keep a secret out of messages."""
        self._client.redactor.add(secret)

    # Logins

    def create_token(self, lifetime: float | None = None) -> Token:
        """Log in once for an access token. lifetime: seconds for which it is valid, unless the token itself says so."""
        self.login.check()
        path = TOKEN_PATHS[self.api_version]
        try:
            # Never sent twice: repeated failed logins lock the account.
            response = self._request("POST", path, body=self.login.token_body(self.api_version), apply_once=True)
        except ApiError as error:
            raise explain_token_login(error, self.login, self.api_version) from None
        issued_at = self.server_time()
        token = Token.from_wire(response.data, self.account, self.api_version, self._call("POST", path))
        self._protect(token)
        if token.expires_at is not None:
            return token
        if lifetime is not None:
            return token.valid_for(lifetime, issued_at, FROM_LIFETIME)
        configured = self._configured_lifetime(token)
        if configured is not None:
            return token.valid_for(configured, issued_at, FROM_SECURITY_CONFIG)
        return token.valid_for(DEFAULT_LIFETIME, issued_at, FROM_LIFETIME)

    def create_session(self) -> Session:
        """Log in once for a session; whoever gets it ends it."""
        self.login.check()
        try:
            # Never sent twice: repeated failed logins lock the account, and the number of sessions can be limited.
            response = self._request("POST", SESSIONS_PATH, body=self.login.session_body(), apply_once=True)
        except ApiError as error:
            raise explain_session_login(error, self.login) from None
        session = Session.from_wire(response.data, self.account, self.server_time(), self._call("POST", SESSIONS_PATH))
        self._protect(session)
        return session

    def end_session(self, session: Session) -> bool:
        """End exactly this session; False when it had ended before, and not by an attempt of this request. Raises ApiError."""
        self._protect(session)
        try:
            self._request("DELETE", f"{SESSIONS_PATH}?current=true", headers=session.headers, text=True)
        except ApiError as error:
            if is_curable(error):
                return error.maybe_applied
            raise explain_call(error, session.kind) from None
        return True

    def accepts(self, credential: Credential) -> bool:
        """Whether the cluster still accepts the credential; raises ApiError when it is refused for a reason that no login cures."""
        self._protect(credential)
        try:
            self._request("GET", VERIFY_PATH, headers=credential.headers)
        except ApiError as error:
            if is_curable(error):
                return False
            # Anything but 401 was said to a known user: 403 means a valid credential.
            if error.status == 403:
                return True
            raise explain_call(error, credential.kind) from None
        return True

    # Calls

    def call(self, method: str, path: str, *, headers: t.Mapping[str, str] | None = None, **request: t.Any) -> Response:
        """Send a request with the credential. Where that has expired, log in once and send it once more.

        A refused request was not carried out, so a write is repeated too. request: as in HttpClient.request. Raises ApiError.
        """
        used = self.credential or self._authenticate(None)
        maybe_applied, replaced, logins = False, 0, len(self.actions)
        while True:
            try:
                response = self._request(method, path, headers=carrying(used, headers), **request)
                return response._replace(maybe_applied=response.maybe_applied or maybe_applied)
            except ApiError as error:
                # What the refused attempt was not, one before it may have been (502, then 401).
                maybe_applied = error.maybe_applied = error.maybe_applied or maybe_applied
                # What another task has left may have expired, too. After a login of its own, a call has nothing left to try.
                is_last = replaced == _MOST_REPLACEMENTS or len(self.actions) > logins
                if is_last or not self._can_replace(used, error):
                    raise self._explained(error, used) from None
            used = self._authenticate(used, maybe_applied)
            replaced += 1

    def _authenticate(self, refused: Credential | None, maybe_applied: bool = False) -> Credential:
        """A credential in the place of the refused one. maybe_applied: whether the request that needs it may have been carried out."""
        try:
            credential = self._acquire(lambda: self._log_in(refused), refused)
        except ApiError as error:
            # What became of the login says nothing about the request.
            error.maybe_applied = maybe_applied
            raise
        self._carry(credential)
        return credential

    def _log_in(self, refused: Credential | None) -> Credential:
        """A new token or session, as login_with says. After "this cluster does not offer that" the other kind is tried, after a verdict nothing."""
        kinds = {"token": ["token"], "session": ["session"], "auto": ["token", "session"]}[self.login_with]
        if isinstance(refused, Session):
            kinds = kinds[::-1]
        for kind in kinds[:-1]:
            try:
                return self._log_in_with(kind, refused)
            except ApiError as error:
                if not wants_other_login(error):
                    raise
        return self._log_in_with(kinds[-1], refused)

    def _log_in_with(self, kind: str, refused: Credential | None) -> Credential:
        credential: Credential
        if kind == "token":
            # No call needs to know when its token expires, so nobody is asked.
            credential = self.create_token(DEFAULT_LIFETIME)
        else:
            credential = session = self.create_session()
            is_replacement = isinstance(refused, Session) and refused not in self._opened
            self._opened += self._hand_over(session, t.cast(Session, refused)) if is_replacement else [session]
        self.actions.append("authenticated" if refused is None else "reauthenticated")
        return credential

    def _can_replace(self, credential: Credential, error: ApiError) -> bool:
        return credential.kind != "API key" and is_curable(error) and self.login.is_repeatable

    def _explained(self, error: ApiError, credential: Credential) -> ApiError:
        explained = explain_call(error, credential.kind)
        if is_curable(error) and credential.kind != "API key" and not self.login.is_repeatable:
            reason = "a one-time password works only once" if self.login.otp_code else "no login is given"
            return explained.explained(f"It could not be replaced: {reason}")
        return explained

    def _carry(self, credential: Credential) -> None:
        self._protect(credential)
        self.credential = credential

    def _protect(self, credential: Credential) -> None:
        self.protect(credential.secret)

    # Below

    def _configured_lifetime(self, token: Token) -> int | None:
        """Seconds for which the cluster's tokens are valid, from its security configuration; None where this user may not read it.

        Asked at most once for each login, and only where the login's response shows the privileges for it: to everybody else the request
        would be a certain 403.
        """
        if not set(token.privileges or ()) >= _SECURITY_CONFIG_PRIVILEGES:
            return None
        try:
            return lifetime_of(self._request("GET", SECURITY_CONFIG_PATH, headers=token.headers, send_once=True).data)
        except ApiError as error:
            if error.status not in (403, 404):
                self._warn(f"{error.message}; the token is taken to be valid for 24 hours (lifetime says otherwise)")
            return None

    def _end_opened_sessions(self) -> None:
        for session in self._opened:
            try:
                self.end_session(session)
            except ApiError as error:
                self._warn(f"The session of this task was not ended: {error.message}")
        self._opened = []

    def _request(self, method: str, path: str, **request: t.Any) -> Response:
        if ends_every_session(method, path, request.get("query")):
            raise ApiError(
                f"{self._call(method, path)} without sid or current=true ends every session on the cluster, so it was not sent: "
                "end one session with dataprotection.access.cohesity_session and state: absent"
            )
        return self._client.request(method, path, **request)

    def _call(self, method: str, path: str) -> str:
        return f"{method} {self._client.base_url}{path.partition('?')[0]}"


def cluster_name(cluster: str | None) -> str:
    """Host and port of a cluster given in any of its forms; raises ApiError."""
    return _name_in(cluster_url(cluster))


def _name_in(url: str) -> str:
    return url.partition("://")[2]


def cluster_url(cluster: str | None) -> str:
    """The https address of a cluster given as host, host:port, [v6]:port or https URL; raises ApiError."""
    text = (cluster or "").strip()
    if not text:
        raise ApiError("cluster is missing or empty: give the option cluster, or set the environment variable COHESITY_CLUSTER")
    if _COMMAND_CENTER_PATH.search(text):
        raise ApiError(
            "cluster: this is the address of a Commvault Command Center, not of a Cohesity cluster; its modules are dataprotection.access.commandcenter_*"
        )
    if "://" not in text:
        if text.count(":") > 1 and not text.startswith("["):
            text = f"[{text}]"
        text = f"https://{text}"
    url = check_url(text, "cluster")
    if urlsplit(url).path:
        raise ApiError(f"cluster: {cluster!r} has a path; give the host name or address of the cluster alone")
    return url
