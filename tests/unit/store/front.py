# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands on loopback in front of OpenBao, as a balancer does, and answers in its place what a test says."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlsplit

WORK_LIMIT = 20.0  # seconds
HTML = b"<html><head><title>Back soon</title></head><body>maintenance</body></html>"


class Fault(NamedTuple):
    """One response of the front's own.

    status: 0 cuts the line, -1 passes on half of the real response, -2 all of it. work: whether OpenBao gets the request: "before" the response, "late",
    work_delay seconds after it, or "never". times: how often; 0 is for ever. method and part: of which requests.
    """

    status: int
    work: str = "never"
    body: bytes = b'{"errors":["of the front"]}'
    headers: Mapping[str, str] = {}
    times: int = 1
    method: str = ""
    part: str = "/data/"
    work_delay: float = 0.3
    content_type: str = "application/json"


class Front:
    """Passes requests on, except those that a fault is for."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self._faults: list[list[Any]] = []
        self.calls: list[str] = []
        self.replaced_headers: dict[str, str] = {}
        front = self

        class Handler(_Handler):
            owner = front

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Front:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, *faults: Fault) -> None:
        """These responses come next, in this order, each for its requests."""
        with self._lock:
            self._faults += [[fault, fault.times or -1] for fault in faults]

    def forget(self) -> None:
        """No more faults, and no calls so far."""
        with self._lock:
            self._faults, self.calls = [], []

    def take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.calls.append(f"{method} {path}")
            for entry in self._faults:
                fault: Fault = entry[0]
                if entry[1] and fault.method in ("", method) and fault.part in path:
                    entry[1] -= 1
                    return fault
        return None

    def count(self, method: str) -> int:
        return sum(call.startswith(f"{method} ") for call in self.calls)

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._upstream, timeout=WORK_LIMIT)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    owner: Front
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        setattr(self, f"do_{self.command}", self._relay)
        return True

    def _relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "content-length")}
        call = (self.command, self.path, body, headers)
        fault = self.owner.take(self.command, self.path)
        if fault is None or fault.status == -2:
            self._pass_on(*self.owner.forward(*call))
            return
        passed = self.owner.forward(*call) if fault.work == "before" else None
        if fault.work == "late":
            threading.Thread(target=lambda: (time.sleep(fault.work_delay), self.owner.forward(*call)), daemon=True).start()
        if fault.status == 0:
            self._cut()
        elif fault.status == -1 and passed:
            self._pass_on(*passed, half=True)
        else:
            self._answer(fault.status, {"Content-Type": fault.content_type, **fault.headers}, fault.body)

    def _pass_on(self, status: int, headers: list[tuple[str, str]], content: bytes, half: bool = False) -> None:
        kept = {name.title(): value for name, value in headers if name.lower() in ("content-type", "date")}
        self._answer(status, kept, content, half)

    def _answer(self, status: int, headers: Mapping[str, str], content: bytes, half: bool = False) -> None:
        self.send_response_only(status)
        for name, value in {**headers, **self.owner.replaced_headers, "Content-Length": str(len(content))}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if half else content)
        self.wfile.flush()
        if half:
            self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def refusal(*errors: str) -> bytes:
    """The body of a refusal of Vault's own."""
    return json.dumps({"errors": list(errors)}).encode()
