# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent again, when, and what an error says about the work that may have been done."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.simulator import Simulator
from tests.unit.helpers import TOO_LONG, patience
from tests.unit.http.conftest import PATH, Client, Make

METHODS = ["GET", "POST", "PUT", "DELETE"]
ALWAYS = {429, 502, 503}
FOR_GET = {500, 504}
NEVER = {400, 401, 403, 404, 405, 408, 409, 418, 450, 501}
# From the contract, and not from the code: only these say that nothing was done.
NOT_DONE = {400, 401, 403, 404, 405, 413, 415, 422, 429, 450}
# The others, those of proxies and balancers included.
DONE_PERHAPS = {402, 406, 407, 408, 409, 410, 412, 418, 423, 424, 425, 428, 431, 451, 499, 500, 501, 502, 503, 504, 507, 508, 511, 520, 522, 524, 599, 600, 999}


def busy(sim: Simulator, code: int, times: int = 1, **headers: str) -> None:
    """That many answers with this status that ask for a retry at once; later ones are good."""
    sim.fault("status", code=code, times=times, headers={"Retry-After": "0", **headers})
    sim.fault("json", value={"good": True}, times=0)


class TestStatuses:
    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("status", sorted(ALWAYS | FOR_GET | NEVER))
    def test_which_are_tried_again(self, sim: Simulator, client: Client, method: str, status: int) -> None:
        busy(sim, status)
        if status in ALWAYS or (method == "GET" and status in FOR_GET):
            response = client(method)
            assert response.data == {"good": True}
            assert response.maybe_applied == (status in DONE_PERHAPS)
            assert len(sim.requests()) == 2
            assert client.warnings == [
                f"{method} {sim.url}{PATH}: HTTP {status} (the server asks to wait 0 s); attempt 2 of 4 follows in 0 s",
            ]
        else:
            error = client.fails(method)
            assert error.message.startswith(f"{method} {sim.url}{PATH}: HTTP {status}")
            assert (error.status, error.maybe_applied) == (status, status in DONE_PERHAPS)
            assert len(sim.requests()) == 1
            assert client.warnings == []

    @pytest.mark.parametrize("status", sorted(ALWAYS | FOR_GET | NEVER))
    def test_a_renewal_never(self, sim: Simulator, client: Client, status: int) -> None:
        busy(sim, status)
        error = client.fails("POST", send_once=True)
        assert (error.status, error.maybe_applied) == (status, status in DONE_PERHAPS)
        assert len(sim.requests()) == 1
        assert client.warnings == []

    @pytest.mark.parametrize("status", sorted((ALWAYS | FOR_GET | NEVER) - {429, 503}))
    def test_a_login_never(self, sim: Simulator, client: Client, status: int) -> None:
        busy(sim, status)
        error = client.fails("POST", apply_once=True)
        assert (error.status, error.maybe_applied) == (status, status in DONE_PERHAPS)
        assert len(sim.requests()) == 1
        assert client.warnings == []

    @pytest.mark.parametrize(("status", "header"), [(429, "Retry-After"), (429, "X-RateLimit-Period"), (503, "Retry-After")])
    def test_a_login_that_the_server_did_not_look_at(self, sim: Simulator, client: Client, status: int, header: str) -> None:
        sim.fault("status", code=status, headers={header: "1"})
        sim.fault("json", value={"good": True})
        assert client("POST", apply_once=True).data == {"good": True}
        first, second = sim.requests()
        assert second["monotonic"] - first["monotonic"] >= 0.95
        assert "(the server asks to wait 1 s); attempt 2 of 4 follows in 1 s" in client.warnings[0]

    def test_503_without_retry_after_is_no_such_word(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=503, headers={"X-RateLimit-Period": "0"})
        assert client.fails("POST", apply_once=True).status == 503
        assert len(sim.requests()) == 1

    @pytest.mark.parametrize("status", sorted(NOT_DONE | DONE_PERHAPS))
    def test_only_a_closed_list_says_that_nothing_was_done(self, sim: Simulator, make: Make, status: int) -> None:
        """What nobody has heard of may come from a balancer, whose server did the work."""
        sim.fault("status", code=status)
        error = make(retries=0).fails("POST")
        assert (error.status, error.maybe_applied) == (status, status in DONE_PERHAPS)

    def test_an_idempotent_post_is_repeated_like_a_get(self, sim: Simulator, client: Client) -> None:
        busy(sim, 500)
        assert client("POST", idempotent=True).data == {"good": True}
        assert len(sim.requests()) == 2

    @pytest.mark.parametrize("retries", [0, 1, 3])
    def test_how_often(self, sim: Simulator, make: Make, retries: int) -> None:
        client = make(retries=retries)
        busy(sim, 503, times=0)
        error = client.fails()
        assert error.status == 503
        assert len(sim.requests()) == retries + 1
        assert len(client.warnings) == retries

    def test_the_same_request_is_sent_again(self, sim: Simulator, client: Client) -> None:
        busy(sim, 503)
        client("PUT", body={"name": "ü"}, headers={"Authtoken": "QSDK x"})
        first, second = sim.requests()
        assert first["body"] == second["body"] == {"name": "ü"}
        assert first["headers"] == second["headers"]
        assert first["connection"] == second["connection"]

    def test_doubt_stays_until_the_end(self, sim: Simulator, client: Client) -> None:
        """503 and then 400: the second answer says nothing about the first attempt."""
        sim.fault("status", code=503, headers={"Retry-After": "0"})
        sim.fault("status", code=400, body={"errorCode": 1, "errorMessage": "exists already"})
        error = client.fails("POST")
        assert (error.status, error.code, error.maybe_applied) == (400, 1, True)

    def test_429_leaves_no_doubt(self, sim: Simulator, client: Client) -> None:
        busy(sim, 429)
        sim.fault("status", code=400)
        assert not client("POST").maybe_applied


