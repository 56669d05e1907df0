# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Cohesity cluster's rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulator import Simulator, credentials
from tests.unit.simulator.clients import NODES, SESSION_USER, V1_TOKENS, V2_TOKENS, Client, Cohesity

BOTH = pytest.mark.parametrize("path", [V1_TOKENS, V2_TOKENS])
MFA = {"username": "mfa", "password": "canary-cohesity-mfa-password"}


@BOTH
def test_login_returns_a_token_that_works(cluster: Cohesity, sim: Simulator, path: str) -> None:
    response = cluster.login(path)
    assert response.status_code == 201
    answer = response.json()
    assert answer["tokenType"] == "Bearer"
    assert "CLUSTER_VIEW" in answer["privileges"]
    user = cluster.get(SESSION_USER, answer["accessToken"]).json()
    assert (user["username"], user["domain"]) == ("backup", "LOCAL")
    assert sim.check_cohesity(answer["accessToken"])


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_v1_token_opens_v2(cluster: Cohesity, scheme: str) -> None:
    token = cluster.token(path=V1_TOKENS)
    assert cluster("GET", "/v2/clusters", headers={"Authorization": f"{scheme} {token}"}).status_code == 200


def test_v1_accepts_nulls_and_json_posted_as_a_form(cluster: Cohesity) -> None:
    nulls = dict.fromkeys(("certificate", "privateKey", "otpCode", "otpType", "domain"))
    assert cluster.login(V1_TOKENS, **nulls).status_code == 201
    body = {"username": "backup", "password": credentials.COHESITY_PASSWORD, "domain": "LOCAL"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = cluster.session.post(cluster.url + V1_TOKENS, data=json.dumps(body), headers=form, timeout=20)
    assert response.status_code == 201


def test_a_directory_user_logs_in_with_its_domain_only(cluster: Cohesity) -> None:
    user = {"username": "ad-backup", "password": "canary-cohesity-ad-password"}
    assert cluster.login(domain="corp", **user).status_code == 201
    assert cluster.login(domain="LOCAL", **user).status_code == 400


@BOTH
def test_a_bad_password_is_400_with_the_real_text(cluster: Cohesity, path: str) -> None:
    response = cluster.login(path, password="wrong")
    assert response.status_code == 400
    assert response.text.endswith("}\n")
    assert response.json()["errorCode"] == "KValidationError"
    assert response.json()["message"] == "Invalid Username or Password specified."
    assert ("taskLogId" in response.json()) == (path == V2_TOKENS)


@BOTH
@pytest.mark.parametrize("body", [None, [], {"username": "backup"}, {"username": "backup", "password": 5}])
def test_a_broken_request_is_400(cluster: Cohesity, path: str, body: object) -> None:
    assert cluster("POST", path, body).status_code == 400


def test_bad_logins_lock_a_local_account_for_a_while(cluster: Cohesity, sim: Simulator) -> None:
    sim.set(cohesity_lockout_attempts=2, cohesity_lockout_seconds=600)
    assert [cluster.login(password="wrong").status_code for _dummy in range(2)] == [400, 400]
    assert "locked" in cluster.login().json()["message"]
    sim.advance(601)
    assert cluster.login().status_code == 201


def test_a_good_login_forgives_the_bad_ones(cluster: Cohesity, sim: Simulator) -> None:
    sim.set(cohesity_lockout_attempts=2)
    for _dummy in range(3):
        assert cluster.login(password="wrong").status_code == 400
        assert cluster.login().status_code == 201


class TestOneTimePasswords:
    @BOTH
    def test_a_missing_code(self, cluster: Cohesity, path: str) -> None:
        response = cluster.login(path, **MFA)
        assert (response.status_code, response.json()["message"]) == (400, "Please specify the mandatory parameters.")

    @pytest.mark.parametrize(
        ("path", "otp"),
        [
            (V1_TOKENS, {"otpCode": credentials.TOTP_CODE, "otpType": "Totp"}),
            (V1_TOKENS, {"otpCode": credentials.EMAIL_CODE, "otpType": "Email"}),
            (V2_TOKENS, {"mfaParams": {"otpCode": credentials.TOTP_CODE, "otpType": "totp"}}),
            (V2_TOKENS, {"mfaParams": {"otpCode": credentials.EMAIL_CODE, "otpType": "email"}}),
        ],
    )
    def test_a_right_code_where_this_endpoint_wants_it(self, cluster: Cohesity, path: str, otp: dict[str, str]) -> None:
        assert cluster.login(path, **MFA, **otp).status_code == 201

    @pytest.mark.parametrize(
        ("path", "otp"),
        [
            (V1_TOKENS, {"otpCode": credentials.TOTP_CODE, "otpType": "totp"}),
            (V1_TOKENS, {"mfaParams": {"otpCode": credentials.TOTP_CODE, "otpType": "totp"}}),
            (V2_TOKENS, {"otpCode": credentials.TOTP_CODE, "otpType": "totp"}),
            (V2_TOKENS, {"mfaParams": {"otpCode": credentials.TOTP_CODE, "otpType": "Totp"}}),
            (V2_TOKENS, {"mfaParams": {"otpCode": credentials.TOTP_CODE, "otpType": "email"}}),
        ],
    )
    def test_a_right_code_in_the_wrong_shape(self, cluster: Cohesity, path: str, otp: dict[str, str]) -> None:
        assert cluster.login(path, **MFA, **otp).status_code == 400

    @BOTH
    def test_a_wrong_code(self, cluster: Cohesity, path: str) -> None:
        otp = {"otpCode": "000000", "otpType": "Totp"}
        if path == V2_TOKENS:
            otp = {"mfaParams": {"otpCode": "000000", "otpType": "totp"}}
        assert "Invalid TOTP code" in cluster.login(path, **MFA, **otp).json()["message"]

    def test_a_code_by_mail(self, cluster: Cohesity, sim: Simulator) -> None:
        response = cluster("POST", "/v2/email-otp", {**MFA, "domain": "LOCAL"})
        assert (response.status_code, response.content) == (204, b"")
        assert [mail["code"] for mail in sim.state()["cohesity"]["mails"]] == [credentials.EMAIL_CODE]
        assert cluster("POST", "/v2/email-otp", {**MFA, "password": "wrong"}).status_code == 400


class TestCertificateLogin:
    @BOTH
    def test_the_issued_pair_logs_in(self, cluster: Cohesity, sim: Simulator, path: str) -> None:
        pair = {"certificate": sim.client_cert, "privateKey": sim.client_key}
        response = cluster("POST", path, {"username": None, "password": None, **pair})
        assert response.status_code == 201
        assert cluster.get(SESSION_USER, response.json()["accessToken"]).json()["username"] == "certificate"

    def test_a_pair_that_does_not_belong_together_does_not(self, cluster: Cohesity, sim: Simulator) -> None:
        ca = {"certificate": Path(sim.ca_path).read_text(), "privateKey": sim.client_key}
        anothers = {"certificate": sim.client_cert, "privateKey": sim.client_key, "username": "backup"}
        broken = {"certificate": "-----BEGIN", "privateKey": sim.client_key}
        half = {"certificate": sim.client_cert}
        for pair in (ca, anothers, broken, half):
            assert cluster("POST", V2_TOKENS, pair).status_code == 400


class TestExpiry:
    @pytest.mark.parametrize(("text", "words"), [(1, "Token expired"), (2, "The access token is invalid."), (3, "Neither session cookie")])
    def test_after_its_lifetime_a_token_is_401_with_one_of_three_texts(self, cluster: Cohesity, sim: Simulator, text: int, words: str) -> None:
        sim.set(cohesity_lifetime=3600, cohesity_expiry_text=text)
        token = cluster.token()
        sim.advance(3590)
        assert cluster.get(SESSION_USER, token).status_code == 200
        sim.advance(11)
        response = cluster.get(SESSION_USER, token)
        assert response.status_code == 401
        assert words in response.json()["message"]
        assert response.json()["errorCode"] == "KStatusUnauthorized"
        assert not sim.check_cohesity(token)

    def test_the_lifetime_is_in_the_security_configuration(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.set(cohesity_lifetime=7200)
        assert cluster.get("/v2/security-config", cluster.token()).json()["authTokenTimeoutMinutes"] == 120
        header = {"Authorization": f"Bearer {cluster.token()}"}
        changed = cluster("PUT", "/v2/security-config", {"authTokenTimeoutMinutes": 30}, headers=header)
        assert changed.json()["authTokenTimeoutMinutes"] == 30
        assert sim.switches()["cohesity_lifetime"] == 1800
        for wrong in (0, "ten", None):
            response = cluster("PUT", "/v2/security-config", {"authTokenTimeoutMinutes": wrong}, headers=header)
            assert response.status_code == 400

    def test_no_token_and_an_unknown_token_are_401(self, cluster: Cohesity) -> None:
        assert cluster("GET", SESSION_USER).status_code == 401
        assert cluster.get(SESSION_USER, "unknown").status_code == 401


class TestPrivileges:
    def test_nodes_need_cluster_view_and_session_user_needs_none(self, cluster: Cohesity) -> None:
        viewer = cluster.token(username="viewer", password="canary-cohesity-viewer-password")
        assert cluster.get(NODES, viewer).status_code == 403
        assert cluster.get(SESSION_USER, viewer).status_code == 200
        assert cluster.get(NODES, cluster.token()).status_code == 200

    def test_basic_cluster_info_needs_no_login(self, cluster: Cohesity) -> None:
        assert cluster("GET", "/irisservices/api/v1/public/basicClusterInfo").status_code == 200

    def test_privileges_may_be_null_or_absent(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.set(cohesity_privileges=None)
        assert cluster.login().json()["privileges"] is None
        sim.set(cohesity_privileges="absent")
        assert "privileges" not in cluster.login().json()


def test_the_success_status_can_be_200(cluster: Cohesity, sim: Simulator) -> None:
    sim.set(cohesity_status=200)
    assert cluster.login().status_code == 200


def test_an_unknown_path_is_404_but_only_with_a_login(cluster: Cohesity, sim: Simulator) -> None:
    assert Client(sim)("GET", "/v2/nothing").status_code == 401
    assert cluster.get("/v2/nothing", cluster.token()).status_code == 404
