#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: commandcenter_access_token_info
short_description: List the access tokens of Commvault Command Center
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Lists the access tokens that the login may see. Their secrets are not included, because they cannot be read again.
  - Only tokens that match all given filters are returned.
  - It costs three requests (login, list, logout).
options:
  name:
    description:
      - Only return tokens with exactly this name.
    type: str
  name_prefix:
    description:
      - Only return tokens whose names start with this.
    type: str
  id:
    description:
      - Only return the token with this id.
    type: int
  user_id:
    description:
      - Only return tokens of the user with this id. The filter is part of the request, so the login must be allowed to see that user's tokens.
      - If not set, the server decides which tokens it lists, usually those of the login's own user.
    type: int
  expires_within:
    description:
      - Only return tokens that have expired or will expire within this duration, such as V(7d), or number of seconds.
      - For a renewable token, this is about its current access token. RV(tokens[].renewable_until) says how long it can be renewed.
    type: str
extends_documentation_fragment:
  - dataprotection.access._commandcenter
  - dataprotection.access._transport
  - dataprotection.access._attributes
  - dataprotection.access._attributes.info_module
  - dataprotection.access._attributes.actiongroup_commandcenter
seealso:
  - module: dataprotection.access.commandcenter_access_token
  - name: Permissions
    description: The rights that a login needs to see other users' tokens.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_permissions.html
  - name: Troubleshooting by message
    description: Troubleshooting by message.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: List all tokens of the user
  dataprotection.access.commandcenter_access_token_info:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
  register: listed

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ listed.tokens | map(attribute='name') }}"

- name: Find one token
  dataprotection.access.commandcenter_access_token_info:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: exporter

- name: Find the user provisioning tokens that expire within 30 days
  dataprotection.access.commandcenter_access_token_info:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name_prefix: scim-
    expires_within: 30d

- name: List the tokens of a service account
  dataprotection.access.commandcenter_access_token_info:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    user_id: 42
"""

RETURN = r"""
tokens:
  description:
    - The tokens, sorted by name and id. Attributes that the server does not report are V(null).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the token.
      type: int
      sample: 17
    name:
      description: The name of the token.
      type: str
      sample: exporter
    scope:
      description:
        - What the token may be used for. One of the choices of O(dataprotection.access.commandcenter_access_token#module:scope), or the number of a
          type that this collection does not know.
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
      description: When the current access token expires, in ISO 8601.
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
      description: Always V(null). The server reports it only when it creates or renews a token.
      type: str
      sample: null
    created_at:
      description: When the token was created, in ISO 8601.
      type: str
      sample: "2027-01-31T11:30:00Z"
    last_used_at:
      description: When the token was last used, in ISO 8601.
      type: str
      sample: null
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
from ..module_utils._module import run_shipped
from ..module_utils._options import COMMANDCENTER_SPEC, pick
from ..module_utils._time import parse_duration

ARGUMENT_SPEC: dict[str, t.Any] = {
    **COMMANDCENTER_SPEC,
    "name": {"type": "str"},
    "name_prefix": {"type": "str"},
    "id": {"type": "int"},
    "user_id": {"type": "int"},
    "expires_within": {"type": "str"},
}

FACTS: dict[str, str] = {}
SECRET_RESULTS: tuple[str, ...] = ()


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    """List the tokens that the login may see and that pass every given filter."""
    within = None if params["expires_within"] is None else parse_duration(params["expires_within"], "expires_within")
    with Server(**pick(params, COMMANDCENTER_SPEC), warn=warn) as server:
        server.check_login()
        listed = AccessTokens(server).listing(params["user_id"])
        now = server.server_time()
    wanted = [token for token in listed if _is_wanted(token, params, within, now)]
    return {"changed": False, "tokens": [token.listed(now) for token in sorted(wanted, key=lambda token: (str(token.name), token.id or 0))]}


def _is_wanted(token: Token, params: Mapping[str, t.Any], within: int | None, now: float) -> bool:
    for key in ("name", "id", "user_id"):
        if params[key] is not None and getattr(token, key) != params[key]:
            return False
    if params["name_prefix"] is not None and not str(token.name).startswith(params["name_prefix"]):
        return False
    # A token without an expiry never expires within anything.
    return within is None or (token.expires_at is not None and token.expires_at - now <= within)


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
