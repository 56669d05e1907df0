# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cohesity_access_token logs in: what it sends, and what it makes of the answer."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._time import iso
from tests.constants import V1_LOGIN, V2_LOGIN
from tests.simulator import Simulator, credentials
from tests.unit.cohesity.conftest import minted
from tests.unit.helpers import Task, connections, transcript

USER, PASSWORD = credentials.COHESITY_USERNAME, credentials.COHESITY_PASSWORD
PLAIN = {"username": USER, "password": PASSWORD, "domain": "LOCAL"}
MFA = {"username": "mfa", "password": "canary-cohesity-mfa-password"}


@pytest.mark.parametrize(("version", "request_line"), [("v1", V1_LOGIN), ("v2", V2_LOGIN)])
def test_one_request(sim: Simulator, login: Task, version: str, request_line: str) -> None:
    sim.set(clock_frozen=True)
    result = login(api_version=version)
    (token,) = minted(sim)
    assert transcript(sim) == [request_line]
    (entry,) = sim.requests()
    assert entry["body"] == PLAIN
    assert entry["headers"]["content-type"] == "application/json"
    assert "authorization" not in entry["headers"]
    expires_in = result["token"].pop("expires_in")
    assert 86398 <= expires_in <= 86400
    assert result == {
        "changed": True,
        "actions": ["created"],
        "secret_available": True,
        "secret_fingerprint": hashlib.sha256(token["secret"].encode()).hexdigest()[:16],
        "token": {
            "access_token": token["secret"],
            "token_type": "Bearer",
            "headers": {"Authorization": f"Bearer {token['secret']}"},
            "expires_at": iso(sim.now() + 86400),
            "expires_source": "lifetime",
            "cluster": sim.host,
            "username": USER,
            "domain": "LOCAL",
            "certificate_sha256": None,
            "api_version": version,
            "privileges": ["CLUSTER_VIEW", "PROTECTION_VIEW"],
        },
        "diff": {"before": {"token": "none"}, "after": {"token": "new"}},
    }
    assert sim.check_cohesity(token["secret"])
    assert login.warnings == []


def test_the_default_is_v2(sim: Simulator, login: Task) -> None:
    login()
    assert transcript(sim) == [V2_LOGIN]


@pytest.mark.parametrize("given", ["host", "url"])
def test_ways_to_write_the_cluster(sim: Simulator, login: Task, given: str) -> None:
    assert login(cluster=getattr(sim, given))["token"]["cluster"] == sim.host


def test_the_vendor_collection_s_names(sim: Simulator, login: Task) -> None:
    login.defaults = {"ca_path": sim.ca_path}
    result = login(cohesity_server=sim.host, cohesity_admin=USER, cohesity_password=PASSWORD)
    assert result["actions"] == ["created"]


