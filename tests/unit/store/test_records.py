# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record serves one token of one user at one server, and nothing is made of a record that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.constants import LIST
from tests.simulator import Simulator
from tests.simulator.credentials import COMMANDCENTER_USERS, QSDK_AUTH_TOKEN
from tests.unit.store.conftest import StoredToken

PASSWORDS = {user["username"]: user["password"] for user in COMMANDCENTER_USERS}


def unchanged(task: StoredToken, **arguments: Any) -> str:
    """The sentence of a refusal that left the store and the server's tokens as they were."""
    before = task.store.read(), task.every()
    message = task.fails(**arguments).message
    assert (task.store.read(), task.every()) == before
    return message


class TestAnotherToken:
    def test_of_another_name(self, task: StoredToken) -> None:
        task()
        message = unchanged(task, name="other")
        assert "holds the record of another credential (name 'ci', not 'other'); use a separate file or path for each credential" in message

    def test_of_another_server(self, task: StoredToken, sim: Simulator) -> None:
        task()
        assert "holds the record of another credential (url " in unchanged(task, url=f"{sim.url}/webconsole/api")

    def test_of_another_user(self, task: StoredToken) -> None:
        task()
        message = unchanged(task, username="operator", password=PASSWORDS["operator"])
        assert "(username 'svc-ansible', not 'operator')" in message

    def test_of_another_domain(self, task: StoredToken) -> None:
        task(username="svc-domain", password=PASSWORDS["svc-domain"], domain="CORP")
        assert "(domain 'CORP', not 'OTHER')" in unchanged(task, username="svc-domain", password=PASSWORDS["svc-domain"], domain="OTHER")

    def test_of_a_service_account(self, task: StoredToken) -> None:
        task(user_id=42)
        assert "(user_id 42, not None)" in unchanged(task)
        assert "(user_id 42, not 7)" in unchanged(task, user_id=7)

    @pytest.mark.parametrize("state", ["present", "renewed", "absent"])
    def test_in_every_state(self, task: StoredToken, state: str) -> None:
        task()
        assert "record of another credential" in unchanged(task, name="other", state=state)

    def test_in_check_mode(self, task: StoredToken) -> None:
        task()
        assert "record of another credential" in task.fails(check_mode=True, name="other").message

    def test_nobody_is_asked_before(self, task: StoredToken) -> None:
        task()
        unchanged(task, name="other")
        assert task.requests == []


class TestOneTokenManagedByMany:
    def test_a_service_account_and_another_administrator(self, task: StoredToken, sim: Simulator) -> None:
        """Whoever logs in, it is the service account's token."""
        first = task(user_id=42)["token"]
        second = task(user_id=42, username=None, password=None, auth_token=QSDK_AUTH_TOKEN)
        assert second["actions"] == ["reused"]
        assert second["token"]["access_token"] == first["access_token"]
        assert [entry["path"] for entry in sim.requests("Log")] == []

    def test_a_login_by_token_does_not_say_whose_it_is(self, task: StoredToken) -> None:
        task()
        assert task(username=None, password=None, auth_token=QSDK_AUTH_TOKEN)["actions"] == ["reused"]
        assert task.requests == [LIST]

    def test_and_may_belong_to_somebody_else(self, task: StoredToken) -> None:
        """Then it does not see the token of the record: a new one of that name would be another user's, in the place of the first one's secret."""
        operator = {"username": "operator", "password": PASSWORDS["operator"]}
        task(**operator)
        before = task.store.read()
        message = task.fails(username=None, password=None, auth_token=QSDK_AUTH_TOKEN).message
        assert "The store holds the token of user id 8, and this login is user id 7: its record was left as it is" in message
        assert task.store.read() == before
        assert [token["user_id"] for token in task.live()] == [8]
        assert task(**operator)["actions"] == ["reused"]


