#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cohesity_api_key_info
short_description: List the API keys of a Cohesity cluster
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Lists the API keys that the user of the login owns or has created, or those of another user. Their secrets are not included, because they cannot be
    read again.
  - Only keys that match all given filters are returned.
  - It costs one request, one more for O(owner), and the login if it is the first of the run.
options:
  name:
    description:
      - Only return API keys with exactly this name.
    type: str
  name_prefix:
    description:
      - Only return API keys whose names start with this.
    type: str
  id:
    description:
      - Only return the API key with this id.
    type: str
  owner:
    description:
      - Only return API keys of the user with this name. To list those of another user, the login must be an administrator.
      - If neither O(owner) nor O(owner_sid) is set, the keys are listed that the user of the login owns or has created.
    type: str
  owner_domain:
    description:
      - The domain of O(owner). For a user of Active Directory, this is its full DNS name.
    type: str
    default: LOCAL
  owner_sid:
    description:
      - Only return API keys of the user with this security identifier (SID), instead of O(owner). It saves one request.
    type: str
  active:
    description:
      - Only return API keys that are active, or only those that are not.
    type: bool
  expires_within:
    description:
      - Only return API keys that have expired or will expire within this duration, such as V(7d), or number of seconds. One that never expires is not
        among them.
    type: str
  older_than:
    description:
      - Only return API keys whose secrets are older than this duration, such as V(90d), or number of seconds. The age is counted from the creation of
        the key, or from its last rotation.
    type: str
extends_documentation_fragment:
  - dataprotection.access._cohesity
  - dataprotection.access._transport
  - dataprotection.access._attributes
  - dataprotection.access._attributes.info_module
  - dataprotection.access._attributes.actiongroup_cohesity
seealso:
  - module: dataprotection.access.cohesity_api_key
  - name: Permissions
    description: The rights that a login needs to see other users' keys.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_permissions.html
  - name: Troubleshooting by message
    description: Troubleshooting by message.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: List the API keys that the user owns or has created
  dataprotection.access.cohesity_api_key_info:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
  register: listed

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ listed.api_keys | map(attribute='name') }}"

- name: Find the keys of a user of a directory whose secrets are older than 90 days
  dataprotection.access.cohesity_api_key_info:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    owner: ad-backup
    owner_domain: corp.example.com
    older_than: 90d

- name: Find the active keys that expire within 30 days
  dataprotection.access.cohesity_api_key_info:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    active: true
    expires_within: 30d
"""

RETURN = r"""
api_keys:
  description:
    - The API keys, sorted by name and id. Attributes that the cluster does not report are V(null).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the API key.
      type: str
      sample: "501"
    name:
      description: The name of the API key.
      type: str
      sample: exporter
    active:
      description: Whether the API key may be used.
      type: bool
      sample: true
    expires_at:
      description: When the API key expires, in ISO 8601. V(null) if it never does.
      type: str
      sample: "2027-01-31T12:00:00Z"
    created_at:
      description: When the API key was created, in ISO 8601.
      type: str
      sample: "2027-01-01T12:00:00Z"
    rotated_at:
      description: When the cluster last gave out another secret for the API key, in ISO 8601. V(null) if it never did.
      type: str
      sample: null
    owner:
      description: The name of the user who owns the API key.
      type: str
      sample: backup
    owner_sid:
      description: The security identifier (SID) of that user.
      type: str
      sample: S-1-100-21-12345678-87654321-1
    cluster:
      description: The cluster that has issued the API key, as host or host and port.
      type: str
      sample: cohesity.example.com
status:
  description: The HTTP status of the response that made the task fail.
  returned: failure, when there was a response
  type: int
  sample: 403
code:
  description: The cluster's own code for the error.
  returned: failure, when the response holds one
  type: raw
  sample: KForbidden
"""

import typing as t
from collections.abc import Callable, Mapping

from ..module_utils._cohesity.api_key import NamedKey
from ..module_utils._cohesity.api_keys import keys_of, visible_keys
from ..module_utils._cohesity.connect import connect
from ..module_utils._cohesity.credential import ApiKey
from ..module_utils._cohesity.login import Login
from ..module_utils._cohesity.memory import memory_key
from ..module_utils._cohesity.scope import Scope
from ..module_utils._cohesity.users import check_owner, owner_of
from ..module_utils._memory import Memory
from ..module_utils._module import run_shipped
from ..module_utils._options import COHESITY_LOGIN_SPEC, COHESITY_SPEC, pick
from ..module_utils._reconcile.desired_key import DECLARED_KEY_SPEC
from ..module_utils._time import parse_duration

__all__ = ["ARGUMENT_SPEC", "FACTS", "ONE_OF", "SECRET_RESULTS", "main", "memory_key", "run"]

_OWNER_SPEC: dict[str, t.Any] = pick(DECLARED_KEY_SPEC, ("owner", "owner_domain", "owner_sid"))

ARGUMENT_SPEC: dict[str, t.Any] = {
    **COHESITY_SPEC,
    **_OWNER_SPEC,
    "name": {"type": "str"},
    "name_prefix": {"type": "str"},
    "id": {"type": "str"},
    "active": {"type": "bool"},
    "expires_within": {"type": "str"},
    "older_than": {"type": "str"},
}

FACTS: dict[str, str] = {}
SECRET_RESULTS: tuple[str, ...] = ()
ONE_OF: tuple[str, ...] = ("api_key", "password", "certificate")


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None], memory: Memory | None = None) -> dict[str, t.Any]:
    """List the API keys that the login may see and that pass every given filter."""
    limits = {name: None if params[name] is None else parse_duration(params[name], name) for name in ("expires_within", "older_than")}
    owner = pick(params, _OWNER_SPEC)
    check_owner(**owner)
    credential = ApiKey(params["api_key"]) if params["api_key"] else None
    login = Login(**pick(params, COHESITY_LOGIN_SPEC))
    with connect(params, login, credential, memory, warn) as cluster:
        send = Scope(cluster.call, params["access_cluster"], params["tenant"]).send
        listed = keys_of(send, owner_of(send, **owner)) if owner["owner"] or owner["owner_sid"] else visible_keys(send)
        now = cluster.server_time()
        wanted = [key for key in listed if _is_wanted(key, params, now, **limits)]
        return {"changed": False, "api_keys": [key.listed(cluster.name) for key in sorted(wanted, key=lambda key: (str(key.name), str(key.id)))]}


def _is_wanted(key: NamedKey, params: Mapping[str, t.Any], now: float, expires_within: int | None, older_than: int | None) -> bool:
    for name in ("name", "id", "active"):
        if params[name] is not None and getattr(key, name) != params[name]:
            return False
    if params["name_prefix"] is not None and not str(key.name).startswith(params["name_prefix"]):
        return False
    if expires_within is not None and (key.expires_at is None or key.expires_at - now > expires_within):
        return False
    return older_than is None or (key.secret_since is not None and now - key.secret_since > older_than)


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC, takes_memory=True)


if __name__ == "__main__":
    main()
