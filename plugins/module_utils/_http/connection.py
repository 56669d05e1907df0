# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A requests session to one server whose exchanges end at their deadline, and whose TLS context may have been made before a fork."""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
import traceback
import typing as t
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from .addresses import proxies_for
from .trust import ssl_context, trust_store

try:
    import requests
    import urllib3
    from requests import Session
    from requests.adapters import HTTPAdapter
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
    Session = HTTPAdapter = object  # type: ignore[misc, assignment]
else:
    REQUESTS_IMPORT_ERROR = None


class DeadlineExceeded(Exception):
    """The deadline of the exchange has passed."""


class Connection:
    """A requests session to one server that keeps to our rules, and whose exchanges end at their deadline.

    store: the CA certificates that servers are verified against; None without validate_certs.
    """

    def __init__(self, base_url: str, *, validate_certs: bool, ca_path: str | None, use_proxy: bool, headers: Mapping[str, str] | None = None) -> None:
        self.store = trust_store(ca_path) if validate_certs else None
        self._context = ssl_context(self.store) if self.store and base_url.startswith("https:") else None
        self._proxies = proxies_for(base_url) if use_proxy else {}
        self._headers = dict(headers or {})
        self._sent = False
        if not validate_certs:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._open(None)

    def _open(self, cookies: t.Any) -> None:
        self._adapter = _BoundedAdapter(self._context)
        self.session = _Session()
        # Otherwise the credentials in ~/.netrc would replace our Authorization header.
        self.session.trust_env = False
        self.session.headers.update(self._headers)
        self.session.verify = self.store.path if self.store else False
        self.session.proxies = dict(self._proxies)
        self.session.mount("https://", self._adapter)
        self.session.mount("http://", self._adapter)
        if cookies is not None:
            self.session.cookies = cookies

    def proxy_passwords(self) -> Iterator[str | None]:
        """The passwords of the proxies in use, which no message may show."""
        return (urlsplit(proxy).password for proxy in self._proxies.values())

    @property
    def sent(self) -> bool:
        """Whether the last exchange may have reached the server, at least in part."""
        return self._sent

    def run_until(self, exchange: Callable[[requests.Session], t.Any], deadline: float) -> t.Any:
        """Return what exchange(session) returns, or raise what it raises, or DeadlineExceeded when the deadline passes first.

        deadline: as time.monotonic() counts. Whatever ends the wait before (a task's timeout, Ctrl-C), the exchange is given up.
        """
        session, adapter = self.session, self._adapter
        try:
            return adapter.run_until(lambda: exchange(session), deadline)
        finally:
            self._sent = adapter.sent
            if adapter.given_up:
                # An abandoned exchange must not get in the way of the next request, a logout for example, which needs the cookies:
                # behind a load balancer they lead to the server that knows the login.
                self._open(session.cookies)

    def extend(self, deadline: float) -> None:
        """Move the deadline of the exchange that is under way; called by that exchange."""
        self._adapter.extend(deadline)

    def close(self) -> None:
        self.session.close()


class _Session(Session):
    """A session that leaves redirects alone."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """None for every response: requests prepares the next request, and reads a body of any size, even when told not to follow."""
        return


class _BoundedAdapter(HTTPAdapter):
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
            manager.pool_classes_by_scheme = {scheme: _watched_pool(pool, self) for scheme, pool in manager.pool_classes_by_scheme.items()}

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
                _shut_down(sock)
            except OSError:
                pass


def _shut_down(sock: t.Any) -> None:
    """End a connection below TLS.

    SSLSocket.shutdown() first drops TLS, so that a write of the exchange's thread between the two steps would leave unencrypted.
    """
    # What is no socket wraps one: TLS within the TLS of a proxy.
    socket.socket.shutdown(sock if isinstance(sock, socket.socket) else sock.socket, socket.SHUT_RDWR)


def _watched_pool(pool_class: t.Any, adapter: _BoundedAdapter) -> t.Any:
    """The same kind of pool, whose connections ask the adapter before they send anything, and use its TLS context."""

    class WatchedConnection(pool_class.ConnectionCls):
        def connect(self) -> None:
            super().connect()
            adapter.opened(self.sock)

        def endheaders(self, *args: t.Any, **kwargs: t.Any) -> None:
            # Not in send(), which a tunnel's own request to the proxy uses too.
            if self.sock is None:
                self.connect()
            adapter.sent = True
            super().endheaders(*args, **kwargs)

        def send(self, data: t.Any) -> None:
            # Right before the bytes leave. Once given up, the socket is shut down or this is seen; there is no third way.
            if adapter.given_up:
                self.close()
                raise OSError("given up")
            super().send(data)

    class WatchedPool(pool_class):
        ConnectionCls = WatchedConnection

        def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
            context = adapter.ready_context(pool_class, kwargs)
            self.has_ready_context = context is not None
            if context is not None:
                for option in ("ca_certs", "ca_cert_dir", "ca_cert_data"):
                    kwargs.pop(option, None)
                kwargs.update(ssl_context=context, cert_reqs="CERT_REQUIRED")
            super().__init__(*args, **kwargs)

    return WatchedPool
