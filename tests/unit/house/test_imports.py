# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who imports whom under plugins/, read from the files themselves: the arrows run down, and never in a circle."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[3] / "plugins"
PREFIX = "ansible_collections.dataprotection.access.plugins."

# From the top floor to the lowest: a file imports from its own part and from the floors below it.
FLOORS = (
    {"action", "lookup"},
    {"plugin_utils"},
    {"modules"},
    {"_module"},
    {"_reconcile"},
    {"_commandcenter", "_cohesity", "_rest"},
    {"_store"},
    {"_http"},
    {"_options", "_redact", "_memory", "_names", "_fingerprint"},
    {"_time"},
    {"_errors", "_fingerprint", "_replacements"},
)
FLOOR_OF = {part: number for number, parts in enumerate(FLOORS) for part in parts}
FILES = sorted(path for path in PLUGINS.rglob("*.py") if path.parts[len(PLUGINS.parts)] != "doc_fragments")


def name_of(path: Path) -> str:
    """The dotted name of a file, from plugins/ on."""
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


def part_of(name: str) -> str:
    """The part of the house that a file belongs to: one of module_utils' own, or the folder."""
    folder, _dot, rest = name.partition(".")
    return rest.split(".")[0] if folder == "module_utils" else folder


def existing(name: str) -> set[str]:
    """The file that a dotted name stands for, if there is one; a package has none."""
    return {name} if PLUGINS.joinpath(*name.split(".")).with_suffix(".py").is_file() else set()


def targets(node: ast.ImportFrom, importer: str) -> set[str]:
    """The files of plugins/ that one `from … import …` reads."""
    if node.level:
        base = ".".join([*importer.split(".")[: -node.level], *((node.module or "").split(".") if node.module else [])])
    elif (node.module or "").startswith(PREFIX):
        base = str(node.module).removeprefix(PREFIX)
    else:
        return set()
    return existing(base).union(*(existing(f"{base}.{alias.name}") for alias in node.names))


def imports(path: Path, *, lazy: bool = False) -> set[str]:
    """The files of plugins/ that a file imports when it is loaded, or with lazy inside of its functions as well.

    What stands under TYPE_CHECKING counts: knowing a type is knowing its file.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    late = {id(node) for function in functions for node in ast.walk(function)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (lazy or id(node) not in late)]
    return set().union(*(targets(node, name_of(path)) for node in found))


def test_the_files_are_there() -> None:
    assert len(FILES) > 20
    assert imports(PLUGINS / "action" / "cohesity_access_token.py") == {"modules.cohesity_access_token", "plugin_utils._action"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_file_has_a_floor(path: Path) -> None:
    assert part_of(name_of(path)) in FLOOR_OF


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_arrows_run_down(path: Path) -> None:
    here = part_of(name_of(path))
    upwards = [name for name in imports(path, lazy=True) if part_of(name) != here and FLOOR_OF[part_of(name)] <= FLOOR_OF[here]]
    assert upwards == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_controller_s_own_code_is_never_shipped(path: Path) -> None:
    """What a module imports goes to the target; a module needs no other module."""
    if path.parent.name == "modules":
        assert {name.partition(".")[0] for name in imports(path, lazy=True)} == {"module_utils"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_are_relative(path: Path) -> None:
    """An absolute one would say the collection's name once more."""
    found = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    assert [node.module for node in found if "dataprotection" in str(node.module)] == []


def test_no_circles() -> None:
    graph = {name_of(path): imports(path, lazy=True) for path in FILES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(FILES)


def test_a_circle_would_be_found() -> None:
    with pytest.raises(ValueError, match="cycle"):
        list(TopologicalSorter({"one": {"two"}, "two": {"one"}}).static_order())
