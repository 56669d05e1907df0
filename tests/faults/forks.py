# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of a module, each in a process of its own that may be killed, stopped or watched.

`python -m tests.faults.forks` imports everything once and forks a child for each job, so that a run costs milliseconds. It reads batches
of jobs, a JSON document a line; the children of a batch start together. Their process ids come back at once, and in the end how each ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple

from tests.environment import clean_environment
from tests.faults import product
from tests.faults.watch import Watch
from tests.tree import COLLECTIONS, HERE
from tests.waiting import wait_until

CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
RUN_LIMIT = 120  # seconds after which a run that hangs is killed
STOP_LIMIT = 20.0  # seconds until a run that is to stop itself must have done so

Job = dict[str, Any]


def job(params: dict[str, Any], module: str = "commandcenter_access_token", **more: Any) -> Job:
    """One run to be. more: check_mode; watch (arguments of watch.Watch: without it nothing is traced); lease (seconds, instead of the
    product's); stop (a place of product.stop_at); unprivileged; without_hvac; without_locks (as on a file system whose locks do not reach the
    other host).
    """
    return {"params": params, "module": module, **more}


class Outcome(NamedTuple):
    """How a run ended. result is None where it was killed; trace: its effects in order, the one before which it was killed included."""

    killed: bool
    result: dict[str, Any] | None
    trace: list[dict[str, Any]]
    warnings: list[str]
    ended_at: float  # by the monotonic clock; 0 where it was killed

    @property
    def labels(self) -> list[str]:
        return [entry["label"] for entry in self.trace]

    @property
    def failed(self) -> bool:
        """Whether it was killed or has said that it failed."""
        return self.result is None or bool(self.result.get("failed"))

    @property
    def message(self) -> str:
        """What it failed with."""
        return str((self.result or {}).get("msg", ""))


class ForkServer:
    """The process that forks, seen from the tests. One batch at a time."""

    def __init__(self) -> None:
        self._running = False
        self.children: list[int] = []

    def __enter__(self) -> ForkServer:
        self._folder = tempfile.TemporaryDirectory(prefix="forks-")
        environment = clean_environment(PYTHONPATH=os.pathsep.join([str(HERE), str(COLLECTIONS)]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forks"], cwd=HERE, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_exception: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        if self._running:
            self.kill()
        self._process.stdin.close()  # which ends it
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()

    def start(self, *jobs: Job) -> None:
        """Begin these runs together; `wait` is to follow."""
        if self._running:
            # Of a test that has failed meanwhile.
            self.kill()
            self.wait()
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"jobs": jobs, "folder": self._folder.name}) + "\n")
        self._process.stdin.flush()
        self.children = list(self._read())
        self._running = True

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the process that forks has died"
        return json.loads(line)

    def signal(self, number: int, what: signal.Signals) -> None:
        os.kill(self.children[number], what)

    def kill(self) -> None:
        """Kill the runs that were begun, unless they have ended by themselves."""
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def has_stopped(self, number: int = 0) -> bool:
        """Whether a run stands still now."""
        try:
            stat = Path(f"/proc/{self.children[number]}/stat").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return stat.rpartition(")")[2].split()[0] == "T"

    def has_ended(self, number: int = 0) -> bool:
        return not Path(f"/proc/{self.children[number]}").exists()

    def wait_until_stopped(self, number: int = 0) -> None:
        """Wait until a run has stopped itself."""
        assert wait_until(lambda: self.has_stopped(number), STOP_LIMIT), "the run has not stopped"

    def wait(self) -> list[Outcome]:
        """How the runs ended, in the order of the jobs."""
        outcomes = []
        answers = self._read()
        self._running = False
        for answer in answers:
            assert answer["signal"] in (0, signal.SIGKILL), f"the run took more than {RUN_LIMIT} s, or ended by signal {answer['signal']}"
            report = answer["report"] or {}
            assert "crash" not in report, report["crash"]
            trace = [json.loads(text) for text in answer["trace"].splitlines()]
            killed = answer["signal"] == signal.SIGKILL
            outcomes.append(Outcome(killed, report.get("result"), trace, report.get("warnings", []), report.get("ended_at", 0.0)))
        return outcomes

    def run(self, *jobs: Job) -> list[Outcome]:
        self.start(*jobs)
        return self.wait()


