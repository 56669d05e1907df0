# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes that differ from what is wanted are changed in place: only they, and the secret stays."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from tests.constants import DAY, LIST, LOGIN, LOGOUT, MINUTE, NEARLY_A_LIFETIME, RENEW, update
from tests.simulator import Simulator
from tests.unit.helpers import bodies
from tests.unit.store.conftest import StoredToken

UPDATE = [LOGIN, LIST, update(101), LOGOUT]


def sent(sim: Simulator) -> Any:
    """The one update."""
    (body,) = bodies(sim, "PUT", "AccessToken/")
    return body


class TestUpdate:
    @pytest.mark.parametrize(
        ("before", "after", "fields"),
        [
            ({"scope": "all"}, {"scope": "custom", "api_endpoints": ["/job"]}, {"tokenType": 3, "apiEndpoints": ["/job"]}),
            ({"scope": "custom", "api_endpoints": ["/job"]}, {"scope": "all"}, {"tokenType": 2}),
            ({"scope": "custom", "api_endpoints": ["/job"]}, {"scope": "custom", "api_endpoints": ["/job", "/client"]}, {"apiEndpoints": ["/job", "/client"]}),
            ({"scope": "all"}, {"scope": "hyperscale"}, {"tokenType": 5}),
            ({"allowed_ips": ["127.0.0.1"]}, {"allowed_ips": ["127.0.0.1", "10.0.0.0/8"]}, {"allowedIPs": ["127.0.0.1", "10.0.0.0/8"]}),
            ({"allowed_ips": ["127.0.0.1"]}, {"allowed_ips": []}, {"allowedIPs": []}),
        ],
    )
    def test_only_what_differs(self, task: StoredToken, sim: Simulator, before: dict[str, Any], after: dict[str, Any], fields: dict[str, Any]) -> None:
        secret = task(**before)["token"]["access_token"]
        result = task(**after)
        assert task.requests == UPDATE
        assert sent(sim) == fields
        assert (result["changed"], result["actions"]) == (True, ["reused", "updated"])
        assert result["token"]["access_token"] == secret
        assert {key: result["token"][key] for key in after} == after
        task.settled(result)
        assert task(**after)["actions"] == ["reused"]

    def test_order_is_no_difference(self, task: StoredToken) -> None:
        task(scope="custom", api_endpoints=["/job", "/client"], allowed_ips=["127.0.0.1", "10.0.0.1"])
        assert task(scope="custom", api_endpoints=["/client", "/job"], allowed_ips=["10.0.0.1", "127.0.0.1"])["actions"] == ["reused"]

    def test_what_is_not_asked_for_stays(self, task: StoredToken) -> None:
        task(scope="custom", api_endpoints=["/job"], allowed_ips=["127.0.0.1"], renewable_until="20d")
        result = task()
        assert result["actions"] == ["reused"]
        assert (result["token"]["scope"], result["token"]["api_endpoints"], result["token"]["allowed_ips"]) == ("custom", ["/job"], ["127.0.0.1"])

    def test_the_diff(self, task: StoredToken) -> None:
        task(scope="all")
        result = task(scope="hyperscale")
        assert (result["diff"]["before"]["scope"], result["diff"]["after"]["scope"]) == ("all", "hyperscale")
        assert result["token"]["access_token"] not in str(result["diff"])

    def test_with_a_renewal(self, task: StoredToken, sim: Simulator) -> None:
        task(scope="all")
        sim.advance(NEARLY_A_LIFETIME)
        result = task(scope="hyperscale")
        assert (result["actions"], result["token"]["scope"]) == (["renewed", "updated"], "hyperscale")
        assert task.requests == [LOGIN, LIST, RENEW, update(101), LOGOUT]
        task.settled(result)
        assert task(scope="hyperscale")["actions"] == ["reused"]

    def test_a_refused_update_loses_nothing(self, task: StoredToken, sim: Simulator) -> None:
        first = task(scope="all")
        sim.fault("status", method="PUT", code=403, body={"errorMessage": "Not you", "errorCode": 5})
        assert "Not you" in task.fails(scope="hyperscale").message
        task.settled(first)

    @pytest.mark.parametrize("kind", ["cut_before", "cut_after", "truncate"])
    def test_a_lost_answer_is_settled(self, task: StoredToken, sim: Simulator, kind: str) -> None:
        task(scope="all")
        sim.fault(kind, method="PUT")
        result = task(scope="hyperscale")
        assert result["actions"] == ["reused", "updated"]
        assert any("the change is sent again" in warning for warning in task.warnings)
        assert task(scope="hyperscale")["actions"] == ["reused"]


class TestAllowedIps:
    """The list does not show them on every server: the record remembers what was sent."""

    @pytest.mark.parametrize("listed", [False, True])
    def test_not_sent_again(self, task: StoredToken, sim: Simulator, listed: bool) -> None:
        sim.set(commandcenter_list_allowed_ips=listed)
        task(allowed_ips=["127.0.0.1"])
        result = task(allowed_ips=["127.0.0.1"])
        assert (result["actions"], result["token"]["allowed_ips"]) == (["reused"], ["127.0.0.1"])

    def test_given_later(self, task: StoredToken) -> None:
        task()
        assert task(allowed_ips=["127.0.0.1"])["actions"] == ["reused", "updated"]
        assert task(allowed_ips=["127.0.0.1"])["actions"] == ["reused"]

    def test_survive_a_renewal(self, task: StoredToken, sim: Simulator) -> None:
        task(allowed_ips=["127.0.0.1"])
        sim.advance(NEARLY_A_LIFETIME)
        assert task(allowed_ips=["127.0.0.1"])["actions"] == ["renewed"]
        assert task(allowed_ips=["127.0.0.1"])["actions"] == ["reused"]

    def test_changed_by_an_administrator(self, task: StoredToken, sim: Simulator) -> None:
        sim.set(commandcenter_list_allowed_ips=True)
        task(allowed_ips=["127.0.0.1"])
        sim.commandcenter_edit(101, allowed_ips=[])
        assert task(allowed_ips=["127.0.0.1"])["actions"] == ["reused", "updated"]
        assert task.live()[0]["allowed_ips"] == ["127.0.0.1"]


