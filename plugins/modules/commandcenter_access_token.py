#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: commandcenter_access_token
short_description: Create, renew, update and revoke named access tokens of Commvault Command Center
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Makes sure that an access token of a given name is there with the given attributes, is renewed, or is gone.
  - Command Center shows the secret of a token only once, in the answer that creates or renews it. Without O(store), a token that exists already is
    therefore found, compared and, where its
    attributes differ, updated, but its secret is not in the result. With O(store), every run returns a valid secret.
  - With O(store), the access token is renewed when no more than O(min_validity) of it is left. A token that was revoked behind the store's back is
    made anew.
    Runs that work on the same token at once wait for each other.
  - Nothing that exists is destroyed unasked. What can only be had by replacing a token fails and says so, unless O(recreate) allows it.
  - A token is replaced by renaming the old one to C(NAME.replaced-ID), creating the new one, storing its secret, and revoking the old one. The old
    one works until then.
  - Check mode logs in, lists the tokens and logs out, and writes nothing to the server and to the store.
options:
  name:
    description:
      - The name of the token.
      - Required with O(store), and unless O(id) is given or O(access_token) is renewed.
      - Together with O(id), the token is renamed to this.
    type: str
  id:
    description:
      - The id of a token that exists.
    type: int
  state:
    description:
      - With V(present), the token exists with the given attributes. With O(store), its secret is valid too.
      - With V(renewed), the token is renewed now. This needs O(store), or the pair in O(access_token) and O(refresh_token). With O(store), a token
        that does not exist is created.
      - With V(absent), the token is revoked, and its record is removed from O(store).
    type: str
    choices: [present, renewed, absent]
    default: present
  scope:
    description:
      - What the token may be used for.
      - The access token of V(all), V(custom) and V(hyperscale) lives for minutes or hours, and can be renewed. That of V(ms_scim) and V(one_touch)
        lives for days, and cannot.
      - A token is changed in place between V(all), V(custom) and V(hyperscale). Any other change needs O(recreate).
      - If not set, a new token gets V(all), and the scope of an existing one is left as it is.
    type: str
    choices: [all, custom, ms_scim, one_touch, hyperscale]
  api_endpoints:
    description:
      - The paths that the token may be used for, in any order. A path also stands for all that begin with it.
      - Required with O(scope=custom) and O(state=present), and only allowed with O(scope=custom).
    type: list
    elements: str
  renewable_until:
    description:
      - Until when the token can be renewed. A duration such as V(90d) or V(1d12h), a time in ISO 8601 (UTC where it names no zone), or an epoch in
        seconds.
      - A duration counts from the moment in which a token is made, and changes nothing about one that exists. Any other value is enforced.
      - Command Center allows 365 days at most. No time after 2038-01-19T03:14:07Z can be written into a request.
      - Only for O(scope=all), O(scope=custom) and O(scope=hyperscale). If not set, the server decides for a new token.
    type: str
  expires:
    description:
      - When the token expires, written like O(renewable_until).
      - Only for O(scope=ms_scim) and O(scope=one_touch), whose tokens live for 365 and 14 days at most. If not set, the server decides for a new token.
      - When the other scopes' access tokens expire is up to the server alone.
    type: str
  allowed_ips:
    description:
      - The addresses that may use the token, as addresses, networks or ranges, for example V(10.1.2.3), V(10.0.0.0/8) and V(10.0.0.1-10.0.0.9), in
        any order.
      - It replaces the token's own list. Command Center as a rule does not tell which addresses a token has, so without O(store) they are sent, and
        reported as a change, on every run.
    type: list
    elements: str
  user_id:
    description:
      - The id of the user, for example a service account, whose token it is. The login must be allowed to act for that user.
      - If not set, it is the user of the login.
    type: int
  recreate:
    description:
      - When an existing token may be replaced by a new one, with a new secret.
      - With V(never), a task that could not do without fails, and changes nothing.
      - With V(state_change), the token is replaced when O(scope) cannot be changed in place, when it has expired or is about to and cannot be
        renewed, and when O(store) does not hold the secret of a token that lives.
      - With V(always), the token is replaced on every run.
      - A token that this module itself has left unfinished in O(store) is replaced in any case.
    type: str
    choices: [never, state_change, always]
    default: never
  min_validity:
    description:
      - With O(store), an access token with no more than this left is renewed, as a duration such as V(5m), or a number of seconds.
    type: str
    default: 5m
  access_token:
    description:
      - For O(state=renewed) without O(store), the access token of the pair to renew. This needs no login.
      - The pair rotates. The one that was passed in is dead, and sending it again ends every token of its chain. So use the result, and nothing else,
        from there on.
    type: str
  refresh_token:
    description:
      - For O(state=renewed) without O(store), the refresh token of the pair to renew.
    type: str
  publish_facts:
    description:
      - Whether to make RV(token) a fact of the host too, with the name C(commandcenter_access_token). There is no fact when the secret is not in the
        result. In check mode, a token that would be made is published without one.
      - With ansible-core 2.21 and later, the fact is a variable like those of P(ansible.builtin.set_fact#module). It stays in memory.
      - With earlier releases it is one of the C(ansible_facts), and it is only published while the fact cache is C(memory). Any other fact cache
        would write the token to disk. There is a warning then.
    type: bool
    default: true
extends_documentation_fragment:
  - dataprotection.access._commandcenter
  - dataprotection.access._transport
  - dataprotection.access._store
  - dataprotection.access._attributes
  - dataprotection.access._attributes.facts
  - dataprotection.access._attributes.actiongroup_commandcenter
notes:
  - A result that holds a secret is hidden in the output and in the log. With ansible-core 2.22 and later the result is shown, and only the secrets in
    it are masked.
    Failures and the predictions of check mode are always shown.
  - A token that needs nothing costs three requests, the login, the list and the logout. Creating one costs four.
  - A renewal is sent once. When its answer is lost, nobody knows whether the pair was rotated, so with O(store) the token is replaced by a new one,
    and without the task fails.
seealso:
  - module: dataprotection.access.commandcenter_access_token_info
  - module: ansible.builtin.uri
  - ref: ansible_collections.dataprotection.access.docsite.guide_tokens
    description: Tokens in playbooks and job templates.
  - ref: ansible_collections.dataprotection.access.docsite.guide_errors
    description: What the errors mean, and what to do.
"""

EXAMPLES = r"""
- name: The exporter has a token
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: exporter
    renewable_until: 90d
  register: exporter

- name: List the clients, if this run has made the token
  ansible.builtin.uri:
    url: https://commandcenter.example.com/commandcenter/api/client
    headers: "{{ exporter.token.headers }}"
  no_log: true # before ansible-core 2.21, -vvv and some callbacks would show the headers
  when: exporter.secret_available

- name: Renew the pair of the task before
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    state: renewed
    access_token: "{{ exporter.token.access_token }}"
    refresh_token: "{{ exporter.token.refresh_token }}"
  register: renewed
  when: exporter.secret_available

- name: A token for two paths, and from two places only
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: reports
    scope: custom
    api_endpoints:
      - /client
      - /job
    allowed_ips:
      - 10.1.2.3
      - 10.8.0.0/16

- name: Rename it
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    id: "{{ commandcenter_token_id }}"
    name: weekly-reports

- name: A token for the provisioning of users by Microsoft Entra, for half a year
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: entra
    scope: ms_scim
    expires: 180d

- name: A token of a service account
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: monitoring
    user_id: 42
    renewable_until: 365d

- name: Log in as a user of a directory
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-domain
    password: "{{ commandcenter_domain_password }}"
    domain: CORP
    name: terraform

- name: Log in with a one-time password
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: mfa
    password: "{{ commandcenter_mfa_password }}"
    otp_code: "{{ commandcenter_pin }}"
    name: terraform

- name: Use a login that exists already
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    auth_token: "{{ commandcenter_auth_token }}"
    name: scripts

- name: A token that is valid in every run on this controller
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: grafana
    store:
      file: /var/lib/tokens/grafana.json
  register: grafana

- name: List the clients, in every run
  ansible.builtin.uri:
    url: https://commandcenter.example.com/commandcenter/api/client
    headers: "{{ grafana.token.headers }}"
  no_log: true

- name: A token that is valid in every run on every controller
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: dashboard
    recreate: state_change
    store:
      vault:
        url: https://vault.example.com:8200
        path: tokens/dashboard
        role_id: "{{ vault_role_id }}"
        secret_id: "{{ vault_secret_id }}"

- name: Renew it now, however long it still lives
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: grafana
    state: renewed
    store:
      file: /var/lib/tokens/grafana.json

- name: Replace a token by one with a new secret
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: exporter
    recreate: always

- name: Revoke a token, and remove its record
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: grafana
    state: absent
    store:
      file: /var/lib/tokens/grafana.json
"""

RETURN = r"""
token:
  description:
    - The token. V(null) when there is none any more.
    - What the server does not tell is V(null).
  returned: success
  type: dict
  contains:
    access_token:
      description: The secret, when it is known. See RV(secret_available).
      type: str
      sample: eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.secret
    refresh_token:
      description: What renews the token. V(null) for tokens that cannot be renewed, and when it is not known.
      type: str
      sample: 8d0f-secret
    token_type:
      description: What stands before the secret in the header.
      type: str
      sample: Bearer
    headers:
      description: The header that carries the secret, for the option O(ansible.builtin.uri#module:headers). Empty when the secret is not known.
      type: dict
      sample:
        Authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.secret
    id:
      description: The id of the token.
      type: int
      sample: 17
    name:
      description: The name of the token.
      type: str
      sample: exporter
    scope:
      description: What the token may be used for. One of the choices of O(scope), or the number of a kind that this collection does not know.
      type: str
      sample: custom
    api_endpoints:
      description: The paths that the token may be used for.
      type: list
      elements: str
      sample: [/client]
    allowed_ips:
      description: The addresses that may use the token.
      type: list
      elements: str
      sample: [10.8.0.0/16]
    user_id:
      description: The id of the token's user.
      type: int
      sample: 7
    expires_at:
      description: When the secret expires, in ISO 8601.
      type: str
      sample: "2027-01-31T12:00:00Z"
    expires_in:
      description: How many seconds are left.
      type: int
      sample: 1800
    renewable_until:
      description: Until when the token can be renewed, in ISO 8601. V(null) also when there is no end.
      type: str
      sample: "2027-05-01T00:00:00Z"
    refresh_expires_at:
      description: When the refresh token expires, in ISO 8601.
      type: str
      sample: "2027-02-14T12:00:00Z"
    created_at:
      description: When the token was made, in ISO 8601.
      type: str
      sample: "2027-01-31T11:30:00Z"
    last_used_at:
      description: When the token was last used, in ISO 8601.
      type: str
      sample: null
actions:
  description:
    - What was done, or would be done in check mode. Empty when nothing was, and there is no secret to return.
    - V(created), V(renewed), V(updated), V(recreated) and V(revoked) are changes. V(reused) means that the secret comes from O(store) as it was.
  returned: success
  type: list
  elements: str
  sample: [created]
secret_available:
  description: Whether the secret is in the result.
  returned: success
  type: bool
  sample: true
replaced_id:
  description: The id of the token that was replaced, or would be in check mode.
  returned: when a token was replaced
  type: int
  sample: 16
diff:
  description: The difference between the token's attributes before and after. Never holds a secret.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes before. Empty when there was no token.
      type: dict
    after:
      description: The attributes after. Empty when there is no token.
      type: dict
      sample:
        name: exporter
        scope: all
ansible_facts:
  description: The fact, with the same value as RV(token).
  returned: success, with ansible-core before 2.21, when RV(secret_available=true), O(publish_facts=true) and the fact cache is C(memory)
  type: dict
  contains:
    commandcenter_access_token:
      description: The same as RV(token).
      type: dict
status:
  description: The HTTP status of the answer that made the task fail.
  returned: failure, when there was an answer
  type: int
  sample: 401
code:
  description: The server's own code for the error.
  returned: failure, when the answer holds one
  type: raw
  sample: 5
"""

import typing as t
from collections.abc import Callable, Mapping

from ..module_utils._commandcenter.access_tokens import AccessTokens
from ..module_utils._commandcenter.server import Server
from ..module_utils._commandcenter.token import SCOPE_NUMBERS, Token, from_stored, to_stored
from ..module_utils._errors import ApiError
from ..module_utils._module import run_shipped
from ..module_utils._options import COMMANDCENTER_SPEC, STORE_SPEC, pick
from ..module_utils._reconcile.desired import read_desired
from ..module_utils._reconcile.execute import Outcome
from ..module_utils._reconcile.reconcile import reconcile
from ..module_utils._store.backends import open_store
from ..module_utils._store.claims import LEASE_SECONDS, Claims, NoClaims
from ..module_utils._store.format import Kind
from ..module_utils._store.record import Record
from ..module_utils._time import task_began

RECORD_KIND = Kind("commandcenter_access_token", from_stored, to_stored, frozenset(Token._fields))

# What describes the token that is wanted.
TOKEN_SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "id": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "renewed", "absent"], "default": "present"},
    "scope": {"type": "str", "choices": list(SCOPE_NUMBERS)},
    "api_endpoints": {"type": "list", "elements": "str"},
    "renewable_until": {"type": "str"},
    "expires": {"type": "str"},
    "allowed_ips": {"type": "list", "elements": "str"},
    "user_id": {"type": "int"},
    "recreate": {"type": "str", "choices": ["never", "state_change", "always"], "default": "never"},
    "min_validity": {"type": "str", "default": "5m"},
    "access_token": {"type": "str", "no_log": True},
    "refresh_token": {"type": "str", "no_log": True},
}

ARGUMENT_SPEC: dict[str, t.Any] = {**COMMANDCENTER_SPEC, **STORE_SPEC, **TOKEN_SPEC, "publish_facts": {"type": "bool", "default": True}}

FACTS: dict[str, str] = {"commandcenter_access_token": "token"}
SECRET_RESULTS: tuple[str, ...] = ("token.access_token", "token.refresh_token", "token.headers")


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    """Bring the named token to its desired state."""
    began = task_began()
    desired = read_desired(**pick(params, TOKEN_SPEC), has_store=bool(params["store"]))
    with Server(**pick(params, COMMANDCENTER_SPEC), warn=warn) as server:
        tokens = AccessTokens(server)
        if params["access_token"]:
            pair = Token(id=params["id"], name=params["name"], access_token=params["access_token"], refresh_token=params["refresh_token"])
            return _result(_renew_pair(tokens, pair, check_mode), server)
        server.check_login()
        if not params["store"]:
            return _result(reconcile(tokens, desired, NoClaims(), check_mode, warn), server)
        with open_store(params["store"], **pick(params, ("timeout", "retries", "use_proxy")), check_mode=check_mode, warn=warn) as backend:
            record = Record(backend, RECORD_KIND, _identity(server, params), optional_identity=("username", "domain"))
            claims = Claims(record, warn, max(LEASE_SECONDS, 10 * params["timeout"]), began)
            return _result(reconcile(tokens, desired, claims, check_mode, warn, params["store"]["lock_timeout"]), server)


def _identity(server: Server, params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Which token a record is of. A service account's token is one token, whichever administrator's login it is managed with."""
    login = {"username": None, "domain": None} if params["user_id"] is not None else {"username": params["username"], "domain": params["domain"]}
    return {"url": server.url, "name": params["name"].strip(), "user_id": params["user_id"], **login}


def _renew_pair(tokens: AccessTokens, pair: Token, check_mode: bool) -> Outcome:
    """Renew the pair that was passed in: this needs no login."""
    if check_mode:
        return Outcome(Token(id=pair.id, name=pair.name), pair, pair, ["renewed"])
    try:
        renewed = tokens.renew(pair)
    except ApiError as error:
        if not error.maybe_applied:
            raise
        raise error.explained(
            "It is not known whether the pair was rotated. Do not send it again: a pair that has been rotated ends every token of its chain. "
            "Have a new token made instead (state: present with recreate: always, best with a store)"
        ) from None
    return Outcome(pair.overlaid(renewed), pair, pair, ["renewed"])


def _result(outcome: Outcome, server: Server) -> dict[str, t.Any]:
    result: dict[str, t.Any] = {
        "changed": any(action != "reused" for action in outcome.actions),
        "token": outcome.token.public(server.server_time()) if outcome.token else None,
        "actions": outcome.actions,
        "secret_available": bool(outcome.token and outcome.token.access_token),
        "diff": {
            "before": outcome.before.described() if outcome.before else {},
            "after": outcome.after.described() if outcome.after else {},
        },
    }
    if outcome.before and {"renewed", "recreated"} & set(outcome.actions):
        # The attributes alone may be the same before and after.
        result["diff"]["before"]["secret"] = "the old one"
        result["diff"]["after"]["secret"] = "a new one"
    if outcome.replaced_id is not None:
        result["replaced_id"] = outcome.replaced_id
    return result


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
