# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`timeout` bounds a whole exchange, whatever the server does with the bytes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.simulator import Simulator
from tests.unit.helpers import TOO_LONG
from tests.unit.http.conftest import PATH, Make
from tests.waiting import wait_until

TIMEOUT = 0.8
# What a busy machine may add.
GRACE = 5.0


@contextmanager
def in_time(timeout: float = TIMEOUT) -> Iterator[None]:
    """The block ends at the deadline: not much later, and not because of something quicker."""
    started = time.monotonic()
    yield
    assert timeout * 0.8 <= time.monotonic() - started <= timeout + GRACE


SLOW: list[tuple[str, dict[str, Any]]] = [
    ("drip", {"bytes_per_second": 10}),
    ("drip_headers", {"bytes_per_second": 10}),
    ("delay", {"seconds": TOO_LONG}),
    ("delay_after", {"seconds": TOO_LONG}),
]


@pytest.mark.parametrize(("kind", "args"), SLOW, ids=[kind for kind, _args in SLOW])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_slow_server(sim: Simulator, make: Make, method: str, kind: str, args: dict[str, Any]) -> None:
    client = make(timeout=TIMEOUT)
    sim.fault(kind, **args)
    with in_time():
        error = client.fails(method)
    assert error.message == f"{method} {sim.url}{PATH}: no complete response within {TIMEOUT:g} s"
    assert (error.status, error.maybe_applied) == (None, True)
    assert client.warnings == []
    # The next request, a logout for example, has a deadline and a connection of its own.
    assert client().status == 200
    first, second = sim.requests()
    assert first["connection"] != second["connection"]


def test_a_server_that_never_says_a_word(sim: Simulator, make: Make) -> None:
    client = make(sim.silent_url, timeout=TIMEOUT)
    with in_time():
        error = client.fails("POST")
    assert error.message == f"POST {sim.silent_url}{PATH}: no connection: the server did not accept one in time"
    assert not error.maybe_applied


def test_a_host_that_takes_no_connection(make: Make) -> None:
    """A listening socket whose queue is full drops what comes, as a firewall does."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = []
        for _number in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        time.sleep(0.1)
        with in_time():
            error = make(f"https://127.0.0.1:{port}", timeout=TIMEOUT).fails("POST")
        for one in waiting:
            one.close()
    assert "no connection" in error.message
    assert not error.maybe_applied


def test_a_slow_name_server_and_nothing_is_sent_later(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up, asked = socket.getaddrinfo, threading.Event()

    def slow(*args: Any, **kwargs: Any) -> Any:
        asked.set()
        time.sleep(TIMEOUT + 0.5)
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    client = make(timeout=TIMEOUT)
    with in_time():
        error = client.fails("POST")
    assert asked.is_set()
    assert not error.maybe_applied
    monkeypatch.undo()
    time.sleep(1)
    assert sim.requests() == []


def test_retries_share_the_deadline(sim: Simulator, make: Make) -> None:
    client = make(timeout=1.2, retries=50)
    sim.fault("status", code=503, times=0)
    started = time.monotonic()
    error = client.fails()
    assert time.monotonic() - started < 1.2 + GRACE
    assert error.status == 503
    # Pauses of 0.5 s and 1 s: the second would have ended too late.
    assert len(sim.requests()) == 2


def test_a_retry_has_what_is_left(sim: Simulator, make: Make) -> None:
    client = make(timeout=1)
    sim.fault("status", code=503, headers={"Retry-After": "0"})
    sim.fault("delay", seconds=0.5)
    sim.fault("delay", seconds=3)
    with in_time(1):
        error = client.fails()
    assert "no complete response within 1 s" in error.message
    assert len(client.warnings) == 1


@pytest.mark.parametrize("kind", ["drip", "drip_headers"])
def test_no_thread_is_left_behind(sim: Simulator, make: Make, kind: str) -> None:
    before = threading.active_count()
    client = make(timeout=0.5)
    sim.fault(kind, bytes_per_second=10)
    client.fails()
    assert wait_until(lambda: threading.active_count() <= before)


@pytest.mark.parametrize(("timeout", "retries"), [(0, 3), (-1, 3), (float("nan"), 3), (float("inf"), 3), (86401, 3), (5, -1)])
def test_impossible_numbers(make: Make, timeout: float, retries: int) -> None:
    with pytest.raises(ApiError, match="timeout must be more than 0 and at most 86400 seconds, and retries not negative"):
        make(timeout=timeout, retries=retries)


def test_a_day_is_possible(make: Make) -> None:
    assert make(timeout=86400)().status == 200
