# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token as a fact: who gets it, and where it is not written to."""

from __future__ import annotations

import typing as t
from pathlib import Path

from tests.playbook import CORE, IN_PROCESS, Ansible

GET_TOKEN = """
- name: Get a token
  dataprotection.access.cohesity_access_token:
"""
RECORD_FACT = """
- record:
    fact: "{{ cohesity_access_token | default('no fact') }}"
"""
# In ansible_facts before ansible-core 2.21, and in no cache from then on.
HAS_EPHEMERAL_FACTS = CORE >= (2, 21)


def test_fact_equals_the_result_and_works_in_the_next_task(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    tasks = """
    - dataprotection.access.cohesity_access_token:
      register: got
    - dataprotection.access.commandcenter_access_token:
        name: ci
        scope: all
      register: named
    - dataprotection.access.cohesity_api_key:
        name: exporter
      register: key
    - name: Use the Cohesity token
      ansible.builtin.uri:
        url: "https://{{ cohesity.cluster }}/irisservices/api/v1/public/nodes"
        headers: "{{ cohesity_access_token.headers }}"
        ca_path: "{{ cohesity.ca_path }}"
      no_log: true
    - name: Use the API key
      ansible.builtin.uri:
        url: "https://{{ cohesity.cluster }}/irisservices/api/v1/public/cluster"
        headers: "{{ cohesity_api_key.headers }}"
        ca_path: "{{ cohesity.ca_path }}"
      no_log: true
    - name: Use the Command Center token
      ansible.builtin.uri:
        url: "{{ commandcenter.url }}/commandcenter/api/client"
        headers: "{{ commandcenter_access_token.headers }}"
        ca_path: "{{ cohesity.ca_path }}"
      no_log: true
    - record:
        results: "{{ [got.token, named.token, key.api_key] }}"
        facts: "{{ [cohesity_access_token, commandcenter_access_token, cohesity_api_key] }}"
    """
    run = ansible.tasks(tasks, every_way)
    assert run.rc == 0, run.screen
    assert run.value("facts") == run.value("results")
    used = ansible.sim.requests(path="/public/nodes|/client$")
    assert [one["status"] for one in used] == [200, 200]
    assert [one["headers"]["authorization"] for one in used] == [f"Bearer {token['access_token']}" for token in run.value("facts")[:2]]
    (used_key,) = ansible.sim.requests(path="/public/cluster$")
    assert (used_key["status"], used_key["headers"]["apikey"]) == (200, run.value("facts")[2]["api_key"])


def test_fact_is_not_published_unless_wanted(ansible: Ansible, way: dict[str, t.Any]) -> None:
    for value in ("false", "no", '"{{ false }}"'):
        tasks = GET_TOKEN + f"    publish_facts: {value}\n  register: got\n" + RECORD_FACT + '    keys: "{{ got.keys() | list }}"\n'
        run = ansible.tasks(tasks, way)
        assert run.rc == 0, run.screen
        assert run.value("fact") == "no fact"
        assert "ansible_facts" not in run.value("keys")


def test_no_fact_without_a_secret(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """A token that exists already has no secret to publish: an older fact stays."""
    ansible.sim.commandcenter_create("ci")
    tasks = """
    - dataprotection.access.commandcenter_access_token:
        name: other
    - dataprotection.access.commandcenter_access_token:
        name: ci
      register: got
    - record:
        available: "{{ got.secret_available }}"
        fact: "{{ commandcenter_access_token.name }}"
    """
    run = ansible.tasks(tasks, way)
    assert run.rc == 0, run.screen
    assert (run.value("available"), run.value("fact")) == (False, "other")


def test_fact_in_check_mode_has_no_secret(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """Later tasks can be checked too: they name its headers."""
    run = ansible.tasks(GET_TOKEN + "  check_mode: true\n" + RECORD_FACT, way)
    assert run.rc == 0, run.screen
    assert run.value("fact")["access_token"] is None
    assert run.value("fact")["headers"] == {}
    assert ansible.sim.requests() == []


def test_no_fact_after_a_failure(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - dataprotection.access.cohesity_access_token:
        password: wrong-password
      ignore_errors: true
    """
    run = ansible.tasks(tasks + RECORD_FACT.replace("\n", "\n    "), way)
    assert run.rc == 0, run.screen
    assert run.value("fact") == "no fact"


def test_run_once_gives_the_fact_to_every_host(ansible: Ansible) -> None:
    run = ansible.tasks(GET_TOKEN + "  run_once: true\n" + RECORD_FACT, {"hosts": "remotes", "connection": "local"})
    assert run.rc == 0, run.screen
    assert run.value("fact", "remote") == run.value("fact", "remote2") != "no fact"
    assert len(ansible.sim.requests(path="access-tokens")) == 1


def test_delegated_task_gives_the_fact_to_the_inventory_host(ansible: Ansible) -> None:
    """The usual play over clusters: tasks run on the controller, facts belong to the host of the inventory."""
    run = ansible.tasks(GET_TOKEN + "  delegate_to: localhost\n" + RECORD_FACT, {"hosts": "remotes"}, "-vvv")
    assert run.rc == 0, run.screen
    assert "AnsiballZ" not in run.screen
    tokens = [run.value("fact", host)["access_token"] for host in ("remote", "remote2")]
    assert len(set(tokens)) == 2
    assert all(ansible.sim.check_cohesity(token) for token in tokens)


def test_delegate_facts(ansible: Ansible) -> None:
    """Facts of the delegated host where the task says so."""
    tasks = (
        GET_TOKEN
        + """
  delegate_to: remote2
  delegate_facts: true
- record:
    mine: "{{ cohesity_access_token | default('no fact') }}"
    theirs: "{{ hostvars.remote2.cohesity_access_token | default('no fact') }}"
"""
    )
    run = ansible.tasks(tasks, {"hosts": "remote"})
    assert run.rc == 0, run.screen
    assert run.value("mine") == "no fact"
    assert ansible.sim.check_cohesity(run.value("theirs")["access_token"])


def test_last_item_of_a_loop_is_the_fact(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - dataprotection.access.commandcenter_access_token:
        name: "{{ item }}"
      loop: [first, second]
      register: got
    - record:
        names: "{{ got.results | map(attribute='token.name') }}"
        secrets: "{{ got.results | map(attribute='token.access_token') }}"
        fact: "{{ commandcenter_access_token }}"
    """
    run = ansible.tasks(tasks, way)
    assert run.rc == 0, run.screen
    assert run.value("names") == ["first", "second"]
    assert all(ansible.sim.check(secret) for secret in run.value("secrets"))
    assert run.value("fact")["access_token"] == run.value("secrets")[1]


def cache_environment(folder: Path) -> dict[str, str]:
    return {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder)}


def written_below(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())


def test_persistent_fact_cache_never_sees_the_token(ansible: Ansible, tmp_path: Path, way: dict[str, t.Any]) -> None:
    tasks = GET_TOKEN + "  register: got\n" + RECORD_FACT
    tasks += '    token: "{{ got.token }}"\n- ansible.builtin.set_fact:\n    cached: for sure\n    cacheable: true\n'
    run = ansible.tasks(tasks, way, environment=cache_environment(tmp_path / "cache"))
    assert run.rc == 0, run.screen
    written = written_below(tmp_path / "cache")
    assert "for sure" in written
    assert "access_token" not in written
    assert run.value("token")["access_token"] not in written
    warning = "The fact cohesity_access_token is not published: the fact cache 'jsonfile' would write the token to disk"
    if HAS_EPHEMERAL_FACTS:
        assert run.value("fact") == run.value("token")
        assert warning not in run.words
    else:
        assert run.value("fact") == "no fact"
        assert warning in run.words


def test_silencing_the_warning_about_the_cache(ansible: Ansible, tmp_path: Path) -> None:
    run = ansible.tasks(GET_TOKEN + "    publish_facts: false\n", environment=cache_environment(tmp_path / "cache"))
    assert run.rc == 0, run.screen
    assert "WARNING" not in run.words


def test_memory_cache_by_its_full_name(ansible: Ansible) -> None:
    run = ansible.tasks(GET_TOKEN + RECORD_FACT, IN_PROCESS, environment={"ANSIBLE_CACHE_PLUGIN": "ansible.builtin.memory"})
    assert run.rc == 0, run.screen
    assert ansible.sim.check_cohesity(run.value("fact")["access_token"])
