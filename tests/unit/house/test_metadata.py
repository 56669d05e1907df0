# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of itself, in files that nothing else compares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
RUNTIME = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
GROUPS = {name: set(modules) for name, modules in RUNTIME["action_groups"].items()}
PINNED = sorted((ROOT / "requirements").rglob("*.txt"))


def test_the_group_all_is_the_folder() -> None:
    assert GROUPS["all"] == MODULES


@pytest.mark.parametrize("product", ["cohesity", "commandcenter"])
def test_a_product_s_group_is_its_modules(product: str) -> None:
    assert GROUPS[product] == {name for name in MODULES if name.startswith(f"{product}_")}


def test_every_module_has_its_action() -> None:
    assert {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")} == MODULES


def test_a_minimum_ansible_core_is_the_oldest_of_the_matrix() -> None:
    oldest = min((path.stem for path in (ROOT / "requirements" / "matrix").glob("*.txt")), key=lambda core: [int(part) for part in core.split(".")])
    assert RUNTIME["requires_ansible"] == f">={oldest}.0"


@pytest.mark.parametrize("path", PINNED, ids=lambda path: str(path.relative_to(ROOT)))
def test_requirements_are_pinned(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ;.*)?$", line)] == []
