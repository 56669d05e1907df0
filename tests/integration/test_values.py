# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values on their way in and out: environment, tokens that are handed back, short passwords, vaulted passwords, numbers."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.playbook import IN_PROCESS, SHIPPED, SHIPPED_LOCALLY, Ansible
from tests.simulator import Simulator
from tests.simulator.credentials import (
    COHESITY_PASSWORD,
    COMMANDCENTER_PASSWORD,
    PIN,
    QSDK_AUTH_TOKEN,
    TOTP_CODE,
)

# Environment fallbacks


def controller_environment(sim: Simulator) -> dict[str, str]:
    """All options of both products from the environment, as AWX injects a credential."""
    return {
        "COHESITY_CLUSTER": sim.host,
        "COHESITY_USERNAME": "ad-backup",
        "COHESITY_PASSWORD": "canary-cohesity-ad-password",
        "COHESITY_DOMAIN": "CORP",
        "COHESITY_CA_PATH": sim.ca_path,
        # A field of the credential that was left empty.
        "COHESITY_VALIDATE_CERTS": "",
        "COMMANDCENTER_URL": sim.url,
        "COMMANDCENTER_AUTH_TOKEN": QSDK_AUTH_TOKEN,
        "COMMANDCENTER_CA_PATH": sim.ca_path,
    }


FROM_ENVIRONMENT = """
- dataprotection.access.cohesity_access_token:
  register: token
- dataprotection.access.commandcenter_access_token:
    name: ci
  register: named
- dataprotection.access.commandcenter_access_token_info:
  register: listed
- record:
    username: "{{ token.token.username }}"
    domain: "{{ token.token.domain }}"
    names: "{{ [named.token.name] + listed.tokens | map(attribute='name') | list }}"
"""


