# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""state: renewed with a pair that was passed in: one request, which is never repeated when it may have rotated the pair."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._time import iso
from tests.constants import DAY, RENEW
from tests.simulator import Simulator
from tests.simulator.tokens import CUSTOM, HYPERSCALE, ONE_TOUCH
from tests.unit.commandcenter.conftest import predicted_and_done, tokens
from tests.unit.helpers import SHORT, TOO_LONG, Task, patience, transcript

DOUBT = (
    "It is not known whether the pair was rotated. Do not send it again: sending a rotated pair ends every token of its chain. "
    "Create a new token instead (state: present with recreate: always, preferably with a store)"
)

# The documented refusal of an authorization.
DENIED = {"errorMessage": "Access denied", "errorCode": 5}


@pytest.fixture
def renew(sim: Simulator, token: Task) -> Task:
    """A task without a login."""
    token.defaults = {"url": sim.url, "ca_path": sim.ca_path, "timeout": 10, "state": "renewed"}
    return token


@pytest.fixture
def pair(sim: Simulator) -> dict[str, str]:
    return secrets_of(sim.commandcenter_create("ci"))


def secrets_of(token: dict[str, Any]) -> dict[str, str]:
    return {key: token[key] for key in ("access_token", "refresh_token")}


def alive(sim: Simulator) -> bool:
    """The chain lives, and nobody was mailed that it was broken."""
    return len(tokens(sim)) == 1 and sim.state()["commandcenter"]["mails"] == []


class TestRenewed:
    def test_one_request_without_a_login(self, sim: Simulator, renew: Task, pair: dict[str, str]) -> None:
        result = predicted_and_done(sim, renew, **pair)
        assert transcript(sim) == [RENEW]
        (entry,) = sim.requests()
        assert entry["body"] == {"accessToken": pair["access_token"], "refreshToken": pair["refresh_token"]}
        assert entry["headers"]["authorization"] == f"Bearer {pair['access_token']}"
        assert "authtoken" not in entry["headers"]
        (live,) = tokens(sim)
        now = int(sim.now())
        token = result["token"]
        assert secrets_of(token) == secrets_of(live) != pair
        assert token["headers"] == {"Authorization": f"Bearer {live['access_token']}"}
        assert (token["id"], token["name"], token["scope"], token["user_id"]) == (live["id"], "ci", "all", 7)
        assert token["expires_at"] == iso(now + 1800)
        assert token["refresh_expires_at"] == iso(now + 1800 + 14 * DAY)
        assert (result["changed"], result["actions"], result["secret_available"]) == (True, ["renewed"], True)
        assert sim.check(live["access_token"])
        assert not sim.check(pair["access_token"])

    def test_check_mode_sends_nothing(self, sim: Simulator, renew: Task, pair: dict[str, str]) -> None:
        predicted = renew(check_mode=True, **pair)
        assert transcript(sim) == []
        assert (predicted["changed"], predicted["actions"], predicted["secret_available"]) == (True, ["renewed"], False)
        assert [secrets_of(one) for one in tokens(sim)] == [pair]

    def test_the_result_is_the_next_pair(self, sim: Simulator, renew: Task, pair: dict[str, str]) -> None:
        for _round in range(3):
            pair = secrets_of(renew(**pair)["token"])
            sim.advance(DAY)
        assert [secrets_of(one) for one in tokens(sim)] == [pair]
        assert alive(sim)

    @pytest.mark.parametrize("days", [0, 1, 14])
    def test_before_and_after_the_access_token_has_expired(self, sim: Simulator, renew: Task, pair: dict[str, str], days: int) -> None:
        sim.advance(days * DAY)
        assert sim.check(renew(**pair)["token"]["access_token"])

    @pytest.mark.parametrize(("number", "scope", "fields"), [(CUSTOM, "custom", {"api_endpoints": ["/client"]}), (HYPERSCALE, "hyperscale", {})])
    @pytest.mark.parametrize("style", ["int", "name"])
    def test_other_scopes(self, sim: Simulator, renew: Task, number: int, scope: str, fields: dict[str, Any], style: str) -> None:
        sim.set(commandcenter_type_style=style)
        made = sim.commandcenter_create("ci", type=number, **fields)
        assert renew(**secrets_of(made))["token"]["scope"] == scope

    def test_a_name_and_an_id_that_the_answer_leaves_out(self, sim: Simulator, renew: Task, pair: dict[str, str]) -> None:
        sim.fault("patch", changes={"tokenName": {"__delete__": True}, "accessTokenId": None})
        token = renew(name="deploy", id=5, **pair)["token"]
        assert (token["name"], token["id"]) == ("deploy", 5)


