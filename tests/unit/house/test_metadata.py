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
OLDEST, NEWEST = CORES[0], CORES[-1]
GROUPS = {name: set(modules) for name, modules in RUNTIME["action_groups"].items()}
GALAXY = read_yaml("galaxy.yml")
REPOSITORY = GALAXY["repository"]
OWNER, REPOSITORY_NAME = REPOSITORY.rsplit("/", 2)[1:]
LINKS = read_yaml("docs/docsite/links.yml")
# Files that name the repository, since nothing can put the address there for them.
PAGES_WITH_ADDRESSES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/docsite/links.yml"]
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


def test_the_addresses_are_those_of_the_repository() -> None:
    assert GALAXY["homepage"] == REPOSITORY
    assert GALAXY["issues"] == f"{REPOSITORY}/issues"
    # Where .github/workflows/docs.yml publishes.
    assert GALAXY["documentation"] == f"https://{OWNER}.github.io/{REPOSITORY_NAME}/"
    assert LINKS["edit_on_github"]["repository"] == f"{OWNER}/{REPOSITORY_NAME}"


@pytest.mark.parametrize("path", PAGES_WITH_ADDRESSES)
def test_pages_name_no_other_repository(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    named = re.findall(rf"github\.com[/:]([\w.-]+/{re.escape(REPOSITORY_NAME)})", text)
    # git@github.com:OWNER/NAME.git has the suffix that git takes.
    assert {name.removesuffix(".git") for name in named} == {f"{OWNER}/{REPOSITORY_NAME}"}


def test_hvac_has_the_floor_that_is_tested() -> None:
    """Its line in meta/requirements.txt is a comment, since most users have no use for it."""
    (floor,) = re.findall(r"^# hvac>=([0-9.]+)$", (ROOT / "meta" / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"hvac=={floor}" in (ROOT / "requirements" / "lowest.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("library", ["requests", "urllib3"])
def test_libraries_have_the_floor_that_is_tested(library: str) -> None:
    (floor,) = re.findall(rf"^{library}>=([0-9.]+)$", (ROOT / "meta" / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"{library}=={floor}" in (ROOT / "requirements" / "lowest.txt").read_text(encoding="utf-8").splitlines()


def test_the_readme_installs_this_version() -> None:
    assert set(re.findall(r"dataprotection-access-([0-9.]+)\.tar\.gz", (ROOT / "README.md").read_text(encoding="utf-8"))) == {GALAXY["version"]}


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows_run_targets_of_the_makefile(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = set()
    for job in read_yaml(workflow)["jobs"].values():
        steps = "\n".join(step.get("run", "") for step in job["steps"])
        named = re.findall(r"\bmake (?:--silent )?(\$\{\{ matrix\.target \}\}|[a-z-]+)", steps)
        for name in named:
            called.update(job["strategy"]["matrix"]["target"] if name.startswith("$") else [name])
    assert called
    assert called - targets == set()


@pytest.mark.parametrize("path", PINNED, ids=lambda path: str(path.relative_to(ROOT)))
def test_requirements_are_pinned(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ;.*)?$", line)] == []
