#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cohesity_access_token
short_description: Log in to a Cohesity cluster and return an access token
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Logs in to a Cohesity cluster, and returns its access token together with the headers that use it, ready for P(ansible.builtin.uri#module).
  - Returns the token of an earlier task or run instead, when it is given in O(token) or kept in O(store), was made for the same cluster, user and
    domain, has more than
    O(min_validity) left and, with O(verify), is still accepted by the cluster.
  - A login is one request. A reused token costs one request with O(verify), and none without.
  - Check mode never logs in. The most it sends is the request that verifies a token.
options:
  lifetime:
    description:
      - For how long the cluster's tokens are valid, as a duration such as V(24h) or V(30m), or a number of seconds.
      - The cluster does not tell. It is 24 hours unless an administrator has changed it, so say it here where it has been changed.
    type: str
    default: 24h
  min_validity:
    description:
      - A token with no more than this left is not reused, as a duration such as V(5m), or a number of seconds.
    type: str
    default: 5m
  token:
    description:
      - A token that this module has returned before, as it was returned (RV(token), or the fact C(cohesity_access_token)), to be reused if it is
        still good.
      - Excludes O(store).
    type: dict
    suboptions:
      access_token:
        description: The token itself. Without it, a new token is made.
        type: str
      token_type:
        description: What stands before the token in the header.
        type: str
      headers:
        description: Ignored; it is made anew.
        type: dict
      expires_at:
        description: When the token expires, in ISO 8601.
        type: str
      expires_in:
        description: Ignored; it is made anew.
        type: int
      cluster:
        description: The cluster that has issued the token.
        type: str
      username:
        description: The user that it was issued to.
        type: str
      domain:
        description: The user's domain.
        type: str
      certificate_sha256:
        description: The fingerprint of the certificate that it was issued to.
        type: str
      api_version:
        description: The API that has issued it.
        type: str
      privileges:
        description: The user's privileges.
        type: list
        elements: str
  verify:
    description:
      - Whether to ask the cluster if it still accepts the token that could be reused.
      - The request is C(GET /irisservices/api/v1/public/sessionUser), which needs no privilege. Only the status 401 means that the token is no longer
        accepted.
    type: bool
    default: true
  publish_facts:
    description:
      - Whether to make RV(token) a fact of the host too, with the name C(cohesity_access_token).
      - With ansible-core 2.21 and later, the fact is a variable like those of P(ansible.builtin.set_fact#module). It stays in memory.
      - With earlier releases it is one of the C(ansible_facts), and it is only published while the fact cache is C(memory). Any other fact cache
        would write the token to disk. There is a warning then.
    type: bool
    default: true
extends_documentation_fragment:
  - dataprotection.access._cohesity
  - dataprotection.access._transport
  - dataprotection.access._store
  - dataprotection.access._attributes
  - dataprotection.access._attributes.facts
  - dataprotection.access._attributes.actiongroup_cohesity
notes:
  - A result that holds a token is hidden in the output and in the log. With ansible-core 2.22 and later the result is shown, and only the secrets in
    it are masked.
    Failures and the predictions of check mode are always shown.
  - While session management is enabled on a cluster, it issues no access tokens.
seealso:
  - module: ansible.builtin.uri
  - ref: ansible_collections.dataprotection.access.docsite.guide_tokens
    description: Tokens in playbooks and job templates.
  - ref: ansible_collections.dataprotection.access.docsite.guide_errors
    description: What the errors mean, and what to do.
"""

EXAMPLES = r"""
- name: Log in to a cluster
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
  register: login

- name: List the cluster's nodes
  ansible.builtin.uri:
    url: https://cohesity.example.com/irisservices/api/v1/public/nodes
    headers: "{{ login.token.headers }}"
  no_log: true # before ansible-core 2.21, -vvv and some callbacks would show the headers

- name: Use the token of the task before, as long as it lives for another hour
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    token: "{{ login.token }}"
    min_validity: 1h
  register: login

- name: The same with the fact, which is there from the second time on
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    token: "{{ cohesity_access_token | default(omit) }}"

- name: Log in as a user of a directory
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: ad-backup
    password: "{{ cohesity_ad_password }}"
    domain: CORP

- name: Log in with a certificate, to API v1
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    certificate: "{{ lookup('ansible.builtin.file', 'backup.pem') }}"
    private_key: "{{ lookup('ansible.builtin.file', 'backup.key') }}"
    api_version: v1

- name: Log in with the one-time password of an authenticator
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: mfa
    password: "{{ cohesity_mfa_password }}"
    otp_code: "{{ cohesity_totp }}"

- name: Log in with a one-time password that the cluster has mailed
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: mfa
    password: "{{ cohesity_mfa_password }}"
    otp_code: "{{ cohesity_mailed_code }}"
    otp_type: email

- name: Log in to a cluster whose tokens live for 8 hours
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    lifetime: 8h
    publish_facts: false
  register: short_login

- name: One login for all runs on this controller
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    store:
      file: /var/lib/tokens/cohesity.json

- name: One login for all controllers
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    store:
      vault:
        url: https://vault.example.com:8200
        path: tokens/cohesity
        role_id: "{{ vault_role_id }}"
        secret_id: "{{ vault_secret_id }}"
"""

RETURN = r"""
token:
  description:
    - The token, with what is needed to use it.
    - Of a token that check mode would make, only the keys that name the login have values, and RV(token.headers) is empty.
  returned: success
  type: dict
  contains:
    access_token:
      description: The token itself. V(null) when check mode would make one.
      type: str
      sample: eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.secret
    token_type:
      description: What stands before the token in the header.
      type: str
      sample: Bearer
    headers:
      description: The header that carries the token, for the option O(ansible.builtin.uri#module:headers).
      type: dict
      sample:
        Authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.secret
    expires_at:
      description: When the token expires, by the cluster's clock and O(lifetime), in ISO 8601.
      type: str
      sample: "2027-01-31T12:00:00Z"
    expires_in:
      description: How many seconds are left.
      type: int
      sample: 86400
    cluster:
      description: The cluster, as host and port.
      type: str
      sample: cohesity.example.com
    username:
      description: The user that the token was issued to. V(null) for a login with a certificate alone.
      type: str
      sample: backup
    domain:
      description: The user's domain.
      type: str
      sample: LOCAL
    certificate_sha256:
      description: The fingerprint of the certificate that the token was issued to. V(null) for a login with a password.
      type: str
      sample: null
    api_version:
      description: The API that has issued the token.
      type: str
      sample: v2
    privileges:
      description: The user's privileges. V(null) when the cluster names none.
      type: list
      elements: str
      sample: [CLUSTER_VIEW]
actions:
  description: What was done, or would be done in check mode. V(created) is a login, V(reused) is none.
  returned: success
  type: list
  elements: str
  sample: [created]
secret_available:
  description: Whether the token's secret is in the result. V(false) only when check mode would log in.
  returned: success
  type: bool
  sample: true
diff:
  description: The difference between the token that was known and the one that is returned. Never holds a secret.
  returned: success
  type: dict
  contains:
    before:
      description: The token that was known.
      type: dict
      sample:
        token: none
    after:
      description: The token that is returned.
      type: dict
      sample:
        token: new
ansible_facts:
  description: The fact, with the same value as RV(token).
  returned: success, with ansible-core before 2.21, when O(publish_facts=true) and the fact cache is C(memory)
  type: dict
  contains:
    cohesity_access_token:
      description: The same as RV(token).
      type: dict
status:
  description: The HTTP status of the answer that made the task fail.
  returned: failure, when there was an answer
  type: int
  sample: 400
code:
  description: The server's own code for the error.
  returned: failure, when the answer holds one
  type: raw
  sample: KValidationError
"""

import contextlib
import hashlib
import typing as t
from collections.abc import Callable, Mapping

from ..module_utils._cohesity import cluster as _cohesity
from ..module_utils._cohesity.memory import memory_key, to_memory
from ..module_utils._errors import ApiError
from ..module_utils._http.client import HttpClient
from ..module_utils._memory import Memory
from ..module_utils._module import run_shipped
from ..module_utils._options import COHESITY_SPEC, STORE_SPEC
from ..module_utils._store.backends import open_store
from ..module_utils._store.claims import Claims, Conflict
from ..module_utils._time import from_iso, iso, parse_duration

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

__all__ = ["ARGUMENT_SPEC", "FACTS", "SECRET_RESULTS", "main", "memory_key", "run"]

RECORD_KIND = "cohesity_access_token"

ARGUMENT_SPEC: dict[str, t.Any] = {
    **COHESITY_SPEC,
    **STORE_SPEC,
    "lifetime": {"type": "str", "default": "24h"},
    "min_validity": {"type": "str", "default": "5m"},
    "token": {"type": "dict", "no_log": False, "options": TOKEN_SPEC},
    "verify": {"type": "bool", "default": True},
    "publish_facts": {"type": "bool", "default": True},
}

FACTS: dict[str, str] = {"cohesity_access_token": "token"}
SECRET_RESULTS: tuple[str, ...] = ("token.access_token", "token.headers")


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None], memory: Memory | None = None) -> dict[str, t.Any]:
    """Return the token that was passed in while it is good, and a new one otherwise. Later tasks of this run may use it, too."""
    result = _run(params, check_mode, warn)
    if memory is not None and result["secret_available"]:
        memory.put(to_memory(result["token"]))
    return result


def _run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    _cohesity.check_login(params)
    if params["token"] and params["store"]:
        raise ApiError("token and store exclude each other: the store already holds the token that was returned before")
    client = _cohesity.connect(params, warn)
    try:
        if not params["store"]:
            known = params["token"] or {}
            return _token(client, known, params, check_mode, warn, lambda _token: None)
        with open_store(params, check_mode, warn) as storage:
            claims = Claims(storage, RECORD_KIND, _identity(client, params), warn)
            try:
                return _token(client, _held(claims), params, check_mode, warn, lambda token: _keep(claims, token))
            except Conflict:
                # Another run has logged in meanwhile: its token serves this one too.
                return _token(client, _held(claims), params, check_mode, warn, lambda token: _keep_unless_late(claims, token))
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
        # Every key is there, so that later tasks can name them in check mode too.
        return _result({**dict.fromkeys(TOKEN_SPEC), **_identity(client, params), "headers": {}}, ["created"], known)
    issued = {**_cohesity.log_in(client, params), **_identity(client, params), "api_version": params["api_version"]}
    token = {**issued, "expires_at": iso(client.server_time() + lifetime)}
    if lifetime <= min_validity:
        warn(f"lifetime ({params['lifetime']}) is not more than min_validity ({params['min_validity']}): this token will never be reused")
    keep(token)
    return _result(_public(client, token, params), ["created"], known)


def _held(claims: Claims) -> dict[str, t.Any]:
    token = (claims.read() or {}).get("token") or {}
    return {**token, "expires_at": iso(token.get("expires_at"))}


def _keep(claims: Claims, token: Mapping[str, t.Any]) -> None:
    claims.save({"token": {**token, "expires_at": from_iso(token["expires_at"])}})


def _keep_unless_late(claims: Claims, token: Mapping[str, t.Any]) -> None:
    """Keep the token, unless yet another run has stored its own: each is good by itself."""
    with contextlib.suppress(Conflict):
        _keep(claims, token)


def _is_good(client: HttpClient, token: Mapping[str, t.Any], params: Mapping[str, t.Any], min_validity: int) -> bool:
    """Whether the token belongs to this login, is accepted by the cluster, and lives long enough."""
    if not token.get("access_token") or not token.get("token_type") or any(token.get(key) != value for key, value in _identity(client, params).items()):
        return False
    client.redactor.add(token["access_token"])
    if params["verify"] and not _cohesity.token_works(client, token):
        return False
    expires_at = from_iso(token.get("expires_at"))
    return expires_at is not None and expires_at - client.server_time() > min_validity


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
        "expires_in": max(int((from_iso(token["expires_at"]) or 0) - client.server_time()), 0),
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
    run_shipped(run, ARGUMENT_SPEC, takes_memory=True)


if __name__ == "__main__":
    main()
