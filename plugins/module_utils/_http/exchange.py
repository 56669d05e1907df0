# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request and what has arrived of its response, however the exchange ended."""

from __future__ import annotations

import math
import time
import typing as t
from collections.abc import Callable, Mapping

from .body import read_body
from .connection import Connection

if t.TYPE_CHECKING:
    import requests

_MAX_KEPT_BYTES = 64 * 1024


class SinkFailed(Exception):
    """What arrived could not be written to the sink."""


class Request(t.NamedTuple):
    """A request as it is sent, perhaps several times.

    options: for requests. accepts: which statuses are no error. seconds: what all its attempts together may take; silence: how long the
    server may say nothing while it streams to the sink.
    """

    method: str
    url: str
    options: Mapping[str, t.Any]
    accepts: Callable[[int], bool]
    sink: t.BinaryIO | None
    limit: int
    seconds: float
    silence: float

    def __repr__(self) -> str:
        """Without the options, which hold passwords: a traceback may show it."""
        return f"Request({self.label!r})"

    @property
    def label(self) -> str:
        """How messages name it: without the query, which may hold names of users."""
        return f"{self.method} {self.url.partition('?')[0]}"


class Exchange:
    """One attempt of a request; what of the response has arrived is here even if the rest never comes."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.sent = False
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.url = request.url
        self.elapsed = 0.0
        self.content = bytearray()
        self.is_streamed = False

    def run(self, connection: Connection, deadline: float, not_after: float) -> None:
        """Send the request and read the response. Raises whatever requests, urllib3, http.client or body.py raise, or DeadlineExceeded."""
        try:
            connection.run_until(lambda session: self._work(session, connection, deadline, not_after), deadline)
        finally:
            self.sent = connection.sent

    def _work(self, session: requests.Session, connection: Connection, deadline: float, not_after: float) -> None:
        request, started = self.request, time.monotonic()
        left = max(deadline - started, 0.001)
        # Connecting ends a little before the deadline, so that "never connected" can be told from "sent, but no response".
        timeout = (left * 0.9, left if request.sink is None else request.silence)
        response = session.request(request.method, request.url, **request.options, timeout=timeout, allow_redirects=False, stream=True)
        self.status, self.headers, self.url = response.status_code, response.headers, response.url
        if request.sink is not None and request.accepts(response.status_code):
            self.is_streamed = True
            connection.extend(not_after)
            read_body(response, self._write, math.inf)
        else:
            read_body(response, self.content.extend, request.limit)
        self.elapsed = time.monotonic() - started

    def _write(self, piece: bytes) -> None:
        try:
            t.cast(t.BinaryIO, self.request.sink).write(piece)
        except OSError as problem:
            raise SinkFailed(problem.strerror or str(problem)) from None

    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def kept_body(self) -> str | None:
        """The text that has arrived, for ApiError.body; None where there is none."""
        return bytes(self.content[:_MAX_KEPT_BYTES]).decode("utf-8", "replace") or None
