# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a playbook of the thin project with ansible-runner, in the layout and the environment of a job of AWX.

Credentials arrive through the environment alone, rendered by AWX's own code. Answers of a survey are !unsafe in the file of extra variables. The fact
cache is on and the verbosity is 5, although the kit's templates need neither: more is written then.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.awx.kit import PROJECT
from tests.awx.rendering import render
from tests.tree import link

TIME_LIMIT = 120  # seconds for one job
# What AWX itself sets for a job.
OF_AWX = {
    "ANSIBLE_UNSAFE_WRITES": "1",
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_CACHE_PLUGIN": "jsonfile",
}
LOCALHOST = {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}}


class Ended(t.NamedTuple):
    """What a job left behind."""

    rc: int
    screen: str
    events: list[dict[str, t.Any]]

    @property
    def words(self) -> str:
        """What is on the screen, however its lines were broken."""
        return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", self.screen).split())

    def facts(self, task: str) -> dict[str, dict[str, t.Any]]:
        """What a task of set_fact set, by host, as events tell it."""
        return {data["host"]: data["res"]["ansible_facts"] for data in self._results(task)}

    def changed(self) -> int:
        """How many tasks changed something, by the recap."""
        (stats,) = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return sum(stats["changed"].values())

    def _results(self, task: str) -> list[dict[str, t.Any]]:
        return [event["event_data"] for event in self.events if event["event"] == "runner_on_ok" and event["event_data"]["task"] == task]


class Job:
    """One job: its private data directory, /runner in AWX's container."""

    def __init__(
        self,
        folder: Path,
        playbook: str,
        credentials: Mapping[str, Mapping[str, t.Any]],
        *,
        hosts: Mapping[str, Mapping[str, t.Any]] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
        variables: Mapping[str, t.Any] | None = None,
        answers: Mapping[str, t.Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """variables: those of the template. answers: those of the survey. hosts: with their variables; the controller's inventory unless given.

        environment: what credentials of AWX's own types add.
        """
        self.runner = folder
        self.playbook = playbook
        self.home = folder.with_name(f"{folder.name}-home")
        self.home.mkdir(parents=True)
        shutil.copytree(PROJECT, folder / "project")
        for name in ("env", "inventory"):
            (folder / name).mkdir(mode=0o700)
        # ansible-core 2.22 makes a socket in there, whose path must be short.
        self.temporary = Path(tempfile.mkdtemp(prefix="awx-"))
        weakref.finalize(self, shutil.rmtree, self.temporary, ignore_errors=True)
        self._credentials = {name: value for kind, inputs in credentials.items() for name, value in render(kind, inputs, folder).environment.items()}
        self._credentials.update(environment or {})
        self._write_inventory(LOCALHOST if hosts is None else hosts, groups or {})
        lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in (variables or {}).items()]
        lines += [f"!unsafe {json.dumps(name)}: {'!unsafe ' if isinstance(value, str) else ''}{json.dumps(value)}" for name, value in (answers or {}).items()]
        (folder / "env" / "extravars").write_text("\n".join(["---", *(lines or ["{}"]), ""]), encoding="utf-8")
        (folder / "env" / "cmdline").write_text("-vvvvv", encoding="utf-8")
        (folder / "env" / "settings").write_text(json.dumps({"suppress_env_files": True, "fact_cache_type": "jsonfile"}), encoding="utf-8")

    def _write_inventory(self, hosts: Mapping[str, Mapping[str, t.Any]], groups: Mapping[str, Sequence[str]]) -> None:
        """AWX gives a program that prints the inventory."""
        document = {"all": {"hosts": list(hosts)}, "_meta": {"hostvars": hosts}, **{name: {"hosts": list(names)} for name, names in groups.items()}}
        path = self.runner / "inventory" / "hosts"
        path.write_text(f"#!/bin/sh\ncat <<'EOF'\n{json.dumps(document)}\nEOF\n", encoding="utf-8")
        path.chmod(0o700)

    def environment(self) -> dict[str, str]:
        """The whole environment of the container."""
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(link()),
            "JOB_ID": "1",
            **OF_AWX,
            **self._credentials,
        }

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ansible_runner", "run", str(self.runner), "--playbook", self.playbook, "--ident", "1", "--quiet"]
        return subprocess.Popen(command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, process: subprocess.Popen[str]) -> Ended:
        try:
            said, _nothing = process.communicate(timeout=TIME_LIMIT)
        finally:
            process.kill()
        artifacts = self.runner / "artifacts" / "1"
        screen = artifacts / "stdout"
        events = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((artifacts / "job_events").glob("*-*.json"))]
        return Ended(process.returncode, said + (screen.read_text(encoding="utf-8") if screen.exists() else ""), sorted(events, key=lambda one: one["counter"]))

    def has_begun(self, task: str) -> bool:
        """Whether the task has, by the events so far. A file that is still being written has another name."""
        files = (self.runner / "artifacts" / "1" / "job_events").glob("*-*.json")
        events = [json.loads(path.read_text(encoding="utf-8")) for path in files if "partial" not in path.name]
        return any(event["event"] == "runner_on_start" and event["event_data"]["task"] == task for event in events)

    def run(self) -> Ended:
        return self.finish(self.start())

    def written(self) -> list[Path]:
        """All that the job wrote; what it was given is in env and inventory. AWX does not keep the file `command`, which has the environment."""
        artifacts = [path for path in (self.runner / "artifacts").glob("*/*") if path.name != "command"]
        return [*artifacts, self.runner / "project", self.home, self.temporary]
