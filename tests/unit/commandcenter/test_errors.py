# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input gets one clear sentence and changes nothing; what the server says is told in its own words, however it says it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.constants import CREATE, CREATED, LIST, LOGIN, LOGOUT, UNCHANGED
from tests.simulator import Simulator
from tests.unit.commandcenter.conftest import logins, names, tokens, writes
from tests.unit.helpers import Task, patience, transcript

UNTIL = "2030-01-01T00:00:00Z"


class TestBeforeAnythingIsSent:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"name": None}, "name (or the id of an existing token) is required"),
            ({"name": ""}, "name (or the id of an existing token) is required"),
            ({"name": " \n"}, "name (or the id of an existing token) is required"),
            ({"api_endpoints": ["/x"]}, "api_endpoints can only be used with scope: custom"),
            ({"scope": "all", "api_endpoints": ["/x"]}, "api_endpoints can only be used with scope: custom"),
            ({"scope": "ms_scim", "api_endpoints": []}, "api_endpoints can only be used with scope: custom"),
            ({"scope": "custom"}, "scope: custom needs api_endpoints, the paths that the token may be used for"),
            ({"scope": "custom", "api_endpoints": []}, "scope: custom needs api_endpoints, the paths that the token may be used for"),
            ({"scope": "custom", "api_endpoints": ["/x", " "]}, "api_endpoints: an empty path would open every endpoint"),
            ({"scope": "ms_scim", "renewable_until": "90d"}, "renewable_until cannot be used with scope: ms_scim, whose tokens cannot be renewed; use expires"),
            (
                {"scope": "one_touch", "renewable_until": UNTIL},
                "renewable_until cannot be used with scope: one_touch, whose tokens cannot be renewed; use expires",
            ),
            *[
                (
                    {"expires": "90d", **scope},
                    "expires can only be used with scope: ms_scim or one_touch; how long a renewable token lives is up to the server, see renewable_until",
                )
                for scope in ({}, {"scope": "all"}, {"scope": "hyperscale"}, {"scope": "custom", "api_endpoints": ["/x"]})
            ],
            ({"allowed_ips": ["10.0.0.0/33"]}, "allowed_ips: '10.0.0.0/33' is neither an address, nor a network (10.0.0.0/8), nor a range (10.0.0.1-10.0.0.9)"),
            ({"allowed_ips": ["10.0.0.9-10.0.0.1"]}, "allowed_ips: '10.0.0.9-10.0.0.1' is neither an address"),
            ({"allowed_ips": ["10.0.0.1-::1"]}, "allowed_ips: '10.0.0.1-::1' is neither an address"),
            ({"allowed_ips": ["10.0.0.1", "host.example"]}, "allowed_ips: 'host.example' is neither an address"),
            ({"allowed_ips": [""]}, "allowed_ips: '' is neither an address"),
            ({"min_validity": "soon"}, "min_validity: 'soon' is not a duration"),
            (
                {"renewable_until": "soon"},
                "renewable_until: 'soon' is neither a duration (90d), nor an ISO 8601 time (2027-01-31T00:00:00Z), nor an epoch in seconds",
            ),
            ({"renewable_until": "90"}, "renewable_until: '90' is too small for an epoch; a duration needs a unit, for example 90d"),
            ({"renewable_until": "2027-02-30"}, "renewable_until: '2027-02-30' is neither a duration"),
            ({"renewable_until": "²²²²²²²²²²"}, "renewable_until: '²²²²²²²²²²' is neither a duration"),
            ({"scope": "one_touch", "expires": "10 days"}, "expires: '10 days' is neither a duration"),
            ({"timeout": 0}, "timeout must be more than 0"),
            ({"retries": -1}, "retries not negative"),
            ({"url": "not a host"}, "url: 'https://not a host' is not a host name or https address"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("check_mode", [False, True])
    def test_one_sentence(self, sim: Simulator, token: Task, arguments: dict[str, Any], words: str, check_mode: bool) -> None:
        error = token.fails(check_mode, **arguments)
        assert error.message.startswith(words) or words in error.message
        assert transcript(sim) == []


class TestByTheServersClock:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"renewable_until": "2038-01-19T03:14:08Z"}, "renewable_until: 2038-01-19T03:14:08Z is later than 2038-01-19T03:14:07Z, the last moment"),
            ({"renewable_until": "2147483648"}, "renewable_until: 2038-01-19T03:14:08Z is later than 2038-01-19T03:14:07Z"),
            ({"renewable_until": "999999999999999"}, "renewable_until: 999999999999999 is later than 2038-01-19T03:14:07Z"),
            ({"renewable_until": "40000d"}, "is later than 2038-01-19T03:14:07Z, the last moment that the server can store"),
            ({"renewable_until": "2001-01-01"}, "renewable_until: 2001-01-01T00:00:00Z is not in the future; the server's time is 20"),
            ({"renewable_until": "978307200"}, "renewable_until: 2001-01-01T00:00:00Z is not in the future"),
            ({"renewable_until": "0d"}, "is not in the future"),
            ({"scope": "one_touch", "expires": "2001-01-01"}, "expires: 2001-01-01T00:00:00Z is not in the future"),
            ({"scope": "ms_scim", "expires": "2038-01-20"}, "expires: 2038-01-20T00:00:00Z is later than"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("check_mode", [False, True])
    def test_nothing_is_written(self, sim: Simulator, token: Task, arguments: dict[str, Any], words: str, check_mode: bool) -> None:
        assert words in token.fails(check_mode, **arguments).message
        assert transcript(sim) == UNCHANGED
        assert (tokens(sim), logins(sim)) == ([], [])

    @pytest.mark.parametrize("until", ["2001-01-01", "2038-01-20"])
    def test_nor_changed(self, sim: Simulator, token: Task, until: str) -> None:
        sim.commandcenter_create("ci")
        token.fails(renewable_until=until)
        assert writes(sim) == []

    def test_a_moment_that_has_passed_for_the_server_alone(self, sim: Simulator, token: Task) -> None:
        sim.advance(4 * 365 * 86400)
        assert "is not in the future" in token.fails(renewable_until=str(int(sim.now()) - 60)).message


class TestScopeRulesOfTheServer:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"renewable_until": "366d"}, "Renewable until time cannot be more than 365 days from now"),
            ({"scope": "ms_scim", "expires": "366d"}, "Token expiry time cannot be more than 365 days from now"),
            ({"scope": "one_touch", "expires": "15d"}, "Token expiry time cannot be more than 14 days from now"),
        ],
    )
    @pytest.mark.parametrize("style", ["http200", "http200 nested", "http200 flat", "http400"])
    def test_in_its_own_words(self, sim: Simulator, token: Task, arguments: dict[str, Any], words: str, style: str) -> None:
        sim.set(commandcenter_error_style=style)
        error = token.fails(**arguments)
        label = "HTTP 400 22" if style == "http400" else "HTTP 200 error 22"
        assert error.message == f"POST {sim.url}/commandcenter/api/V4/AccessToken: {label}: {words}"
        assert (error.code, error.maybe_applied) == (22, False)
        # An error inside HTTP 200 may follow work that was done: the list tells.
        assert transcript(sim) == ([LOGIN, LIST, CREATE, LOGOUT] if style == "http400" else [LOGIN, LIST, CREATE, LIST, LOGOUT])
        assert (names(sim), logins(sim)) == ([], [])

    def test_hyperscale_is_younger_than_tokens(self, sim: Simulator, token: Task) -> None:
        sim.set(commandcenter_version="11.40")
        assert "Token type is not supported" in token.fails(scope="hyperscale").message


