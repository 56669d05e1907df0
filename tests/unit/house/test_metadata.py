# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of itself, in files that nothing else compares."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]


def read_yaml(path: str | Path) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
RUNTIME = read_yaml("meta/runtime.yml")
CORES = list(read_yaml("requirements/cores.yml"))
OLDEST, *_, NEWEST = CORES
GROUPS = {name: set(modules) for name, modules in RUNTIME["action_groups"].items()}
PINNED = sorted((ROOT / "requirements").rglob("*.txt"))


def test_the_group_all_is_the_folder() -> None:
    assert GROUPS["all"] == MODULES


@pytest.mark.parametrize("product", ["cohesity", "commandcenter"])
def test_a_product_s_group_is_its_modules(product: str) -> None:
    assert GROUPS[product] == {name for name in MODULES if name.startswith(f"{product}_")}


def test_every_module_has_its_action() -> None:
    assert {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")} == MODULES


def test_every_supported_ansible_core_is_pinned() -> None:
    assert {path.stem for path in (ROOT / "requirements" / "matrix").glob("*.txt")} == set(CORES)


def test_the_supported_releases_are_in_order() -> None:
    assert sorted(CORES, key=lambda core: [int(part) for part in core.split(".")]) == CORES


def test_the_oldest_ansible_core_is_the_one_that_is_required() -> None:
    assert RUNTIME["requires_ansible"] == f">={OLDEST}.0"
    assert read_yaml(".ansible-lint")["supported_ansible_also"] == [OLDEST]
    assert {read_yaml(path)["galaxy_info"]["min_ansible_version"] for path in ROOT.glob("roles/*/meta/main.yml")} == {OLDEST}


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md"])
def test_pages_name_the_supported_releases(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    ranges = re.findall(r"ansible-core (2\.\d+) to (2\.\d+)", text)
    assert ranges
    assert set(ranges) == {(OLDEST, NEWEST)}


@pytest.mark.parametrize("path", PINNED, ids=lambda path: str(path.relative_to(ROOT)))
def test_requirements_are_pinned(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ;.*)?$", line)] == []
