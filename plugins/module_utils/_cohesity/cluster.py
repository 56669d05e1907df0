# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.addresses import check_url
from .._http.client import HttpClient
from .._http.messages import check_secret
from .._redact import Redactor

LOGIN_PATHS = {"v1": "/irisservices/api/v1/public/accessTokens", "v2": "/v2/access-tokens"}
# Needs a login but no privilege, so it proves any user's token. (basicClusterInfo answers without a login: it proves nothing.)
VERIFY_PATH = "/irisservices/api/v1/public/sessionUser"


def cluster_url(cluster: str) -> str:
    """The https address of a cluster given as host, host:port, [v6]:port or https URL; raises ApiError."""
    text = cluster.strip()
    if "://" not in text:
        if text.count(":") > 1 and not text.startswith("["):
            text = f"[{text}]"
        text = f"https://{text}"
    url = check_url(text, "cluster")
    if urlsplit(url).path:
        raise ApiError(f"cluster: {cluster!r} has a path; give the host name or address of the cluster alone")
    return url


def connect(params: Mapping[str, t.Any], warn: Callable[[str], None]) -> HttpClient:
    """A client for the cluster that the options name; raises ApiError when they do not fit."""
    redactor = Redactor([params["password"], params["private_key"], params["otp_code"]], secret_keys=("accessToken", "sessionId"))
    return HttpClient(
        cluster_url(params["cluster"]),
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
        timeout=params["timeout"],
        retries=params["retries"],
        use_proxy=params["use_proxy"],
        warn=warn,
        redactor=redactor,
    )


def check_login(params: Mapping[str, t.Any]) -> None:
    """Raise ApiError unless the options hold something to log in with."""
    if bool(params["certificate"]) != bool(params["private_key"]):
        raise ApiError("certificate and private_key belong together: give both or none")
    if not params["certificate"] and not (params["username"] and params["password"]):
        raise ApiError("a login needs username and password (or COHESITY_USERNAME and COHESITY_PASSWORD), or certificate and private_key")


def log_in(client: HttpClient, params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Log in once and return access_token, token_type and privileges (a list, or None when the cluster names none)."""
    path = LOGIN_PATHS[params["api_version"]]
    try:
        # Never sent twice: repeated bad logins lock the user.
        answer = client.request("POST", path, body=_login_body(params), login=True).data
    except ApiError as error:
        raise _explained(error, params) from None
    call = f"POST {client.base_url}{path}"
    if not isinstance(answer, dict):
        raise ApiError(f"{call}: the answer is not a JSON object")
    token = check_secret(answer.get("accessToken"), "accessToken", call)
    token_type = check_secret(answer.get("tokenType") or "Bearer", "tokenType", call)
    privileges = answer.get("privileges")
    return {"access_token": token, "token_type": token_type, "privileges": privileges if isinstance(privileges, list) else None}


def token_works(client: HttpClient, token: Mapping[str, t.Any]) -> bool:
    """Whether the cluster still accepts the token. Only HTTP 401 says that it does not: the texts differ by release."""
    try:
        client.request("GET", VERIFY_PATH, headers=authorization(token))
    except ApiError as error:
        if error.status == 401:
            return False
        # Anything else was said to a known user: 403 means a valid token.
        if error.status == 403:
            return True
        raise
    return True


def authorization(token: Mapping[str, t.Any]) -> dict[str, str]:
    """The header that carries the token, ready for ansible.builtin.uri."""
    return {"Authorization": f"{token['token_type']} {token['access_token']}"}


def _login_body(params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    if params["certificate"]:
        body = {"certificate": params["certificate"], "privateKey": params["private_key"]}
    else:
        body = {"username": params["username"], "password": params["password"], "domain": params["domain"]}
    if params["otp_code"]:
        # v1 has flat, capitalised values; v2 nests them and writes them in lower case (both seen in the vendor's SDKs).
        if params["api_version"] == "v1":
            body.update(otpCode=params["otp_code"], otpType=params["otp_type"].capitalize())
        else:
            body["mfaParams"] = {"otpCode": params["otp_code"], "otpType": params["otp_type"]}
    return body


def _explained(error: ApiError, params: Mapping[str, t.Any]) -> ApiError:
    words = error.message.lower()
    if error.status == 404:
        other = {"v1": "v2", "v2": "v1"}[params["api_version"]]
        return error.explained(f"This cluster does not offer API {params['api_version']}; try api_version: {other}")
    if error.status == 400 and ("access denied" in words or "session management" in words):
        return error.explained(
            "Session management is enabled on this cluster, which switches access tokens off: log in with POST /v2/users/sessions and send the "
            "header session-id, or have session management disabled"
        )
    if error.status == 400 and "mandatory parameters" in words:
        return error.explained("Where multi-factor authentication is on, the login also needs otp_code")
    if "otp" in words.partition(": http")[2]:
        return error.explained("The one-time password was not accepted: check otp_code, otp_type and the clock of the device that made it")
    if error.status in (400, 401, 403):
        who = f"the certificate in domain {params['domain']}" if params["certificate"] else f"user {params['username']!r} in domain {params['domain']!r}"
        return error.explained(f"The login of {who} was refused; it was not tried again, because repeated bad logins lock a user")
    return error
