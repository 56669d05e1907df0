#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cohesity_rest
short_description: Call the REST API of a Cohesity cluster
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Sends one request to the API of a Cohesity cluster, or of Helios, and returns the response.
  - The credential is O(api_key), O(token), O(session), O(store), or a login with O(username) and O(password), whichever is given. The first four exclude
    each other, and each of them is used instead of a login. An environment variable does not count as given beside one of them.
  - A login for an access token is shared by all tasks of a run that call the same cluster as the same user with the same options, so a play with twenty
    calls logs in once. A token or session that another module of this collection has returned in this run for that login is used too.
  - When the cluster says that the credential has expired, the module logs in again and repeats the request, both once. A refused request was not carried
    out, so this is safe for writes too. It needs a login that can be repeated, so neither an API key nor a one-time password can be replaced.
  - A session that this module opens ends with the task, unless it replaces an expired one that is given in O(session), or that
    M(dataprotection.access.cohesity_session) has opened in this run. Later calls of the run then use the new session, too, and it is ended together with
    the expired one, by M(dataprotection.access.cohesity_session) with O(dataprotection.access.cohesity_session#module:state=absent).
  - The request C(DELETE /v2/users/sessions) without C(sid) or C(current) in the query is refused, because it ends every session on the cluster.
options:
  login:
    description:
      - What to log in for when no other credential is given. V(token) is an access token, V(session) a session, which clusters with session management
        require.
      - V(auto) tries an access token first, and a session where the cluster offers no access tokens. After a refusal of the user or the password, nothing
        else is tried.
    type: str
    choices: [auto, token, session]
    default: auto
  paging_style:
    description:
      - How the list is paged, with O(paging=all). V(pagination_cookie) is the key C(paginationCookie) of the response and the parameter of that name in the
        query, V(cookie) is the same with C(cookie).
      - V(auto) finds it out from the first response.
      - O(page_size) is sent as C(maxResultCount). If a path has another name for it, set it in O(query) instead.
    type: str
    choices: [auto, pagination_cookie, cookie]
    default: auto
extends_documentation_fragment:
  - dataprotection.access._rest
  - dataprotection.access._cohesity
  - dataprotection.access._cohesity.credentials
  - dataprotection.access._store
  - dataprotection.access._transport
  - dataprotection.access._attributes
  - dataprotection.access._attributes.rest
  - dataprotection.access._attributes.actiongroup_cohesity
notes:
  - In check mode, O(store) may hold no record yet, because the task that writes it has not run. The module then reads with the login of the options or the
    environment. Without a login, the task is skipped.
  - The result is shown, because it holds no secret. Wherever a credential in use appears in a response, it is masked.
  - Responses and bodies are your own data, and may hold other secrets, such as the secret of an API key that the call creates. Set C(no_log) for such
    calls.
  - Without O(dest), a response may have at most 16 MiB.
  - A request that only reads costs one request, and one more for each O(tenant) or O(access_cluster) that is given by name.
seealso:
  - module: dataprotection.access.cohesity_access_token
  - module: dataprotection.access.cohesity_session
  - module: ansible.builtin.uri
  - name: Troubleshooting by message
    description: What the errors mean, and what to do.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: List the protection groups
  dataprotection.access.cohesity_rest:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    path: /v2/data-protect/protection-groups
    query:
      isActive: true
  register: protection

- name: Create a policy, with the login of the task before
  dataprotection.access.cohesity_rest:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    method: POST
    path: /v2/data-protect/policies
    body:
      name: gold
  register: policy

- name: Delete the policy, which check mode has not created
  dataprotection.access.cohesity_rest:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    method: DELETE
    path: /v2/data-protect/policies/{{ policy.json.id }}
  when: not ansible_check_mode

- name: Log in once more
  dataprotection.access.cohesity_access_token:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
  register: login

- name: Use that token, and nothing else
  dataprotection.access.cohesity_rest:
    cluster: cohesity.example.com
    token: "{{ login.token }}"
    path: /irisservices/api/v1/public/cluster

- name: Change one attribute of a protection group, unless it has that value
  dataprotection.access.cohesity_rest:
    cluster: cohesity.example.com
    username: backup
    password: "{{ cohesity_password }}"
    method: PUT
    path: /v2/data-protect/protection-groups/{{ item.id }}
    body:
      isPaused: true
    body_strategy: merge
  loop: "{{ protection.json.protectionGroups }}"
  loop_control:
    label: "{{ item.name }}"

- name: List all views with an API key, page by page
  dataprotection.access.cohesity_rest:
    cluster: cohesity.example.com
    api_key: "{{ cohesity_api_key }}"
    path: /v2/file-services/views
    paging: all
  register: views

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ views.objects | map(attribute='name') }}"
"""

RETURN = r"""
json:
  description: The response, when it is JSON.
  returned: when a response is JSON
  type: raw
  sample:
    protectionGroups: []
content:
  description: The response as text, when it is not JSON. Empty when there is no body.
  returned: when a response is not JSON
  type: str
  sample: ""
objects:
  description: The objects of all pages. RV(json) is not returned beside it, and the keys about the response are those of the last page.
  returned: success, with O(paging=all)
  type: list
  elements: raw
  sample: []
diff:
  description:
    - The difference between the object as it was and as it is, or would be, after the request. With V(compare), only what O(body) names.
    - It is left out after a write that was refused with a status in O(status_code).
  returned: success, with O(body_strategy=compare) and O(body_strategy=merge)
  type: dict
  contains:
    before:
      description: The object before.
      type: dict
      sample:
        name: daily
    after:
      description: The object after.
      type: dict
      sample:
        name: weekly
