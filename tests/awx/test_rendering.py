# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of the AWX kit, rendered by AWX's own code, are what the modules log in with."""

from __future__ import annotations

import stat
import typing as t
from pathlib import Path
from types import ModuleType

import pytest
from ansible.module_utils.basic import AnsibleFallbackNotFound

from ansible_collections.dataprotection.access.plugins.module_utils._options import COHESITY_SPEC, COMMANDCENTER_SPEC, STORE_SPEC
from ansible_collections.dataprotection.access.plugins.modules import (
    cohesity_access_token,
    commandcenter_access_token,
    commandcenter_access_token_info,
)
from tests.awx.kit import INJECTORS, INPUTS
from tests.awx.rendering import render
from tests.openbao import OpenBao
from tests.simulator import Simulator
from tests.simulator.credentials import COHESITY_PASSWORD, COMMANDCENTER_PASSWORD, QSDK_AUTH_TOKEN, TOTP_CODE
from tests.unit.helpers import Task, full_params

SPECS: dict[str, dict[str, t.Any]] = {
    "cohesity": COHESITY_SPEC,
    "commandcenter": COMMANDCENTER_SPEC,
    "vault": STORE_SPEC["store"]["options"]["vault"]["options"],
}
FULL: dict[str, dict[str, t.Any]] = {
    "cohesity": {
        "cluster": "cohesity.example.com",
        "username": "backup",
        "password": "canary {{ 7 * 7 }} 'quoted' \"twice\" päss",
        "domain": "CORP",
        "api_key": "canary-api-key",
        "otp_code": "123456",
        "ca_certificate": "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n",
        "skip_certificate_verification": True,
    },
    "commandcenter": {
        "url": "https://commandcenter.example.com",
        "username": "svc-ansible",
        "password": "canary-password",
        "domain": "CORP",
        "otp_code": "123456",
        "auth_token": "QSDK canary",
        "auth_header": "authtoken",
        "ca_certificate": "certificate\n",
        "skip_certificate_verification": True,
    },
    "vault": {
        "url": "https://vault.example.com:8200",
        "token": "canary-token",
        "role_id": "role",
        "secret_id": "canary-secret-id",
        "vault_namespace": "backup",
        "ca_certificate": "certificate\n",
    },
}


def inject(monkeypatch: pytest.MonkeyPatch, name: str, inputs: t.Mapping[str, t.Any], folder: Path) -> dict[str, str]:
    environment = render(name, inputs, folder).environment
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    return environment


@pytest.mark.parametrize("name", INPUTS)
def test_full_credential(name: str, tmp_path: Path) -> None:
    """Every field arrives as it was typed in, braces included."""
    rendered = render(name, FULL[name], tmp_path)
    assert set(FULL[name]) == {field["id"] for field in INPUTS[name]["fields"]}
    for field, value in FULL[name].items():
        (variable,) = [one for one, template in INJECTORS[name]["env"].items() if field in template]
        if field == "ca_certificate":
            path = Path(rendered.environment[variable])
            assert path.read_text(encoding="utf-8") == value
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        elif field == "skip_certificate_verification":
            assert rendered.environment[variable] == "false"
        else:
            assert rendered.environment[variable] == value


