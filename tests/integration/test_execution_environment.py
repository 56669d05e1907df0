# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store.file inside an execution environment: every task that keeps a token there says that it does not outlive the job."""

from __future__ import annotations

import os
import tempfile
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playbook import IN_PROCESS, SHIPPED_LOCALLY, Ansible, Run

INSIDE = {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/1"}
WAYS = {"in process": IN_PROCESS, "shipped": SHIPPED_LOCALLY}
SENTENCE = "It does not outlive the job"
TASKS = {
    "cohesity_access_token": "{store: {file: FOLDER/one.json}}",
    "commandcenter_access_token": "{name: ci, store: {file: FOLDER/one.json}}",
    "commandcenter_access_tokens": "{tokens: [{name: one, store: {file: FOLDER/one.json}}, {name: two, store: {file: FOLDER/two.json}}]}",
}


def mount_of(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if os.path.ismount(folder))


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """A folder of the file system that a container would start from."""
    if mount_of(tmp_path.resolve()) != Path("/"):
        pytest.skip("the folder of this test is on a volume")
    return tmp_path


@pytest.fixture
def volume() -> Iterator[Path]:
    shared = Path("/dev/shm")
    if not os.path.ismount(shared):
        pytest.skip("there is no volume to write to")
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


def run_task(ansible: Ansible, module: str, folder: Path, way: dict[str, t.Any], *arguments: str, environment: dict[str, str]) -> Run:
    options = TASKS[module].replace("FOLDER", str(folder))
    run = ansible.tasks(f"- dataprotection.access.{module}: {options}", way, *arguments, environment=environment)
    assert run.rc == 0, run.screen
    return run


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("module", TASKS)
def test_one_warning(ansible: Ansible, inside: Path, module: str, way: dict[str, t.Any]) -> None:
    """In check mode too, so that the trial run tells."""
    for arguments in (["--check"], []):
        run = run_task(ansible, module, inside, way, *arguments, environment=INSIDE)
        assert run.words.count(SENTENCE) == 1, run.screen
        assert "Use store.vault, or a folder on a volume" in run.words


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nothing_to_say(ansible: Ansible, inside: Path, volume: Path, way: dict[str, t.Any]) -> None:
    """On a volume; and where no container is."""
    assert SENTENCE not in run_task(ansible, "cohesity_access_token", volume, way, environment=INSIDE).words
    assert SENTENCE not in run_task(ansible, "cohesity_access_token", inside, way, environment={}).words


def test_readers_do_not_repeat_it(ansible: Ansible, inside: Path) -> None:
    run_task(ansible, "commandcenter_access_token", inside, IN_PROCESS, environment={})
    tasks = f"""
    - record:
        server: "{{{{ lookup('dataprotection.access.stored_token', file='{inside}/one.json').server }}}}"
    """
    run = ansible.tasks(tasks, environment=INSIDE)
    assert run.rc == 0, run.screen
    assert run.value("server")
    assert SENTENCE not in run.words
