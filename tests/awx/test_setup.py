# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that load the AWX kit and remove it: with awx.awx, without it, and with what is missing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.awx.kit import INJECTORS, INPUTS, OBJECTS, SURVEYS, TEMPLATES
from tests.awx.small_awx import SmallAwx
from tests.tree import HERE, link

# `make awx` puts awx.awx there, as it comes inside of the package ansible.
WITH_AWX = HERE / "build" / "ansible"
SETUP, REMOVE = "dataprotection.access.awx_setup", "dataprotection.access.awx_remove"
URL = {"awx_setup_project_url": "https://git.example.com/project.git"}


NOBODY = "http://127.0.0.1:1"


def run(folder: Path, playbook: str, *arguments: str, host: str = NOBODY, with_awx: bool = True, **variables: t.Any) -> tuple[int, str]:
    """Run a playbook; its exit code, and the words on the screen."""
    own = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(link())
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ANSIBLE_CONFIG": str(HERE / "tests" / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": f"{own}:{WITH_AWX}" if with_awx else own,
        "CONTROLLER_HOST": host,
        "CONTROLLER_OAUTH_TOKEN": "canary-controller-token",
    }
    extra = folder / "variables.json"
    extra.write_text(json.dumps(variables), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "playbook", playbook, "-e", f"@{extra}", *arguments]
    process = subprocess.run(command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280, check=False)
    return process.returncode, " ".join((process.stdout + process.stderr).split())


@pytest.mark.parametrize("playbook", [SETUP, REMOVE])
@pytest.mark.parametrize("with_awx", [True, False])
def test_the_syntax_is_right(tmp_path: Path, playbook: str, with_awx: bool) -> None:
    """Also where awx.awx is missing, so that the playbook can say so."""
    code, screen = run(tmp_path, playbook, "--syntax-check", with_awx=with_awx)
    assert code == 0, screen


@pytest.mark.parametrize("name", ["awx_setup", "awx_remove"])
def test_the_syntax_of_the_tasks_is_right(tmp_path: Path, name: str) -> None:
    """A syntax check does not look into tasks that are included while the playbook runs."""
    tasks = yaml.safe_load((HERE / "playbooks" / "tasks" / f"{name}.yml").read_text(encoding="utf-8"))
    assert {key for task in tasks for key in task if "." in key} >= {"awx.awx.project", "awx.awx.job_template", "awx.awx.credential_type"}
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "tasks": tasks}]), encoding="utf-8")
    code, screen = run(tmp_path, str(playbook), "--syntax-check")
    assert code == 0, screen
    assert run(tmp_path, str(playbook), "--syntax-check", with_awx=False)[0] != 0


@pytest.mark.parametrize("playbook", [SETUP, REMOVE])
def test_a_missing_collection_is_named(tmp_path: Path, playbook: str) -> None:
    code, screen = run(tmp_path, playbook, with_awx=False, **URL)
    assert code != 0
    assert "The collection awx.awx is missing" in screen
    assert "ansible-galaxy collection install awx.awx" in screen


@pytest.mark.parametrize("variables", [{}, {**URL, "awx_setup_project_path": "project"}], ids=["neither", "both"])
def test_the_project_needs_one_address(tmp_path: Path, variables: dict[str, str]) -> None:
    code, screen = run(tmp_path, SETUP, **variables)
    assert code != 0
    assert "Give either awx_setup_project_url or awx_setup_project_path" in screen


@pytest.mark.parametrize("playbook", [SETUP, REMOVE])
def test_awx_is_called(tmp_path: Path, playbook: str) -> None:
    code, screen = run(tmp_path, playbook, "-vvv", **URL)
    assert code != 0
    assert f"{NOBODY}/api/v2/organizations/?name=Default" in screen
    assert "canary-controller-token" not in screen


def test_what_is_created_is_removed() -> None:
    texts = {name: (HERE / "playbooks" / "tasks" / f"{name}.yml").read_text(encoding="utf-8") for name in ("awx_setup", "awx_remove")}
    created, removed = (set(re.findall(r"awx\.awx\.(\w+):", text)) for text in texts.values())
    # The organization is the user's; the others go with what they belong to.
    assert created - removed == {"organization", "host", "group", "schedule", "workflow_job_template_node"}
    assert {name for name in OBJECTS if f"awx_setup_objects.{name}" in texts["awx_setup"]} == set(OBJECTS)
    assert {name for name in OBJECTS if f"awx_setup_objects.{name}" in texts["awx_remove"]} == set(OBJECTS) - {"schedules"}


# With a small AWX

EVERYTHING: dict[str, t.Any] = {
    **URL,
    "awx_setup_image": "registry.example.com/ee:1.0.0",
    "awx_setup_clusters": ["cluster-one.example.com", "cluster-two.example.com"],
    "awx_setup_commandcenter": {"url": "https://commandcenter.example.com", "username": "svc-ansible", "password": "canary-password"},
    "awx_setup_tokens": [{"name": "ci", "store": {"vault": {"path": "tokens/ci"}}}],
    "awx_setup_consumers_template": "Tell the consumers",
}