@pytest.mark.parametrize("name", INPUTS)
def test_awx_keeps_no_secret(name: str, tmp_path: Path) -> None:
    shown = str(render(name, FULL[name], tmp_path).shown)
    secret = [field["id"] for field in INPUTS[name]["fields"] if field.get("secret")]
    assert len(secret) >= 2
    assert [field for field in secret if FULL[name][field] in shown] == []
    assert "canary" not in shown


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("blank", [None, ""], ids=["unset", "empty"])
def test_empty_credential_gives_the_options_nothing(name: str, blank: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable is set, to the empty string; verification stays on; every option has its default."""
    inputs = {} if blank is None else {field["id"]: blank for field in INPUTS[name]["fields"] if field["type"] == "string"}
    environment = inject(monkeypatch, name, inputs, tmp_path)
    assert set(environment) == set(INJECTORS[name]["env"])
    assert {value for variable, value in environment.items() if not variable.endswith("VALIDATE_CERTS")} == {""}
    assert {value for variable, value in environment.items() if variable.endswith("VALIDATE_CERTS")} <= {"true"}
    for rule in SPECS[name].values():
        for variable in rule.get("fallback", (None, []))[1]:
            if variable in environment and not variable.endswith("VALIDATE_CERTS"):
                with pytest.raises(AnsibleFallbackNotFound):
                    rule["fallback"][0](variable)


@pytest.mark.parametrize(("skip", "verified"), [(None, True), (False, True), (True, False)])
@pytest.mark.parametrize(("name", "module"), [("cohesity", cohesity_access_token), ("commandcenter", commandcenter_access_token_info)])
def test_false_is_the_safe_case(name: str, module: ModuleType, skip: bool | None, verified: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inject(monkeypatch, name, {} if skip is None else {"skip_certificate_verification": skip}, tmp_path)
    monkeypatch.setenv("COMMANDCENTER_URL", "https://commandcenter.example.com")
    assert full_params(module)["validate_certs"] is verified


# With the simulator


def ca(sim: Simulator) -> str:
    return Path(sim.ca_path).read_text(encoding="utf-8")


def test_cohesity_login(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"cluster": sim.host, "username": "backup", "password": COHESITY_PASSWORD, "ca_certificate": ca(sim)}
    inject(monkeypatch, "cohesity", inputs, tmp_path)
    token = Task(cohesity_access_token)()["token"]
    assert sim.check_cohesity(token["access_token"])
    assert token["domain"] == "LOCAL"


def test_cohesity_login_with_a_code(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"cluster": sim.host, "username": "mfa", "password": "canary-cohesity-mfa-password", "otp_code": TOTP_CODE, "ca_certificate": ca(sim)}
    inject(monkeypatch, "cohesity", inputs, tmp_path)
    assert sim.check_cohesity(Task(cohesity_access_token)()["token"]["access_token"])


def test_cohesity_login_in_a_domain(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"cluster": sim.host, "username": "ad-backup", "password": "canary-cohesity-ad-password", "domain": "CORP", "ca_certificate": ca(sim)}
    inject(monkeypatch, "cohesity", inputs, tmp_path)
    assert Task(cohesity_access_token)()["token"]["domain"] == "CORP"


def test_certificate_that_nobody_trusts(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the CA the login fails; only the box that says so turns verification off."""
    inputs = {"cluster": sim.host, "username": "backup", "password": COHESITY_PASSWORD}
    inject(monkeypatch, "cohesity", inputs, tmp_path / "verified")
    assert "certificate" in str(Task(cohesity_access_token, retries=0).fails())
    assert sim.requests() == []
    inject(monkeypatch, "cohesity", {**inputs, "skip_certificate_verification": True}, tmp_path / "skipped")
    assert sim.check_cohesity(Task(cohesity_access_token)()["token"]["access_token"])


def test_command_center_login_with_a_store(sim: Simulator, openbao: OpenBao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two credentials of one job, whose certificates are two files."""
    login = {"url": sim.url, "username": "svc-ansible", "password": COMMANDCENTER_PASSWORD, "ca_certificate": ca(sim)}
    inject(monkeypatch, "commandcenter", login, tmp_path)
    path = openbao.unused("awx")
    role = openbao.approle(path)
    inputs = {"url": openbao.tls_url, **role._asdict(), "ca_certificate": Path(openbao.ca_path).read_text(encoding="utf-8")}
    inject(monkeypatch, "vault", inputs, tmp_path)
    task = Task(commandcenter_access_token, name="ci", store={"vault": {"path": path}})
    assert task()["actions"] == ["created"]
    assert task()["changed"] is False
    assert openbao.read(path)[1] == 2


def test_vault_with_a_token(sim: Simulator, openbao: OpenBao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inject(monkeypatch, "commandcenter", {"url": sim.url, "auth_token": QSDK_AUTH_TOKEN, "ca_certificate": ca(sim)}, tmp_path)
    path = openbao.unused("awx")
    inject(monkeypatch, "vault", {"url": openbao.url, "token": openbao.token}, tmp_path)
    assert Task(commandcenter_access_token, name="ci", store={"vault": {"path": path}})()["actions"] == ["created"]


@pytest.mark.parametrize(
    ("missing", "named"),
    [("cluster", "COHESITY_CLUSTER"), ("username", "username"), ("password", "password")],
)
def test_cohesity_credential_without_a_field(sim: Simulator, missing: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"cluster": sim.host, "username": "backup", "password": COHESITY_PASSWORD, "ca_certificate": ca(sim), missing: ""}
    inject(monkeypatch, "cohesity", inputs, tmp_path)
    assert named in str(Task(cohesity_access_token).fails())
    assert sim.requests() == []


@pytest.mark.parametrize(("missing", "named"), [("username", "username"), ("password", "password")])
def test_command_center_credential_without_a_field(sim: Simulator, missing: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"url": sim.url, "username": "svc-ansible", "password": COMMANDCENTER_PASSWORD, "ca_certificate": ca(sim), missing: ""}
    inject(monkeypatch, "commandcenter", inputs, tmp_path)
    assert named in str(Task(commandcenter_access_token_info).fails())
    assert sim.requests() == []


@pytest.mark.parametrize(("inputs", "named"), [({}, "store.vault.url"), ({"url": "https://vault.example.com:8200", "role_id": "role"}, "secret_id")])
def test_vault_credential_without_a_field(sim: Simulator, inputs: dict[str, str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inject(monkeypatch, "commandcenter", {"url": sim.url, "auth_token": QSDK_AUTH_TOKEN, "ca_certificate": ca(sim)}, tmp_path)
    inject(monkeypatch, "vault", inputs, tmp_path)
    assert named in str(Task(commandcenter_access_token, name="ci", store={"vault": {"path": "tokens/ci"}}).fails())
    assert sim.state()["commandcenter"]["tokens"] == []