class TestHeader:
    """Servers differ in the form in which they want the old token: Bearer, Authtoken, or not at all."""

    @pytest.mark.parametrize(("wanted", "headers"), [("any", [True]), ("bearer", [True]), ("none", [True, False, False])])
    def test_a_refused_form_is_followed_by_the_next(self, sim: Simulator, renew: Task, pair: dict[str, str], wanted: str, headers: list[bool]) -> None:
        sim.set(commandcenter_renew_auth=wanted)
        assert renew(**pair)["actions"] == ["renewed"]
        assert ["authorization" in entry["headers"] for entry in sim.requests()] == headers
        assert alive(sim)

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize("body", [DENIED, {"error": DENIED}, {"errorMessage": "Access Denied."}], ids=["flat", "nested", "words"])
    def test_after_three_forms_it_ends(self, sim: Simulator, renew: Task, pair: dict[str, str], status: int, body: dict[str, Any]) -> None:
        sim.fault("status", code=status, body=body, times=0)
        error = renew.fails(**pair)
        assert (error.status, error.maybe_applied) == (status, False)
        assert transcript(sim) == [RENEW] * 3
        assert [entry["headers"].get("authtoken") for entry in sim.requests()] == [None, pair["access_token"], None]

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize("body", [None, "<html><title>Sign in</title></html>", "Unauthorized", {}, [], {"errorCode": 0}], ids=str)
    def test_a_refusal_that_is_not_the_servers_own_is_no_no(self, sim: Simulator, renew: Task, pair: dict[str, str], status: int, body: Any) -> None:
        """Something in front of the server may say it after the pair was rotated."""
        sim.fault("status_after", code=status, body=body, times=0)
        error = renew.fails(**pair)
        assert (error.status, error.maybe_applied) == (status, True)
        assert error.message.endswith(DOUBT)
        assert transcript(sim) == [RENEW]
        assert alive(sim)

    @pytest.mark.parametrize("status", [401, 403])
    def test_another_verdict_is_not_followed_by_another_form(self, sim: Simulator, renew: Task, pair: dict[str, str], status: int) -> None:
        sim.fault("status", code=status, body={"errorMessage": "The account is disabled", "errorCode": 22}, times=0)
        error = renew.fails(**pair)
        assert (error.status, error.maybe_applied) == (status, False)
        assert transcript(sim) == [RENEW]

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 450, 500, 503, 524])
    def test_a_pair_beside_a_refusal_is_kept(self, sim: Simulator, renew: Task, pair: dict[str, str], status: int) -> None:
        sim.fault("patch", path="Renew$", changes=DENIED, code=status, headers={"Retry-After": "0"})
        result = renew(**pair)
        assert transcript(sim) == [RENEW]
        (live,) = tokens(sim)
        assert secrets_of(result["token"]) == secrets_of(live)

    @pytest.mark.parametrize("status", [401, 403])
    def test_half_a_pair_beside_a_refusal(self, sim: Simulator, renew: Task, pair: dict[str, str], status: int) -> None:
        """The refresh token alone shows that the pair was rotated, and is of no use."""
        sim.fault("patch", path="Renew$", changes={**DENIED, "accessToken": {"__delete__": True}}, code=status)
        error = renew.fails(**pair)
        assert error.maybe_applied
        assert transcript(sim) == [RENEW]
        assert alive(sim)
        assert tokens(sim)[0]["refresh_token"] not in error.text

    @pytest.mark.parametrize(("kind", "args"), [("cut_after", {}), ("status_after", {"code": 503, "headers": {"Retry-After": "0"}})])
    def test_doubt_on_the_second_time(self, sim: Simulator, renew: Task, pair: dict[str, str], kind: str, args: dict[str, Any]) -> None:
        sim.set(commandcenter_renew_auth="none")
        sim.fault(kind, after=1, **args)
        error = renew.fails(**pair)
        assert error.message.endswith(DOUBT)
        assert transcript(sim) == [RENEW] * 2
        assert alive(sim)


