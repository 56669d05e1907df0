# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that call the APIs of the simulator's products."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._memory import Memory
from ansible_collections.dataprotection.access.plugins.modules import cohesity_rest, commandcenter_access_token, commandcenter_rest
from tests.simulator import Simulator
from tests.unit.helpers import Task, full_params

GROUPS = "/v2/data-protect/protection-groups"


class Run:
    """The calls of one ansible run, which share a memory."""

    def __init__(self, **defaults: Any) -> None:
        self.defaults = defaults
        self.memory = Memory()
        self.warnings: list[str] = []

    def __call__(self, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        params = full_params(cohesity_rest, **{**self.defaults, **arguments})
        return dict(cohesity_rest.run(params, check_mode, self.warnings.append, memory=self.memory))


@pytest.fixture
def cohesity(sim: Simulator) -> Task:
    """As the default user, each task for itself; arguments of a call come on top."""
    return Task(cohesity_rest, **sim.cohesity_login, timeout=10)


@pytest.fixture
def play(sim: Simulator) -> Run:
    """As the default user, with a memory that the tasks share."""
    return Run(**sim.cohesity_login, timeout=10)


@pytest.fixture
def bare(sim: Simulator) -> Task:
    """Without a login."""
    return Task(cohesity_rest, cluster=sim.host, ca_path=sim.ca_path, timeout=10)


@pytest.fixture
def commandcenter(sim: Simulator) -> Task:
    """As the default user; arguments of a call come on top."""
    return Task(commandcenter_rest, **sim.commandcenter_login, timeout=10)


@pytest.fixture
def bare_commandcenter(sim: Simulator) -> Task:
    """Without a login."""
    return Task(commandcenter_rest, url=sim.url, ca_path=sim.ca_path, timeout=10)


@pytest.fixture
def named(sim: Simulator) -> Task:
    """What makes named tokens."""
    return Task(commandcenter_access_token, **sim.commandcenter_login, timeout=10, name="ci")
