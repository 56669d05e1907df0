# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a task began: before the imports of a shipped module, and anew for each task on the controller."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils import _time

SHIPPED = """
import importlib, sys, time
started, late = time.clock_gettime(time.CLOCK_BOOTTIME), {late}
time.sleep(0.5)
sys.path[:0] = {path!r}
import ansible.plugins.loader; ansible.plugins.loader.init_plugin_loader()
_time = importlib.import_module("ansible_collections.dataprotection.access.plugins.module_utils._time")
if late:
    _time._LOADED_AT += 1000
print(_time.process_started() - started, _time._LOADED_AT - started)
"""
has_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells when a process started")


def offsets(late: bool = False) -> tuple[float, float]:
    """In a process of its own: when its task began and when the file was loaded, in seconds from its first line on."""
    run = subprocess.run([sys.executable, "-c", SHIPPED.format(late=late, path=sys.path)], capture_output=True, text=True, timeout=60, check=True)
    began, loaded = map(float, run.stdout.split())
    return began, loaded


@has_proc
def test_a_shipped_task_begins_with_its_process() -> None:
    began, loaded = offsets()
    assert -30 < began < 0.1
    assert loaded > 0.4


@has_proc
def test_a_process_that_is_older_than_any_module_counts_from_the_import() -> None:
    began, loaded = offsets(late=True)
    assert began == pytest.approx(loaded)


def test_each_task_of_the_controller_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_time, "_task_began", None)
    before = _time.boottime()
    _time.begin_task()
    first = _time.task_began()
    _time.begin_task()
    assert before <= first < _time.task_began() <= _time.boottime()
