# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center: logins and what stands before them."""

from __future__ import annotations

import base64

import pytest

from tests.simulator import Simulator, credentials
from tests.unit.simulator.clients import CommandCenter

DENIED = {"errorMessage": "Access denied", "errorCode": 5}


def test_login_whoami_logout(commandcenter: CommandCenter, sim: Simulator) -> None:
    assert len(sim.state()["commandcenter"]["logins"]) == 1
    assert commandcenter("POST", "/WhoAmI").json()["user"]["userName"] == "svc-ansible"
    response = commandcenter("POST", "/Logout")
    assert (response.status_code, response.text) == (200, "User logged out")
    assert sim.state()["commandcenter"]["logins"] == []
    again = commandcenter("POST", "/Logout")
    assert (again.status_code, again.json()) == (401, DENIED)


def test_the_login_token_is_used_whole(sim: Simulator) -> None:
    answer = CommandCenter(sim).login().json()
    assert answer["token"].startswith("QSDK ")
    assert answer["userName"] == "svc-ansible"


@pytest.mark.parametrize(
    "base",
    [
        "/commandcenter/api",
        "/CommandCenter/API",
        "/webconsole/api",
        "/SearchSvc/CVWebService.svc",
        "",
        "//commandcenter//api/",
    ],
)
def test_every_base_path_and_spelling(sim: Simulator, base: str) -> None:
    client = CommandCenter(sim, base)
    client.login()
    assert client("POST", "/whoAMI").json()["user"]["userId"] == 7
    assert client("GET", "//V4/accesstoken/?userId=7").json()["tokens"] == []


def test_the_web_service_of_the_data_centre_is_plain_http(sim: Simulator) -> None:
    client = CommandCenter(sim, "/SearchSvc/CVWebService.svc", sim.http_url)
    assert "token" in client.login().json()


def test_the_old_base_may_redirect(sim: Simulator) -> None:
    sim.set(commandcenter_webconsole="redirect")
    response = CommandCenter(sim, "/webconsole/api")("GET", "/V4/AccessToken?userId=7")
    assert response.status_code == 301
    assert response.headers["Location"] == f"{sim.url}/commandcenter/api/V4/AccessToken?userId=7"


def test_the_root_of_the_api_needs_no_login(sim: Simulator) -> None:
    assert CommandCenter(sim)("GET", "/").status_code == 200


class TestLoginRefused:
    @pytest.mark.parametrize(
        ("username", "password"),
        [("svc-ansible", "wrong"), ("nobody", "wrong"), ("exporter", ""), ("svc-domain", "anything")],
    )
    def test_a_bad_login_is_200_without_a_token(self, sim: Simulator, username: str, password: str) -> None:
        response = CommandCenter(sim).login(username, password)
        assert response.status_code == 200
        answer = response.json()
        assert "token" not in answer
        assert answer["errList"][0]["errLogMessage"]
        assert (answer["isAccountLocked"], answer["remainingLockTime"]) == (False, 0)

    def test_the_password_must_be_base64(self, sim: Simulator) -> None:
        body = {"username": "svc-ansible", "password": credentials.COMMANDCENTER_PASSWORD}
        assert "token" not in CommandCenter(sim)("POST", "/Login", body).json()

    def test_bad_logins_lock_the_account(self, sim: Simulator) -> None:
        sim.set(commandcenter_lockout_attempts=3, commandcenter_lockout_seconds=900)
        client = CommandCenter(sim)
        locked = [client.login(password="wrong").json()["isAccountLocked"] for dummy in range(3)]
        assert locked == [False, False, True]
        answer = client.login().json()
        assert "token" not in answer
        assert answer["isAccountLocked"]
        assert 890 <= answer["remainingLockTime"] <= 900
        sim.advance(901)
        assert "token" in client.login().json()