@pytest.mark.parametrize("way", [IN_PROCESS, SHIPPED, SHIPPED_LOCALLY], ids=["in_process", "shipped", "shipped_locally"])
def test_controllers_environment_is_used_wherever_the_task_runs(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """The target of `shipped` has nothing of the controller's environment."""
    run = ansible.tasks(FROM_ENVIRONMENT, {**way, "module_defaults": {}}, environment=controller_environment(ansible.sim))
    assert run.rc == 0, run.screen
    assert (run.value("username"), run.value("domain")) == ("ad-backup", "CORP")
    assert run.value("names") == ["ci", "ci"]
    # The auth_token is not of our making: it is not ended.
    assert ansible.sim.requests(path="login|logout") == []


@pytest.mark.parametrize("hosts", ["local", "remote"])
def test_environment_of_the_task_wins(ansible: Ansible, hosts: str) -> None:
    keywords = {
        "hosts": hosts,
        "module_defaults": {},
        "environment": {"COHESITY_USERNAME": "backup", "COHESITY_PASSWORD": COHESITY_PASSWORD, "COHESITY_DOMAIN": "LOCAL"},
    }
    tasks = """
    - dataprotection.access.cohesity_access_token:
      register: token
    - record: {username: "{{ token.token.username }}", domain: "{{ token.token.domain }}"}
    """
    run = ansible.tasks(tasks, keywords, environment=controller_environment(ansible.sim))
    assert run.rc == 0, run.screen
    assert (run.value("username"), run.value("domain")) == ("backup", "LOCAL")


def test_options_win_over_every_environment(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    environment = {**every_way.get("environment", {}), "COHESITY_DOMAIN": "NOWHERE"} if every_way != IN_PROCESS else {}
    tasks = """
    - dataprotection.access.cohesity_access_token:
        cohesity_admin: backup
        cohesity_password: "{{ cohesity.password }}"
        domain: LOCAL
      register: token
    - record: {username: "{{ token.token.username }}", domain: "{{ token.token.domain }}"}
    """
    keywords = {**every_way, "module_defaults": {}, "environment": environment}
    run = ansible.tasks(tasks, keywords, environment=controller_environment(ansible.sim))
    assert run.rc == 0, run.screen
    assert (run.value("username"), run.value("domain")) == ("backup", "LOCAL")


def test_wrong_type_in_the_environment(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - name: Get a token
      dataprotection.access.cohesity_access_token:
      ignore_errors: true
    """
    run = ansible.tasks(tasks, way, environment={"COHESITY_VALIDATE_CERTS": "perhaps"})
    assert "validate_certs" in run.result("Get a token")["msg"]
    assert "perhaps" in run.result("Get a token")["msg"]


# Tokens that are handed back


def test_cohesity_token_is_handed_back_whole(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    tasks = """
    - dataprotection.access.cohesity_access_token:
      register: first
    - dataprotection.access.cohesity_access_token:
        token: "{{ first.token }}"
      register: second
    - record: {first: "{{ first.token }}", second: "{{ second.token }}", changed: "{{ second.changed }}", actions: "{{ second.actions }}"}
    """
    run = ansible.tasks(tasks, every_way)
    assert run.rc == 0, run.screen
    first, second = run.value("first"), run.value("second")
    assert 0 <= first.pop("expires_in") - second.pop("expires_in") <= 30
    assert second == first
    assert (run.value("changed"), run.value("actions")) == (False, ["reused"])


def test_fact_can_be_handed_back(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """The first task of a play that may follow on another one."""
    tasks = """
    - dataprotection.access.cohesity_access_token:
        token: "{{ cohesity_access_token | default(omit) }}"
    """
    run = ansible.tasks(tasks + tasks.replace("\n    ", "\n    ", 1), way)
    assert run.rc == 0, run.screen
    assert "changed=1" in run.words
    assert len(ansible.sim.requests(path="access-tokens")) == 1


def test_pair_is_renewed_whole(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    tasks = """
    - dataprotection.access.commandcenter_access_token:
        name: ci
      register: first
    - dataprotection.access.commandcenter_access_token:
        name: ci
        state: renewed
        access_token: "{{ first.token.access_token }}"
        refresh_token: "{{ first.token.refresh_token }}"
      register: second
    - record: {first: "{{ first.token }}", second: "{{ second.token }}"}
    """
    run = ansible.tasks(tasks, every_way)
    assert run.rc == 0, run.screen
    first, second = run.value("first"), run.value("second")
    (live,) = ansible.sim.state()["commandcenter"]["tokens"]
    assert (second["access_token"], second["refresh_token"]) == (live["access_token"], live["refresh_token"])
    assert second["access_token"] != first["access_token"]
    assert second["headers"] == {"Authorization": f"Bearer {second['access_token']}"}
    assert (second["id"], second["name"]) == (first["id"], "ci")


# Short passwords: every value with that letter in it must stay whole


def test_one_letter_password_for_cohesity(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    ansible.sim.fault("json", path="access-tokens", value={"accessToken": "an-arbitrary-access-token", "tokenType": "Bearer"}, code=201)
    tasks = """
    - name: Get a token
      dataprotection.access.cohesity_access_token:
        username: anna
        password: a
      register: got
    - name: Talk of something else
      ansible.builtin.debug:
        msg: alpha and beta
    - record: {token: "{{ got.token }}"}
    """
    run = ansible.tasks(tasks, every_way, "-v")
    assert run.rc == 0, run.screen
    token = run.value("token")
    assert token["access_token"] == "an-arbitrary-access-token"
    assert token["headers"] == {"Authorization": "Bearer an-arbitrary-access-token"}
    assert (token["username"], token["domain"], token["cluster"]) == ("anna", "LOCAL", ansible.sim.host)
    assert "alpha and beta" in run.words
    assert "PLAY RECAP" in run.words
    assert "an-arbitrary-access-token" not in run.screen


def test_one_letter_code_for_commandcenter(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    ansible.sim.commandcenter_create("dd")
    tasks = """
    - name: List
      dataprotection.access.commandcenter_access_token_info:
        password: "{{ commandcenter.password[:-1] }}"
        otp_code: d
    - name: Create
      dataprotection.access.commandcenter_access_token:
        name: dude
        password: "{{ commandcenter.password[:-1] }}"
        otp_code: d
      register: got
    - record: {token: "{{ got.token }}"}
    """
    run = ansible.tasks(tasks, every_way, "-v")
    assert run.rc == 0, run.screen
    (listed,) = run.result("List")["tokens"]
    assert {"name", "id", "user_id", "created_at", "renewable_until"} < set(listed)
    assert listed["name"] == "dd"
    assert ansible.sim.check(run.value("token")["access_token"])
    assert '"name": "dd"' in run.words


def test_short_password_in_a_failure(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    tasks = """
    - name: Get a token
      dataprotection.access.cohesity_access_token:
        password: a
      ignore_errors: true
    """
    run = ansible.tasks(tasks, every_way, "-v")
    assert run.result("Get a token")["msg"].startswith(f"POST {ansible.sim.url}/v2/access-tokens: HTTP 400 KValidationError: Invalid Username or Password")


def test_loop_item_with_a_short_password_is_not_shown(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - name: Get tokens
      dataprotection.access.cohesity_access_token:
        password: "{{ item.secret }}"
      loop: [{who: first, secret: hunter2}, {who: second, secret: tr0ub}]
      ignore_errors: true
    """
    run = ansible.tasks(tasks, way, "-v")
    assert run.rc == 0, run.screen
    for secret in ("hunter2", "tr0ub"):
        assert secret not in run.screen
        assert secret not in str(run.results)


# Types


def test_code_that_is_a_number(ansible: Ansible, every_way: dict[str, t.Any]) -> None:
    """YAML reads an unquoted one-time password as a number."""
    tasks = f"""
    - dataprotection.access.cohesity_access_token:
        username: mfa
        password: canary-cohesity-mfa-password
        otp_code: {TOTP_CODE}
      register: got
    - dataprotection.access.commandcenter_access_token:
        name: ci
        username: mfa
        password: canary-commandcenter-mfa-password
        otp_code: {PIN}
      register: named
    - record: {{token: "{{{{ got.token }}}}", named: "{{{{ named.token }}}}"}}
    """
    run = ansible.tasks(tasks, every_way)
    assert run.rc == 0, run.screen
    assert ansible.sim.check_cohesity(run.value("token")["access_token"])
    assert ansible.sim.check(run.value("named")["access_token"])


def test_loop_over_numbers_that_are_codes(ansible: Ansible, way: dict[str, t.Any]) -> None:
    tasks = """
    - dataprotection.access.cohesity_access_token:
        otp_code: "{{ item }}"
      loop: [864213579, 864213580]
    """
    run = ansible.tasks(tasks, way, "-v")
    assert run.rc == 0, run.screen
    assert "8642135" not in run.screen
    assert "8642135" not in str(run.results)


VAULT_PASSWORD = "the-password-of-the-vault"


@pytest.fixture
def vault_arguments(tmp_path: Path) -> list[str]:
    path = tmp_path / "vault-password"
    path.write_text(VAULT_PASSWORD, encoding="utf-8")
    return ["--vault-password-file", str(path)]


def vaulted(secret: str) -> str:
    """The secret as a value that ansible-vault encrypted, for a block of YAML."""
    from ansible.parsing.vault import VaultLib, VaultSecret

    vault = VaultLib([("default", VaultSecret(VAULT_PASSWORD.encode()))])
    return vault.encrypt(secret.encode()).decode().strip()


@pytest.mark.parametrize("looped", [False, True], ids=["plain", "looped"])
def test_password_from_ansible_vault(ansible: Ansible, tmp_path: Path, way: dict[str, t.Any], vault_arguments: list[str], looped: bool) -> None:
    secret = "".join(f"\n    {line}" for line in vaulted(COMMANDCENTER_PASSWORD).splitlines())
    (tmp_path / "secrets.yml").write_text(f"vaulted: !vault |{secret}\nlogins: [{{password: '{{{{ vaulted }}}}'}}]\n", encoding="utf-8")
    password, keyword = ("item.password", "loop: '{{ logins }}'") if looped else ("vaulted", "ignore_errors: false")
    tasks = f"""
    - name: List
      dataprotection.access.commandcenter_access_token_info:
        password: "{{{{ {password} }}}}"
      {keyword}
    - name: Create
      dataprotection.access.commandcenter_access_token:
        name: ci
        password: "{{{{ {password} }}}}"
      register: got
      {keyword}
    - record:
        token: "{{{{ (got.results | default([got])).0.token }}}}"
    - name: Fail
      dataprotection.access.commandcenter_access_token_info:
        password: "{{{{ {password} }}}}"
        timeout: -1
      {keyword}
    """
    run = ansible.tasks(tasks, way, "-v", "-e", f"@{tmp_path}/secrets.yml", *vault_arguments)
    assert run.rc == 2, run.screen
    assert "timeout must be more than 0" in run.words
    assert ansible.sim.check(run.value("token")["access_token"])
    assert COMMANDCENTER_PASSWORD not in run.screen
    assert COMMANDCENTER_PASSWORD not in str(run.results)
