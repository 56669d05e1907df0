# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import base64
import typing as t
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.addresses import check_url
from .._http.client import HttpClient, Response
from .._http.messages import check_secret, error_details
from .._redact import Redactor
from .._time import from_api

DEFAULT_PATH = "/commandcenter/api"
# Where responses hold secrets.
SECRET_KEYS = ("accessToken", "refreshToken", "token", "authToken")
# The vendor's SaaS host has its API at the root (vendor document).
_HOSTS_WITHOUT_PATH = ("api.metallic.io",)

# tokenType: the vendor's SDK reads and writes numbers, the documents list names. 0 (DEFAULT) means ALL.
SCOPE_NUMBERS = {"all": 2, "custom": 3, "ms_scim": 1, "one_touch": 4, "hyperscale": 5}
_SCOPES = {number: scope for scope, number in SCOPE_NUMBERS.items()} | {0: "all"}
_SCOPE_NAMES = {"default": "all", "all": "all", "custom": "custom", "ms_scim": "ms_scim", "onetouch": "one_touch", "hyperscale": "hyperscale"}
RENEWABLE_SCOPES = ("all", "custom", "hyperscale")

TOKENS_PATH = "/V4/AccessToken"


def commandcenter_url(url: str, allow_http: bool) -> str:
    """The base address of the API for a host name or a URL with or without path; raises ApiError."""
    text = url.strip()
    checked = check_url(text if "://" in text else f"https://{text}", "url", allow_http)
    parts = urlsplit(checked)
    has_path = bool(parts.path) or parts.hostname in _HOSTS_WITHOUT_PATH
    return checked if has_path else checked + DEFAULT_PATH


def check_login(params: Mapping[str, t.Any]) -> None:
    """Raise ApiError unless the options hold something to log in with."""
    if not params["auth_token"] and not (params["username"] and params["password"]):
        raise ApiError("managing access tokens needs a login: give username and password (or COMMANDCENTER_USERNAME and COMMANDCENTER_PASSWORD), or auth_token")


