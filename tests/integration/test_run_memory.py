# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run's own memory for credentials: how many logins plays need, counted at the server."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.playbook import IN_PROCESS, SHIPPED, SHIPPED_LOCALLY, Ansible, Run
from tests.simulator import Simulator

PLUGINS = Path(__file__).parent / "plugins"
CALL = "call_cluster: {}"
EXPIRE = {"simulate": {"advance": {"seconds": 90000}}}
WRONG = "call_cluster: {password: not-the-password}"


class WithMemory(Ansible):
    """ansible-playbook that also finds the module call_cluster, and twenty hosts whose tasks run in this process."""

    def environment(self) -> dict[str, str]:
        base = super().environment()
        return {
            **base,
            "ANSIBLE_ACTION_PLUGINS": f"{base['ANSIBLE_ACTION_PLUGINS']}:{PLUGINS / 'action'}",
            "ANSIBLE_LIBRARY": str(PLUGINS / "modules"),
        }

    def _inventory(self) -> Path:
        path = super()._inventory()
        hosts = "".join(f"host{number} ansible_connection=local\n" for number in range(20))
        path.write_text(path.read_text(encoding="utf-8") + f"[many]\n{hosts}", encoding="utf-8")
        return path


@pytest.fixture
def ansible(tmp_path: Path, sim: Simulator) -> Ansible:
    return WithMemory(tmp_path, sim)


def run_tasks(ansible: Ansible, tasks: str, way: t.Mapping[str, t.Any] | None = None, *arguments: str, **more: t.Any) -> Run:
    """Run tasks, with the simulator's login as the defaults of call_cluster."""
    defaults = {name: ansible.sim.cohesity_login[name] for name in ("cluster", "username", "password", "ca_path")}
    return ansible.tasks(tasks, {**(IN_PROCESS if way is None else way), "module_defaults": {"call_cluster": defaults}}, *arguments, **more)


def logins(ansible: Ansible) -> int:
    return len(ansible.sim.requests(path="access-tokens"))


def succeed(run: Run) -> Run:
    assert run.rc == 0, run.screen
    return run


