# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's named access tokens: create, list, update, revoke."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import Simulator, credentials
from tests.unit.simulator.clients import CommandCenter, message

DAY = 86400
SERVICE = credentials.SERVICE_ACCOUNT_ID
LISTED = {
    "accessTokenId",
    "userId",
    "tokenName",
    "createdTime",
    "tokenType",
    "renewableUntilTimestamp",
    "lastUsedTime",
    "tokenExpiryTimestamp",
    "apiEndpoints",
}


def only(sim: Simulator) -> dict[str, Any]:
    """The server's one token."""
    (token,) = sim.state()["commandcenter"]["tokens"]
    return dict(token)


class TestCreate:
    def test_the_answer_has_the_documented_fields(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(clock_frozen=True)
        now = int(sim.now())
        info = commandcenter.created()
        assert info.pop("accessToken") != info.pop("refreshToken")
        assert info == {
            "accessTokenId": info["accessTokenId"],
            "tokenName": "ci",
            "userId": 7,
            "tokenExpiryTimestamp": now + 1800,
            "refreshTokenExpiryTimestamp": now + 1800 + 14 * DAY,
            "renewableUntilTimestamp": now + 90 * DAY,
            "error": {"errorCode": 0, "errorMessage": ""},
        }

    @pytest.mark.parametrize(
        ("given", "number"),
        [(None, 2), ("ALL", 2), (2, 2), (0, 2), ("DEFAULT", 2), ("CUSTOM", 3), (3, 3), ("Hyperscale", 5), (5, 5)],
    )
    def test_renewable_types(self, commandcenter: CommandCenter, given: Any, number: int) -> None:
        info = commandcenter.created(tokenType=given, apiEndpoints=["/client"])
        assert "refreshToken" in info
        assert commandcenter.listed()[0]["tokenType"] == number

    @pytest.mark.parametrize(("given", "default", "most"), [("MS_SCIM", 30, 365), (1, 30, 365), ("OneTouch", 7, 14)])
    def test_types_with_a_fixed_life(self, commandcenter: CommandCenter, sim: Simulator, given: Any, default: int, most: int) -> None:
        sim.set(clock_frozen=True)
        now = int(sim.now())
        info = commandcenter.created("default", tokenType=given)
        assert "refreshToken" not in info
        assert "refreshTokenExpiryTimestamp" not in info
        assert info["tokenExpiryTimestamp"] == now + default * DAY
        longest = commandcenter.created("longest", tokenType=given, tokenExpiryTimestamp=now + most * DAY)
        assert longest["tokenExpiryTimestamp"] == now + most * DAY
        assert message(commandcenter.create("more", tokenType=given, tokenExpiryTimestamp=now + (most + 1) * DAY))

    def test_times_of_the_other_kind_are_ignored(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(clock_frozen=True)
        now = int(sim.now())
        assert commandcenter.created(tokenExpiryTimestamp=now + DAY)["tokenExpiryTimestamp"] == now + 1800
        fixed = commandcenter.created("scim", tokenType=1, renewableUntilTimestamp=now + DAY)
        assert fixed["tokenExpiryTimestamp"] == now + 30 * DAY

    @pytest.mark.parametrize("value", [-5, 2**31, 2**40, "tomorrow", 1.5, True])
    def test_times_are_int32(self, commandcenter: CommandCenter, value: Any) -> None:
        assert message(commandcenter.create(renewableUntilTimestamp=value))
        assert message(commandcenter.create(tokenType=1, tokenExpiryTimestamp=value))
        assert commandcenter.listed() == []

    @pytest.mark.parametrize("days", [-1, 366])
    def test_renewable_until_is_in_the_future_and_within_a_year(self, commandcenter: CommandCenter, sim: Simulator, days: int) -> None:
        assert message(commandcenter.create(renewableUntilTimestamp=int(sim.now()) + days * DAY))

    @pytest.mark.parametrize("endpoints", [None, [], "/client", [""], [5]])
    def test_custom_needs_endpoints(self, commandcenter: CommandCenter, endpoints: Any) -> None:
        assert message(commandcenter.create(tokenType=3, apiEndpoints=endpoints))

    @pytest.mark.parametrize("fields", [{"tokenName": ""}, {"tokenName": None}, {"tokenType": 9}, {"tokenType": "all"}])
    def test_a_name_and_a_known_type_are_needed(self, commandcenter: CommandCenter, fields: dict[str, Any]) -> None:
        assert message(commandcenter("POST", "/V4/AccessToken", {"tokenName": "ci", **fields}))

    @pytest.mark.parametrize("ips", [["192.0.2.1"], ["192.0.2.0/24"], ["192.0.2.1-192.0.2.9"], ["2001:db8::/32", "2001:db8::1-2001:db8::9"]])
    def test_allowed_ips(self, commandcenter: CommandCenter, sim: Simulator, ips: list[str]) -> None:
        commandcenter.created(allowedIPs=ips)
        assert only(sim)["allowed_ips"] == ips

    @pytest.mark.parametrize("ips", [["300.0.0.1"], ["192.0.2.9-192.0.2.1"], "192.0.2.1", [5], ["::1-192.0.2.1"]])
    def test_broken_allowed_ips(self, commandcenter: CommandCenter, ips: Any) -> None:
        assert message(commandcenter.create(allowedIPs=ips))

    def test_for_a_service_account(self, commandcenter: CommandCenter) -> None:
        assert commandcenter.created(userId=SERVICE)["userId"] == SERVICE
        assert message(commandcenter.create(userId=4711)) == "User not found"

    def test_only_an_administrator_creates_for_others(self, sim: Simulator) -> None:
        operator = CommandCenter(sim)
        operator.login("operator", "canary-commandcenter-operator-password")
        assert operator.create(userId=SERVICE).status_code == 403
        assert operator.created(userId=8)["userId"] == 8

    def test_names_are_unique_for_a_user_or_everywhere(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        commandcenter.created()
        assert message(commandcenter.create()) == "Token name already present"
        commandcenter.created(userId=SERVICE)
        sim.set(commandcenter_names="global")
        assert message(commandcenter.create(userId=8)) == "Token name already present"

    def test_a_revoked_name_is_free_again(self, commandcenter: CommandCenter) -> None:
        commandcenter.revoke(commandcenter.created()["accessTokenId"])
        commandcenter.created()


class TestForever:
    @pytest.mark.parametrize("written", [0, -1, 2147483647])
    def test_it_is_written_as_the_switch_says(self, commandcenter: CommandCenter, sim: Simulator, written: int) -> None:
        sim.set(commandcenter_forever=written)
        assert commandcenter.created(renewableUntilTimestamp=written)["renewableUntilTimestamp"] == written
        assert commandcenter.listed()[0]["renewableUntilTimestamp"] == written
        assert only(sim)["renewable_until"] is None

    def test_an_unset_number_means_the_default(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_forever=-1)
        until = commandcenter.created(renewableUntilTimestamp=0)["renewableUntilTimestamp"]
        assert abs(until - sim.now() - 90 * DAY) < 5

    def test_it_may_be_absent(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_forever="absent")
        assert "renewableUntilTimestamp" not in commandcenter.created(renewableUntilTimestamp=None)
        assert "renewableUntilTimestamp" not in commandcenter.listed()[0]

    def test_it_needs_a_newer_server(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_version="11.40")
        assert commandcenter.created("default", tokenType=2)["renewableUntilTimestamp"] > 0
        assert message(commandcenter.create(renewableUntilTimestamp=0))
        assert message(commandcenter.create(tokenType=5))


class TestVersion:
    def test_before_11_38_there_are_no_tokens(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_version="11.36")
        assert commandcenter.create().status_code == 404
        assert commandcenter("GET", "/V4/AccessToken").status_code == 404


class TestList:
    def test_it_shows_the_documented_fields_and_no_secret(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        info = commandcenter.created(tokenType=3, apiEndpoints=["/client"], allowedIPs=["192.0.2.1"])
        (listed,) = commandcenter.listed()
        assert set(listed) == LISTED
        assert listed["apiEndpoints"] == ["/client"]
        assert info["accessToken"] not in str(listed)
        sim.set(commandcenter_list_allowed_ips=True)
        assert commandcenter.listed()[0]["allowedIPs"] == ["192.0.2.1"]

    def test_own_another_users_and_all(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.commandcenter_create("mine")
        sim.commandcenter_create("theirs", user_id=8)
        assert [token["tokenName"] for token in commandcenter.listed()] == ["mine"]
        assert [token["tokenName"] for token in commandcenter.listed("/?userId=8")] == ["theirs"]
        sim.set(commandcenter_list_all="all")
        assert [token["tokenName"] for token in commandcenter.listed()] == ["mine", "theirs"]

    def test_a_user_id_is_a_number(self, commandcenter: CommandCenter) -> None:
        assert message(commandcenter("GET", "/V4/AccessToken?userId=svc-ansible")) == "Invalid user id"

    def test_others_tokens_are_for_administrators(self, sim: Simulator) -> None:
        operator = CommandCenter(sim)
        operator.login("operator", "canary-commandcenter-operator-password")
        assert operator("GET", "/V4/AccessToken?userId=7").status_code == 403

    def test_types_by_name(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        commandcenter.created("scim", tokenType=1)
        sim.set(commandcenter_type_style="name")
        assert commandcenter.listed()[0]["tokenType"] == "MS_SCIM"

    def test_default_may_be_listed_as_itself(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        commandcenter.created(tokenType=0)
        assert commandcenter.listed()[0]["tokenType"] == 2
        sim.set(commandcenter_default_type=0)
        assert commandcenter.listed()[0]["tokenType"] == 0

    def test_ten_thousand(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        assert sim.commandcenter_fill(10_000) == 10_000
        assert len({token["tokenName"] for token in commandcenter.listed()}) == 10_000


class TestUpdate:
    def test_only_the_named_fields_change_and_no_secret_is_shown(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        created = commandcenter.created()
        before = only(sim)
        until = int(sim.now()) + 30 * DAY
        answer = commandcenter.update(created["accessTokenId"], tokenName="new", renewableUntilTimestamp=until, allowedIPs=["127.0.0.1"]).json()
        assert answer["error"]["errorCode"] == 0
        assert answer["tokenInfo"]["tokenName"] == "new"
        assert not {"accessToken", "refreshToken"} & answer["tokenInfo"].keys()
        after = only(sim)
        changed = {key for key in after if after[key] != before[key]}
        assert changed == {"name", "renewable_until", "allowed_ips"}
        assert sim.check(created["accessToken"])  # does not rotate

    def test_the_address_list_is_replaced_and_emptied(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        number = commandcenter.created(allowedIPs=["192.0.2.1", "192.0.2.2"])["accessTokenId"]
        commandcenter.update(number, allowedIPs=["192.0.2.3"])
        assert only(sim)["allowed_ips"] == ["192.0.2.3"]
        commandcenter.update(number, allowedIPs=[])
        assert only(sim)["allowed_ips"] == []

    def test_the_type_changes_among_the_renewable_ones(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        number = commandcenter.created()["accessTokenId"]
        assert message(commandcenter.update(number, tokenType=3))  # endpoints missing
        assert not message(commandcenter.update(number, tokenType=3, apiEndpoints=["/client"]))
        assert only(sim)["api_endpoints"] == ["/client"]
        assert not message(commandcenter.update(number, tokenType=5))
        assert (only(sim)["type"], only(sim)["api_endpoints"]) == (5, [])
        for fixed in (1, 4):
            assert message(commandcenter.update(number, tokenType=fixed)) == "Token type cannot be changed"

    @pytest.mark.parametrize("fixed", [1, 4])
    def test_the_type_of_a_fixed_token_never_changes(self, commandcenter: CommandCenter, fixed: int) -> None:
        number = commandcenter.created(tokenType=fixed)["accessTokenId"]
        assert message(commandcenter.update(number, tokenType=2)) == "Token type cannot be changed"

    def test_the_expiry_of_a_fixed_token(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        number, expires = commandcenter.created(tokenType=1)["accessTokenId"], int(sim.now()) + 90 * DAY
        commandcenter.update(number, tokenExpiryTimestamp=expires)
        assert only(sim)["access_expires"] == expires

    def test_a_refused_update_changes_nothing(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        number = commandcenter.created()["accessTokenId"]
        before = only(sim)
        assert message(commandcenter.update(number, tokenName="new", allowedIPs=["nonsense"]))
        assert only(sim) == before

    def test_a_name_that_is_taken(self, commandcenter: CommandCenter) -> None:
        number = commandcenter.created("one")["accessTokenId"]
        commandcenter.created("two")
        assert message(commandcenter.update(number, tokenName="two")) == "Token name already present"
        assert not message(commandcenter.update(number, tokenName="one"))

    def test_anothers_token_is_for_administrators(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        number = commandcenter.created()["accessTokenId"]
        operator = CommandCenter(sim)
        operator.login("operator", "canary-commandcenter-operator-password")
        assert operator.update(number, tokenName="mine").status_code == 403
        assert operator.revoke(number).status_code == 403
        theirs = operator.created("theirs")["accessTokenId"]
        assert not message(commandcenter.update(theirs, tokenName="edited"))


class TestRevoke:
    def test_a_revoked_token_is_dead(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        info = commandcenter.created()
        assert commandcenter.revoke(info["accessTokenId"]).json() == {"errorCode": 0, "errorMessage": ""}
        assert commandcenter.listed() == []
        assert commandcenter.use(info["accessToken"]) == 401
        assert message(commandcenter.renew(info))
        assert only(sim)["death"] == "revoked"

    @pytest.mark.parametrize(("switch", "status"), [("200-error", 200), ("404", 404)])
    def test_an_unknown_id(self, commandcenter: CommandCenter, sim: Simulator, switch: str, status: int) -> None:
        sim.set(commandcenter_unknown_id=switch)
        for response in (commandcenter.revoke(4711), commandcenter.update(4711, tokenName="x")):
            assert response.status_code == status
            assert message(response) == "Access token not found"


class TestErrors:
    @pytest.mark.parametrize(
        ("style", "status", "create_nested", "revoke_nested"),
        [
            ("http200", 200, True, False),
            ("http200 nested", 200, True, True),
            ("http200 flat", 200, False, False),
            ("http400", 400, False, False),
        ],
    )
    def test_styles(self, commandcenter: CommandCenter, sim: Simulator, style: str, status: int, create_nested: bool, revoke_nested: bool) -> None:
        sim.set(commandcenter_error_style=style)
        refused = commandcenter.create(""), commandcenter.revoke(4711)
        assert [response.status_code for response in refused] == [status, status]
        assert ["error" in response.json() for response in refused] == [create_nested, revoke_nested]
        assert all(message(response) for response in refused)

    def test_no_login_and_a_dead_login(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.kill_logins()
        assert commandcenter.create().status_code == 401
        del commandcenter.session.headers["Authtoken"]
        assert commandcenter.create().json() == {"errorMessage": "Access denied", "errorCode": 5}

    @pytest.mark.parametrize("body", [None, [], "text"])
    def test_a_body_that_is_no_object(self, commandcenter: CommandCenter, body: Any) -> None:
        assert commandcenter("POST", "/V4/AccessToken", body).status_code == 400

    def test_a_method_that_does_not_exist(self, commandcenter: CommandCenter) -> None:
        assert commandcenter("PATCH", "/V4/AccessToken/1").status_code == 405
