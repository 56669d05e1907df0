# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Secret of Kubernetes behind its API: as much as a delivery reads and patches (merge patch, RFC 7386)."""

from __future__ import annotations

import base64
import json
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/api/v1/namespaces/monitoring/secrets/commandcenter"


def merged(old: t.Any, patch: t.Any) -> t.Any:
    if not isinstance(patch, dict):
        return patch
    before = old if isinstance(old, dict) else {}
    both = {key: merged(before.get(key), patch[key]) if key in patch else before[key] for key in {**before, **patch}}
    return {key: value for key, value in both.items() if value is not None}


class SmallKubernetes:
    """A server in a thread. `failures`: how many of the next patches are answered with 503 and not done."""

    def __init__(self, token: str) -> None:
        self.secret: dict[str, t.Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "commandcenter"}, "data": {}}
        self.patches = 0
        self.failures = 0
        kubernetes = self

        class Handler(BaseHTTPRequestHandler):
            def respond(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                is_allowed = self.headers.get("Authorization") == f"Bearer {token}" and self.path == PATH
                status, body = kubernetes.handle(self.command, self.headers.get("Content-Type"), content) if is_allowed else (403, {"kind": "Status"})
                answer = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PATCH = respond  # noqa: N815 -- http.server asks for these names

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> SmallKubernetes:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(self, method: str, kind: str | None, content: bytes) -> tuple[int, dict[str, t.Any]]:
        if method == "GET":
            return 200, self.secret
        if kind != "application/merge-patch+json":
            return 415, {"kind": "Status"}
        self.patches += 1
        if self.failures:
            self.failures -= 1
            return 503, {"kind": "Status"}
        document = merged(self.secret, json.loads(content))
        # What is written as text is kept as base64.
        document["data"].update({key: base64.b64encode(value.encode()).decode() for key, value in document.pop("stringData", {}).items()})
        self.secret = document
        return 200, document

    def value(self, key: str) -> str | None:
        """What a container sees of the Secret."""
        return base64.b64decode(self.secret["data"][key]).decode() if key in self.secret["data"] else None
