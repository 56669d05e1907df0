# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every source file begins with its licence and one line that says what lives there."""

from __future__ import annotations

import ast
import collections
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("plugins", "tests", "benchmarks", "demo")
# What ansible-doc reads of them is their description.
DOCUMENTED = {ROOT / "plugins" / folder for folder in ("modules", "lookup")}
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path.parent not in DOCUMENTED)
SOURCES = {path: path.read_text(encoding="utf-8") for path in FILES}
# REUSE-IgnoreStart
LICENCE = [
    "# SPDX-FileCopyrightText: 2026 The dataprotection.access authors",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
]
# REUSE-IgnoreEnd


def is_empty(path: Path) -> bool:
    """A package's __init__.py that holds nothing needs no words."""
    return path.name == "__init__.py" and not ast.parse(SOURCES[path]).body


def first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(SOURCES[path])) or "").split("\n")[0]


@pytest.mark.parametrize("path", [path for path in FILES if not is_empty(path)], ids=lambda path: str(path.relative_to(ROOT)))
def test_it_says_what_lives_there(path: Path) -> None:
    lines = SOURCES[path].splitlines()
    if lines[0].startswith("#!"):
        del lines[0]
    assert lines[:2] == LICENCE
    assert len(first_line(path).split()) >= 3
    assert first_line(path).rstrip(")")[-1] in ".:"


def test_no_two_files_say_the_same() -> None:
    said = collections.Counter(first_line(path) for path in FILES if first_line(path))
    assert {line: count for line, count in said.items() if count > 1} == {}


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_constant_notice(path: Path) -> None:
    """A sentence that is the same in every file says nothing."""
    assert "Private to the dataprotection.access collection" not in path.read_text(encoding="utf-8")
