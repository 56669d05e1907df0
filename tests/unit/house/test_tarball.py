# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball that users install: all that they need, and no more."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Folders whose files all go in, and single files.
FOLDERS = {"LICENSES", "changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles"}
FILES = {
    *("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "FILES.json", "LICENSE", "MAINTAINERS", "MANIFEST.json"),
    *("README.md", "REUSE.toml", "SECURITY.md", "tests/config.yml"),
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in the tarball."""
    output = tmp_path_factory.mktemp("tarball")
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    subprocess.run([galaxy, "collection", "build", "--output-path", output, ROOT], check=True, capture_output=True, timeout=60)
    (path,) = output.iterdir()
    with tarfile.open(path) as tarball:
        return {member.name.removeprefix("./") for member in tarball if member.isfile()}


def test_nothing_else_is_in_it(names: set[str]) -> None:
    unexpected = {name for name in names - FILES if name.split("/")[0] not in FOLDERS}
    assert unexpected == set()


def test_no_caches_are_in_it(names: set[str]) -> None:
    assert [name for name in names if "__pycache__" in name or "/." in name or name.endswith(".pyc")] == []


def test_every_file_that_users_need_is_in_it(names: set[str]) -> None:
    folders = ["plugins", "roles", "playbooks", "meta", "docs", "extensions"]
    listed = subprocess.run(["git", "ls-files", "--", *folders], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    assert listed.stdout.split()
    assert set(listed.stdout.split()) <= names
