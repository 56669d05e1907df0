# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a renewal cannot help: a new token, where the rules allow that, and a sentence where they do not."""

from __future__ import annotations

import pytest

from tests.constants import CREATE, DAY, LIST, LOGIN, LOGOUT, MINUTE, NEARLY_A_LIFETIME, revoke, update
from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken

REPLACE = [
    LOGIN,
    LIST,
    update(101),  # the old one steps aside
    CREATE,
    revoke(101),
    LOGOUT,
]


def replaced(task: StoredToken, result: dict[str, object], old_id: int = 101) -> None:
    assert (result["changed"], result["actions"], result["replaced_id"]) == (True, ["recreated"], old_id)
    task.settled(result)
    assert task.names() == ["ci"]
    assert task()["actions"] == ["reused"]


class TestCannotBeRenewed:
    @pytest.mark.parametrize("scope", ["ms_scim", "one_touch"])
    def test_scopes_that_end(self, task: StoredToken, sim: Simulator, scope: str) -> None:
        task(scope=scope, expires="6d")
        sim.advance(6 * DAY - MINUTE)
        version = task.store.version()
        error = task.fails(scope=scope, expires="6d")
        assert "cannot be renewed" in error.message
        assert "set recreate: state_change" in error.message
        assert task.store.version() == version
        assert len(task.live()) == 1
        result = task(scope=scope, expires="6d", recreate="state_change")
        assert task.requests == REPLACE
        assert result["token"]["scope"] == scope
        replaced(task, result)

    def test_forced_renewal_of_a_scope_that_has_none(self, task: StoredToken) -> None:
        task(scope="ms_scim")
        assert "cannot be renewed" in task.fails(scope="ms_scim", state="renewed").message
        assert task(scope="ms_scim", state="renewed", recreate="state_change")["actions"] == ["recreated"]

    def test_scopes_that_end_are_reused_before(self, task: StoredToken, sim: Simulator) -> None:
        task(scope="ms_scim")
        sim.advance(29 * DAY)
        assert task(scope="ms_scim")["actions"] == ["reused"]

    def test_a_scope_whose_end_an_administrator_moved(self, task: StoredToken, sim: Simulator) -> None:
        task(scope="ms_scim")
        sim.commandcenter_edit(101, access_expires=int(sim.now()) + 60)
        assert "cannot be renewed" in task.fails(scope="ms_scim").message
        sim.commandcenter_edit(101, access_expires=int(sim.now()) + 5 * DAY)
        result = task(scope="ms_scim")
        assert result["actions"] == ["reused"]
        assert 5 * DAY - 60 < result["token"]["expires_in"] <= 5 * DAY

    def test_renewal_window_passed(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.advance(15 * DAY)
        error = task.fails()
        assert "could only be renewed until" in error.message
        assert "set recreate: state_change" in error.message
        assert sim.requests("Renew$") == []
        replaced(task, task(recreate="state_change"))

    def test_renewable_until_passed(self, task: StoredToken, sim: Simulator) -> None:
        task(renewable_until="2d")
        sim.advance(2 * DAY + MINUTE)
        assert "could only be renewed until" in task.fails(renewable_until="2d").message
        replaced(task, task(renewable_until="2d", recreate="state_change"))

    def test_renewable_until_passed_while_the_token_still_lives(self, task: StoredToken, sim: Simulator) -> None:
        task(renewable_until="10m")
        sim.advance(11 * MINUTE)
        assert task(renewable_until="10m")["actions"] == ["reused"]

    @pytest.mark.parametrize("style", ["style", "450"])
    def test_the_server_refuses_to_renew(self, task: StoredToken, sim: Simulator, style: str) -> None:
        sim.set(commandcenter_renew_error=style)
        task()
        # The server counts less time than it told.
        sim.commandcenter_edit(101, refresh_expires=int(sim.now()) - 1)
        error = task.fails(state="renewed")
        assert "permissible time limit" in error.message
        assert "The pair was not rotated. To replace a token that can no longer be renewed, set recreate: state_change" in error.message
        assert task()["actions"] == ["reused"]
        result = task(state="renewed", recreate="state_change")
        assert any("permissible time limit" in warning for warning in task.warnings)
        assert (result["actions"], result["replaced_id"]) == (["recreated"], 101)
        task.settled(result)

    @pytest.mark.parametrize("recreate", ["never", "state_change"])
    def test_the_server_has_no_time_to_renew(self, task: StoredToken, sim: Simulator, recreate: str) -> None:
        """That says nothing about the token: a new one would be no help."""
        task()
        sim.fault("status", path="Renew$", code=429)
        message = task.fails(state="renewed", recreate=recreate).message
        assert message.endswith("The pair was not rotated, and the next run tries again")
        assert task(state="renewed")["actions"] == ["renewed"]


class TestRevokedBehindOurBack:
    @pytest.mark.parametrize("recreate", ["never", "state_change", "always"])
    def test_recreated(self, task: StoredToken, sim: Simulator, recreate: str) -> None:
        """Creating destroys nothing, so nothing need allow it."""
        first = task()["token"]
        sim.commandcenter_revoke(101)
        result = task(recreate=recreate)
        assert (result["actions"], result["replaced_id"]) == (["recreated"], 101)
        assert result["token"]["access_token"] != first["access_token"]
        task.settled(result)

    def test_the_successor_is_worth_no_more(self, task: StoredToken, sim: Simulator) -> None:
        wanted = {"scope": "custom", "api_endpoints": ["/client"], "allowed_ips": ["127.0.0.1"]}
        task(**wanted)
        sim.commandcenter_revoke(101)
        result = task()  # a play that does not say what the token is for
        assert {key: result["token"][key] for key in wanted} == wanted
        (token,) = task.live()
        assert (token["type"], token["api_endpoints"], token["allowed_ips"]) == (3, ["/client"], ["127.0.0.1"])

    def test_expired_and_gone(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.advance(100 * DAY)
        sim.commandcenter_revoke(101)
        assert task()["actions"] == ["recreated"]

    def test_forced_renewal_of_what_is_gone(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.commandcenter_revoke(101)
        result = task(state="renewed")
        assert result["actions"] == ["recreated"]
        assert sim.requests("Renew$") == []


class TestSecretGone:
    def test_never(self, task: StoredToken) -> None:
        task()
        task.store.lose()
        error = task.fails()
        assert error.message == (
            "The token 'ci' (id 101) exists, but the store does not hold its secret, which cannot be read again. "
            "To replace it with a new one, set recreate: state_change"
        )
        assert task.store.read() is None
        assert task.requests == [LOGIN, LIST, LOGOUT]

    @pytest.mark.parametrize("recreate", ["state_change", "always"])
    def test_replaced(self, task: StoredToken, recreate: str) -> None:
        task()
        task.store.lose()
        result = task(recreate=recreate)
        assert task.requests == REPLACE
        assert (result["actions"], result["replaced_id"]) == (["recreated"], 101)
        task.settled(result)

    def test_a_token_that_a_person_made(self, task: StoredToken, sim: Simulator) -> None:
        made = sim.commandcenter_create("ci")
        assert "the store does not hold its secret" in task.fails().message
        assert task.live() == [made]

    def test_made_by_a_person_after_ours_was_revoked(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.commandcenter_revoke(101)
        made = sim.commandcenter_create("ci")
        assert f"id {made['id']}) exists" in task.fails().message
        assert [token["id"] for token in task.live()] == [made["id"]]


class TestAlways:
    def test_a_new_secret_each_time(self, task: StoredToken) -> None:
        secrets = {task(recreate="always")["token"]["access_token"]}
        for old_id in (101, 102):
            result = task(recreate="always")
            assert (result["actions"], result["replaced_id"]) == (["recreated"], old_id)
            secrets.add(result["token"]["access_token"])
        assert len(secrets) == 3
        task.settled(result)

    def test_the_old_one_works_until_the_new_one_is_stored(self, task: StoredToken, sim: Simulator) -> None:
        old = task()["token"]["access_token"]
        task(recreate="always")
        numbers = {(entry["method"], entry["path"].rpartition("/")[2]): entry["number"] for entry in sim.requests("AccessToken")}
        assert numbers["PUT", "101"] < numbers["POST", "AccessToken"] < numbers["DELETE", "101"]
        assert not sim.check(old)

    def test_a_token_that_was_not_revoked(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.fault("status", method="DELETE", path="accesstoken/101", code=400, body={"errorMessage": "Not now", "errorCode": 9})
        result = task(recreate="always")
        assert (result["actions"], result["replaced_id"]) == (["recreated"], 101)
        assert any("the replaced token 101 (ci.replaced-101) was not revoked and still works" in warning for warning in task.warnings)
        assert task.names() == ["ci.replaced-101", "ci"]
        cleaned = task()
        assert (cleaned["changed"], cleaned["actions"]) == (True, ["reused", "revoked"])
        assert cleaned["token"]["access_token"] == result["token"]["access_token"]
        task.settled(cleaned)


class TestScopes:
    @pytest.mark.parametrize(("before", "after"), [("all", "ms_scim"), ("ms_scim", "all"), ("one_touch", "ms_scim"), ("hyperscale", "one_touch")])
    def test_a_change_that_the_server_cannot_make(self, task: StoredToken, before: str, after: str) -> None:
        task(scope=before)
        error = task.fails(scope=after)
        assert f"has the scope {before}, and the server cannot change it to {after}" in error.message
        assert "set recreate: state_change" in error.message
        result = task(scope=after, recreate="state_change")
        assert result["token"]["scope"] == after
        assert (result["actions"], result["replaced_id"]) == (["recreated"], 101)
        task.settled(result)


class TestForeignRenewal:
    """Somebody else has renewed with the pair that the store holds: it is dead, and sending it would kill the new one too."""

    @pytest.mark.parametrize("seconds", [10, MINUTE, 3 * MINUTE, 20 * MINUTE, 3 * DAY])
    @pytest.mark.parametrize("recreate", ["never", "state_change"])
    def test_our_pair_is_never_sent(self, task: StoredToken, sim: Simulator, seconds: int, recreate: str) -> None:
        held = task()["token"]
        sim.advance(seconds)
        task.renewed_by_a_stranger(held)
        result = task(recreate=recreate)
        assert sim.requests("Renew$") == []
        assert sim.state()["commandcenter"]["mails"] == []
        replaced(task, result)

    def test_seen_late(self, task: StoredToken, sim: Simulator) -> None:
        """The stranger's token has nearly ended too when the next run comes."""
        held = task()["token"]
        sim.advance(10)
        task.renewed_by_a_stranger(held)
        sim.advance(NEARLY_A_LIFETIME)
        result = task()
        assert sim.requests("Renew$") == []
        assert sim.state()["commandcenter"]["mails"] == []
        replaced(task, result)

    def test_of_a_server_whose_lifetime_was_shortened(self, task: StoredToken, sim: Simulator) -> None:
        """The end of the token moves to an earlier moment."""
        sim.set(commandcenter_access_lifetime=7200)
        held = task()["token"]
        sim.set(commandcenter_access_lifetime=1800)
        sim.advance(50 * MINUTE)
        task.renewed_by_a_stranger(held)
        result = task()
        assert sim.requests("Renew$") == []
        replaced(task, result)

    def test_again_and_again_after_the_same_time(self, task: StoredToken, sim: Simulator) -> None:
        """As a second schedule does, that takes the pair out of our store."""
        pair = task()["token"]
        for _time in range(3):
            sim.advance(10 * MINUTE)
            task.renewed_by_a_stranger(pair)
            result = task()
            assert result["actions"] == ["recreated"]
            assert sim.requests("Renew$") == []
            task.settled(result)
            pair = result["token"]
        assert sim.state()["commandcenter"]["mails"] == []

    def test_forced_renewal(self, task: StoredToken, sim: Simulator) -> None:
        held = task()["token"]
        sim.advance(10)
        task.renewed_by_a_stranger(held)
        result = task(state="renewed")
        assert sim.requests("Renew$") == []
        replaced(task, result)