class TestDoubt:
    @pytest.mark.parametrize(
        ("kind", "args"),
        [
            ("cut_before", {}),
            ("cut_after", {}),
            ("truncate", {}),
            ("empty", {}),
            ("empty_after", {}),
            ("html", {}),
            ("html_after", {}),
            ("big_after", {"bytes": 17 * 2**20}),
            ("delay", {"seconds": TOO_LONG}),
            ("delay_after", {"seconds": TOO_LONG}),
            ("drip", {"bytes_per_second": 20}),
            *[("status_after", {"code": code, "headers": {"Retry-After": "0"}}) for code in (408, 500, 502, 503, 504)],
            ("status", {"code": 503, "headers": {"Retry-After": "0"}}),
            ("json_after", {"value": []}),
            ("json_after", {"value": {}}),
            ("json_after", {"value": None}),
            ("patch", {"changes": {"accessToken": 5}}),
            ("patch", {"changes": {"accessToken": "can\r\nary"}}),
            ("patch", {"changes": {"accessToken": None}}),
            ("patch", {"changes": {"refreshToken": ["canary"]}}),
        ],
        ids=str,
    )
    def test_is_told_and_nothing_is_sent_again(self, sim: Simulator, renew: Task, pair: dict[str, str], kind: str, args: dict[str, Any]) -> None:
        sim.fault(kind, **args)
        error = renew.fails(timeout=patience(kind), **pair)
        assert error.message.startswith(f"POST {sim.url}/commandcenter/api/V4/AccessToken/Renew: ")
        assert error.message.endswith(DOUBT)
        assert error.maybe_applied
        assert transcript(sim) == [RENEW]
        assert renew.warnings == []
        assert alive(sim)
        assert not any(secret in error.message for secret in (*pair.values(), "canary"))

    def test_given_up_is_given_up(self, sim: Simulator, renew: Task, pair: dict[str, str]) -> None:
        """Also later nothing is sent again."""
        sim.fault("delay", seconds=SHORT + 0.5)
        renew.fails(timeout=SHORT, **pair)
        time.sleep(1)
        assert transcript(sim) == [RENEW]
        assert alive(sim)


