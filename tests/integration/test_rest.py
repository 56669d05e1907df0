# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""REST calls in plays: one login for a run, and exactly one more for each expiry, counted at the server."""

from __future__ import annotations

import typing as t

import pytest

from tests.playbook import Ansible, Run

GROUPS = "/v2/data-protect/protection-groups"
REST = "dataprotection.access.cohesity_rest"
READ = f"{REST}: {{path: {GROUPS}}}"
A_DAY = 86401


def logins(ansible: Ansible) -> int:
    return len(ansible.sim.requests(path="access-tokens", method="POST"))


def succeed(run: Run) -> Run:
    assert run.rc == 0, run.screen
    return run


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("text", [1, 2, 3])
def test_expiry_between_tasks(ansible: Ansible, way: dict[str, t.Any], version: str, text: int) -> None:
    ansible.sim.set(cohesity_expiry_text=text)
    tasks = f"""
    - {REST}: {{path: {GROUPS}, api_version: {version}}}
    - simulate: {{advance: {{seconds: {A_DAY}}}}}
    - name: After the expiry
      {REST}: {{path: {GROUPS}, api_version: {version}}}
    - name: Last
      {REST}: {{path: {GROUPS}, api_version: {version}}}
    """
    run = succeed(ansible.tasks(tasks, way, "-vvv"))
    assert len(ansible.sim.requests(path="access-?tokens", method="POST")) == 2
    assert len(ansible.sim.requests(path="protection-groups")) == 4
    assert run.result("After the expiry")["actions"] == ["reauthenticated"]
    assert run.result("Last")["actions"] == []
    for token in ansible.sim.state()["cohesity"]["tokens"]:
        assert token["secret"] not in run.screen
        assert token["secret"] not in str(run.results)


