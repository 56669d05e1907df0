# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is documented of the lookups is what they take, and their examples are complete tasks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import yaml

from ansible_collections.dataprotection.access.plugins.lookup import stored_token
from tests.tree import HERE, link

from .collection import COLLECTION
from .test_options import fallbacks, flat, named, variables

LOOKUPS = sorted(path.stem for path in (HERE / "plugins" / "lookup").glob("*.py"))


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The page of the lookup as ansible-doc shows it."""
    run = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--type", "lookup", "--json", f"{COLLECTION}.stored_token"],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(link())},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return dict(json.loads(run.stdout)[f"{COLLECTION}.stored_token"])


def test_the_lookups_are_those_that_are_tested_here() -> None:
    assert LOOKUPS == ["stored_token"]


def test_documented_options_are_the_spec(page: dict[str, Any]) -> None:
    told = {name: option for name, option in page["doc"]["options"].items() if name != "_terms"}
    assert flat(told, "suboptions") == flat(stored_token.ARGUMENT_SPEC, "options")


def test_documented_variables_are_those_that_are_read(page: dict[str, Any]) -> None:
    read = variables(stored_token.ARGUMENT_SPEC, "options", fallbacks)
    told = variables(page["doc"]["options"], "suboptions", named)
    for path, names in read.items():
        assert names <= told[path], path


def test_examples_use_the_lookup(page: dict[str, Any]) -> None:
    tasks = yaml.safe_load(page["examples"])
    assert [task for task in tasks if not task["name"]] == []
    assert all(f"lookup('{COLLECTION}.stored_token'" in str(task) for task in tasks)
    # What holds a header is hidden by the user.
    assert all(task.get("no_log") for task in tasks if "headers" in str(task))
