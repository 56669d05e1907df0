# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a task began: before the imports of a shipped module, and before anything else that the controller does for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# A module as it is on its target: a file that imports what it needs and then runs.
SHIPPED = """
import json, sys, time
started, late = time.clock_gettime(time.CLOCK_BOOTTIME), {late}
time.sleep(0.5)
sys.path[:0] = {path!r}
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
from ansible.module_utils import basic
from ansible_collections.dataprotection.access.plugins.module_utils import _module, _time

basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = json.dumps({{"ANSIBLE_MODULE_ARGS": {{}}}}).encode(), "legacy"
loaded = _module._LOADED_AT - started
if late:
    _module._LOADED_AT += 1000


def run(params, check_mode, warn):
    print(json.dumps([_time.task_began() - started, loaded]))
    sys.exit(0)


_module.run_shipped(run, {{}})
"""
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells when a process started")


def offsets(late: bool = False) -> tuple[float, float]:
    """When the task of a shipped module began and when its files were loaded, in seconds from its first line on."""
    run = subprocess.run([sys.executable, "-c", SHIPPED.format(late=late, path=sys.path)], capture_output=True, text=True, timeout=60, check=True)
    began, loaded = json.loads(run.stdout)
    return began, loaded


def test_a_shipped_task_begins_with_its_process() -> None:
    began, loaded = offsets()
    assert -30 < began < 0.1
    assert loaded > 0.4


def test_a_process_that_is_older_than_any_module_counts_from_the_import() -> None:
    began, loaded = offsets(late=True)
    assert began == pytest.approx(loaded + 1000)
