# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cohesity_access_token task against the simulator."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token
from tests.simulator import Simulator
from tests.unit.helpers import Task


def defaults(sim: Simulator) -> dict[str, Any]:
    return {**sim.cohesity_login, "timeout": 10}


@pytest.fixture
def login(sim: Simulator) -> Task:
    """As the default user; arguments of a call come on top."""
    return Task(cohesity_access_token, **defaults(sim))


def minted(sim: Simulator) -> list[dict[str, Any]]:
    """The tokens that the cluster really made."""
    return list(sim.state()["cohesity"]["tokens"])
