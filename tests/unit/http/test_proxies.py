# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies come from the environment alone, and NO_PROXY and use_proxy are heeded."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.simulator import Simulator
from tests.unit.http.conftest import Make


def tunnels(sim: Simulator) -> list[str]:
    """What the proxy was asked for."""
    return [f"{entry['method']} {entry['target']}" for entry in sim.proxied()]


def place(url: str) -> str:
    return url.partition("//")[2]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_environment_names_the_proxy(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str) -> None:
    monkeypatch.setenv(variable, scheme + place(sim.proxy_url))
    client = make()
    assert client().status == 200
    assert client().status == 200
    assert tunnels(sim) == [f"CONNECT {sim.host}"]
    assert len(sim.requests()) == 2


def test_a_proxy_for_http_is_none_for_https(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", sim.proxy_url)
    assert make()().status == 200
    assert tunnels(sim) == []


def test_credentials_go_to_the_proxy_only(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-canary@{place(sim.proxy_url)}")
    assert make()().status == 200
    assert [entry["headers"]["proxy-authorization"] for entry in sim.proxied()] == ["Basic " + base64.b64encode(b"user:proxy-canary").decode()]
    assert "proxy-authorization" not in sim.requests()[0]["headers"]


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("exception", ["127.0.0.1", "example.com, 127.0.0.1", "127.0.0.0/8", "*"])
def test_no_proxy_is_heeded(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, variable: str, exception: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", sim.proxy_url)
    monkeypatch.setenv(variable, exception)
    assert make()().status == 200
    assert tunnels(sim) == []


def test_no_proxy_for_another_host(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", sim.proxy_url)
    monkeypatch.setenv("NO_PROXY", "other.example,10.0.0.0/8")
    assert make()().status == 200
    assert tunnels(sim) == [f"CONNECT {sim.host}"]


def test_use_proxy_false(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", sim.proxy_url)
    assert make(use_proxy=False)().status == 200
    assert tunnels(sim) == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_plain_http_stays_on_this_machine(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, variable: str, host: str) -> None:
    """Nobody who passes on what is meant for this machine is to read it."""
    if variable != "http_proxy":
        monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.setenv(variable, sim.proxy_url)
    assert make(sim.http_url.replace("127.0.0.1", host))().status == 200
    assert tunnels(sim) == []


def test_certificates_are_verified_through_a_proxy(sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", sim.proxy_url)
    assert "certificate verify failed" in make(ca_path=sim.other_ca_path).fails("POST").message
    assert tunnels(sim) == [f"CONNECT {sim.host}"]
    assert sim.requests() == []


class BusyProxy(socketserver.ThreadingTCPServer):
    """A proxy that is too busy for a tunnel, and counts those who ask."""

    daemon_threads = True

    class Handler(socketserver.StreamRequestHandler):
        server: BusyProxy

        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.server.asked += 1
            self.wfile.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    def __init__(self) -> None:
        self.asked = 0
        super().__init__(("127.0.0.1", 0), self.Handler)


@pytest.fixture
def busy_proxy() -> Iterator[BusyProxy]:
    with BusyProxy() as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join(5)


class TestFailures:
    def test_a_proxy_that_is_down(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-canary@{place(sim.refused_url)}")
        client = make(retries=1)
        error = client.fails("POST", send_once=True)
        assert "the proxy that the environment names failed: " in error.message
        assert "refused" in error.message
        assert "proxy-canary" not in error.message
        assert not error.maybe_applied
        assert len(client.warnings) == 1

    def test_a_proxy_that_refuses_is_not_asked_again(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", sim.proxy_url)
        # An address for documentation, which the simulator's proxy refuses.
        client = make("https://192.0.2.1")
        error = client.fails("POST")
        assert "the proxy that the environment names failed: Tunnel connection failed: 403 Forbidden" in error.message
        assert not error.maybe_applied
        assert tunnels(sim) == ["CONNECT 192.0.2.1:443"]
        assert client.warnings == []

    def test_a_proxy_that_is_busy_is(self, sim: Simulator, make: Make, busy_proxy: BusyProxy, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{busy_proxy.server_address[1]}")
        client = make(retries=1)
        error = client.fails("POST", send_once=True)
        assert "503 Service Unavailable" in error.message
        assert not error.maybe_applied
        assert (busy_proxy.asked, len(client.warnings)) == (2, 1)
        assert sim.requests() == []

    @pytest.mark.parametrize(
        "address", ["http://user:proxy-canary@host:port", "http://user:proxy-canary@[::1", "http://user:proxy-canary@", "user:proxy-canary@", "http://"]
    )
    def test_an_address_that_is_none(self, make: Make, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        monkeypatch.setenv("HTTPS_PROXY", address)
        with pytest.raises(ApiError, match="this is not the address of a proxy") as caught:
            make()
        assert "canary" not in caught.value.message

    def test_one_that_is_not_needed_does_no_harm(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://[::1")
        assert make()().status == 200