class TestCertainty:
    """The pair was not rotated, and the error does not claim a doubt."""

    def test_a_request_that_was_never_sent_is_tried_again(self, sim: Simulator, renew: Task, pair: dict[str, str]) -> None:
        error = renew.fails(url=sim.refused_url, retries=1, **pair)
        assert "no connection: Connection refused" in error.message
        assert "It is not known" not in error.message
        assert not error.maybe_applied
        assert len(renew.warnings) == 1

    @pytest.mark.parametrize("status", [400, 404, 429, 450])
    def test_refused_by_status(self, sim: Simulator, renew: Task, pair: dict[str, str], status: int) -> None:
        sim.fault("status", code=status, headers={"Retry-After": "0"})
        error = renew.fails(**pair)
        assert (error.status, error.maybe_applied) == (status, False)
        assert "It is not known" not in error.message
        assert transcript(sim) == [RENEW]

    @pytest.mark.parametrize(("switch", "label"), [("style", "HTTP 200 error 22"), ("450", "HTTP 450 22")])
    def test_too_late(self, sim: Simulator, renew: Task, pair: dict[str, str], switch: str, label: str) -> None:
        sim.set(commandcenter_renew_error=switch)
        sim.advance(14 * DAY + 3600)
        error = renew.fails(**pair)
        assert error.message.startswith(
            f"POST {sim.url}/commandcenter/api/V4/AccessToken/Renew: {label}: Renew request placed after the permissible time limit"
        )
        assert transcript(sim) == [RENEW]
        assert alive(sim)

    @pytest.mark.parametrize("style", ["http200", "http200 nested", "http200 flat", "http400"])
    def test_a_pair_that_nobody_knows(self, sim: Simulator, renew: Task, style: str) -> None:
        sim.set(commandcenter_error_style=style)
        error = renew.fails(access_token="canary-a", refresh_token="canary-r")
        assert "Invalid access token or refresh token" in error.message
        assert error.code == 22
        assert transcript(sim) == [RENEW]

    def test_a_stale_pair_is_sent_once(self, sim: Simulator, renew: Task, pair: dict[str, str]) -> None:
        """What a user passes in is the user's: the chain ends, and we do not hide it by trying again."""
        renew(**pair)
        sim.clear_requests()
        error = renew.fails(**pair)
        assert "Refresh token was used already; the token has been revoked" in error.message
        assert transcript(sim) == [RENEW]

    def test_a_scope_that_cannot_be_renewed(self, sim: Simulator, renew: Task) -> None:
        made = sim.commandcenter_create("ci", type=ONE_TOUCH)
        error = renew.fails(access_token=made["access_token"], refresh_token="none")
        assert "Renewal is not supported for this token type" in error.message

    def test_a_redirect_gets_nothing(self, sim: Simulator, renew: Task, pair: dict[str, str]) -> None:
        sim.fault("redirect", location=sim.http_url + "/commandcenter/api/V4/AccessToken/Renew")
        assert "which was refused" in renew.fails(**pair).message
        assert transcript(sim) == [RENEW]
        assert [secrets_of(one) for one in tokens(sim)] == [pair]


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({}, "state: renewed needs a store, or the pair to renew in access_token and refresh_token"),
            ({"name": "ci"}, "state: renewed needs a store, or the pair to renew in access_token and refresh_token"),
            ({"access_token": "a"}, "state: renewed needs a store, or the pair to renew in access_token and refresh_token"),
            ({"refresh_token": "r"}, "state: renewed needs a store, or the pair to renew in access_token and refresh_token"),
            (
                {"state": "present", "name": "ci", "access_token": "a", "refresh_token": "r"},
                "access_token and refresh_token can only be used with state: renewed without a store",
            ),
            ({"state": "absent", "name": "ci", "access_token": "a"}, "access_token and refresh_token can only be used with state: renewed without a store"),
            ({"state": "present", "name": "ci", "refresh_token": "r"}, "access_token and refresh_token can only be used with state: renewed without a store"),
        ],
    )
    def test_half_a_pair_or_the_wrong_state(self, sim: Simulator, renew: Task, arguments: dict[str, Any], words: str) -> None:
        assert renew.fails(**arguments).message == words
        assert transcript(sim) == []

    def test_a_pair_that_cannot_stand_in_a_header(self, sim: Simulator, renew: Task) -> None:
        error = renew.fails(access_token="canary\n", refresh_token="canary-r")
        assert "the request could not be made" in error.message
        assert "canary" not in error.message
        assert transcript(sim) == []

    @pytest.mark.parametrize("secret", ["access_token", "refresh_token"])
    def test_a_server_that_quotes_the_pair(self, sim: Simulator, renew: Task, pair: dict[str, str], secret: str) -> None:
        sim.fault("status", code=400, body={"errorMessage": f"what is x{pair[secret]}x?", "errorCode": 1})
        assert "HTTP 400 1: what is x********x?. The pair was not rotated. " in renew.fails(**pair).message
