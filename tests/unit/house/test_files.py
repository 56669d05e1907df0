# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every file of the repository, and no other tool checks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Texts that are not ours.
FOREIGN = ("LICENSE", "LICENSES/")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The tracked files, by name."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout.split("\0")
    own = [name for name in listed if name and not name.startswith(FOREIGN) and (ROOT / name).exists()]
    assert len(own) > 100
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in own}


def test_no_line_ends_in_blanks(texts: dict[str, str]) -> None:
    found = [f"{name}:{number}" for name, text in texts.items() for number, line in enumerate(text.split("\n"), 1) if line != line.rstrip()]
    assert found == []


def test_files_end_with_one_line_end(texts: dict[str, str]) -> None:
    assert [name for name, text in texts.items() if text and (not text.endswith("\n") or text.endswith("\n\n"))] == []


def test_no_character_looks_like_another_or_like_none(texts: dict[str, str]) -> None:
    """Blanks of other widths, and marks that turn the direction of writing: a reader cannot see them."""
    invisible = [*range(0x00A0, 0x00A1), 0x00AD, *range(0x2000, 0x2010), *range(0x2028, 0x2030), *range(0x2060, 0x2070), 0xFEFF]
    assert {name: sorted(set(text) & set(map(chr, invisible))) for name, text in texts.items() if set(text) & set(map(chr, invisible))} == {}
