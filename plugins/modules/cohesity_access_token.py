#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.dataprotection.access.plugins.module_utils import _cohesity
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._http import HttpClient
from ansible_collections.dataprotection.access.plugins.module_utils._module import run_shipped
from ansible_collections.dataprotection.access.plugins.module_utils._records import Claims, Conflict
from ansible_collections.dataprotection.access.plugins.module_utils._store import STORE_SPEC, open_store
from ansible_collections.dataprotection.access.plugins.module_utils._time import from_iso, iso, parse_duration

# What this module returns, so that it can be passed in again as it is. The whole dict is not no_log: its user name and address are no
# secrets, and would be masked wherever they stand.
TOKEN_SPEC: dict[str, t.Any] = {
    "access_token": {"type": "str", "no_log": True},
    "token_type": {"type": "str", "no_log": False},
    "headers": {"type": "dict", "no_log": True},
    "expires_at": {"type": "str"},
    "expires_in": {"type": "int"},
    "cluster": {"type": "str"},
    "username": {"type": "str"},
    "domain": {"type": "str"},
    "certificate_sha256": {"type": "str"},
    "api_version": {"type": "str"},
    "privileges": {"type": "list", "elements": "str"},
}

RECORD_KIND = "cohesity_access_token"

ARGUMENT_SPEC: dict[str, t.Any] = {
    **_cohesity.COHESITY_SPEC,
    **STORE_SPEC,
    "lifetime": {"type": "str", "default": "24h"},
    "min_validity": {"type": "str", "default": "5m"},
    "token": {"type": "dict", "no_log": False, "options": TOKEN_SPEC},
    "verify": {"type": "bool", "default": True},
    "publish_facts": {"type": "bool", "default": True},
}


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    """Return the token that was passed in while it is good, and a new one otherwise."""
    _cohesity.check_login(params)
    if params["token"] and params["store"]:
        raise ApiError("token and store exclude each other: the store already holds the token that was returned before")
    client = _cohesity.connect(params, warn)
    try:
        if not params["store"]:
            known = params["token"] or {}
            return _token(client, known, params, check_mode, warn, lambda token: None)
        with open_store(params, check_mode, warn) as storage:
            claims = Claims(storage, RECORD_KIND, _identity(client, params), warn)
            try:
                return _token(client, _held(claims), params, check_mode, warn, lambda token: _keep(claims, token))
            except Conflict:
                # Another run has logged in meanwhile: its token serves this one too.
                return _token(client, _held(claims), params, check_mode, warn, lambda token: _keep(claims, token))
    finally:
        client.close()


def _token(
    client: HttpClient,
    known: Mapping[str, t.Any],
    params: Mapping[str, t.Any],
    check_mode: bool,
    warn: Callable[[str], None],
    keep: Callable[[Mapping[str, t.Any]], None],
) -> dict[str, t.Any]:
    """The result with the known token, or with a new one that was handed to keep()."""
    lifetime = parse_duration(params["lifetime"], "lifetime")
    min_validity = parse_duration(params["min_validity"], "min_validity")
    if _is_good(client, known, params, min_validity):
        return _result(_public(client, known, params), [], known)
    if check_mode:
        return _result({**_identity(client, params), "access_token": None}, ["created"], known)
    issued = {**_cohesity.log_in(client, params), **_identity(client, params), "api_version": params["api_version"]}
    token = {**issued, "expires_at": iso(client.now() + lifetime)}
    if lifetime <= min_validity:
        warn(f"lifetime ({params['lifetime']}) is not more than min_validity ({params['min_validity']}): this token will never be reused")
    keep(token)
    return _result(_public(client, token, params), ["created"], known)


def _held(claims: Claims) -> dict[str, t.Any]:
    token = (claims.read() or {}).get("token") or {}
    return {**token, "expires_at": iso(token.get("expires_at"))}


def _keep(claims: Claims, token: Mapping[str, t.Any]) -> None:
    claims.save({"token": {**token, "expires_at": from_iso(token["expires_at"])}})


def _is_good(client: HttpClient, token: Mapping[str, t.Any], params: Mapping[str, t.Any], min_validity: int) -> bool:
    """Whether the token belongs to this login, is accepted by the cluster, and lives long enough."""
    if not token.get("access_token") or not token.get("token_type") or any(token.get(key) != value for key, value in _identity(client, params).items()):
        return False
    client.redactor.add(token["access_token"])
    if params["verify"] and not _cohesity.token_works(client, token):
        return False
    expires_at = from_iso(token.get("expires_at"))
    return expires_at is not None and expires_at - client.now() > min_validity


def _identity(client: HttpClient, params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Whose token it is: a token of another cluster, user or domain is never handed out in its place."""
    certificate = params["certificate"]
    return {
        "cluster": client.base_url.partition("://")[2],
        "username": params["username"],
        "domain": params["domain"],
        "certificate_sha256": hashlib.sha256(certificate.strip().encode()).hexdigest() if certificate else None,
    }


def _public(client: HttpClient, token: Mapping[str, t.Any], params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "access_token": token["access_token"],
        "token_type": token["token_type"],
        "headers": _cohesity.authorization(token),
        "expires_at": token["expires_at"],
        "expires_in": max(int((from_iso(token["expires_at"]) or 0) - client.now()), 0),
        **_identity(client, params),
        "api_version": token.get("api_version") or params["api_version"],
        "privileges": token.get("privileges"),
    }


def _result(token: dict[str, t.Any], actions: list[str], before: Mapping[str, t.Any]) -> dict[str, t.Any]:
    minted = "created" in actions
    return {
        "changed": minted,
        "token": token,
        "actions": actions or ["reused"],
        "secret_available": token["access_token"] is not None,
        "diff": {"before": _summary(before), "after": {"token": "new"} if minted else _summary(before)},
    }


def _summary(token: Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {"token": f"valid until {token['expires_at']}" if token.get("expires_at") else "none"}


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
