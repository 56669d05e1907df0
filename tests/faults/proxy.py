# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands on loopback between the product and OpenBao, and cuts the line where a test wants it cut."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOLD_LIMIT = 20.0  # seconds


class CuttingProxy:
    """Forwards requests one by one, except those that `faults` names by their number since the last `begin`.

    cut_before: the connection ends and nothing was forwarded. cut_after: it was, and the answer is thrown away. 500_before, 500_after:
    an error of the server's, without and with the work done. 403: a token that has ended. truncate: half of the answer. hold: wait for
    `release`, then forward.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            cutting = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        self.begin()

    def __enter__(self) -> CuttingProxy:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def begin(self, faults: dict[int, str] | None = None, from_then: dict[int, str] | None = None) -> None:
        """Count anew. faults: kind by number. from_then: a kind for the request of a number and all that follow."""
        with self._lock:
            self._faults, self._from_then = faults or {}, from_then or {}
            self._count = 0
            self.released = threading.Event()
            self.held = threading.Event()
            self.finished = threading.Event()
            self.calls: list[str] = []

    def release(self) -> None:
        self.released.set()

    def take(self, call: str) -> tuple[str, threading.Event]:
        """The fault that strikes the next request, if any."""
        with self._lock:
            number = self._count
            self._count += 1
            self.calls.append(call)
            later = [kind for start, kind in sorted(self._from_then.items()) if number >= start]
            return self._faults.get(number) or (later[-1] if later else ""), self.released

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(self._upstream, timeout=20)
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.getheader("Content-Type", "application/json"), response.read()
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    cutting: CuttingProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""

    def parse_request(self) -> bool:
        """One handler for every method, LIST of Vault included."""
        if not super().parse_request():
            return False
        setattr(self, f"do_{self.command}", self._relay)
        return True

    def _relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault, released = self.cutting.take(f"{self.command} {self.path}")
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "content-length")}
        if fault == "hold":
            self.cutting.held.set()
            released.wait(HOLD_LIMIT)
        if fault == "cut_before":
            self._cut()
            return
        if fault == "500_before":
            self._answer(500, "application/json", _ERROR)
            return
        if fault == "403":
            self._answer(403, "application/json", json.dumps({"errors": ["permission denied"]}).encode())
            return
        status, kind, content = self.cutting.forward(self.command, self.path, body, headers)
        if fault == "hold":
            self.cutting.finished.set()
        if fault in ("cut_after", "hold"):
            self._cut()
        elif fault == "500_after":
            self._answer(500, "application/json", _ERROR)
        elif fault == "truncate":
            self._answer(status, kind, content, half=True)
        else:
            self._answer(status, kind, content)

    def _answer(self, status: int, kind: str, content: bytes, half: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
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


_ERROR = json.dumps({"errors": ["internal error"]}).encode()
