# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""state: present makes a token that is not there."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._time import iso
from tests.constants import CREATE, CREATED, DAY, UNCHANGED
from tests.simulator import Simulator, credentials
from tests.unit.commandcenter.conftest import names, predicted_and_done, tokens
from tests.unit.helpers import Task, bodies, transcript


def created_body(sim: Simulator) -> Any:
    (body,) = bodies(sim, "POST", "AccessToken$")
    return body


class TestResult:
    def test_whole(self, sim: Simulator, token: Task) -> None:
        result = predicted_and_done(sim, token)
        assert transcript(sim) == CREATED
        assert created_body(sim) == {"tokenName": "ci"}
        (made,) = tokens(sim)
        now = int(sim.now())
        assert result["token"].pop("expires_in") in (1799, 1800)
        assert result == {
            "changed": True,
            "actions": ["created"],
            "secret_available": True,
            "secret_fingerprint": hashlib.sha256(made["access_token"].encode()).hexdigest()[:16],
            "replaced": [],
            "token": {
                "access_token": made["access_token"],
                "refresh_token": made["refresh_token"],
                "token_type": "Bearer",
                "headers": {"Authorization": f"Bearer {made['access_token']}"},
                "auth_header": "bearer",
                "server": f"{sim.url}/commandcenter/api",
                "id": made["id"],
                "name": "ci",
                "scope": "all",
                "user_id": credentials.COMMANDCENTER_USER_ID,
                "api_endpoints": None,
                "allowed_ips": None,
                "expires_at": iso(now + 1800),
                "created_at": None,
                "last_used_at": None,
                "renewable_until": iso(now + 90 * DAY),
                "refresh_expires_at": iso(now + 1800 + 14 * DAY),
            },
            "diff": {"before": {}, "after": {"name": "ci", "scope": "all"}},
        }
        assert sim.check(made["access_token"])

    def test_the_prediction_has_every_key_and_no_secret(self, token: Task) -> None:
        predicted = token(check_mode=True)
        assert predicted["secret_available"] is False
        assert predicted["token"].keys() == token()["token"].keys()
        assert (predicted["token"]["access_token"], predicted["token"]["headers"]) == (None, {})

    def test_the_second_time_nothing_is_left_to_do(self, sim: Simulator, token: Task) -> None:
        first = token()["token"]
        sim.clear_requests()
        result = token()
        assert transcript(sim) == UNCHANGED
        assert (result["changed"], result["actions"], result["secret_available"]) == (False, [], False)
        assert (result["token"]["id"], result["token"]["access_token"], result["token"]["headers"]) == (first["id"], None, {})
        assert result["diff"]["before"] == result["diff"]["after"]

    def test_white_space_around_the_name(self, sim: Simulator, token: Task) -> None:
        token(name=" ci\n")
        assert names(sim) == ["ci"]
        assert token()["changed"] is False

    def test_beside_others(self, sim: Simulator, token: Task) -> None:
        sim.commandcenter_create("CI")
        sim.commandcenter_create("ci2")
        token()
        assert sorted(names(sim)) == ["CI", "ci", "ci2"]


ENDPOINTS = ["/client", "/v4/servergroup"]
UNTIL, UNTIL_TEXT = 30 * DAY, "30d"
SCOPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"scope": "all"}, {"tokenType": 2}),
    ({"scope": "all", "renewable_until": "30d"}, {"tokenType": 2, "renewableUntilTimestamp": 30 * DAY}),
    ({"renewable_until": "365d"}, {"renewableUntilTimestamp": 365 * DAY}),
    ({"scope": "custom", "api_endpoints": ENDPOINTS}, {"tokenType": 3, "apiEndpoints": ENDPOINTS}),
    (
        {"scope": "custom", "api_endpoints": ENDPOINTS, "renewable_until": "1d12h"},
        {"tokenType": 3, "apiEndpoints": ENDPOINTS, "renewableUntilTimestamp": DAY + DAY // 2},
    ),
    ({"scope": "hyperscale"}, {"tokenType": 5}),
    ({"scope": "ms_scim"}, {"tokenType": 1}),
    ({"scope": "ms_scim", "expires": "365d"}, {"tokenType": 1, "tokenExpiryTimestamp": 365 * DAY}),
    ({"scope": "one_touch"}, {"tokenType": 4}),
    ({"scope": "one_touch", "expires": "14d"}, {"tokenType": 4, "tokenExpiryTimestamp": 14 * DAY}),
]
TIMES = ("renewableUntilTimestamp", "tokenExpiryTimestamp")


