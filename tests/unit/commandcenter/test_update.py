# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""state: present compares a token that is there, and changes what differs, in place."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._time import iso
from tests.constants import DAY, LIST, LOGIN, LOGOUT, UNCHANGED, update
from tests.simulator import Simulator
from tests.simulator.tokens import ALL, CUSTOM, HYPERSCALE, MS_SCIM, ONE_TOUCH
from tests.unit.commandcenter.conftest import names, predicted_and_done, tokens, writes
from tests.unit.helpers import Task, bodies, transcript

TYPES = {"all": ALL, "custom": CUSTOM, "hyperscale": HYPERSCALE, "ms_scim": MS_SCIM, "one_touch": ONE_TOUCH}


def existing(sim: Simulator, scope: str = "all", **fields: Any) -> dict[str, Any]:
    """A token "ci" of somebody else's making."""
    if scope == "custom":
        fields.setdefault("api_endpoints", ["/client", "/job"])
    return sim.commandcenter_create("ci", type=TYPES[scope], **fields)


def updates(sim: Simulator) -> list[Any]:
    return bodies(sim, "PUT", "AccessToken/")


class TestNothingToDo:
    @pytest.mark.parametrize("scope", sorted(TYPES))
    @pytest.mark.parametrize("style", ["int", "name"])
    def test_what_is_not_asked_for_stays(self, sim: Simulator, token: Task, scope: str, style: str) -> None:
        sim.set(commandcenter_type_style=style)
        made = existing(sim, scope, allowed_ips=["127.0.0.1"])
        result = predicted_and_done(sim, token)
        assert transcript(sim) == UNCHANGED
        assert (result["changed"], result["actions"], result["secret_available"]) == (False, [], False)
        shown = result["token"]
        assert (shown["id"], shown["name"], shown["scope"], shown["user_id"], shown["created_at"]) == (made["id"], "ci", scope, 7, iso(made["created"]))
        assert (shown["access_token"], shown["refresh_token"], shown["headers"]) == (None, None, {})
        assert [one["access_token"] for one in tokens(sim)] == [made["access_token"]]

    @pytest.mark.parametrize("scope", sorted(TYPES))
    def test_what_is_asked_for_is_there(self, sim: Simulator, token: Task, scope: str) -> None:
        existing(sim, scope)
        endpoints = {"api_endpoints": ["/job", "/client"]} if scope == "custom" else {}
        assert token(scope=scope, **endpoints)["changed"] is False
        assert transcript(sim) == UNCHANGED

    @pytest.mark.parametrize(("scope", "option"), [("all", "renewable_until"), ("custom", "renewable_until"), ("ms_scim", "expires"), ("one_touch", "expires")])
    def test_durations_counted_from_the_creation(self, sim: Simulator, token: Task, scope: str, option: str) -> None:
        endpoints = {"api_endpoints": ["/client"]} if scope == "custom" else {}
        token(scope=scope, **{option: "10d"}, **endpoints)
        sim.advance(DAY)
        sim.clear_requests()
        assert token(scope=scope, **{option: "3d"}, **endpoints)["changed"] is False
        assert transcript(sim) == UNCHANGED

    def test_an_access_token_that_expired_can_still_be_renewed(self, sim: Simulator, token: Task) -> None:
        existing(sim)
        sim.advance(DAY)
        result = token()
        assert (result["changed"], result["token"]["expires_in"]) == (False, 0)

    @pytest.mark.parametrize("forever", [0, -1, 2147483647, "absent"])
    def test_a_token_that_can_be_renewed_forever(self, sim: Simulator, token: Task, forever: Any) -> None:
        sim.set(commandcenter_forever=forever)
        existing(sim, renewable_until=None)
        result = token()
        assert result["changed"] is False
        assert result["token"]["renewable_until"] == ("2038-01-19T03:14:07Z" if forever == 2147483647 else None)
        assert token(renewable_until="30d")["changed"] is False


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("all", {"scope": "hyperscale"}, {"tokenType": 5}),
    ("all", {"scope": "custom", "api_endpoints": ["/job"]}, {"tokenType": 3, "apiEndpoints": ["/job"]}),
    ("custom", {"scope": "custom", "api_endpoints": ["/job"]}, {"apiEndpoints": ["/job"]}),
    ("custom", {"scope": "custom", "api_endpoints": ["/client", "/job", "/x"]}, {"apiEndpoints": ["/client", "/job", "/x"]}),
    ("custom", {"scope": "all"}, {"tokenType": 2}),
    ("custom", {"scope": "hyperscale"}, {"tokenType": 5}),
    ("hyperscale", {"scope": "all"}, {"tokenType": 2}),
    ("hyperscale", {"scope": "custom", "api_endpoints": ["/job"]}, {"tokenType": 3, "apiEndpoints": ["/job"]}),
    ("all", {"renewable_until": "2030-01-01T00:00:00Z"}, {"renewableUntilTimestamp": 1893456000}),
    ("all", {"scope": "hyperscale", "renewable_until": "1893456000"}, {"tokenType": 5, "renewableUntilTimestamp": 1893456000}),
    ("ms_scim", {"scope": "ms_scim", "expires": "2029-12-31T00:00:00Z"}, {"tokenExpiryTimestamp": 1893369600}),
    ("one_touch", {"scope": "one_touch", "expires": "1892246400"}, {"tokenExpiryTimestamp": 1892246400}),
    ("all", {"allowed_ips": ["10.0.0.0/8"]}, {"allowedIPs": ["10.0.0.0/8"]}),
    ("all", {"allowed_ips": []}, {"allowedIPs": []}),
]


