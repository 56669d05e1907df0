# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a process: listeners, certificates, start and end."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.simulator import ROOT, Simulator, SimulatorError, credentials
from tests.unit.simulator.clients import Client, Cohesity
from tests.waiting import wait_until

COMMAND = [sys.executable, "-m", "tests.simulator"]


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether the process is gone, or goes within that time."""

    def is_gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    return wait_until(is_gone, seconds)


def until(condition: Path, seconds: float = 20.0) -> dict[str, object]:
    """The ready file, once it is there."""
    wait_until(condition.exists, seconds)
    return dict(json.loads(condition.read_text()))


class TestListeners:
    def test_the_certificate_is_trusted_through_our_ca_only(self, sim: Simulator) -> None:
        assert Client(sim)("GET", "/").status_code == 200
        for untrusting in (sim.other_ca_path, True):
            client = Client(sim)
            client.session.verify = untrusting
            with pytest.raises(requests.exceptions.SSLError, match="verify failed"):
                client("GET", "/")

    def test_an_expired_certificate(self, sim: Simulator) -> None:
        with pytest.raises(requests.exceptions.SSLError, match="expired"):
            Client(sim, url=sim.expired_url)("GET", "/")

    def test_a_certificate_for_another_name(self, sim: Simulator) -> None:
        with pytest.raises(requests.exceptions.SSLError, match=r"(?i)mismatch|doesn't match|not valid for"):
            Client(sim, url=sim.wrong_name_url)("GET", "/")

    def test_the_name_localhost_and_ipv6_are_covered(self, sim: Simulator) -> None:
        port = sim.host.rpartition(":")[2]
        assert Client(sim, url=f"https://localhost:{port}")("GET", "/").status_code == 200
        if sim.ipv6_host is not None:
            assert Client(sim, url=f"https://{sim.ipv6_host}")("GET", "/").status_code == 200

    def test_plain_http_is_the_same_application(self, sim: Simulator) -> None:
        token = Cohesity(sim, url=sim.http_url).token()
        assert sim.check_cohesity(token)

    def test_the_proxy_opens_tunnels_to_loopback_and_remembers_them(self, sim: Simulator) -> None:
        client = Cohesity(sim)
        client.session.proxies = {"https": sim.proxy_url, "http": sim.proxy_url}
        assert client.login().status_code == 201
        assert [(entry["method"], entry["target"]) for entry in sim.proxied()] == [("CONNECT", sim.host)]
        with pytest.raises(requests.exceptions.ProxyError, match="403"):
            client.session.get("https://192.0.2.1/", timeout=5)
        sim.reset()
        assert sim.proxied() == []

    def test_one_port_refuses_and_one_is_silent(self, sim: Simulator) -> None:
        with pytest.raises(requests.ConnectionError, match="refused"):
            Client(sim, url=sim.refused_url)("GET", "/")
        with pytest.raises(requests.Timeout):
            Client(sim, url=sim.silent_url)("GET", "/", timeout=0.3)

    def test_connections_are_kept(self, sim: Simulator) -> None:
        cluster = Cohesity(sim)
        for _dummy in range(40):
            assert cluster.login().raw.version == 11
        assert len({entry["connection"] for entry in sim.requests()}) == 1

    def test_it_speaks_tls_1_2_or_newer(self, sim: Simulator) -> None:
        host, port = sim.host.split(":")
        context = ssl.create_default_context(cafile=sim.ca_path)
        with socket.create_connection((host, int(port)), 5) as raw, context.wrap_socket(raw, server_hostname=host) as tls:
            assert tls.version() in ("TLSv1.2", "TLSv1.3")


class TestLife:
    def test_the_command_prints_and_writes_what_a_user_needs(self, tmp_path: Path) -> None:
        ready_file = tmp_path / "ready.json"
        process = subprocess.Popen(
            [*COMMAND, "--ready-file", str(ready_file), "--max-seconds", "30"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            ready = until(ready_file)
            response = requests.get(f"{ready['url']}/commandcenter/api/", verify=str(ready["ca_path"]), timeout=5)
            assert response.status_code == 200
            assert stat.S_IMODE(os.stat(str(ready["client_key_path"])).st_mode) == 0o600
        finally:
            process.send_signal(signal.SIGTERM)
            output, _nothing = process.communicate(timeout=10)
        assert process.returncode == 0
        for part in (ready["host"], "username viewer", ready["ca_path"], credentials.COHESITY_PASSWORD, credentials.COMMANDCENTER_PASSWORD):
            assert str(part) in output
        assert "Traceback" not in output
        assert not Path(str(ready["ca_path"])).exists()  # the temporary folder went too

    def test_it_starts_quickly_on_a_port_of_choice_and_ends_with_its_handle(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        started = time.monotonic()
        with Simulator(port=port) as simulator:
            took = time.monotonic() - started
            assert simulator.host == f"127.0.0.1:{port}"
            pid, folder = simulator.ready["pid"], Path(simulator.ca_path).parent
            assert simulator.log() == ""
            with pytest.raises(SimulatorError, match="did not start"), Simulator(port=port):
                pass
        assert took < 10  # well under one second on an idle machine
        assert gone(pid)
        assert not folder.exists()

    def test_it_ends_by_itself(self) -> None:
        with Simulator(max_seconds=0.5) as simulator:
            assert simulator._process is not None
            assert simulator._process.wait(10) == 0

    def test_it_dies_with_its_parent(self, tmp_path: Path) -> None:
        """The parent is killed without a chance to clear up."""
        script = (
            "import sys, time\n"
            "from tests.simulator import Simulator\n"
            "simulator = Simulator(max_seconds=60)\n"
            "simulator.start()\n"
            "print(simulator.ready['pid'], flush=True)\n"
            "time.sleep(60)\n"
        )
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        parent.stdout.close()
        assert gone(pid)
        assert list(tmp_path.iterdir()) == []

    def test_it_ends_while_requests_are_under_way(self) -> None:
        with Simulator() as simulator:
            simulator.fault("drip_headers", bytes_per_second=1)
            with pytest.raises(requests.Timeout):
                Client(simulator)("GET", "/", timeout=0.3)
            started = time.monotonic()
        # Far from the minutes that the answer would take.
        assert time.monotonic() - started < 15
