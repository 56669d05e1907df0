# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import os
import ssl
import threading
import time
import traceback
import typing as t
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from .._errors import ApiError

try:
    import requests
    from requests import Session
    from requests.adapters import HTTPAdapter
    from requests.utils import select_proxy, should_bypass_proxies
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
    Session = HTTPAdapter = object  # type: ignore[misc, assignment]
else:
    REQUESTS_IMPORT_ERROR = None

MAX_BODY_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024

# Where the distributions keep the system's trust store, for Python builds whose OpenSSL looks elsewhere.
_SYSTEM_CA_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class DeadlineExceeded(Exception):
    """The deadline of the exchange has passed."""


class BodyTooLarge(Exception):
    """The answer is larger than any real one."""


class Connection:
    """A requests session to one server that keeps to our rules, and whose exchanges end at their deadline."""

    def __init__(self, base_url: str, *, validate_certs: bool, ca_path: str | None, use_proxy: bool, headers: Mapping[str, str] | None = None) -> None:
        self._verify = trust_store(ca_path) if validate_certs else False
        self._proxies = _proxies(base_url) if use_proxy else {}
        self._headers = dict(headers or {})
        self._sent = False
        if not validate_certs:
            requests.packages.urllib3.disable_warnings()  # type: ignore[attr-defined]
        self._open()

    def _open(self) -> None:
        self._adapter = _BoundedAdapter()
        self.session = _Session()
        # Off, or the credentials of ~/.netrc would replace our Authorization header.
        self.session.trust_env = False
        self.session.headers.update(self._headers)
        self.session.verify = self._verify
        self.session.proxies = dict(self._proxies)
        self.session.mount("https://", self._adapter)
        self.session.mount("http://", self._adapter)

    def proxy_passwords(self) -> Iterator[str | None]:
        """The passwords of the proxies in use, which no message may show."""
        return (urlsplit(proxy).password for proxy in self._proxies.values())

    @property
    def sent(self) -> bool:
        """Whether the last exchange may have reached the server, in part at least."""
        return self._sent

    def run_until(self, exchange: Callable[[requests.Session], t.Any], deadline: float) -> t.Any:
        """Return what exchange(session) returns, or raise what it raises, or DeadlineExceeded when the deadline passes before."""
        session, adapter = self.session, self._adapter
        try:
            return adapter.run_until(lambda: exchange(session), deadline)
        except DeadlineExceeded:
            # What was given up must not get in the way of the next request, a logout for example.
            self._open()
            raise
        finally:
            self._sent = adapter.sent

    def close(self) -> None:
        self.session.close()


class _Session(Session):
    """A session that leaves redirects alone."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """None for every answer: requests prepares the next request, and reads a body of any size, even when it is told not to follow."""
        return


class _BoundedAdapter(HTTPAdapter):
    """An adapter whose exchange can be ended from outside, and that knows whether a request has left this machine.

    The timeouts of sockets start anew with each byte, so a server that drips bytes, and a slow name server, can hold a process for
    ever. The exchange therefore runs in a thread; at the deadline its sockets are shut and a connection that still comes about is
    refused before anything is sent, so a request that was given up is never sent later.
    """

    def __init__(self) -> None:
        self._sockets: list[t.Any] = []
        self._given_up = False
        self.sent = False
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        self._watch(manager)
        return manager

    def _watch(self, manager: t.Any) -> None:
        adapter = self
        if getattr(manager, "is_watched", False):
            return
        manager.is_watched = True

        def watched(pool_class: t.Any) -> t.Any:
            class WatchedConnection(pool_class.ConnectionCls):
                def connect(self) -> None:
                    super().connect()
                    adapter._sockets.append(self.sock)

                def endheaders(self, *args: t.Any, **kwargs: t.Any) -> None:
                    # The first byte of a request is written in here.
                    if self.sock is None:
                        self.connect()
                    if adapter._given_up:
                        self.close()
                        raise OSError("given up")
                    adapter.sent = True
                    super().endheaders(*args, **kwargs)

            return type(pool_class.__name__, (pool_class,), {"ConnectionCls": WatchedConnection})

        manager.pool_classes_by_scheme = {scheme: watched(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}

    def run_until(self, exchange: Callable[[], t.Any], deadline: float) -> t.Any:
        """Return what the exchange returns, or raise what it raises, or DeadlineExceeded when the deadline passes before."""
        self.sent = False
        outcome: dict[str, t.Any] = {}
        finished = threading.Event()

        def work() -> None:
            try:
                outcome["value"] = exchange()
            except BaseException as problem:  # noqa: BLE001  (raised again by the caller)
                outcome["problem"] = problem
            finally:
                finished.set()

        threading.Thread(target=work, daemon=True).start()
        if not finished.wait(max(deadline - time.monotonic(), 0)):
            self._give_up()
            raise DeadlineExceeded
        if "problem" in outcome:
            raise outcome["problem"]
        return outcome["value"]

    def _give_up(self) -> None:
        self._given_up = True
        for sock in self._sockets:
            try:
                sock.shutdown(2)
            except OSError:
                pass


def send(
    session: requests.Session, method: str, url: str, body: Mapping[str, t.Any] | None, headers: Mapping[str, str] | None, deadline: float
) -> tuple[requests.Response, bytes]:
    left = max(deadline - time.monotonic(), 0.001)
    # Connecting ends a little before the deadline, so that "never connected" can be told from "sent and not answered".
    response = session.request(method, url, json=body, headers=headers, timeout=(left * 0.9, left), allow_redirects=False, stream=True)
    content = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            response.close()
            raise BodyTooLarge
    return response, bytes(content)


def _proxies(base_url: str) -> dict[str, str]:
    """The proxy that the environment names for this server, as requests wants it; raises ApiError when that is no address."""
    proxies = getproxies_environment()
    proxy = None if should_bypass_proxies(base_url, no_proxy=None) else select_proxy(base_url, proxies)
    if not proxy:
        return {}
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        # The address is not repeated: it may hold a password.
        raise ApiError("HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: this is not the address of a proxy (use_proxy: false does without it)")
    return {"all": proxy}


def trust_store(ca_path: str | None) -> str | bool:
    """The file or folder of CA certificates to trust: the given one, the environment's, the system's; True means certifi's."""
    chosen = ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if chosen:
        if not os.access(chosen, os.R_OK):
            raise ApiError(f"{'ca_path' if ca_path else 'REQUESTS_CA_BUNDLE or SSL_CERT_FILE'}: {chosen} does not exist or cannot be read")
        return chosen
    system = ssl.get_default_verify_paths()
    for folder in (os.environ.get("SSL_CERT_DIR"), system.openssl_capath):
        # A folder is searched by hashed names; it is faster than a file, of which every certificate is parsed.
        if folder and os.path.isdir(folder) and any(name.endswith(".0") for name in os.listdir(folder)):
            return folder
    return next((path for path in (system.openssl_cafile, *_SYSTEM_CA_FILES) if os.path.isfile(path)), True)
