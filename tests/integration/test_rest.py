# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""REST calls in plays: which credential they use, what their result shows, and what check mode does. (test_expiry.py ends credentials.)"""

from __future__ import annotations

import typing as t

from tests.playbook import Ansible, Run

GROUPS = "/v2/data-protect/protection-groups"
REST = "dataprotection.access.cohesity_rest"
READ = f"{REST}: {{path: {GROUPS}}}"


def logins(ansible: Ansible) -> int:
    return len(ansible.sim.requests(path="access-tokens", method="POST"))


def succeed(run: Run) -> Run:
    assert run.rc == 0, run.screen
    return run


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
