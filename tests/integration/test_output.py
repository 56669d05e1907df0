# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown and what is hidden: results with a secret are, all others stay readable, and warnings always are."""

from __future__ import annotations

import typing as t

import pytest

from tests.playbook import CORE, IN_PROCESS, MODULE_DEFAULTS, SHIPPED, Ansible, Run
from tests.simulator.credentials import COHESITY_PASSWORD, COMMANDCENTER_PASSWORD

# ansible-core 2.22 and later mask a secret wherever it stands, so nothing else needs hiding.
MASKS = CORE >= (2, 22)
MASK = "$REDACTED$"
GET_TOKEN = """
- name: Get a token
  dataprotection.access.cohesity_access_token:
"""


def test_result_with_a_secret(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    tasks = """
    - name: Get a token
      dataprotection.access.cohesity_access_token:
    - name: Create a token
      dataprotection.access.commandcenter_access_token:
        name: ci
    """
    run = ansible.tasks(tasks, every_way, "-v", "--diff")
    assert run.rc == 0, run.screen
    for task in ("Get a token", "Create a token"):
        result = run.result(task)
        assert result["changed"] is True
        if MASKS:
            assert result["token"]["access_token"] == MASK
            assert result["token"]["headers"] == {"Authorization": f"Bearer {MASK}"}
            assert result["actions"] == ["created"]
            assert result["diff"]["after"]
        else:
            assert set(result) <= {"changed", "censored", "_ansible_no_log"}
    if MASKS:
        assert run.result("Get a token")["token"]["username"] == "backup"
        assert "+token: new" in run.words or '"token": "new"' in run.words


def test_results_without_a_secret_are_readable(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    ansible.sim.commandcenter_create("ci")
    tasks = """
    - name: List
      dataprotection.access.commandcenter_access_token_info:
    - name: Exists
      dataprotection.access.commandcenter_access_token: {name: ci}
    - name: Predicted
      dataprotection.access.commandcenter_access_token: {name: another}
      check_mode: true
    - name: Predicted for Cohesity
      dataprotection.access.cohesity_access_token:
      check_mode: true
    - name: Revoke
      dataprotection.access.commandcenter_access_token: {name: ci, state: absent}
    """
    run = ansible.tasks(tasks, every_way, "-v")
    assert run.rc == 0, run.screen
    assert "censored" not in run.screen
    assert [token["name"] for token in run.result("List")["tokens"]] == ["ci"]
    assert run.result("Exists")["token"]["name"] == "ci"
    assert (run.result("Exists")["changed"], run.result("Exists")["secret_available"]) == (False, False)
    assert run.result("Predicted")["actions"] == ["created"]
    assert run.result("Predicted for Cohesity")["token"]["access_token"] is None
    assert run.result("Revoke")["actions"] == ["revoked"]
    assert '"actions": ["revoked"]' in run.words


def test_check_mode_sends_no_write_and_shows_its_diff(ansible: Ansible, way: dict[str, t.Any]) -> None:
    ansible.sim.commandcenter_create("old", api_endpoints=["/client"], type=3)
    tasks = """
    - name: Get a token
      dataprotection.access.cohesity_access_token:
    - name: Create
      dataprotection.access.commandcenter_access_token: {name: new}
    - name: Update
      dataprotection.access.commandcenter_access_token: {name: old, scope: custom, api_endpoints: [/client, /job]}
    - name: Revoke
      dataprotection.access.commandcenter_access_token: {name: old, state: absent}
    """
    run = ansible.tasks(tasks, way, "--check", "--diff")
    assert run.rc == 0, run.screen
    assert "changed=4" in run.words
    # Log in, list and log out; the login is the only POST, and nothing reaches the cluster.
    assert {(one["method"], one["path"].rpartition("/")[2].lower()) for one in ansible.sim.requests()} == {
        ("POST", "login"),
        ("GET", "accesstoken"),
        ("POST", "logout"),
        ("POST", "whoami"),  # whose login this is, before a token that was only found is touched
    }
    assert run.result("Update")["diff"]["after"]["api_endpoints"] == ["/client", "/job"]
    for line in ('+ "name": "new"', '+ "/job"', '- "name": "old"', '+ "token": "new"'):
        assert line in run.words, run.screen
    after = ansible.sim.state()["commandcenter"]["tokens"]
    assert [(token["name"], token["api_endpoints"], token["alive"]) for token in after] == [("old", ["/client"], True)]


def test_second_run_changes_nothing(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - dataprotection.access.commandcenter_access_token:
        name: ci
        scope: custom
        api_endpoints: [/client, /job]
        renewable_until: 90d
        allowed_ips: [127.0.0.0/8]
    """
    ansible.sim.set(commandcenter_list_allowed_ips=True)
    assert "changed=1" in ansible.tasks(tasks, way).words
    ansible.sim.clear_requests()
    run = ansible.tasks(tasks, way)
    assert "changed=0" in run.words, run.screen
    assert len(ansible.sim.requests()) == 3


def test_failure_is_readable(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    tasks = """
    - name: Wrong password
      dataprotection.access.cohesity_access_token:
        password: not-the-password
      ignore_errors: true
    - name: Wrong password there
      dataprotection.access.commandcenter_access_token:
        name: ci
        password: not-the-password
      ignore_errors: true
    - name: Unknown option
      dataprotection.access.cohesity_access_token:
        passwort: "{{ cohesity.password }}"
      ignore_errors: true
    - name: Unknown choice
      dataprotection.access.commandcenter_access_token:
        name: ci
        state: vanished
      ignore_errors: true
    - name: Bad duration
      dataprotection.access.cohesity_access_token:
        lifetime: a day
      ignore_errors: true
    - name: Redirect
      dataprotection.access.commandcenter_access_token_info:
        url: "{{ commandcenter.url }}/webconsole/api"
      ignore_errors: true
    """
    ansible.sim.set(commandcenter_webconsole="redirect")
    run = ansible.tasks(tasks, every_way, "-v")
    assert run.rc == 0, run.screen
    assert "censored" not in run.screen
    failed = run.result("Wrong password")
    assert (failed["changed"], failed["status"], failed["code"]) == (False, 400, "KValidationError")
    assert failed["msg"].startswith(f"POST {ansible.sim.url}/v2/access-tokens: HTTP 400 KValidationError: Invalid Username or Password specified.")
    assert "The login of user 'backup' in domain 'LOCAL' was refused" in run.words
    assert "The login of user 'svc-ansible' was refused" in run.result("Wrong password there")["msg"]
    assert "Unsupported parameters for (dataprotection.access.cohesity_access_token) module: passwort." in run.result("Unknown option")["msg"]
    assert "Supported parameters include" in run.result("Unknown option")["msg"]
    assert "value of state must be one of: present, renewed, absent, got: vanished" in run.result("Unknown choice")["msg"]
    assert run.result("Bad duration")["msg"].startswith("lifetime: 'a day' is not a duration")
    assert "redirects to" in run.result("Redirect")["msg"]
    # One login each: repeated failed logins lock the account.
    assert len(ansible.sim.requests(path="access-tokens")) == len(ansible.sim.requests(path="commandcenter/api/login")) == 1
    assert COHESITY_PASSWORD not in run.screen


def test_user_may_hide_failures_too(ansible: Ansible, way: dict[str, t.Any]) -> None:
    run = ansible.tasks(GET_TOKEN + "    password: wrong-password\n  no_log: true\n", way, "-v")
    assert run.rc != 0
    assert "censored" in run.result("Get a token")
    # ansible-core 2.19 and later show the message all the same, for every module.
    assert ("was refused" in run.words) == (CORE >= (2, 19))


# Warnings


def assert_retry_warning(run: Run) -> None:
    assert run.rc == 0, run.screen
    assert run.words.count("attempt 2 of 4 follows in 0") == 1, run.screen
    assert "[WARNING]: POST" in run.words or "[WARNING]: GET" in run.words


def test_warning_of_a_result_with_a_secret(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    ansible.sim.fault("status", code=503, path="V4/AccessToken", method="POST", headers={"Retry-After": "0"})
    run = ansible.tasks("- dataprotection.access.commandcenter_access_token: {name: ci}", every_way)
    assert_retry_warning(run)


def test_warning_of_a_result_without_a_secret(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    ansible.sim.fault("status", code=503, path="V4/AccessToken", headers={"Retry-After": "0"})
    run = ansible.tasks("- dataprotection.access.commandcenter_access_token_info:", every_way)
    assert_retry_warning(run)


def test_warning_of_a_task_that_the_user_hides(ansible: Ansible, way: dict[str, t.Any]) -> None:
    ansible.sim.fault("status", code=503, path="V4/AccessToken", headers={"Retry-After": "0"})
    run = ansible.tasks("- dataprotection.access.commandcenter_access_token: {name: ci}\n  no_log: true\n", way)
    assert_retry_warning(run)


def test_warnings_of_a_loop(ansible: Ansible, way: dict[str, t.Any]) -> None:
    ansible.sim.fault("status", code=503, path="V4/AccessToken", method="POST", headers={"Retry-After": "0"})
    run = ansible.tasks("- dataprotection.access.commandcenter_access_token: {name: '{{ item }}'}\n  loop: [one, two]\n", way)
    assert_retry_warning(run)


# Loops whose items hold passwords

LOOP = """
- name: Get tokens
  dataprotection.access.cohesity_access_token:
    username: "{{ item.username }}"
    password: "{{ item.password }}"
  loop: "{{ logins }}"
  loop_control:
    extended: false
  register: got
  ignore_errors: true
- record:
    failed: "{{ got.results | map(attribute='failed', default=false) }}"
"""
LOGINS = [
    {"username": "backup", "password": COHESITY_PASSWORD},
    {"username": "backup", "password": "not-the-password"},
    {"username": "viewer", "password": "canary-cohesity-viewer-password"},
]


@pytest.mark.parametrize("extended", [False, True])
def test_loop_item_with_a_password_is_not_shown(ansible: Ansible, way: dict[str, t.Any], extended: bool) -> None:
    run = ansible.tasks(LOOP.replace("extended: false", f"extended: {extended}"), way, "-v", logins=LOGINS)
    assert run.rc == 0, run.screen
    assert run.value("failed") == [False, True, False]
    for login in LOGINS:
        assert login["password"] not in run.screen
        assert login["password"] not in str(run.results)
    # Neither is the token, in any of the ways in which results are shown.
    for token in ansible.sim.state()["cohesity"]["tokens"]:
        assert token["secret"] not in run.screen
        assert token["secret"] not in str(run.results)
    # Whoever reads the log still learns what went wrong.
    assert "The login of user 'backup' in domain 'LOCAL' was refused" in run.words


def test_loop_item_is_not_shown_when_the_options_do_not_fit(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    tasks = LOOP.replace("password: ", "api_version: v9\n    password: ")
    run = ansible.tasks(tasks, every_way, "-v", logins=LOGINS)
    assert run.rc == 0, run.screen
    assert run.value("failed") == [True, True, True]
    for login in LOGINS:
        assert login["password"] not in run.screen
        assert login["password"] not in str(run.results)
    assert "value of api_version must be one of: v1, v2, got: v9" in run.words


def test_innocent_loop_items_are_shown(ansible: Ansible, way: dict[str, t.Any]) -> None:
    ansible.sim.commandcenter_create("first")
    tasks = """
    - dataprotection.access.commandcenter_access_token: {name: "{{ item }}", state: absent}
      loop: [first, second]
    """
    run = ansible.tasks(tasks, way)
    assert "changed: [" in run.words
    assert "(item=first)" in run.words
    assert "(item=second)" in run.words


# Other ways to give secrets and options


@pytest.mark.parametrize("group", ["all", "commandcenter"])
def test_module_defaults_group(ansible: Ansible, group: str) -> None:
    defaults = {f"group/dataprotection.access.{group}": {"username": "svc-ansible", "password": COMMANDCENTER_PASSWORD, "ca_path": ansible.sim.ca_path}}
    tasks = """
    - dataprotection.access.commandcenter_access_token: {name: ci, url: "{{ commandcenter.url }}"}
      register: got
    - dataprotection.access.commandcenter_access_token_info: {url: "{{ commandcenter.url }}"}
      register: listed
    - record: {names: "{{ [got.token.name, listed.tokens.0.name] }}"}
    """
    for way in (IN_PROCESS, SHIPPED):
        run = ansible.tasks(tasks, {**way, "module_defaults": defaults})
        assert run.rc == 0, run.screen
        assert run.value("names") == ["ci", "ci"]


def test_module_defaults_of_both_products(ansible: Ansible) -> None:
    """What all modules know can be said once."""
    defaults = {**MODULE_DEFAULTS, "group/dataprotection.access.all": {"timeout": 1}}
    ansible.sim.fault("delay", seconds=3, times=2)
    tasks = """
    - name: First
      dataprotection.access.cohesity_access_token:
      ignore_errors: true
    - name: Second
      dataprotection.access.commandcenter_access_token_info:
      ignore_errors: true
    """
    run = ansible.tasks(tasks, {**IN_PROCESS, "module_defaults": defaults})
    for task in ("First", "Second"):
        assert "no complete response within 1 s" in run.result(task)["msg"]
