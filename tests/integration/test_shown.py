# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown although secrets are about: the predictions of check mode, the names of changed attributes, why a target is unreachable."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.playbook import SHIPPED, Ansible

NAMED = "dataprotection.access.commandcenter_access_token"


def secrets_of(ansible: Ansible) -> list[str]:
    state = ansible.sim.state()
    named = [token[key] for token in state["commandcenter"]["tokens"] for key in ("access_token", "refresh_token")]
    return [*(token["secret"] for token in state["cohesity"]["tokens"]), *(secret for secret in named if secret)]


def test_check_mode_with_a_store_is_shown_without_its_secret(ansible: Ansible, way: dict[str, t.Any], tmp_path: Path) -> None:
    """The main use case: what the store holds is reused, and what differs is predicted."""
    folder = tmp_path / "stores"
    folder.mkdir(mode=0o700)
    tasks = f"""
    - name: Named
      {NAMED}: {{name: ci, scope: SCOPE, store: {{file: {folder}/named.json}}}}
      register: named
    - name: Cohesity
      dataprotection.access.cohesity_access_token: {{store: {{file: {folder}/cohesity.json}}}}
    - record: {{named: "{{{{ named.token }}}}", fact: "{{{{ cohesity_access_token }}}}"}}
    """
    assert ansible.tasks(tasks.replace("SCOPE", "all"), way).rc == 0
    custom = tasks.replace("SCOPE", "custom, api_endpoints: [/client]")
    run = ansible.tasks(custom, way, "--check", "--diff", "-v")
    assert run.rc == 0, run.screen
    assert "censored" not in run.screen
    predicted = run.result("Named")
    assert "updated" in predicted["actions"]
    assert predicted["diff"]["after"]["api_endpoints"] == ["/client"]
    assert (predicted["token"]["access_token"], predicted["token"]["headers"], predicted["secret_available"]) == (None, {}, False)
    assert predicted["token"]["name"] == "ci"
    assert run.result("Cohesity")["actions"] == ["reused"]
    assert run.result("Cohesity")["token"]["access_token"] is None
    # The tasks after it can name the keys of the fact.
    assert run.value("named")["access_token"] is None
    assert run.value("fact")["access_token"] is None
    assert run.value("fact")["headers"] == {}
    assert '+ "scope": "custom"' in run.words
    for secret in secrets_of(ansible):
        assert secret not in run.screen
        assert secret not in str(run.results)


def test_names_of_changed_attributes_are_shown(ansible: Ansible, way: dict[str, t.Any], tmp_path: Path) -> None:
    """On every release, beside a result that holds a secret; not for what is new or unchanged, nor where the user hides the task."""
    (tmp_path / "stores").mkdir(mode=0o700)
    tasks = f"""
    - name: Named
      {NAMED}: {{name: ci, scope: SCOPE, store: {{file: {tmp_path}/stores/named.json}}}}
      no_log: HIDDEN
    """
    created = ansible.tasks(tasks.replace("SCOPE", "all").replace("HIDDEN", "false"), way)
    assert created.rc == 0, created.screen
    assert f"{NAMED}: [" not in created.words
    updated = ansible.tasks(tasks.replace("SCOPE", "custom, api_endpoints: [/client]").replace("HIDDEN", "false"), way)
    assert updated.words.count(f"{NAMED}: [{way['hosts']}] 'ci' updated: api_endpoints, scope") == 1, updated.screen
    unchanged = ansible.tasks(tasks.replace("SCOPE", "custom, api_endpoints: [/client]").replace("HIDDEN", "false"), way)
    assert f"{NAMED}: [" not in unchanged.words
    hidden = ansible.tasks(tasks.replace("SCOPE", "custom, api_endpoints: [/job]").replace("HIDDEN", "true"), way)
    assert hidden.rc == 0, hidden.screen
    assert f"{NAMED}: [" not in hidden.words


@pytest.mark.parametrize("pipelining", ["0", "1"])
def test_why_a_target_is_unreachable(ansible: Ansible, pipelining: str) -> None:
    """ansible-core's ssh says nothing under no_log, which the run of a shipped module is."""
    dead = ansible.input / "dead-ssh"
    dead.write_text("#!/bin/sh\necho 'ssh: connect to host remote port 22: No route to host' >&2; exit 255\n", encoding="utf-8")
    dead.chmod(0o755)
    tasks = """
    - name: Get a token
      dataprotection.access.cohesity_access_token:
    """
    environment = {"ANSIBLE_SSH_EXECUTABLE": str(dead), "ANSIBLE_PIPELINING": pipelining}
    run = ansible.tasks(tasks, SHIPPED, "-vvv", environment=environment)
    assert run.rc == 4, run.screen
    message = run.result("Get a token")["msg"]
    assert "No route to host" in message
    assert "censored" not in message
    assert "The module was going to run on the host remote itself, over ssh." in message
    assert "'delegate_to: localhost' or 'connection: local'" in message
    assert ansible.variables["cohesity"]["password"] not in run.screen
    delegated = ansible.tasks(tasks.rstrip() + "\n      delegate_to: remote2\n", {"hosts": "local"}, environment=environment)
    assert "run on the host remote2 itself" in delegated.result("Get a token")["msg"]


def test_messages_about_options(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - name: Typo
      dataprotection.access.cohesity_access_token: {min_validty: 5m}
      ignore_errors: true
    - name: Nothing
      dataprotection.access.cohesity_access_token: {cluster: "{{ omit }}"}
      ignore_errors: true
    - name: Number
      dataprotection.access.cohesity_access_token: {store: 5}
      ignore_errors: true
    - name: Whole result
      dataprotection.access.cohesity_access_token: {token: {changed: true, token: {access_token: a}}}
      ignore_errors: true
    """
    run = ansible.tasks(tasks, way)
    assert run.rc == 0, run.screen
    assert "Did you mean min_validity instead of min_validty?" in run.result("Typo")["msg"]
    assert run.result("Nothing")["msg"].startswith("cluster is missing or empty: give the option cluster, or set the environment variable COHESITY_CLUSTER")
    assert run.result("Number")["msg"].startswith("store must be a dictionary. store takes a dict: for example {file: ")
    assert "the key 'token' of the registered result" in run.result("Whole result")["msg"]
    assert ansible.sim.requests() == []
