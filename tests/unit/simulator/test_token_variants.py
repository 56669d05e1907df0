# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, lists, owners, revocations and clocks, as servers differ in them."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.simulator import Simulator, SimulatorError
from tests.unit.simulator.clients import Client, CommandCenter, message


class TestNames:
    def test_a_long_one_is_refused(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_name_limit=20)
        number = commandcenter.created("n" * 20)["accessTokenId"]
        assert "more than 20 characters" in message(commandcenter.create("n" * 21))
        assert "more than 20 characters" in message(commandcenter.update(number, tokenName="m" * 21))

    @pytest.mark.parametrize(
        ("switches", "kept"),
        [
            ({}, " Nightly Backup "),
            ({"commandcenter_name_limit": 8, "commandcenter_name_too_long": "cut"}, " Nightly"),
            ({"commandcenter_name_spaces": "trim"}, "Nightly Backup"),
            ({"commandcenter_name_case": "lower"}, " nightly backup "),
        ],
    )
    def test_what_the_server_makes_of_them(self, commandcenter: CommandCenter, sim: Simulator, switches: dict[str, object], kept: str) -> None:
        sim.set(**switches)
        info = commandcenter.created(" Nightly Backup ")
        assert info["tokenName"] == kept
        assert message(commandcenter.create(kept)) == "Token name already present"
        commandcenter.update(info["accessTokenId"], tokenName="Other")
        commandcenter.update(info["accessTokenId"], tokenName=" Nightly Backup ")
        assert commandcenter.listed()[0]["tokenName"] == kept


class TestPendingRevocation:
    def test_the_token_lives_until_an_administrator_authorises_it(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_revoke="pending")
        info = commandcenter.created()
        for _dummy in range(2):
            response = commandcenter.revoke(info["accessTokenId"])
            assert response.status_code == 202
            assert "pending administrator authorization" in response.text
        assert sim.check(info["accessToken"])
        assert [token["pending"] for token in sim.state()["commandcenter"]["tokens"]] == [True]
        assert sim.commandcenter_authorize(info["accessTokenId"])["death"] == "revoked"
        assert commandcenter.listed() == []

    def test_or_refuses_it(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_revoke="pending")
        info = commandcenter.created()
        with pytest.raises(SimulatorError):
            sim.commandcenter_authorize(info["accessTokenId"])
        commandcenter.revoke(info["accessTokenId"])
        token = sim.commandcenter_authorize(info["accessTokenId"], granted=False)
        assert (token["alive"], token["pending"]) == (True, False)


