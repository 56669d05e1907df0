# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks that send every secret through every task, and make every task fail in every way.

The name of a task tells how it has to end: "ok: …" or "fails: …".
"""

from __future__ import annotations

import itertools
import json
import typing as t
from collections.abc import Mapping, Sequence

import yaml

from tests.leaks.canaries import MINTED

COHESITY = "dataprotection.access.cohesity_access_token"
NAMED = "dataprotection.access.commandcenter_access_token"
INFO = "dataprotection.access.commandcenter_access_token_info"
KEY = "dataprotection.access.cohesity_api_key"
MODULE_DEFAULTS = {
    "call_cluster": {"cluster": "{{ sim.host }}", "username": "backup", "password": "{{ password.cohesity }}", "ca_path": "{{ sim.ca }}"},
    "group/dataprotection.access.cohesity": {
        "cluster": "{{ sim.host }}",
        "username": "backup",
        "password": "{{ password.cohesity }}",
        "ca_path": "{{ sim.ca }}",
    },
    "group/dataprotection.access.commandcenter": {
        "url": "{{ sim.url }}",
        "username": "svc-ansible",
        "password": "{{ password.commandcenter }}",
        "ca_path": "{{ sim.ca }}",
    },
}
# A user's own tasks are hidden by the user.
GOOD = """
- name: "ok: log in with API v2"
  dataprotection.access.cohesity_access_token:
  register: first
- name: "ok: use the token"
  ansible.builtin.uri:
    url: "https://{{ sim.host }}/irisservices/api/v1/public/nodes"
    headers: "{{ first.token.headers }}"
    ca_path: "{{ sim.ca }}"
  no_log: true
- name: "ok: log in with API v1"
  dataprotection.access.cohesity_access_token: {api_version: v1, publish_facts: false}
- name: "ok: hand a token back"
  dataprotection.access.cohesity_access_token: {token: "{{ first.token }}"}
- name: "ok: log in with a certificate"
  dataprotection.access.cohesity_access_token:
    username: "{{ omit }}"
    password: "{{ omit }}"
    certificate: "{{ certificate.certificate }}"
    private_key: "{{ certificate.private_key }}"
- name: "ok: log in with a code"
  dataprotection.access.cohesity_access_token: {username: mfa, password: "{{ password.cohesity_mfa }}", otp_code: 246810}
- name: "ok: log in on the controller"
  dataprotection.access.cohesity_access_token: {timeout: 10}
  delegate_to: localhost
- name: "ok: a login of the task's environment"
  dataprotection.access.cohesity_access_token: {username: "{{ omit }}", password: "{{ omit }}"}
  environment: {COHESITY_USERNAME: backup, COHESITY_PASSWORD: "{{ password.cohesity }}"}
- name: "ok: log in for the run's memory"
  call_cluster: {tenant: one}
- name: "ok: use what the run remembers"
  call_cluster: {tenant: one}
  loop: [1, 2]
- name: "ok: loop over logins"
  dataprotection.access.cohesity_access_token: {username: "{{ item.username }}", password: "{{ item.password }}", domain: "{{ item.domain }}"}
  loop: "{{ logins }}"
  register: looped
- name: "ok: loop over logins, in detail"
  dataprotection.access.cohesity_access_token: {username: "{{ login.username }}", password: "{{ login.password }}", domain: "{{ login.domain }}"}
  loop: "{{ logins }}"
  loop_control: {extended: true, index_var: number, loop_var: login}
- name: "ok: loop over tokens"
  dataprotection.access.cohesity_access_token:
    username: "{{ item.username }}"
    domain: "{{ item.domain }}"
    password: "{{ environment_password }}"
    token: "{{ item }}"
  loop: "{{ looped.results | map(attribute='token') }}"
- name: "ok: predict"
  dataprotection.access.cohesity_access_token:
  check_mode: true
- name: "ok: warn of a retry"
  simulate:
    fault: {kind: status, path: accesstoken, code: 503, headers: {Retry-After: "0"}, body: {message: "busy with {{ password.commandcenter }}"}}
  no_log: true
- name: "ok: with a retry"
  dataprotection.access.commandcenter_access_token: {name: retried}
- name: "ok: after a failure"
  simulate: {fault: {kind: status, path: access-tokens, code: 500, body: {message: "broken by {{ password.cohesity }}"}}}
  no_log: true
