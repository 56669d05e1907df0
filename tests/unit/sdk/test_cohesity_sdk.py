# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cohesity's v2 client (cohesity-sdk) against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from cohesity_sdk.cluster.cluster_client import ClusterClient
from cohesity_sdk.cluster.exceptions import ApiException

from tests.simulator import Simulator, credentials

# The client never verifies certificates.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


def client(sim: Simulator, **changes: Any) -> ClusterClient:
    options = {
        "username": credentials.COHESITY_USERNAME,
        "password": credentials.COHESITY_PASSWORD,
        "domain": credentials.COHESITY_DOMAIN,
        **changes,
    }
    return ClusterClient(cluster_vip=sim.host, **options)


def test_log_in_and_use_the_token(sim: Simulator) -> None:
    cluster = client(sim)
    scheme, token = cluster.configuration.api_key["Bearer"].split(" ")
    assert scheme == "Bearer"
    assert sim.check_cohesity(token)
    assert sim.requests()[0]["path"] == "/v2/access-tokens"
    assert cluster.security_api.get_security_config().auth_token_timeout_minutes == 1440
    assert sim.requests()[-1]["status"] == 200


def test_a_directory_user(sim: Simulator) -> None:
    client(sim, username="ad-backup", password="canary-cohesity-ad-password", domain="CORP")
    assert sim.state()["cohesity"]["tokens"][0]["domain"] == "CORP"


def test_a_wrong_password(sim: Simulator) -> None:
    with pytest.raises(ApiException, match="Invalid Username or Password specified") as caught:
        client(sim, password="wrong")
    assert caught.value.status == 400


def test_session_management(sim: Simulator) -> None:
    sim.set(cohesity_session_management=True)
    with pytest.raises(ApiException, match="session management is enabled"):
        client(sim)