def test_the_environment(sim: Simulator, login: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    login.defaults = {}
    environment = {"CLUSTER": sim.host, "USERNAME": "ad-backup", "PASSWORD": "canary-cohesity-ad-password", "DOMAIN": "CORP", "CA_PATH": sim.ca_path}
    for name, value in environment.items():
        monkeypatch.setenv(f"COHESITY_{name}", value)
    assert login()["token"]["username"] == "ad-backup"


def test_empty_variables_are_not_set(sim: Simulator, login: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """So AWX injects the fields of a credential that were left empty."""
    for name in ("DOMAIN", "OTP_CODE", "VALIDATE_CERTS", "CA_PATH"):
        monkeypatch.setenv(f"COHESITY_{name}", "")
    login()
    assert sim.requests()[0]["body"] == {"username": USER, "password": PASSWORD, "domain": "LOCAL"}


def test_the_environment_s_otp_and_unverified_tls(login: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    del login.defaults["ca_path"]
    monkeypatch.setenv("COHESITY_OTP_CODE", credentials.TOTP_CODE)
    monkeypatch.setenv("COHESITY_VALIDATE_CERTS", "false")
    assert login(username="mfa", password="canary-cohesity-mfa-password")["actions"] == ["created"]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_domain(sim: Simulator, login: Task, version: str) -> None:
    result = login(api_version=version, username="ad-backup", password="canary-cohesity-ad-password", domain="CORP")
    assert sim.requests()[0]["body"] == {"username": "ad-backup", "password": "canary-cohesity-ad-password", "domain": "CORP"}
    assert result["token"]["domain"] == "CORP"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_no_forced_password_change(sim: Simulator, login: Task, version: str) -> None:
    login(api_version=version, skip_force_password_change=True)
    assert sim.requests()[0]["body"] == {**PLAIN, "skipForcePasswordChange": True}


def test_what_a_login_has_no_use_for_is_ignored(sim: Simulator, login: Task) -> None:
    login(api_key="canary-key", tenant="acme", access_cluster="london")
    (entry,) = sim.requests()
    assert entry["body"] == PLAIN
    assert not {"apikey", "accessclusterid", "x-impersonate-tenant-id"} & set(entry["headers"])


def test_an_at_sign_in_the_user_name_does_not_overrule_the_domain(sim: Simulator, login: Task) -> None:
    login.fails(username="backup@other.example", domain="CORP")
    body = sim.requests()[0]["body"]
    assert (body["username"], body["domain"]) == ("backup@other.example", "CORP")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_certificate(sim: Simulator, login: Task, version: str) -> None:
    login.defaults = {"cluster": sim.host, "ca_path": sim.ca_path}
    result = login(api_version=version, certificate=sim.client_cert, private_key=sim.client_key)
    assert sim.requests()[0]["body"] == {"certificate": sim.client_cert, "privateKey": sim.client_key}
    assert result["token"]["username"] is None
    assert len(result["token"]["certificate_sha256"]) == 64
    assert minted(sim)[0]["username"] == "certificate"


@pytest.mark.parametrize(("otp_type", "code"), [("totp", credentials.TOTP_CODE), ("email", credentials.EMAIL_CODE)])
class TestOneTimePasswords:
    def test_flat_and_capitalised_in_v1(self, sim: Simulator, login: Task, otp_type: str, code: str) -> None:
        assert login(api_version="v1", otp_code=code, otp_type=otp_type, **MFA)["actions"] == ["created"]
        assert sim.requests()[0]["body"] == {**MFA, "domain": "LOCAL", "otpCode": code, "otpType": otp_type.capitalize()}

    def test_nested_and_in_lower_case_in_v2(self, sim: Simulator, login: Task, otp_type: str, code: str) -> None:
        assert login(api_version="v2", otp_code=code, otp_type=otp_type, **MFA)["actions"] == ["created"]
        assert sim.requests()[0]["body"] == {**MFA, "domain": "LOCAL", "mfaParams": {"otpCode": code, "otpType": otp_type}}


class TestAnswers:
    def test_a_cluster_that_answers_200(self, sim: Simulator, login: Task) -> None:
        sim.set(cohesity_status=200)
        assert login()["actions"] == ["created"]

    @pytest.mark.parametrize("privileges", [None, "absent"])
    def test_no_privileges(self, sim: Simulator, login: Task, privileges: Any) -> None:
        sim.set(cohesity_privileges=privileges)
        assert login()["token"]["privileges"] is None

    def test_a_user_without_any(self, login: Task) -> None:
        assert login(username="viewer", password="canary-cohesity-viewer-password")["token"]["privileges"] == []

    @pytest.mark.parametrize("token_type", [None, "", {"__delete__": True}])
    def test_no_token_type(self, sim: Simulator, login: Task, token_type: Any) -> None:
        sim.fault("patch", changes={"tokenType": token_type})
        assert login()["token"]["token_type"] == "Bearer"

    def test_another_token_type(self, sim: Simulator, login: Task) -> None:
        sim.fault("patch", changes={"tokenType": "Cohesity"})
        token = login()["token"]
        assert token["headers"] == {"Authorization": f"Cohesity {token['access_token']}"}


class TestLifetime:
    @pytest.mark.parametrize(("lifetime", "seconds"), [("24h", 86400), ("30m", 1800), ("3600", 3600), ("1d12h", 129600)])
    def test_counts_from_the_cluster_s_clock(self, sim: Simulator, login: Task, lifetime: str, seconds: int) -> None:
        sim.set(clock_frozen=True)
        sim.advance(-3 * 365 * 86400)
        token = login(lifetime=lifetime)["token"]
        assert token["expires_at"] == iso(sim.now() + seconds)
        assert seconds - 2 <= token["expires_in"] <= seconds

    def test_one_that_is_never_reused_is_warned_of(self, login: Task) -> None:
        token = login(lifetime="5m")["token"]
        assert login.warnings == [
            f"The token expires at {token['expires_at']} (by lifetime), which leaves no more than min_validity (300 s): this token will never be reused"
        ]


def jwt(**claims: Any) -> str:
    """A token like the one in the vendor's documentation."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in [*parts, b"signature"])


class TestExpiresSource:
    """The token itself, else what the user says, else the security configuration where this user may read it, else 24 hours."""

    ADMIN = ("CLUSTER_VIEW", "SECURITY_ADVISOR_VIEW", "TENANT_VIEW")

    @pytest.mark.parametrize("lifetime", [None, "2h"])
    @pytest.mark.parametrize("kind", [str, int])
    def test_a_jwt_says_so_itself(self, sim: Simulator, login: Task, lifetime: str | None, kind: type) -> None:
        sim.set(cohesity_privileges=list(self.ADMIN))
        expires_at = int(sim.now()) + 8 * 3600
        sim.fault("patch", changes={"accessToken": jwt(**{"expiration-time": kind(expires_at), "username": "backup"})})
        token = login(lifetime=lifetime)["token"]
        assert (token["expires_at"], token["expires_source"]) == (iso(expires_at), "token")
        assert transcript(sim) == [V2_LOGIN]

    @pytest.mark.parametrize(
        "claims", [{}, {"expiration-time": "soon"}, {"expiration-time": None}, {"expiration-time": 1e999}, {"expiration-time": "9" * 4000}]
    )
    def test_a_jwt_that_does_not(self, sim: Simulator, login: Task, claims: dict[str, Any]) -> None:
        sim.fault("patch", changes={"accessToken": jwt(**claims)})
        assert login()["token"]["expires_source"] == "lifetime"

    @pytest.mark.parametrize("version", ["v1", "v2"])
    def test_the_security_configuration(self, sim: Simulator, login: Task, version: str) -> None:
        sim.set(clock_frozen=True, cohesity_privileges=list(self.ADMIN), cohesity_lifetime=3 * 3600)
        token = login(api_version=version)["token"]
        assert (token["expires_at"], token["expires_source"]) == (iso(sim.now() + 3 * 3600), "security_config")
        assert transcript(sim) == [V1_LOGIN if version == "v1" else V2_LOGIN, "GET /v2/security-config"]
        assert sim.requests()[-1]["headers"]["authorization"] == f"Bearer {token['access_token']}"

    def test_what_the_user_says_is_not_asked_for(self, sim: Simulator, login: Task) -> None:
        sim.set(cohesity_privileges=list(self.ADMIN))
        assert login(lifetime="2h")["token"]["expires_source"] == "lifetime"
        assert transcript(sim) == [V2_LOGIN]

    @pytest.mark.parametrize("privileges", [None, "absent", [], ["SECURITY_ADVISOR_VIEW"], ["TENANT_VIEW", "CLUSTER_VIEW"]])
    def test_who_may_not_read_it_asks_nothing(self, sim: Simulator, login: Task, privileges: Any) -> None:
        sim.set(clock_frozen=True, cohesity_privileges=privileges)
        token = login()["token"]
        assert (token["expires_at"], token["expires_source"]) == (iso(sim.now() + 86400), "lifetime")
        assert transcript(sim) == [V2_LOGIN]

    @pytest.mark.parametrize(("status", "warnings"), [(403, 0), (404, 0), (401, 1), (500, 1), (503, 1)])
    def test_a_refusal_loses_no_token(self, sim: Simulator, login: Task, status: int, warnings: int) -> None:
        sim.set(cohesity_privileges=list(self.ADMIN))
        sim.fault("status", path="security-config", code=status)
        token = login()["token"]
        assert token["expires_source"] == "lifetime"
        assert sim.check_cohesity(token["access_token"])
        assert len(login.warnings) == warnings
        assert len(transcript(sim)) == 2

    @pytest.mark.parametrize("minutes", [None, True, 0, -5, "soon", 1e999, 10**30, [480]])
    def test_a_configuration_that_says_nothing(self, sim: Simulator, login: Task, minutes: Any) -> None:
        sim.set(cohesity_privileges=list(self.ADMIN))
        sim.fault("json", path="security-config", value={"authTokenTimeoutMinutes": minutes})
        assert login()["token"]["expires_source"] == "lifetime"

    def test_it_comes_back_with_the_token(self, sim: Simulator, login: Task) -> None:
        sim.set(cohesity_privileges=list(self.ADMIN))
        token = login()["token"]
        assert login(token=token)["token"]["expires_source"] == "security_config"


class TestCheckMode:
    def test_no_request_at_all(self, sim: Simulator, login: Task) -> None:
        predicted = login(check_mode=True)
        assert transcript(sim) == []
        done = login()
        assert {key: predicted[key] for key in ("changed", "actions", "diff")} == {key: done[key] for key in ("changed", "actions", "diff")}
        assert (predicted["secret_available"], predicted["secret_fingerprint"]) == (False, None)

    def test_the_prediction_has_every_key_and_no_secret(self, sim: Simulator, login: Task) -> None:
        predicted, done = login(check_mode=True)["token"], login()["token"]
        assert predicted.keys() == done.keys()
        assert predicted == {**dict.fromkeys(done), "headers": {}, "cluster": sim.host, "username": USER, "domain": "LOCAL"}


def test_one_connection(sim: Simulator, login: Task) -> None:
    token = login()["token"]
    sim.clear_requests()
    login(token={**token, "expires_at": "2001-01-01T00:00:00Z"})
    assert len(transcript(sim)) == 2
    assert connections(sim) == 1
