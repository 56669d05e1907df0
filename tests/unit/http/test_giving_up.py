# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exchange that is given up, for whatever reason, sends nothing more, leaves nothing unencrypted, and keeps the cookies."""

from __future__ import annotations

import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._http.adapter import shut_down
from tests.simulator import Simulator
from tests.unit.http.conftest import PATH, Client, Make, Script
from tests.unit.http.wire import Authority, Relay, reply, serving
from tests.waiting import wait_until


class TaskTimeout(BaseException):
    """As ansible-core raises it in the main thread when a task's `timeout` has passed."""


@contextmanager
def interrupted_after(seconds: float, problem: type[BaseException]) -> Iterator[None]:
    def ring(_number: int, _frame: Any) -> None:
        raise problem

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


INTERRUPTIONS = [TaskTimeout, KeyboardInterrupt, SystemExit]


class TestInterrupted:
    @pytest.mark.parametrize("problem", INTERRUPTIONS)
    def test_while_the_name_is_looked_up_nothing_is_sent_later(
        self, sim: Simulator, client: Client, monkeypatch: pytest.MonkeyPatch, problem: type[BaseException]
    ) -> None:
        look_up, done = socket.getaddrinfo, threading.Event()

        def slow(*args: Any, **kwargs: Any) -> Any:
            time.sleep(1)
            try:
                return look_up(*args, **kwargs)
            finally:
                done.set()

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        threads = threading.active_count()
        with pytest.raises(problem), interrupted_after(0.2, problem):
            client("POST", body={"password": "canary"})
        assert done.wait(5)
        assert wait_until(lambda: threading.active_count() <= threads)
        assert sim.requests() == []

    @pytest.mark.parametrize("problem", INTERRUPTIONS)
    def test_while_the_server_works_the_connection_ends(self, script: Script, problem: type[BaseException]) -> None:
        ended = threading.Event()

        def work(sock: socket.socket) -> None:
            sock.settimeout(5)
            try:
                if not sock.recv(1):
                    ended.set()
            except OSError:
                ended.set()

        client, server = script(work)
        with pytest.raises(problem), interrupted_after(0.4, problem):
            client("POST")
        assert ended.wait(3)
        assert len(server.requests) == 1

    def test_a_logout_may_follow(self, sim: Simulator, client: Client) -> None:
        sim.fault("delay", seconds=8)
        with pytest.raises(KeyboardInterrupt), interrupted_after(0.5, KeyboardInterrupt):
            client("POST")
        assert client().status == 200

    def test_an_upload_ends_in_the_middle(self, make: Make, authority: Authority) -> None:
        """What was not written yet stays here."""
        arrived = bytearray()
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(1)

            def serve() -> None:
                sock, _address = listening.accept()
                with authority.context.wrap_socket(sock, server_side=True) as secure:
                    time.sleep(1.5)
                    try:
                        while data := secure.recv(65536):
                            arrived.extend(data)
                    except OSError:
                        pass

            thread = threading.Thread(target=serve)
            thread.start()
            client = make(f"https://127.0.0.1:{listening.getsockname()[1]}", ca_path=authority.ca_path)
            with pytest.raises(TaskTimeout), interrupted_after(0.7, TaskTimeout):
                client("POST", content=b"x" * 50_000_000)
            thread.join(10)
        assert 0 < len(arrived) < 50_000_000


class TestCookies:
    def test_they_come_back(self, script: Script) -> None:
        client, server = script(reply(Set_Cookie="route=node1; Path=/; Secure"), reply())
        client()
        client("POST")
        assert b"\r\nCookie: route=node1\r\n" in server.requests[1]

    def test_also_after_a_time_limit(self, script: Script) -> None:
        """A balancer finds the server that knows the login by it."""
        client, server = script(reply(Set_Cookie="route=node1; Path=/; Secure"), lambda _sock: time.sleep(3), reply(), timeout=1)
        client()
        client.fails("POST")
        server.replies[:] = [reply()]
        client("POST", idempotent=True)
        assert b"\r\nCookie: route=node1\r\n" in server.requests[-1]
        assert server.connections == 2

    def test_not_those_of_another_client(self, script: Script) -> None:
        client, _server = script(reply(Set_Cookie="route=node1; Path=/; Secure"))
        other, seen = script(reply())
        client()
        other()
        assert b"Cookie" not in seen.requests[0]


def is_tls(data: bytes) -> bool:
    """Whether the bytes are records of TLS, the last one perhaps cut short."""
    while len(data) >= 5:
        if data[0] not in (20, 21, 22, 23) or data[1] != 3:
            return False
        data = data[5 + int.from_bytes(data[3:5], "big") :]
    return True


class TestBelowTls:
    @pytest.fixture
    def secure(self, authority: Authority) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
        """The two ends of a TLS connection: the client's and the server's."""
        near, far = socket.socketpair()
        with ThreadPoolExecutor(1) as pool:
            accepting = pool.submit(authority.context.wrap_socket, far, server_side=True)
            client = ssl.create_default_context(cafile=authority.ca_path).wrap_socket(near, server_hostname="127.0.0.1")
            with client, accepting.result(5) as server:
                yield client, server

    @pytest.mark.parametrize("_round", range(20))
    def test_a_write_that_races_with_the_end_never_leaves_unencrypted(self, secure: tuple[ssl.SSLSocket, ssl.SSLSocket], _round: int) -> None:
        """Another thread writes as fast as it can while the socket is shut down: all that leaves is TLS."""
        client, server = secure
        seen = bytearray()

        def write() -> None:
            with suppress(OSError):
                while True:
                    client.send(b"password=canary")

        def read() -> None:
            # Below TLS: the bytes as they are.
            while data := socket.socket.recv(server, 65536):
                seen.extend(data)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            threads = [threading.Thread(target=work) for work in (write, read)]
            for thread in threads:
                thread.start()
            time.sleep(0.01)
            shut_down(client)
            for thread in threads:
                thread.join(5)
        finally:
            sys.setswitchinterval(interval)
        assert seen
        assert is_tls(bytes(seen))

    def test_tls_is_still_there_when_the_socket_isshut_down(self, secure: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
        client, _server = secure
        shut_down(client)
        # What SSLSocket.shutdown() drops; without it, send() writes to the socket as it is.
        assert client.version() is not None
        with pytest.raises(OSError, match=r"EOF|[Bb]roken pipe|UNEXPECTED"):
            client.send(b"password=canary")

    def test_a_whole_exchange(self, sim: Simulator, make: Make) -> None:
        """All that leaves during an upload that is cut short by the deadline is TLS."""
        with serving(relay := Relay(int(sim.url.rpartition(":")[2]))) as port:
            client = make(f"https://127.0.0.1:{port}", timeout=0.7)
            sim.fault("delay", seconds=3)
            client.fails("POST", body={"password": "canary" * 1000})
            assert client(path=PATH).status == 200
            assert b"canary" not in relay.seen
            assert len(relay.seen) > 1000
