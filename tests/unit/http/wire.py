# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers with full control of the bytes, for what the simulator's HTTP library cannot do."""

from __future__ import annotations

import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import trustme

Reply = bytes | Callable[[socket.socket], None]

LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


def reply(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """A response; the length is right unless it is given."""
    fields = {"Content-Length": str(len(body)), "Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode() + body


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what these tests are about."""


class Scripted(_Server):
    """Gives each request the next reply, then closes the connection when there is none. requests: all of their bytes."""

    def __init__(self, context: ssl.SSLContext | None, replies: list[Reply]) -> None:
        self.context, self.replies, self.requests = context, replies, list[bytes]()
        self.connections = 0
        super().__init__(("127.0.0.1", 0), _Talk)


class _Talk(socketserver.BaseRequestHandler):
    server: Scripted

    def handle(self) -> None:
        sock = self.request if self.server.context is None else self.server.context.wrap_socket(self.request, server_side=True)
        self.server.connections += 1
        with sock, suppress(OSError):
            while self.server.replies and (request := _read_request(sock)):
                self.server.requests.append(request)
                answer = self.server.replies.pop(0)
                if callable(answer):
                    answer(sock)
                else:
                    sock.sendall(answer)


def _read_request(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return b""
        data += more
    head, _blank, body = data.partition(b"\r\n\r\n")
    found = LENGTH.search(head)
    while found and len(body) < int(found.group(1)):
        more = sock.recv(65536)
        if not more:
            break
        body += more
    return head + b"\r\n\r\n" + body


class Relay(_Server):
    """Passes bytes on to another port and keeps those that the client sent. With a context, it speaks TLS to the client."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self.target, self.context, self.seen = port, context, bytearray()
        super().__init__(("127.0.0.1", 0), _Pass)


class _Pass(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        near = self.request if self.server.context is None else self.server.context.wrap_socket(self.request, server_side=True)
        with near, socket.create_connection(("127.0.0.1", self.server.target)) as far:
            back = threading.Thread(target=self._pump, args=(far, near, bytearray()), daemon=True)
            back.start()
            self._pump(near, far, self.server.seen)
            back.join(5)

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket, seen: bytearray) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                seen += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    """Run the server for the block; gives its port."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    with server:
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(5)


class Authority:
    """A throw-away CA: `context` is a server's for 127.0.0.1 and localhost, `ca_path` the CA's certificate as a file."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert("127.0.0.1", "localhost").configure_cert(self.context)
        self.pem = self._ca.cert_pem.bytes()
        self.ca_path = str(folder / "authority.pem")
        Path(self.ca_path).write_bytes(self.pem)
