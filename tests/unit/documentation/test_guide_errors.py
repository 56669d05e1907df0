# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages that the guide to errors explains are messages of the code."""

from __future__ import annotations

import ast
import re

import pytest

from tests.tree import HERE

GUIDE = HERE / "docs" / "docsite" / "rst" / "guide_errors.rst"
TERMS = [term for line in re.findall(r"^``.*``$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE) for term in re.findall(r"``(.+?)``", line)]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """The text constants of the code; what stands between the placeholders of an f-string is a constant of its own."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (HERE / "plugins").rglob("*.py")]
    return [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_there_are_messages() -> None:
    assert len(TERMS) > 40


@pytest.mark.parametrize("term", TERMS)
def test_message_is_in_the_code(term: str, texts: list[str]) -> None:
    for part in (part.strip() for part in term.split("…") if part.strip()):
        assert [text for text in texts if part in text], part