@pytest.fixture
def awx() -> t.Iterator[SmallAwx]:
    with SmallAwx() as server:
        server.add("organizations", name="Default")
        server.add("credentials", name="Ansible Galaxy", inputs={})
        server.add("job_templates", name="Tell the consumers")
        yield server


def changes(screen: str) -> int:
    return int(re.findall(r"changed=(\d+)", screen)[-1])


@pytest.mark.timeout(900)
def test_everything_is_loaded_once_and_removed(tmp_path: Path, awx: SmallAwx) -> None:
    code, screen = run(tmp_path, SETUP, host=awx.url, **EVERYTHING)
    assert code == 0, screen
    assert "canary-password" not in screen
    check_what_was_loaded(awx)
    awx.writes.clear()
    code, screen = run(tmp_path, SETUP, host=awx.url, **EVERYTHING)
    assert code == 0, screen
    assert (changes(screen), awx.writes) == (0, [])
    for expected in (True, False):
        code, screen = run(tmp_path, REMOVE, host=awx.url)
        assert code == 0, screen
        assert (changes(screen) > 0) is expected
    assert set(awx.named("credentials")) == {"Ansible Galaxy"}
    assert set(awx.named("organizations")) == {"Default"}
    assert set(awx.named("job_templates")) == {"Tell the consumers"}
    assert not any(awx.named(kind) for kind in ("credential_types", "projects", "inventories", "workflow_job_templates", "execution_environments"))


def check_what_was_loaded(awx: SmallAwx) -> None:
    for kind in OBJECTS["credential_types"]:
        stored = awx.named("credential_types")[kind["name"]]
        assert (stored["inputs"], stored["injectors"]) == (INPUTS[kind["directory"]], INJECTORS[kind["directory"]])
    assert awx.named("hosts")["localhost"]["variables"] == json.dumps(OBJECTS["inventories"][0]["hosts"][0]["variables"])
    clusters = {name: item["id"] for name, item in awx.named("hosts").items() if name != "localhost"}
    assert set(clusters) == set(EVERYTHING["awx_setup_clusters"])
    assert sorted(awx.linked("groups", "clusters", "hosts")) == sorted(clusters.values())
    assert awx.linked("organizations", "Default", "galaxy_credentials") == [awx.named("credentials")["Ansible Galaxy"]["id"]]
    for key, template in TEMPLATES.items():
        stored = awx.named("job_templates")[template["name"]]
        assert stored["use_fact_cache"] is False
        assert stored["job_slice_count"] == template["job_slice_count"]
        assert stored["survey_enabled"] is template["survey"]
        assert awx.surveys.get(stored["related"]["survey_spec"]) == SURVEYS.get(key)
        tokens = {"commandcenter_tokens": EVERYTHING["awx_setup_tokens"]} if "tokens_variable" in template else {}
        assert json.loads(stored["extra_vars"]) == {**template["extra_vars"], **tokens}
        assert len(awx.linked("job_templates", template["name"], "credentials")) == len(template["credentials"])
    assert {name: item["rrule"] for name, item in awx.named("schedules").items()} == {one["name"]: one["rrule"] for one in OBJECTS["schedules"]}
    nodes = awx.named("workflow_job_template_nodes")
    assert awx.linked("workflow_job_template_nodes", "rotate", "success_nodes") == [nodes["consumers"]["id"]]
    assert nodes["consumers"]["unified_job_template"] == awx.named("job_templates")["Tell the consumers"]["id"]


def test_the_smallest_set_of_variables(tmp_path: Path, awx: SmallAwx) -> None:
    """A credential that somebody filled in by hand stays as it is."""
    code, screen = run(tmp_path, SETUP, host=awx.url, **URL)
    assert code == 0, screen
    assert not any(awx.named(kind) for kind in ("execution_environments", "workflow_job_templates"))
    awx.named("credentials")["Data protection Vault"]["inputs"] = {"url": "https://vault.example.com:8200", "token": "by hand"}
    code, screen = run(tmp_path, SETUP, host=awx.url, **URL)
    assert (code, changes(screen)) == (0, 0), screen
    assert awx.named("credentials")["Data protection Vault"]["inputs"]["token"] == "by hand"


def test_a_missing_galaxy_credential_is_named(tmp_path: Path, awx: SmallAwx) -> None:
    awx.items["credentials"].clear()
    code, screen = run(tmp_path, SETUP, host=awx.url, **URL)
    assert code != 0
    assert "could not be given the Galaxy credentials Ansible Galaxy" in screen
    assert "awx_setup_galaxy_credentials" in screen
