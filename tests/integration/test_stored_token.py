# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One refresher and three readers: the lookup stored_token in plays, beside the module that keeps the token valid."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.openbao import OpenBao
from tests.playbook import CORE, Ansible
from tests.stores import VaultStore

# Reader and refresher are plays of their own, as they are playbooks of their own; between them the token is about to expire.
PLAYS = """
- name: Refresh
  hosts: local
  gather_facts: false
  module_defaults: {group/dataprotection.access.commandcenter: "{{ commandcenter }}"}
  tasks:
    - dataprotection.access.commandcenter_access_token: {name: ci, store: "{{ place }}"}
    - record: {first: "{{ commandcenter_access_token }}"}

- name: Read
  hosts: readers
  gather_facts: false
  vars:
    token: "{{ lookup('dataprotection.access.stored_token', file=reader.file | default(none), vault=reader.vault | default(none)) }}"
  tasks:
    - uri:
        url: "{{ token.server }}/client"
        headers: "{{ token.headers }}"
        ca_path: "{{ commandcenter.ca_path }}"
      no_log: true
      register: called
    - record: {read: "{{ token.access_token }}", status: "{{ called.status }}"}

- name: Refresh again
  hosts: local
  gather_facts: false
  module_defaults: {group/dataprotection.access.commandcenter: "{{ commandcenter }}"}
  tasks:
    - dataprotection.access.commandcenter_access_token: {name: ci, store: "{{ place }}", state: renewed}
    - record: {second: "{{ commandcenter_access_token }}"}

- name: Read again
  hosts: readers
  gather_facts: false
  vars:
    token: "{{ lookup('dataprotection.access.stored_token', file=reader.file | default(none), vault=reader.vault | default(none), min_validity='1m') }}"
  tasks:
    - record: {again: "{{ token.access_token }}"}
"""
READERS = "[readers]\nreader1 ansible_connection=local\nreader2 ansible_connection=local\nreader3 ansible_connection=local\n"


def inventory(ansible: Ansible) -> str:
    path = ansible.input / "readers"
    path.write_text(READERS, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("kind", ["file", "vault"])
def test_one_refresher_and_three_readers(ansible: Ansible, openbao: OpenBao, kind: str) -> None:
    ansible.sim.mark_secrets("MINTED-BY-THE-SERVER")
    if kind == "file":
        (ansible.folder / "tokens").mkdir(mode=0o700)
        place: dict[str, t.Any] = {"file": str(ansible.folder / "tokens" / "ci.json")}
        reader = place
    else:
        store = VaultStore(openbao)
        role = openbao.approle(store.path, capabilities=["read"])
        place = store.option
        reader = {"vault": {"url": store.url, "path": store.path, **role._asdict()}}
    run = ansible.play(PLAYS, "-i", inventory(ansible), "-v", place=place, reader=reader)
    assert run.rc == 0, run.screen
    readers = ["reader1", "reader2", "reader3"]
    assert run.hosts("read") == readers
    assert {run.value("read", host) for host in readers} == {run.value("first")["access_token"]}
    assert {int(run.value("status", host)) for host in readers} == {200}
    assert {run.value("again", host) for host in readers} == {run.value("second")["access_token"]}
    assert run.value("first")["access_token"] != run.value("second")["access_token"]
    # The readers have asked for nothing but what they wanted with the token.
    assert len(ansible.sim.requests("client")) == 3
    assert len(ansible.sim.requests("login")) == 2
    assert "MINTED-BY-THE-SERVER" not in run.screen + json.dumps(run.results)


ERRORS = """
- hosts: local
  gather_facts: false
  tasks:
    - name: Use it
      debug: {msg: "{{ lookup('dataprotection.access.stored_token', file=path) }}"}
"""


def test_errors_show_no_secret(ansible: Ansible, tmp_path: Path) -> None:
    path = tmp_path / "ci.json"
    missing = ansible.play(ERRORS, "-vvvvv", path=str(path))
    assert missing.rc == 2
    assert f"The store file {path} holds no record: check that it is the right place" in missing.words
    path.write_text(json.dumps({"kind": "other", "access_token": "canary-of-a-record"}), encoding="utf-8")
    path.chmod(0o644)
    open_to_others = ansible.play(ERRORS, "-vvvvv", path=str(path))
    assert "is open to others (mode 0644): treat its secret as compromised" in open_to_others.words
    path.chmod(0o600)
    other = ansible.play(ERRORS, "-vvvvv", path=str(path))
    assert "holds something else than a record of" in other.words
    for run in (missing, open_to_others, other):
        assert "canary-of-a-record" not in run.screen + json.dumps(run.results)


@pytest.mark.skipif(CORE < (2, 22), reason="masks since ansible-core 2.22")
def test_secret_is_masked(ansible: Ansible) -> None:
    """Also where a task shows it, which no_log would have to prevent on earlier releases."""
    (ansible.folder / "tokens").mkdir(mode=0o700)
    path = str(ansible.folder / "tokens" / "ci.json")
    assert ansible.tasks(f"- dataprotection.access.commandcenter_access_token: {{name: ci, store: {{file: {path}}}}}\n").rc == 0
    secret = json.loads(Path(path).read_text(encoding="utf-8"))["access_token"]
    run = ansible.play(ERRORS, "-vvv", path=path)
    assert run.rc == 0, run.screen
    assert secret not in run.screen + json.dumps(run.results)
