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
  - Logs in to a Cohesity cluster and returns an access token, with the header that carries it ready for P(ansible.builtin.uri#module).
  - A token from an earlier task or run is reused if it is passed in O(token) or kept in O(store). It must have been issued by the same cluster to the
    same user and domain, have more than O(min_validity) left and, with O(verify), still be accepted by the cluster.
  - Every login counts as a change. Without O(token) or O(store) there is nothing to reuse, so each task logs in and reports C(changed). With either of
    them, a task that finds a good token is C(ok).
  - A login is one request, and one more where RV(token.expires_source) is V(security_config). A reused token costs one request with O(verify), and none
    without.
  - Check mode never logs in. The only request that it sends is the one that verifies a token.
options:
  lifetime:
    description:
      - How long the cluster's tokens are valid, as a duration such as V(24h) or V(30m), or a number of seconds.
      - A token that is a JSON Web Token states its own expiry, which is used instead.
      - If not set, the cluster's security configuration is read after a login, provided that the response to the login lists the privileges
        C(SECURITY_ADVISOR_VIEW) and C(TENANT_VIEW). Otherwise, 24 hours are assumed, which is the default of Cohesity.
      - Set it for clusters where an administrator has changed the lifetime of tokens.
    type: str
  min_validity:
    description:
      - The time that a token must have left to be reused, as a duration such as V(5m), or a number of seconds.
    type: str
    default: 5m
  token:
    description:
      - A token that this module has returned, as it was returned (RV(token), or the fact C(cohesity_access_token)). It is reused if it is still good.
      - Mutually exclusive with O(store).
    type: dict
    suboptions:
      access_token:
        description: The token itself. Without it, a new token is created.
        type: str
      token_type:
        description: What precedes the token in the header.
        type: str
      headers:
        description: Ignored; it is computed again.
        type: dict
      expires_at:
        description: When the token expires, in ISO 8601.
        type: str
      expires_in:
        description: Ignored; it is computed again.
        type: raw
      expires_source:
        description: Where the expiry is known from.
        type: str
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
      - Whether to ask the cluster if it still accepts a token before it is reused.
      - The request is C(GET /irisservices/api/v1/public/sessionUser), which needs no privilege. Only HTTP 401 means that the token is no longer
        accepted.
      - Without it, the expiry is judged by the clock of the machine where the module runs.
    type: bool
    default: true
  publish_facts:
    description:
      - Whether RV(token) is also published as the fact C(cohesity_access_token) of the host.
      - With ansible-core 2.21 and later, the fact is a variable like those of P(ansible.builtin.set_fact#module) and stays in memory.
      - With earlier releases it is one of the C(ansible_facts), and is published only while the fact cache is C(memory). Any other fact cache would
        write the token to disk; in that case there is a warning.
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
    it are masked. Failures and the predictions of check mode are always shown.
  - While session management is enabled on a cluster, it issues no access tokens. Use M(dataprotection.access.cohesity_session) there.
  - Cohesity has no way to revoke, list or inspect access tokens. A token ends when its lifetime is over.
seealso:
  - module: dataprotection.access.cohesity_session
  - module: ansible.builtin.uri
  - name: Tokens in playbooks and job templates
    description: Tokens in playbooks and job templates.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_tokens.html
  - name: Troubleshooting by message
    description: What the errors mean, and what to do.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: One login for all runs on this controller; changed only when the stored token was replaced
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    store:
      file: /var/lib/tokens/cohesity.json
  register: login

- name: List the cluster's nodes
  ansible.builtin.uri:
    url: https://cohesity.example.com/irisservices/api/v1/public/nodes
    headers: "{{ login.token.headers }}"
  no_log: true # the headers hold the token

- name: Log in without a store
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
  register: login

- name: Use the token of the previous task if it is valid for another hour
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    token: "{{ login.token }}"
    min_validity: 1h
  register: login

- name: The same with the fact, which exists from the second time on
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
    domain: corp.example.com

- name: Log in with a certificate, to API v1
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    certificate: "{{ lookup('ansible.builtin.file', 'backup.pem') }}"
    private_key: "{{ lookup('ansible.builtin.file', 'backup.key') }}"
    api_version: v1

- name: Log in with the one-time password of an authenticator app
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: mfa
    password: "{{ cohesity_mfa_password }}"
    otp_code: "{{ cohesity_totp }}"

- name: Log in with a one-time password that the cluster has sent by email
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: mfa
    password: "{{ cohesity_mfa_password }}"
    otp_code: "{{ cohesity_mailed_code }}"
    otp_type: email

- name: Log in to a cluster whose tokens are valid for 8 hours
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    lifetime: 8h
    publish_facts: false
  register: short_login

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
    - When check mode predicts a login, only the keys that identify the login have values, and RV(token.headers) is empty.
  returned: success
  type: dict
  contains:
    access_token:
      description: The token itself. V(null) when check mode predicts a login.
      type: str
      sample: eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.secret
    token_type:
      description: What precedes the token in the header.
      type: str
      sample: Bearer
    headers:
      description: The header that carries the token, for the option O(ansible.builtin.uri#module:headers).
      type: dict
      sample:
        Authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.secret
    expires_at:
      description: When the token expires, by the cluster's clock, in ISO 8601.
      type: str
      sample: "2027-01-31T12:00:00Z"
    expires_in:
      description: How many seconds are left.
      type: int
      sample: 86400
    expires_source:
      description:
        - Where the expiry is known from.
        - V(token) means that the token itself says so, V(security_config) that it follows from the cluster's security configuration, and V(lifetime)
          that it follows from O(lifetime) or its default of 24 hours.
      type: str
      sample: lifetime
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
  description: What was done, or would be done in check mode. V(created) means that a login took place, V(reused) that none was needed.
  returned: success
  type: list
  elements: str
  sample: [created]
secret_available:
  description: Whether the token's secret is in the result. V(false) only when check mode would log in.
  returned: success
  type: bool
  sample: true
secret_fingerprint:
  description:
    - Identifies the secret without revealing it. It changes exactly when the secret does, so a task that delivers the secret to a consumer can tell
      whether the consumer has the newest one.
    - V(null) when check mode would log in.
  returned: success
  type: str
  sample: 9f86d081884c7d65
diff:
  description: The difference between the token that was known and the one that is returned. It never holds a secret.
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
  description: The HTTP status of the response that made the task fail.
  returned: failure, when there was a response
  type: int
  sample: 400
code:
  description: The server's own code for the error.
  returned: failure, when the response holds one
  type: raw
  sample: KValidationError
"""

import contextlib
import typing as t
from collections.abc import Callable, Mapping

from ..module_utils._cohesity.cluster import Cluster
from ..module_utils._cohesity.login import Login
from ..module_utils._cohesity.memory import memory_key, to_memory
from ..module_utils._cohesity.stored import RECORD_KIND
from ..module_utils._cohesity.token import Token
from ..module_utils._errors import ApiError
from ..module_utils._fingerprint import fingerprint
from ..module_utils._memory import Memory
from ..module_utils._module import run_shipped
from ..module_utils._options import COHESITY_LOGIN_SPEC, COHESITY_SPEC, COHESITY_TOKEN_SPEC, STORE_SPEC, TRANSPORT_OPTIONS, pick
from ..module_utils._store.backends import open_store
from ..module_utils._store.errors import Conflict
from ..module_utils._store.record import Record
from ..module_utils._time import iso, parse_duration

__all__ = ["ARGUMENT_SPEC", "FACTS", "SECRET_RESULTS", "main", "memory_key", "run"]

ARGUMENT_SPEC: dict[str, t.Any] = {
    **COHESITY_SPEC,
    **STORE_SPEC,
    "lifetime": {"type": "str"},
    "min_validity": {"type": "str", "default": "5m"},
    "token": {"type": "dict", "no_log": False, "options": COHESITY_TOKEN_SPEC},
    "verify": {"type": "bool", "default": True},
    "publish_facts": {"type": "bool", "default": True},
}

FACTS: dict[str, str] = {"cohesity_access_token": "token"}
SECRET_RESULTS: tuple[str, ...] = ("token.access_token", "token.headers")

Keep = Callable[[Token], None]


class Store:
    """The token in a store. lock_timeout: seconds to wait for another run."""

    def __init__(self, record: Record, lock_timeout: float) -> None:
        self._record = record
        self._lock_timeout = lock_timeout

    def lock(self) -> None:
        """Wait until no other run is logging in for this record, where the store can tell."""
        self._record.backend.lock(self._lock_timeout)

    def load(self) -> Token | None:
        contents = self._record.load()
        return contents.token if contents else None

    def keep(self, token: Token) -> None:
        """Store the token; raises Conflict when another run has stored its own meanwhile."""
        self._record.save((self._record.contents or self._record.empty())._replace(token=token))

    def keep_unless_late(self, token: Token) -> None:
        """Store the token, unless yet another run has stored its own: each is good by itself."""
        with contextlib.suppress(Conflict):
            self.keep(token)


class Wishes(t.NamedTuple):
    """What makes a token good enough, and how long a new one is valid where nothing else says so; in seconds."""

    min_validity: int
    verify: bool
    lifetime: int | None


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None], memory: Memory | None = None) -> dict[str, t.Any]:
    """Return the token that was passed in or stored while it is good, and a new one otherwise. Later tasks of this run may use it, too."""
    result = _run(params, check_mode, warn)
    if memory is not None and result["secret_available"]:
        memory.put(to_memory(result["token"]))
    return result


def _run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    if params["token"] and params["store"]:
        raise ApiError("token and store exclude each other: the store already holds the token that was returned before")
    lifetime = parse_duration(params["lifetime"], "lifetime") if params["lifetime"] else None
    wishes = Wishes(parse_duration(params["min_validity"], "min_validity"), params["verify"], lifetime)
    login = Login(**pick(params, COHESITY_LOGIN_SPEC))
    with Cluster(params["cluster"], login, api_version=params["api_version"], warn=warn, **pick(params, TRANSPORT_OPTIONS)) as cluster:
        _check_login(login, params["api_key"])
        if not params["store"]:
            known = Token.from_values(params["token"])
            return _reused(cluster, known, wishes) or _created(cluster, known, wishes, check_mode, warn, lambda _token: None)
        with open_store(params["store"], **pick(params, ("timeout", "retries", "use_proxy")), check_mode=check_mode, warn=warn) as backend:
            store = Store(Record(backend, RECORD_KIND, cluster.account.identity()), params["store"]["lock_timeout"])
            return _stored(cluster, store, wishes, check_mode, warn)


def _stored(cluster: Cluster, store: Store, wishes: Wishes, check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    """The result with the token in the store, or with a new one that is kept there."""
    known = store.load()
    result = _reused(cluster, known, wishes)
    if result is None and not check_mode:
        # Who waits here for another run's login takes its token.
        store.lock()
        newer = store.load()
        result = _reused(cluster, newer, wishes) if newer != known else None
        known = newer
    try:
        return result or _created(cluster, known, wishes, check_mode, warn, store.keep)
    except Conflict:
        # Another run has logged in meanwhile: its token serves this one too.
        newer = store.load()
        return _reused(cluster, newer, wishes) or _created(cluster, newer, wishes, check_mode, warn, store.keep_unless_late)


def _check_login(login: Login, api_key: str | None) -> None:
    try:
        login.check()
    except ApiError as error:
        if api_key and not login.is_given:
            raise error.explained("An API key needs no access token: send it as it is, in the header apiKey") from None
        raise


def _reused(cluster: Cluster, known: Token | None, wishes: Wishes) -> dict[str, t.Any] | None:
    """The result with the known token, or None when that will not do."""
    if known is None or not _is_good(cluster, known, wishes):
        return None
    return _result(known.public(cluster.server_time()), [], known)


def _created(cluster: Cluster, known: Token | None, wishes: Wishes, check_mode: bool, warn: Callable[[str], None], keep: Keep) -> dict[str, t.Any]:
    """The result with a new token that was handed to keep()."""
    if check_mode:
        # Every key is there, so that later tasks can name them in check mode too.
        return _result({**dict.fromkeys(COHESITY_TOKEN_SPEC), **cluster.account.identity(), "headers": {}}, ["created"], known)
    token = cluster.create_token(wishes.lifetime)
    now = cluster.server_time()
    if not token.outlives(now, wishes.min_validity):
        warn(
            f"The token expires at {iso(token.expires_at)} (by {token.expires_source}), which leaves no more than min_validity "
            f"({wishes.min_validity} s): this token will never be reused"
        )
    keep(token)
    return _result(token.public(now), ["created"], known)


def _is_good(cluster: Cluster, token: Token, wishes: Wishes) -> bool:
    """Whether the token belongs to this login, is accepted by the cluster, and lives long enough. Another login's token is not even sent."""
    if token.account != cluster.account:
        return False
    if wishes.verify and not cluster.accepts(token):
        return False
    return token.outlives(cluster.server_time(), wishes.min_validity)


def _result(token: dict[str, t.Any], actions: list[str], before: Token | None) -> dict[str, t.Any]:
    minted = "created" in actions
    return {
        "changed": minted,
        "token": token,
        "actions": actions or ["reused"],
        "secret_available": token["access_token"] is not None,
        "secret_fingerprint": fingerprint(token["access_token"]),
        "diff": {"before": _summary(before), "after": {"token": "new"} if minted else _summary(before)},
    }


def _summary(token: Token | None) -> dict[str, t.Any]:
    return {"token": f"valid until {iso(token.expires_at)}" if token is not None and token.expires_at else "none"}


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC, takes_memory=True)


if __name__ == "__main__":
    main()
