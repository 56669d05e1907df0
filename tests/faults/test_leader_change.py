# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""I8: the secret manager changes its leader, or limits the rate, right after a renewal: the new pair, still in memory, must reach the store."""

from __future__ import annotations

import time

import pytest

from tests import judges
from tests.constants import NEARLY_A_LIFETIME
from tests.faults.forks import job, together
from tests.faults.gateway import Fault, Gateway
from tests.openbao import OpenBao
from tests.simulator import Simulator
from tests.stores import VaultStore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("seconds", [5, 15])
@pytest.mark.parametrize(
    "fault", [Fault("answer", status=503, body="json"), Fault("answer", status=500), Fault("answer", status=429, body="json"), Fault("cut")]
)
def test_after_a_renewal(sim: Simulator, openbao: OpenBao, gateway: Gateway, fault: Fault, seconds: float) -> None:
    """In real time: nothing cuts the run's pauses short."""
    store = VaultStore(openbao, gateway.url)
    params = {**sim.commandcenter_login, "name": "ci", "store": {**store.option, "lock_timeout": 60}}
    (created,) = together(job(params))
    assert not created.failed, created.message
    sim.advance(NEARLY_A_LIFETIME)
    begun: list[float] = []
    refused: list[float] = []

    def outage() -> Fault | None:
        """From the first request to the store after Renew on, for so many seconds."""
        if not begun and not any(request["done"] for request in sim.requests("/Renew$")):
            return None
        begun.append(time.monotonic())
        if time.monotonic() - begun[0] > seconds:
            return None
        refused.append(time.monotonic())
        return fault

    gateway.interfere = outage
    (renewed,) = together(job(params))
    assert refused, "the store was not needed while it was away"
    assert not renewed.failed, renewed.message
    assert renewed.result
    assert renewed.result["actions"] == ["renewed"]
    live = [token for token in sim.state()["commandcenter"]["tokens"] if token["alive"]]
    judges.check_one_token(sim, live, store.read(), "ci", renewed.result["token"])
    assert len(sim.requests("/Renew$")) == 1
    judges.check_no_chain_died(sim)
