# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cohesity's v2 client (cohesity-sdk) against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from cohesity_sdk.cluster.cluster_client import ClusterClient
from cohesity_sdk.cluster.exceptions import ApiException
from cohesity_sdk.cluster.models.create_user_session_request_params import CreateUserSessionRequestParams

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


def test_a_session_opens_works_and_ends(sim: Simulator) -> None:
    sim.set(cohesity_session_management=True)
    cluster = ClusterClient(cluster_vip=sim.host, api_key="not used")
    # Each of its parts would set the header again.
    cluster.api_key = None
    cluster.configuration.api_key.clear()
    login = CreateUserSessionRequestParams(username=credentials.COHESITY_USERNAME, password=credentials.COHESITY_PASSWORD, domain=credentials.COHESITY_DOMAIN)
    secret = cluster.user_api.create_session(login).session_id
    cluster.configuration.api_key["SessionIdHeader"] = secret
    assert cluster.security_api.get_security_config().session_configuration.absolute_timeout == 86400
    # This client does not know `current`: it ends the sessions of a user, or everybody's.
    cluster.user_api.delete_session(sid="SID-LOCAL-backup")
    assert [session["death"] for session in sim.state()["cohesity"]["all_sessions"]] == ["sid"]
