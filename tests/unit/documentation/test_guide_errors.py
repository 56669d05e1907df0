# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages that the guides explain are messages of the code."""

from __future__ import annotations

import ast
import re

import pytest

from tests.tree import HERE

GUIDES = [HERE / "docs" / "docsite" / "rst" / name for name in ("guide_errors.rst", "guide_store.rst")]
LINES = [line for guide in GUIDES for line in re.findall(r"^``.*``$", guide.read_text(encoding="utf-8"), re.MULTILINE)]
TERMS = [term for line in LINES for term in re.findall(r"``(.+?)``", line)]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """The text constants of the code; what stands between the placeholders of an f-string is a constant of its own."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (HERE / "plugins").rglob("*.py")]
    return [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_there_are_messages() -> None:
    assert len(TERMS) > 50


@pytest.mark.parametrize("term", TERMS)
def test_message_is_in_the_code(term: str, texts: list[str]) -> None:
    for part in (part.strip() for part in term.split("…") if part.strip()):
        assert [text for text in texts if part in text], part
