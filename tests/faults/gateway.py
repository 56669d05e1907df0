# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gateway on loopback between the product and one server: it passes requests on, and does to them what balancers and proxies do.

with Gateway(sim.url, sim.ca_path) as gateway:
    gateway.begin(Fault("answer", status=524, work="later", seconds=2, method="POST", path="/Renew$"))
    ...  # tasks talk to gateway.url and trust gateway.ca_path
    gateway.passed  # what came by, what it was answered, and whether the server got to see it
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import http.server
import json
import re
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import trustme

HOLD_LIMIT = 20.0  # seconds
UPSTREAM_LIMIT = 20.0
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "te", "trailer", "proxy-authorization"}
PAGE = "<html><head><title>{status}</title></head><body><center><h1>{status} {reason}</h1></center><hr><center>gateway</center></body></html>\n"
# What http.client does not name.
REASONS = {449: "Retry With", 450: "Blocked", 499: "Client Closed Request", 520: "Web Server Returned an Unknown Error", 521: "Web Server Is Down"}
CREATED_TIME = re.compile(rb'"created_time":\s*"([^"]*Z)"')
# The seconds, with their fraction cut down to what datetime can read.
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")


class Fault(NamedTuple):
    """What happens to one request, or to each that matches.

    kind: "cut" ends the connection without a response, "answer" sends a response of the gateway's own, "truncate" half of the server's
    response, "hold" waits until `release`, passes the request on, and cuts.
    work: whether and when the server gets the request: "never", "before" the client has its response, or "later", when `seconds` have passed
    since then or `release_late` is called. Of "cut" and "answer" alone; the others pass it on.
    """

    kind: str
    work: str = "never"
    status: int = 502
    # "page" (HTML, as balancers have it), "json", "empty", or the text itself.
    body: str = "page"
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = HOLD_LIMIT
    # Which requests: by number since the last `begin`, or by method and path (a regex).
    number: int | None = None
    for_good: bool = False  # with number: all that follow, too; without: each that matches
    method: str | None = None
    path: str | None = None
    after: int = 0  # how many that match are let pass first

    def matches(self, number: int, method: str, path: str) -> bool:
        if self.number is not None and not (number == self.number or (self.for_good and number > self.number)):
            return False
        return self.method in (None, method) and (self.path is None or re.search(self.path, path, re.IGNORECASE) is not None)


# Faults that have a name in the crash matrix and in the stories.
NAMED = {
    "cut_before": Fault("cut"),
    "cut_after": Fault("cut", "before"),
    "500_before": Fault("answer", status=500, body="json"),
    "500_after": Fault("answer", "before", status=500, body="json"),
    "403": Fault("answer", status=403, body=json.dumps({"errors": ["permission denied"]})),
    "truncate": Fault("truncate", "before"),
    "hold": Fault("hold", "before"),
}


def named(kind: str, number: int, for_good: bool = False) -> Fault:
    """A fault by its name, for the request of that number, or for all from there on."""
    return NAMED[kind]._replace(number=number, for_good=for_good)


@dataclass
class Passed:
    """One request that came by."""

    number: int
    method: str
    path: str
    body: Any
    # The status that the client got, None where the connection was cut; whether that response was the server's own.
    status: int | None = None
    genuine: bool = False
    # The server's status, None as long as it did not get the request.
    upstream_status: int | None = None
    # What the server said, where that was JSON.
    answer: Any = None
    fault: Fault | None = None

    @property
    def call(self) -> str:
        return f"{self.method} {self.path}"


