# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A JSON API on loopback, in a thread: what the small stand-ins for AWX and Kubernetes have in common."""

from __future__ import annotations

import json
import threading
import typing as t
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What a request gets: status, and a body that becomes JSON.
Answer = tuple[int, t.Any]


class SmallServer:
    """Each request is answered by handle() of the class that inherits this."""

    def __init__(self) -> None:
        small = self

        class Handler(BaseHTTPRequestHandler):
            def respond(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = small.handle(self.command, self.path, self.headers, content)
                answer = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PATCH = do_DELETE = respond  # noqa: N815 -- http.server asks for these names

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> t.Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(self, method: str, target: str, headers: Mapping[str, str], content: bytes) -> Answer:
        raise NotImplementedError
