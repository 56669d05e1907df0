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
  - Ensures that a named access token exists with the given attributes, is renewed, or does not exist.
  - Command Center shows the secret of a token only once, in the response that creates or renews it. With O(store), the secret is kept there, and
    every run returns a valid one. Without O(store), an existing token is found, compared and, if its attributes differ, updated, but its secret is
    not in the result.
  - With O(store), the access token is renewed when it has no more than O(min_validity) left. A token that was revoked outside the store is
    created again. Runs that work on the same token at the same time wait for each other.
  - Nothing that exists is destroyed unless you ask for it. If a change is only possible by replacing a token, the task fails and says so, unless
    O(recreate) allows it.
  - To replace a token, the module renames the old one to C(NAME.replaced-ID), creates the new one, stores its secret, and revokes the old one, which
    keeps working until then.
  - Check mode logs in, lists the tokens and logs out. It writes nothing, neither to the server nor to the store.
options:
  name:
    description:
      - The name of the token.
      - Required with O(store). Otherwise required unless O(id) is given, or the pair in O(access_token) and O(refresh_token) is renewed.
      - Together with O(id), the token is renamed to this.
    type: str
  id:
    description:
      - The id of an existing token.
    type: int
  state:
    description:
      - With V(present), the token exists with the given attributes. With O(store), its secret is valid, too.
      - With V(renewed), the token is renewed now. This requires O(store), or the pair in O(access_token) and O(refresh_token). With O(store), a token
        that does not exist is created.
      - With V(absent), the token is revoked, and its record is removed from O(store).
    type: str
    choices: [present, renewed, absent]
    default: present
  scope:
    description:
      - What the token may be used for.
      - Access tokens with the scope V(all), V(custom) or V(hyperscale) are valid for minutes or hours and can be renewed. Those with the scope
        V(ms_scim) or V(one_touch) are valid for days and cannot be renewed.
      - The scope can be changed in place between V(all), V(custom) and V(hyperscale). Any other change requires O(recreate).
      - If not set, a new token gets V(all), and the scope of an existing token is left unchanged.
    type: str
    choices: [all, custom, ms_scim, one_touch, hyperscale]
  api_endpoints:
    description:
      - The paths that the token may be used for, in any order. A path includes all paths that start with it.
      - Required with O(scope=custom) and O(state=present), and only allowed with O(scope=custom).
    type: list
    elements: str
  renewable_until:
    description:
      - The time until which the token can be renewed, as a duration such as V(90d) or V(1d12h), a time in ISO 8601 (UTC if it has no time zone), or
        epoch seconds.
      - A duration is counted from the creation of a token and does not change an existing one. An absolute time is enforced on every run.
      - Command Center allows at most 365 days. Requests cannot express times after 2038-01-19T03:14:07Z.
      - Only for O(scope=all), O(scope=custom) and O(scope=hyperscale). If not set, the server decides for a new token.
    type: str
  expires:
    description:
      - The time when the token expires, in the formats of O(renewable_until).
      - Only for O(scope=ms_scim) (at most 365 days) and O(scope=one_touch) (at most 14 days). If not set, the server decides for a new token.
      - For all other scopes, the server alone decides when an access token expires.
    type: str
  allowed_ips:
    description:
      - The addresses that may use the token, as addresses, networks or ranges, for example V(10.1.2.3), V(10.0.0.0/8) and V(10.0.0.1-10.0.0.9), in
        any order.
      - The list replaces the existing list of the token. Command Center usually does not report the addresses of a token, so without O(store) they
        are sent, and reported as a change, on every run.
    type: list
    elements: str
  user_id:
    description:
      - The id of the user who owns the token, for example a service account. The login must be allowed to act for that user.
      - If not set, this is the user of the login.
    type: int
  recreate:
    description:
      - When an existing token may be replaced by a new one, with a new secret.
      - With V(never), a task that would have to replace a token fails and changes nothing.
      - With V(state_change), the token is replaced when O(scope) cannot be changed in place, when it has expired or is about to expire and cannot be
        renewed, and when O(store) does not hold the secret of an existing token.
      - With V(always), the token is replaced on every run.
      - If an interrupted run of this module left the token in O(store) in an unfinished state, the token is replaced whatever this option says.
    type: str
    choices: [never, state_change, always]
    default: never
  overlap:
    description:
      - For how long a token that is replaced keeps working after its successor is in O(store), as a duration such as V(1d), or a number of seconds.
        Consumers have that long to pick up the new secret. The first run after that revokes the replaced token.
      - Until then the token is listed as NAME.replaced-ID. O(state=absent) revokes it, too.
      - A renewal cannot overlap. The server ends the old secret at once, and consumers read the store again when they get HTTP 401.
      - Needs O(store), which keeps the time.
    type: str
    default: 0s
  min_validity:
    description:
      - With O(store), an access token that has no more than this left is renewed. A duration such as V(5m), or a number of seconds.
    type: str
    default: 5m
  access_token:
    description:
      - For O(state=renewed) without O(store), the access token of the pair to renew. This requires no login.
      - A renewal rotates the pair. The old pair stops working at once, and sending it again makes the server end every token of its chain. From then
        on, use only the pair in the result.
    type: str
  refresh_token:
    description:
      - For O(state=renewed) without O(store), the refresh token of the pair to renew.
    type: str
  publish_facts:
    description:
      - Whether to publish RV(token) as the host fact C(commandcenter_access_token) as well. There is no fact when the secret is not in the result. In
        check mode, a token that would be created is published without a secret.
      - With ansible-core 2.21 and later, the fact is a variable like those of P(ansible.builtin.set_fact#module). It stays in memory.
      - With earlier releases it is one of the C(ansible_facts), and it is published only if the fact cache is C(memory), because any other fact cache
        would write the token to disk. Otherwise there is a warning and no fact.
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
    it are masked. Failures and check mode predictions are always shown.
  - A run that changes nothing costs three requests (login, list, logout). Creating a token costs four.
  - A renewal is sent once. If its response is lost, it is unknown whether the pair was rotated. With O(store) the token is then replaced by a new
    one; without it the task fails.
seealso:
  - module: dataprotection.access.commandcenter_access_token_info
  - module: ansible.builtin.uri
  - name: Tokens in playbooks and job templates
    description: Tokens in playbooks and job templates.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_tokens.html
  - name: Tokens in a store, and what to do at three in the morning
    description: How a store keeps tokens safe, and what to do when something goes wrong.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_store.html
  - name: Permissions
    description: The rights that logins, tokens and stores need.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_permissions.html
  - name: Troubleshooting by message
    description: Troubleshooting by message.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: Keep a token valid for every run on this controller
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: grafana
    store:
      file: /var/lib/tokens/grafana.json
  register: grafana

- name: List the clients
  ansible.builtin.uri:
    url: https://commandcenter.example.com/commandcenter/api/client
    headers: "{{ grafana.token.headers }}"
  no_log: true # the headers hold the token

- name: Keep a token valid for every run on every controller
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

- name: Renew a token now, no matter how much time is left
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: grafana
    state: renewed
    store:
      file: /var/lib/tokens/grafana.json

- name: Restrict a token to two paths and two networks
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
    store:
      file: /var/lib/tokens/reports.json

- name: Rename a token
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    id: "{{ commandcenter_token_id }}"
    name: weekly-reports

- name: Create a token for user provisioning by Microsoft Entra, valid for 180 days
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: entra
    scope: ms_scim
    expires: 180d
    store:
      file: /var/lib/tokens/entra.json

- name: Create a token for a service account
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: monitoring
    user_id: 42
    renewable_until: 365d
    store:
      file: /var/lib/tokens/monitoring.json

- name: Log in as a user of a directory
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-domain
    password: "{{ commandcenter_domain_password }}"
    domain: CORP
    name: terraform
    store:
      file: /var/lib/tokens/terraform.json

- name: Log in with a one-time password
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: mfa
    password: "{{ commandcenter_mfa_password }}"
    otp_code: "{{ commandcenter_pin }}"
    name: backup-report
    store:
      file: /var/lib/tokens/backup-report.json

- name: Use an existing login
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    auth_token: "{{ commandcenter_auth_token }}"
    name: scripts
    store:
      file: /var/lib/tokens/scripts.json

- name: Replace a token and its secret
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: scripts
    recreate: always
    store:
      file: /var/lib/tokens/scripts.json

- name: Create a token that only this run uses
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: once
  register: once

- name: Renew the pair of the previous task
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    state: renewed
    access_token: "{{ once.token.access_token }}"
    refresh_token: "{{ once.token.refresh_token }}"
  register: once
  when: once.secret_available

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
    - The token. V(null) when it no longer exists.
    - Attributes that the server does not report are V(null).
  returned: success
  type: dict
  contains:
    access_token:
      description: The secret, when it is known. See RV(secret_available).
      type: str
      sample: eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.secret
    refresh_token:
      description: The refresh token. V(null) for tokens that cannot be renewed, and when it is not known.
      type: str
      sample: 8d0f-secret
    token_type:
      description: The scheme that precedes the secret in the header.
      type: str
      sample: Bearer
    headers:
      description: The header that carries the secret, for the option O(ansible.builtin.uri#module:headers). Empty when the secret is not known.
      type: dict
      sample:
        Authorization: Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.secret
    auth_header:
      description: The form of RV(token.headers). One of the choices of O(auth_header) other than V(auto).
      type: str
      sample: bearer
    server:
      description: The base address of the API of the server that has issued the token.
      type: str
      sample: https://commandcenter.example.com/commandcenter/api
    id:
      description: The id of the token.
      type: int
      sample: 17
    name:
      description: The name of the token.
      type: str
      sample: exporter
    scope:
      description: What the token may be used for. One of the choices of O(scope), or the number of a type that this collection does not know.
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
      description: The id of the user who owns the token.
      type: int
      sample: 7
    expires_at:
      description: When the secret expires, in ISO 8601.
      type: str
      sample: "2027-01-31T12:00:00Z"
    expires_in:
      description: How many seconds of validity are left.
      type: int
      sample: 1800
    renewable_until:
      description: The time until which the token can be renewed, in ISO 8601. V(null) if unlimited or not known.
      type: str
      sample: "2027-05-01T00:00:00Z"
    refresh_expires_at:
      description: When the refresh token expires, in ISO 8601.
      type: str
      sample: "2027-02-14T12:00:00Z"
    created_at:
      description: When the token was created, in ISO 8601.
      type: str
      sample: "2027-01-31T11:30:00Z"
    last_used_at:
      description: When the token was last used, in ISO 8601.
      type: str
      sample: null
actions:
  description:
    - What was done, or would be done in check mode. Empty when nothing was done and there is no secret to return.
    - V(revocation_pending) means that an administrator has to authorize the revocation first. The token works until then, and the next run looks
      again.
    - V(created), V(renewed), V(updated), V(recreated) and V(revoked) are changes. V(reused) means that the secret was read from O(store) unchanged.
  returned: success
  type: list
  elements: str
  sample: [created]
secret_available:
  description: Whether the secret is in the result.
  returned: success
  type: bool
  sample: true
secret_fingerprint:
  description:
    - Identifies the secret without revealing it. It changes exactly when the secret does, so a task that delivers the secret to a consumer can tell
      whether the consumer has the newest one.
    - V(null) when the secret is not known.
  returned: success
  type: str
  sample: 9f86d081884c7d65
replaced:
  description: The tokens that were replaced by earlier runs or by this one, and keep working for their O(overlap).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the token.
      type: int
      sample: 16
    until:
      description: From when on a run revokes it, in ISO 8601, by the clock of the server.
      type: str
      sample: "2027-01-31T12:00:00Z"
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
  description: The HTTP status of the response that made the task fail.
  returned: failure, when there was a response
  type: int
  sample: 401
code:
  description: The server's own code for the error.
  returned: failure, when the response holds one
  type: raw
  sample: 5
"""

import typing as t
from collections.abc import Callable, Mapping

from ..module_utils._commandcenter.access_tokens import AccessTokens
from ..module_utils._commandcenter.server import Server
from ..module_utils._commandcenter.token import Token
from ..module_utils._errors import ApiError
from ..module_utils._module import run_shipped
from ..module_utils._options import COMMANDCENTER_SPEC, STORE_SPEC, pick
from ..module_utils._reconcile.declared import Task
from ..module_utils._reconcile.declared_token import reconcile_token, token_result
from ..module_utils._reconcile.desired_token import DECLARED_SPEC, read_desired
from ..module_utils._reconcile.execute import Outcome
from ..module_utils._time import task_began

# What describes the token that is wanted, or is renewed without a store.
TOKEN_SPEC: dict[str, t.Any] = {
    **DECLARED_SPEC,
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
            return token_result(_renew_pair(tokens, pair, check_mode), tokens)
        server.check_login()
        common = Task(**pick(params, ("username", "domain", "timeout", "retries", "use_proxy")), check_mode=check_mode, warn=warn, began=began)
        return token_result(reconcile_token(tokens, desired, params["store"], common), tokens)


def _renew_pair(tokens: AccessTokens, pair: Token, check_mode: bool) -> Outcome:
    """Renew the pair that was passed in: this needs no login."""
    if check_mode:
        return Outcome(Token(id=pair.id, name=pair.name), pair, pair, ["renewed"])
    try:
        renewed = tokens.renew(pair)
    except ApiError as error:
        if not error.maybe_applied and error.status in (None, 429):
            # The pair is as good as it was; the message says what to do.
            raise
        if not error.maybe_applied:
            raise error.explained(
                "The pair was not rotated. If it has been renewed before, use the newest one; otherwise create a new token "
                "(state: present with recreate: always, preferably with a store)"
            ) from None
        raise error.explained(
            "It is not known whether the pair was rotated. Do not send it again: sending a rotated pair ends every token of its chain. "
            "Create a new token instead (state: present with recreate: always, preferably with a store)"
        ) from None
    return Outcome(pair.overlaid(renewed), pair, pair, ["renewed"])


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
