#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cohesity_api_key
short_description: Create, rotate, update and delete named API keys of a Cohesity cluster
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Ensures that a named API key exists with the given attributes, is rotated, or does not exist.
  - A cluster shows the secret of an API key only once, in the response that creates it. With O(store), the secret is kept there, and every run returns
    it. Without O(store), an existing key is found, compared and, if its attributes differ, updated, but its secret is not in the result.
  - An API key is valid until it expires, is deactivated or is deleted. It cannot be renewed. O(rotate_after) replaces it when it is old enough, and
    O(state=rotated) replaces it now.
  - To replace a key, the module renames the old one to C(NAME.replaced-ID), creates the new one, stores its secret, and deletes the old one, which keeps
    working until then, and for O(overlap) after that. The cluster's own request to rotate a key is not used, because a lost response to it would lose the
    new secret when the old one has stopped working already.
  - Nothing that exists is destroyed unless you ask for it. A key that was deleted outside the store is created again. One that somebody else has rotated
    is replaced, because the secret in the store has stopped working. Runs that work on the same key at the same time wait for each other.
  - Check mode logs in and reads. It writes nothing, neither to the cluster nor to the store.
options:
  name:
    description:
      - The name of the API key.
      - Required with O(store). Otherwise required unless O(id) is given.
      - Together with O(id), the key is renamed to this.
    type: str
  id:
    description:
      - The id of an existing API key.
    type: str
  state:
    description:
      - With V(present), the API key exists with the given attributes.
      - With V(rotated), the API key is replaced now, or created if there is none. This needs no O(recreate), unless O(store) does not hold the secret of an
        existing key.
      - With V(absent), the API key is deleted, and its record is removed from O(store).
    type: str
    choices: [present, rotated, absent]
    default: present
  active:
    description:
      - Whether the API key may be used. One that is not active keeps its secret, and can be activated again.
      - If not set, a new key is active, and an existing one is left unchanged.
    type: bool
  expires:
    description:
      - When the API key expires, as a duration such as V(90d) or V(1d12h), a time in ISO 8601 (UTC if it has no time zone), epoch seconds, or V(never).
      - A duration is counted from the creation of a key and does not change an existing one. An absolute time and V(never) are enforced on every run.
      - A time that has passed is refused.
      - If not set, a new key never expires. A key that replaces another one gets the same end.
    type: str
  owner:
    description:
      - The name of the user who owns the API key, without a domain. To manage the keys of another user, the login must be an administrator.
      - If neither O(owner) nor O(owner_sid) is set, this is the user of the login. The API key of another user is never touched unless that user is named.
    type: str
  owner_domain:
    description:
      - The domain of O(owner). For a user of Active Directory, this is its full DNS name.
    type: str
    default: LOCAL
  owner_sid:
    description:
      - The security identifier (SID) of the user who owns the API key, instead of O(owner). It saves one request.
    type: str
  rotate_after:
    description:
      - The age at which O(state=present) replaces the API key, as a duration such as V(30d), or a number of seconds. The age is counted from the creation
        of the key, or from its last rotation.
      - This needs no O(recreate).
    type: str
  overlap:
    description:
      - For how long an API key that is replaced keeps working after its successor is in O(store), as a duration such as V(1d), or a number of seconds.
        Consumers have that long to pick up the new secret. The first run after that deletes the replaced key.
      - Until then the key is listed as NAME.replaced-ID. O(state=absent) deletes it, too.
      - Needs O(store), which keeps the time.
    type: str
    default: 0s
  recreate:
    description:
      - When an existing API key may be replaced by a new one, with a new secret, other than by O(rotate_after) and O(state=rotated).
      - With V(never), a task that would have to replace a key fails and changes nothing.
      - With V(state_change), the key is replaced when it has expired, and when O(store) does not hold the secret of an existing key.
      - With V(always), the key is replaced on every run.
      - If an interrupted run of this module left the key in O(store) in an unfinished state, or if somebody else has rotated it, the key is replaced
        whatever this option says.
    type: str
    choices: [never, state_change, always]
    default: never
  publish_facts:
    description:
      - Whether to publish RV(api_key) as the host fact C(cohesity_api_key) as well. There is no fact when the secret is not in the result. In check mode, a
        key that would be created is published without a secret.
      - With ansible-core 2.21 and later, the fact is a variable like those of P(ansible.builtin.set_fact#module). It stays in memory.
      - With earlier releases it is one of the C(ansible_facts), and it is published only if the fact cache is C(memory), because any other fact cache
        would write the key to disk. Otherwise there is a warning and no fact.
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
  - A result that holds a secret is hidden in the output and in the log. With ansible-core 2.22 and later the result is shown, and only the secrets in
    it are masked. Failures and check mode predictions are always shown.
  - The login is O(api_key), or O(username) and O(password), for an access token or, where the cluster offers none, for a session. It is shared by all
    tasks of a run that call the same cluster as the same user. Some clusters do not let an API key manage API keys.
  - A run that changes nothing costs two requests, which look up the user and list the keys, or one with O(owner_sid), and the login if it is the first
    of the run.
  - This needs API v2 of the cluster.
seealso:
  - module: dataprotection.access.cohesity_api_key_info
  - module: dataprotection.access.cohesity_rest
  - plugin: dataprotection.access.stored_token
    plugin_type: lookup
  - name: Tokens in a store, and what to do at three in the morning
    description: How a store keeps secrets safe, and what to do when something goes wrong.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_store.html
  - name: Permissions
    description: The rights that logins, tokens and stores need.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_permissions.html
  - name: Troubleshooting by message
    description: Troubleshooting by message.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: Keep an API key for an exporter, replaced every month with a day of overlap
  dataprotection.access.cohesity_api_key:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    name: exporter
    rotate_after: 30d
    overlap: 1d
    store:
      file: /var/lib/tokens/exporter-key.json
  register: exporter

- name: Read the cluster with it
  ansible.builtin.uri:
    url: https://cohesity.example.com/irisservices/api/v1/public/cluster
    headers: "{{ exporter.api_key.headers }}"
  no_log: true # the headers hold the secret

- name: List the views with the key in the store
  dataprotection.access.cohesity_rest:
    cluster: cohesity.example.com
    path: /v2/file-services/views
    store:
      file: /var/lib/tokens/exporter-key.json

- name: Replace the key now, because its secret was compromised
  dataprotection.access.cohesity_api_key:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    name: exporter
    state: rotated
    store:
      file: /var/lib/tokens/exporter-key.json

- name: Deactivate a key, until further notice
  dataprotection.access.cohesity_api_key:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    name: exporter
    active: false

- name: Create a key for a user of a directory, valid for 90 days, with its secret in a vault
  dataprotection.access.cohesity_api_key:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    name: terraform
    owner: ad-backup
    owner_domain: corp.example.com
    expires: 90d
    store:
      vault:
        url: https://vault.example.com:8200
        path: tokens/cohesity-terraform
        role_id: "{{ vault_role_id }}"
        secret_id: "{{ vault_secret_id }}"

- name: Delete a key, and remove its record
  dataprotection.access.cohesity_api_key:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    name: exporter
    state: absent
    store:
      file: /var/lib/tokens/exporter-key.json
"""

RETURN = r"""
api_key:
  description:
    - The API key. V(null) when it no longer exists.
    - Attributes that the cluster does not report are V(null).
  returned: success
  type: dict
  contains:
    api_key:
      description: The secret, when it is known. See RV(secret_available).
      type: str
      sample: 6a4b3f0e-0000-4000-8000-secret000000
    headers:
      description: The header that carries the secret, for the option O(ansible.builtin.uri#module:headers). Empty when the secret is not known.
      type: dict
      sample:
        apiKey: 6a4b3f0e-0000-4000-8000-secret000000
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
actions:
  description:
    - What was done, or would be done in check mode. Empty when nothing was done and there is no secret to return.
    - V(created), V(updated), V(recreated) and V(revoked) are changes. V(recreated) means that the key was replaced by a new one, V(revoked) that it, or one
      that was replaced before, was deleted. V(reused) means that the secret was read from O(store) unchanged.
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
  description: The API keys that were replaced by earlier runs or by this one, and keep working for their O(overlap).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the API key.
      type: str
      sample: "500"
    until:
      description: From when on a run deletes it, in ISO 8601, by the clock of the cluster.
      type: str
      sample: "2027-01-31T12:00:00Z"
replaced_id:
  description: The id of the API key that was replaced, or would be in check mode.
  returned: when an API key was replaced
  type: str
  sample: "500"
diff:
  description: The difference between the attributes of the API key before and after. Never holds a secret.
  returned: success
  type: dict
  contains:
    before:
      description: The attributes before. Empty when there was no API key.
      type: dict
    after:
      description: The attributes after. Empty when there is no API key.
      type: dict
      sample:
        name: exporter
        active: true
ansible_facts:
  description: The fact, with the same value as RV(api_key).
  returned: success, with ansible-core before 2.21, when RV(secret_available=true), O(publish_facts=true) and the fact cache is C(memory)
  type: dict
  contains:
    cohesity_api_key:
      description: The same as RV(api_key).
      type: dict
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

from ..module_utils._cohesity.api_keys import ApiKeys
from ..module_utils._cohesity.connect import connect
from ..module_utils._cohesity.credential import ApiKey
from ..module_utils._cohesity.login import Login
from ..module_utils._cohesity.memory import memory_key
from ..module_utils._cohesity.scope import Scope
from ..module_utils._cohesity.users import owner_of
from ..module_utils._memory import Memory
from ..module_utils._module import run_shipped
from ..module_utils._options import COHESITY_LOGIN_SPEC, COHESITY_SPEC, STORE_SPEC, pick
from ..module_utils._reconcile.declared import Task
from ..module_utils._reconcile.declared_key import key_result, reconcile_key
from ..module_utils._reconcile.desired_key import DECLARED_KEY_SPEC, read_desired_key
from ..module_utils._time import task_began

__all__ = ["ARGUMENT_SPEC", "FACTS", "ONE_OF", "SECRET_RESULTS", "main", "memory_key", "run"]

ARGUMENT_SPEC: dict[str, t.Any] = {**COHESITY_SPEC, **STORE_SPEC, **DECLARED_KEY_SPEC, "publish_facts": {"type": "bool", "default": True}}

FACTS: dict[str, str] = {"cohesity_api_key": "api_key"}
SECRET_RESULTS: tuple[str, ...] = ("api_key.api_key", "api_key.headers")
ONE_OF: tuple[str, ...] = ("api_key", "password", "certificate")


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None], memory: Memory | None = None) -> dict[str, t.Any]:
    """Bring the named API key to its desired state, with the API key or the login that the options name."""
    began = task_began()
    desired = read_desired_key(**pick(params, DECLARED_KEY_SPEC), has_store=bool(params["store"]))
    credential = ApiKey(params["api_key"]) if params["api_key"] else None
    login = Login(**pick(params, COHESITY_LOGIN_SPEC))
    with connect(params, login, credential, memory, warn) as cluster:
        scope = Scope(cluster.call, params["access_cluster"], params["tenant"])
        owner_sid = owner_of(scope.send, **pick(params, ("owner", "owner_domain", "owner_sid")))
        keys = ApiKeys(cluster, scope.send, owner_sid, desired.id)
        task = Task(**pick(params, ("username", "domain", "timeout", "retries", "use_proxy")), check_mode=check_mode, warn=warn, began=began)
        outcome = reconcile_key(keys, desired._replace(user_id=owner_sid), params["store"], scope.headers, task)
        return key_result(outcome, keys)


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC, takes_memory=True)


if __name__ == "__main__":
    main()