class TestBrokenAnswers:
    FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
        ("cut_before", {}),
        ("cut_after", {}),
        ("truncate", {}),
    )

    @pytest.mark.parametrize(("kind", "args"), FAULTS)
    @pytest.mark.parametrize("method", METHODS)
    def test_are_asked_for_again_by_get_alone(self, sim: Simulator, make: Make, method: str, kind: str, args: dict[str, Any]) -> None:
        client = make(retries=1)
        sim.fault(kind, **args)
        if method == "GET":
            assert client().status == 200
            assert len(client.warnings) == 1
            assert "the connection broke before the response was complete" in client.warnings[0]
            return
        error = client.fails(method)
        assert error.message.startswith(f"{method} {sim.url}{PATH}: the connection broke before the response was complete: ")
        assert (error.status, error.maybe_applied) == (None, True)
        assert len(sim.requests()) == 1
        assert client.warnings == []

    def test_a_connection_that_the_server_closed_meanwhile(self, sim: Simulator, client: Client) -> None:
        """After an answer with Connection: close the next request opens a new one, and is not taken for broken."""
        sim.fault("no_date")
        client()
        assert client("POST", "/v2/email-otp", body={"username": "backup", "password": "canary-cohesity-password"}, text=True).status == 204
        assert client.warnings == []


class TestNoConnection:
    @pytest.mark.parametrize("send_once", [False, True])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_is_tried_again_for_every_request(self, sim: Simulator, make: Make, method: str, send_once: bool) -> None:
        client = make(sim.refused_url, retries=1)
        error = client.fails(method, send_once=send_once)
        assert error.message == f"{method} {sim.refused_url}{PATH}: no connection: Connection refused"
        assert (error.status, error.maybe_applied) == (None, False)
        assert client.warnings == [f"{error.message}; attempt 2 of 2 follows in 0.5 s"]

    def test_an_unknown_host(self, make: Make) -> None:
        client = make("https://no-such-host.invalid", retries=1)
        error = client.fails("POST", send_once=True)
        assert error.message.startswith(f"POST https://no-such-host.invalid{PATH}: no connection: ")
        assert not error.maybe_applied
        assert len(client.warnings) == 1

    def test_pauses_grow(self, sim: Simulator, make: Make) -> None:
        client = make(retries=2)
        sim.fault("status", code=502, times=2)
        client()
        assert [warning.rpartition("; ")[2] for warning in client.warnings] == ["attempt 2 of 3 follows in 0.5 s", "attempt 3 of 3 follows in 1 s"]
        first, second, third = (entry["monotonic"] for entry in sim.requests())
        assert second - first >= 0.45
        assert third - second >= 0.95


