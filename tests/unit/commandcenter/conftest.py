# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of the Command Center modules against the simulator."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.modules import commandcenter_access_token, commandcenter_access_token_info
from tests.simulator import Simulator
from tests.unit.helpers import Task

PREDICTED = ("changed", "actions", "diff", "replaced_id")


def defaults(sim: Simulator) -> dict[str, Any]:
    return {**sim.commandcenter_login, "timeout": 10}


@pytest.fixture
def token(sim: Simulator) -> Task:
    """A task for the token "ci", logged in as the default user; arguments of a call come on top."""
    return Task(commandcenter_access_token, **defaults(sim), name="ci")


@pytest.fixture
def info(sim: Simulator) -> Task:
    return Task(commandcenter_access_token_info, **defaults(sim))


def tokens(sim: Simulator) -> list[dict[str, Any]]:
    """The tokens that live, by the server's own account."""
    return [one for one in sim.state()["commandcenter"]["tokens"] if one["alive"]]


def names(sim: Simulator) -> list[str]:
    return [one["name"] for one in tokens(sim)]


def logins(sim: Simulator) -> list[str]:
    """The logins that were not ended."""
    return list(sim.state()["commandcenter"]["logins"])


def writes(sim: Simulator) -> list[str]:
    return [f"{entry['method']} {entry['path']}" for entry in sim.requests("AccessToken") if entry["method"] != "GET"]


def predicted_and_done(sim: Simulator, task: Task, **arguments: Any) -> dict[str, Any]:
    """Run in check mode, where nothing may be written, then for real; the result, which must be what was predicted.

    The clock stands still meanwhile, so that durations give the same times.
    """
    sim.set(clock_frozen=True)
    sim.clear_requests()
    before = sim.state()["commandcenter"]["tokens"]
    predicted = task(check_mode=True, **arguments)
    assert writes(sim) == []
    assert sim.state()["commandcenter"]["tokens"] == before
    assert not predicted["token"] or predicted["token"]["access_token"] is None
    sim.clear_requests()
    done = task(**arguments)
    assert {key: predicted.get(key) for key in PREDICTED} == {key: done.get(key) for key in PREDICTED}
    return done
