# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A requests session to one server, with our proxies, CA certificates and cookies, whose exchanges end at their deadline."""

from __future__ import annotations

import traceback
import typing as t
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from .adapter import BoundedAdapter, DeadlineExceeded
from .addresses import proxies_for
from .trust import ssl_context, trust_store

try:
    import requests
    import urllib3
    from requests import Session
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
    Session = object  # type: ignore[misc, assignment]
else:
    REQUESTS_IMPORT_ERROR = None

__all__ = ["REQUESTS_IMPORT_ERROR", "Connection", "DeadlineExceeded"]


class Connection:
    """A requests session to one server that keeps to our rules, and whose exchanges end at their deadline.

    store: the CA certificates that servers are verified against; None without validate_certs. They are only loaded for the first exchange:
    a task may not need one.
    """

    def __init__(self, base_url: str, *, validate_certs: bool, ca_path: str | None, use_proxy: bool, headers: Mapping[str, str] | None = None) -> None:
        self.store = trust_store(ca_path) if validate_certs else None
        self._is_tls = base_url.startswith("https:")
        self._proxies = proxies_for(base_url) if use_proxy else {}
        self._headers = dict(headers or {})
        self._sent = False
        self._opened: tuple[requests.Session, BoundedAdapter] | None = None
        if not validate_certs:
            urllib3.disable_warnings()

    def _open(self) -> tuple[requests.Session, BoundedAdapter]:
        adapter = BoundedAdapter(ssl_context(self.store) if self.store and self._is_tls else None)
        session = _Session()
        # Otherwise the credentials in ~/.netrc would replace our Authorization header.
        session.trust_env = False
        session.headers.update(self._headers)
        session.verify = self.store.path if self.store else False
        session.proxies = dict(self._proxies)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session, adapter

    def proxy_passwords(self) -> Iterator[str | None]:
        """The passwords of the proxies in use, which no message may show."""
        for proxy in self._proxies.values():
            password = urlsplit(proxy).password
            # As it is written, and as it is sent.
            yield password
            yield unquote(password) if password else None

    @property
    def sent(self) -> bool:
        """Whether the last exchange may have reached the server, at least in part."""
        return self._sent

    def run_until(self, exchange: Callable[[requests.Session], t.Any], deadline: float) -> t.Any:
        """Return what exchange(session) returns, or raise what it raises, or DeadlineExceeded when the deadline passes first.

        deadline: as time.monotonic() counts. Whatever ends the wait before (a task's timeout, Ctrl-C), the exchange is given up.
        """
        self._opened = session, adapter = self._opened or self._open()
        try:
            return adapter.run_until(lambda: exchange(session), deadline)
        finally:
            self._sent = adapter.sent
            if adapter.given_up:
                # An abandoned exchange must not get in the way of the next request, a logout for example, which needs the cookies:
                # behind a load balancer they lead to the server that knows the login.
                self._opened = self._open()
                self._opened[0].cookies = session.cookies

    def extend(self, deadline: float) -> None:
        """Move the deadline of the exchange that is under way; called by that exchange."""
        if self._opened is not None:
            self._opened[1].extend(deadline)

    def close(self) -> None:
        if self._opened is not None:
            self._opened[0].close()


class _Session(Session):
    """A session that leaves redirects alone."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """None for every response: requests prepares the next request, and reads a body of any size, even when told not to follow."""
        return
