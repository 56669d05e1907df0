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

from tests.awx.kit import OBJECTS
from tests.tree import HERE, link

# `make awx` puts awx.awx there, as it comes inside of the package ansible.
WITH_AWX = HERE / "build" / "ansible"
SETUP, REMOVE = "dataprotection.access.awx_setup", "dataprotection.access.awx_remove"
URL = {"awx_setup_project_url": "https://git.example.com/project.git"}


def run(folder: Path, playbook: str, *arguments: str, with_awx: bool = True, **variables: t.Any) -> tuple[int, str]:
    """Run a playbook; its exit code, and the words on the screen. Nothing listens where AWX would be."""
    own = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(link())
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ANSIBLE_CONFIG": str(HERE / "tests" / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": f"{own}:{WITH_AWX}" if with_awx else own,
        "CONTROLLER_HOST": "http://127.0.0.1:1",
        "CONTROLLER_OAUTH_TOKEN": "canary-controller-token",
    }
    extra = folder / "variables.json"
    extra.write_text(json.dumps(variables), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "playbook", playbook, "-e", f"@{extra}", *arguments]
    process = subprocess.run(command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False)
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
    assert "http://127.0.0.1:1/api/v2/organizations/?name=Default" in screen
    assert "canary-controller-token" not in screen


def test_what_is_created_is_removed() -> None:
    texts = {name: (HERE / "playbooks" / "tasks" / f"{name}.yml").read_text(encoding="utf-8") for name in ("awx_setup", "awx_remove")}
    created, removed = (set(re.findall(r"awx\.awx\.(\w+):", text)) for text in texts.values())
    # The organization is the user's; the others go with what they belong to.
    assert created - removed == {"organization", "host", "group", "schedule", "workflow_job_template_node"}
    assert {name for name in OBJECTS if f"awx_setup_objects.{name}" in texts["awx_setup"]} == set(OBJECTS)
    assert {name for name in OBJECTS if f"awx_setup_objects.{name}" in texts["awx_remove"]} == set(OBJECTS) - {"schedules"}
