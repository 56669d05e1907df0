# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for tests that run ansible-playbook."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.playbook import IN_PROCESS, SHIPPED, SHIPPED_LOCALLY, Ansible
from tests.simulator import Simulator


@pytest.fixture
def ansible(tmp_path: Path, sim: Simulator) -> Ansible:
    """ansible-playbook in a folder of its own, and the simulator as new."""
    return Ansible(tmp_path, sim)


@pytest.fixture(params=[IN_PROCESS, SHIPPED], ids=["in_process", "shipped"])
def way(request: pytest.FixtureRequest) -> dict[str, t.Any]:
    """Both ways in which a task runs."""
    return dict(request.param)


@pytest.fixture(params=[IN_PROCESS, SHIPPED, SHIPPED_LOCALLY], ids=["in_process", "shipped", "shipped_locally"])
def every_way(request: pytest.FixtureRequest) -> dict[str, t.Any]:
    return dict(request.param)