- name: "ok: until it works"
  dataprotection.access.cohesity_access_token:
  register: tried
  until: tried is success
  retries: 1
  delay: 0
- name: "ok: create"
  dataprotection.access.commandcenter_access_token: {name: ci, scope: custom, api_endpoints: [/client]}
  register: named
- name: "ok: unchanged"
  dataprotection.access.commandcenter_access_token: {name: ci, scope: custom, api_endpoints: [/client]}
- name: "ok: update"
  dataprotection.access.commandcenter_access_token: {name: ci, scope: custom, api_endpoints: [/client, /job]}
- name: "ok: renew"
  dataprotection.access.commandcenter_access_token:
    state: renewed
    access_token: "{{ named.token.access_token }}"
    refresh_token: "{{ named.token.refresh_token }}"
- name: "ok: recreate"
  dataprotection.access.commandcenter_access_token: {name: ci, recreate: always}
- name: "ok: loop over names"
  dataprotection.access.commandcenter_access_token: {name: "{{ item }}"}
  loop: [one, two]
- name: "ok: list with a password beyond ASCII"
  dataprotection.access.commandcenter_access_token_info: {username: umlaut, password: "{{ password.umlaut }}"}
- name: "ok: list with a login of somebody else"
  dataprotection.access.commandcenter_access_token_info: {username: "{{ omit }}", password: "{{ omit }}", auth_token: "{{ auth_token }}"}
- name: "ok: keep in a file"
  dataprotection.access.commandcenter_access_token: {name: filed, store: {file: "{{ stores }}/{{ inventory_hostname }}.json"}}
- name: "ok: keep in the vault"
  dataprotection.access.commandcenter_access_token:
    name: vaulted
    store: {vault: {url: "{{ vault.url }}", token: "{{ vault.token }}", path: "leaks/{{ inventory_hostname }}"}}
- name: "ok: keep a list"
  dataprotection.access.commandcenter_access_tokens:
    tokens: &list
      - {name: listed, store: {file: "{{ stores }}/{{ inventory_hostname }}-listed.json"}}
      - name: listed too
        store: {vault: {url: "{{ vault.url }}", token: "{{ vault.token }}", path: "leaks/listed-{{ inventory_hostname }}"}}
      - {name: listed without a store}
- name: "ok: keep a list with a role"
  dataprotection.access.commandcenter_access_tokens:
    tokens:
      - name: listed with a role
        state: absent
        store: {vault: {url: "{{ vault.url }}", role_id: "{{ vault.role_id }}", secret_id: "{{ vault.secret_id }}", path: leaks/absent}}
    purge: true
    purge_prefix: listed without
- name: "ok: use what the lookup reads"
  ansible.builtin.uri:
    url: "{{ sim.url }}/commandcenter/api/client"
    headers: "{{ lookup('dataprotection.access.stored_token', file=stores ~ '/' ~ inventory_hostname ~ '-listed.json').headers }}"
    ca_path: "{{ sim.ca }}"
  no_log: true
- name: "ok: show what is no secret of a token in the vault"
  ansible.builtin.debug:
    msg: "{{ lookup('dataprotection.access.stored_token', vault=place).expires_at }}"
  vars:
    place: {url: "{{ vault.url }}", role_id: "{{ vault.role_id }}", secret_id: "{{ vault.secret_id }}", path: "leaks/listed-{{ inventory_hostname }}"}
- name: "ok: time passes"
  simulate: {advance: {seconds: 3000}}
- name: "ok: renew a list"
  dataprotection.access.commandcenter_access_tokens: {renew: true, tokens: *list}
- name: "ok: renew from the file"
  dataprotection.access.commandcenter_access_token: {name: filed, store: {file: "{{ stores }}/{{ inventory_hostname }}.json"}}
- name: "ok: renew from the vault with a role"
  dataprotection.access.commandcenter_access_token:
    name: vaulted
    store: {vault: {url: "{{ vault.url }}", role_id: "{{ vault.role_id }}", secret_id: "{{ vault.secret_id }}", path: "leaks/{{ inventory_hostname }}"}}
- name: "ok: keep a Cohesity token in a file"
  dataprotection.access.cohesity_access_token: {store: {file: "{{ stores }}/{{ inventory_hostname }}-cohesity.json"}}
- name: "ok: create an API key"
  dataprotection.access.cohesity_api_key: {name: shown}
  register: shown
