# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's access tokens: rotation of the pair, death of the chain, use as a bearer."""

from __future__ import annotations

import pytest

from tests.simulator import Simulator
from tests.unit.simulator.clients import CommandCenter, message

DAY = 86400
TOO_LATE = "Renew request placed after the permissible time limit"


class TestRenew:
    def test_the_pair_rotates_and_the_old_access_token_is_dead_at_once(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        old = commandcenter.created()
        sim.advance(60)  # works before expiry too
        new = commandcenter.renew(old).json()
        assert {"accessTokenId", "tokenName", "userId", "tokenType", "renewableUntilTimestamp"} <= new.keys()
        assert new["accessTokenId"] == old["accessTokenId"]
        assert new["renewableUntilTimestamp"] == old["renewableUntilTimestamp"]
        assert new["tokenExpiryTimestamp"] == old["tokenExpiryTimestamp"] + 60
        assert len({old["accessToken"], old["refreshToken"], new["accessToken"], new["refreshToken"]}) == 4
        assert (sim.check(old["accessToken"]), sim.check(new["accessToken"])) == (False, True)
        assert len(commandcenter.listed()) == 1

    @pytest.mark.parametrize("lifetime", [1800, 7200])
    def test_within_two_weeks_after_expiry(self, commandcenter: CommandCenter, sim: Simulator, lifetime: int) -> None:
        sim.set(commandcenter_access_lifetime=lifetime)
        pair = commandcenter.created()
        sim.advance(lifetime + 14 * DAY - 5)
        pair = commandcenter.renew(pair).json()
        sim.advance(lifetime + 14 * DAY + 5)
        assert message(commandcenter.renew(pair)) == TOO_LATE
        assert commandcenter.renew(pair).status_code in (200, 401)

    def test_the_window_is_a_switch(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_refresh_window=100)
        pair = commandcenter.created()
        sim.advance(1800 + 105)
        assert message(commandcenter.renew(pair)) == TOO_LATE

    def test_not_after_renewable_until(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        pair = commandcenter.created(renewableUntilTimestamp=int(sim.now()) + DAY)
        assert pair["refreshTokenExpiryTimestamp"] == pair["renewableUntilTimestamp"]
        sim.advance(DAY + 5)
        assert message(commandcenter.renew(pair)) == TOO_LATE

    def test_an_older_pair_kills_the_chain_and_mails_the_owner(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        first = commandcenter.created()
        second = commandcenter.renew(first).json()
        third = commandcenter.renew(second).json()
        assert message(commandcenter.renew(first))
        state = sim.state()["commandcenter"]
        assert [(token["alive"], token["death"]) for token in state["tokens"]] == [(False, "chain")]
        assert [len(token["chain"]) for token in state["tokens"]] == [2]
        assert [(mail["user_id"], mail["id"]) for mail in state["mails"]] == [(7, first["accessTokenId"])]
        assert [event["event"] for event in state["events"]] == ["created", "renewed", "renewed", "chain killed"]
        assert commandcenter.listed() == []
        assert not sim.check(third["accessToken"])
        assert message(commandcenter.renew(third))

    def test_a_mixed_pair_with_an_old_half_kills_it_too(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        old = commandcenter.created()
        new = commandcenter.renew(old).json()
        assert message(commandcenter.renew({**new, "refreshToken": old["refreshToken"]}))
        assert not sim.check(new["accessToken"])

    def test_nonsense_harms_nothing(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        mine, other = commandcenter.created(), commandcenter.created("other")
        for pair in (
            {"accessToken": "unknown", "refreshToken": "unknown"},
            {"accessToken": None, "refreshToken": None},
            {**mine, "accessToken": "unknown"},
            {**mine, "accessToken": other["accessToken"]},
        ):
            assert message(commandcenter.renew(pair))
        assert sim.check(mine["accessToken"])
        assert sim.check(other["accessToken"])

    @pytest.mark.parametrize("fixed", [1, 4])
    def test_fixed_types_cannot_be_renewed(self, commandcenter: CommandCenter, sim: Simulator, fixed: int) -> None:
        token = commandcenter.created(tokenType=fixed)
        assert message(commandcenter.renew({**token, "refreshToken": "none"}))
        assert sim.check(token["accessToken"])

    def test_a_failed_renew_may_be_450(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_renew_error="450")
        assert commandcenter.renew({"accessToken": "a", "refreshToken": "b"}).status_code == 450


class TestRenewAuthorization:
    """Which header Renew wants; a refused call has not rotated."""

    @pytest.mark.parametrize(("switch", "none", "bearer"), [("any", 200, 200), ("bearer", 401, 200), ("none", 200, 401)])
    def test_without_a_header_and_with_the_old_token(self, commandcenter: CommandCenter, sim: Simulator, switch: str, none: int, bearer: int) -> None:
        sim.set(commandcenter_renew_auth=switch)
        pairs = {"none": commandcenter.created("none"), "bearer": commandcenter.created("bearer")}
        sim.advance(3600)  # the old token counts although it has expired
        client = CommandCenter(sim)
        header = {"Authorization": f"Bearer {pairs['bearer']['accessToken']}"}
        assert client.renew(pairs["none"]).status_code == none
        assert client.renew(pairs["bearer"], headers=header).status_code == bearer
        rotated = {token["name"]: bool(token["chain"]) for token in sim.state()["commandcenter"]["tokens"]}
        assert rotated == {"none": none == 200, "bearer": bearer == 200}


class TestBearer:
    def test_it_is_accepted_in_either_header_and_updates_last_used(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        token = commandcenter.created()["accessToken"]
        assert commandcenter.listed()[0]["lastUsedTime"] == 0
        sim.advance(100)
        assert commandcenter.use(token) == 200
        used = commandcenter.listed()[0]["lastUsedTime"]
        assert abs(used - sim.now()) < 5
        for header in (f"Bearer {token}", token):
            response = commandcenter("POST", "/WhoAmI", headers={"Authtoken": header})
            assert response.json()["user"]["userName"] == "svc-ansible"

    def test_it_expires(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        token = commandcenter.created()["accessToken"]
        sim.advance(1801)
        assert commandcenter.use(token) == 401
        assert not sim.check(token)

    def test_the_custom_scope_is_a_prefix(self, commandcenter: CommandCenter) -> None:
        token = commandcenter.created(tokenType=3, apiEndpoints=["/client", "v4/servergroup"])["accessToken"]
        assert commandcenter.use(token, "/Client/5") == 200
        assert commandcenter.use(token, "/V4/ServerGroup") == 200
        assert commandcenter.use(token, "/job") == 403

    def test_a_scim_token_opens_scim_only(self, commandcenter: CommandCenter) -> None:
        token = commandcenter.created(tokenType=1)["accessToken"]
        assert (commandcenter.use(token, "/scim/v2/Users"), commandcenter.use(token)) == (200, 403)

    @pytest.mark.parametrize(
        ("allowed", "address", "status"),
        [
            ("192.0.2.1", "192.0.2.1", 200),
            ("192.0.2.1", "192.0.2.2", 401),
            ("192.0.2.0/24", "192.0.2.99", 200),
            ("192.0.2.0/24", "198.51.100.1", 401),
            ("192.0.2.10-192.0.2.20", "192.0.2.20", 200),
            ("192.0.2.10-192.0.2.20", "192.0.2.21", 401),
            ("2001:db8::/32", "2001:db8::5", 200),
            ("2001:db8::/32", "192.0.2.1", 401),
            ("127.0.0.0/8", "", 200),
        ],
    )
    def test_the_allow_list(self, commandcenter: CommandCenter, sim: Simulator, allowed: str, address: str, status: int) -> None:
        token = commandcenter.created(allowedIPs=[allowed])["accessToken"]
        sim.set(client_address=address)
        assert commandcenter.use(token) == status
        assert sim.check(token) == (status == 200)

    def test_it_manages_no_tokens(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        info = commandcenter.created()
        client = CommandCenter(sim)
        client.session.headers["Authorization"] = f"Bearer {info['accessToken']}"
        for response in (
            client.create("other"),
            client.update(info["accessTokenId"], tokenName="other"),
            client.revoke(info["accessTokenId"]),
        ):
            assert message(response) == "Access token creation not allowed using another access token"
        assert [token["tokenName"] for token in client.listed()] == ["ci"]

    def test_writes(self, commandcenter: CommandCenter) -> None:
        token = commandcenter.created()["accessToken"]
        assert commandcenter.use(token, "/client/5", "POST") == 200
        assert commandcenter.use(token, "/nothing") == 404