@pytest.mark.parametrize("style", ["int", "name"])
@pytest.mark.parametrize(("arguments", "fields"), SCOPES, ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None)
def test_scopes(sim: Simulator, token: Task, arguments: dict[str, Any], fields: dict[str, Any], style: str) -> None:
    sim.set(commandcenter_type_style=style)
    result = predicted_and_done(sim, token, **arguments)
    now = int(sim.now())
    assert created_body(sim) == {"tokenName": "ci", **{key: value + now if key in TIMES else value for key, value in fields.items()}}
    assert transcript(sim) == CREATED
    made = result["token"]
    assert made["scope"] == arguments.get("scope", "all")
    assert sim.check(made["access_token"])
    renewable = made["scope"] in ("all", "custom", "hyperscale")
    assert bool(made["refresh_token"]) == bool(made["renewable_until"]) == bool(made["refresh_expires_at"]) == renewable
    if "expires" in arguments:
        assert made["expires_at"] == iso(now + fields["tokenExpiryTimestamp"])
    if "renewable_until" in arguments:
        assert made["renewable_until"] == iso(now + fields["renewableUntilTimestamp"])
    sim.clear_requests()
    assert token(**arguments)["changed"] is False
    assert transcript(sim) == UNCHANGED


@pytest.mark.parametrize("written", ["iso", "iso with zone", "epoch"])
def test_absolute_times(sim: Simulator, token: Task, written: str) -> None:
    at = int(sim.now()) + 20 * DAY
    text = {"iso": str(iso(at)), "iso with zone": str(iso(at - 7200)).replace("Z", "-02:00"), "epoch": str(at)}[written]
    predicted_and_done(sim, token, renewable_until=text)
    assert created_body(sim)["renewableUntilTimestamp"] == at
    assert token(renewable_until=text)["changed"] is False


def test_durations_count_from_the_server_s_clock(sim: Simulator, token: Task) -> None:
    sim.set(clock_frozen=True)
    sim.advance(-2 * 365 * DAY)
    assert token(renewable_until="10d")["token"]["renewable_until"] == iso(int(sim.now()) + 10 * DAY)


class TestAllowedIps:
    ENTRIES = ("10.1.2.3", "127.0.0.0/8", "10.0.0.1-10.0.0.9", "2001:db8::/32")

    def test_are_sent_and_obeyed(self, sim: Simulator, token: Task) -> None:
        made = predicted_and_done(sim, token, allowed_ips=list(self.ENTRIES))["token"]
        assert created_body(sim) == {"tokenName": "ci", "allowedIPs": list(self.ENTRIES)}
        assert made["allowed_ips"] == list(self.ENTRIES)
        assert sim.check(made["access_token"])
        sim.set(client_address="192.0.2.1")
        assert not sim.check(made["access_token"])

    def test_none(self, sim: Simulator, token: Task) -> None:
        token(allowed_ips=[])
        assert created_body(sim) == {"tokenName": "ci", "allowedIPs": []}

    def test_the_second_time_where_the_server_tells_them(self, sim: Simulator, token: Task) -> None:
        sim.set(commandcenter_list_allowed_ips=True)
        token(allowed_ips=list(self.ENTRIES))
        assert token(allowed_ips=list(reversed(self.ENTRIES)))["changed"] is False

    def test_the_second_time_where_it_does_not(self, sim: Simulator, token: Task) -> None:
        """What cannot be compared is sent, and counts as a change."""
        number = token(allowed_ips=list(self.ENTRIES))["token"]["id"]
        result = predicted_and_done(sim, token, allowed_ips=["127.0.0.1"])
        assert result["actions"] == ["updated"]
        assert bodies(sim, "PUT", f"/{number}$") == [{"allowedIPs": ["127.0.0.1"]}]