- name: "ok: use the API key"
  ansible.builtin.uri:
    url: "https://{{ sim.host }}/irisservices/api/v1/public/nodes"
    headers: "{{ shown.api_key.headers }}"
    ca_path: "{{ sim.ca }}"
  no_log: true
- name: "ok: keep an API key in a file"
  dataprotection.access.cohesity_api_key: {name: filed, store: {file: "{{ stores }}/{{ inventory_hostname }}-key.json"}}
- name: "ok: replace an API key, with an overlap"
  dataprotection.access.cohesity_api_key:
    name: filed
    state: rotated
    overlap: 1h
    store: {file: "{{ stores }}/{{ inventory_hostname }}-key.json"}
- name: "ok: manage API keys with an API key"
  dataprotection.access.cohesity_api_key: {name: managed, username: "{{ omit }}", password: "{{ omit }}", api_key: "{{ shown.api_key.api_key }}"}
- name: "ok: loop over API keys"
  dataprotection.access.cohesity_api_key: {name: "{{ item }}", publish_facts: false}
  loop: [one, two]
- name: "ok: list API keys"
  dataprotection.access.cohesity_api_key_info:
- name: "ok: call with the API key in the file"
  dataprotection.access.cohesity_rest:
    path: /irisservices/api/v1/public/cluster
    username: "{{ omit }}"
    password: "{{ omit }}"
    store: {file: "{{ stores }}/{{ inventory_hostname }}-key.json"}
- name: "ok: show what is no secret of the API key in the file"
  ansible.builtin.debug:
    msg: "{{ lookup('dataprotection.access.stored_token', file=stores ~ '/' ~ inventory_hostname ~ '-key.json').id }}"
- name: "ok: delete API keys"
  dataprotection.access.cohesity_api_key: {name: "{{ item }}", state: absent}
  loop: [shown, managed, one, two]
- name: "ok: delete what the file held"
  dataprotection.access.cohesity_api_key: {name: filed, state: absent, store: {file: "{{ stores }}/{{ inventory_hostname }}-key.json"}}
- name: "ok: call with the login of the run"
  dataprotection.access.cohesity_rest: {path: /irisservices/api/v1/public/cluster}
- name: "ok: call with a token"
  dataprotection.access.cohesity_rest: {path: /irisservices/api/v1/public/cluster, token: "{{ first.token }}", username: "{{ omit }}", password: "{{ omit }}"}
- name: "ok: have a token echoed"
  simulate: {fault: {kind: json, path: /cluster$, value: {echo: "{{ first.token.access_token }} {{ first.token.access_token | b64encode }}"}}}
  no_log: true
- name: "ok: call whose response quotes the token"
  dataprotection.access.cohesity_rest: {path: /irisservices/api/v1/public/cluster, token: "{{ first.token }}"}
- name: "ok: write a response to a file"
  dataprotection.access.cohesity_rest: {path: /irisservices/api/v1/public/cluster, dest: "{{ stores }}/{{ inventory_hostname }}-cluster"}
- name: "ok: call Command Center with a login"
  dataprotection.access.commandcenter_rest: {path: /Job, paging: all}
- name: "ok: call Command Center with the token of a login"
  dataprotection.access.commandcenter_rest: {path: /Job, username: "{{ omit }}", password: "{{ omit }}", auth_token: "{{ auth_token }}"}
- name: "ok: time passes again"
  simulate: {advance: {seconds: 3000}}
- name: "ok: renew from the file for a call"
  dataprotection.access.commandcenter_rest: {path: /Job, store: {file: "{{ stores }}/{{ inventory_hostname }}.json"}}
- name: "ok: loop over calls"
  dataprotection.access.cohesity_rest: {path: /irisservices/api/v1/public/cluster, token: "{{ item }}"}
  loop: ["{{ first.token }}"]
- name: "ok: revoke"
  dataprotection.access.commandcenter_access_token: {name: "{{ item }}", state: absent}
  loop: [ci, one, two]
- name: "ok: revoke what the file held"
  dataprotection.access.commandcenter_access_token: {name: filed, state: absent, store: {file: "{{ stores }}/{{ inventory_hostname }}.json"}}
- name: "ok: revoke what the vault held"
  dataprotection.access.commandcenter_access_token:
    name: vaulted
    state: absent
    store: {vault: {url: "{{ vault.url }}", token: "{{ vault.token }}", path: "leaks/{{ inventory_hostname }}"}}