class TestRetryAfter:
    def test_seconds(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=429, headers={"Retry-After": "1"})
        client()
        first, second = sim.requests()
        assert 0.95 <= second["monotonic"] - first["monotonic"] < 5
        assert "(the server asks to wait 1 s); attempt 2 of 4 follows in 1 s" in client.warnings[0]

    def test_a_date_is_read_by_the_server_s_clock(self, sim: Simulator, client: Client) -> None:
        sim.set(clock_frozen=True)
        sim.advance(-5 * 365 * 86400)
        sim.fault("status", code=503, headers={"Retry-After": formatdate(int(sim.now()) + 1, usegmt=True)})
        client()
        first, second = sim.requests()
        assert 0.5 <= second["monotonic"] - first["monotonic"] < 5

    def test_a_date_that_has_passed(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=503, headers={"Retry-After": formatdate(sim.now() - 60, usegmt=True)})
        client()
        assert "the server asks to wait 0 s" in client.warnings[0]

    @pytest.mark.parametrize("seconds", ["60", "999999999", "Sun, 06 Nov 2095 08:49:37 GMT"])
    def test_beyond_the_deadline(self, sim: Simulator, client: Client, seconds: str) -> None:
        sim.fault("status", code=429, headers={"Retry-After": seconds}, body={"errorMessage": "Too many requests", "errorCode": 429})
        started = time.monotonic()
        error = client.fails()
        # Nothing is slept first, not even until the deadline, which is 10 s away.
        assert time.monotonic() - started < 6
        assert "HTTP 429: Too many requests (the server asks to wait " in error.message
        assert len(sim.requests()) == 1

    @pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "1e400", "0x1", "²", "9" * 5000, "Sun, 99 Nov 2095 08:49:37 GMT", ""])
    def test_nonsense_is_ignored(self, sim: Simulator, make: Make, value: str) -> None:
        client = make(retries=0)
        sim.fault("status", code=503, headers={"Retry-After": value})
        assert client.fails().message == f"GET {sim.url}{PATH}: HTTP 503"


class TestAmbiguity:
    """`maybe_applied` decides whether a lost create is looked for: one row for each way to fail."""

    @pytest.mark.parametrize(
        ("kind", "args", "maybe_applied"),
        [
            ("cut_before", {}, True),
            ("cut_after", {}, True),
            ("truncate", {}, True),
            ("delay", {"seconds": TOO_LONG}, True),
            ("delay_after", {"seconds": TOO_LONG}, True),
            ("html", {}, True),
            ("html_after", {}, True),
            ("empty", {}, True),
            ("empty_after", {}, True),
            ("big", {"bytes": 17 * 2**20}, True),
            ("redirect", {"location": "/elsewhere"}, True),
            ("status", {"code": 400}, False),
            ("status", {"code": 401}, False),
            ("status", {"code": 403}, False),
            ("status", {"code": 404}, False),
            ("status", {"code": 408}, True),
            ("status", {"code": 409}, True),
            ("status", {"code": 429}, False),
            ("status", {"code": 450}, False),
            ("status", {"code": 500}, True),
            ("status_after", {"code": 500}, True),
            ("status", {"code": 502}, True),
            ("status", {"code": 503}, True),
            ("status", {"code": 504}, True),
        ],
        ids=lambda value: str(value) if not isinstance(value, dict) else "-".join(map(str, value.values())),
    )
    def test_a_write(self, sim: Simulator, make: Make, kind: str, args: dict[str, Any], maybe_applied: bool) -> None:
        client = make(retries=0, timeout=patience(kind))
        sim.fault(kind, **args)
        body = {"username": "backup", "password": "canary-cohesity-password", "domain": "LOCAL"}
        assert client.fails("POST", "/v2/access-tokens", body=body).maybe_applied == maybe_applied