dest:
  description: The file with the response. RV(json) and RV(content) are not returned beside it.
  returned: success, with O(dest), except in check mode
  type: str
  sample: /var/tmp/report.csv
size:
  description: The size of the file, in bytes.
  returned: success, with O(dest), except in check mode
  type: int
  sample: 1024
checksum:
  description: The SHA-256 checksum of the file.
  returned: success, with O(dest), except in check mode
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
status:
  description: The HTTP status of the response, also of the one that made the task fail.
  returned: when there was a response
  type: int
  sample: 200
headers:
  description: The headers of the response, with names in lower case, without those that hold credentials.
  returned: when a response was accepted
  type: dict
  sample:
    content-type: application/json
url:
  description: The URL of the request, query included.
  returned: when a response was accepted
  type: str
  sample: https://cohesity.example.com/v2/data-protect/protection-groups?isActive=true
elapsed:
  description: How long the request took, in seconds.
  returned: when a response was accepted
  type: float
  sample: 0.135
actions:
  description:
    - What was done, or would be done in check mode. V(authenticated) means that this task has logged in, V(reauthenticated) that it has logged in again
      because the credential had expired, V(sent) that a request was sent that writes.
  returned: success
  type: list
  elements: str
  sample: [sent]
skip_reason:
  description: Why check mode sent nothing.
  returned: when the credential is one that an earlier task would have created, and check mode has nothing to read with
  type: str
  sample: there is no credential to read with in check mode
code:
  description: The server's own code for the error.
  returned: failure, when the response holds one
  type: raw
  sample: KValidationError
"""

import functools
import typing as t
from collections.abc import Callable, Mapping

from ..module_utils._cohesity.api_key import KEY_KIND
from ..module_utils._cohesity.cluster import Cluster, cluster_name
from ..module_utils._cohesity.connect import connect
from ..module_utils._cohesity.credential import Credential
from ..module_utils._cohesity.given import given_credential
from ..module_utils._cohesity.login import Login
from ..module_utils._cohesity.memory import memory_key
from ..module_utils._cohesity.scope import Scope
from ..module_utils._cohesity.stored import RECORD_KIND, stored_credential
from ..module_utils._errors import ApiError
from ..module_utils._http.client import Response
from ..module_utils._memory import Memory
from ..module_utils._module import run_shipped
from ..module_utils._options import (
    COHESITY_LOGIN_SPEC,
    COHESITY_SESSION_SPEC,
    COHESITY_SPEC,
    COHESITY_TOKEN_SPEC,
    REST_CALL_SPEC,
    REST_MESSAGE_SPEC,
    REST_PAGING_SPEC,
    STORE_SPEC,
    pick,
    rest_spec,
)
from ..module_utils._rest.call import Call, read_call
from ..module_utils._rest.perform import perform, result_of, skipped
from ..module_utils._store.reader import read_contents

__all__ = ["ARGUMENT_SPEC", "FACTS", "ONE_OF", "SECRET_RESULTS", "main", "memory_key", "run"]

PAGING_STYLES = ("pagination_cookie", "cookie")

ARGUMENT_SPEC: dict[str, t.Any] = {
    **COHESITY_SPEC,
    **STORE_SPEC,
    **rest_spec(*PAGING_STYLES),
    "login": {"type": "str", "choices": ["auto", "token", "session"], "default": "auto"},
    "token": {"type": "dict", "no_log": False, "options": COHESITY_TOKEN_SPEC},
    "session": {"type": "dict", "no_log": False, "options": COHESITY_SESSION_SPEC},
}

FACTS: dict[str, str] = {}
SECRET_RESULTS: tuple[str, ...] = ()
ONE_OF: tuple[str, ...] = ("api_key", "token", "session", "store")


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None], memory: Memory | None = None) -> dict[str, t.Any]:
    """Send the request with the credential that the options name, or with the login that this run shares."""
    call = _call(params)
    login = Login(**pick(params, COHESITY_LOGIN_SPEC))
    credential = _credential(params, login, check_mode, warn)
    if check_mode and credential is None and not login.is_given and call.sends_something(check_mode):
        return skipped("there is no credential to read with in check mode")
    with connect(params, login, credential, memory, warn, params["login"]) as cluster:
        outcome = perform(_sender(cluster, params), call, check_mode, cluster.safe_excerpt)
        return result_of(outcome, cluster.actions, cluster.masked)


def _call(params: Mapping[str, t.Any]) -> Call:
    paging = pick(params, (*REST_PAGING_SPEC, "paging_style"))
    return read_call(pick(params, REST_MESSAGE_SPEC), paging, PAGING_STYLES, **pick(params, REST_CALL_SPEC))


def _credential(params: Mapping[str, t.Any], login: Login, check_mode: bool, warn: Callable[[str], None]) -> Credential | None:
    """The credential that the options hold, or that their store does."""
    name = cluster_name(params["cluster"])
    credential = given_credential(**pick(params, ("api_key", "token", "session")), login=login, cluster=name)
    if not params["store"]:
        return credential
    if credential is not None:
        raise ApiError("store excludes api_key, token and session: give one credential")
    transport = pick(params, ("timeout", "retries", "use_proxy"))
    contents = read_contents(params["store"], (RECORD_KIND, KEY_KIND), **transport, warn=warn, may_be_missing=check_mode)
    return None if contents is None else stored_credential(contents, login, name)


def _sender(cluster: Cluster, params: Mapping[str, t.Any]) -> Callable[..., Response]:
    """Sends requests for the tenant and to the cluster behind Helios that the options name, and takes any text as a response."""
    return functools.partial(Scope(cluster.call, params["access_cluster"], params["tenant"]).send, text=True)


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC, takes_memory=True)


if __name__ == "__main__":
    main()