class TestUsers:
    def test_a_password_beyond_ascii(self, sim: Simulator) -> None:
        assert "token" in CommandCenter(sim).login("umlaut", "canary-£-pässwörd").json()

    def test_a_domain_in_its_own_field_or_before_the_name(self, sim: Simulator) -> None:
        password = "canary-commandcenter-domain-password"
        assert "token" in CommandCenter(sim).login("svc-domain", password, domain="corp").json()
        assert "token" in CommandCenter(sim).login("CORP\\svc-domain", password).json()
        assert "token" not in CommandCenter(sim).login("svc-domain", password).json()

    def test_the_pin_is_appended_to_the_password(self, sim: Simulator) -> None:
        password = "canary-commandcenter-mfa-password"
        assert "token" in CommandCenter(sim).login("mfa", password + credentials.PIN).json()
        assert "PIN" in CommandCenter(sim).login("mfa", password).json()["errList"][0]["errLogMessage"]
        assert "token" not in CommandCenter(sim).login("mfa", password + "000000").json()

    @pytest.mark.parametrize("token", [credentials.QSDK_AUTH_TOKEN, credentials.SAML_AUTH_TOKEN])
    def test_issued_tokens_work_and_can_be_ended(self, sim: Simulator, token: str) -> None:
        client = CommandCenter(sim)
        client.session.headers["Authtoken"] = token
        assert client("POST", "/WhoAmI").json()["user"]["userName"] == "svc-ansible"
        assert token in sim.state()["commandcenter"]["auth_tokens"]
        client("POST", "/Logout")
        assert client("POST", "/WhoAmI").status_code == 401

    def test_the_lists_of_users(self, commandcenter: CommandCenter) -> None:
        ids = {user["name"]: user["id"] for user in commandcenter("GET", "/v4/user").json()["users"]}
        classic = commandcenter("GET", "/User").json()["users"]
        assert ids == {user["userEntity"]["userName"]: user["userEntity"]["userId"] for user in classic}
        assert ids["exporter"] == credentials.SERVICE_ACCOUNT_ID
        assert commandcenter("GET", "/User/42").json()["users"][0]["userEntity"]["userName"] == "exporter"
        assert commandcenter("GET", "/v4/user/4711").status_code == 404


class TestSessions:
    def test_a_login_ends_after_disuse(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.advance(1700)
        assert commandcenter("POST", "/WhoAmI").status_code == 200
        sim.advance(1700)
        assert commandcenter("POST", "/WhoAmI").status_code == 200
        sim.advance(1801)
        response = commandcenter("POST", "/WhoAmI")
        assert (response.status_code, response.json()) == (401, DENIED)

    def test_the_client_may_ask_for_a_timeout(self, sim: Simulator) -> None:
        client = CommandCenter(sim)
        client.login(timeout=5)
        sim.advance(301)
        assert client("POST", "/WhoAmI").status_code == 401

    def test_a_login_that_ran_out_can_be_renewed(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.advance(1801)
        old = commandcenter.session.headers["Authtoken"]
        answer = commandcenter("POST", "/RenewLoginToken", {"sessionId": old, "deviceId": "here"}).json()
        commandcenter.session.headers["Authtoken"] = answer["token"]
        assert commandcenter("POST", "/WhoAmI").status_code == 200
        assert "error" in commandcenter("POST", "/RenewLoginToken", {"sessionId": old, "deviceId": "here"}).json()

    def test_logins_can_be_killed(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        assert sim.kill_logins() == 3  # ours and the two issued ones
        assert commandcenter("POST", "/WhoAmI").status_code == 401


class TestSwitches:
    def test_the_saas_shape(self, sim: Simulator) -> None:
        sim.set(commandcenter_login_shape="saas")
        client = CommandCenter(sim)
        assert list(client.login().json()) == ["data"]
        assert client("POST", "/WhoAmI").status_code == 200

    def test_a_logout_may_come_too_late(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_logout_gone=True)
        assert commandcenter("POST", "/Logout").status_code == 401
        assert sim.state()["commandcenter"]["logins"] == []

    def test_whoami_in_xml(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_whoami="xml")
        response = commandcenter("POST", "/WhoAmI")
        assert response.headers["Content-Type"] == "application/xml"
        assert 'userName="svc-ansible"' in response.text

    def test_the_rate_limit_counts_reads_and_writes_apart(self, sim: Simulator) -> None:
        sim.set(rate_limit={"writes": 2, "reads": 1, "seconds": 3600})
        client = CommandCenter(sim)
        client.login()
        assert client("GET", "/client").status_code == 200
        assert client("GET", "/client").status_code == 429
        assert client("POST", "/WhoAmI").status_code == 200
        response = client("POST", "/WhoAmI")
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 3600
        sim.advance(3600)
        assert client("POST", "/WhoAmI").status_code in (200, 401)


class TestFirewall:
    @pytest.mark.parametrize(
        ("mode", "base", "status"),
        [
            ("saas", "", 403),
            ("saas", "/commandcenter/api", 200),
            ("always", "/commandcenter/api", 403),
            ("never", "", 200),
        ],
    )
    def test_the_default_user_agent_is_kept_out(self, sim: Simulator, mode: str, base: str, status: int) -> None:
        sim.set(commandcenter_firewall=mode)
        client = CommandCenter(sim, base)
        client.session.headers["User-Agent"] = "python-requests/2.32.0"
        encoded = base64.b64encode(credentials.COMMANDCENTER_PASSWORD.encode()).decode()
        response = client("POST", "/Login", {"username": "svc-ansible", "password": encoded})
        assert response.status_code == status

    def test_another_user_agent_passes(self, sim: Simulator) -> None:
        assert "token" in CommandCenter(sim, "").login().json()
