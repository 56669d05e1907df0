# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the real ansible-playbook of the interpreter that runs the tests, in a folder and an environment of its own."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import typing as t
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.simulator import Simulator
from tests.tree import HERE, link

# The ansible-core under test, as (2, 21).
CORE = tuple(int(part) for part in importlib.metadata.version("ansible-core").split(".")[:2])
PLUGINS = Path(__file__).parent / "plugins"
SSH = Path(__file__).parent / "ssh"

MODULE_DEFAULTS = {
    "group/dataprotection.access.cohesity": "{{ cohesity }}",
    "group/dataprotection.access.commandcenter": "{{ commandcenter }}",
}

# The ways in which a task runs, as keywords of its play.
IN_PROCESS = {"hosts": "local"}
SHIPPED = {"hosts": "remote"}
SHIPPED_LOCALLY = {"hosts": "local", "environment": {"SHIPPED": "yes"}}


class Run:
    """What one ansible-playbook did and wrote."""

    def __init__(self, process: subprocess.CompletedProcess[str], results: Path, values: Path) -> None:
        self.rc = process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr
        self.results = _lines(results)
        self._values = _lines(values)

    @property
    def screen(self) -> str:
        return self.stdout + self.stderr

    @property
    def words(self) -> str:
        """What is on the screen, however its lines were broken."""
        return " ".join(self.screen.split())

    def result(self, task: str, host: str | None = None) -> dict[str, t.Any]:
        """The result of a task as callbacks get it."""
        found = [one for one in self.results if one["task"] == task and host in (None, one["host"]) and not one["event"].startswith("item")]
        assert len(found) == 1, f"{len(found)} results of {task!r}\n{self.screen}"
        return dict(found[0]["result"])

    def value(self, name: str, host: str | None = None) -> t.Any:
        """A value that the playbook recorded."""
        found = [one["value"] for one in self._values if one["name"] == name and host in (None, one["host"])]
        assert len(found) == 1, f"{len(found)} values of {name!r}\n{self.screen}"
        return found[0]

    def hosts(self, name: str) -> list[str]:
        """The hosts that recorded a value."""
        return sorted(one["host"] for one in self._values if one["name"] == name)


def _lines(path: Path) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


class Ansible:
    """ansible-playbook with a home, an inventory and variables of its own.

    Hosts of the inventory: `local` (the controller itself), `remote` and `remote2` (reached through ssh, or what stands in for it here,
    with nothing of the controller's environment).
    """

    time_limit = 90  # seconds for one ansible-playbook

    def __init__(self, folder: Path, sim: Simulator) -> None:
        self.folder = folder
        self.sim = sim
        self.python = sys.executable
        self.target_python = os.environ.get("TARGET_PYTHON", sys.executable)
        self.home = folder / "home"
        self.remote_home = folder / "remote"
        # What the tests write. All else in the folder was written by ansible.
        self.input = folder / "input"
        for path in (self.home, self.remote_home, self.input):
            path.mkdir(parents=True)
        # ansible-core 2.22 makes a socket in there, whose path must be short.
        self.temporary = Path(tempfile.mkdtemp(prefix="ansible-"))
        weakref.finalize(self, shutil.rmtree, self.temporary, ignore_errors=True)
        self.variables: dict[str, t.Any] = {"cohesity": sim.cohesity_login, "commandcenter": sim.commandcenter_login}
        self._runs = 0

    def environment(self) -> dict[str, str]:
        """The whole environment of the controller."""
        return {
            "PATH": f"{Path(self.python).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "REMOTE_HOME": str(self.remote_home),
            "TMPDIR": str(self.temporary),
            "SIMULATOR": self.sim.http_url,
            "LANG": "C.UTF-8",
            "ANSIBLE_CONFIG": str(HERE / "tests" / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(link()),
            "ANSIBLE_ACTION_PLUGINS": str(PLUGINS / "action"),
            "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "recorder",
            "ANSIBLE_NOCOLOR": "1",
            # The default is in the home of the user, which the local connection does not take from HOME.
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote-tmp"),
            "ANSIBLE_SSH_EXECUTABLE": str(SSH),
            "ANSIBLE_SSH_TRANSFER_METHOD": "piped",
        }

    def tasks(self, tasks: str, way: Mapping[str, t.Any] | None = None, *arguments: str, **more: t.Any) -> Run:
        """Run tasks, with the simulator's addresses and credentials as module defaults of both products."""
        keywords = {"gather_facts": False, "module_defaults": MODULE_DEFAULTS, **(way or IN_PROCESS)}
        # JSON is YAML too.
        play = [f"{'-' if number == 0 else ' '} {json.dumps(key)}: {json.dumps(value)}" for number, (key, value) in enumerate(keywords.items())]
        return self.play("\n".join(play) + "\n  tasks:\n" + textwrap.indent(textwrap.dedent(tasks), "    "), *arguments, **more)

    def play(self, playbook: str, *arguments: str, environment: Mapping[str, str] | None = None, **variables: t.Any) -> Run:
        """Run a playbook given as text, or the one of a fully qualified name."""
        self._runs += 1
        results, values = self.folder / f"results-{self._runs}.jsonl", self.input / f"values-{self._runs}.jsonl"
        target = playbook.strip()
        if "\n" in target:
            path = self.input / f"playbook-{self._runs}.yml"
            path.write_text(textwrap.dedent(playbook), encoding="utf-8")
            target = str(path)
        extra = self.input / f"variables-{self._runs}.json"
        extra.write_text(json.dumps({**self.variables, **variables}), encoding="utf-8")
        process = subprocess.run(
            [self.python, "-m", "ansible", "playbook", target, "-i", str(self._inventory()), "-e", f"@{extra}", *arguments],
            cwd=self.folder,
            env={**self.environment(), "RECORDED_RESULTS": str(results), "RECORDED_VALUES": str(values), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.time_limit,
            check=False,
        )
        return Run(process, results, values)

    def _inventory(self) -> Path:
        path = self.input / "inventory"
        path.write_text(
            f"local ansible_connection=local\n[remotes]\nremote\nremote2\n[all:vars]\nansible_python_interpreter={self.target_python}\n",
            encoding="utf-8",
        )
        return path


def distributions(*names: str) -> Iterator[importlib.metadata.Distribution]:
    """The installed distributions of these names, and all that they need."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # needed on other platforms only
        yield distribution
        for requirement in distribution.requires or ():
            if "extra ==" not in requirement:
                waiting.append("".join(character if character.isalnum() or character in "-_." else " " for character in requirement).split()[0])


def provide(folder: Path, *names: str, copy: bool = False) -> Path:
    """Put these distributions, and all that they need, into a folder: as links, or as copies that other users can read."""
    folder.mkdir(parents=True, exist_ok=True)
    for distribution in distributions(*names):
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            source, target = Path(str(distribution.locate_file(top))), folder / top
            if copy and source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            elif copy:
                shutil.copy(source, target)
            elif not target.exists():
                target.symlink_to(source)
    return folder


def make_python(folder: Path, *names: str, base: str = sys.executable) -> str:
    """A virtual environment that holds these distributions, and all that they need, and nothing else; its Python."""
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    (site,) = folder.glob("lib/python*/site-packages")
    provide(site, *names)
    return str(folder / "bin" / "python")
