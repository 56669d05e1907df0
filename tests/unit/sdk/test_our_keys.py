# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""API keys that our module keeps, in the hands of the vendor's own clients; and theirs in ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from cohesity_cluster_sdk.cohesity_client_v2 import CohesityClientV2
from cohesity_management_sdk.cohesity_client import CohesityClient
from cohesity_sdk.cluster.cluster_client import ClusterClient
from cohesity_sdk.cluster.models.create_or_update_api_key_request import CreateOrUpdateAPIKeyRequest

from tests.simulator import Simulator, credentials
from tests.stores import FileStore
from tests.unit.cohesity.keys import SID, KeyTask

# The clients do not verify certificates by default.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
LOGIN = {"username": credentials.COHESITY_USERNAME, "password": credentials.COHESITY_PASSWORD, "domain": credentials.COHESITY_DOMAIN}


@pytest.fixture
def key(sim: Simulator, tmp_path: Path) -> KeyTask:
    return KeyTask(sim, FileStore(tmp_path / "tokens"))


def test_all_three_use_our_key(sim: Simulator, key: KeyTask) -> None:
    secret = key()["api_key"]["api_key"]
    assert CohesityClientV2(cluster_vip=sim.host, api_key=secret).security.get_security_config().auth_token_timeout_minutes == 1440
    assert ClusterClient(cluster_vip=sim.host, api_key=secret).security_api.get_security_config().auth_token_timeout_minutes == 1440
    assert CohesityClient(cluster_vip=sim.host, api_key=secret).principals.get_session_user().username == "backup"


def test_a_consumer_has_the_overlap_to_pick_up_the_new_secret(sim: Simulator, key: KeyTask) -> None:
    consumer = CohesityClient(cluster_vip=sim.host, api_key=key()["api_key"]["api_key"])
    key(state="rotated", overlap="1h")
    assert consumer.principals.get_session_user().username == "backup"


def test_our_key_is_edited_by_a_client(sim: Simulator, key: KeyTask) -> None:
    made = key()["api_key"]
    users = ClusterClient(cluster_vip=sim.host, **LOGIN).user_api
    users.update_user_api_key_by_id(user_sid=SID, id=made["id"], body=CreateOrUpdateAPIKeyRequest(name="exporter", isActive=False))
    assert key()["api_key"]["active"] is False
    assert key(active=True)["actions"] == ["reused", "updated"]
    assert users.get_user_api_key_by_id(user_sid=SID, id=made["id"]).is_active is True


def test_our_key_is_rotated_by_a_client(sim: Simulator, key: KeyTask) -> None:
    """That replaced the secret, so the one in the store is of no use any more."""
    made = key()["api_key"]
    sim.advance(60)
    ClusterClient(cluster_vip=sim.host, **LOGIN).user_api.rotate_user_api_key(user_sid=SID, id=made["id"])
    result = key()
    assert (result["actions"], result["replaced_id"]) == (["recreated"], made["id"])
    key.settled(result)


def test_a_key_of_a_client_is_taken_over(sim: Simulator, key: KeyTask) -> None:
    users = ClusterClient(cluster_vip=sim.host, **LOGIN).user_api
    made = users.create_user_api_key(SID, CreateOrUpdateAPIKeyRequest(name="exporter"))
    result = key(recreate="state_change")
    assert result["replaced_id"] == made.id
    key.settled(result)
    assert [entry.name for entry in users.get_user_api_keys(user_sid=SID).api_keys] == ["exporter"]