"""

BAD = """
- name: "fails: wrong password"
  dataprotection.access.cohesity_access_token: {password: "{{ password.wrong }}"}
- name: "fails: a login that the run's memory refuses"
  call_cluster: {password: "{{ password.wrong }}"}
  register: refused
  until: refused is success
  retries: 1
  delay: 0
- name: "fails: after a call with the run's memory"
  call_cluster: {tenant: one, mishap: fails}
- name: "fails: wrong password there"
  dataprotection.access.commandcenter_access_token_info: {password: "{{ password.wrong }}"}
- name: "fails: wrong code"
  dataprotection.access.cohesity_access_token: {username: mfa, password: "{{ password.cohesity_mfa }}", otp_code: "{{ wrong_code }}"}
- name: "fails: wrong code there"
  dataprotection.access.commandcenter_access_token_info: {username: mfa, password: "{{ password.commandcenter_mfa }}", otp_code: "{{ wrong_code }}"}
- name: "fails: a call with a wrong password"
  dataprotection.access.cohesity_rest: {path: /v2/clusters, password: "{{ password.wrong }}"}
- name: "fails: an API key with a dead one"
  dataprotection.access.cohesity_api_key: {name: ci, username: "{{ omit }}", password: "{{ omit }}", api_key: "{{ dead.token }}"}
- name: "fails: an API key with a wrong password"
  dataprotection.access.cohesity_api_key: {name: ci, password: "{{ password.wrong }}"}
- name: "fails: an API key whose end has passed"
  dataprotection.access.cohesity_api_key: {name: ci, expires: "2001-01-01"}
- name: "fails: an API key with a wrong vault token"
  dataprotection.access.cohesity_api_key:
    name: ci
    store: {vault: {url: "{{ vault.url }}", token: "{{ wrong_vault.token }}", path: leaks/none}}
- name: "fails: a call with a dead API key"
  dataprotection.access.cohesity_rest: {path: /irisservices/api/v1/public/cluster, api_key: "{{ dead.token }}"}
- name: "fails: a call with a header that carries a credential"
  dataprotection.access.cohesity_rest: {path: /v2/clusters, headers: {Authorization: "Bearer {{ dead.token }}"}}
  no_log: true
