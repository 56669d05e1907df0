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
    _Goal("a token task, in set_fact tasks", LOCAL, "ours", "set_fact", 1.5, at_least=False),
    _Goal("the same login with uri, in token tasks", LOCAL, "uri", "ours", 10, at_least=True),
    _Goal("shipped as a module, in uri tasks", LOCAL, "shipped", "uri", 1, at_least=False),
    _Goal("the fleet, in times of set_fact", FLEET, "ours", "set_fact", 2, at_least=False),
    _Goal("the fleet with uri, in times of ours", FLEET, "uri", "ours", 5, at_least=True),
    _Goal("the fleet shipped, in times of uri", FLEET, "shipped", "uri", 1, at_least=False),
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
            reason = "noise hides what one task takes: the machine is too busy, or the tasks are too few"
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
            "both start a Python on the target, which takes most of the time; ours imports requests there, and its own files"
            f" ({abs(more):.0f} ms of processor time {'more' if more > 0 else 'less'} than uri)"
        )
    if goal.at_least and task_met:
        start, whole = figures.run(goal.scenario, "nothing"), figures.run(goal.scenario, "ours")
        return f"the start-up of ansible-playbook is in both runs, and {100 * start / whole:.0f} % of ours"
    return (
        f"a token task computes {computed['ours']:.0f} ms, a bare login in a forked process (a TLS connection and one request) "
        f"{1000 * figures.login:.0f} ms of processor time alone, and it waits for the server; a set_fact task, which talks to nobody, computes "
        f"{computed['set_fact']:.0f} ms"
    )
