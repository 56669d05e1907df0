# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a caller may ask for: queries, bodies, other statuses, files, and a budget of time."""

from __future__ import annotations

import io
import socket
import time
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._http.body import MAX_BODY_BYTES
from tests.simulator import Simulator
from tests.unit.http.conftest import PATH, Client, Make, Script
from tests.unit.http.wire import reply


class TestRequests:
    def test_a_query(self, sim: Simulator, client: Client) -> None:
        response = client(query=[("ids", "1"), ("ids", "2"), ("name", "a b&c"), ("none", None)])
        assert response.url == f"{sim.url}{PATH}?ids=1&ids=2&name=a+b%26c"
        assert sim.requests()[0]["query"] == {"ids": "1,2", "name": "a b&c"}

    @pytest.mark.parametrize("body", [{"a": 1}, [1, 2], "text", 0, False, {}])
    def test_any_json(self, sim: Simulator, client: Client, body: Any) -> None:
        sim.fault("json", value={})
        client("POST", body=body)
        assert sim.requests()[0]["body"] == body

    def test_content_as_it_is(self, script: Script) -> None:
        client, server = script(reply())
        client("POST", content=b"<a>\xfc</a>", content_type="application/xml; charset=latin-1", headers={"Accept": "application/xml"})
        head, _blank, body = server.requests[0].partition(b"\r\n\r\n")
        assert body == b"<a>\xfc</a>"
        assert b"Content-Type: application/xml; charset=latin-1" in head
        assert b"Accept: application/xml" in head


class TestResponses:
    def test_what_comes_with_it(self, sim: Simulator, client: Client) -> None:
        response = client()
        assert response.headers["content-type"] == response.headers["Content-Type"] == "application/json"
        assert response.url == sim.url + PATH
        assert 0 < response.elapsed < 10
        assert response.content.startswith(b"{")

    def test_a_status_that_is_wanted(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=404, body={"found": False})
        response = client(accepts=lambda status: status in (200, 404))
        assert (response.status, response.data) == (404, {"found": False})

    def test_a_status_that_is_wanted_is_not_tried_again(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=503, body={})
        assert client(accepts=lambda status: status == 503).status == 503
        assert client.warnings == []

    def test_a_success_that_is_not(self, sim: Simulator, client: Client) -> None:
        sim.fault("json", value={"errorMessage": "pending"}, code=202)
        error = client.fails("DELETE", accepts=lambda status: status == 200)
        assert error.message == f"DELETE {sim.url}{PATH}: HTTP 202: pending"
        assert (error.status, error.maybe_applied) == (202, True)
        assert len(sim.requests()) == 1

    def test_a_redirect_that_is_wanted_is_not_followed(self, sim: Simulator, client: Client) -> None:
        sim.fault("redirect", location="/elsewhere")
        response = client(text=True, accepts=lambda status: status == 307)
        assert (response.status, response.headers["Location"]) == (307, "/elsewhere")
        assert len(sim.requests()) == 1

    def test_a_limit_of_its_own(self, sim: Simulator, client: Client) -> None:
        sim.fault("big", bytes=2 * 2**20)
        assert "the response is larger than 1 MiB and was refused" in client.fails(limit=2**20).message

    def test_no_body_where_there_may_be_none(self, script: Script) -> None:
        client, server = script(b"HTTP/1.1 204 No Content\r\n\r\n", reply(status="304 Not Modified", Content_Length="10"), reply())
        assert client("DELETE", text=True).status == 204
        server.replies[0] = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"
        assert client(text=True, accepts=lambda status: status == 304).data == ""
        assert client().data == {}
        assert server.connections == 1

    def test_head(self, script: Script) -> None:
        client, server = script(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", reply())
        assert client("HEAD", text=True).headers["Content-Length"] == "10"
        assert client().data == {}
        assert server.connections == 1

    def test_chunks(self, script: Script) -> None:
        chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n3\r\n 1}\r\n0\r\n\r\n'
        client, server = script(chunked, reply())
        assert client().data == {"a": 1}
        assert client().data == {}
        assert server.connections == 1


