# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cohesity's clients create, list, change, rotate, delete and use API keys at the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from cohesity_cluster_sdk.cohesity_client_v2 import CohesityClientV2
from cohesity_cluster_sdk.exceptions.api_exception import APIException as ClusterError
from cohesity_cluster_sdk.models.v2.create_or_update_api_key_request import CreateOrUpdateAPIKeyRequest as ClusterRequest
from cohesity_management_sdk.cohesity_client import CohesityClient
from cohesity_management_sdk.exceptions.api_exception import APIException as ManagementError
from cohesity_management_sdk.models.create_api_key_params import CreateApiKeyParams
from cohesity_management_sdk.models.update_api_key_params import UpdateApiKeyParams
from cohesity_sdk.cluster.cluster_client import ClusterClient
from cohesity_sdk.cluster.exceptions import ApiException
from cohesity_sdk.cluster.models.create_or_update_api_key_request import CreateOrUpdateAPIKeyRequest

from tests.simulator import Simulator, credentials

# The clients do not verify certificates by default.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
LOGIN = {"username": credentials.COHESITY_USERNAME, "password": credentials.COHESITY_PASSWORD, "domain": credentials.COHESITY_DOMAIN}
SID = "SID-LOCAL-backup"


def truth(sim: Simulator) -> list[dict[str, Any]]:
    return list(sim.state()["cohesity"]["api_keys"])


def test_cohesity_cluster_sdk(sim: Simulator) -> None:
    users = CohesityClientV2(cluster_vip=sim.host, **LOGIN).user
    expires = int((sim.now() + 3600) * 1000)
    made = users.create_user_api_key(ClusterRequest(name="exporter", expiry_time_msecs=expires, is_active=True), SID)
    assert (made.name, made.is_active, made.is_expired, made.expiry_time_msecs) == ("exporter", True, False, expires)
    assert (made.user_sid, made.owner_username, made.created_by_username) == (SID, "backup", "backup")
    for keys in (users.get_all_api_keys(owner_sids=[SID], is_active=True, is_expired=False), users.get_user_api_keys(SID, ids=[made.id])):
        assert [key.id for key in keys.api_keys] == [made.id]
    assert users.get_all_api_keys(is_active=False).api_keys == []

    with_key = CohesityClientV2(cluster_vip=sim.host, api_key=made.api_key)
    assert with_key.security.get_security_config().auth_token_timeout_minutes == 1440
    rotated = users.rotate_user_api_key(user_sid=SID, id=made.id)
    assert rotated.api_key != made.api_key
    assert rotated.last_rotated_time_msecs >= made.created_time_msecs
    with pytest.raises(ClusterError) as caught:
        with_key.security.get_security_config()
    assert "API Key does not exist" in caught.value.context.response.raw_body

    changed = users.update_user_api_key_by_id(body=ClusterRequest(name="renamed", is_active=False), user_sid=SID, id=made.id)
    assert (changed.name, changed.is_active) == ("renamed", False)
    users.delete_user_api_key_by_id(user_sid=SID, id=made.id)
    assert [(key["alive"], key["death"]) for key in truth(sim)] == [(False, "deleted")]


def test_cohesity_sdk(sim: Simulator) -> None:
    users = ClusterClient(cluster_vip=sim.host, **LOGIN).user_api
    made = users.create_user_api_key(SID, CreateOrUpdateAPIKeyRequest(name="exporter"))
    assert (made.name, made.expiry_time_msecs, made.user_sid) == ("exporter", None, SID)
    assert [key.id for key in users.get_all_api_keys(owner_sids=[SID]).api_keys] == [made.id]
    assert users.get_user_api_key_by_id(user_sid=SID, id=made.id).name == "exporter"

    with_key = ClusterClient(cluster_vip=sim.host, api_key=made.api_key)
    assert with_key.security_api.get_security_config().auth_token_timeout_minutes == 1440
    assert sim.requests(path="security-config")[-1]["headers"]["apikey"] == made.api_key
    rotated = users.rotate_user_api_key(user_sid=SID, id=made.id)
    assert sim.check_cohesity(rotated.api_key)
    with pytest.raises(ApiException, match="API Key does not exist"):
        with_key.security_api.get_security_config()

    changed = users.update_user_api_key_by_id(user_sid=SID, id=made.id, body=CreateOrUpdateAPIKeyRequest(name="renamed", isActive=False))
    assert (changed.name, changed.is_active) == ("renamed", False)
    users.delete_user_api_key_by_id(user_sid=SID, id=made.id)
    assert users.get_user_api_keys(user_sid=SID).api_keys == []


def test_cohesity_management_sdk(sim: Simulator) -> None:
    users = CohesityClient(cluster_vip=sim.host, **LOGIN).principals
    made = users.create_user_api_key(SID, CreateApiKeyParams(name="exporter", is_active=True))
    assert (made.name, made.is_active, made.owner_user_sid, made.created_user_sid) == ("exporter", True, SID, SID)
    assert [key.id for key in users.get_all_user_api_keys(user_sids=[SID])] == [made.id]
    assert [key.name for key in users.get_user_api_keys(SID)] == ["exporter"]

    with_key = CohesityClient(cluster_vip=sim.host, api_key=made.key)
    assert with_key.principals.get_session_user().username == "backup"
    assert sim.requests(path="sessionUser")[-1]["headers"]["apikey"] == made.key
    rotated = users.rotate_user_api_key(made.id, SID)
    assert sim.check_cohesity(rotated.key)
    with pytest.raises(ManagementError, match="API Key does not exist"):
        with_key.principals.get_session_user()

    changed = users.update_user_api_key(SID, made.id, UpdateApiKeyParams(name="renamed", is_active=False))
    assert (changed.name, changed.is_active) == ("renamed", False)
    users.delete_user_api_key(SID, made.id)
    assert [(key["alive"], key["owner"]) for key in truth(sim)] == [(False, "backup")]


def test_a_key_for_another_user(sim: Simulator) -> None:
    users = CohesityClientV2(cluster_vip=sim.host, **LOGIN).user
    made = users.create_user_api_key(ClusterRequest(name="for the directory user"), "SID-CORP-ad-backup")
    assert (made.owner_username, made.created_by_username) == ("ad-backup", "backup")
    assert [key.id for key in users.get_all_api_keys().api_keys] == [made.id]
    with_key = CohesityClient(cluster_vip=sim.host, api_key=made.api_key)
    assert with_key.principals.get_session_user().username == "ad-backup"
