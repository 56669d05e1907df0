# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times whole runs of ansible-playbook."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from plays import DECLARED_NAME, DECLARED_TOKENS, LARGE, LISTED, LOCAL, NAMED_TOKEN, Row, play

from tests.simulator import Simulator
from tests.tree import link

ROOT = Path(__file__).resolve().parent.parent
RUN_LIMIT = 400  # seconds for one run
# Rows that take longer than this are run twice at the most, or the bench would take half an hour.
SLOW = 12  # seconds


class BenchError(Exception):
    """A run did not do what it is measured for."""


class Sample(NamedTuple):
    """One whole run, from the start of Python to its end: seconds by the clock, and of processor time without the simulator's."""

    wall: float
    processor: float


class Runs:
    """Runs plays against one simulator. samples: by scenario and row."""

    def __init__(self, sim: Simulator, python: str, folder: Path, numbers: dict[str, int], forget: Callable[[], object]) -> None:
        """numbers: how many operations a run of each scenario is. forget: empties the stores before each run."""
        self.sim, self.python, self.folder, self.numbers, self.forget = sim, python, folder, numbers, forget
        self.samples: dict[tuple[str, str], list[Sample]] = {}
        # Without an interpreter, ansible would search one on every host, for the shipped modules alone.
        variables = {"ansible_connection": "local", "ansible_python_interpreter": python}
        for scenario, hosts in numbers.items():
            names = {f"host{number:04d}": None for number in range(hosts)}
            self._inventory(scenario).write_text(json.dumps({"all": {"hosts": names, "vars": variables}}), encoding="utf-8")

    def _inventory(self, scenario: str) -> Path:
        return self.folder / f"{scenario.replace(' ', '-')}.json"

    def repeat(self, rows: list[Row], rounds: int, budget: float) -> Iterator[str]:
        """Run all rows, then again the ones that are quick, until the budget (seconds) is used up; tells what it does.

        The order is turned round each time, so that a machine that slows down does not slow the same rows each time.
        """
        started = time.monotonic()
        for round_number in range(rounds):
            for row in rows if round_number % 2 == 0 else reversed(rows):
                known = self.samples.setdefault((row.scenario, row.key), [])
                expected = known[0].wall if known else 0
                if (expected > SLOW and len(known) > 1) or (row.scenario == LARGE and known) or time.monotonic() - started + expected > budget:
                    continue
                known.append(self.run(row))
                yield f"round {round_number + 1}: {known[-1].wall:6.2f} s  {row.scenario}: {row.label}"

    def run(self, row: Row) -> Sample:
        """One whole run; raises BenchError unless all was done."""
        self.sim.reset()
        self.sim.commandcenter_create(NAMED_TOKEN)
        if row.scenario == LISTED:
            self.sim.commandcenter_fill(DECLARED_TOKENS, name=DECLARED_NAME)
        self.forget()
        playbook = self.folder / "play.json"
        playbook.write_text(json.dumps(play(row, self.numbers[LOCAL])), encoding="utf-8")
        command = [self.python, "-m", "ansible", "playbook", "--forks", "20", "--inventory", str(self._inventory(row.scenario)), str(playbook)]
        if row.scenario in (LOCAL, LISTED):
            command[4:] = [str(playbook)]
        started, before = time.perf_counter(), _processor_time()
        run = subprocess.run(command, env=self._environment(row), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_LIMIT, check=False)
        sample = Sample(time.perf_counter() - started, _processor_time() - before)
        if run.returncode != 0:
            raise BenchError(f"{row.label}: ansible-playbook ended with {run.returncode}\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
        expected = row.first + row.requests * self.numbers[row.scenario]
        if len(self.sim.requests()) != expected:
            raise BenchError(f"{row.label}: {len(self.sim.requests())} requests instead of {expected}")
        return sample

    def _environment(self, row: Row) -> dict[str, str]:
        """Nothing of the caller's own set-up takes part, and nothing is written to the home directory."""
        return {
            "ANSIBLE_COLLECTIONS_PATH": str(link()),
            "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            # The home directory that ansible would use is the one of the password file, whatever HOME says.
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote"),
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ["PATH"],
            **dict(row.environment),
        }


def _processor_time() -> float:
    """Seconds that the ended child processes, and theirs, have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
