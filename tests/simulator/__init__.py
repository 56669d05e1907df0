# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated Cohesity cluster and Command Center, started as a process of its own.

    with Simulator() as sim:
        sim.url, sim.ca_path, sim.fault("cut_after", path="accesstoken"), sim.requests()

README.md lists the switches and the faults.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.simulator.credentials import COHESITY_PASSWORD, COHESITY_USERNAME, COMMANDCENTER_PASSWORD, COMMANDCENTER_USERNAME
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 20.0  # seconds until the process must be ready


class SimulatorError(Exception):
    """The simulator did not start, or refused a control call."""


class Simulator:
    """Starts the simulator, tells where it is and controls it.

    Control calls go over the plain http listener, so that they need no certificates and are quick.
    """

    def __init__(self, port: int = 0, max_seconds: float = 3600) -> None:
        self._port, self._max_seconds = port, max_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
        folder = Path(self._folder.name)
        command = [sys.executable, "-m", "tests.simulator", "--quiet", "--port", str(self._port)]
        command += ["--ready-file", str(folder / "ready.json"), "--data", str(folder)]
        command += ["--max-seconds", str(self._max_seconds), "--parent", str(os.getpid())]
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            self._wait_until_ready(folder / "ready.json")
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, path: Path) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_LIMIT
        while not path.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SimulatorError(f"the simulator did not start:\n{self.log()}")
            time.sleep(0.02)
        self.ready = json.loads(path.read_text(encoding="utf-8"))

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._folder.cleanup()

    def log(self) -> str:
        """What the process printed: empty unless something went wrong."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    # Where things are

    @property
    def url(self) -> str:
        """Both products over https."""
        return str(self.ready["url"])

    @property
    def host(self) -> str:
        """`url` without the scheme."""
        return str(self.ready["host"])

    @property
    def ipv6_host(self) -> str | None:
        """The same server as [::1]:PORT, or None on a machine without IPv6."""
        host: str | None = self.ready["ipv6_host"]
        return host

    @property
    def expired_url(self) -> str:
        """The same application with an expired certificate."""
        return str(self.ready["expired_url"])

    @property
    def wrong_name_url(self) -> str:
        """The same application with a certificate for another host."""
        return str(self.ready["wrong_name_url"])

    @property
    def http_url(self) -> str:
        """The same application over plain http."""
        return str(self.ready["http_url"])

    @property
    def proxy_url(self) -> str:
        """A forward proxy for https."""
        return str(self.ready["proxy_url"])

    @property
    def refused_url(self) -> str:
        """A port that refuses connections as long as the simulator runs."""
        return str(self.ready["refused_url"])

    @property
    def silent_url(self) -> str:
        """A port that takes connections and never answers, not even the TLS handshake."""
        return str(self.ready["silent_url"])

    @property
    def ca_path(self) -> str:
        return str(self.ready["ca_path"])

    @property
    def cohesity_login(self) -> dict[str, str]:
        """The options with which a module logs in to the cluster."""
        return {"cluster": self.host, "ca_path": self.ca_path, "username": COHESITY_USERNAME, "password": COHESITY_PASSWORD}

    @property
    def commandcenter_login(self) -> dict[str, str]:
        """The options with which a module logs in to Command Center."""
        return {"url": self.url, "ca_path": self.ca_path, "username": COMMANDCENTER_USERNAME, "password": COMMANDCENTER_PASSWORD}

    @property
    def other_ca_path(self) -> str:
        """A CA that signed nothing here."""
        return str(self.ready["other_ca_path"])

    @property
    def client_cert(self) -> str:
        """PEM text of the certificate user's certificate."""
        return Path(self.ready["client_cert_path"]).read_text(encoding="utf-8")

    @property
    def client_key(self) -> str:
        """PEM text of the certificate user's key."""
        return Path(self.ready["client_key_path"]).read_text(encoding="utf-8")

    # Control

    def control(self, operation: str, /, **arguments: Any) -> Any:
        """Call an operation of control.py. Raises SimulatorError when it refuses."""
        connection = http.client.HTTPConnection(self.http_url.removeprefix("http://"), timeout=60)
        try:
            connection.request("POST", f"/_simulator/{operation}", json.dumps(arguments).encode())
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if "error" in answer:
            raise SimulatorError(answer["error"])
        return answer["result"]

    def reset(self) -> None:
        """Everything back to the start: clock, switches, faults, tokens, records, lockouts."""
        self.control("reset")

    def now(self) -> float:
        """The simulated time in epoch seconds."""
        return float(self.control("now"))

    def advance(self, seconds: float) -> float:
        """Move the simulated clock and return its new time."""
        return float(self.control("advance", seconds=seconds))

    def set(self, **switches: Any) -> None:
        self.control("set", **switches)

    def switches(self) -> dict[str, Any]:
        return dict(self.control("switches"))

    def fault(
        self,
        kind: str,
        method: str | None = None,
        path: str | None = None,
        times: int = 1,
        after: int = 0,
        **args: Any,
    ) -> None:
        """Strike the next `times` matching requests (0: all), after letting `after` of them pass."""
        self.control("fault", kind=kind, method=method, path=path, times=times, after=after, **args)

    def clear_faults(self) -> None:
        self.control("clear_faults")

    def wait_for_late_work(self, seconds: float = 20.0) -> None:
        """Wait until the work of every answered request (`work_in`) is done; SimulatorError when it takes longer."""
        if not wait_until(lambda: not self.control("late_work"), seconds):
            raise SimulatorError(f"{self.control('late_work')} requests still wait for their work to be done")

    def open_gate(self, name: str, drop: bool = False) -> int:
        """Let go the requests at a gate, or cut their connections; answers how many waited."""
        return int(self.control("open_gate", name=name, drop=drop))

    def waiting(self, name: str) -> int:
        """How many requests wait at a gate."""
        return int(self.control("waiting", name=name))

    def wait_for(self, name: str, count: int = 1, seconds: float = 20.0) -> None:
        """Wait until `count` requests wait at a gate; SimulatorError when they do not come in time."""
        if not wait_until(lambda: self.waiting(name) >= count, seconds):
            raise SimulatorError(f"{self.waiting(name)} of {count} requests came to gate {name}")

    def requests(self, path: str | None = None, method: str | None = None) -> list[dict[str, Any]]:
        """The recorded requests in order; `path` is a regex searched in any case."""
        return list(self.control("requests", path=path, method=method))

    def clear_requests(self) -> None:
        self.control("clear_requests")

    def proxied(self) -> list[dict[str, Any]]:
        """What the forward proxy was asked, in order: method, target and headers."""
        return list(self.control("proxied"))

    def state(self) -> dict[str, Any]:
        """The server's truth, for assertions."""
        return dict(self.control("state"))

    def mark_secrets(self, prefix: str) -> None:
        """Start every secret minted from now on with `prefix`."""
        self.control("mark_secrets", prefix=prefix)

    def check(self, access_token: str) -> bool:
        """Whether this access token works at Command Center now."""
        return bool(self.control("check", access_token=access_token))

    def check_cohesity(self, token: str) -> bool:
        """Whether this token, session or API key works at the Cohesity cluster now."""
        return bool(self.control("check_cohesity", token=token))

    def cohesity_seed(self, kind: str, count: int = 1, **fields: Any) -> list[Any]:
        """Add groups, jobs, policies, views or files, also with `tenant` or `cluster`; answers their ids."""
        return list(self.control("cohesity_seed", kind=kind, count=count, **fields))

    def cohesity_key_create(self, name: str, **fields: Any) -> dict[str, Any]:
        """Create an API key behind the client's back, of any user (`username`, `domain`), perhaps with an `id`; with its secret."""
        return dict(self.control("cohesity_key_create", name=name, **fields))

    def cohesity_key_edit(self, id: str, **fields: Any) -> dict[str, Any]:
        """Change name, is_active, expires, rotated, created (milliseconds) or creator_sid of a key."""
        return dict(self.control("cohesity_key_edit", id=id, **fields))

    def cohesity_key_delete(self, id: str) -> dict[str, Any]:
        """Delete an API key as an administrator, behind the client's back."""
        return dict(self.control("cohesity_key_delete", id=id))

    def cohesity_kill(self) -> int:
        """End every Cohesity token and session at once; answers how many lived."""
        return int(self.control("cohesity_kill"))

    def kill_logins(self) -> int:
        """End every Command Center login."""
        return int(self.control("kill_logins"))

    def commandcenter_revoke(self, id: int) -> dict[str, Any]:
        """Revoke a token as an administrator, behind the client's back."""
        return dict(self.control("commandcenter_revoke", id=id))

    def commandcenter_edit(self, id: int, **fields: Any) -> dict[str, Any]:
        """Change fields of a token (named as in `state`) behind the client's back."""
        return dict(self.control("commandcenter_edit", id=id, **fields))

    def commandcenter_create(self, name: str, **fields: Any) -> dict[str, Any]:
        """Create a token behind the client's back, perhaps with an `id`."""
        return dict(self.control("commandcenter_create", name=name, **fields))

    def commandcenter_seed(self, *tokens: dict[str, Any]) -> list[dict[str, Any]]:
        """Create tokens behind the client's back, of other users too: {"name": "ci", "user_id": 8, …}."""
        return list(self.control("commandcenter_seed", tokens=list(tokens)))

    def commandcenter_authorize(self, id: int, granted: bool = True) -> dict[str, Any]:
        """Authorise, or refuse, as an administrator the revocation of a token that is pending."""
        return dict(self.control("commandcenter_authorize", id=id, granted=granted))

    def commandcenter_fill(self, count: int, **fields: Any) -> int:
        """Add that many tokens quickly; answers how many live in all."""
        return int(self.control("commandcenter_fill", count=count, **fields))

    def commandcenter_fill_list(self, path: str, count: int) -> int:
        """Add entries to a list ("/Job", "/VM", "/Events", "/V4/Plan/Summary", …); answers how many there are."""
        return int(self.control("commandcenter_fill_list", path=path, count=count))