class TestTooOld:
    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_no_tokens_before_11_38(self, sim: Simulator, token: Task, state: str) -> None:
        sim.set(commandcenter_version="11.36")
        error = token.fails(state=state)
        assert error.message == (
            f"GET {sim.url}/commandcenter/api/V4/AccessToken: HTTP 404: Not found. "
            "This server has no access tokens (they require Command Center 11.38 or later), or url lacks the path of its API"
        )
        assert transcript(sim) == UNCHANGED


REFUSED = {"errorCode": 7, "errorMessage": "No today"}
FINE = {"errorCode": 0, "errorMessage": ""}


class TestErrorsWithin200:
    """Looked for in the nested error, beside the token, and at the top."""

    @pytest.mark.parametrize(
        "answer",
        [
            {"error": REFUSED},
            REFUSED,
            {"error": REFUSED, "tokenInfo": {"accessToken": "canary", "accessTokenId": 5}},
            {"error": FINE, "tokenInfo": {"error": REFUSED}},
            {"tokenInfo": {"error": REFUSED, "accessToken": "canary", "accessTokenId": 5}},
            {"error": FINE, **REFUSED},
            {"error": None, **REFUSED},
            {"error": {**REFUSED, "errorCode": "7"}},
        ],
        ids=str,
    )
    def test_wherever_it_stands(self, sim: Simulator, token: Task, answer: dict[str, Any]) -> None:
        sim.fault("json", method="POST", path="AccessToken$", value=answer)
        error = token.fails()
        assert error.message == f"POST {sim.url}/commandcenter/api/V4/AccessToken: HTTP 200 error 7: No today"
        assert str(error.code) == "7"
        assert not error.maybe_applied
        # A secret beside the error is looked for in the list, and so is what may have been created without one.
        looked = 2 if "canary" in str(answer) else 1
        assert transcript(sim) == [LOGIN, LIST, CREATE, *[LIST] * looked, LOGOUT]

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    @pytest.mark.parametrize("answer", [{"error": REFUSED}, REFUSED])
    def test_in_every_call(self, sim: Simulator, token: Task, method: str, answer: dict[str, Any]) -> None:
        sim.commandcenter_create("ci")
        sim.fault("json", method=method, path="AccessToken", value=answer)
        arguments = {"GET": {}, "PUT": {"scope": "hyperscale"}, "DELETE": {"state": "absent"}}[method]
        assert token.fails(**arguments).message.endswith("HTTP 200 error 7: No today")
        assert transcript(sim)[-1] == LOGOUT
        assert names(sim) == ["ci"]

    @pytest.mark.parametrize("code", [0, "0", "", None])
    def test_what_is_no_error(self, sim: Simulator, token: Task, code: Any) -> None:
        sim.fault("patch", method="POST", path="AccessToken$", changes={"error": {"errorCode": code}, "errorCode": code})
        assert token()["actions"] == ["created"]

    def test_a_code_without_words(self, sim: Simulator, token: Task) -> None:
        sim.fault("json", method="POST", path="AccessToken$", value={"error": {"errorCode": 7}})
        assert token.fails().message == f"POST {sim.url}/commandcenter/api/V4/AccessToken: HTTP 200 error 7"

    def test_without_secrets_and_not_too_long(self, sim: Simulator, token: Task) -> None:
        words = "canary-commandcenter-password " + "y" * 100_000
        sim.fault("json", method="POST", path="AccessToken$", value={"error": {"errorCode": "canary-commandcenter-password", "errorMessage": words}})
        error = token.fails()
        assert "error ********: ******** yyy" in error.message
        assert "canary" not in f"{error.message} {error.code}"
        assert len(error.message) < 700


