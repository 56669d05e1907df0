# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goals, and whether the figures meet them."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from plays import FLEET, LOCAL
from runs import Sample


class Figures(NamedTuple):
    """samples: whole runs, by scenario and row. tasks, hosts: how many operations such a run is. login: processor seconds of a bare login."""

    samples: dict[tuple[str, str], list[Sample]]
    tasks: int
    hosts: int
    login: float
    list_seconds: float
    list_mib: float

    def run(self, scenario: str, key: str) -> float:
        """Seconds of a whole run, start-up included."""
        return statistics.median(sample.wall for sample in self.samples[scenario, key])

    def task(self, scenario: str, key: str) -> float:
        """Seconds of one operation: start-up, a run that does nothing, is taken off. Not above 0 where noise hides it."""
        return (self.run(scenario, key) - self.run(scenario, "nothing")) / self._number(scenario)

    def processor(self, scenario: str, key: str) -> float:
        """Seconds that one operation computes, without the simulator's and without start-up: steadier on a busy machine."""
        least = {row: min(sample.processor for sample in self.samples[scenario, row]) for row in (key, "nothing")}
        return (least[key] - least["nothing"]) / self._number(scenario)

    def _number(self, scenario: str) -> int:
        return self.tasks if scenario == LOCAL else self.hosts


class Verdict(NamedTuple):
    """A ratio beside its goal: over whole runs, and with start-up taken off; and that of the processor time, which has no goal.

    None: noise hides what one task takes, and so there is no ratio. reason: why it is missed, "" where it is met.
    """

    goal: str
    wanted: str
    whole: float
    whole_met: bool
    task: float | None
    task_met: bool
    processor: float | None
    reason: str


class _Goal(NamedTuple):
    text: str
    scenario: str
    slow: str
    fast: str
    limit: float
    at_least: bool


_GOALS = (
    _Goal("token task / set_fact task", LOCAL, "ours", "set_fact", 1.5, at_least=False),
    _Goal("login with uri / token task", LOCAL, "uri", "ours", 10, at_least=True),
    _Goal("shipped token task / login with uri", LOCAL, "shipped", "uri", 1, at_least=False),
    _Goal("fleet: token task / set_fact task", FLEET, "ours", "set_fact", 2, at_least=False),
    _Goal("fleet: login with uri / token task", FLEET, "uri", "ours", 5, at_least=True),
    _Goal("fleet: shipped / login with uri", FLEET, "shipped", "uri", 1, at_least=False),
)


def verdicts(figures: Figures) -> list[Verdict]:
    """The goals whose rows were run."""
    found = []
    for goal in _GOALS:
        if not all(figures.samples.get((goal.scenario, key)) for key in ("nothing", "ours", "set_fact", goal.slow, goal.fast)):
            continue
        whole = figures.run(goal.scenario, goal.slow) / figures.run(goal.scenario, goal.fast)
        task = _ratio(*(figures.task(goal.scenario, key) for key in (goal.slow, goal.fast)))
        processor = _ratio(*(figures.processor(goal.scenario, key) for key in (goal.slow, goal.fast)))
        whole_met, task_met = _is_met(whole, goal), task is not None and _is_met(task, goal)
        reason = "" if whole_met and task_met else _reason(goal, figures, task_met)
        if task is None:
            reason = "the time of one task is lost in noise: the machine is too busy, or there are too few tasks"
        wanted = f"{'≥' if goal.at_least else '≤'} {goal.limit:g}"
        found.append(Verdict(goal.text, wanted, whole, whole_met, task, task_met, processor, reason))
    return found


def _ratio(slow: float, fast: float) -> float | None:
    """None unless both are more than nothing: a ratio of noise would look like a figure."""
    return slow / fast if slow > 0 and fast > 0 else None


def _is_met(ratio: float, goal: _Goal) -> bool:
    return ratio >= goal.limit if goal.at_least else ratio <= goal.limit


def _reason(goal: _Goal, figures: Figures, task_met: bool) -> str:
    """In processor time, because on several hosts tasks run side by side and share the clock's."""
    computed = {key: 1000 * figures.processor(goal.scenario, key) for key in ("ours", "set_fact", goal.slow, goal.fast)}
    if goal.slow == "shipped":
        more = computed["shipped"] - computed["uri"]
        return (
            "both start a Python on the target, which takes most of the time; the token task also imports requests and its own files there"
            f" ({abs(more):.0f} ms of processor time {'more' if more > 0 else 'less'} than uri)"
        )
    if goal.at_least and task_met:
        start, whole = figures.run(goal.scenario, "nothing"), figures.run(goal.scenario, "ours")
        return f"both runs include the start-up of ansible-playbook, which is {100 * start / whole:.0f} % of the run with token tasks"
    return (
        f"a token task takes {computed['ours']:.0f} ms of processor time, of which a bare login in a forked process (a TLS connection and one request) "
        f"is {1000 * figures.login:.0f} ms, and then it waits for the server; a set_fact task, which talks to no server, takes "
        f"{computed['set_fact']:.0f} ms"
    )