@pytest.mark.parametrize("way", [IN_PROCESS, SHIPPED, SHIPPED_LOCALLY], ids=["in_process", "shipped", "shipped_locally"])
def test_a_play_logs_in_once_and_once_more_after_an_expiry(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = f"""
    - {CALL}
    - {CALL}
    - {json.dumps(EXPIRE)}
    - {CALL}
    - {CALL}
      register: last
    - record: {{actions: "{{{{ last.actions }}}}", keys: "{{{{ last.keys() | list }}}}"}}
    """
    run = succeed(run_tasks(ansible, tasks, way, "-vvv"))
    assert logins(ansible) == 2
    assert run.value("actions") == []
    assert "_memory" not in run.value("keys")
    for token in ansible.sim.state()["cohesity"]["tokens"]:
        assert token["secret"] not in run.screen
        assert token["secret"] not in str(run.results)


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_many_hosts_meet_one_expiry_together(ansible: Ansible, strategy: str) -> None:
    """Twenty hosts with the same login in ten workers: one login, and one more for the expiry, over several plays."""
    many = {"hosts": "many", "gather_facts": False, "strategy": strategy, "module_defaults": {"call_cluster": "{{ login }}"}}
    calls = {**many, "tasks": [{"call_cluster": {}}, {"call_cluster": {}}]}
    expiry = {"hosts": "local", "gather_facts": False, "tasks": [EXPIRE]}
    login = {name: ansible.sim.cohesity_login[name] for name in ("cluster", "username", "password", "ca_path")}
    # JSON is YAML too.
    run = succeed(ansible.play(json.dumps([calls, expiry, calls], indent=1), "--forks", "10", login=login))
    assert run.words.count("failed=0") == 21
    assert logins(ansible) == 2


@pytest.mark.parametrize("way", [IN_PROCESS, SHIPPED], ids=["in_process", "shipped"])
def test_a_token_that_a_module_returned_is_used(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """The login of cohesity_access_token serves the calls after it, and so does a token that is handed back to it."""
    login = {name: ansible.sim.cohesity_login[name] for name in ("cluster", "username", "password", "ca_path")}
    tasks = f"""
    - dataprotection.access.cohesity_access_token: {json.dumps(login)}
      register: got
    - {CALL}
    - dataprotection.access.cohesity_access_token: {json.dumps({**login, "validate_certs": False, "token": "{{ got.token }}"})}
    - call_cluster: {{validate_certs: false}}
    """
    succeed(run_tasks(ansible, tasks, way))
    assert logins(ansible) == 1


def test_loops_and_until(ansible: Ansible) -> None:
    """One login for each expiry, not one for each item or attempt, also when attempts fail after it."""
    tasks = f"""
    - {CALL}
      loop: [1, 2, 3]
    - {json.dumps(EXPIRE)}
    - call_cluster: {{mishap: fails}}
      register: tried
      until: tried is success
      retries: 2
      delay: 0
      ignore_errors: true
    - {CALL}
      loop: [1, 2]
    - block:
        - ansible.builtin.fail:
      rescue:
        - {CALL}
    """
    succeed(run_tasks(ansible, tasks))
    assert logins(ansible) == 2


def test_what_differs_shares_nothing(ansible: Ansible) -> None:
    """Another user, domain, tenant, way to verify the server, or password: each logs in for itself."""
    tasks = f"""
    - {CALL}
    - call_cluster: {{username: viewer, password: canary-cohesity-viewer-password}}
    - call_cluster: {{tenant: one}}
    - call_cluster: {{validate_certs: false}}
    - {CALL}
    - name: Wrong
      {WRONG}
      ignore_errors: true
    """
    run = succeed(run_tasks(ansible, tasks))
    assert logins(ansible) == 5
    assert run.result("Wrong")["msg"].startswith("the login failed: HTTP 4")


@pytest.mark.parametrize("way", [IN_PROCESS, SHIPPED], ids=["in_process", "shipped"])
def test_a_refused_login_is_not_sent_again(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """Repeated bad logins lock a user: not in the next task, nor in the next attempt. Another password is another login."""
    tasks = f"""
    - {WRONG}
      register: tried
      until: tried is success
      retries: 2
      delay: 0
      ignore_errors: true
    - name: Again
      {WRONG}
      ignore_errors: true
    - {CALL}
    """
    run = succeed(run_tasks(ansible, tasks, way))
    assert logins(ansible) == 2
    message = run.result("Again")["msg"]
    assert message.startswith("the login failed: HTTP 4")
    assert message.endswith("the same login was not sent again, because repeated failed logins lock the account")
    assert run.result("Again")["status"] in (400, 401)


def test_a_new_one_time_password_is_another_attempt(ansible: Ansible) -> None:
    tasks = "\n".join(f"- call_cluster: {{password: not-the-password, otp_code: '{code}'}}\n  ignore_errors: true" for code in ("111111", "222222", "222222"))
    succeed(run_tasks(ansible, tasks))
    assert logins(ansible) == 2


def test_a_task_that_is_ended_while_it_logs_in(ansible: Ansible) -> None:
    tasks = f"""
    - call_cluster: {{mishap: slow}}
      timeout: 1
      ignore_errors: true
    - {CALL}
    """
    succeed(run_tasks(ansible, tasks))
    assert logins(ansible) == 1


def test_nothing_of_it_is_left_on_disk(ansible: Ansible, tmp_path: Path) -> None:
    environment = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "cache")}
    tasks = f"- {CALL}\n  register: called\n- ansible.builtin.debug: {{var: called}}\n"
    run = succeed(run_tasks(ansible, tasks, IN_PROCESS, "-vvv", environment=environment))
    (token,) = ansible.sim.state()["cohesity"]["tokens"]
    assert token["secret"] not in run.screen
    for folder in (ansible.folder, ansible.temporary):
        for path in folder.rglob("*"):
            assert not path.is_file() or token["secret"].encode() not in path.read_bytes()
