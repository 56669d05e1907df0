# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file stores end with the container of a job."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._store.container import WARNING, warn_if_lost_with_job

INSIDE = {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/7"}


def warnings(path: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, *volumes: str) -> list[str]:
    """What is said about a file store where these volumes are mounted."""
    monkeypatch.setattr(os.path, "ismount", lambda folder: folder in ("/", "/runner", *volumes))
    said: list[str] = []
    warn_if_lost_with_job({"file": path, "vault": None}, said.append, environment)
    return said


@pytest.mark.parametrize("path", ["/var/lib/access/token.json", "/token.json", "/runner/project/token.json", "/runner/token.json"])
def test_inside_of_the_container(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert warnings(path, INSIDE, monkeypatch) == [WARNING]
    # The name of a volume alone does not make one.
    assert warnings(path, INSIDE, monkeypatch, "/var/lib/acc") == [WARNING]


@pytest.mark.parametrize("volume", ["/var/lib/access", "/var/lib", "/var"])
def test_on_a_volume_of_the_user(volume: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert warnings("/var/lib/access/token.json", INSIDE, monkeypatch, volume) == []
    assert warnings("/runner/data/token.json", INSIDE, monkeypatch, "/runner/data") == []


def test_link_to_a_volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "link").symlink_to("volume")
    assert warnings(str(tmp_path / "link" / "token.json"), INSIDE, monkeypatch, str((tmp_path / "volume").resolve())) == []


@pytest.mark.parametrize("environment", [{}, {"AWX_ISOLATED_DATA_DIR": ""}, {"AWX_ISOLATED_DATA_DIR": "/srv/runner/artifacts/7"}, {"JOB_ID": "7"}])
def test_outside_of_an_execution_environment(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """ansible-runner without a container, and ansible-playbook."""
    assert warnings("/var/lib/access/token.json", environment, monkeypatch) == []


def test_vault_lasts() -> None:
    said: list[str] = []
    warn_if_lost_with_job({"file": None, "vault": {"path": "tokens/ci"}}, said.append, INSIDE)
    assert said == []
