# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cohesity's newest client (cohesity-cluster-sdk) against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from cohesity_cluster_sdk.cohesity_client_v2 import CohesityClientV2
from cohesity_cluster_sdk.exceptions.api_exception import APIException
from cohesity_cluster_sdk.http.auth.custom_header_auth import CustomHeaderAuth
from cohesity_cluster_sdk.models.v2.create_access_token_request_params import CreateAccessTokenRequestParams
from cohesity_cluster_sdk.models.v2.create_protection_group_run_request import CreateProtectionGroupRunRequest
from cohesity_cluster_sdk.models.v2.create_user_session_request_params import CreateUserSessionRequestParams
from cohesity_cluster_sdk.models.v2.mfa_params import MfaParams

from tests.simulator import Simulator, credentials

# The client does not verify certificates by default.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


def client(sim: Simulator, **changes: Any) -> CohesityClientV2:
    options = {
        "username": credentials.COHESITY_USERNAME,
        "password": credentials.COHESITY_PASSWORD,
        "domain": credentials.COHESITY_DOMAIN,
        **changes,
    }
    return CohesityClientV2(cluster_vip=sim.host, **options)


def test_log_in_and_use_the_token(sim: Simulator) -> None:
    cluster = client(sim)
    CustomHeaderAuth.authorize(cluster.configuration)
    assert sim.check_cohesity(cluster.configuration.auth_token["accessToken"])
    assert cluster.security.get_security_config().auth_token_timeout_minutes == 1440
    assert [entry["path"] for entry in sim.requests()] == ["/v2/access-tokens", "/v2/security-config"]


def test_a_wrong_password(sim: Simulator) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        CustomHeaderAuth.authorize(client(sim, password="wrong").configuration)


def test_a_one_time_password_travels_nested(sim: Simulator) -> None:
    body = CreateAccessTokenRequestParams(
        username="mfa",
        password="canary-cohesity-mfa-password",
        domain="LOCAL",
        mfa_params=MfaParams(otp_code=credentials.TOTP_CODE, otp_type="totp"),
    )
    answer = client(sim).access_token.create_access_token(body)
    assert sim.check_cohesity(answer.access_token)
    sent = sim.requests(path="access-tokens$")[-1]
    assert sent["body"]["mfaParams"]["otpCode"] == credentials.TOTP_CODE
    body.mfa_params.otp_code = "000000"
    with pytest.raises(APIException) as caught:
        client(sim).access_token.create_access_token(body)
    assert "Invalid TOTP code" in caught.value.context.response.raw_body


def test_a_certificate_login(sim: Simulator) -> None:
    body = CreateAccessTokenRequestParams(certificate=sim.client_cert, private_key=sim.client_key)
    assert sim.check_cohesity(client(sim).access_token.create_access_token(body).access_token)


def test_a_session_opens_and_ends(sim: Simulator) -> None:
    sim.set(cohesity_session_management=True)
    cluster = client(sim, use_session=True)
    body = CreateUserSessionRequestParams(username=credentials.COHESITY_USERNAME, password=credentials.COHESITY_PASSWORD, domain=credentials.COHESITY_DOMAIN)
    cluster.configuration.session_id = cluster.user.create_session(body).session_id
    assert cluster.security.get_security_config().session_management_enabled is True
    assert sim.requests(path="security-config")[-1]["headers"]["session-id"] == cluster.configuration.session_id
    assert sim.check_cohesity(cluster.configuration.session_id)
    # The client opened a session of its own to ask for ours.
    assert cluster.user.get_active_sessions_count().total_sessions_count == 2
    cluster.user.delete_session(current=True)
    assert not sim.check_cohesity(cluster.configuration.session_id)


def test_pages_and_a_run(sim: Simulator) -> None:
    first, *_rest = sim.cohesity_seed("groups", 5)
    sim.set(cohesity_page_size=2, cohesity_run_seconds=30)
    groups = client(sim).protection_group
    names: list[str] = []
    cookie = None
    while True:
        page = groups.get_protection_groups(max_result_count=100, pagination_cookie=cookie)
        names += [group.name for group in page.protection_groups]
        cookie = page.pagination_cookie
        if not cookie:
            break
    assert names == [f"groups-{number:04d}" for number in range(1, 6)]
    assert len(sim.requests(path="protection-groups$")) == 3

    assert groups.create_protection_group_run(id=first, body=CreateProtectionGroupRunRequest(run_type="kRegular")).protection_group_id == first
    statuses = []
    for seconds in (0, 31):
        sim.advance(seconds)
        (run,) = groups.get_protection_group_runs(id=first).runs
        statuses.append(run.local_backup_info.status)
    assert statuses == ["Running", "Succeeded"]
