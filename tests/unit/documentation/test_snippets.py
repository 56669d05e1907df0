# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every block of code on a page is run by a test, or its source says why not. (They are run in tests/integration/test_examples.py.)"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.tree import HERE

from .collection import PAGES, SHOWN, Snippet, document_kind, read_snippets, snippets

# This guide has a test that follows it as written, whatever the language of a block.
FOLLOWED = {"guide_rotation"}

PAGE = """\
.. not run: the whole section is
   about something else

Heading
-------

.. code-block:: yaml
    :caption: some.yml

    key: value

Next
----

.. not run: for a reason

.. code-block:: console

    $ reboot

.. code-block:: yaml

    - a list
"""


def problem(page: str, snippet: Snippet) -> str | None:
    """Why no test would run this block."""
    if snippet.language in SHOWN or page in FOLLOWED:
        return None
    if snippet.not_run is not None:
        return None if len(snippet.not_run.split()) >= 3 else "the reason says nothing"
    if snippet.language == "yaml":
        try:
            document_kind(yaml.safe_load(snippet.text))
        except ValueError as error:
            return str(error)
        return None
    if snippet.language == "console":
        return None if all(line.startswith("$ ") for line in snippet.text.splitlines()) else "not only commands"
    return f"no test runs {snippet.language}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HERE)))
def test_each_block_is_run_or_says_why_not(page: Path) -> None:
    assert {snippet.text: problem(page.stem, snippet) for snippet in snippets(page) if problem(page.stem, snippet)} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HERE)))
def test_no_block_is_read_past(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"(?:code-block|code|highlight|sourcecode)::|^ *```\w+", text, re.MULTILINE)
    assert len(snippets(page)) == len(fences)
    assert re.search(r"[^:]::\n\n +\S", re.sub(r"^ *\.\..*$", "", text, flags=re.MULTILINE)) is None, "a literal block has no language"


def test_a_reason_counts_for_its_block_or_its_section() -> None:
    first, second, third = read_snippets(PAGE.replace("\n   about something else", ""), ".rst")
    assert first == Snippet("yaml", "some.yml", "key: value\n", "the whole section is")
    assert second.not_run == "for a reason"
    assert third.not_run is None
    assert problem("page", third)


def test_a_reason_that_belongs_to_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="the whole section is"):
        read_snippets(PAGE, ".rst")


@pytest.mark.parametrize(
    "snippet",
    [
        Snippet("yaml", None, "fields: []\n", None),
        Snippet("yaml", None, "- hosts: all\n- name: a task\n", None),
        Snippet("console", None, "reboot\n", None),
        Snippet("hcl", None, "path {}\n", None),
        Snippet("yaml", None, "fields: []\n", "no"),
    ],
)
def test_what_nothing_runs_needs_a_reason(snippet: Snippet) -> None:
    assert problem("page", snippet)