@pytest.mark.parametrize(("scope", "arguments", "fields"), CHANGES, ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value)
def test_only_what_differs_is_sent(sim: Simulator, token: Task, scope: str, arguments: dict[str, Any], fields: dict[str, Any]) -> None:
    # Half a year before 2030, in reach of the times above; the last one is ten days away.
    sim.advance((1893456000 - 180 * DAY if scope != "one_touch" else 1892246400 - 10 * DAY) - sim.now())
    sim.set(commandcenter_list_allowed_ips=True)
    made = existing(sim, scope, allowed_ips=["127.0.0.1"])
    result = predicted_and_done(sim, token, **arguments)
    assert transcript(sim) == [LOGIN, LIST, update(made["id"]), LOGOUT]
    assert updates(sim) == [fields]
    assert (result["changed"], result["actions"], result["secret_available"]) == (True, ["updated"], False)
    assert result["diff"]["before"] != result["diff"]["after"]
    (live,) = tokens(sim)
    assert (live["id"], live["access_token"], live["refresh_token"]) == (made["id"], made["access_token"], made["refresh_token"])
    shown = result["token"]
    assert shown["scope"] == arguments.get("scope", scope)
    sim.clear_requests()
    assert token(**arguments)["changed"] is False
    assert transcript(sim) == UNCHANGED


def test_several_differences_are_one_request(sim: Simulator, token: Task) -> None:
    made = existing(sim)
    until = int(sim.now()) + 20 * DAY
    predicted_and_done(sim, token, scope="custom", api_endpoints=["/job"], renewable_until=str(until), allowed_ips=["127.0.0.1"])
    assert updates(sim) == [{"tokenType": 3, "apiEndpoints": ["/job"], "renewableUntilTimestamp": until, "allowedIPs": ["127.0.0.1"]}]
    assert transcript(sim) == [LOGIN, LIST, update(made["id"]), LOGOUT]


class TestById:
    def test_a_token_of_any_name(self, sim: Simulator, token: Task) -> None:
        made = existing(sim)
        result = token(id=made["id"], name=None)
        assert (result["changed"], result["token"]["name"]) == (False, "ci")

    def test_rename(self, sim: Simulator, token: Task) -> None:
        made = existing(sim)
        result = predicted_and_done(sim, token, id=made["id"], name="deploy")
        assert updates(sim) == [{"tokenName": "deploy"}]
        assert (result["token"]["name"], names(sim)) == ("deploy", ["deploy"])
        assert result["diff"]["before"]["name"] == "ci"
        assert result["diff"]["after"]["name"] == "deploy"
        assert token(id=made["id"], name="deploy")["changed"] is False

    def test_rename_to_a_name_that_is_taken(self, sim: Simulator, token: Task) -> None:
        made = existing(sim)
        sim.commandcenter_create("deploy")
        assert "Token name already present" in token.fails(id=made["id"], name="deploy").message
        assert sorted(names(sim)) == ["ci", "deploy"]

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_an_unknown_one(self, sim: Simulator, token: Task, check_mode: bool) -> None:
        existing(sim)
        error = token.fails(check_mode, id=4711, name=None)
        assert error.message == (
            "There is no token with id 4711: it was revoked, or this login may not see it. For another user's token, set user_id; "
            "to create a token, set name without id"
        )
        assert transcript(sim) == UNCHANGED


class TestRefused:
    def test_by_the_server_s_words(self, sim: Simulator, token: Task) -> None:
        made = existing(sim)
        error = token.fails(renewable_until="366d", id=made["id"], recreate="always")
        assert "Renewable until time cannot be more than 365 days from now" in error.message
        (live,) = tokens(sim)
        assert (live["id"], live["name"], live["access_token"]) == (made["id"], "ci", made["access_token"])

    def test_of_another_user(self, sim: Simulator, token: Task) -> None:
        """Between the list and the update an administrator took the token away."""
        made = existing(sim)
        sim.fault("status", method="PUT", path="AccessToken/", code=403, body={"errorMessage": "No permission", "errorCode": 5})
        error = token.fails(scope="hyperscale")
        assert error.message == f"PUT {sim.url}/commandcenter/api/V4/AccessToken/{made['id']}: HTTP 403 5: No permission"
        assert transcript(sim)[-1] == LOGOUT