class TestSink:
    def test_a_body_of_any_size(self, sim: Simulator, client: Client) -> None:
        sim.fault("big", bytes=MAX_BODY_BYTES + 100)
        sink = io.BytesIO()
        response = client(sink=sink)
        assert (response.data, response.content) == (None, b"")
        assert len(sink.getvalue()) == MAX_BODY_BYTES + 100

    def test_an_error_does_not_go_there(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=404, body={"errorMessage": "no such file"})
        sink = io.BytesIO()
        assert client.fails(sink=sink).message.endswith("HTTP 404: no such file")
        assert sink.getvalue() == b""

    def test_half_a_body_is_taken_back_before_the_next_attempt(self, script: Script) -> None:
        client, server = script(reply(b"half", Content_Length="8"), reply(b"complete"))
        # The server has nothing more to say on that connection.
        server.replies[0] = lambda sock: (sock.sendall(reply(b"half", Content_Length="8")), sock.close())[1]
        sink = io.BytesIO(b"before")
        sink.seek(6)
        client(sink=sink)
        assert sink.getvalue() == b"beforecomplete"
        assert "the connection broke before the response was complete: 4 of 8 bytes arrived" in client.warnings[0]

    def test_the_timeout_bounds_silence_alone(self, script: Script) -> None:
        def drip(sock: socket.socket) -> None:
            sock.sendall(reply(b"", Content_Length="5"))
            for _number in range(5):
                time.sleep(0.5)
                sock.sendall(b"x")

        client, _server = script(drip, timeout=1.5)
        sink = io.BytesIO()
        started = time.monotonic()
        client(sink=sink)
        assert time.monotonic() - started > 2
        assert sink.getvalue() == b"xxxxx"

    def test_a_disk_that_is_full(self, sim: Simulator, client: Client) -> None:
        with open("/dev/full", "wb", buffering=0) as full:
            full.tell = lambda: 0  # type: ignore[method-assign]
            error = client.fails(sink=full)
        assert error.message == f"GET {sim.url}{PATH}: the response could not be written: No space left on device"
        assert len(sim.requests()) == 1

    def test_silence(self, script: Script) -> None:
        def fall_silent(sock: socket.socket) -> None:
            sock.sendall(reply(b"x", Content_Length="5"))
            time.sleep(4)

        client, _server = script(fall_silent, timeout=1, retries=0)
        started = time.monotonic()
        assert "no data for 1 s" in client.fails(sink=io.BytesIO()).message
        assert time.monotonic() - started < 3.5


class TestBudget:
    """`not_after` bounds all requests together."""

    def test_past_it_nothing_is_sent(self, sim: Simulator, client: Client) -> None:
        client.http.not_after = time.monotonic() - 1
        error = client.fails("POST")
        assert error.message == f"POST {sim.url}{PATH}: not sent, because the time limit of the whole operation has passed"
        assert (error.status, error.maybe_applied) == (None, False)
        assert sim.requests() == []

    def test_it_cuts_a_request_short(self, sim: Simulator, client: Client) -> None:
        sim.fault("delay", seconds=8)
        client.http.not_after = time.monotonic() + 0.8
        started = time.monotonic()
        error = client.fails("POST")
        assert time.monotonic() - started < 5
        assert f"no complete response within 0.{'8' if '0.8' in error.message else '7'}" in error.message
        assert error.maybe_applied

    def test_it_cuts_a_stream_short(self, script: Script) -> None:
        def drip(sock: socket.socket) -> None:
            sock.sendall(reply(b"", Content_Length="500"))
            for _number in range(100):
                time.sleep(0.1)
                sock.sendall(b"x")

        client, _server = script(drip, timeout=0.8)
        client.http.not_after = time.monotonic() + 1.5
        started = time.monotonic()
        assert "the response was not complete when the time limit of the whole operation passed" in client.fails(sink=io.BytesIO()).message
        assert time.monotonic() - started < 5

    def test_a_pause_does_not_reach_past_it(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=503, headers={"Retry-After": "3"})
        client.http.not_after = time.monotonic() + 2
        assert client.fails().status == 503
        assert len(sim.requests()) == 1

    def test_none_again(self, client: Client) -> None:
        client.http.not_after = time.monotonic() - 1
        client.fails()
        client.http.not_after = None
        assert client().status == 200


class TestClock:
    def test_whether_there_is_one(self, sim: Simulator, make: Make) -> None:
        client = make()
        assert not client.http.has_server_clock
        sim.fault("no_date")
        client()
        assert not client.http.has_server_clock
        client()
        assert client.http.has_server_clock


