# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's sessions."""

from __future__ import annotations

import pytest

from tests.simulator import Simulator, credentials
from tests.unit.simulator.clients import NODES, SESSION_USER, V1_TOKENS, V2_TOKENS, Cohesity

VIEWER = {"username": "viewer", "password": "canary-cohesity-viewer-password"}


@pytest.fixture(autouse=True)
def managed(sim: Simulator) -> None:
    sim.set(cohesity_session_management=True)


def test_with_session_management_the_token_endpoints_are_off(cluster: Cohesity, sim: Simulator) -> None:
    sim.set(cohesity_session_management=True)
    v1, v2 = cluster.login(V1_TOKENS), cluster.login(V2_TOKENS)
    assert (v1.status_code, v1.json()["message"]) == (400, "Access denied")
    assert v2.status_code == 400
    assert "unavailable when session management is enabled" in v2.json()["message"]


def test_a_session_opens_and_ends(cluster: Cohesity, sim: Simulator) -> None:
    response = cluster.login("/v2/users/sessions")
    assert response.status_code == 201
    header = {"session-id": response.json()["sessionId"]}
    assert cluster("GET", SESSION_USER, headers=header).status_code == 200
    assert cluster("DELETE", "/v2/users/sessions?current=true", headers=header).status_code == 204
    assert cluster("GET", SESSION_USER, headers=header).status_code == 401
    assert sim.state()["cohesity"]["sessions"] == []


def test_current_ends_one_session_and_a_bare_delete_ends_all(cluster: Cohesity, sim: Simulator) -> None:
    first, second, third = (cluster.login("/v2/users/sessions").json()["sessionId"] for _dummy in range(3))
    cluster("DELETE", "/v2/users/sessions?current=true", headers={"session-id": first})
    assert len(sim.state()["cohesity"]["sessions"]) == 2
    assert sim.state()["cohesity"]["bare_session_deletes"] == []
    assert cluster("PATCH", "/v2/users/sessions", headers={"session-id": second}).status_code == 405
    cluster("DELETE", "/v2/users/sessions", headers={"session-id": second})
    state = sim.state()["cohesity"]
    assert state["sessions"] == []
    assert [session["death"] for session in state["all_sessions"]] == ["current", "bare", "bare"]
    (loud,) = state["bare_session_deletes"]
    assert (loud["by"], loud["ended"]) == ("backup", 2)
    assert not sim.check_cohesity(third)


def test_a_sid_ends_the_sessions_of_one_user(cluster: Cohesity, sim: Simulator) -> None:
    mine = cluster.login("/v2/users/sessions").json()["sessionId"]
    cluster.login("/v2/users/sessions", username="viewer", password="canary-cohesity-viewer-password")
    sid = cluster("GET", SESSION_USER, headers={"session-id": mine}).json()["sid"]
    cluster("DELETE", f"/v2/users/sessions?sid={sid}", headers={"session-id": mine})
    assert [session["username"] for session in sim.state()["cohesity"]["sessions"]] == ["viewer"]


def test_a_session_runs_out(cluster: Cohesity, sim: Simulator) -> None:
    sim.set(cohesity_session_lifetime=60)
    header = {"session-id": cluster.login("/v2/users/sessions").json()["sessionId"]}
    sim.advance(61)
    assert cluster("GET", SESSION_USER, headers=header).status_code == 401


@pytest.mark.parametrize("password", [credentials.COHESITY_PASSWORD, "wrong"])
def test_access_denied_goes_both_ways_and_judges_no_password(cluster: Cohesity, sim: Simulator, password: str) -> None:
    sim.set(cohesity_tokens_off_text="access denied")
    refused = [cluster.login(path, password=password) for path in (V1_TOKENS, V2_TOKENS)]
    sim.set(cohesity_session_management=False)
    refused.append(cluster.login("/v2/users/sessions", password=password))
    for response in refused:
        assert (response.status_code, response.json()["errorCode"], response.json()["message"]) == (400, "KValidationError", "Access denied")
    sim.set(cohesity_sessions_always=True)
    assert cluster.login("/v2/users/sessions").status_code == 201


def test_a_one_time_password_travels_flat(cluster: Cohesity) -> None:
    mfa = {"username": "mfa", "password": "canary-cohesity-mfa-password"}
    assert cluster.login("/v2/users/sessions", **mfa).status_code == 400
    assert cluster.login("/v2/users/sessions", **mfa, otpCode=credentials.TOTP_CODE, otpType="totp").status_code == 201


def test_disuse_ends_a_session_and_use_keeps_it(cluster: Cohesity, sim: Simulator) -> None:
    sim.set(cohesity_session_inactivity=600)
    header = {"session-id": cluster.login("/v2/users/sessions").json()["sessionId"]}
    for _dummy in range(3):
        sim.advance(500)
        assert cluster("GET", NODES, headers=header).status_code == 200
    sim.advance(601)
    assert cluster("GET", NODES, headers=header).status_code == 401
    assert [session["death"] for session in sim.state()["cohesity"]["all_sessions"]] == ["idle"]


@pytest.mark.parametrize("status", [400, 403, 429])
def test_sessions_are_limited_by_user_and_in_all(cluster: Cohesity, sim: Simulator, status: int) -> None:
    sim.set(cohesity_sessions_per_user=2, cohesity_sessions_in_all=3, cohesity_session_limit_status=status)
    mine = [cluster.login("/v2/users/sessions") for _dummy in range(3)]
    assert [response.status_code for response in mine] == [201, 201, status]
    theirs = [cluster.login("/v2/users/sessions", **VIEWER) for _dummy in range(2)]
    assert [response.status_code for response in theirs] == [201, status]
    header = {"session-id": mine[0].json()["sessionId"]}
    shown = cluster("GET", "/v2/security-config", headers=header).json()["sessionConfiguration"]
    assert (shown["limitSessions"], shown["sessionLimitPerUser"], shown["sessionLimitSystemWide"]) == (True, 2, 3)
    assert cluster("DELETE", "/v2/users/sessions?current=true", headers=header).status_code == 204
    assert cluster.login("/v2/users/sessions", **VIEWER).status_code == 201


def test_an_administrator_ends_them_all(cluster: Cohesity, sim: Simulator) -> None:
    secret = cluster.login("/v2/users/sessions").json()["sessionId"]
    assert sim.cohesity_kill() == 1
    assert cluster("GET", SESSION_USER, headers={"session-id": secret}).status_code == 401
    assert sim.state()["cohesity"]["all_sessions"][0]["death"] == "administrator"
