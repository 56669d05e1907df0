# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our modules made, the vendors' own clients can read and use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cohesity_management_sdk.cohesity_client import CohesityClient
from cohesity_management_sdk.models.access_token import AccessToken
from cohesity_sdk.cluster.cluster_client import ClusterClient
from cvpysdk.commcell import Commcell

from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, commandcenter_access_token
from tests.simulator import Simulator, credentials
from tests.unit.cohesity.conftest import defaults as of_cohesity
from tests.unit.commandcenter.conftest import defaults as of_commandcenter
from tests.unit.helpers import Task

# The Cohesity clients never verify certificates.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


@pytest.fixture
def cohesity(sim: Simulator) -> Task:
    return Task(cohesity_access_token, **of_cohesity(sim))


@pytest.fixture
def commandcenter(sim: Simulator) -> Task:
    return Task(commandcenter_access_token, **of_commandcenter(sim))


@pytest.fixture
def cvpysdk_user(sim: Simulator) -> Any:
    commcell = Commcell(sim.host, credentials.COMMANDCENTER_USERNAME, credentials.COMMANDCENTER_PASSWORD, force_https=True, certificate_path=sim.ca_path)
    return commcell.users.get(credentials.COMMANDCENTER_USERNAME)


@pytest.mark.parametrize("api_version", ["v1", "v2"])
def test_cohesity_v1_client(sim: Simulator, cohesity: Task, api_version: str) -> None:
    token = cohesity(api_version=api_version)["token"]
    client = CohesityClient(cluster_vip=sim.host, username="nobody", password="not needed", domain="LOCAL")
    client.config.auth_token = AccessToken(token["access_token"], token["privileges"], token["token_type"])
    assert client.principals.get_session_user().username == credentials.COHESITY_USERNAME
    assert [entry["method"] for entry in sim.requests()] == ["POST", "GET"]


def test_cohesity_v2_client(sim: Simulator, cohesity: Task) -> None:
    token = cohesity()["token"]
    client = ClusterClient(cluster_vip=sim.host, api_key="not used")
    # Each of its parts would set the header again.
    client.api_key = None
    client.configuration.api_key.clear()
    client.configuration.api_key["Bearer"] = token["headers"]["Authorization"]
    assert client.security_api.get_security_config().auth_token_timeout_minutes == 1440
    assert [entry["method"] for entry in sim.requests()] == ["POST", "GET"]


def test_commandcenter_token_is_listed_edited_and_revoked_by_cvpysdk(commandcenter: Task, cvpysdk_user: Any) -> None:
    token = commandcenter(name="ours", scope="custom", api_endpoints=["/client"])["token"]
    (listed,) = cvpysdk_user.get_access_tokens()["tokens"]
    assert (listed["tokenName"], listed["accessTokenId"], listed["tokenType"]) == ("ours", token["id"], 3)
    cvpysdk_user.edit_access_token(token["id"], token_name="theirs")
    assert commandcenter(id=token["id"])["token"]["name"] == "theirs"
    cvpysdk_user.delete_access_token(token["id"])
    assert commandcenter(name="theirs", state="absent")["changed"] is False


def test_commandcenter_pair_is_renewed_by_cvpysdk_and_then_by_us(sim: Simulator, commandcenter: Task, cvpysdk_user: Any) -> None:
    token = commandcenter(name="ours")["token"]
    theirs = cvpysdk_user.renew_access_token(token["access_token"], token["refresh_token"])
    assert not sim.check(token["access_token"])
    ours = commandcenter(state="renewed", access_token=theirs["accessToken"], refresh_token=theirs["refreshToken"])["token"]
    assert sim.check(ours["access_token"])
    assert ours["id"] == token["id"]


def test_commandcenter_token_that_cvpysdk_made_is_taken_over(sim: Simulator, commandcenter: Task, cvpysdk_user: Any, tmp_path: Path) -> None:
    made = cvpysdk_user.create_access_token("shared", token_type=2)
    found = commandcenter(name="shared")
    assert (found["changed"], found["token"]["id"], found["secret_available"]) == (False, made["accessTokenId"], False)
    taken = commandcenter(name="shared", recreate="state_change", store={"file": str(tmp_path / "shared.json")})
    assert (taken["actions"], taken["replaced_id"]) == (["recreated"], made["accessTokenId"])
    assert sim.check(taken["token"]["access_token"])
    assert [token["tokenName"] for token in cvpysdk_user.get_access_tokens()["tokens"]] == ["shared"]


def test_commandcenter_token_is_used_by_cvpysdk(sim: Simulator, commandcenter: Task) -> None:
    token = commandcenter(name="ours")["token"]
    sim.clear_requests()
    Commcell(sim.host, authtoken=token["headers"]["Authorization"], force_https=True, certificate_path=sim.ca_path)
    assert sim.requests("WhoAmI", "POST")
    assert sim.requests("/Login") == []