class TestBody:
    """ApiError.body is what arrived, for callers that look for a secret in it; nothing shows it."""

    CANARY = b'{"accessToken": "canary-token", "refreshToken": "canary-refr'

    @pytest.mark.parametrize(
        ("answer", "timeout"),
        [
            (reply(CANARY), 10),
            (reply(CANARY, Content_Length="500"), 10),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + f"{len(CANARY):x}\r\n".encode() + CANARY + b"\r\n", 10),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + CANARY, 10),
            (lambda sock: (sock.sendall(reply(TestBody.CANARY, Content_Length="500")), time.sleep(4))[1], 1),
            (reply(CANARY, status="500 Oops"), 10),
            (reply(CANARY, status="400 Bad Request"), 10),
            (reply(CANARY, status="524 Slow"), 10),
            (reply(CANARY, status="307 Over There", Location="/x"), 10),
            (reply(CANARY, Content_Type="text/html"), 10),
        ],
        ids=["broken", "truncated", "chunks", "half a chunk", "silence", "500", "400", "524", "redirect", "html"],
    )
    def test_is_what_arrived(self, script: Script, answer: Any, timeout: float) -> None:
        client, _server = script(answer, timeout=timeout)
        error = client.fails("POST", send_once=True)
        assert error.body == self.CANARY.decode()
        assert error.explained("Do this.").body == error.body
        # Whoever prints the error, or what it is made of, does not print that.
        if error.status is None or error.status < 300:
            assert "canary" not in f"{error} {error!r} {error.args} {error.message} {error.text}"

    def test_is_bounded(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=400, body="x" * 1_000_000)
        assert len(client.fails().body or "") == 65536

    def test_is_none_where_nothing_came(self, sim: Simulator, make: Make) -> None:
        sim.fault("cut_after")
        assert make(retries=0).fails("POST").body is None
        assert make(sim.refused_url, retries=0).fails("POST").body is None


class TestHints:
    """A next step for errors that callers do not explain; it stands beside the message."""

    @pytest.mark.parametrize(("status", "hint"), [(403, "the scope of the token"), (429, "try again later"), (500, "look at its log")])
    def test_of_statuses(self, sim: Simulator, client: Client, status: int, hint: str) -> None:
        sim.fault("status", code=status, body={"errorMessage": "No."}, times=0)
        error = client.fails("POST", apply_once=True, headers={}, accepts=None) if status == 403 else client.fails("POST", send_once=True)
        assert error.message.endswith(f"HTTP {status}: No.")
        assert error.text.startswith(f"{error.message} ")
        assert hint in error.text

    def test_of_a_time_limit(self, sim: Simulator, make: Make) -> None:
        sim.fault("delay", seconds=8)
        assert "raise timeout" in make(timeout=0.5).fails("POST").text

    def test_none_where_the_caller_explains(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=403, body={"errorMessage": "No."})
        error = client.fails("POST").explained("Do this")
        assert error.text == error.message
        assert error.text.endswith("HTTP 403: No. Do this")

    def test_a_code_that_repeats_the_status(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=403, body={"errorCode": 403, "errorMessage": "No"})
        error = client.fails("POST")
        assert error.message.endswith("HTTP 403: No")
        assert error.code == 403


class TestCompression:
    """Nobody asked for it; what comes is bounded whatever release of urllib3 there is."""

    def test_gzip(self, sim: Simulator, client: Client) -> None:
        sim.fault("big", bytes=1000, gzip=True)
        assert len(client().data["padding"]) == 985

    @pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x"])
    def test_what_we_do_not_know(self, script: Script, encoding: str) -> None:
        client, server = script(reply(b"{}", Content_Encoding=encoding), reply())
        error = client.fails("POST")
        assert error.message.endswith("HTTP 200: the response is compressed in a way that was not asked for")
        assert error.maybe_applied
        assert client().status == 200
        assert len(server.requests) == 2

    @pytest.mark.parametrize("body", [b"no gzip", b"\x1f\x8b\x08\x00", b""])
    def test_damaged(self, script: Script, body: bytes) -> None:
        client, _server = script(reply(body, Content_Encoding="gzip"))
        error = client.fails("POST")
        assert error.message.endswith("HTTP 200: the compressed response is damaged")
        assert error.maybe_applied
