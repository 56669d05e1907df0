# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses that go to a file: whole or not at all, for this user alone, and never through a link."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._rest.download import download
from tests.simulator import Simulator
from tests.unit.helpers import Task
from tests.unit.rest.conftest import GROUPS, Run


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_written_for_real_in_check_mode_and_twice(sim: Simulator, play: Run, tmp_path: Path) -> None:
    sim.cohesity_seed("groups", 2)
    dest = tmp_path / "groups.json"
    predicted = play(check_mode=True, path=GROUPS, dest=str(dest))
    assert (predicted["changed"], left_over(tmp_path), sim.requests()) == (True, [], [])
    made = play(path=GROUPS, dest=str(dest))
    content = dest.read_bytes()
    assert b"protectionGroups" in content
    assert (made["changed"], made["dest"], made["size"]) == (True, str(dest), len(content))
    assert made["checksum"] == hashlib.sha256(content).hexdigest()
    assert "json" not in made
    assert "content" not in made
    assert dest.stat().st_mode & 0o7777 == 0o600
    number = dest.stat().st_ino
    assert play(path=GROUPS, dest=str(dest))["changed"] is False
    assert dest.stat().st_ino == number
    sim.cohesity_seed("groups", 1)
    assert play(path=GROUPS, dest=str(dest))["changed"] is True
    assert left_over(tmp_path) == ["groups.json"]


def test_a_file_that_others_can_read_is_replaced(play: Run, tmp_path: Path) -> None:
    dest = tmp_path / "groups.json"
    play(path=GROUPS, dest=str(dest))
    dest.chmod(0o644)
    assert play(path=GROUPS, dest=str(dest))["changed"] is True
    assert dest.stat().st_mode & 0o7777 == 0o600


def test_larger_than_the_limit_of_a_result(sim: Simulator, play: Run, tmp_path: Path) -> None:
    sim.fault("big", path="groups", bytes=20 * 2**20)
    assert play(path=GROUPS, dest=str(tmp_path / "big"))["size"] >= 20 * 2**20


@pytest.mark.parametrize("fault", [{"kind": "status", "code": 404}, {"kind": "truncate"}, {"kind": "cut_before"}])
def test_nothing_after_a_failure(sim: Simulator, cohesity: Task, tmp_path: Path, fault: dict[str, Any]) -> None:
    dest = tmp_path / "groups.json"
    dest.write_text("before", encoding="utf-8")
    sim.fault(fault.pop("kind"), path="groups", times=0, **fault)
    cohesity.fails(path=GROUPS, dest=str(dest), retries=0)
    assert (left_over(tmp_path), dest.read_text(encoding="utf-8")) == (["groups.json"], "before")


def test_an_expiry_before_it(sim: Simulator, play: Run, tmp_path: Path) -> None:
    play(path=GROUPS)
    sim.advance(86401)
    assert play(path=GROUPS, dest=str(tmp_path / "x"))["actions"] == ["reauthenticated"]
    assert b"protectionGroups" in (tmp_path / "x").read_bytes()


def test_an_error_inside_200_is_no_file(commandcenter: Task, tmp_path: Path) -> None:
    assert "does not exist" in commandcenter.fails(path="/V2/Plan/99", dest=str(tmp_path / "x")).message
    assert left_over(tmp_path) == []


class TestPlaces:
    def test_a_link(self, sim: Simulator, cohesity: Task, tmp_path: Path) -> None:
        target = tmp_path / "target"
        target.write_text("before", encoding="utf-8")
        (tmp_path / "link").symlink_to(target)
        assert "is a symbolic link" in cohesity.fails(path=GROUPS, dest=str(tmp_path / "link")).message
        assert (target.read_text(encoding="utf-8"), sim.requests()) == ("before", [])

    def test_a_link_to_nothing(self, sim: Simulator, cohesity: Task, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        assert "is a symbolic link" in cohesity.fails(path=GROUPS, dest=str(tmp_path / "link")).message
        assert sim.requests() == []

    def test_a_folder_and_a_pipe(self, sim: Simulator, cohesity: Task, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "is a folder" in cohesity.fails(path=GROUPS, dest=str(tmp_path)).message
        assert "is no plain file" in cohesity.fails(path=GROUPS, dest=str(tmp_path / "pipe")).message
        assert sim.requests() == []

    def test_a_folder_that_is_not_there(self, sim: Simulator, cohesity: Task, tmp_path: Path) -> None:
        assert "does not exist, so nothing was sent" in cohesity.fails(path=GROUPS, dest=str(tmp_path / "no" / "file")).message
        assert sim.requests() == []

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_cannot_be_written_to(self, cohesity: Task, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        assert "cannot be written to" in cohesity.fails(path=GROUPS, dest=str(tmp_path / "file")).message

    def test_a_link_that_appears_meanwhile(self, tmp_path: Path) -> None:
        """What is there at the end counts: a rename would replace the link, and the check refuses it."""
        dest = tmp_path / "file"

        def replaced_meanwhile() -> None:
            with download(str(dest)) as made:
                made.sink.write(b"new")
                dest.symlink_to(tmp_path / "elsewhere")

        with pytest.raises(ApiError, match="is a symbolic link"):
            replaced_meanwhile()
        assert left_over(tmp_path) == ["file"]

    @pytest.mark.parametrize(
        "options", [{"method": "PUT"}, {"method": "DELETE"}, {"paging": "all"}, {"method": "PUT", "body": {"a": 1}, "body_strategy": "merge"}]
    )
    def test_what_it_does_not_go_with(self, sim: Simulator, cohesity: Task, tmp_path: Path, options: dict[str, Any]) -> None:
        assert cohesity.fails(path=GROUPS, dest=str(tmp_path / "x"), **options).message.startswith("dest: it ")
        assert sim.requests() == []