class TestUserId:
    def test_for_a_service_account(self, sim: Simulator, token: Task) -> None:
        made = predicted_and_done(sim, token, user_id=credentials.SERVICE_ACCOUNT_ID)["token"]
        assert created_body(sim) == {"tokenName": "ci", "userId": 42}
        assert [entry["query"] for entry in sim.requests("AccessToken$", "GET")] == [{"userId": "42"}]
        assert made["user_id"] == 42
        assert [one["user_id"] for one in tokens(sim)] == [42]
        sim.clear_requests()
        assert token(user_id=42)["changed"] is False
        assert transcript(sim) == UNCHANGED

    def test_the_same_name_for_two_users(self, sim: Simulator, token: Task) -> None:
        token()
        token(user_id=42)
        assert [one["user_id"] for one in tokens(sim)] == [7, 42]
        assert token()["changed"] is token(user_id=42)["changed"] is False

    def test_who_may_not(self, sim: Simulator, token: Task) -> None:
        operator = {"username": "operator", "password": "canary-commandcenter-operator-password"}
        error = token.fails(user_id=42, **operator)
        assert "HTTP 403 5: User does not have permission to view the tokens of another user" in error.message
        assert transcript(sim) == UNCHANGED

    def test_nobody(self, sim: Simulator, token: Task) -> None:
        assert "User not found" in token.fails(user_id=4711).message
        assert names(sim) == []


class TestAnswers:
    """What the documents leave open about the answer."""

    @pytest.mark.parametrize("style", ["int", "name"])
    def test_the_default_scope_is_listed_as(self, sim: Simulator, token: Task, style: str) -> None:
        sim.set(commandcenter_type_style=style, commandcenter_default_type=0)
        sim.commandcenter_create("ci", type=0)
        assert token(scope="all")["changed"] is False

    def test_flat(self, sim: Simulator, token: Task) -> None:
        value = {"accessTokenId": 5, "tokenName": "ci", "userId": 7, "accessToken": "secret-a", "refreshToken": "secret-r", "error": {"errorCode": 0}}
        sim.fault("json", path="AccessToken$", method="POST", value=value)
        made = token()["token"]
        assert (made["id"], made["access_token"], made["refresh_token"], made["expires_at"]) == (5, "secret-a", "secret-r", None)

    @pytest.mark.parametrize("lifetime", [1800, 7200])
    def test_the_lifetime_is_the_server_s(self, sim: Simulator, token: Task, lifetime: int) -> None:
        sim.set(commandcenter_access_lifetime=lifetime)
        assert lifetime - 3 <= token()["token"]["expires_in"] <= lifetime

    @pytest.mark.parametrize("value", [None, 0, -1, "soon", 10**18, True, [], {"__delete__": True}])
    def test_times_that_are_none(self, sim: Simulator, token: Task, value: Any) -> None:
        keys = ("tokenExpiryTimestamp", "renewableUntilTimestamp", "refreshTokenExpiryTimestamp")
        sim.fault("patch", path="AccessToken$", method="POST", changes={"tokenInfo": dict.fromkeys(keys, value)})
        made = token()["token"]
        assert (made["expires_at"], made["expires_in"], made["renewable_until"], made["refresh_expires_at"]) == (None, None, None, None)
        assert sim.check(made["access_token"])

    def test_ids_as_text(self, sim: Simulator, token: Task) -> None:
        sim.fault("patch", path="AccessToken$", method="POST", changes={"tokenInfo": {"accessTokenId": "101", "userId": "7"}})
        assert (token()["token"]["id"], token()["token"]["user_id"]) == (101, 7)

    @pytest.mark.parametrize("name", ["another", None, 5])
    def test_a_name_of_its_own(self, sim: Simulator, token: Task, name: Any) -> None:
        sim.fault("patch", path="AccessToken$", method="POST", changes={"tokenInfo": {"tokenName": name}})
        assert token()["token"]["name"] == "ci"


def test_a_retry_of_what_was_never_done(sim: Simulator, token: Task) -> None:
    sim.fault("status", path="AccessToken$", method="POST", code=429, headers={"Retry-After": "0"})
    assert token()["actions"] == ["created"]
    assert transcript(sim).count(CREATE) == 2
    assert len(token.warnings) == 1
    assert names(sim) == ["ci"]