class TestTimes:
    def test_a_duration_counts_from_the_creation(self, task: StoredToken, sim: Simulator) -> None:
        task(renewable_until="30d")
        sim.advance(DAY)
        assert task(renewable_until="30d")["actions"] == ["renewed"]

    def test_a_moment_is_enforced(self, task: StoredToken, sim: Simulator) -> None:
        task(renewable_until="30d")
        wanted = int(sim.now()) + 40 * DAY
        moment = datetime.fromtimestamp(wanted, timezone.utc).isoformat()
        result = task(renewable_until=moment)
        assert result["actions"] == ["reused", "updated"]
        assert sent(sim) == {"renewableUntilTimestamp": wanted}
        assert task(renewable_until=moment)["actions"] == ["reused"]
        assert task.live()[0]["renewable_until"] == wanted

    def test_the_end_of_a_token_that_has_one(self, task: StoredToken, sim: Simulator) -> None:
        task(scope="ms_scim", expires="10d")
        wanted = int(sim.now()) + 20 * DAY
        result = task(scope="ms_scim", expires=str(wanted))
        assert sent(sim) == {"tokenExpiryTimestamp": wanted}
        assert result["actions"] == ["reused", "updated"]
        assert task(scope="ms_scim", expires=str(wanted))["actions"] == ["reused"]

    def test_a_later_end_saves_a_token_that_cannot_be_renewed(self, task: StoredToken, sim: Simulator) -> None:
        task(scope="ms_scim", expires="10d")
        sim.advance(10 * DAY - MINUTE)
        result = task(scope="ms_scim", expires=str(int(sim.now()) + 20 * DAY))
        assert result["actions"] == ["reused", "updated"]
        assert result["token"]["expires_in"] > 19 * DAY
        task.settled(result)


class TestName:
    def test_renamed_by_an_administrator(self, task: StoredToken, sim: Simulator) -> None:
        secret = task()["token"]["access_token"]
        sim.commandcenter_edit(101, name="do not delete")
        result = task()
        assert sent(sim) == {"tokenName": "ci"}
        assert (result["actions"], result["token"]["name"]) == (["reused", "updated"], "ci")
        assert result["token"]["access_token"] == secret
        task.settled(result)

    def test_renamed_and_about_to_end(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.commandcenter_edit(101, name="do not delete")
        sim.advance(NEARLY_A_LIFETIME)
        result = task()
        assert result["actions"] == ["renewed", "updated"]
        task.settled(result)

    @pytest.mark.parametrize("recreate", ["never", "state_change"])
    def test_renamed_and_its_name_given_to_another(self, task: StoredToken, sim: Simulator, recreate: str) -> None:
        first = task()
        sim.commandcenter_edit(101, name="old")
        sim.commandcenter_create("ci")
        if recreate == "never":
            error = task.fails()
            assert "'ci' (id 102) exists, but the store does not hold its secret" in error.message
            assert task.names() == ["old", "ci"]
            return
        result = task(recreate=recreate)
        # One token of that name, and the store's secret is of it; what the store held before is gone too, or nobody would ever revoke it.
        assert result["token"]["access_token"] != first["token"]["access_token"]
        task.settled(result)

    def test_removed_together_with_the_token(self, task: StoredToken, sim: Simulator) -> None:
        task()
        sim.commandcenter_edit(101, name="do not delete")
        assert task(state="absent")["actions"] == ["revoked"]
        assert task.live() == []


class TestLeftovers:
    def test_of_our_own_are_revoked(self, task: StoredToken, sim: Simulator) -> None:
        first = task()
        left = sim.commandcenter_create("x")["id"]
        sim.commandcenter_edit(left, name=f"ci.replaced-{left}")
        result = task()
        assert (result["changed"], result["actions"]) == (True, ["reused", "revoked"])
        assert result["token"]["access_token"] == first["token"]["access_token"]
        task.settled(result)
        assert task()["actions"] == ["reused"]

    @pytest.mark.parametrize("name", ["ci.replaced-1", "ci.replaced", "ci.replaced-x", "cii.replaced-102", "ci-replaced-102"])
    def test_names_that_only_look_like_ours(self, task: StoredToken, sim: Simulator, name: str) -> None:
        task()
        sim.commandcenter_create(name)
        assert task()["actions"] == ["reused"]
        assert task.names() == ["ci", name]

    def test_that_cannot_be_revoked(self, task: StoredToken, sim: Simulator) -> None:
        task()
        left = sim.commandcenter_create("x")["id"]
        sim.commandcenter_edit(left, name=f"ci.replaced-{left}")
        sim.fault("status", method="DELETE", code=403, body={"errorMessage": "Not you", "errorCode": 5})
        result = task()
        assert any("was not revoked" in warning for warning in task.warnings)
        assert result["secret_available"]
        assert (result["changed"], result["actions"]) == (False, ["reused"])
        assert task()["actions"] == ["reused", "revoked"]