class CommandCenter:
    """The calls of one task to one Command Center: log in on the first one that needs it, log out of what was logged in to.

    Tokens are plain dicts: id, name, user_id, scope, api_endpoints, allowed_ips (None where the server does not tell), and the times
    created_at, last_used_at, expires_at, renewable_until, refresh_expires_at in epoch seconds or None; secrets in access_token and refresh_token.
    """

    def __init__(self, params: Mapping[str, t.Any], warn: Callable[[str], None]) -> None:
        self._params = params
        self._warn = warn
        self._auth_token: str | None = params["auth_token"]
        self._logged_in = False
        self.client = HttpClient(
            commandcenter_url(params["url"], params["allow_http"]),
            validate_certs=params["validate_certs"],
            ca_path=params["ca_path"],
            timeout=params["timeout"],
            retries=params["retries"],
            use_proxy=params["use_proxy"],
            warn=warn,
            redactor=Redactor([params["password"], params["otp_code"], *_login_forms(params["auth_token"])], secret_keys=SECRET_KEYS),
        )

    def __enter__(self) -> CommandCenter:
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            self._log_out()
        finally:
            self.client.close()

    @property
    def url(self) -> str:
        return self.client.base_url

    def server_time(self) -> float:
        return self.client.server_time()

    def tokens(self, user_id: int | None = None) -> list[dict[str, t.Any]]:
        """Every token that the login may see, without secrets."""
        query = "" if user_id is None else f"?userId={user_id}"
        answer = self._managed("GET", TOKENS_PATH + query)
        listed = answer.get("tokens") if isinstance(answer, dict) else None
        if listed is None:
            listed = []
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise ApiError(f"GET {self.url}{TOKENS_PATH}: the answer holds no list of tokens")
        return [read_token(entry) for entry in listed]

    def create(self, name: str, attributes: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Make a token; returns it with its secrets, which the server shows this once only."""
        body = {"tokenName": name, **request_fields(attributes)}
        answer = self._managed("POST", TOKENS_PATH, body)
        inner = answer.get("tokenInfo")
        info = inner if isinstance(inner, dict) else answer
        return {**attributes_of(attributes), **self._issued(info, f"POST {self.url}{TOKENS_PATH}"), "name": name}

    def update(self, token_id: int, changes: Mapping[str, t.Any]) -> None:
        """Change the given attributes, name among them, and nothing else."""
        self._managed("PUT", f"{TOKENS_PATH}/{token_id}", request_fields(changes))

    def revoke(self, token_id: int) -> None:
        """End a token for good."""
        self._managed("DELETE", f"{TOKENS_PATH}/{token_id}")

    def renew(self, pair: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Rotate a pair; returns the token with its new secrets. The old pair is dead, and sending it again would kill the new one.

        So the request is sent once. Only a refused authorisation, which has not rotated anything, is tried a second time without the
        header: servers differ in what they want there (seen in field clients).
        """
        path = f"{TOKENS_PATH}/Renew"
        self.client.redactor.add(pair["access_token"], pair["refresh_token"])
        body = {"accessToken": pair["access_token"], "refreshToken": pair["refresh_token"]}
        try:
            response = self._send("POST", path, body, {"Authorization": f"Bearer {pair['access_token']}"}, send_once=True)
        except ApiError as error:
            if error.status not in (401, 403):
                raise
            response = self._send("POST", path, body, {}, send_once=True)
        return self._issued(response.data, f"POST {self.url}{path}", refresh=True)

    def _issued(self, info: Mapping[str, t.Any], call: str, refresh: bool = False) -> dict[str, t.Any]:
        """The token with its secrets out of an answer. What is not whole is an maybe_applied answer: the token exists, its secret is lost."""
        if not isinstance(info, Mapping):
            raise ApiError(f"{call}: the answer holds no token", maybe_applied=True)
        token = {key: value for key, value in read_token(info).items() if value is not None}
        token["access_token"] = check_secret(info.get("accessToken"), "accessToken", call)
        token["refresh_token"] = None
        if refresh or info.get("refreshToken"):
            token["refresh_token"] = check_secret(info.get("refreshToken"), "refreshToken", call)
        self.client.redactor.add(token["access_token"], token["refresh_token"])
        if not refresh and not isinstance(token.get("id"), int):
            raise ApiError(f"{call}: the answer holds no accessTokenId", maybe_applied=True)
        token["refresh_expires_at"] = from_api(info.get("refreshTokenExpiryTimestamp"))
        return token

    def _managed(self, method: str, path: str, body: Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
        """A call of token management, which needs a login."""
        if self._auth_token is None:
            self._log_in()
        try:
            response = self._send(method, path, body, {"Authtoken": str(self._auth_token)})
        except ApiError as error:
            raise self._explained(error) from None
        if not isinstance(response.data, dict):
            raise ApiError(f"{method} {self.url}{path.partition('?')[0]}: the answer is not a JSON object", response.status, maybe_applied=method != "GET")
        return response.data

    def _send(self, method: str, path: str, body: Mapping[str, t.Any] | None, headers: Mapping[str, str], send_once: bool = False) -> Response:
        """One call; an error code inside of HTTP 200 is an error like any other."""
        response = self.client.request(method, path, body=body, headers=headers, send_once=send_once)
        for server_code, words in map(error_details, _error_documents(response.data)):
            if server_code not in (None, 0, "0", ""):
                code = self.client.safe_excerpt(server_code) if isinstance(server_code, str) else server_code
                label = f"{method} {self.url}{path.partition('?')[0]}: HTTP {response.status} error {code}"
                raise ApiError(f"{label}: {self.client.safe_excerpt(words)}" if words else label, response.status, code, maybe_applied=response.maybe_applied)
        return response

    def _log_in(self) -> None:
        params = self._params
        secret = (params["password"] or "") + (params["otp_code"] or "")
        # A password out of an environment that is not UTF-8 holds surrogates; the server refuses it like any other wrong one.
        encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()
        self.client.redactor.add(secret, encoded)
        body = {"username": params["username"], "password": encoded, "mode": 4, "clientType": 30}
        if params["domain"]:
            body["domain"] = params["domain"]
        call = f"POST {self.url}/Login"
        # Never sent twice: repeated bad logins lock the user.
        response = self.client.request("POST", "/Login", body=body, login=True)
        answer = response.data if isinstance(response.data, dict) else {}
        inner = answer.get("data")
        token = answer.get("token") or (inner.get("authToken") if isinstance(inner, dict) else None)
        if not token:
            raise ApiError(f"{call}: HTTP {response.status}: {_login_refusal(answer, params, self.client.safe_excerpt)}", response.status)
        self._auth_token = check_secret(token, "login token", call)
        self._logged_in = True
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

    def _explained(self, error: ApiError) -> ApiError:
        words = error.message.lower()
        if "using another access token" in words:
            return error.explained("Access tokens cannot manage access tokens: give username and password, or the token of a login in auth_token")
        if error.status == 401 and not self._logged_in:
            return error.explained("The login behind auth_token has ended: give a new one")
        if error.status == 404:
            return error.explained("This server has no access tokens (they came with release 11.38), or url lacks the path of its API")
        return error


def read_token(document: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A token out of a server's document, without secrets; keys that the server leaves out are None."""
    endpoints = document.get("apiEndpoints")
    addresses = document.get("allowedIPs")
    return {
        "id": _number(document.get("accessTokenId")),
        "name": document.get("tokenName"),
        "user_id": _number(document.get("userId")),
        "scope": _scope(document.get("tokenType")),
        "api_endpoints": list(endpoints) if isinstance(endpoints, list) else None,
        "allowed_ips": list(addresses) if isinstance(addresses, list) else None,
        "created_at": from_api(document.get("createdTime")),
        "last_used_at": from_api(document.get("lastUsedTime")),
        "expires_at": from_api(document.get("tokenExpiryTimestamp")),
        "renewable_until": from_api(document.get("renewableUntilTimestamp")),
    }


_FIELDS = {
    "name": "tokenName",
    "api_endpoints": "apiEndpoints",
    "renewable_until": "renewableUntilTimestamp",
    "expires_at": "tokenExpiryTimestamp",
    "user_id": "userId",
    "allowed_ips": "allowedIPs",
}


def request_fields(attributes: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The server's fields for the attributes that are set; times in epoch seconds."""
    fields = {_FIELDS[key]: value for key, value in attributes.items() if key in _FIELDS and value is not None}
    if attributes.get("scope") is not None:
        fields["tokenType"] = SCOPE_NUMBERS[attributes["scope"]]
    return fields


def attributes_of(attributes: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a new token has by the request itself, for answers that do not repeat it."""
    return {"scope": "all", **{key: value for key, value in attributes.items() if value is not None}}


def _error_documents(answer: t.Any) -> Iterator[t.Any]:
    """Where an answer with HTTP 200 may say that it is an error: nested, at the top, or beside the token."""
    if isinstance(answer, dict):
        yield answer
        yield {key: value for key, value in answer.items() if key != "error"}
        yield answer.get("tokenInfo")


def _login_forms(token: str | None) -> tuple[str, str]:
    """A login's token as it is sent, and its key alone, as some servers quote it."""
    return token or "", (token or "").partition(" ")[2]


def _login_refusal(answer: Mapping[str, t.Any], params: Mapping[str, t.Any], quoted: Callable[[str], str]) -> str:
    """The sentence for a login that was answered with HTTP 200 and no token. quoted: makes the server's words fit to be shown."""
    errors = answer.get("errList")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    words = error_details(first)[1] or error_details(answer)[1]
    words = quoted(words).rstrip(".") if words else "the answer holds no token"
    locked = answer.get("isAccountLocked") or first.get("isAccountLocked")
    seconds = from_api(answer.get("remainingLockTime") or first.get("remainingLockTime"))
    sentence = f"{words}. The login of user {params['username']!r} was refused; it was not tried again, because repeated bad logins lock a user"
    if locked:
        sentence = f"{words}. The account of user {params['username']!r} is locked" + (f" for another {seconds} s" if seconds else "")
    elif not params["otp_code"] and any(hint in words.lower() for hint in ("two-factor", "two factor", "pin", "otp", "mfa")):
        sentence += ". This user may need otp_code"
    return sentence


def _number(value: t.Any) -> int | None:
    try:
        return None if isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        return None


def _scope(value: t.Any) -> str | None:
    if value is None:
        return None
    number = _number(value)
    if number is not None:
        return _SCOPES.get(number, str(number))
    return _SCOPE_NAMES.get(str(value).lower().replace("-", "_"), str(value).lower())


# Every key of a token, for those that were put together from answers which leave some out.
UNKNOWN_TOKEN = {**read_token({}), "refresh_expires_at": None}
