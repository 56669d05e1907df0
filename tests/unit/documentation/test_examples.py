# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents tell users to write is what ansible takes. (Whether it works is tests/integration/test_examples.py.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tree import HERE

from .collection import MODULES, PAGES, PLAYBOOKS, argument_spec, code_blocks, read_yaml, uses


def relative(path: Path) -> str:
    return str(path.relative_to(HERE))


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_complete(module: str, documented: dict[str, Any]) -> None:
    """Each stands alone: nothing comes from the environment."""
    shown = list(uses(yaml.safe_load(documented[module]["examples"])))
    assert module in {use.name for use in shown}
    assert {use.name: use.errors() for use in shown if use.errors()} == {}


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold_no_password(module: str, documented: dict[str, Any]) -> None:
    secret = {name for name, option in argument_spec(module).items() if option.get("no_log")}
    for use in uses(yaml.safe_load(documented[module]["examples"])):
        assert [name for name in secret & set(use.arguments) if not str(use.arguments[name]).startswith("{{")] == []


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the options' environment variables can give: the pages lean on them."""
    for module in MODULES:
        for option in argument_spec(module).values():
            for name in option.get("fallback", (None, []))[1]:
                monkeypatch.setenv(name, option.get("choices", ["true"])[0])


@pytest.mark.parametrize("page", PAGES, ids=relative)
@pytest.mark.usefixtures("environment")
def test_yaml_of_the_pages(page: Path) -> None:
    for block in code_blocks(page):
        for use in uses(yaml.safe_load(block)):
            assert use.errors() == [], block


@pytest.mark.parametrize("path", [*PLAYBOOKS, *sorted((HERE / "roles").glob("*/tasks/*.yml"))], ids=relative)
@pytest.mark.usefixtures("environment")
def test_playbooks_and_roles(path: Path) -> None:
    for use in uses(read_yaml(path)):
        # The list of tokens is the user's.
        assert [error for error in use.errors() if error != "missing required arguments: commandcenter_tokens"] == []


def test_the_pages_are_not_read_past() -> None:
    """The patterns above still find what they look for."""
    found = [use.name for page in PAGES for block in code_blocks(page) for use in uses(yaml.safe_load(block))]
    assert {name.partition(":")[0] for name in found} >= {"cohesity_access_token", "commandcenter_access_token", "cohesity_token", "commandcenter_tokens"}
