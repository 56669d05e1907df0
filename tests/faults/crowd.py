# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many runs of a module at the same time, each in a process of its own.

`python -m tests.faults.crowd` imports everything once and forks a child for each job; the children start together. It answers with their
process ids at once, and with how each ended in the end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.runner import ROOT, carried_out
from tests.waiting import wait_until

RUN_LIMIT = 120  # seconds after which a run that hangs is killed


class Ended(NamedTuple):
    """How a run ended; result is None where it was killed. at: when, by the monotonic clock."""

    result: dict[str, Any] | None
    warnings: list[str]
    at: float

    @property
    def failed(self) -> bool:
        return self.result is None or bool(self.result.get("failed"))


class Crowd:
    """Runs that were started together."""

    # How many runs there were in all crowds of this session.
    crowds = 0
    runs = 0

    def __init__(self, module: str, jobs: list[dict[str, Any]]) -> None:
        """jobs: params, and optionally lease (seconds) and stop (where the process is to stop itself: see _stop_at)."""
        Crowd.crowds += 1
        Crowd.runs += len(jobs)
        self._folder = tempfile.TemporaryDirectory(prefix="crowd-")
        foreign = ("VAULT_", "BAO_", "COMMANDCENTER_", "COHESITY_", "REQUESTS_", "SSL_", "CURL_")
        environment = {key: value for key, value in os.environ.items() if not key.upper().endswith("_PROXY") and not key.startswith(foreign)}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "build" / "collections")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.crowd"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"module": module, "jobs": jobs, "folder": self._folder.name}) + "\n")
        self._process.stdin.flush()
        self.children = list(self._read())

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the crowd has died"
        return json.loads(line)

    def signal(self, number: int, what: signal.Signals) -> None:
        os.kill(self.children[number], what)

    def wait_until_stopped(self, number: int, seconds: float = 20) -> None:
        """Wait until a run has stopped itself."""
        stat = Path(f"/proc/{self.children[number]}/stat")
        assert wait_until(lambda: stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T", seconds), "the run has not stopped"

    def wait(self) -> list[Ended]:
        """How each ended, in the order of the jobs."""
        try:
            reports = self._read()
            for report in reports:
                assert not report or "crash" not in report, report["crash"]
            return [Ended((report or {}).get("result"), (report or {}).get("warnings", []), (report or {}).get("at", 0.0)) for report in reports]
        finally:
            self.close()

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        if self._process.poll() is None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()


def together(module: str, jobs: list[dict[str, Any]]) -> list[Ended]:
    return Crowd(module, jobs).wait()


# The process itself


def main() -> None:
    import hvac
    import hvac.exceptions
    import requests  # noqa: F401 -- here, and not in every child

    from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, commandcenter_access_token

    assert hvac.exceptions
    order = json.loads(sys.stdin.readline())
    module = {"commandcenter_access_token": commandcenter_access_token, "cohesity_access_token": cohesity_access_token}[order["module"]]
    gate, opener = os.pipe()
    results = [Path(order["folder"]) / str(number) for number in range(len(order["jobs"]))]
    children = []
    for job, result in zip(order["jobs"], results, strict=True):
        child = os.fork()
        if child == 0:
            os.close(opener)
            os.read(gate, 1)  # returns when the parent closes its end
            try:
                _work(module, job, result)
            finally:
                os._exit(0)
        children.append(child)
    os.close(gate)
    print(json.dumps(children), flush=True)
    os.close(opener)
    for child in children:
        os.waitpid(child, 0)
    reports = [json.loads(result.read_text(encoding="utf-8")) if result.exists() else None for result in results]
    print(json.dumps(reports), flush=True)


def _work(module: Any, job: dict[str, Any], result: Path) -> None:
    from ansible_collections.dataprotection.access.plugins.module_utils._reconcile import reconcile as _lifecycle
    from ansible_collections.dataprotection.access.plugins.module_utils._store import claims as _records

    signal.alarm(RUN_LIMIT)
    if job.get("lease"):
        real = _records.Claims
        module.Claims = lambda record, warn, _lease: real(record, warn, job["lease"])
    if job.get("stop"):
        _stop_at(job["stop"], _lifecycle, _records)
    answer = {**carried_out(job, module), "at": time.monotonic()}
    result.with_suffix(".new").write_text(json.dumps(answer), encoding="utf-8")
    result.with_suffix(".new").rename(result)


def _stop_at(place: str, lifecycle: Any, records: Any) -> None:
    """Have this process stop itself once, as a debugger or a suspended machine does: "claimed" right after it has written its claim,
    "sending" right before it sends the pair, "storing" right before it stores what it was answered.
    """
    owner, name, before = {
        "claimed": (records.Claim, "begin", False),
        "sending": (lifecycle.AccessTokens, "renew", True),
        "storing": (records.Claim, "commit", True),
    }[place]
    real = getattr(owner, name)

    def stopping(*args: Any, **kwargs: Any) -> Any:
        setattr(owner, name, real)
        if before:
            os.kill(os.getpid(), signal.SIGSTOP)
            return real(*args, **kwargs)
        result = real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGSTOP)
        return result

    setattr(owner, name, stopping)


if __name__ == "__main__":
    main()
