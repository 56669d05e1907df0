# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The adapter below a requests session: it ends an exchange from outside, knows what was sent, and brings its own TLS context."""

from __future__ import annotations

import functools
import math
import socket
import ssl
import threading
import time
import typing as t
from collections.abc import Callable, Mapping

try:
    import urllib3
    from requests.adapters import HTTPAdapter
except ImportError:
    # Whoever opens a connection checks REQUESTS_IMPORT_ERROR first.
    urllib3 = None  # type: ignore[assignment]
    HTTPAdapter = object  # type: ignore[misc, assignment]


class DeadlineExceeded(Exception):
    """The deadline of the exchange has passed."""


class BoundedAdapter(HTTPAdapter):
    """An adapter whose exchange can be ended from outside, and that knows whether a request has left this machine.

    A socket's timeout starts again with each byte, so a server that drips bytes, or a slow name server, can hold a process for ever.
    So the exchange runs in a thread; at the deadline its sockets are shut down, and a connection that is established later is refused
    before anything is sent on it: a request that was given up is never sent.
    """

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.given_up = False
        self.sent = False
        self._context = context
        self._sockets: list[t.Any] = []
        self._deadline = math.inf
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        self._watch(manager)
        return manager

    def cert_verify(self, conn: t.Any, url: t.Any, verify: t.Any, cert: t.Any) -> None:
        """Leave a pool alone whose context is ready: from the paths that are set here, urllib3 would load all certificates again."""
        if not getattr(conn, "has_ready_context", False):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        elif not verify:
            # Older releases would switch verification off in the context, and so for all who share it.
            raise ValueError("certificates are verified on this connection, or it is opened without")

    def _watch(self, manager: t.Any) -> None:
        if not getattr(manager, "is_watched", False):
            manager.is_watched = True
            manager.pool_classes_by_scheme = {
                scheme: functools.partial(_watched_pool(pool_class), self) for scheme, pool_class in manager.pool_classes_by_scheme.items()
            }

    def ready_context(self, pool_class: t.Any, options: Mapping[str, t.Any]) -> ssl.SSLContext | None:
        """The context for a new pool; None where requests and urllib3 go their own way: without TLS or verification, or to a proxy over TLS."""
        proxy = options.get("_proxy")
        is_plain = not issubclass(pool_class, urllib3.HTTPSConnectionPool) or options.get("cert_reqs") == "CERT_NONE"
        return None if is_plain or (proxy is not None and proxy.scheme == "https") else self._context

    def opened(self, sock: t.Any) -> None:
        """Remember the socket of a new connection, to be shut down when the exchange is given up."""
        self._sockets.append(sock)

    def run_until(self, exchange: Callable[[], t.Any], deadline: float) -> t.Any:
        """Return what the exchange returns, or raise what it raises, or DeadlineExceeded when the deadline passes first."""
        self.sent = False
        self._deadline = deadline
        outcome: dict[str, t.Any] = {}
        finished = threading.Event()

        def work() -> None:
            try:
                outcome["value"] = exchange()
            except BaseException as problem:  # noqa: BLE001  (raised again by the caller)
                outcome["problem"] = problem
            finally:
                finished.set()

        try:
            threading.Thread(target=work, daemon=True).start()
            while not finished.wait(self._remaining()):
                if self._remaining() == 0:
                    raise DeadlineExceeded
        except BaseException:
            self._give_up()
            raise
        if "problem" in outcome:
            raise outcome["problem"]
        return outcome["value"]

    def extend(self, deadline: float) -> None:
        """Move the deadline of the exchange that is under way."""
        self._deadline = deadline

    def _remaining(self) -> float:
        return min(max(self._deadline - time.monotonic(), 0), threading.TIMEOUT_MAX)

    def _give_up(self) -> None:
        self.given_up = True
        for sock in self._sockets:
            try:
                shut_down(sock)
            except OSError:
                pass


def shut_down(sock: t.Any) -> None:
    """End a connection below TLS.

    SSLSocket.shutdown() first drops TLS, so that a write of the exchange's thread between the two steps would leave unencrypted.
    """
    # What is no socket wraps one: TLS within the TLS of a proxy.
    socket.socket.shutdown(sock if isinstance(sock, socket.socket) else sock.socket, socket.SHUT_RDWR)


@functools.cache
def _watched_pool(pool_class: t.Any) -> t.Any:
    """The same kind of pool for an adapter, whose connections ask it before they send anything, and use its TLS context."""

    class WatchedConnection(pool_class.ConnectionCls):
        def __init__(self, adapter: BoundedAdapter, **kwargs: t.Any) -> None:
            self._adapter = adapter
            super().__init__(**kwargs)

        def connect(self) -> None:
            super().connect()
            self._adapter.opened(self.sock)

        def endheaders(self, *args: t.Any, **kwargs: t.Any) -> None:
            # Not in send(), which a tunnel's own request to the proxy uses too.
            if self.sock is None:
                self.connect()
            self._adapter.sent = True
            super().endheaders(*args, **kwargs)

        def send(self, data: t.Any) -> None:
            # Right before the bytes leave. Once given up, the socket is shut down or this is seen; there is no third way.
            if self._adapter.given_up:
                self.close()
                raise OSError("given up")
            super().send(data)

    class WatchedPool(pool_class):
        def __init__(self, adapter: BoundedAdapter, *args: t.Any, **kwargs: t.Any) -> None:
            self.ConnectionCls = functools.partial(WatchedConnection, adapter)
            context = adapter.ready_context(pool_class, kwargs)
            self.has_ready_context = context is not None
            if context is not None:
                for option in ("ca_certs", "ca_cert_dir", "ca_cert_data"):
                    kwargs.pop(option, None)
                kwargs.update(ssl_context=context, cert_reqs="CERT_REQUIRED")
            super().__init__(*args, **kwargs)

    return WatchedPool


if urllib3 is not None:
    # Now rather than in each process that is forked from this one.
    for _pool_class in (urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool):
        _watched_pool(_pool_class)