class Crowd(ForkServer):
    """Runs that were started together, by a process of their own, which ends with them."""

    # How many runs there were in all crowds of this session.
    crowds = 0
    runs = 0

    def __init__(self, *jobs: Job) -> None:
        super().__init__()
        Crowd.crowds += 1
        Crowd.runs += len(jobs)
        self.__enter__()
        self.start(*jobs)

    def wait(self) -> list[Outcome]:
        try:
            return super().wait()
        finally:
            self.__exit__()


def together(*jobs: Job) -> list[Outcome]:
    return Crowd(*jobs).wait()


# The process itself


def main() -> None:
    """Carry out batches until the input ends."""
    product.load()
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(_carry_out(order["jobs"], Path(order["folder"]))), flush=True)


def _carry_out(jobs: list[Job], folder: Path) -> list[dict[str, Any]]:
    gate, opener = os.pipe()
    # As ansible does it: a task begins in the process that forks, however late each of its forks gets to run.
    product.begin_task()
    children = []
    for number, one in enumerate(jobs):
        result, trace = folder / f"{number}.result", folder / f"{number}.trace"
        for path in (result, trace):
            path.unlink(missing_ok=True)
            path.touch()
        child = os.fork()
        if child == 0:
            os.close(opener)
            os.read(gate, 1)  # returns when the parent closes its end
            os.close(gate)
            try:
                _run(one, result, str(trace))
            finally:
                os._exit(0)
        children.append(child)
    os.close(gate)
    print(json.dumps(children), flush=True)
    os.close(opener)
    return [_report(child, folder / f"{number}.result", folder / f"{number}.trace") for number, child in enumerate(children)]


def _report(child: int, result: Path, trace: Path) -> dict[str, Any]:
    _pid, status = os.waitpid(child, 0)
    text = result.read_text(encoding="utf-8")
    return {
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "report": json.loads(text) if text else None,
        "trace": trace.read_text(encoding="utf-8"),
    }


def _run(one: Job, result: Path, trace: str) -> None:
    signal.alarm(RUN_LIMIT)
    report = result.open("w", encoding="utf-8")
    if one.get("unprivileged"):
        heed_permissions()
    if one.get("without_hvac"):
        sys.modules["hvac"] = None  # type: ignore[assignment]
    if one.get("without_locks"):
        lose_locks()
    if one.get("lease"):
        product.shorten_lease(one["lease"])
    if one.get("stop"):
        product.stop_at(one["stop"])
    watch = Watch(trace, **one["watch"]) if one.get("watch") else None
    if watch:
        watch.install()
    answer: dict[str, Any] = {"warnings": []}
    try:
        answer["result"] = product.run(one["module"], one["params"], one.get("check_mode", False), answer["warnings"].append)
    except Exception:  # noqa: BLE001 -- whatever it is, the test is to show it
        answer["crash"] = traceback.format_exc()
    if watch:
        watch.effect("end")
    json.dump({**answer, "ended_at": time.monotonic()}, report)
    report.close()


def heed_permissions() -> None:
    """Let root, too, be stopped by the mode of a file or folder: give up CAP_DAC_OVERRIDE."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    data[0] &= ~(1 << CAP_DAC_OVERRIDE)  # of the effective ones
    assert libc.capset(header, data) == 0


def lose_locks() -> None:
    """Let every lock be granted at once, as on a file system whose locks do not reach other hosts."""
    import fcntl

    fcntl.flock = lambda *_args: None  # type: ignore[assignment]
    fcntl.lockf = lambda *_args: None  # type: ignore[assignment]


if __name__ == "__main__":
    main()
