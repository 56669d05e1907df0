#!/usr/bin/python

# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: commandcenter_access_tokens
short_description: Keep a list of named access tokens of Commvault Command Center as declared
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Does for a whole list what P(dataprotection.access.commandcenter_access_token#module) does for one token, with one login, one list and one logout.
    Tokens that are no longer declared are revoked on request.
  - All entries are checked before anything is sent. A name, an id or a store that two entries have in common is refused.
  - When one token cannot be brought to its state, the others are still taken care of. The task then fails and names each that failed.
  - A login that is refused, or a server that does not respond, ends the task at once. One task sends a wrong password once.
  - The list is read again only after something was written, and before a change to a token whose record in its store is newer than the list.
  - Check mode logs in, lists the tokens and logs out. It writes nothing, neither to the server nor to a store, and predicts the purge as well.
options:
  tokens:
    description:
      - The declared tokens. The list may be empty.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the token. Required unless O(tokens[].id) is given, and with O(tokens[].store).
          - Together with O(tokens[].id), the token is renamed to this.
        type: str
      id:
        description:
          - The id of an existing token.
        type: int
      state:
        description:
          - With V(present), the token exists with the given attributes. With O(tokens[].store), its secret is valid, too.
          - With V(renewed), the token is renewed on every run. This requires O(tokens[].store).
          - With V(absent), the token is revoked, and its record is removed from O(tokens[].store).
        type: str
        choices: [present, renewed, absent]
        default: present
      scope:
        description:
          - What the token may be used for, as in the option O(dataprotection.access.commandcenter_access_token#module:scope).
        type: str
        choices: [all, custom, ms_scim, one_touch, hyperscale]
      api_endpoints:
        description:
          - The paths that the token may be used for, with O(tokens[].scope=custom).
        type: list
        elements: str
      renewable_until:
        description:
          - The time until which the token can be renewed, as a duration, a time in ISO 8601 or epoch seconds.
        type: str
      expires:
        description:
          - The time when the token expires, with O(tokens[].scope=ms_scim) or O(tokens[].scope=one_touch).
        type: str
      allowed_ips:
        description:
          - The addresses, networks and ranges that may use the token.
        type: list
        elements: str
      user_id:
        description:
          - The id of the user who owns the token, for example a service account. Each further user costs one more list.
        type: int
      recreate:
        description:
          - When an existing token may be replaced by a new one, as in the option O(dataprotection.access.commandcenter_access_token#module:recreate).
        type: str
        choices: [never, state_change, always]
        default: never
      overlap:
        description:
          - For how long a token that is replaced keeps working after its successor is in O(tokens[].store).
        type: str
        default: 0s
      min_validity:
        description:
          - With O(tokens[].store), an access token that has no more than this left is renewed.
        type: str
        default: 5m
      auth_header:
        description:
          - In which form this token is sent, in place of O(auth_header).
        type: str
        choices: [auto, bearer, authtoken, authtoken_bearer]
      store:
        description:
          - Where the token and its secret are kept between runs.
          - Exactly one of O(tokens[].store.file) and O(tokens[].store.vault) is required. Use a separate file or path for each token.
          - A store that holds the record of another credential, or something else, is left as it is, and the task fails.
        type: dict
        suboptions:
          file:
            description:
              - The path of a JSON file on the machine where the module runs, which is the controller unless the task says otherwise.
              - The folder must exist. It should have mode C(0700) and must not be writable by everybody, unless it is sticky, as C(/tmp) is.
              - The file is written with mode C(0600), and as a whole or not at all. A file that is a symbolic link, belongs to another user or is open to
                others is refused.
              - The file C(PATH.lock) beside it keeps runs from working on the same token at the same time, and stays there. Do not delete it. Locks may not
                reach other hosts through NFS and similar file systems; use a vault for runs on several hosts.
            type: path
          vault:
            description:
              - A path in HashiCorp Vault or OpenBao, in a key-value engine of version 2. This needs the Python library C(hvac).
              - O(timeout), O(retries) and O(use_proxy) also apply to this server. C(http) never goes through a proxy.
              - The record is written with check-and-set. The token needs a policy with C(create), C(read) and C(update) on C(MOUNT/data/PATH). With C(update)
                on C(MOUNT/delete/PATH) as well, removing a record leaves nothing behind; otherwise it leaves an empty document.
            type: dict
            suboptions:
              url:
                description:
                  - The address of the server. C(http) is only allowed for the machine itself.
                  - If not set, the environment variable E(VAULT_ADDR) or E(BAO_ADDR) is used.
                type: str
              mount:
                description:
                  - Where the key-value engine is mounted.
                type: str
                default: secret
              path:
                description:
                  - The path of the record below O(tokens[].store.vault.mount).
                type: str
                required: true
              token:
                description:
                  - The token to authenticate with. Required unless O(tokens[].store.vault.role_id) and O(tokens[].store.vault.secret_id) are given.
                  - If not set, the environment variable E(VAULT_TOKEN) or E(BAO_TOKEN) is used.
                type: str
              role_id:
                description:
                  - The role to log in with, for the authentication method AppRole at its default path. Ignored when there is a O(tokens[].store.vault.token).
                  - If not set, the environment variable E(VAULT_ROLE_ID) is used.
                type: str
              secret_id:
                description:
                  - The secret of O(tokens[].store.vault.role_id).
                  - If not set, the environment variable E(VAULT_SECRET_ID) is used.
                type: str
              namespace:
                description:
                  - The namespace.
                  - If not set, the environment variable E(VAULT_NAMESPACE) or E(BAO_NAMESPACE) is used.
                type: str
              validate_certs:
                description:
                  - Whether to verify the certificate of the server.
                type: bool
                default: true
              ca_path:
                description:
                  - A file or folder with the certificates of the certificate authorities to trust for this server.
                  - If not set, the environment variable E(VAULT_CACERT) or E(BAO_CACERT) is used; then the same as for O(ca_path).
                type: path
          lock_timeout:
            description:
              - How many seconds to wait for another run that works on the same token. If it ends in time, its result is used.
              - Reading does not wait. A run that has nothing to change is not held up by another one.
            type: int
            default: 60
  renew:
    description:
      - Whether to renew now, no matter how much time is left, every token that has a O(tokens[].store), is declared as V(present), and has a renewable
        O(tokens[].scope).
    type: bool
    default: false
  purge:
    description:
      - Whether to revoke the tokens whose names start with O(purge_prefix) and that are not declared, neither by name nor by id.
      - Only tokens of the login's own user are revoked, or of O(purge_user_ids). If the server does not say whose a token is, the purge fails.
      - A token that was replaced, and is named C(NAME.replaced-ID), is left to the entry of its name.
      - Records in a store stay behind. To remove a record as well, declare the token as V(absent) for one run before you delete it from the list.
    type: bool
    default: false
  purge_prefix:
    description:
      - What the names of all tokens of this list start with. Required with O(purge=true).
    type: str
    default: ""
  purge_user_ids:
    description:
      - The ids of the users whose tokens are considered for the purge. If empty, it is the user of the login.
    type: list
    elements: int
    default: []
extends_documentation_fragment:
  - dataprotection.access._commandcenter
  - dataprotection.access._transport
  - dataprotection.access._attributes
  - dataprotection.access._attributes.actiongroup_commandcenter
attributes:
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    details:
      - The difference never holds a secret.
requirements:
  - hvac (for O(tokens[].store.vault))
notes:
  - A run that changes nothing costs three requests (login, list, logout), however long the list is.
  - A result that holds a secret is hidden in the output and in the log. With ansible-core 2.22 and later the result is shown, and only the secrets in
    it are masked. The result of a task that failed and the predictions of check mode hold no secret and are always shown.
  - Give every token a store. Without one, the secret of a token that is created is in the result only, and lost when the play ends.
seealso:
  - module: dataprotection.access.commandcenter_access_token
  - module: dataprotection.access.commandcenter_access_token_info
  - name: Tokens in playbooks and job templates
    description: Tokens in playbooks and job templates.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_tokens.html
  - name: Tokens in a store, and what to do at three in the morning
    description: How a store keeps tokens safe, and what to do when something goes wrong.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_store.html
  - name: Troubleshooting by message
    description: Troubleshooting by message.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_errors.html
"""

EXAMPLES = r"""
- name: Keep three tokens as declared
  dataprotection.access.commandcenter_access_tokens:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    tokens:
      - name: ci-exporter
        scope: custom
        api_endpoints:
          - /client
        renewable_until: 90d
        recreate: state_change
        store:
          file: /var/lib/tokens/ci-exporter.json
      - name: ci-terraform
        store:
          file: /var/lib/tokens/ci-terraform.json
      - name: ci-old
        state: absent
  register: kept

- name: List the clients with the first of them
  ansible.builtin.uri:
    url: https://commandcenter.example.com/commandcenter/api/client
    headers: "{{ kept.tokens[0].token.headers }}"
  no_log: true # the headers hold the token

- name: Keep one token, and revoke all other tokens whose names start with ci-
  dataprotection.access.commandcenter_access_tokens:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    tokens:
      - name: ci-exporter
        store:
          file: /var/lib/tokens/ci-exporter.json
    purge: true
    purge_prefix: ci-

- name: Renew all tokens of the list now
  dataprotection.access.commandcenter_access_tokens:
    url: https://commandcenter.example.com
    username: svc-ansible
    password: "{{ commandcenter_password }}"
    tokens: "{{ commandcenter_tokens }}"
    renew: true
"""

RETURN = r"""
tokens:
  description:
    - What became of each declared token, in the order of O(tokens).
  returned: success, and failure after the first request
  type: list
  elements: dict
  contains:
    name:
      description: How the entry is called, by its name or else its id.
      type: str
      sample: ci-exporter
    token:
      description:
        - The token, as RV(dataprotection.access.commandcenter_access_token#module:token). V(null) when it no longer exists or when its entry failed.
        - When the task failed, and in check mode, its secrets are V(null).
      type: dict
    actions:
      description: What was done, or would be done in check mode, as RV(dataprotection.access.commandcenter_access_token#module:actions).
      type: list
      elements: str
      sample: [updated]
    changed:
      description: Whether something was changed.
      type: bool
      sample: true
    changes:
      description: The attributes that were changed, each with its value before and after. Empty for a token that was created or revoked.
      type: dict
      sample:
        scope:
          before: all
          after: custom
    secret_available:
      description: Whether the secret is in the result.
      type: bool
      sample: true
    secret_fingerprint:
      description: Identifies the secret without revealing it. V(null) when the secret is not known.
      type: str
      sample: 9f86d081884c7d65
    replaced:
      description: The tokens that were replaced and keep working for their O(tokens[].overlap), each with C(id) and C(until).
      type: list
      elements: dict
      sample: []
    replaced_id:
      description: The id of the token that was replaced. Only there when one was.
      type: int
      sample: 16
    failed:
      description: Whether the token could not be brought to its state.
      type: bool
      sample: false
    msg:
      description: Why that failed. Only there when it did.
      type: str
      sample: The token 'ci-exporter' (id 17) exists, but the store does not hold its secret
    status:
      description: The HTTP status of the response that made it fail. Only there when there was one.
      type: int
      sample: 403
    code:
      description: The server's own code for the error. Only there when the response holds one.
      type: raw
      sample: 5
purged:
  description:
    - The tokens that were revoked because they are not declared, without secrets. In check mode, those that would be.
  returned: success, and failure after the first request
  type: list
  elements: dict
  contains:
    id:
      description: The id of the token.
      type: int
      sample: 15
    name:
      description: The name of the token.
      type: str
      sample: ci-forgotten
    scope:
      description: What the token could be used for.
      type: str
      sample: all
    user_id:
      description: The id of the user who owned the token.
      type: int
      sample: 7
    api_endpoints:
      description: The paths that the token could be used for.
      type: list
      elements: str
      sample: null
    allowed_ips:
      description: The addresses that could use the token.
      type: list
      elements: str
      sample: null
    expires_at:
      description: When its secret would have expired, in ISO 8601.
      type: str
      sample: "2027-01-31T12:00:00Z"
    expires_in:
      description: How many seconds of validity were left.
      type: int
      sample: 1800
    renewable_until:
      description: The time until which it could have been renewed, in ISO 8601.
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
    actions:
      description: V(revoked), or V(revocation_pending) where an administrator has to authorize that first.
      type: list
      elements: str
      sample: [revoked]
diff:
  description: The difference of each token that changes, with its attributes before and after. Never holds a secret.
  returned: success, and failure after the first request
  type: list
  elements: dict
  contains:
    before_header:
      description: The name of the token.
      type: str
      sample: ci-exporter
    after_header:
      description: The name of the token.
      type: str
      sample: ci-exporter
    before:
      description: The attributes before. Empty when there was no token.
      type: dict
    after:
      description: The attributes after. Empty when there is no token.
      type: dict
status:
  description: The HTTP status of the response that made the whole task fail.
  returned: failure, when there was a response
  type: int
  sample: 401
code:
  description: The server's own code for the error.
  returned: failure, when the response holds one
  type: raw
  sample: 5
"""

import os
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..module_utils._commandcenter.kept_list import KeptList
from ..module_utils._commandcenter.server import Server
from ..module_utils._commandcenter.token import RENEWABLE_SCOPES, Token
from ..module_utils._errors import ApiError
from ..module_utils._module import failure, run_shipped
from ..module_utils._options import COMMANDCENTER_SPEC, STORE_SPEC, pick
from ..module_utils._reconcile.declared import Task
from ..module_utils._reconcile.declared_token import reconcile_token, token_result
from ..module_utils._reconcile.desired_token import DECLARED_SPEC, DesiredToken, read_desired
from ..module_utils._reconcile.execute import Outcome
from ..module_utils._reconcile.purge import of_owner, undeclared
from ..module_utils._time import task_began

ENTRY_SPEC: dict[str, t.Any] = {**DECLARED_SPEC, **STORE_SPEC, "auth_header": {"type": "str", "choices": COMMANDCENTER_SPEC["auth_header"]["choices"]}}

ARGUMENT_SPEC: dict[str, t.Any] = {
    **COMMANDCENTER_SPEC,
    "tokens": {"type": "list", "elements": "dict", "required": True, "no_log": False, "options": ENTRY_SPEC},
    "renew": {"type": "bool", "default": False},
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str", "default": ""},
    "purge_user_ids": {"type": "list", "elements": "int", "default": []},
}

FACTS: dict[str, str] = {}
SECRET_RESULTS: tuple[str, ...] = ("tokens.token.access_token", "tokens.token.refresh_token", "tokens.token.headers")


class Entry(t.NamedTuple):
    """One declared token. label: how messages call it. auth_header: the form in which it is sent, or None for the login's."""

    label: str
    desired: DesiredToken
    store: Mapping[str, t.Any] | None
    auth_header: str | None


def run(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> dict[str, t.Any]:
    """Bring every declared token to its state, then revoke what is no longer declared; one login for all of them."""
    began = task_began()
    entries = _read_entries(params["tokens"], params["renew"])
    _check_purge(params["purge"], params["purge_prefix"])
    _warn_of_lost_secrets(entries, warn)
    with Server(**pick(params, COMMANDCENTER_SPEC), warn=warn) as server:
        server.check_login()
        tokens = KeptList(server)
        common = Task(**pick(params, ("username", "domain", "timeout", "retries", "use_proxy")), check_mode=check_mode, warn=warn, began=began)
        results = [_entry_result(tokens, entry, common) for entry in entries]
        purged: list[dict[str, t.Any]] = []
        failures = [f"{result['name']}: {result['msg']}" for result in results if result["failed"]]
        if params["purge"]:
            purge = Purge(tokens, params["purge_prefix"], [entry.desired for entry in entries], common)
            purged, refusals = purge.carry_out(params["purge_user_ids"])
            failures += refusals
    whole = _whole(results, purged)
    if failures:
        # Such a result is always shown, so it holds no secret.
        _hide_secrets(entries, results, warn)
        whole.update(failed=True, msg=f"{len(failures)} of the tokens could not be brought to their state, all others were: {' | '.join(failures)}")
    return whole


# What is wanted


def _read_entries(declared: Sequence[Mapping[str, t.Any]], renew: bool) -> list[Entry]:
    """Read and check all entries before anything is sent; raises ApiError with all that is wrong."""
    entries, problems = [], []
    for number, one in enumerate(declared, 1):
        label = str(one["name"] or (one["id"] is not None and f"id {one['id']}") or f"number {number}").strip()
        try:
            entries.append(_read_entry(label, one, renew))
        except ApiError as error:
            problems.append(f"tokens: {label}: {error.text}")
    problems += _twice((f"the name {entry.desired.name!r}", (_folded(entry.desired.name), entry.desired.user_id)) for entry in entries if entry.desired.name)
    problems += _twice((f"the id {entry.desired.id}", entry.desired.id) for entry in entries if entry.desired.id is not None)
    problems += _shared_stores(entries)
    if problems:
        raise ApiError("; ".join(problems) + ". Nothing was changed")
    return entries


def _read_entry(label: str, one: Mapping[str, t.Any], renew: bool) -> Entry:
    values = pick(one, DECLARED_SPEC)
    # Those that cannot be renewed are kept as they are, and those without a store have no pair to renew.
    if renew and one["store"] and values["state"] == "present" and _is_renewable(values["scope"]):
        values["state"] = "renewed"
    return Entry(label, read_desired(**values, has_store=bool(one["store"])), one["store"], one["auth_header"])


def _is_renewable(scope: str | None) -> bool:
    return scope is None or scope in RENEWABLE_SCOPES


def _folded(name: str | None) -> str:
    return (name or "").strip().casefold()


def _place(store: Mapping[str, t.Any] | None) -> t.Any:
    """What tells one record from another."""
    if not store:
        return None
    if store["file"]:
        return os.path.realpath(store["file"])
    vault = store["vault"]
    return vault["url"], vault["namespace"], (vault["mount"] or "").strip("/"), (vault["path"] or "").strip("/")


def _twice(found: Iterable[tuple[str, t.Any]]) -> Iterator[str]:
    """A sentence for each thing that two entries have in common."""
    seen: set[t.Any] = set()
    for words, value in found:
        if value in seen:
            yield f"tokens: {words} is declared twice; declare each token once"
        seen.add(value)


def _shared_stores(entries: Sequence[Entry]) -> Iterator[str]:
    """A sentence for each entry whose store is that of an earlier one."""
    owners: dict[t.Any, Entry] = {}
    for entry in entries:
        if entry.store:
            first = owners.setdefault(_place(entry.store), entry)
            if first is not entry:
                yield (
                    f"tokens: {first.label!r} and {entry.label!r} have the same store, {_place_words(entry.store)}; use a separate file or path for each token"
                )


def _place_words(store: Mapping[str, t.Any]) -> str:
    if store["file"]:
        return f"file {os.path.realpath(store['file'])}"
    url, namespace, mount, path = _place(store)
    return f"vault path {path} (mount {mount}, {url}{f', namespace {namespace}' if namespace else ''})"


def _check_purge(purge: bool, prefix: str) -> None:
    if purge and not prefix.strip():
        raise ApiError(
            "purge needs purge_prefix, the prefix that the names of all tokens in this list share. Without it, every other token of the user would be revoked"
        )


def _warn_of_lost_secrets(entries: Sequence[Entry], warn: Callable[[str], None]) -> None:
    lost = [
        entry.label
        for entry in entries
        if not entry.store and entry.desired.id is None and entry.desired.state == "present" and _is_renewable(entry.desired.scope)
    ]
    if lost:
        warn(
            f"These tokens have no store: {', '.join(lost)}. The secret of one that is created is lost when the play ends, and nobody can renew it after that; "
            "give each of them a store"
        )


# What is done


def _entry_result(tokens: KeptList, entry: Entry, common: Task) -> dict[str, t.Any]:
    """The result for one token, also where it could not be brought to its state; raises ApiError where no other one could be either."""
    server = tokens.server
    form_of_login = server.auth_header
    if entry.auth_header is not None:
        server.auth_header = None if entry.auth_header == "auto" else entry.auth_header
    try:
        outcome = reconcile_token(tokens, entry.desired, entry.store, common)
        found = token_result(_without_secret(outcome) if common.check_mode else outcome, tokens)
        return {"name": entry.label, **found, "changes": _changes(found["diff"]), "failed": False}
    except ApiError as error:
        if tokens.is_unusable:
            raise
        nothing: dict[str, t.Any] = {"token": None, "actions": [], "secret_available": False, "secret_fingerprint": None, "replaced": [], "changes": {}}
        return {"name": entry.label, **nothing, "diff": {"before": {}, "after": {}}, **failure(error)}
    finally:
        server.auth_header = form_of_login


def _without_secret(outcome: Outcome) -> Outcome:
    return outcome._replace(token=outcome.token and outcome.token._replace(access_token=None, refresh_token=None))


def _changes(diff: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The attributes that change, with both values; of what is new or revoked there are none."""
    before, after = diff["before"], diff["after"]
    if not before or not after:
        return {}
    return {key: {"before": before.get(key), "after": after.get(key)} for key in {**before, **after} if before.get(key) != after.get(key)}


class Purge:
    """Revokes what has the prefix and is not declared."""

    def __init__(self, tokens: KeptList, prefix: str, declared: Sequence[DesiredToken], common: Task) -> None:
        self._tokens = tokens
        self._prefix = prefix
        self._declared = declared
        self._common = common

    def carry_out(self, user_ids: Sequence[int]) -> tuple[list[dict[str, t.Any]], list[str]]:
        """The tokens of these users, or of the login, that were revoked, and a sentence for each failure."""
        purged: list[dict[str, t.Any]] = []
        failures: list[str] = []
        users: Sequence[int | None] = user_ids or [None]
        for user_id in users:
            try:
                found = undeclared(self._tokens.listing(user_id), self._prefix, self._declared)
                doomed = of_owner(found, user_id, self._tokens.own_user_id)
            except ApiError as error:
                if self._tokens.is_unusable:
                    raise
                failures.append(error.text)
                continue
            # Those that were replaced go before the one that has their name.
            for token in sorted(doomed, key=lambda token: len(token.name or ""), reverse=True):
                try:
                    purged.append(self._revoke(token, user_id))
                except ApiError as error:
                    failures.append(f"{token.name} (id {token.id}), to be purged: {error.text}")
        return purged, failures

    def _revoke(self, token: Token, user_id: int | None) -> dict[str, t.Any]:
        desired = read_desired(**{**_NOTHING, "state": "absent", "id": token.id, "user_id": user_id}, has_store=False)
        outcome = reconcile_token(self._tokens, desired, None, self._common)
        return {**token.listed(self._tokens.server_time()), "actions": outcome.actions, "diff": {"before": token.described(), "after": {}}}


_NOTHING: dict[str, t.Any] = {name: option.get("default") for name, option in DECLARED_SPEC.items()}


# What is said


def _whole(results: list[dict[str, t.Any]], purged: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    """The result of the task."""
    diff = []
    for one in [*results, *purged]:
        sides = one.pop("diff")
        if sides["before"] != sides["after"]:
            diff.append({"before_header": one["name"], "after_header": one["name"], **sides})
    changed = any(one["changed"] for one in results) or any(one["actions"] for one in purged)
    return {"changed": changed, "tokens": results, "purged": purged, "diff": diff}


def _hide_secrets(entries: Sequence[Entry], results: Sequence[dict[str, t.Any]], warn: Callable[[str], None]) -> None:
    """Take the secrets out of the results, and say which of them were nowhere else."""
    lost = [one["name"] for entry, one in zip(entries, results) if not entry.store and one["secret_available"]]
    if lost:
        warn(
            f"The result of a task that failed holds no secret, so those of {', '.join(lost)}, which this task has created, are lost: "
            "revoke these tokens, and give each of them a store"
        )
    for one in results:
        one["secret_available"] = False
        if one["token"]:
            one["token"].update(access_token=None, refresh_token=None, headers={})


def main() -> None:
    run_shipped(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
