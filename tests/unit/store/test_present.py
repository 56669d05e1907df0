# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""state: present with a store, while nothing goes wrong: create, reuse, renew."""

from __future__ import annotations

import re

import pytest

from tests.constants import CREATED, DAY, MINUTE, RENEWED, UNCHANGED
from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken


class TestCreate:
    def test_no_record_and_no_token(self, task: StoredToken) -> None:
        result = task()
        assert task.requests == CREATED
        assert (result["changed"], result["actions"], result["secret_available"]) == (True, ["created"], True)
        task.settled(result)
        assert task.warnings == []

    def test_the_record(self, task: StoredToken) -> None:
        token = task(scope="custom", api_endpoints=["/client"], allowed_ips=["127.0.0.0/8"], renewable_until="30d")["token"]
        record = task.store.read()
        assert record is not None
        assert (record["version"], record["kind"]) == (1, "commandcenter_access_token")
        same = ("access_token", "refresh_token", "id", "name", "scope", "api_endpoints", "allowed_ips", "expires_at", "renewable_until", "refresh_expires_at")
        assert {key: record[key] for key in same} == {key: token[key] for key in same}
        assert record["identity"] == {
            "url": f"{task.sim.url}/commandcenter/api",
            "name": "ci",
            "username": "svc-ansible",
            "domain": None,
            "user_id": None,
        }
        for key in ("expires_at", "renewable_until", "refresh_expires_at"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record[key])
        assert "canary" not in str(record)  # no password

    def test_a_service_account(self, task: StoredToken) -> None:
        result = task(user_id=42)
        assert [token["user_id"] for token in task.live()] == [42]
        assert task(user_id=42)["actions"] == ["reused"]
        assert task.sim.requests("AccessToken$", "GET")[0]["query"] == {"userId": "42"}
        task.settled(result)

    def test_two_stores_hold_two_tokens(self, task: StoredToken) -> None:
        other = task.store.another()
        first, second = task(), task(name="other", store=other.option)
        assert task()["token"]["access_token"] == first["token"]["access_token"]
        assert task(name="other", store=other.option)["token"]["access_token"] == second["token"]["access_token"]
        assert task.names() == ["ci", "other"]


class TestReuse:
    def test_three_requests_and_no_write(self, task: StoredToken) -> None:
        first = task()
        version = task.store.version()
        second = task()
        assert task.requests == UNCHANGED
        assert task.store.version() == version
        assert (second["changed"], second["actions"]) == (False, ["reused"])
        assert second["token"]["access_token"] == first["token"]["access_token"]
        assert second["token"]["refresh_token"] == first["token"]["refresh_token"]
        assert second["diff"]["before"] == second["diff"]["after"]
        task.settled(second)

    def test_the_result_is_the_same_token(self, task: StoredToken) -> None:
        first, second = task()["token"], task()["token"]
        # The list knows when it was made and used; the answer of the creation does not.
        assert {key: value for key, value in second.items() if key not in ("created_at", "last_used_at", "expires_in", "api_endpoints")} == {
            key: value for key, value in first.items() if key not in ("created_at", "last_used_at", "expires_in", "api_endpoints")
        }

    def test_exactly_as_long_as_it_must_live(self, task: StoredToken, sim: Simulator) -> None:
        sim.set(clock_frozen=True)
        task(min_validity="10m")
        sim.advance(20 * MINUTE - 1)
        # The server's clock shows whole seconds; a second more or less is not what decides here.
        assert task(min_validity="10m")["actions"] == ["reused"]
        sim.advance(2)
        assert task(min_validity="10m")["actions"] == ["renewed"]

    @pytest.mark.parametrize("style", ["int", "name"])
    def test_every_way_of_listing(self, task: StoredToken, sim: Simulator, style: str) -> None:
        sim.set(commandcenter_type_style=style, commandcenter_default_type=0)
        task(scope="all")
        assert task(scope="all")["actions"] == ["reused"]

    def test_renewable_for_ever(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.commandcenter_edit(task.live()[0]["id"], renewable_until=None)
        for forever in (0, -1, 2147483647, "absent"):
            sim.set(commandcenter_forever=forever)
            assert task()["actions"] == ["reused"]


class TestRenew:
    def test_less_than_min_validity_left(self, task: StoredToken, sim: Simulator) -> None:
        first = task()["token"]
        sim.advance(26 * MINUTE)
        result = task()
        assert task.requests == RENEWED
        (sent,) = sim.requests("Renew$")
        assert sent["body"] == {"accessToken": first["access_token"], "refreshToken": first["refresh_token"]}
        assert (result["changed"], result["actions"]) == (True, ["renewed"])
        assert result["token"]["id"] == first["id"]
        assert result["token"]["access_token"] != first["access_token"]
        assert result["diff"]["before"] != result["diff"]["after"]
        task.settled(result)
        assert task()["actions"] == ["reused"]

    def test_again_and_again(self, task: StoredToken, sim: Simulator) -> None:
        task()
        for number in range(1, 5):
            sim.advance(2 * DAY)
            result = task()
            assert result["actions"] == ["renewed"]
            (token,) = task.live()
            assert len(token["chain"]) == number
        task.settled(result)

    def test_forced(self, task: StoredToken) -> None:
        first = task()["token"]
        result = task(state="renewed")
        assert task.requests == RENEWED
        assert (result["changed"], result["actions"]) == (True, ["renewed"])
        assert result["token"]["access_token"] != first["access_token"]
        task.settled(result)

    def test_forced_without_a_token_creates(self, task: StoredToken) -> None:
        result = task(state="renewed")
        assert result["actions"] == ["created"]
        task.settled(result)

    def test_a_server_that_wants_no_authorization(self, task: StoredToken, sim: Simulator) -> None:
        sim.set(commandcenter_renew_auth="none")
        task()
        result = task(state="renewed")
        assert [entry["status"] for entry in sim.requests("Renew$")] == [401, 200]
        task.settled(result)

    def test_nobody_can_use_the_pair_before(self, task: StoredToken, sim: Simulator) -> None:
        first = task()["token"]
        task(state="renewed")
        assert not sim.check(first["access_token"])

    def test_another_token_of_the_user_is_left_alone(self, task: StoredToken, sim: Simulator) -> None:
        other = sim.commandcenter_create("somebody-else")
        task()
        task(state="renewed")
        task(recreate="always")
        task(state="absent")
        assert task.live() == [{**other, "last_used": 0}]

    def test_min_validity_beyond_the_lifetime_renews_each_time(self, task: StoredToken) -> None:
        task(min_validity="2h")
        result = task(min_validity="2h")
        assert result["actions"] == ["renewed"]
        task.settled(result)
