#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: commandcenter_rest
short_description: Call the REST API of Command Center
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Sends one request to the API of Commvault Command Center, and returns the response. An error inside HTTP 200 is an error like any other.
  - An HTML page is an error too, because a server that is under maintenance sends one with HTTP 200. Where a page is wanted, give O(headers) with C(Accept)
    and the value C(text/html).
  - The credential is O(token), O(store), O(auth_token), or a login with O(username) and O(password), whichever is given. The first three exclude each other,
    and each of them is used instead of a login. An environment variable does not count as given beside one of them.
  - With O(username) and O(password), the task logs in, sends the request, and logs out.
  - When the server refuses the credential with HTTP 401, the module tries to get another one and repeats the request, both once. A refused request was not
    carried out, so this is safe for writes too.
  - The token in O(store) is renewed when it is refused and its known end has passed, and the new one is stored. HTTP 401 alone does not prove that a token
    has expired, since some paths accept no access token at all. Check mode renews nothing. No other token is ever renewed.
  - In all other cases, the task logs in when O(username) and O(password) are given, and otherwise fails.
  - A token that was refused in the form C(Authorization) is tried in the other forms first, unless O(auth_header) says which one it is.
  - To delete an object that does not exist is neither an error nor a change.
options:
  paging_style:
    description:
      - How the list is paged, with O(paging=all). V(limit_offset) are the request headers C(limit) and C(offset), where C(offset) counts objects, as for
        C(/Job). V(limit_page) is the same where it counts pages. V(paging_info) is the request header C(pagingInfo), as for C(/VM). V(start_limit) is
        C(start) and C(limit) in the query, as for paths below C(/V4).
      - V(auto) finds it out from the total that the first response names, and takes V(start_limit) where there is none. It never takes V(limit_page).
      - Without a total, only an empty page ends the list, which costs one request more.
    type: str
    choices: [auto, limit_offset, limit_page, paging_info, start_limit]
    default: auto
extends_documentation_fragment:
  - dataprotection.access._rest
  - dataprotection.access._commandcenter
  - dataprotection.access._commandcenter.credentials
  - dataprotection.access._store
  - dataprotection.access._transport
  - dataprotection.access._attributes
  - dataprotection.access._attributes.rest
  - dataprotection.access._attributes.actiongroup_commandcenter
notes:
  - The result is shown, because it holds no secret. Wherever a credential in use appears in a response, it is masked.
  - Responses and bodies are your own data, and may hold other secrets. Set C(no_log) for such calls.
  - Without O(dest), a response may have at most 16 MiB.
  - A call with a token costs one request.
seealso:
  - module: dataprotection.access.commandcenter_access_token
  - module: ansible.builtin.uri
  - name: Troubleshooting by message
    description: What the errors mean, and what to do.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: Create a token that may only read jobs, unless it is there
  dataprotection.access.commandcenter_access_token:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    name: job-reader
    scope: custom
    api_endpoints: [/Job]
    store:
      file: /var/lib/tokens/job-reader.json

- name: List all jobs with the stored token
  dataprotection.access.commandcenter_rest:
    url: https://commandcenter.example.com
    store:
      file: /var/lib/tokens/job-reader.json
    path: /Job
    paging: all
  register: jobs

- name: Create a client group with a login
  dataprotection.access.commandcenter_rest:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    method: POST
    path: /ClientGroup
    body:
      name: servers
  register: created

- name: Look up the id of a client, which the server puts into a 404 when there is none
  dataprotection.access.commandcenter_rest:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    path: /getid
    query:
      clientName: server-99
    status_code: [404]
  register: client
"""

RETURN = r"""
json:
  description: The response, when it is JSON.
  returned: when a response is JSON
  type: raw
  sample:
    jobs: []
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
  sample: https://commandcenter.example.com/commandcenter/api/Job?completedJobLookupTime=3600
elapsed:
  description: How long the request took, in seconds.
  returned: when a response was accepted
  type: float
  sample: 0.135
actions:
  description:
    - What was done, or would be done in check mode. V(authenticated) means that this task has logged in, V(reauthenticated) that it has logged in because
      the credential was refused, V(renewed) that it has renewed the token in O(store), V(sent) that a request was sent that writes.
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
  sample: 5
