# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP client: requests with retries inside one deadline, the server's clock, and errors that are ready for the user."""

from __future__ import annotations

import json
import math
import time
import typing as t
from collections.abc import Callable, Mapping

from .._errors import ApiError
from .._redact import Redactor
from .body import MAX_BODY_BYTES
from .clock import ServerClock
from .connection import Connection
from .exchange import Exchange, Request
from .failures import Failure, Retries, broken_exchange, no_json, refused_status
from .messages import MAX_EXCERPT_CHARACTERS

# The firewall in front of the vendor's SaaS refuses the default name of the requests library.
USER_AGENT = "dataprotection.access/1.0.0 (Ansible collection)"
HEADERS = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
# A day. The platform's timers do not reach further than some decades, and nan is no time.
_LONGEST_TIMEOUT = 86400


class Response(t.NamedTuple):
    """An accepted response.

    data: its JSON document, or its text where the call asked for text; None where it went to a sink. maybe_applied: an earlier attempt of
    the same request may have been carried out too. headers: without regard to case. elapsed: seconds of the last attempt.
    """

    status: int
    data: t.Any
    maybe_applied: bool = False
    headers: Mapping[str, str] = {}
    url: str = ""
    elapsed: float = 0.0
    content: bytes = b""

    def __repr__(self) -> str:
        """Without the body, which may hold secrets: a traceback may show it."""
        return f"Response({self.status})"

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")


class HttpClient:
    """One HTTPS connection to one server, with the rules that keep credentials where they belong.

    base_url: scheme, host, port, and a path that precedes the paths of the requests. ca_path: a file or folder. timeout: seconds for one
    request, its retries included. retries: further attempts. warn: called with one sentence before each retry.
    """

    def __init__(
        self,
        base_url: str,
        *,
        validate_certs: bool = True,
        ca_path: str | None = None,
        timeout: float = 30,
        retries: int = 3,
        use_proxy: bool = True,
        warn: Callable[[str], None] = lambda _message: None,
        redactor: Redactor | None = None,
    ) -> None:
        if not 0 < timeout <= _LONGEST_TIMEOUT or retries < 0:
            raise ApiError(f"timeout must be more than 0 and at most {_LONGEST_TIMEOUT} seconds, and retries not negative")
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self.retries = retries
        self.warn = warn
        self.redactor = redactor or Redactor()
        # As time.monotonic() counts: the end of the time that all requests together may take, None for no such end.
        self.not_after: float | None = None
        self._clock = ServerClock()
        self._connection = Connection(self.base_url, validate_certs=validate_certs, ca_path=ca_path, use_proxy=use_proxy, headers=HEADERS)
        self.redactor.add(*self._connection.proxy_passwords())

    def close(self) -> None:
        """Close the connection; a later request would open a new one."""
        self._connection.close()

    @property
    def has_server_clock(self) -> bool:
        """Whether the server has told its time, in a Date header."""
        return self._clock.is_known

    def server_time(self) -> float:
        """The server's time in epoch seconds, from the last Date header; this machine's time as long as there was none."""
        return self._clock.now()

    def safe_excerpt(self, words: str) -> str:
        """A server's words as they may be shown: without secrets, and limited in length."""
        return self.redactor.redact_words(words)[:MAX_EXCERPT_CHARACTERS]

    def request(
        self,
        method: str,
        path: str,
        *,
        query: t.Any = None,
        body: t.Any = None,
        content: bytes | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        send_once: bool = False,
        apply_once: bool = False,
        idempotent: bool = False,
        text: bool = False,
        accepts: Callable[[int], bool] | None = None,
        sink: t.BinaryIO | None = None,
        limit: int = MAX_BODY_BYTES,
        is_precious: Callable[[ApiError], bool] = lambda _error: False,
    ) -> Response:
        """Send one request and return its response, after as many retries as the rules allow.

        query: a mapping or pairs, encoded into the URL. body: sent as JSON; or content: sent as it is, with content_type.
        send_once: the request must reach the server at most once (a renewal): it is only repeated when there was no connection.
        apply_once: the request must be carried out at most once (a login, a creation, any write of a user): it is also repeated on 429, and on
        503 with Retry-After, by which the server says that it has not looked at it.
        idempotent: the request may be repeated like a GET. text: the response need not be JSON. accepts: which statuses are no error
        (default: 200 to 299). sink: an open, seekable file for the body of an accepted response; without limit, and `timeout` then bounds
        the silence of the server. limit: bytes of any other body. is_precious: whether the response of a failed attempt holds what a
        further one would lose (a secret that is shown once); then there is none. Raises ApiError.
        """
        sent_headers = {**(headers or {}), **({"Content-Type": content_type} if content_type else {})}
        options = {"params": query, "json": body, "data": content, "headers": sent_headers}
        started = time.monotonic()
        deadline = min(started + self.timeout, self._not_after())
        sent = Request(method, self.base_url + path, options, accepts or _is_success, sink, limit, deadline - started, self.timeout)
        if deadline <= started:
            raise ApiError(f"{sent.label}: not sent, because the time limit of the whole operation has passed")
        return self._repeat(sent, Retries(method == "GET" or idempotent, send_once, apply_once, is_precious), text, deadline)

    def _not_after(self) -> float:
        return math.inf if self.not_after is None else self.not_after

    def _repeat(self, request: Request, rules: Retries, text: bool, deadline: float) -> Response:
        """Attempts until one succeeds, or no further one is allowed."""
        maybe_applied = False
        attempt = 0
        start = request.sink.tell() if request.sink is not None else 0
        while True:
            attempt += 1
            try:
                return self._attempt(request, text, deadline)._replace(maybe_applied=maybe_applied)
            except Failure as failure:
                maybe_applied = failure.error.maybe_applied = maybe_applied or failure.error.maybe_applied
                pause = failure.pause if failure.pause is not None else min(0.25 * 2**attempt, 8.0)
                if attempt > self.retries or not failure.may_retry(rules) or time.monotonic() + pause >= deadline:
                    raise failure.error from None
                self.warn(f"{failure.error.message}; attempt {attempt + 1} of {self.retries + 1} follows in {pause:g} s")
                time.sleep(pause)
            if request.sink is not None:
                request.sink.seek(start)
                request.sink.truncate()

    def _attempt(self, request: Request, text: bool, deadline: float) -> Response:
        exchange = Exchange(request)
        try:
            exchange.run(self._connection, deadline, self._not_after())
        except Exception as problem:
            failure = broken_exchange(exchange, problem, self._connection.store, self.safe_excerpt)
            if failure is None:
                raise
            raise failure from None
        finally:
            self._clock.read(exchange.headers)
        if not request.accepts(t.cast(int, exchange.status)):
            raise refused_status(exchange, self.redactor.learn, self.safe_excerpt, self.server_time())
        return Response(
            t.cast(int, exchange.status), self._data(exchange, text), False, exchange.headers, exchange.url, exchange.elapsed, bytes(exchange.content)
        )

    def _data(self, exchange: Exchange, text: bool) -> t.Any:
        if exchange.is_streamed:
            return None
        if text:
            return exchange.text()
        try:
            document = json.loads(exchange.content)
        except (ValueError, RecursionError):
            raise no_json(exchange, self.safe_excerpt) from None
        self.redactor.learn(document)
        return document


def _is_success(status: int) -> bool:
    return 200 <= status < 300