class TestStrangeLists:
    @pytest.mark.parametrize(
        ("kind", "args", "words"),
        [
            ("html", {}, "bytes of text/html that are not JSON; is this the address of the API"),
            ("empty", {}, "HTTP 200 with an empty body"),
            ("truncate", {"times": 4}, "the connection broke before the response was complete"),
            ("redirect", {"location": "/elsewhere"}, "redirects to /elsewhere, which was refused"),
            ("big", {"bytes": 17 * 2**20}, "the response is larger than 16 MiB"),
            ("drip", {"bytes_per_second": 20}, "no complete response within 1 s"),
        ],
    )
    def test_are_clear_errors_and_nothing_is_written(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any], words: str) -> None:
        sim.fault(kind, method="GET", path="AccessToken$", **args)
        error = token.fails(timeout=patience(kind), retries=0)
        assert error.message.startswith(f"GET {sim.url}/commandcenter/api/V4/AccessToken: ")
        assert words in error.message
        assert transcript(sim) == [LOGIN, LIST, LOGOUT]

    def test_a_list_in_trouble_is_asked_for_again(self, sim: Simulator, token: Task) -> None:
        sim.fault("status", method="GET", path="AccessToken$", code=500, headers={"Retry-After": "0"})
        assert token()["actions"] == ["created"]
        assert transcript(sim) == [LOGIN, LIST, *CREATED[1:]]
        assert len(token.warnings) == 1
