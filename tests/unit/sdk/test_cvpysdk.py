# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commvault's own client against the simulator: if it cannot use it, the simulator is wrong."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cvpysdk.commcell import Commcell
from cvpysdk.exception import SDKException

from tests.constants import DAY
from tests.simulator import Simulator, credentials


def log_in(sim: Simulator, **changes: Any) -> Commcell:
    options = {
        "commcell_username": credentials.COMMANDCENTER_USERNAME,
        "commcell_password": credentials.COMMANDCENTER_PASSWORD,
        "force_https": True,
        "certificate_path": sim.ca_path,
        **changes,
    }
    return Commcell(sim.host, **options)


@pytest.fixture
def user(sim: Simulator) -> Any:
    """The SDK's object for the default user."""
    return log_in(sim).users.get(credentials.COMMANDCENTER_USERNAME)


def test_log_in_and_out(sim: Simulator) -> None:
    commcell = log_in(sim)
    assert len(sim.state()["commandcenter"]["logins"]) == 1
    assert commcell.users.has_user("exporter")
    commcell.logout()
    assert sim.state()["commandcenter"]["logins"] == []
    login = sim.requests(path="/Login$")[0]["body"]
    assert base64.b64decode(login["password"]).decode() == credentials.COMMANDCENTER_PASSWORD
    assert login["mode"] == 4


@pytest.mark.parametrize("token", [credentials.QSDK_AUTH_TOKEN, credentials.SAML_AUTH_TOKEN])
@pytest.mark.parametrize("shape", ["json", "xml"])
def test_log_in_with_a_token_from_another_sign_on(sim: Simulator, token: str, shape: str) -> None:
    sim.set(commandcenter_whoami=shape)
    commcell = log_in(sim, commcell_username=None, commcell_password=None, authtoken=token)
    assert commcell.commcell_username == credentials.COMMANDCENTER_USERNAME
    assert sim.requests(path="/Login$") == []


def test_a_wrong_password(sim: Simulator) -> None:
    with pytest.raises(SDKException, match="Invalid Username or Password"):
        log_in(sim, commcell_password="wrong")
    assert len(sim.requests(path="/Login$")) == 1


def test_a_locked_account(sim: Simulator) -> None:
    sim.set(commandcenter_lockout_attempts=1, commandcenter_lockout_seconds=3 * 3600 + 125)
    with pytest.raises(SDKException, match="locked for 3 hour"):
        log_in(sim, commcell_password="wrong")


def test_a_foreign_certificate_is_refused(sim: Simulator) -> None:
    with pytest.raises(OSError, match="certificate verify failed"):
        log_in(sim, certificate_path=sim.other_ca_path)
    assert sim.requests() == []


def test_create_list_edit_renew_delete(sim: Simulator, user: Any) -> None:
    created = user.create_access_token("ci", token_type=3, api_endpoints=["/client"])
    number = created["accessTokenId"]
    assert sim.check(created["accessToken"])

    (listed,) = user.get_access_tokens()["tokens"]
    assert (listed["tokenName"], listed["tokenType"], listed["apiEndpoints"]) == ("ci", 3, ["/client"])
    assert "accessToken" not in listed

    edited = user.edit_access_token(number, token_name="ci2", ip_allowlist=["127.0.0.0/8"])
    assert (edited["tokenName"], "accessToken" in edited) == ("ci2", False)
    assert sim.state()["commandcenter"]["tokens"][0]["allowed_ips"] == ["127.0.0.0/8"]

    renewed = user.renew_access_token(created["accessToken"], created["refreshToken"])
    assert renewed["accessToken"] != created["accessToken"]
    assert (sim.check(created["accessToken"]), sim.check(renewed["accessToken"])) == (False, True)

    assert user.delete_access_token(number)["errorCode"] == 0
    assert user.get_access_tokens()["tokens"] == []
    assert not sim.check(renewed["accessToken"])
    assert {entry["raw_path"].split("?")[0] for entry in sim.requests(path="accesstoken")} == {
        "/commandcenter/api//V4/AccessToken",
        "/commandcenter/api//V4/AccessToken/",
        f"/commandcenter/api//V4/AccessToken/{number}",
        "/commandcenter/api//V4/AccessToken/Renew",
    }


@pytest.mark.parametrize("token_type", [None, 1, 2, 4, 5])
def test_other_types(user: Any, token_type: int | None) -> None:
    created = user.create_access_token("typed", token_type=token_type)
    assert ("refreshToken" in created) == (token_type not in (1, 4))
    assert user.get_access_tokens()["tokens"][0]["tokenType"] == (token_type or 2)


def test_times_and_service_accounts(sim: Simulator, user: Any) -> None:
    until = int(sim.now()) + 30 * DAY
    created = user.create_access_token("svc", renewable_until_time=until, service_account_id=credentials.SERVICE_ACCOUNT_ID)
    assert (created["userId"], created["renewableUntilTimestamp"]) == (credentials.SERVICE_ACCOUNT_ID, until)
    assert user.get_access_tokens()["tokens"] == []
    assert len(user.get_access_tokens(credentials.SERVICE_ACCOUNT_ID)["tokens"]) == 1
    later = user.edit_access_token(created["accessTokenId"], renewable_until_time=until + DAY)
    assert later["renewableUntilTimestamp"] == until + DAY


def test_the_servers_words_reach_the_caller(user: Any) -> None:
    created = user.create_access_token("ci")
    with pytest.raises(SDKException, match="Token name already present"):
        user.create_access_token("ci")
    with pytest.raises(SDKException, match="Access token not found"):
        user.edit_access_token(4711, token_name="x")
    with pytest.raises(SDKException, match="Access token not found"):
        user.delete_access_token(4711)
    user.renew_access_token(created["accessToken"], created["refreshToken"])
    with pytest.raises(SDKException, match="used already"):
        user.renew_access_token(created["accessToken"], created["refreshToken"])
    assert user.get_access_tokens()["tokens"] == []


def test_a_login_that_ran_out_is_renewed(sim: Simulator, user: Any) -> None:
    sim.advance(7200)
    assert user.get_access_tokens()["tokens"] == []
    assert [entry["status"] for entry in sim.requests(path="RenewLoginToken")] == [200]


def test_an_access_token_opens_the_commcell_but_creates_no_tokens(sim: Simulator, user: Any) -> None:
    token = user.create_access_token("ci")["accessToken"]
    commcell = log_in(sim, commcell_username=None, commcell_password=None, authtoken=f"Bearer {token}")
    with pytest.raises(SDKException, match="not allowed using another access token"):
        commcell.users.get(credentials.COMMANDCENTER_USERNAME).create_access_token("other")


def test_an_old_server_has_no_tokens(sim: Simulator, user: Any) -> None:
    sim.set(commandcenter_version="11.36")
    with pytest.raises(SDKException):
        user.create_access_token("ci")
    assert sim.requests(path="accesstoken")[0]["status"] == 404