class TestOwners:
    @pytest.mark.parametrize("shape", ["json", "xml"])
    def test_whoami_with_and_without_the_user_id(self, commandcenter: CommandCenter, sim: Simulator, shape: str) -> None:
        sim.set(commandcenter_whoami=shape)
        assert "userId" in commandcenter("POST", "/WhoAmI").text
        sim.set(commandcenter_whoami_user_id=False)
        text = commandcenter("POST", "/WhoAmI").text
        assert "svc-ansible" in text
        assert "userId" not in text

    def test_answers_with_and_without_the_user_id(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        assert commandcenter.created("with")["userId"] == 7
        sim.set(commandcenter_answer_user_id=False)
        info = commandcenter.created("without")
        assert "userId" not in info
        assert "userId" not in commandcenter.renew(info).json()

    def test_tokens_of_others_beside_ones_own(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_list_all="all")
        commandcenter.created("mine")
        theirs, service = sim.commandcenter_seed({"name": "mine", "user_id": 8}, {"name": "svc", "user_id": 42})
        assert [entry["userId"] for entry in commandcenter.listed()] == [7, 8, 42]
        assert [token["owner"] for token in sim.state()["commandcenter"]["tokens"]] == ["svc-ansible", "operator", "exporter"]
        assert sim.check(theirs["access_token"])
        assert sim.check(service["access_token"])


def test_a_list_can_show_what_no_client_knows(commandcenter: CommandCenter, sim: Simulator) -> None:
    info = commandcenter.created()
    sim.commandcenter_edit(info["accessTokenId"], shown={"tokenType": 9, "tokenName": 4711, "createdTime": {"__delete__": True}})
    (entry,) = commandcenter.listed()
    assert (entry["tokenType"], entry["tokenName"]) == (9, 4711)
    assert "createdTime" not in entry
    assert sim.check(info["accessToken"])


@pytest.mark.parametrize("secret", [True, False])
def test_an_error_code_after_the_work(commandcenter: CommandCenter, sim: Simulator, secret: bool) -> None:
    changes: dict[str, object] = {"error": {"errorCode": 4711, "errorMessage": "Something is wrong"}}
    if not secret:
        changes["tokenInfo"] = {"__delete__": True}
    sim.fault("patch", path="AccessToken$", method="POST", changes=changes)
    response = commandcenter.create()
    assert (response.status_code, response.json()["error"]["errorCode"]) == (200, 4711)
    assert ("accessToken" in response.text) == secret
    assert len(commandcenter.listed()) == 1


@pytest.mark.parametrize("shape", ["authToken", "data.token"])
def test_the_login_has_its_token_in_other_places(sim: Simulator, shape: str) -> None:
    sim.set(commandcenter_login_shape=shape)
    answer = CommandCenter(sim).login().json()
    for key in shape.split("."):
        answer = answer[key]
    assert [answer] == sim.state()["commandcenter"]["logins"]


@pytest.mark.parametrize("told", ["retry-after", "x-ratelimit", "both", "none"])
def test_how_the_limit_tells_when_to_come_back(commandcenter: CommandCenter, sim: Simulator, told: str) -> None:
    sim.set(rate_limit={"reads": 1, "seconds": 60, "headers": told})
    assert commandcenter("GET", "/client").status_code == 200
    response = commandcenter("GET", "/client")
    assert response.status_code == 429
    assert ("Retry-After" in response.headers) == (told in ("retry-after", "both"))
    assert ("X-RateLimit-Period" in response.headers) == (told in ("x-ratelimit", "both"))
    assert response.headers.get("X-RateLimit-Limit", "1") == "1"


@pytest.mark.parametrize("code", [429, 503])
def test_a_login_turned_away_unseen_counts_as_none(sim: Simulator, code: int) -> None:
    sim.set(commandcenter_lockout_attempts=1)
    client = CommandCenter(sim)
    sim.fault("status", code=code, path="Login$", body={}, headers={"Retry-After": "1"})
    response = client.login(password="wrong")
    assert (response.status_code, response.headers["Retry-After"]) == (code, "1")
    assert client.login().json()["token"]


class TestClocks:
    def date(self, response: requests.Response) -> float:
        return parsedate_to_datetime(response.headers["Date"]).timestamp()

    @pytest.mark.parametrize("offset", [7200, -3600])
    def test_the_date_header_can_be_wrong(self, sim: Simulator, offset: int) -> None:
        sim.set(date_offset=offset)
        assert abs(self.date(Client(sim)("GET", "/")) - sim.now() - offset) < 5

    def test_web_nodes_can_have_different_clocks(self, sim: Simulator) -> None:
        sim.set(date_offset=[0, 7200], clock_frozen=True)
        client = Client(sim)
        dates = [self.date(client("GET", "/")) for _dummy in range(4)]
        assert [round(date - dates[0]) for date in dates] == [0, 7200, 0, 7200]

    def test_there_can_be_no_date_at_all(self, sim: Simulator) -> None:
        sim.set(date_header=False)
        assert "Date" not in Client(sim)("GET", "/").headers

    def test_created_time_can_come_from_another_clock(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_created_offset=-10, clock_frozen=True)
        commandcenter.created()
        assert commandcenter.listed()[0]["createdTime"] == int(sim.now()) - 10
