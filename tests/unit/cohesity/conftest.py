# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that log in to the simulator's cluster, and what the cluster then holds."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, cohesity_session
from tests.simulator import Simulator
from tests.unit.helpers import Task

OPEN = "POST /v2/users/sessions"
END = "DELETE /v2/users/sessions"


def defaults(sim: Simulator) -> dict[str, Any]:
    return {**sim.cohesity_login, "timeout": 10}


@pytest.fixture
def login(sim: Simulator) -> Task:
    """As the default user; arguments of a call come on top."""
    return Task(cohesity_access_token, **defaults(sim))


@pytest.fixture
def session(sim: Simulator) -> Task:
    """As the default user, on a cluster with session management; arguments of a call come on top."""
    sim.set(cohesity_session_management=True)
    return Task(cohesity_session, **defaults(sim))


def sessions(sim: Simulator) -> list[str]:
    """The ids of the sessions that are open."""
    return [one["secret"] for one in sim.state()["cohesity"]["sessions"]]


def minted(sim: Simulator) -> list[dict[str, Any]]:
    """The tokens that the cluster really made."""
    return list(sim.state()["cohesity"]["tokens"])
