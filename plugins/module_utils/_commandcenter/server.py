# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Command Center: its address, its login and logout, and calls whose errors come inside HTTP 200."""

from __future__ import annotations

import base64
import re
import typing as t
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.addresses import check_url
from .._http.client import HttpClient, Response
from .._http.messages import check_secret
from .._redact import Redactor
from .inner_errors import Error, error_of_token_call
from .refusal import explain_login, login_refusal, missing_login

DEFAULT_PATH = "/commandcenter/api"
# Where responses hold secrets.
SECRET_KEYS = ("accessToken", "refreshToken", "token", "authToken")
# What the server says when it has certainly done nothing (vendor documents and field clients).
_FINAL_WORDS = (
    "permissible time limit",
    "access denied",
    "already present",
    "already exists",
    "already in use",
    "using another access token",
)
# The vendor's SaaS host has its API at the root (vendor document).
_HOSTS_WITHOUT_PATH = ("api.metallic.io",)
# What a browser shows of the web interface; the API lives beside it. Nothing behind it is read, and no user name before it.
_WEB_INTERFACE = re.compile(r"((?:https?://)?[^/?#@]+)/(?:commandcenter|adminconsole)/?(?:[?#][^@]*)?", re.IGNORECASE)
_COHESITY_PATH = re.compile(r"(?:https?://)?[^/?#]+/(?:irisservices|v2)(?:[/?#]|$)", re.IGNORECASE)


def commandcenter_url(url: str, allow_http: bool) -> str:
    """The base address of the API for a host name, a URL with or without path, or what a browser shows; raises ApiError."""
    text = url.strip()
    if not text:
        raise ApiError("url is missing or empty: give the option url, or set the environment variable COMMANDCENTER_URL")
    if "@" not in text and _COHESITY_PATH.match(text):
        raise ApiError("url: this is the address of a Cohesity cluster, not of a Command Center; its modules are dataprotection.access.cohesity_*")
    interface = _WEB_INTERFACE.fullmatch(text)
    if interface:
        text = interface.group(1) + DEFAULT_PATH
    checked = check_url(text if "://" in text else f"https://{text}", "url", allow_http)
    parts = urlsplit(checked)
    has_path = bool(parts.path) or parts.hostname in _HOSTS_WITHOUT_PATH
    return checked if has_path else checked + DEFAULT_PATH