def test_expiry_in_the_middle_of_a_loop(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """The token ends before the fourth call: writes of the loop are all done, each of them once."""
    ansible.sim.fault("operation", name="advance", arguments={"seconds": A_DAY}, path="protection-groups", after=3)
    tasks = f"""
    - name: Create
      {REST}: {{path: {GROUPS}, method: POST, body: {{name: "group {{{{ item }}}}"}}}}
      loop: [0, 1, 2, 3, 4, 5]
    - name: Read
      {READ}
      register: found
    - record: {{names: "{{{{ found.json.protectionGroups | map(attribute='name') | list }}}}"}}
    """
    run = succeed(ansible.tasks(tasks, way))
    assert run.value("names") == [f"group {number}" for number in range(6)]
    assert logins(ansible) == 2
    assert [entry["status"] for entry in ansible.sim.requests(path="protection-groups", method="POST")] == [201] * 3 + [401] + [201] * 3


def test_expiry_in_the_middle_of_an_until(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """A run is polled past the end of the token."""
    (group,) = ansible.sim.cohesity_seed("groups")
    ansible.sim.set(cohesity_run_seconds=A_DAY)
    ansible.sim.fault("operation", name="advance", arguments={"seconds": A_DAY + 60}, path="runs$", method="GET", after=2)
    tasks = f"""
    - name: Start
      {REST}: {{path: "{GROUPS}/{group}/runs", method: POST, body: {{runType: kRegular}}}}
    - name: Poll
      {REST}: {{path: "{GROUPS}/{group}/runs"}}
      register: runs
      until: (runs.json.runs | first).localBackupInfo.status == 'Succeeded'
      retries: 8
      delay: 0
    """
    succeed(ansible.tasks(tasks, way))
    assert logins(ansible) == 2
    assert [entry["status"] for entry in ansible.sim.requests(path="runs$", method="GET")] == [200, 200, 401, 200]


def test_a_token_of_another_module_is_used(ansible: Ansible, way: dict[str, t.Any]) -> None:
    succeed(ansible.tasks(f"- dataprotection.access.cohesity_access_token:\n- {READ}\n- {READ}\n", way))
    assert logins(ansible) == 1


def test_the_environment_gives_no_credential_beside_one(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """COHESITY_API_KEY of a job does not meet the token of a task."""
    tasks = f"""
    - dataprotection.access.cohesity_access_token:
      register: login
    - {REST}: {{path: {GROUPS}, token: "{{{{ login.token }}}}"}}
    - name: With the key
      {READ}
      ignore_errors: true
    """
    run = succeed(ansible.tasks(tasks, way, environment={"COHESITY_API_KEY": "canary-key-of-the-job"}))
    used = [(entry["headers"].get("apikey"), "authorization" in entry["headers"]) for entry in ansible.sim.requests(path="protection-groups")]
    assert used == [(None, True), ("canary-key-of-the-job", False)]
    assert "The API key was not accepted" in run.result("With the key")["msg"]


def test_the_result_is_shown_and_check_mode_predicts(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = f"""
    - name: Write
      {REST}: {{path: {GROUPS}, method: POST, body: {{name: daily}}}}
    - name: Predicted login
      dataprotection.access.cohesity_access_token:
      register: login
    - name: Without a credential
      {REST}: {{path: {GROUPS}, username: "", password: "", token: "{{{{ login.token }}}}"}}
    """
    predicted = succeed(ansible.tasks(tasks, way, "--check"))
    assert predicted.result("Write")["changed"] is True
    assert "there is no credential to read with" in predicted.result("Without a credential")["skip_reason"]
    assert "skipping: [" in predicted.screen
    assert ansible.sim.requests() == []
    run = succeed(ansible.tasks(tasks, way, "-v"))
    assert run.result("Write")["json"]["name"] == "daily"
    assert '"name": "daily"' in run.screen


# Command Center

CALL = "dataprotection.access.commandcenter_rest"
HALF_AN_HOUR = 1801


@pytest.fixture
def store(ansible: Ansible) -> str:
    """The options of a store that the target can write to."""
    return f"store: {{file: {ansible.folder}/ci.json}}"


def test_a_stored_token_ends_in_the_middle_of_a_loop(ansible: Ansible, way: dict[str, t.Any], store: str) -> None:
    """One renewal for the expiry, and each object is created once. The calls need no login."""
    ansible.sim.fault("operation", name="advance", arguments={"seconds": HALF_AN_HOUR}, path="ClientGroup", after=3)
    tasks = f"""
    - dataprotection.access.commandcenter_access_token: {{name: ci, {store}}}
    - name: Create
      {CALL}: {{path: /ClientGroup, method: POST, username: "", password: "", body: {{name: "group {{{{ item }}}}"}}, {store}}}
      loop: [0, 1, 2, 3, 4, 5]
    - name: Read
      {CALL}: {{path: /ClientGroup, {store}}}
      register: found
    - record: {{names: "{{{{ found.json.clientgroups | map(attribute='name') | list }}}}"}}
    """
    run = succeed(ansible.tasks(tasks, way, "-vvv"))
    assert run.value("names") == [f"group {number}" for number in range(6)]
    assert len(ansible.sim.requests(path="AccessToken/Renew$")) == 1
    assert len(ansible.sim.requests(path="/Login$")) == 1
    assert len(ansible.sim.requests(path="ClientGroup$", method="POST")) == 7
    assert [token["alive"] for token in ansible.sim.state()["commandcenter"]["tokens"]] == [True]
    for token in ansible.sim.state()["commandcenter"]["tokens"]:
        assert token["access_token"] not in run.screen


def test_a_given_token_ends_in_the_middle_of_an_until(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """With a login beside it, each attempt after the end logs in and out; without one, the error says why."""
    ansible.sim.set(commandcenter_job_seconds=HALF_AN_HOUR)
    ansible.sim.fault("operation", name="advance", arguments={"seconds": HALF_AN_HOUR + 60}, path="Job/[0-9]+$", after=2)
    tasks = f"""
    - dataprotection.access.commandcenter_access_token: {{name: ci}}
      register: named
    - {CALL}: {{path: /CreateTask, method: POST, body: {{}}, token: "{{{{ named.token }}}}"}}
      register: started
    - name: Poll
      {CALL}: {{path: "/Job/{{{{ started.json.jobIds[0] }}}}", token: "{{{{ named.token }}}}"}}
      register: job
      until: job.json.jobs[0].jobSummary.status == 'Completed'
      retries: 8
      delay: 0
    - record: {{actions: "{{{{ job.actions }}}}"}}
    - name: Alone
      {CALL}: {{path: /Job, username: "", password: "", token: "{{{{ named.token }}}}"}}
      ignore_errors: true
    """
    run = succeed(ansible.tasks(tasks, way))
    assert run.value("actions") == ["reauthenticated"]
    assert [entry["status"] for entry in ansible.sim.requests(path="Job/[0-9]+$")] == [200, 200, 401, 200]
    assert len(ansible.sim.requests(path="/Login$")) == 2
    assert ansible.sim.state()["commandcenter"]["logins"] == []
    assert "neither a store" in run.result("Alone")["msg"]