- name: "fails: a call to another place"
  dataprotection.access.commandcenter_rest: {path: //evil.example.com}
- name: "fails: a call with the login that ended"
  dataprotection.access.commandcenter_rest: {path: /Job, username: "{{ omit }}", password: "{{ omit }}", auth_token: "{{ dead.auth_token }}"}
- name: "fails: a key without its certificate"
  dataprotection.access.cohesity_access_token: {private_key: "{{ certificate.private_key }}"}
- name: "fails: a login that ended"
  dataprotection.access.commandcenter_access_token_info: {username: "{{ omit }}", password: "{{ omit }}", auth_token: "{{ dead.auth_token }}"}
- name: "fails: an access token as a login"
  dataprotection.access.commandcenter_access_token: {name: ci, auth_token: "{{ dead.token }}"}
- name: "fails: a dead pair"
  dataprotection.access.commandcenter_access_token:
    state: renewed
    access_token: "{{ dead.token }}"
    refresh_token: "{{ dead.refresh_token }}"
- name: "fails: half a pair"
  dataprotection.access.commandcenter_access_token: {state: renewed, access_token: "{{ dead.token }}"}
- name: "fails: an unknown option"
  dataprotection.access.cohesity_access_token: {passwort: "{{ password.cohesity }}"}
- name: "fails: an unknown choice"
  dataprotection.access.commandcenter_access_token: {name: ci, state: lost, access_token: "{{ dead.token }}"}
- name: "fails: a password of the wrong type"
  dataprotection.access.cohesity_access_token: {password: ["{{ password.wrong }}", {nested: "{{ password.wrong }}"}]}
- name: "fails: a token of the wrong type"
  dataprotection.access.cohesity_access_token: {token: "{{ dead.token }}"}
- name: "fails: a token with an unknown key"
  dataprotection.access.cohesity_access_token: {token: {access_token: "{{ dead.token }}", secret: "{{ dead.refresh_token }}"}}
- name: "fails: a token as text with an unknown key"
  dataprotection.access.cohesity_access_token:
    token: '{{ "{" }}"access_token": "{{ dead.token }}", "secret": 1{{ "}" }}'
- name: "fails: a password in the address"
  dataprotection.access.cohesity_access_token: {cluster: "https://backup:{{ url_password }}@{{ sim.host }}"}
- name: "fails: a password in the query"
  dataprotection.access.commandcenter_access_token_info: {url: "{{ sim.url }}/commandcenter/api?password={{ url_password }}"}
- name: "fails: a refused connection"
  dataprotection.access.cohesity_access_token: {cluster: "{{ sim.refused }}", retries: 0}
- name: "fails: an unknown CA"
  dataprotection.access.cohesity_access_token: {ca_path: "{{ omit }}"}
- name: "fails: a list of which one fails"
  dataprotection.access.commandcenter_access_tokens:
    tokens:
      - {name: failing beside, store: {file: "{{ stores }}/{{ inventory_hostname }}-beside.json"}}
      - {name: failing without a store}
      - {id: 4711}
- name: "fails: a list with a wrong vault token"
  dataprotection.access.commandcenter_access_tokens:
    tokens:
      - {name: ci, store: {vault: {url: "{{ vault.url }}", token: "{{ wrong_vault.token }}", path: leaks/none}}}
- name: "fails: a list with an unknown option beside a secret"
  dataprotection.access.commandcenter_access_tokens:
    tokens:
      - {name: ci, store: {vault: {url: "{{ vault.url }}", tokn: "{{ vault.token }}", token: "{{ wrong_vault.token }}", path: leaks/none}}}
- name: "fails: a lookup with a wrong vault token"
  ansible.builtin.debug: {msg: "{{ lookup('dataprotection.access.stored_token', vault=place) }}"}
  vars:
    place: {url: "{{ vault.url }}", token: "{{ wrong_vault.token }}", path: leaks/none}
- name: "fails: a lookup with an unknown option"
  ansible.builtin.debug: {msg: "{{ lookup('dataprotection.access.stored_token', vault=place) }}"}
  vars:
    place: {url: "{{ vault.url }}", tokn: "{{ vault.token }}", token: "{{ wrong_vault.token }}", path: leaks/none}
- name: "fails: a lookup that wants more than is left"
  ansible.builtin.debug:
    msg: "{{ lookup('dataprotection.access.stored_token', file=stores ~ '/' ~ inventory_hostname ~ '-beside.json', min_validity='400d') }}"
- name: "fails: a wrong vault token"
  dataprotection.access.commandcenter_access_token:
    name: ci
    store: {vault: {url: "{{ vault.url }}", token: "{{ wrong_vault.token }}", path: leaks/none}}
- name: "fails: a wrong role"
  dataprotection.access.commandcenter_access_token:
    name: ci
    store: {vault: {url: "{{ vault.url }}", role_id: nobody, secret_id: "{{ wrong_vault.secret_id }}", path: leaks/none}}
- name: "fails: a store with too many places"
  dataprotection.access.commandcenter_access_token:
    name: ci
    store: {file: /nowhere/at/all, vault: {url: "{{ vault.url }}", token: "{{ vault.token }}", path: leaks/none}}
- name: "fails: a store in the wrong place"
  dataprotection.access.commandcenter_access_token: {name: ci, store: {file: /proc/nothing/here.json}}
- name: "fails: a wrong password of the task's environment"
  dataprotection.access.cohesity_access_token: {username: "{{ omit }}", password: "{{ omit }}"}
  environment: {COHESITY_USERNAME: backup, COHESITY_PASSWORD: "{{ environment_password }}"}
- name: "fails: loop over wrong logins"
  dataprotection.access.cohesity_access_token: {username: "{{ item.username }}", password: "{{ item.password }}"}
  loop: "{{ wrong_logins }}"
- name: "fails: loop over wrong passwords"
  dataprotection.access.commandcenter_access_token_info: {password: "{{ item }}"}
  loop: ["{{ password.wrong }}", "{{ environment_password }}"]
- name: "fails: loop over bad options"
  dataprotection.access.cohesity_access_token: {username: "{{ item.username }}", password: "{{ item.password }}", api_version: v9}
  loop: "{{ wrong_logins }}"
- name: "fails: loop that may not be async"
  dataprotection.access.cohesity_access_token: {username: "{{ item.username }}", password: "{{ item.password }}"}
  loop: "{{ wrong_logins }}"
  async: 10
  poll: 1
- name: "fails: loop that is cut short"
  dataprotection.access.cohesity_access_token: {username: "{{ item.username }}", password: "{{ item.password }}", cluster: "{{ sim.host }}"}
  loop: "{{ wrong_logins }}"
  timeout: 1
- name: "fails: a result that its user does not like"
  dataprotection.access.cohesity_access_token:
  register: disliked
  failed_when: disliked.token.username == 'backup'
- name: "fails: a result that its user cannot judge"
  dataprotection.access.cohesity_access_token:
  register: disliked
  failed_when: disliked.token.nothing.at_all == 'backup'
- name: "fails: tried in vain"
  dataprotection.access.cohesity_access_token: {password: "{{ password.wrong }}"}
  register: disliked
  until: disliked is success
  retries: 1
  delay: 0
"""


class Call(t.NamedTuple):
    """A request: the path that a fault is to strike, the task that sends it, and the secrets that its server knows from it."""

    path: str
    module: str
    options: Mapping[str, t.Any]
    secrets: Sequence[str]


DEAD = ("dead.token", "dead.refresh_token")
KNOWN = {
    "access_token": "{{ dead.token }}",
    "token_type": "Bearer",
    "cluster": "{{ sim.host }}",
    "username": "backup",
    "domain": "LOCAL",
    "expires_at": "2199-01-01T00:00:00Z",
}
CALLS = [
    Call("access-tokens", COHESITY, {}, ["password.cohesity"]),
    Call("sessionUser", COHESITY, {"token": KNOWN}, ["dead.token"]),
    Call("/login$", INFO, {}, ["password.commandcenter"]),
    Call("accesstoken$", INFO, {"username": "{{ omit }}", "password": "{{ omit }}", "auth_token": "{{ auth_token }}"}, ["auth_token"]),
    Call("accesstoken$", NAMED, {"name": "faulty", "recreate": "always"}, ["password.commandcenter"]),
    Call("renew$", NAMED, {"state": "renewed", "access_token": "{{ dead.token }}", "refresh_token": "{{ dead.refresh_token }}"}, DEAD),
    Call("/logout$", INFO, {}, ["password.commandcenter"]),
    Call("/api-keys$", KEY, {"name": "faulty"}, ["password.cohesity"]),
    Call("/api-keys$", KEY, {"name": "faulty", "state": "rotated", "api_key": "{{ dead.token }}"}, ["dead.token"]),
]


def faults(secrets: Sequence[str]) -> list[dict[str, t.Any]]:
    """What a server may answer that quotes these secrets back in every way, and that hands out others in the wrong places."""
    plain, quoted, encoded = (" ".join(f"{{{{ {secret}{how} }}}}" for secret in secrets) for how in ("", " | urlencode", " | b64encode"))
    echo = f"{plain} {quoted} {encoded} " + " ".join(f"{{{{ {it} | to_json }}}} Bearer {{{{ {it} }}}}, Authtoken: {{{{ {it} }}}}" for it in secrets)
    page = f"<html><head><title>{echo}</title></head><body>{echo}</body></html>"
    values: list[t.Any] = [
        echo,
        [echo],
        {"accessToken": [f"{MINTED}listed"], "token": {"nested": f"{MINTED}nested"}, "tokenInfo": f"{MINTED}text", "tokens": f"{MINTED}text"},
        {"accessToken": f"{MINTED}with\x07bell", "token": f"QSDK {MINTED}with\x07bell", "tokens": [f"{MINTED}text"], "refreshToken": f"{MINTED}r"},
        {"errList": [{"errLogMessage": echo, "errorCode": 1}], "isAccountLocked": True, "remainingLockTime": 60, "tokens": {}},
        {"error": {"errorCode": 5, "errorMessage": echo}},
        {"errorCode": 5, "errorMessage": echo},
        {
            "accessToken": f"{MINTED}new",
            "refreshToken": f"{MINTED}newer",
            "errorCode": 9,
            "errorMessage": f"{MINTED}new and {MINTED}newer were not kept",
        },
        {
            "tokenInfo": {
                "accessToken": f"{MINTED}new",
                "refreshToken": f"{MINTED}newer",
                "error": {"errorCode": 9, "errorMessage": f"{MINTED}new and {MINTED}newer were not kept"},
            }
        },
    ]
    return [
        *({"kind": "status", "code": code, "body": {"errorCode": "KError", "message": echo}} for code in (400, 401, 403, 404, 409, 450, 500)),
        *({"kind": "status", "code": code, "body": {"errorCode": 5, "errorMessage": echo}} for code in (400, 401, 403, 500)),
        {"kind": "status", "code": 429, "body": echo, "headers": {"Retry-After": "0"}},
        {"kind": "status", "code": 502, "body": page},
        {"kind": "status", "code": 503, "body": page, "headers": {"Retry-After": "0"}},
        {"kind": "status", "code": 504, "body": echo},
        {"kind": "status_after", "code": 500, "body": {"message": echo}},
        {"kind": "html", "body": page},
        {"kind": "html_after", "body": page},
        {"kind": "redirect", "location": f"https://backup:{plain}@other.example/{plain}/x?password={plain}#{plain}"},
        {"kind": "redirect", "location": f"/login/{quoted}/{encoded}"},
        *({"kind": kind} for kind in ("empty", "empty_after", "truncate", "cut_before", "cut_after")),
        *({"kind": "json", "value": value} for value in values),
        {"kind": "big", "bytes": 17 * 2**20},
        *({"kind": kind, "seconds": 3} for kind in SLOW[:2]),
        *({"kind": kind, "bytes_per_second": 5} for kind in SLOW[2:]),
    ]


# A cluster that creates a key, and says so in the wrong way.
KEY_FAULTS: list[dict[str, t.Any]] = [
    {"kind": "json", "value": {"apiKey": f"{MINTED}with\x07bell", "apiKeys": [f"{MINTED}text"], "id": [f"{MINTED}id"]}},
    {"kind": "json", "value": {"id": "1", "errorCode": "KError", "message": f"{MINTED}key was not kept", "apiKey": f"{MINTED}key"}},
    {"kind": "status", "code": 500, "body": {"errorCode": "KError", "message": f"{MINTED}key was not kept", "apiKey": f"{MINTED}key"}},
    {"kind": "status", "code": 400, "body": {"errorCode": "KError", "message": f"{MINTED}key was not kept", "apiKey": f"{MINTED}key"}},
]
SLOW = ("delay", "delay_after", "drip", "drip_headers")


def faulty_tasks(pairs: Sequence[tuple[Mapping[str, t.Any], Call]]) -> list[dict[str, t.Any]]:
    """A fault, then the task that it strikes."""
    tasks: list[dict[str, t.Any]] = []
    for number, (fault, call) in enumerate(pairs):
        name = f"{number} {fault['kind']} {fault.get('code', '')} at {call.path}"
        # Of the task that lists and creates, the creation is struck.
        method = "POST" if call.module in (NAMED, KEY) and "api_key" not in call.options else None
        tasks += [
            {
                "name": f"any: {name}, prepared",
                "simulate": {"clear_faults": {}, "fault": {**fault, "path": call.path, "method": method}},
                "no_log": True,
            },
            {"name": f"any: {name}", call.module: {**call.options, "timeout": 1, "retries": number % 2}},
        ]
    return tasks


def every_fault_everywhere() -> list[dict[str, t.Any]]:
    pairs = [(fault, call) for call in CALLS for fault in faults(call.secrets) if fault["kind"] not in ("big", *SLOW)]
    return faulty_tasks([*pairs, *((fault, call) for call in CALLS if call.module == KEY for fault in KEY_FAULTS)])


def every_fault_somewhere() -> list[dict[str, t.Any]]:
    """Each fault at one call, and each call with several faults."""
    count = len(faults(DEAD))
    calls = [call for call, dummy in zip(itertools.cycle(CALLS), range(count), strict=False)]
    return faulty_tasks([(faults(call.secrets)[number], call) for number, call in enumerate(calls)])


def good_tasks() -> list[dict[str, t.Any]]:
    return list(yaml.safe_load(GOOD))


def bad_tasks() -> list[dict[str, t.Any]]:
    return list(yaml.safe_load(BAD))


def playbook(tasks: Sequence[Mapping[str, t.Any]], **keywords: t.Any) -> str:
    """A play of these tasks that goes on after failures."""
    play = {"gather_facts": False, "ignore_errors": True, "module_defaults": MODULE_DEFAULTS, **keywords, "tasks": tasks}
    # JSON is YAML too.
    return json.dumps([play], indent=1)