class TestTokensOfOtherUsers:
    """An administrator's list may show them, and names are unique for one user only."""

    @pytest.fixture
    def theirs(self, task: StoredToken, sim: Simulator) -> dict[str, Any]:
        sim.set(commandcenter_list_all="all")
        task()
        return sim.commandcenter_create("ci", user_id=8)

    def test_beside_ours(self, task: StoredToken, theirs: dict[str, Any]) -> None:
        assert task()["actions"] == ["reused"]
        assert task(recreate="always")["actions"] == ["recreated"]
        assert theirs in task.live()

    @pytest.mark.parametrize("recreate", ["never", "state_change", "always"])
    def test_in_the_place_of_ours(self, task: StoredToken, sim: Simulator, theirs: dict[str, Any], recreate: str) -> None:
        sim.commandcenter_revoke(101)
        result = task(recreate=recreate)
        assert (result["actions"], result["replaced_id"]) == (["recreated"], 101)
        assert [token["user_id"] for token in task.live()] == [8, 7]
        assert theirs in task.live()

    def test_when_ours_is_removed(self, task: StoredToken, sim: Simulator, theirs: dict[str, Any]) -> None:
        left = sim.commandcenter_create("x", user_id=8)["id"]
        sim.commandcenter_edit(left, name=f"ci.replaced-{left}")
        task(state="absent")
        assert [token["id"] for token in task.live()] == [theirs["id"], left]


class TestNotARecord:
    def test_of_the_other_product(self, task: StoredToken) -> None:
        task.store.write({"version": 1, "kind": "cohesity_access_token", "access_token": "x"})
        assert "holds something other than a record of commandcenter_access_token, and was not changed" in unchanged(task)

    def test_of_another_program(self, task: StoredToken) -> None:
        task.store.write({"password": "mine"})
        assert "something other" in unchanged(task)

    @pytest.mark.parametrize("version", [2, "1", None])
    def test_of_another_release(self, task: StoredToken, version: Any) -> None:
        task()
        task.store.write({**(task.store.read() or {}), "version": version})
        assert f"has version {version!r} of the record, this release knows version 1" in unchanged(task)

    @pytest.mark.parametrize(
        "damage",
        [
            {"pending": "x"},
            {"pending": {}},
            {"pending": {"op": "renew", "run": "x", "since": "now", "lease": 300}},
            {"suspect_since": "x"},
            {"identity": "x"},
            {"id": "x"},
            {"access_token": 5},
            {"access_token": "two\nlines"},
            {"refresh_token": []},
            {"api_endpoints": 5},
            {"allowed_ips": "all"},
            {"expires_at": "soon"},
            {"expires_at": 5},
            {"renewable_until": {}},
            {"scope": 5},
            {"name": 5},
        ],
    )
    def test_damaged(self, task: StoredToken, damage: dict[str, Any]) -> None:
        task()
        task.store.write({**(task.store.read() or {}), **damage})
        (key,) = damage
        message = unchanged(task)
        assert f"holds a damaged record ({key})" in message

    @pytest.mark.parametrize("key", ["id", "name", "user_id", "scope", "expires_at", "renewable_until", "refresh_expires_at", "refresh_token", "allowed_ips"])
    def test_without_a_key(self, task: StoredToken, key: str) -> None:
        """Written by hand, or from an answer that left it out: what is known is used, and nothing breaks."""
        first = task(allowed_ips=["127.0.0.1"])["token"]
        record = task.store.read()
        assert record is not None
        del record[key]
        task.store.write(record)
        if key == "id":
            # Which token that secret belongs to is not known any more.
            assert "does not hold its secret" in task.fails().message
            return
        result = task()
        assert (result["actions"], result["token"]["access_token"]) == (["reused"], first["access_token"])
        forced = task(state="renewed", recreate="state_change")
        assert forced["actions"] == (["recreated"] if key == "refresh_token" else ["renewed"])
        task.settled(forced)

    def test_more_keys_than_ours_stay(self, task: StoredToken) -> None:
        task()
        task.store.write({**(task.store.read() or {}), "note": "keep"})
        task(state="renewed")
        assert (task.store.read() or {})["note"] == "keep"
