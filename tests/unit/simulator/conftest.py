# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of both products."""

from __future__ import annotations

import pytest

from tests.simulator import Simulator
from tests.unit.simulator.clients import Cohesity, CommandCenter


@pytest.fixture
def cluster(sim: Simulator) -> Cohesity:
    return Cohesity(sim)


@pytest.fixture
def commandcenter(sim: Simulator) -> CommandCenter:
    """Logged in as the default user."""
    client = CommandCenter(sim)
    client.login()
    return client
