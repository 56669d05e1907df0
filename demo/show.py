# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a playbook of the demo against the simulator, shows what it prints, and checks that against what the servers saw."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.simulator import Simulator  # noqa: E402
from tests.simulator.credentials import COHESITY_PASSWORD, COHESITY_USERNAME, COMMANDCENTER_PASSWORD, COMMANDCENTER_USERNAME  # noqa: E402

RUN_LIMIT = 120  # seconds
# Every password of the simulator, and every token that it issues here, starts with this word; the second is its start in base64.
SECRET_MARKS = ("canary", "Y2FuYXJ5")
SUMMARY_TASK = "TASK [What was done]"
# Counters that are zero in every run, and make the recap wider than a screen.
IDLE_COUNTERS = re.compile(r" +(unreachable|skipped|rescued|ignored)=0| +$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class DemoError(Exception):
    """The demo does not show what it claims to show."""


class Demo:
    def __init__(self, sim: Simulator, home: str) -> None:
        self.sim = sim
        self.home = Path(home)
        # Nothing of the caller's own set-up is used. SSL_CERT_FILE stands in for a system that trusts the company's CA.
        self.environment = {
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(ROOT / "build" / "installed")),
            "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
            "ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty()),
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "COHESITY_USERNAME": COHESITY_USERNAME,
            "COHESITY_PASSWORD": COHESITY_PASSWORD,
            "COMMANDCENTER_USERNAME": COMMANDCENTER_USERNAME,
            "COMMANDCENTER_PASSWORD": COMMANDCENTER_PASSWORD,
            "HOME": home,
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "SSL_CERT_FILE": sim.ca_path,
        }

    def play(self, command: str, brief: bool = False, login: bool = True) -> str:
        """Run a playbook, show what ansible prints (brief: from its last task on), and return it.

        command: the name of the playbook, with options behind it. login: whether it finds users and passwords in its environment.
        """
        self.sim.clear_requests()
        replaced = ["-e", f"cluster={self.sim.host}", "-e", f"commandcenter={self.sim.url}"]
        environment = {name: value for name, value in self.environment.items() if login or not name.endswith(("_USERNAME", "_PASSWORD"))}
        run = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), *f"demo/{command}".split(), *replaced],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=RUN_LIMIT,
            check=False,
        )
        output = run.stdout
        if any(mark in output for mark in SECRET_MARKS):
            raise DemoError("ansible-playbook printed a secret, so its output is not shown")
        start = output.find(SUMMARY_TASK) if brief and run.returncode == 0 else 0
        print(f"$ ansible-playbook demo/{command}", end="\n\n")
        print(IDLE_COUNTERS.sub("", output[max(start, 0) :].strip()), end="\n\n")
        check(run.returncode == 0, "ansible-playbook succeeded and printed no secret")
        return COLOUR.sub("", output)

    def live(self, start: str = "exporter") -> list[dict[str, Any]]:
        """The tokens whose name starts with this that work at Command Center now, as the server knows them."""
        return [token for token in self.sim.state()["commandcenter"]["tokens"] if token["alive"] and token["name"].startswith(start)]

    def keys(self) -> list[dict[str, Any]]:
        """The API keys that work at the Cohesity cluster now, as the cluster knows them."""
        return [key for key in self.sim.state()["cohesity"]["api_keys"] if key["alive"]]

    def logins(self) -> int:
        """How many tokens the last playbook had the Cohesity cluster issue."""
        return len(self.sim.requests("access-tokens", "POST"))

    def calls(self) -> list[str]:
        """What the last playbook asked of Command Center to manage the token, in order."""
        wanted = "/Login|/Logout|/AccessToken"
        return [f"{request['method']} {request['path'].removeprefix('/commandcenter/api')}" for request in self.sim.requests(wanted)]


def check(holds: bool, sentence: str) -> None:
    if not holds:
        raise DemoError(f"this is not true: {sentence}")
    print(f"  checked: {sentence}")


def title(number: int, text: str) -> None:
    print(f"\n\n=== {number}. {text}\n", flush=True)
