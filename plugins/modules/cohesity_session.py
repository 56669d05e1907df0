#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cohesity_session
short_description: Open or end a session on a Cohesity cluster
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Logs in to a Cohesity cluster where session management is enabled, and returns a session, with the header that carries it ready for
    P(ansible.builtin.uri#module). Such a cluster issues no access tokens.
  - Ends exactly the session that is passed in O(session), and the one with which M(dataprotection.access.cohesity_rest) has replaced it in this run when
    it had expired; no other. For that, both modules must run on the same machine, with the same O(cluster), O(validate_certs), O(ca_path) and
    O(use_proxy).
  - A session that is passed in O(session) is reused if it belongs to the same cluster, user and domain and, with O(verify), is still accepted by the
    cluster. If it has been replaced in this run, the session that replaced it is returned.
  - Every login counts as a change. Without O(session) there is nothing to reuse, so each task opens a session and reports C(changed).
  - The number of sessions can be limited, for each user and for the whole cluster. End each session that you open, in the C(always) section of a block.
  - Opening or ending a session is one request, and one more for each session that replaced it. A reused session costs one request with O(verify), and
    none without.
  - Check mode opens and ends nothing. The only request that it sends is the one that verifies a session.
options:
  state:
    description:
      - V(present) returns a session that works.
      - V(absent) ends O(session). When none is passed in, or when it has ended already, nothing is left to do.
    type: str
    choices: [present, absent]
    default: present
  session:
    description:
      - A session that this module has returned, as it was returned (RV(session), or the fact C(cohesity_session)).
      - With O(state=absent), a session of another cluster is refused.
    type: dict
    suboptions:
      session_id:
        description: The session itself. Without it, there is nothing to reuse or to end.
        type: str
      headers:
        description: Ignored; it is computed again.
        type: dict
      cluster:
        description: The cluster that has opened the session.
        type: str
      username:
        description: The user that it was opened for.
        type: str
      domain:
        description: The user's domain.
        type: str
      certificate_sha256:
        description: The fingerprint of the certificate that it was opened with.
        type: str
      created_at:
        description: When it was opened, in ISO 8601.
        type: str
  verify:
    description:
      - Whether to ask the cluster if it still accepts a session before it is reused.
      - The request is C(GET /irisservices/api/v1/public/sessionUser), which needs no privilege. Only HTTP 401 means that the session has ended.
      - A session does not say when it ends. Without O(verify), one that has timed out is reused too.
    type: bool
    default: true
  publish_facts:
    description:
      - Whether RV(session) is also published as the fact C(cohesity_session) of the host. O(state=absent) leaves the fact as it is.
      - With ansible-core 2.21 and later, the fact is a variable like those of P(ansible.builtin.set_fact#module) and stays in memory.
      - With earlier releases it is one of the C(ansible_facts), and is published only while the fact cache is C(memory). Any other fact cache would
        write the session to disk; in that case there is a warning.
    type: bool
    default: true
extends_documentation_fragment:
  - dataprotection.access._cohesity
  - dataprotection.access._transport
  - dataprotection.access._attributes
  - dataprotection.access._attributes.facts
  - dataprotection.access._attributes.actiongroup_cohesity
notes:
  - A result that holds a session is hidden in the output and in the log. With ansible-core 2.22 and later the result is shown, and only the secrets in
    it are masked. Failures, predictions of check mode, and results without a session are always shown.
  - While session management is disabled on a cluster, it refuses sessions. Use M(dataprotection.access.cohesity_access_token) there.
  - Sessions belong to API v2, but calls of API v1 accept them too. O(api_version) is ignored.
seealso:
  - module: dataprotection.access.cohesity_access_token
  - module: ansible.builtin.uri
  - name: Troubleshooting by message
    description: What the errors mean, and what to do.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: Use a session, and end it whatever happens
  block:
    - name: Open a session
      dataprotection.access.cohesity_session:
        cluster: cohesity.example.com
        username: backup
        password: "{{ cohesity_password }}"
      register: login

    - name: List the cluster's nodes
      ansible.builtin.uri:
        url: https://cohesity.example.com/irisservices/api/v1/public/nodes
        headers: "{{ login.session.headers }}"
      no_log: true # the headers hold the session
  always:
    - name: End the session
      dataprotection.access.cohesity_session:
        cluster: cohesity.example.com
        session: "{{ login.session | default(omit) }}"
        state: absent

- name: Open a session for a user of Active Directory
  dataprotection.access.cohesity_session:
    cluster: cohesity.example.com
    username: ad-backup
    password: "{{ cohesity_ad_password }}"
    domain: corp.example.com
  register: first

- name: Reuse that session while the cluster accepts it
  dataprotection.access.cohesity_session:
    cluster: cohesity.example.com
    username: ad-backup
    password: "{{ cohesity_ad_password }}"
    domain: corp.example.com
    session: "{{ cohesity_session | default(omit) }}"
  register: second

- name: End it
  dataprotection.access.cohesity_session:
    cluster: cohesity.example.com
    session: "{{ second.session }}"
    state: absent
"""

RETURN = r"""
session:
  description:
    - The session, with what is needed to use it. An empty dict with O(state=absent).
    - When check mode predicts a login, only the keys that identify the login have values, and RV(session.headers) is empty.
  returned: success
  type: dict
  contains:
    session_id:
      description: The session itself. V(null) when check mode predicts a login.
      type: str
      sample: 5f0c8b1e-session-secret
    headers:
      description: The header that carries the session, for the option O(ansible.builtin.uri#module:headers).
      type: dict
      sample:
        session-id: 5f0c8b1e-session-secret
    cluster:
      description: The cluster, as host and port.
      type: str
      sample: cohesity.example.com
    username:
      description: The user that the session was opened for. V(null) for a login with a certificate alone.
      type: str
      sample: backup
    domain:
      description: The user's domain.
      type: str
      sample: LOCAL
    certificate_sha256:
      description: The fingerprint of the certificate that the session was opened with. V(null) for a login with a password.
      type: str
      sample: null
    created_at:
      description: When the session was opened, by the cluster's clock, in ISO 8601.
      type: str
      sample: "2027-01-31T12:00:00Z"
actions:
  description:
    - What was done, or would be done in check mode. V(created) means that a session was opened, V(reused) that none was needed, V(ended) that
      O(session) was ended. Empty with O(state=absent) when there was nothing to end.
  returned: success
  type: list
  elements: str
  sample: [created]
secret_available:
  description: Whether the session's secret is in the result.
  returned: success
  type: bool
  sample: true
secret_fingerprint:
  description:
    - Identifies the secret without revealing it. It changes exactly when the secret does, so a task that delivers the secret to a consumer can tell
      whether the consumer has the newest one.
    - V(null) when there is no session, or check mode would open one.
  returned: success
  type: str
  sample: 60303ae22b998861
diff:
  description: The difference between the session that was known and the one that is returned. It never holds a secret.
  returned: success
  type: dict
  contains:
    before:
      description: The session that was known.
      type: dict
      sample:
        session: none
    after:
      description: The session that is returned.
      type: dict
      sample:
        session: new
ansible_facts:
  description: The fact, with the same value as RV(session).
  returned: success, with ansible-core before 2.21, when O(publish_facts=true) and the fact cache is C(memory)
  type: dict
  contains:
    cohesity_session:
      description: The same as RV(session).
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

import typing as t
from collections.abc import Callable, Mapping

from ..module_utils._cohesity.cluster import Cluster
from ..module_utils._cohesity.login import Login
from ..module_utils._cohesity.memory import forget_sessions, memory_key, newest_session, sessions_for, to_memory
from ..module_utils._cohesity.session import Session
from ..module_utils._errors import ApiError
from ..module_utils._fingerprint import fingerprint
from ..module_utils._memory import Memory
from ..module_utils._module import run_shipped
from ..module_utils._options import COHESITY_LOGIN_SPEC, COHESITY_SESSION_SPEC, COHESITY_SPEC, TRANSPORT_OPTIONS, pick
from ..module_utils._time import iso

ARGUMENT_SPEC: dict[str, t.Any] = {
    **COHESITY_SPEC,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "session": {"type": "dict", "no_log": False, "options": COHESITY_SESSION_SPEC},
    "verify": {"type": "bool", "default": True},
    "publish_facts": {"type": "bool", "default": True},
}

__all__ = ["ARGUMENT_SPEC", "FACTS", "SECRET_RESULTS", "main", "memory_key", "run"]

FACTS: dict[str, str] = {"cohesity_session": "session"}
SECRET_RESULTS: tuple[str, ...] = ("session.session_id", "session.headers")


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None], memory: Memory | None = None) -> dict[str, t.Any]:
    """Return the session that was passed in while it works, and a new one otherwise; or end it. Later tasks of this run may use it, too."""
    known = Session.from_values(params["session"])
    login = Login(**pick(params, COHESITY_LOGIN_SPEC))
    with Cluster(params["cluster"], login, warn=warn, **pick(params, TRANSPORT_OPTIONS)) as cluster:
        if params["state"] == "absent":
            _check_is_whole(params["session"], known)
            return _absent(cluster, known, memory, check_mode)
        result = _present(cluster, known and newest_session(memory, known), params["verify"], check_mode)
    if memory is not None and result["secret_available"]:
        memory.put(to_memory(result["session"]))
    return result


def _present(cluster: Cluster, known: Session | None, verify: bool, check_mode: bool) -> dict[str, t.Any]:
    """The known session if it is this login's and still works, otherwise a new one. Another login's session is not even sent."""
    cluster.login.check()
    if known is not None and known.account == cluster.account and (not verify or cluster.accepts(known)):
        return _result(known.public(), ["reused"], known)
    if check_mode:
        # Every key is there, so that later tasks can name them in check mode too.
        return _result({**dict.fromkeys(COHESITY_SESSION_SPEC), **cluster.account.identity(), "headers": {}}, ["created"], known)
    return _result(cluster.create_session().public(), ["created"], known)


def _absent(cluster: Cluster, known: Session | None, memory: Memory | None, check_mode: bool) -> dict[str, t.Any]:
    """End exactly the known session, and those that calls have opened to replace it when it had expired."""
    if known is None:
        return _result({}, [], None)
    if known.account.cluster != cluster.name:
        raise ApiError(f"session: it belongs to cluster {known.account.cluster!r}, not to {cluster.name!r}, so nothing was sent")
    end = cluster.accepts if check_mode else cluster.end_session
    open_before, errors = {}, []
    for session in sessions_for(memory, known, is_ending=not check_mode):
        try:
            open_before[session] = end(session)
        except ApiError as error:
            errors.append(error)
    if memory is not None and not check_mode:
        forget_sessions(memory, known, open_before)
    if errors:
        raise errors[0]
    ended = [session for session, was_open in open_before.items() if was_open]
    return _result({}, ["ended"] if ended else [], ended[0] if ended else None)


def _check_is_whole(given: Mapping[str, t.Any] | None, known: Session | None) -> None:
    """Raise ApiError for a session that cannot be ended because the dict says too little about it."""
    if known is None and (given or {}).get("session_id"):
        raise ApiError("session: cluster or domain is missing, so it is not known where it belongs; hand back what the module has returned")


def _result(session: dict[str, t.Any], actions: list[str], before: Session | None) -> dict[str, t.Any]:
    after = {"created": "new", "ended": "none"}.get(actions[0] if actions else "", _summary(before))
    return {
        "changed": "created" in actions or "ended" in actions,
        "session": session,
        "actions": actions,
        "secret_available": bool(session.get("session_id")),
        "secret_fingerprint": fingerprint(session.get("session_id")),
        "diff": {"before": {"session": _summary(before)}, "after": {"session": after}},
    }


def _summary(session: Session | None) -> str:
    if session is None:
        return "none"
    return f"open since {iso(session.created_at)}" if session.created_at else "open"


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC, takes_memory=True)


if __name__ == "__main__":
    main()