class _Response(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    content: bytes


class Gateway:
    """Passes requests on one by one, except for those that a fault strikes. Use it as a context manager."""

    def __init__(self, upstream: str, ca_path: str | None = None) -> None:
        parts = urlsplit(upstream)
        self._upstream = parts.netloc
        self._trust = ssl.create_default_context(cafile=ca_path) if parts.scheme == "https" else None
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="gateway-")
        self.ca_path: str | None = None
        self._server = _Server(self, self._certificate() if self._trust else None)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{parts.scheme}://{self.host}"
        self._late: list[threading.Thread] = []
        self._release_late = threading.Event()
        self._shifts: list[tuple[float, float]] = [(0.0, 0.0)]
        self._server_ahead = 0.0
        self.date_offset: float | None = 0.0
        self.interfere: Callable[[], Fault | None] | None = None
        self.begin()

    def _certificate(self) -> ssl.SSLContext:
        ca = trustme.CA(organization_name="dataprotection.access gateway")
        self.ca_path = str(Path(self._folder.name) / "ca.pem")
        ca.cert_pem.write_to_path(self.ca_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        return context

    def __enter__(self) -> Gateway:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release()
        self.release_late()
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    # What a test asks for

    def begin(self, *faults: Fault, keep_late: bool = False) -> None:
        """Count and record anew, with these faults: a request takes the first that matches. Work that is late is done first, unless it is kept."""
        if not keep_late:
            self.release_late()
            self._release_late = threading.Event()
        with self._lock:
            self._faults = list(faults)
            self._seen = [0] * len(faults)
            self.passed: list[Passed] = []
            self.released = threading.Event()
            self.held = threading.Event()
            self.finished = threading.Event()
            # How many seconds the Date of a response is off; None: there is no Date.
            self.date_offset = 0.0
            # Called before each request is dealt with, so that a test can let time pass; a fault that it returns strikes this request.
            self.interfere = None

    def release(self) -> None:
        """Let go what a "hold" keeps."""
        self.released.set()

    def release_late(self) -> int:
        """Have all work done now that is to be done later, and wait for it; returns how much that was."""
        late, self._late = self._late, []
        self._release_late.set()
        for thread in late:
            thread.join(UPSTREAM_LIMIT)
            assert not thread.is_alive(), "a late request is still under way"
        return len(late)

    def advance(self, seconds: float) -> None:
        """Move the clock of the server as clients see it through this gateway: in Date, and in each `created_time` (Vault) from now on."""
        with self._lock:
            self._shifts.append((time.time(), self._shifts[-1][1] + seconds))

    def now(self) -> float:
        """The time in epoch seconds that clients see in Date, as long as no offset is set."""
        moment = time.time()
        return moment + self._server_ahead + self._shift(moment)

    def reset_clock(self) -> None:
        """What was written at a time that the clock will have again is of no use to anybody: for new paths alone."""
        with self._lock:
            self._shifts = [(0.0, 0.0)]

    @property
    def calls(self) -> list[str]:
        return [passed.call for passed in self.passed]

    # What its threads do

    def take(self, method: str, path: str, body: Any) -> tuple[Passed, threading.Event, threading.Event]:
        """Record a request, with the fault that strikes it, if any."""
        forced = self.interfere() if self.interfere is not None else None
        with self._lock:
            passed = Passed(len(self.passed), method, path, body, fault=forced)
            self.passed.append(passed)
            for index, fault in enumerate(self._faults):
                if forced is None and fault.matches(passed.number, method, path):
                    self._seen[index] += 1
                    place = self._seen[index] - fault.after
                    if place == 1 or (place > 1 and (fault.for_good or fault.number is not None)):
                        passed.fault = fault
                        break
            return passed, self.released, self._release_late

    def forward(self, passed: Passed, body: bytes, headers: dict[str, str]) -> _Response:
        if self._trust:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(self._upstream, timeout=UPSTREAM_LIMIT, context=self._trust)
        else:
            connection = http.client.HTTPConnection(self._upstream, timeout=UPSTREAM_LIMIT)
        try:
            connection.request(passed.method, passed.path, body or None, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        passed.upstream_status, passed.answer = response.status, _parsed(content)
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
        return _Response(response.status, self._dated(kept), self._shifted(content))

    def do_later(self, passed: Passed, body: bytes, headers: dict[str, str], go: threading.Event, seconds: float) -> None:
        def work() -> None:
            go.wait(seconds)
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.forward(passed, body, headers)

        thread = threading.Thread(target=work, daemon=True)
        self._late.append(thread)
        thread.start()

    # Clocks

    def _shift(self, when: float) -> float:
        with self._lock:
            return next(shift for start, shift in reversed(self._shifts) if start <= when)

    def _dated(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The headers with the Date that this gateway is to show."""
        dated = []
        for name, value in headers:
            if name.lower() == "date":
                moment = email.utils.parsedate_to_datetime(value).timestamp()
                self._server_ahead = moment - time.time()
                dated += self.date(moment)
            else:
                dated.append((name, value))
        return dated

    def date(self, moment: float | None = None) -> list[tuple[str, str]]:
        """The header; without a moment: of a response of our own, whose clock is like the server's."""
        if self.date_offset is None:
            return []
        if moment is None:
            return [("Date", email.utils.formatdate(self.now() + self.date_offset, usegmt=True))]
        return [("Date", email.utils.formatdate(moment + self._shift(time.time()) + self.date_offset, usegmt=True))]

    def _shifted(self, content: bytes) -> bytes:
        """Vault's times of versions, by the clock that this gateway shows."""
        if len(self._shifts) == 1:
            return content

        def moved(found: re.Match[bytes]) -> bytes:
            when = instant(found[1].decode())
            shown = datetime.fromtimestamp(when + self._shift(when), timezone.utc)
            return f'"created_time":"{shown:%Y-%m-%dT%H:%M:%S.%f}Z"'.encode()

        return CREATED_TIME.sub(moved, content)


def instant(text: str) -> float:
    """One of Vault's times, which have nanoseconds, in epoch seconds."""
    found = INSTANT.fullmatch(text)
    assert found, f"{text} is not a time"
    return datetime.fromisoformat(found[1]).replace(tzinfo=timezone.utc).timestamp() + float(f"0{found[2] or '.0'}")


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, gateway: Gateway, tls: ssl.SSLContext | None) -> None:
        self.gateway = gateway
        self._tls = tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: one that does not speak must not stop the others."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(HOLD_LIMIT)
        with self._tls.wrap_socket(request, server_side=True) as secured:
            secured.settimeout(None)
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients are killed here, and lines are cut: that is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # a response leaves in one piece

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""

    def parse_request(self) -> bool:
        """One handler for every method, LIST of Vault included."""
        if not super().parse_request():
            return False
        setattr(self, f"do_{self.command}", self._relay)
        return True

    def _relay(self) -> None:
        gateway = self.server.gateway
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        passed, released, late = gateway.take(self.command, self.path, _parsed(body))
        # Compressed, times could not be moved.
        headers = {name: value for name, value in self.headers.items() if name.lower() not in {*HOP_BY_HOP, "host", "accept-encoding"}}
        fault = passed.fault
        if fault is None or fault.kind == "truncate":
            response = gateway.forward(passed, body, headers)
            passed.genuine = True
            self._send(passed, response, half=fault is not None)
            return
        if fault.kind == "hold":
            gateway.held.set()
            finished = gateway.finished
            released.wait(HOLD_LIMIT)
            gateway.forward(passed, body, headers)
            finished.set()
            self._cut()
            return
        if fault.work == "before":
            gateway.forward(passed, body, headers)
        elif fault.work == "later":
            gateway.do_later(passed, body, headers, late, fault.seconds)
        if fault.kind == "cut":
            self._cut()
        else:
            self._send(passed, self._own(fault))

    def _own(self, fault: Fault) -> _Response:
        """A response of the gateway's own."""
        reason = REASONS.get(fault.status) or http.client.responses.get(fault.status, "Unknown Error")
        kind, text = "text/html", fault.body
        if fault.body == "page":
            text = PAGE.format(status=fault.status, reason=reason)
        elif fault.body == "empty":
            text = ""
        elif fault.body == "json":
            kind, text = "application/json", json.dumps({"errors": [reason.lower()], "errorCode": fault.status, "errorMessage": reason})
        elif fault.body.startswith(("{", "[")):
            kind = "application/json"
        return _Response(fault.status, [*self.server.gateway.date(), ("Content-Type", kind), *fault.headers], text.encode())

    def _send(self, passed: Passed, response: _Response, half: bool = False) -> None:
        passed.status = response.status
        self.send_response_only(response.status, REASONS.get(response.status))
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.content[: len(response.content) // 2] if half else response.content)
        self.wfile.flush()
        if half:
            passed.status = None
            self._cut()

    def _cut(self) -> None:
        """End the connection below TLS, as a broken line does."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
