# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the module, each in a process of its own that may be killed.

`python -m tests.faults.runner` imports everything once and forks a child for each job, so that a run costs milliseconds; it reads jobs
and answers with how they ended, one JSON document a line.
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
import traceback
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
RUN_LIMIT = 60  # seconds after which a run that hangs is killed


class Ended(NamedTuple):
    """How a run ended. result is None where it was killed; trace: its effects in order, the one before which it was killed too."""

    killed: bool
    result: dict[str, Any] | None
    trace: list[dict[str, Any]]
    warnings: list[str]

    @property
    def labels(self) -> list[str]:
        return [entry["label"] for entry in self.trace]


class Runner:
    """The other end of that process."""

    _running = False

    def __enter__(self) -> Runner:
        self._folder = tempfile.TemporaryDirectory(prefix="runner-")
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.upper().endswith("_PROXY") and not key.startswith(("VAULT_", "BAO_", "COMMANDCENTER_", "COHESITY_", "REQUESTS_", "SSL_", "CURL_"))
        }
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "build" / "collections")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.runner"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_exception: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()  # which ends it
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()
        self._folder.cleanup()

    def start(
        self,
        params: dict[str, Any],
        *,
        folder: str = "/nowhere",
        vault: str = "",
        kill: int | str | None = None,
        torn: int | None = None,
        fail: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Begin a run; folder and vault (host:port) say which files and which connections are watched."""
        job = {"params": params, "folder": folder, "vault": vault, "kill": kill, "torn": torn, "fail": fail, "scratch": self._folder.name, **more}
        if self._running:
            # Of a test that has failed meanwhile.
            self.kill()
            self.wait()
        assert self._process.stdin
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        self._child = int(self._read()["child"])
        self._running = True

    def kill(self) -> None:
        """Kill the run that was begun, unless it has ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the runner has died"
        return dict(json.loads(line))

    def wait(self) -> Ended:
        """The end of the run that was begun."""
        answer = self._read()
        self._running = False
        assert answer["signal"] in (0, signal.SIGKILL), f"the run took more than {RUN_LIMIT} s"
        report = answer["report"] or {}
        assert "crash" not in report, report["crash"]
        trace = [json.loads(text) for text in answer["trace"].splitlines()]
        return Ended(answer["signal"] == signal.SIGKILL, report.get("result"), trace, report.get("warnings", []))

    def run(self, params: dict[str, Any], **more: Any) -> Ended:
        self.start(params, **more)
        return self.wait()


# The process itself


def main() -> None:
    """Answer jobs until the input ends."""
    import hvac
    import hvac.exceptions
    import requests  # noqa: F401 -- here, and not in every child

    from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, commandcenter_access_token

    modules = {"commandcenter_access_token": commandcenter_access_token, "cohesity_access_token": cohesity_access_token}
    assert hvac.exceptions
    for line in sys.stdin:
        job = json.loads(line)
        scratch = Path(job["scratch"])
        result, trace = scratch / "result", scratch / "trace"
        for path in (result, trace):
            path.unlink(missing_ok=True)
            path.touch()
        child = os.fork()
        if child == 0:
            try:
                run_job(job, modules[job.get("module", "commandcenter_access_token")], result, str(trace))
            finally:
                os._exit(0)
        print(json.dumps({"child": child}), flush=True)
        _pid, status = os.waitpid(child, 0)
        text = result.read_text(encoding="utf-8")
        answer = {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "report": json.loads(text) if text else None,
            "trace": trace.read_text(encoding="utf-8"),
        }
        print(json.dumps(answer), flush=True)


def run_job(job: dict[str, Any], module: Any, result: Path, trace: str) -> None:
    from tests.faults.effects import Watch

    signal.alarm(RUN_LIMIT)
    report = result.open("w", encoding="utf-8")
    if job.get("unprivileged"):
        heed_permissions()
    if job.get("without_hvac"):
        sys.modules["hvac"] = None  # type: ignore[assignment]
    watch = Watch(trace, job["folder"], job["vault"], job["kill"], job["torn"], job["fail"])
    watch.install()
    answer = carried_out(job, module)
    watch.effect("end")
    json.dump(answer, report)
    report.close()


def carried_out(job: dict[str, Any], module: Any) -> dict[str, Any]:
    """Run the module with the params and check_mode of a job; returns its warnings, and its result or what it crashed with."""
    from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
    from ansible_collections.dataprotection.access.plugins.module_utils._module import failure

    warnings: list[str] = []
    answer: dict[str, Any] = {"warnings": warnings}
    try:
        answer["result"] = module.run(filled(module.ARGUMENT_SPEC, job["params"]), job.get("check_mode", False), warnings.append)
    except ApiError as error:
        answer["result"] = failure(error)
    except Exception:  # noqa: BLE001 -- whatever it is, the test shall show it
        answer["crash"] = traceback.format_exc()
    return answer


def heed_permissions() -> None:
    """Let root, too, be stopped by the mode of a file or folder: give up CAP_DAC_OVERRIDE."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    data[0] &= ~(1 << CAP_DAC_OVERRIDE)  # of the effective ones
    assert libc.capset(header, data) == 0


def filled(spec: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The options as ansible hands them over: every one of the spec, with its default."""
    unknown = given.keys() - spec.keys()
    assert not unknown, unknown
    params = {}
    for key, option in spec.items():
        value = given.get(key, option.get("default"))
        params[key] = filled(option["options"], value) if value is not None and "options" in option else value
    return params


if __name__ == "__main__":
    main()