class Server:
    """One Command Center for one task: logs in on the first call that needs it, and logs out of what it has logged in to."""

    def __init__(
        self,
        *,
        url: str,
        username: str | None,
        password: str | None,
        domain: str | None,
        otp_code: str | None,
        auth_token: str | None,
        auth_header: str,
        allow_http: bool,
        validate_certs: bool,
        ca_path: str | None,
        timeout: float,
        retries: int,
        use_proxy: bool,
        warn: Callable[[str], None],
    ) -> None:
        self.username = username
        self._password = password
        self._domain = domain
        self._otp_code = otp_code
        self._warn = warn
        self._auth_token = auth_token or None
        # The form in which access tokens are sent, where the user has said it.
        self.auth_header = None if auth_header == "auto" else auth_header
        self._logged_in = False
        self._has_logged_in = False
        self.client = HttpClient(
            commandcenter_url(url, allow_http),
            validate_certs=validate_certs,
            ca_path=ca_path,
            timeout=timeout,
            retries=retries,
            use_proxy=use_proxy,
            warn=warn,
            redactor=Redactor([password, otp_code, *_login_forms(auth_token)], secret_keys=SECRET_KEYS),
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            self._log_out()
        finally:
            self.client.close()

    @property
    def url(self) -> str:
        return self.client.base_url

    @property
    def logged_in(self) -> bool:
        """Whether this task has logged in by itself."""
        return self._logged_in

    @property
    def has_login(self) -> bool:
        """Whether there is a login to call with: the one that was given, or this task's own."""
        return self._auth_token is not None

    def server_time(self) -> float:
        """The server's time in epoch seconds; see HttpClient."""
        return self.client.server_time()

    def check_login(self) -> None:
        """Raise ApiError unless there is something to log in with."""
        message = "" if self._auth_token else missing_login(self.username, self._password)
        if message:
            raise ApiError(message)

    def authenticated(self, method: str, path: str, body: Mapping[str, t.Any] | None = None, **rules: t.Any) -> Response:
        """A call with this task's login; logs in first where that has not been done. rules: as in HttpClient.request."""
        return self.call(method, path, body, self.login_headers(), **rules)

    def call(self, method: str, path: str, body: Mapping[str, t.Any] | None, headers: Mapping[str, str], **rules: t.Any) -> Response:
        """One call; an error code inside HTTP 200 is an error like any other. rules: as in HttpClient.request."""
        response = self.client.request(method, path, body=body, headers=headers, **rules)
        self.check_error(method, path, response, error_of_token_call(response.data))
        return response

    def check_error(self, method: str, path: str, response: Response, found: Error | None) -> None:
        """Raise ApiError for the error that was found in a response, whatever its status says."""
        if found is None:
            return
        server_code, words = found
        code = self.client.safe_excerpt(server_code) if isinstance(server_code, str) else server_code
        label = f"{method} {self.url}{path.partition('?')[0]}: HTTP {response.status} error{'' if code is None else f' {code}'}"
        # An error code that nobody has documented does not prove that nothing was done.
        raise ApiError(
            f"{label}: {self.client.safe_excerpt(words)}" if words else label,
            response.status,
            code,
            maybe_applied=response.maybe_applied or (method != "GET" and not is_final(words)),
            body=response.text,
        )

    @property
    def can_log_in(self) -> bool:
        """Whether there is a user name and a password for another login: a one-time password works only once."""
        return bool(self.username and self._password) and not (self._otp_code and self._has_logged_in)

    @property
    def is_given_login(self) -> bool:
        """Whether there is something to log in with, or the token of a login."""
        return self.has_login or bool(self.username and self._password)

    def login_headers(self) -> dict[str, str]:
        """The header that carries this task's login; logs in first where that has not been done."""
        if self._auth_token is None:
            self._log_in()
        return {"Authtoken": str(self._auth_token)}

    def log_in_again(self) -> dict[str, str]:
        """The header of a new login, in the place of one that was refused."""
        self._auth_token = None
        self._logged_in = False
        return self.login_headers()

    def masked(self, value: t.Any) -> t.Any:
        """A document with the credentials in use hidden in it."""
        return self.client.redactor.masked(value)

    def _log_in(self) -> None:
        secret = (self._password or "") + (self._otp_code or "")
        # A password out of an environment that is not UTF-8 holds surrogates; the server refuses it like any other wrong one.
        encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()
        # Also as a server, or what is in front of it, may have put them together for basic authentication.
        self.client.redactor.add(secret, encoded, f"{self.username}:{secret}", f"{self._domain}\\{self.username}:{secret}")
        body: dict[str, t.Any] = {"username": self.username, "password": encoded, "mode": 4, "clientType": 30}
        if self._domain:
            body["domain"] = self._domain
        call = f"POST {self.url}/Login"
        # Never sent twice: repeated failed logins lock the account.
        try:
            response = self.client.request("POST", "/Login", body=body, apply_once=True)
        except ApiError as error:
            raise explain_login(error, self.url, self.username, bool(self._otp_code)) from None
        answer = response.data if isinstance(response.data, dict) else {}
        inner = answer.get("data")
        places = [answer, inner] if isinstance(inner, dict) else [answer]
        token = next((place[key] for place in places for key in ("token", "authToken") if place.get(key)), None)
        if not token:
            raise ApiError(
                f"{call}: HTTP {response.status}: {login_refusal(answer, self.username, bool(self._otp_code), self.client.safe_excerpt)}", response.status
            )
        self._auth_token = check_secret(token, "login token", call)
        self._logged_in = self._has_logged_in = True
        self.client.redactor.add(*_login_forms(self._auth_token))

    def _log_out(self) -> None:
        if not self._logged_in:
            return
        try:
            self.client.request("POST", "/Logout", headers={"Authtoken": str(self._auth_token)}, text=True, idempotent=True)
        except ApiError as error:
            # 401 says that the login has ended already, which is what was wanted.
            if error.status != 401:
                self._warn(f"The login of this task was not ended: {error.message}")
        self._logged_in = False


def is_final(words: str) -> bool:
    """Whether a server's words say that it has certainly done nothing."""
    return any(final in words.lower() for final in _FINAL_WORDS)


def _login_forms(token: str | None) -> tuple[str, str]:
    """A login's token as it is sent, and its key alone, as some servers quote it."""
    return token or "", (token or "").partition(" ")[2]
