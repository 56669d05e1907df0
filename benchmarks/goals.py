# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The goals, and whether the figures meet them."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from plays import FLEET, LARGE, LISTED, LOCAL
from runs import Sample


class Figures(NamedTuple):
    """samples: whole runs, by scenario and row. numbers: how many operations a run of a scenario is. login: processor seconds of a bare login.

    lookup_seconds: one lookup in a file.
    """

    samples: dict[tuple[str, str], list[Sample]]
    numbers: dict[str, int]
    login: float
    list_seconds: float
    list_mib: float
    lookup_seconds: float

    def run(self, scenario: str, key: str) -> float:
        """Seconds of a whole run, start-up included."""
        return statistics.median(sample.wall for sample in self.samples[scenario, key])

    def share(self, scenario: str, key: str) -> float:
        """Seconds of a whole run, start-up included, for each of its operations."""
        return self.run(scenario, key) / self.numbers[scenario]

    def task(self, scenario: str, key: str) -> float:
        """Seconds of one operation: start-up, a run that does nothing, is taken off. Not above 0 where noise hides it."""
        return (self.run(scenario, key) - self.run(scenario, "nothing")) / self.numbers[scenario]

    def processor(self, scenario: str, key: str) -> float:
        """Seconds that one operation computes, without the simulator's and without start-up: steadier on a busy machine."""
        least = {row: min(sample.processor for sample in self.samples[scenario, row]) for row in (key, "nothing")}
        return (least[key] - least["nothing"]) / self.numbers[scenario]


class Verdict(NamedTuple):
    """A ratio beside its goal on both bases, whole runs and start-up taken off; the latter also in processor time.

    task is None where noise hides what one task takes. *_met is None where nothing is wanted of that basis. reason: why it is missed, "" where
    it is met.
    """

    goal: str
    wanted: str
    whole: float
    whole_met: bool | None
    task: float | None
    task_met: bool | None
    processor: float | None
    processor_met: bool | None
    reason: str


class _Goal(NamedTuple):
    """slow and fast: scenario and row. whole, task: the limit over whole runs, and with start-up off; None for no limit."""

    text: str
    slow: tuple[str, str]
    fast: tuple[str, str]
    whole: float | None
    task: float | None
    at_least: bool = False

    @property
    def wanted(self) -> str:
        limits = ["any" if limit is None else f"{limit:g}" for limit in (self.whole, self.task)]
        return f"{'≥' if self.at_least else '≤'} {' / '.join(dict.fromkeys(limits))}"

    def is_met(self, ratio: float | None, limit: float | None) -> bool | None:
        if limit is None:
            return None
        return ratio is not None and (ratio >= limit if self.at_least else ratio <= limit)


_GOALS = (
    _Goal("token task / set_fact task", (LOCAL, "ours"), (LOCAL, "set_fact"), 1.35, 1.8),
    _Goal("login with uri / token task", (LOCAL, "uri"), (LOCAL, "ours"), None, 10, at_least=True),
    _Goal("CA bundle file / hashed CA folder", (LOCAL, "bundle"), (LOCAL, "folder"), 1.05, 1.05),
    _Goal("reuse from a file / set_fact task", (LOCAL, "from_file"), (LOCAL, "set_fact"), None, 1.35),
    _Goal("reuse from Vault / reuse from a file", (LOCAL, "from_vault"), (LOCAL, "from_file"), 1.5, 1.5),
    _Goal("REST call / set_fact task", (LOCAL, "rest"), (LOCAL, "set_fact"), 1.4, None),
    _Goal("REST call with uri / REST call", (LOCAL, "uri_rest"), (LOCAL, "rest"), None, 8, at_least=True),
    _Goal("100 tokens in a loop / in one list task", (LISTED, "looped"), (LISTED, "listed"), None, 20, at_least=True),
    _Goal("shipped token task / login with uri", (LOCAL, "shipped"), (LOCAL, "uri"), 1.05, 1.05),
    _Goal("fleet: token task / set_fact task", (FLEET, "ours"), (FLEET, "set_fact"), 1.5, 1.5),
    _Goal("fleet: login with uri / token task", (FLEET, "uri"), (FLEET, "ours"), 5, 5, at_least=True),
    _Goal("fleet: shipped / login with uri", (FLEET, "shipped"), (FLEET, "uri"), 1.05, 1.05),
    _Goal("one host: large fleet / fleet", (LARGE, "ours"), (FLEET, "ours"), 1.15, 1.15),
)


