# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The integration targets, which ansible-test can run too, in every way in which a task runs."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.playbook import Ansible

TARGETS = Path(__file__).parent / "targets"
MODULES = Path(__file__).parents[2] / "plugins" / "modules"


@pytest.mark.parametrize("target", sorted(path.name for path in TARGETS.glob("module_*")))
def test_target(ansible: Ansible, target: str, every_way: dict[str, t.Any]) -> None:
    ansible.variables = {"simulator": ansible.sim.ready}
    play = f"""
    - hosts: {every_way["hosts"]}
      gather_facts: false
      environment: {every_way.get("environment", {})}
      roles: [{target}]
    """
    run = ansible.play(play, environment={"ANSIBLE_ROLES_PATH": str(TARGETS)})
    assert run.rc == 0, run.screen


def test_every_module_has_a_target() -> None:
    assert {path.stem for path in MODULES.glob("*.py")} == {path.name.removeprefix("module_") for path in TARGETS.glob("module_*")}
