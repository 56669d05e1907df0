# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The generated pages are what the code says now."""

from __future__ import annotations

import re

import pytest

from .collection import MODULES, PLAYBOOK_VARIABLES, ROLES, argument_spec, role_specs
from .reference_pages import COMMAND, FOLDER, environment_page, pages, variables_page


@pytest.mark.parametrize("name", pages())
def test_page_is_current(name: str) -> None:
    assert (FOLDER / f"{name}.rst").read_text(encoding="utf-8") == pages()[name], f"out of date; run: {COMMAND}"


def test_every_environment_variable_is_on_the_page() -> None:
    known = set(re.findall(r"'((?:COHESITY|COMMANDCENTER|VAULT|BAO)_[A-Z_]+)'", str([argument_spec(module) for module in MODULES])))
    assert len(known) > 20
    assert known - set(re.findall(r":envvar:`(\w+)`", environment_page())) == set()


def test_every_variable_is_on_the_page() -> None:
    known = {name for role in ROLES for entry in role_specs(role).values() for name in entry["options"]}
    assert (known | PLAYBOOK_VARIABLES) - set(re.findall(r"``([a-z_]+)``", variables_page())) == set()


def test_no_markup_of_ansible_doc_is_left() -> None:
    assert re.findall(r"\b(?:[CEIMOPV]|RV)\([^)]*\)", variables_page()) == []
