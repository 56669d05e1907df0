# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reference of the documentation that leads nowhere fails the build; one to Ansible's own pages becomes a link."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tree import HERE


def build(folder: Path, text: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Build a site of one page, as `make docs` does; the process, and the page."""
    (folder / "source").mkdir()
    (folder / "source" / "index.rst").write_text(f".. _here:\n\nTitle\n=====\n\n{text}\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--conf-dir", HERE / "docs", folder / "source", folder / "html"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    page = folder / "html" / "index.html"
    return run, page.read_text(encoding="utf-8") if page.exists() else ""


@pytest.mark.parametrize(
    "reference",
    [
        ":ref:`nowhere`",
        ":ref:`text <ansible_collections.dataprotection.access.docsite.nowhere>`",
        ":ansplugin:`dataprotection.access.nowhere#module`",
        ":doc:`nowhere`",
        "`nowhere`",
        "`nowhere`_",
    ],
)
def test_a_broken_reference_fails_the_build(tmp_path: Path, reference: str) -> None:
    run, _page = build(tmp_path, f"See {reference}.")
    assert run.returncode != 0
    assert "nowhere" in run.stderr


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        (":ref:`here`", "#here"),
        (":ansplugin:`ansible.builtin.uri#module`", "/collections/ansible/builtin/uri_module.html"),
        (":ansopt:`ansible.builtin.uri#module:headers`", "/collections/ansible/builtin/uri_module.html#parameter-headers"),
        (":ref:`common <common_return_values>`", "/reference_appendices/common_return_values.html"),
    ],
)
def test_a_reference_becomes_a_link(tmp_path: Path, reference: str, address: str) -> None:
    run, page = build(tmp_path, f"See {reference}.")
    assert run.returncode == 0, run.stderr
    assert f'{address}"' in page
