# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keywords of tasks and plays that change how a task runs."""

from __future__ import annotations

import typing as t

from tests.playbook import CORE, IN_PROCESS, Ansible
from tests.waiting import wait_until


def test_timeout_of_the_task(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """The keyword ends a task that its own option would let wait. The login is ended, too."""
    ansible.sim.fault("gate", path="V4/AccessToken", name="list")
    tasks = """
    - name: List
      dataprotection.access.commandcenter_access_token_info:
        timeout: 60
      timeout: 8
      ignore_errors: true
    - name: Talk of something else
      ansible.builtin.debug: {msg: still here}
    """
    run = ansible.tasks(tasks, way, "-v")
    assert run.rc == 0, run.screen
    words = "Timed out after 8 second(s)." if CORE >= (2, 19) else "failed to execute in the expected time frame (8) and was terminated"
    assert run.result("List")["msg"].endswith(words)
    assert "still here" in run.words
    # A shipped module lives on until it has its answer.
    ansible.sim.open_gate("list")
    assert wait_until(lambda: bool(ansible.sim.requests("Logout")), 30)


def test_async_is_refused(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - name: Get a token
      dataprotection.access.cohesity_access_token:
      async: 30
      poll: 2
    """
    run = ansible.tasks(tasks, way)
    assert run.rc == 2
    words = "async is not supported for this task." if CORE < (2, 18) else "This action (dataprotection.access.cohesity_access_token) does not support async."
    assert words in run.words
    assert ansible.sim.requests() == []


def test_until(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """A failure that is tried again by the play, and readable while it is."""
    ansible.sim.fault("status", code=500, path="access-tokens", body={"errorCode": "KInternalError", "message": "Try again."})
    tasks = """
    - name: Get a token
      dataprotection.access.cohesity_access_token:
      register: got
      until: got is success
      retries: 2
      delay: 0
    - record: {attempts: "{{ got.attempts }}", token: "{{ got.token }}"}
    """
    run = ansible.tasks(tasks, way, "-v")
    assert run.rc == 0, run.screen
    assert int(run.value("attempts")) == 2
    assert ansible.sim.check_cohesity(run.value("token")["access_token"])
    assert "FAILED - RETRYING" in run.words
    (retried,) = [one["result"] for one in run.results if one["event"] == "retry"]
    assert "HTTP 500 KInternalError: Try again." in retried["msg"]
    assert run.value("token")["access_token"] not in run.screen


def test_until_with_a_login_in_the_environment(ansible: Ansible) -> None:
    """The second attempt of a shipped task has its environment's password still."""
    ansible.sim.fault("status", code=500, path="access-tokens", body={"errorCode": "KInternalError", "message": "Try again."})
    login = {name: ansible.variables["cohesity"][name] for name in ("username", "password")}
    ansible.variables["cohesity"] = {name: value for name, value in ansible.variables["cohesity"].items() if name not in login}
    tasks = f"""
    - name: Get a token
      dataprotection.access.cohesity_access_token:
      environment: {{COHESITY_USERNAME: {login["username"]}, COHESITY_PASSWORD: {login["password"]}, OTHER: value}}
      register: got
      until: got is success
      retries: 1
      delay: 0
    - record: {{attempts: "{{{{ got.attempts }}}}"}}
    """
    run = ansible.tasks(tasks, IN_PROCESS, "-vvv")
    assert run.rc == 0, run.screen
    assert int(run.value("attempts")) == 2
    assert login["password"] not in run.screen


def test_conditions_over_a_hidden_result(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - name: Never changed
      dataprotection.access.cohesity_access_token:
      register: got
      changed_when: false
    - name: Fails for its user
      dataprotection.access.cohesity_access_token:
      register: second
      failed_when: second.token.username == 'backup'
      ignore_errors: true
    - name: Skipped
      dataprotection.access.cohesity_access_token:
      when: got is changed
    - record: {states: "{{ [got is changed, second is failed] }}", secrets: "{{ [got.token.access_token, second.token.access_token] }}"}
    """
    run = ansible.tasks(tasks, way, "-v")
    assert run.rc == 0, run.screen
    assert run.value("states") == [False, True]
    assert "skipped=1" in run.words
    for secret in run.value("secrets"):
        assert secret not in run.screen
        assert secret not in str(run.results)


def test_block_and_always_see_the_token(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """The usual shape of a play that cleans up behind itself, with a failure in between."""
    tasks = """
    - block:
        - dataprotection.access.commandcenter_access_token:
            name: for this job
        - ansible.builtin.fail: {msg: the job}
      rescue:
        - record: {reason: "{{ ansible_failed_result.msg }}"}
      always:
        - dataprotection.access.commandcenter_access_token:
            id: "{{ commandcenter_access_token.id }}"
            state: absent
    """
    run = ansible.tasks(tasks, way)
    assert run.rc == 0, run.screen
    assert run.value("reason") == "the job"
    assert [token["alive"] for token in ansible.sim.state()["commandcenter"]["tokens"]] == [False]


def test_many_hosts_at_once(ansible: Ansible) -> None:
    """One token for each cluster of the play, in parallel, in order."""
    keywords = {"hosts": "all", "connection": "local", "strategy": "free"}
    tasks = """
    - dataprotection.access.cohesity_access_token:
    - record: {token: "{{ cohesity_access_token.access_token }}"}
    """
    run = ansible.tasks(tasks, keywords)
    assert run.rc == 0, run.screen
    tokens = {run.value("token", host) for host in run.hosts("token")}
    assert len(tokens) == 3
    assert all(ansible.sim.check_cohesity(token) for token in tokens)


def test_without_injected_facts(ansible: Ansible) -> None:
    """Before ansible-core 2.21 the fact is one of ansible_facts; variables that facts are injected as can be switched off."""
    tasks = """
    - dataprotection.access.cohesity_access_token:
    - record: {fact: "{{ (ansible_facts if OLD else vars).cohesity_access_token.access_token }}"}
    """
    old = CORE < (2, 21)
    run = ansible.tasks(tasks.replace("OLD", str(old).lower()), IN_PROCESS, environment={"ANSIBLE_INJECT_FACT_VARS": "false"})
    assert run.rc == 0, run.screen
    assert ansible.sim.check_cohesity(run.value("fact"))


def test_no_warning_for_plain_use(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    """Neither of ansible-core nor of ours, with the fact used."""
    tasks = """
    - dataprotection.access.cohesity_access_token:
    - dataprotection.access.commandcenter_access_token: {name: ci}
    - ansible.builtin.assert: {that: [cohesity_access_token.expires_in > 0, commandcenter_access_token.expires_in > 0]}
    """
    run = ansible.tasks(tasks, every_way)
    assert run.rc == 0, run.screen
    if CORE == (2, 20):
        # This release alone complains about every fact that is used as a variable, and has no other kind yet.
        assert run.words.count("[DEPRECATION WARNING]") == 2  # one for each fact
        assert "[WARNING]: Deprecation warnings can be disabled" in run.words
        assert run.words.count("INJECT_FACTS_AS_VARS default to `True` is deprecated") == 2
    else:
        assert run.stderr == ""