"""

import contextlib
import typing as t
from collections.abc import Callable, Iterator, Mapping

from ..module_utils._commandcenter.access_tokens import AccessTokens
from ..module_utils._commandcenter.caller import Caller, check_server, given_token, says_gone
from ..module_utils._commandcenter.server import Server
from ..module_utils._commandcenter.stored import RECORD_KIND
from ..module_utils._commandcenter.token import Token
from ..module_utils._errors import ApiError
from ..module_utils._module import run_shipped
from ..module_utils._options import (
    COMMANDCENTER_SPEC,
    COMMANDCENTER_TOKEN_SPEC,
    REST_CALL_SPEC,
    REST_MESSAGE_SPEC,
    REST_PAGING_SPEC,
    STORE_SPEC,
    pick,
    rest_spec,
)
from ..module_utils._reconcile.renew import keep_form, renew_stored
from ..module_utils._rest.call import Call, read_call
from ..module_utils._rest.perform import perform, result_of, skipped
from ..module_utils._store.backends import open_store
from ..module_utils._store.claims import LEASE_SECONDS, Claims
from ..module_utils._store.format import Contents
from ..module_utils._store.reader import read_contents
from ..module_utils._store.record import Record
from ..module_utils._time import task_began

PAGING_STYLES = ("limit_offset", "limit_page", "paging_info", "start_limit")

ARGUMENT_SPEC: dict[str, t.Any] = {
    **COMMANDCENTER_SPEC,
    **STORE_SPEC,
    **rest_spec(*PAGING_STYLES),
    "token": {"type": "dict", "no_log": False, "options": COMMANDCENTER_TOKEN_SPEC},
}

FACTS: dict[str, str] = {}
SECRET_RESULTS: tuple[str, ...] = ()
ONE_OF: tuple[str, ...] = ("token", "store", "auth_token")
_STORE_TRANSPORT = ("timeout", "retries", "use_proxy")


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    """Send the request with the credential that the options name."""
    began = task_began()
    call = _call(params)
    with Server(**pick(params, COMMANDCENTER_SPEC), warn=warn) as server:
        token, contents = _token(params, server, check_mode, warn)
        if token is None and not server.is_given_login:
            if not check_mode:
                raise ApiError("there is no credential: give token, store, auth_token, or username and password")
            if call.sends_something(check_mode):
                return skipped("there is no credential to read with in check mode")
        caller = Caller(server, token) if contents is None or check_mode else _stored_caller(params, server, contents, warn, began)
        outcome = perform(caller.call, call, check_mode, server.client.safe_excerpt, says_gone)
        return result_of(outcome, caller.actions, server.masked)


def _stored_caller(params: Mapping[str, t.Any], server: Server, contents: Contents, warn: Callable[[str], None], began: float) -> Caller:
    """Calls with the token of a store, which may write to it: the store is opened again when there is something to write."""

    @contextlib.contextmanager
    def claims() -> Iterator[Claims]:
        with open_store(params["store"], **pick(params, _STORE_TRANSPORT), check_mode=False, warn=warn) as backend:
            yield Claims(Record(backend, RECORD_KIND, contents.identity), warn, max(LEASE_SECONDS, 10 * params["timeout"]), began)

    def renew(refused: Token) -> Token:
        with claims() as opened:
            return renew_stored(AccessTokens(server), opened, refused, params["store"]["lock_timeout"])

    def keep(token: Token) -> None:
        try:
            with claims() as opened:
                keep_form(opened, token)
        except ApiError as error:
            # The request has been done, and the next one finds the form by itself.
            warn(f"{error.message}; the form in which the token was accepted is not remembered")

    return Caller(server, contents.token, renew, keep)


def _call(params: Mapping[str, t.Any]) -> Call:
    paging = pick(params, (*REST_PAGING_SPEC, "paging_style"))
    return read_call(pick(params, REST_MESSAGE_SPEC), paging, PAGING_STYLES, **pick(params, REST_CALL_SPEC))


def _token(params: Mapping[str, t.Any], server: Server, check_mode: bool, warn: Callable[[str], None]) -> tuple[Token | None, Contents | None]:
    """The access token in the options or in their store, and the contents of that store."""
    token = given_token(params["token"], server.url)
    given = [name for name, is_given in (("token", token), ("store", params["store"]), ("auth_token", params["auth_token"])) if is_given]
    if len(given) > 1:
        raise ApiError(f"{' and '.join(given)} exclude each other: give one credential")
    if not params["store"]:
        return token, None
    contents = read_contents(params["store"], RECORD_KIND, **pick(params, _STORE_TRANSPORT), warn=warn, may_be_missing=check_mode)
    if contents is None:
        return None, None
    check_server("store", contents.identity.get("url"), server.url)
    return contents.token, contents


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
