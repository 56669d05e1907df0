# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's API keys, over API v2 and v1."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulator import Simulator
from tests.unit.simulator.clients import NODES, SESSION_USER, Cohesity

SID = "SID-LOCAL-backup"
KEYS = f"/v2/users/{SID}/api-keys"
V1_KEYS = f"/irisservices/api/v1/public/users/{SID}/apiKeys"
VIEWER = {"username": "viewer", "password": "canary-cohesity-viewer-password"}


class Keys(Cohesity):
    """A client that is logged in, or uses a key."""

    def create(self, name: str = "exporter", sid: str = SID, **fields: Any) -> requests.Response:
        return self("POST", f"/v2/users/{sid}/api-keys", {"name": name, **fields})

    def status(self, key: str, path: str = SESSION_USER) -> int:
        return self("GET", path, headers={"apiKey": key, "Authorization": None}).status_code

    def names(self, path: str = KEYS) -> list[str]:
        return [key["name"] for key in self("GET", path).json()["apiKeys"]]


def logged_in(sim: Simulator, **login: Any) -> Keys:
    client = Keys(sim)
    client.session.headers["Authorization"] = f"Bearer {client.token(**login)}"
    return client


@pytest.fixture
def keys(sim: Simulator) -> Keys:
    return logged_in(sim)


def test_the_life_of_a_key(keys: Keys, sim: Simulator) -> None:
    response = keys.create()
    assert response.status_code == 201
    made = response.json()
    assert (made["name"], made["isActive"], made["isExpired"], made["expiryTimeMsecs"]) == ("exporter", True, False, None)
    assert (made["userSid"], made["ownerUsername"], made["createdByUsername"]) == (SID, "backup", "backup")
    one = f"{KEYS}/{made['id']}"
    assert [keys.status(made["apiKey"], path) for path in (SESSION_USER, NODES, "/v2/clusters", SESSION_USER + "/preferences")] == [200] * 4
    for entry in (keys("GET", one).json(), keys("GET", KEYS).json()["apiKeys"][0], keys("GET", "/v2/api-keys").json()["apiKeys"][0]):
        assert "apiKey" not in entry
        assert entry["id"] == made["id"]

    changed = keys("PUT", one, {"name": "renamed", "isActive": False}).json()
    assert (changed["name"], changed["isActive"], "apiKey" in changed) == ("renamed", False, False)
    assert keys.status(made["apiKey"]) == 401
    keys("PUT", one, {"name": "renamed", "isActive": True})

    rotated = keys("POST", one + "/rotate").json()
    assert rotated["lastRotatedTimeMsecs"] >= made["createdTimeMsecs"]
    assert (keys.status(made["apiKey"]), keys.status(rotated["apiKey"])) == (401, 200)

    assert keys("DELETE", one).status_code == 204
    assert (keys.status(rotated["apiKey"]), keys("DELETE", one).status_code, keys.names()) == (401, 404, [])
    (truth,) = sim.state()["cohesity"]["api_keys"]
    assert (truth["alive"], truth["death"], truth["owner"], truth["works"]) == (False, "deleted", "backup", False)


def test_the_same_over_v1(keys: Keys) -> None:
    made = keys("POST", V1_KEYS, {"name": "old style"}).json()
    assert (made["ownerUserSid"], made["createdUserSid"], made["expiringTimeMsecs"]) == (SID, SID, None)
    assert keys.status(made["key"]) == 200
    assert [key["id"] for key in keys("GET", V1_KEYS).json()] == [made["id"]]
    assert [key["id"] for key in keys("GET", f"/irisservices/api/v1/public/usersApiKeys?userSids={SID}").json()] == [made["id"]]
    rotated = keys("POST", f"{V1_KEYS}/{made['id']}/rotate").json()
    assert (keys.status(made["key"]), keys.status(rotated["key"])) == (401, 200)
    assert keys.names() == ["old style"]
    assert keys("DELETE", f"{V1_KEYS}/{made['id']}").status_code == 204


def test_a_key_expires_and_lists_are_filtered(keys: Keys, sim: Simulator) -> None:
    soon = int((sim.now() + 60) * 1000)
    made = keys.create("soon", expiryTimeMsecs=soon).json()
    keys.create("sleeping", isActive=False)
    assert keys.create("past", expiryTimeMsecs=soon - 120_000).status_code == 400
    sim.advance(61)
    assert keys.status(made["apiKey"]) == 401
    assert (keys.names(KEYS + "?isExpired=true"), keys.names(KEYS + "?isActive=false")) == (["soon"], ["sleeping"])
    assert keys.names(f"/v2/api-keys?ids={made['id']}") == ["soon"]


@pytest.mark.parametrize(("key", "text"), [("not-a-uuid", "invalid header value"), ("6a4b3f0e-0000-4000-8000-000000000000", "API Key does not exist")])
def test_401_in_the_clusters_words(keys: Keys, key: str, text: str) -> None:
    response = keys("GET", SESSION_USER, headers={"apiKey": key})
    assert (response.status_code, response.json()["message"]) == (401, text)


