# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cells of a matrix are played, and playing them in several lanes at once.

FAULTS_SHARE (0 to 1) is the share of each matrix that is played, FAULTS_SEED (a number) says which share that is, and FAULTS_ONLY (a regex) plays
only the cells whose name matches: the name that a failing cell is reported with.
"""

from __future__ import annotations

import os
import random
import re
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.faults.lane import Lane
from tests.faults.mishaps import Mishap

SHARE = os.environ.get("FAULTS_SHARE")
SEED = os.environ.get("FAULTS_SEED", "0")
ONLY = os.environ.get("FAULTS_ONLY")
GIVE_UP = 5  # failures after which no more cells are begun


def sampled(mishaps: Sequence[Mishap], matrix: str, share: float = 1) -> list[Mishap]:
    """The cells to be played, in their order. share: unless FAULTS_SHARE says otherwise; at least one cell is played."""
    if ONLY:
        return [mishap for mishap in mishaps if re.search(ONLY, str(mishap))]
    share = float(SHARE) if SHARE else share
    wanted = min(len(mishaps), max(1, round(share * len(mishaps))))
    chosen = random.Random(f"{SEED} {matrix}").sample(range(len(mishaps)), wanted)
    return [mishaps[number] for number in sorted(chosen)]


def play_all(lanes: Sequence[Lane], mishaps: Sequence[Mishap], play: Callable[[Lane, Mishap], None], give_up: int = GIVE_UP) -> list[str]:
    """Play these cells, one at a time in each lane; returns a text for each that failed."""
    failures: list[str] = []
    todo, free = iter(mishaps), threading.Lock()

    def work(lane: Lane) -> None:
        while True:
            with free:
                mishap = next(todo, None)
            if mishap is None or len(failures) >= give_up:
                return
            try:
                play(lane, mishap)
            except Exception:  # noqa: BLE001 -- reported with its cell
                failures.append(f"{mishap}\n{traceback.format_exc()}")

    with ThreadPoolExecutor(len(lanes)) as pool:
        for done in [pool.submit(work, lane) for lane in lanes]:
            done.result()
    return failures
