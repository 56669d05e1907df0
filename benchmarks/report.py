# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures as text for the screen, and as a page of the documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from goals import Figures, verdicts
from operations import Count
from plays import FLEET, LARGE, LISTED, LOCAL, Row

LIST_GOALS = (1.0, 100.0)  # seconds, MiB
LOOKUP_GOAL = 0.002  # seconds
WIDTH = 100


def text(figures: Figures, rows: Sequence[Row], counts: Sequence[Count]) -> Iterator[str]:
    """The whole report, line by line."""
    scenarios = {
        LOCAL: f"{figures.numbers[LOCAL]} tasks on one host",
        LISTED: f"{figures.numbers[LISTED]} declared tokens, unchanged",
        FLEET: f"One task on {figures.numbers[FLEET]} hosts, 20 forks",
        LARGE: f"One task on {figures.numbers[LARGE]} hosts, 20 forks",
    }
    for scenario, title in scenarios.items():
        yield f"\n{title:50} {'whole run':>9} {'fastest':>8} {'processor':>9} {'runs':>4} {'one task, start-up off':>22}"
        for row in rows:
            samples = figures.samples[row.scenario, row.key]
            if row.scenario != scenario:
                continue
            if not samples:
                yield f"  {row.label:48} not run: the time was up"
                continue
            fastest, processor = min(sample.wall for sample in samples), min(sample.processor for sample in samples)
            one = 1000 * figures.task(scenario, row.key)
            task = "" if row.key == "nothing" else f"{one:.1f} ms" if one > 0 else "not measured"
            yield f"  {row.label:48} {figures.run(scenario, row.key):7.2f} s {fastest:6.2f} s {processor:7.2f} s {len(samples):4} {task:>22}".rstrip()
    yield from _wrapped(
        "whole run: the median of whole runs of ansible-playbook, its start-up and the simulator's work included; processor: what the fastest of them has "
        "computed, without the simulator. One task, start-up off: the median less the run that does nothing, divided by the number of tasks."
    )
    yield f"\n{'Ratios beside the goals':46} {'wanted':>13} {'whole run':>14} {'start-up off':>14} {'off, processor':>15}"
    for verdict in verdicts(figures):
        whole, task = _said(verdict.whole, verdict.whole_met), _said(verdict.task, verdict.task_met)
        yield f"  {verdict.goal:44} {verdict.wanted:>13} {whole:>14} {task:>14} {_said(verdict.processor, verdict.processor_met):>15}"
        if verdict.reason:
            yield from _wrapped(f"because {verdict.reason}", 6)
    yield f"\n{'Requests to the products':52} {'seen':>5} {'goal':>5}"
    for count in counts:
        goal = "" if count.goal is None else f"{count.goal:5} {_met(len(count.requests) <= count.goal)}"
        yield f"  {count.operation:50} {len(count.requests):5} {goal}".rstrip()
        yield from _wrapped(", ".join(count.requests), 6)
    seconds, mib = LIST_GOALS
    yield "\nA list of 10,000 tokens, inside run() of commandcenter_access_token_info"
    yield f"  time, the simulator's included  {figures.list_seconds:8.2f} s   < {seconds:g} s     {_met(figures.list_seconds < seconds)}"
    yield f"  memory at most                  {figures.list_mib:8.1f} MiB < {mib:g} MiB {_met(figures.list_mib < mib)}"
    yield "\nThe lookup stored_token, from a file: no request"
    milliseconds, wanted = 1000 * figures.lookup_seconds, 1000 * LOOKUP_GOAL
    yield f"  time                            {milliseconds:8.2f} ms  ≤ {wanted:g} ms    {_met(milliseconds <= wanted)}"


def page(figures: Figures, counts: Sequence[Count], machine: str) -> str:
    """The page for the documentation: what does not depend on the machine."""
    found = verdicts(figures)
    rows = []
    for verdict in found:
        whole, task = _said(verdict.whole, verdict.whole_met), _said(verdict.task, verdict.task_met)
        rows.append([f"{verdict.goal[0].upper()}{verdict.goal[1:]}", verdict.wanted, whole, task, _said(verdict.processor, verdict.processor_met)])
    requests = [[count.operation, str(len(count.requests)), "" if count.goal is None else str(count.goal)] for count in counts]
    reasons = [f"- *{verdict.goal}*: {verdict.reason}." for verdict in found if verdict.reason]
    missed = ["", "Why a goal is missed:", "", *(line for reason in reasons for line in textwrap.wrap(reason, 140, subsequent_indent="  "))] if reasons else []
    seconds, mib = LIST_GOALS
    return "\n".join(
        [
            "..",
            # REUSE-IgnoreStart
            "  SPDX-FileCopyrightText: 2026 The dataprotection.access authors",
            "  SPDX-License-Identifier: GPL-3.0-or-later",
            # REUSE-IgnoreEnd
            "",
            ".. Made by `make bench ARGS=--write`; do not edit.",
            "",
            ".. _ansible_collections.dataprotection.access.docsite.performance:",
            "",
            "Performance",
            "===========",
            "",
            f"``make bench`` compares plays against the simulator of both products, in one run on one machine. These figures are from {machine}.",
            "",
            f"A play does {figures.numbers[LOCAL]} tasks on one host, or one task on each of {figures.numbers[FLEET]} or {figures.numbers[LARGE]} hosts",
            f"with 20 forks, or keeps {figures.numbers[LISTED]} declared tokens. *Wanted* has one limit, or two: over whole runs, and with start-up off.",
            "*Whole run* compares whole runs of ``ansible-playbook``, its start-up included; *start-up off* compares what one task adds to it, and",
            "*its processor time* what the controller computes for that, without waiting.",
            "",
            *_table(["", "Wanted", "Whole run", "Start-up off", "Its processor time"], rows),
            *missed,
            "",
            "Requests",
            "--------",
            "",
            "What each operation sends to the products, over one connection:",
            "",
            *_table(["Operation", "Requests", "Goal"], requests),
            "",
            "Long lists",
            "----------",
            "",
            f"A list of 10,000 tokens takes {figures.list_mib:.0f} MiB inside of ``commandcenter_access_token_info`` (goal: less than {mib:g} MiB),",
            f"and {figures.list_seconds:.2f} s with the simulator's own work included (goal: less than {seconds:g} s).",
            "",
            "Lookups",
            "-------",
            "",
            f"With a file, the lookup ``stored_token`` takes {1000 * figures.lookup_seconds:.1f} ms (goal: at most {1000 * LOOKUP_GOAL:g} ms). It sends no",
            "request.",
            "",
        ]
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [heads, *rows]:
        lines += [f"   {'*' if number == 0 else ' '} - {cell}".rstrip() for number, cell in enumerate(row)]
    return lines


def _met(met: bool) -> str:
    return "met" if met else "MISSED"


def _number(ratio: float | None) -> str:
    return "not measured" if ratio is None else f"{ratio:.2f}"


def _said(ratio: float | None, met: bool | None) -> str:
    """The ratio, and whether it is what was wanted; met is None where nothing is wanted of it."""
    return _number(ratio) if ratio is None or met is None else f"{_number(ratio)} {_met(met)}"


def _wrapped(sentence: str, indent: int = 2) -> list[str]:
    return textwrap.wrap(sentence, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)