def verdicts(figures: Figures) -> list[Verdict]:
    """The goals whose rows were run."""
    found = []
    for goal in _GOALS:
        needed = {goal.slow, goal.fast, *((scenario, "nothing") for scenario, _row in (goal.slow, goal.fast)), (LOCAL, "ours"), (LOCAL, "set_fact")}
        if not all(figures.samples.get(row) for row in needed):
            continue
        whole = figures.share(*goal.slow) / figures.share(*goal.fast)
        task = _ratio(figures.task(*goal.slow), figures.task(*goal.fast))
        processor = _ratio(figures.processor(*goal.slow), figures.processor(*goal.fast))
        whole_met, task_met = goal.is_met(whole, goal.whole), goal.is_met(task, goal.task)
        reason = _reason(goal, figures, whole_met, task_met) if False in (whole_met, task_met) else ""
        if task is None:
            reason = "noise hides what one task takes: the machine is too busy, or the tasks are too few"
        found.append(Verdict(goal.text, goal.wanted, whole, whole_met, task, task_met, processor, goal.is_met(processor, goal.task), reason))
    return found


def _ratio(slow: float, fast: float) -> float | None:
    """None unless both are more than nothing: a ratio of noise would look like a figure."""
    return slow / fast if slow > 0 and fast > 0 else None


def _reason(goal: _Goal, figures: Figures, whole_met: bool | None, task_met: bool | None) -> str:
    """Where the time goes. In processor time, because on several hosts tasks run side by side and share the clock's."""
    slow, fast = (1000 * figures.processor(*row) for row in (goal.slow, goal.fast))
    key = goal.slow[1]
    if key == "shipped":
        return (
            "both start a Python on the target, which takes most of the time; the token task also imports requests and its own files there"
            f" ({abs(slow - fast):.0f} ms of processor time {'more' if slow > fast else 'less'} than uri)"
        )
    if key == "bundle":
        return f"with the bundle, a task takes {slow:.1f} ms of processor time, with the folder {fast:.1f} ms; the bundle is read once, during start-up"
    if key == "from_vault":
        return f"the task takes {slow:.1f} ms of processor time, {slow - fast:.1f} ms more than with a file: a TLS connection, one request, and hvac"
    if key == "from_file":
        return (
            f"the task takes {slow:.1f} ms of processor time, a set_fact task {fast:.1f} ms: the difference is the options, the store, and the result's "
            "secrets and fact; loading the action and requests, once in a play, is part of it"
        )
    if goal.slow[0] == LISTED:
        return (
            f"in a loop, a token takes {slow:.1f} ms of processor time, in a list {fast:.1f} ms: its options are checked, and it is compared with the server's"
        )
    if "rest" in (goal.slow[1], goal.fast[1]):
        ours, other = (fast, slow) if goal.at_least else (slow, fast)
        return f"a REST call takes {ours:.1f} ms of processor time, a TLS connection and one request included; the other task {other:.1f} ms"
    if goal.slow[0] == LARGE:
        own = [1000 * figures.share(scenario, "nothing") for scenario in (LARGE, FLEET)]
        return (
            f"one host takes {slow:.1f} ms of processor time instead of {fast:.1f} ms; a run that does nothing takes {own[0]:.1f} ms for each host "
            f"instead of {own[1]:.1f} ms"
        )
    if goal.at_least and task_met and whole_met is False:
        start, whole = figures.run(goal.slow[0], "nothing"), figures.run(*goal.fast)
        return f"both runs include the start-up of ansible-playbook, which is {100 * start / whole:.0f} % of ours"
    ours, set_fact = (1000 * figures.processor(goal.slow[0], row) for row in ("ours", "set_fact"))
    return (
        f"a token task takes {ours:.0f} ms of processor time, of which a bare login in a forked process (a TLS connection and one request) is "
        f"{1000 * figures.login:.0f} ms, and then it waits for the server; a set_fact task, which talks to no server, takes {set_fact:.0f} ms"
    )