def test_two_tokens_of_the_name(sim: Simulator, token: Task) -> None:
    sim.set(commandcenter_list_all="all")
    own = existing(sim)
    other = sim.commandcenter_create("ci", user_id=8)
    assert token()["token"]["id"] == own["id"]
    assert token(user_id=7)["token"]["id"] == own["id"]
    assert token(id=other["id"])["token"]["id"] == other["id"]
    assert token(user_id=8, state="absent")["actions"] == ["revoked"]
    assert [one["id"] for one in tokens(sim)] == [own["id"]]


HONESTLY_EMPTY: list[dict[str, Any]] = [
    {"tokens": []},
    {"tokens": [], "error": None},
    {"tokens": [], "error": {"errorCode": 0, "errorMessage": ""}},
    {"tokens": [], "error": {"errorCode": 0, "errorMessage": "No access tokens found"}},
    {"tokens": [], "totalRecords": 0, "errList": []},
]
NO_LIST: list[dict[str, Any]] = [
    {},
    {"tokens": None},
    {"error": {"errorCode": 0}},
    {"errList": [{"errorCode": 7, "errLogMessage": "no connection to the database"}]},
    {"errorMessage": "no connection to the database"},
    {"tokens": [], "errorMessage": "no connection to the database"},
    {"tokens": [], "error": {"errorMessage": "no connection to the database"}},
    {"tokens": [], "errList": [{"errorCode": 7}]},
    {"tokens": [], "totalRecords": 3},
    {"tokens": [], "totalRecordsWithoutPaging": 1},
    {"tokens": [{"accessTokenId": 5, "tokenName": "x"}], "totalRecords": 2},
    {"tokens": 5},
    {"tokens": {}},
    {"tokens": ["ci"]},
    {"tokens": [None]},
]


class TestLists:
    """How a server may write a list of tokens."""

    @pytest.mark.parametrize("value", HONESTLY_EMPTY)
    def test_empty(self, sim: Simulator, token: Task, value: Any) -> None:
        sim.fault("json", method="GET", path="AccessToken$", value=value)
        assert token()["actions"] == ["created"]

    @pytest.mark.parametrize("value", NO_LIST)
    @pytest.mark.parametrize("arguments", [{}, {"state": "absent"}, {"recreate": "always"}], ids=str)
    def test_none(self, sim: Simulator, token: Task, value: Any, arguments: dict[str, Any]) -> None:
        sim.fault("json", method="GET", path="AccessToken$", value=value)
        error = token.fails(**arguments)
        assert error.message.startswith(f"GET {sim.url}/commandcenter/api/V4/AccessToken: Command Center did not return a list of access tokens (")
        assert error.message.endswith("nothing is created or replaced")
        assert error.hint
        assert writes(sim) == []

    @pytest.mark.parametrize("value", [[], "canary", 5, None])
    def test_not_even_an_object(self, sim: Simulator, token: Task, value: Any) -> None:
        sim.fault("json", method="GET", path="AccessToken$", value=value)
        error = token.fails()
        assert error.message == f"GET {sim.url}/commandcenter/api/V4/AccessToken: the response is not a JSON object"

    @pytest.mark.parametrize(
        ("fields", "scope"),
        [
            ({"tokenType": "ALL"}, "all"),
            ({"tokenType": "DEFAULT"}, "all"),
            ({"tokenType": 0}, "all"),
            ({"tokenType": "2"}, "all"),
            ({"tokenType": "OneTouch"}, "one_touch"),
            ({"tokenType": "Hyperscale"}, "hyperscale"),
            ({"tokenType": "MS-SCIM"}, "ms_scim"),
            ({"tokenType": 9}, "9"),
            ({"tokenType": "Future"}, "future"),
            ({"tokenType": None}, None),
            ({}, None),
        ],
    )
    def test_scopes(self, sim: Simulator, token: Task, fields: dict[str, Any], scope: str | None) -> None:
        listed = {"accessTokenId": 5, "tokenName": "ci", **fields}
        sim.fault("json", method="GET", path="AccessToken$", value={"tokens": [listed]})
        result = token()
        assert (result["changed"], result["token"]["scope"], result["token"]["id"]) == (False, scope, 5)
        assert result["token"]["api_endpoints"] is None

    @pytest.mark.parametrize("odd", [{}, {"tokenName": None}, {"tokenName": 5, "accessTokenId": "x"}, {"tokenName": ["ci"], "apiEndpoints": "x"}])
    def test_odd_entries_beside_ours(self, sim: Simulator, token: Task, odd: dict[str, Any]) -> None:
        sim.fault("json", method="GET", path="AccessToken$", value={"tokens": [odd, {"accessTokenId": "5", "tokenName": "ci", "tokenType": 2}]})
        result = token()
        assert (result["changed"], result["token"]["id"]) == (False, 5)
