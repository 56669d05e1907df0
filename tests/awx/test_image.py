# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment, by ansible-builder's own check: it writes what a container engine would then build."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.awx.kit import KIT, read_yaml
from tests.awx.rendering import AWX


def create(definition: Path, context: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ansible_builder", "create", "--file", str(definition), "--context", str(context)]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(AWX), "HOME": str(context.parent), "LANG": "C.UTF-8"}
    return subprocess.run(command, env=environment, cwd=definition.parent, capture_output=True, text=True, timeout=60, check=False)


def test_the_definition_is_right(tmp_path: Path) -> None:
    process = create(KIT / "execution-environment.yml", tmp_path / "context")
    assert process.returncode == 0, process.stdout + process.stderr
    steps = (tmp_path / "context" / "Dockerfile").read_text(encoding="utf-8")
    assert read_yaml(KIT / "execution-environment.yml")["images"]["base_image"]["name"] in steps
    assert "hvac" in (tmp_path / "context" / "_build" / "requirements.txt").read_text(encoding="utf-8")
    assert read_yaml(tmp_path / "context" / "_build" / "requirements.yml") == read_yaml(KIT / "project" / "collections" / "requirements.yml")


def test_with_the_authority_of_the_company(tmp_path: Path) -> None:
    """The lines that the file keeps as comments, with the comment signs removed as it says."""
    text = (KIT / "execution-environment.yml").read_text(encoding="utf-8")
    head, _nothing, lines = text.partition("# additional_build_files")
    definition = tmp_path / "execution-environment.yml"
    definition.write_text(head + re.sub(r"^# ", "", f"# additional_build_files{lines}", flags=re.MULTILINE), encoding="utf-8")
    (tmp_path / "company-ca.pem").write_text("certificate\n", encoding="utf-8")
    process = create(definition, tmp_path / "context")
    assert process.returncode == 0, process.stdout + process.stderr
    (source,) = re.findall(r"^COPY (\S+\.pem) ", (tmp_path / "context" / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert (tmp_path / "context" / source).read_text(encoding="utf-8") == "certificate\n"


def test_a_wrong_definition_is_refused(tmp_path: Path) -> None:
    """So that the check above can fail."""
    definition = tmp_path / "execution-environment.yml"
    definition.write_text(yaml.safe_dump({**read_yaml(KIT / "execution-environment.yml"), "collections": []}), encoding="utf-8")
    process = create(definition, tmp_path / "context")
    assert process.returncode != 0
    assert "collections" in process.stdout + process.stderr
