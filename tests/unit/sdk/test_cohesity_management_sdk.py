# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cohesity's v1 client (cohesity-management-sdk) against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from cohesity_management_sdk.cohesity_client import CohesityClient
from cohesity_management_sdk.cohesity_client_v2 import CohesityClientV2
from cohesity_management_sdk.exceptions.api_exception import APIException, ExpiredTokenException

from tests.simulator import Simulator, credentials

# The client never verifies certificates.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


def client(sim: Simulator, **changes: Any) -> CohesityClient:
    options = {
        "username": credentials.COHESITY_USERNAME,
        "password": credentials.COHESITY_PASSWORD,
        "domain": credentials.COHESITY_DOMAIN,
        **changes,
    }
    return CohesityClient(cluster_vip=sim.host, **options)


def test_log_in(sim: Simulator) -> None:
    cluster = client(sim)
    token = cluster.auth.authorize(cluster.config)
    assert token.token_type == "Bearer"
    assert "CLUSTER_VIEW" in token.privileges
    assert sim.check_cohesity(token.access_token)
    (entry,) = sim.requests()
    assert (entry["path"], entry["status"]) == ("/irisservices/api/v1/public/accessTokens", 201)
    assert sorted(entry["body"]) == [
        "certificate",
        "domain",
        "otpCode",
        "otpType",
        "password",
        "privateKey",
        "username",
    ]
    assert entry["headers"]["content-type"] == "application/json; charset=utf-8"


def test_use_the_token(sim: Simulator) -> None:
    cluster = client(sim)
    assert cluster.principals.get_session_user().username == credentials.COHESITY_USERNAME
    assert [node.id for node in cluster.nodes.get_nodes()] == [1]
    assert len(sim.requests(method="POST")) == 1


@pytest.mark.parametrize("privileges", [None, "absent"])
def test_no_privileges_in_the_answer(sim: Simulator, privileges: str | None) -> None:
    sim.set(cohesity_privileges=privileges)
    cluster = client(sim)
    assert cluster.auth.authorize(cluster.config).privileges is None


def test_a_wrong_password(sim: Simulator) -> None:
    cluster = client(sim, password="wrong")
    with pytest.raises(APIException, match="Invalid Username or Password specified"):
        cluster.auth.authorize(cluster.config)


def test_one_expiry_text_is_known_to_it(sim: Simulator) -> None:
    cluster = client(sim)
    cluster.principals.get_session_user()
    sim.advance(86401)
    sim.set(cohesity_expiry_text=1)
    with pytest.raises(APIException, match="Token expired"):
        cluster.principals.get_session_user()
    sim.set(cohesity_expiry_text=2)
    with pytest.raises(ExpiredTokenException):
        cluster.principals.get_session_user()


def test_its_v2_client_uses_a_v1_token(sim: Simulator) -> None:
    cluster = CohesityClientV2(
        cluster_vip=sim.host,
        username=credentials.COHESITY_USERNAME,
        password=credentials.COHESITY_PASSWORD,
        domain=credentials.COHESITY_DOMAIN,
    )
    assert cluster.protection_groups.get_protection_groups().protection_groups == []
    assert [entry["path"] for entry in sim.requests()] == [
        "/irisservices/api/v1/public/accessTokens",
        "/v2/data-protect/protection-groups",
    ]