@pytest.mark.parametrize(("number", "text"), [(1, "API Key does not exist"), (2, "invalid header value")])
def test_words_for_a_key_that_was_good_once(keys: Keys, sim: Simulator, number: int, text: str) -> None:
    sim.set(cohesity_api_key_text=number)
    made = keys.create().json()
    sim.cohesity_key_delete(made["id"])
    assert keys("GET", SESSION_USER, headers={"apiKey": made["apiKey"]}).json()["message"] == text
    assert sim.state()["cohesity"]["api_keys"][0]["death"] == "administrator"


class TestSwitches:
    def test_names_can_be_unique_for_each_owner(self, keys: Keys, sim: Simulator) -> None:
        assert [keys.create().status_code for _dummy in range(2)] == [201, 201]
        sim.set(cohesity_api_key_names="unique")
        assert (keys.create().status_code, keys.create("other").status_code) == (400, 201)
        assert keys.create(sid="SID-CORP-ad-backup").status_code == 201

    def test_the_old_key_can_live_on_after_a_rotation(self, keys: Keys, sim: Simulator) -> None:
        sim.set(cohesity_api_key_old_lives=300)
        made = keys.create().json()
        rotated = keys("POST", f"{KEYS}/{made['id']}/rotate").json()
        assert (keys.status(made["apiKey"]), keys.status(rotated["apiKey"])) == (200, 200)
        sim.advance(301)
        assert (keys.status(made["apiKey"]), keys.status(rotated["apiKey"])) == (401, 200)

    @pytest.mark.parametrize(("switch", "kept"), [("keep", True), ("clear", False)])
    def test_a_put_without_expiry(self, keys: Keys, sim: Simulator, switch: str, kept: bool) -> None:
        sim.set(cohesity_api_key_put_expiry=switch)
        expires = int((sim.now() + 3600) * 1000)
        one = f"{KEYS}/{keys.create(expiryTimeMsecs=expires).json()['id']}"
        assert keys("PUT", one, {"name": "x"}).json()["expiryTimeMsecs"] == (expires if kept else None)
        assert keys("PUT", one, {"name": "x", "expiryTimeMsecs": None}).json()["expiryTimeMsecs"] is None

    @pytest.mark.parametrize(("switch", "status"), [(True, 201), (False, 403)])
    def test_whether_a_key_may_create_keys(self, keys: Keys, sim: Simulator, switch: bool, status: int) -> None:
        sim.set(cohesity_api_key_may_create=switch)
        header = {"apiKey": keys.create().json()["apiKey"], "Authorization": None}
        assert keys("POST", KEYS, {"name": "child"}, headers=header).status_code == status
        assert keys("GET", KEYS, headers=header).status_code == 200

    def test_keys_can_be_limited_by_user(self, keys: Keys, sim: Simulator) -> None:
        sim.set(cohesity_api_keys_per_user=1)
        assert [keys.create().status_code for _dummy in range(2)] == [201, 400]

    @pytest.mark.parametrize("value", [None, 0, "created", "absent"])
    def test_what_never_rotated_looks_like(self, keys: Keys, sim: Simulator, value: object) -> None:
        sim.set(cohesity_api_key_never_rotated=value)
        made = keys.create().json()
        expected = {"created": made["createdTimeMsecs"], "absent": "no such key"}.get(str(value), value)
        assert made.get("lastRotatedTimeMsecs", "no such key") == expected

    @pytest.mark.parametrize("status", [404, 500])
    def test_an_unknown_id(self, keys: Keys, sim: Simulator, status: int) -> None:
        sim.set(cohesity_unknown_id=status)
        assert keys("GET", KEYS + "/4711").status_code == status


class TestOwners:
    def test_an_administrator_makes_keys_for_others(self, keys: Keys) -> None:
        (user,) = keys("GET", "/irisservices/api/v1/public/users?names=ad-backup&domain=CORP").json()
        assert keys("GET", "/v2/users?usernames=ad-backup&domain=CORP").json()["users"] == [user]
        made = keys.create(sid=user["sid"]).json()
        assert (made["ownerUsername"], made["createdByUsername"]) == ("ad-backup", "backup")
        assert keys("GET", SESSION_USER, headers={"apiKey": made["apiKey"]}).json()["username"] == "ad-backup"
        assert keys.names() == []
        assert keys.names("/v2/api-keys") == ["exporter"]  # created, not owned
        assert keys.create(sid="SID-LOCAL-nobody").status_code == 404

    def test_others_make_keys_for_themselves_only(self, sim: Simulator) -> None:
        viewer = logged_in(sim, **VIEWER)
        assert viewer.create().status_code == 403
        assert viewer.create(sid="SID-LOCAL-viewer").status_code == 201
        assert viewer("GET", KEYS).status_code == 403
        assert viewer("GET", "/v2/users").status_code == 403

    def test_keys_of_others_can_be_seeded_and_edited(self, keys: Keys, sim: Simulator) -> None:
        theirs = sim.cohesity_key_create("theirs", username="viewer")
        assert keys.status(theirs["secret"]) == 200
        assert sim.check_cohesity(theirs["secret"])
        sim.cohesity_key_edit(theirs["id"], is_active=False)
        assert not sim.check_cohesity(theirs["secret"])
        assert keys.names("/v2/api-keys") == []
