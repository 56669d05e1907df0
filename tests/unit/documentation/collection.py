# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection's documents say, as data, and how to check a task of theirs without running it."""

from __future__ import annotations

import importlib
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.role.include import RoleInclude
from ansible.playbook.task import Task

from tests.tree import HERE

COLLECTION = "dataprotection.access"
MODULES = sorted(path.stem for path in (HERE / "plugins" / "modules").glob("*.py"))
ROLES = sorted(path.parent.parent.name for path in (HERE / "roles").glob("*/meta/argument_specs.yml"))
PAGES = [HERE / "README.md", *sorted((HERE / "roles").glob("*/README.md")), *sorted((HERE / "docs" / "docsite" / "rst").glob("*.rst"))]
PLAYBOOKS = sorted((HERE / "playbooks").glob("*.yml"))
# Variables that the playbooks read beside those of their roles.
PLAYBOOK_VARIABLES = {name for path in PLAYBOOKS for name in re.findall(r"\b(\w+) \| default", path.read_text(encoding="utf-8"))}

BLOCKS = {
    ".rst": re.compile(r"^( *)\.\. code-block:: (\w+)\n(?:\1    :[^\n]*\n)*\n((?:\1    [^\n]*\n|\n)+)", re.MULTILINE),
    ".md": re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL),
}
TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
OMITTED = re.compile(r"\{\{.*\bomit\b.*\}\}", re.DOTALL)
STAND_INS = {"str": "text", "path": "text", "raw": "text", "int": 1, "float": 1.5, "bool": True, "list": [], "dict": {}}


def argument_spec(module: str) -> dict[str, Any]:
    return dict(importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{module}").ARGUMENT_SPEC)


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def role_specs(role: str) -> dict[str, Any]:
    """The entry points of a role."""
    return dict(read_yaml(HERE / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"])


def code_blocks(page: Path, language: str = "yaml") -> Iterator[str]:
    for _indent, of, text in BLOCKS[page.suffix].findall(page.read_text(encoding="utf-8")):
        if of == language:
            yield textwrap.dedent(text)


class Use(NamedTuple):
    """A module or a role's entry point, and the arguments or variables that a document gives it."""

    kind: str
    name: str
    arguments: Mapping[str, Any]

    def errors(self) -> list[str]:
        """What ansible would say to the arguments, with something fitting in the place of each template."""
        if self.kind == "module":
            spec = argument_spec(self.name)
        else:
            role, entry = self.name.split(":")
            spec = dict(role_specs(role)[entry]["options"])
        # A template that may come to nothing is left out.
        given = {name: stand_in(value, spec.get(name, {})) for name, value in self.arguments.items() if not OMITTED.search(str(value))}
        return list(ArgumentSpecValidator(spec).validate(given).error_messages)


def stand_in(value: Any, option: Mapping[str, Any]) -> Any:
    """The value with what a template could have been in its place."""
    inner = option.get("options", {})
    if isinstance(value, Mapping):
        return {key: stand_in(one, inner.get(key, {})) for key, one in value.items()}
    if isinstance(value, list):
        return [stand_in(one, {"type": option.get("elements", "raw"), "options": inner}) for one in value]
    if not isinstance(value, str) or not TEMPLATE.search(value):
        return value
    if TEMPLATE.fullmatch(value.strip()):
        return option["choices"][0] if option.get("choices") else STAND_INS[option.get("type", "str")]
    return TEMPLATE.sub("text", value)


def uses(document: Any) -> Iterator[Use]:
    """All uses of this collection in a playbook, a list of tasks, or a file of variables; ValueError for what is no task."""
    for entry in document if isinstance(document, list) else []:
        if isinstance(entry, Mapping):
            yield from _uses_of_entry(entry)
    if isinstance(document, Mapping):
        yield from _role_variables(document)


def _uses_of_entry(entry: Mapping[str, Any]) -> Iterator[Use]:
    if "ansible.builtin.import_playbook" in entry:
        yield from _role_variables(entry.get("vars", {}))
    elif "hosts" in entry:
        _check_keywords(entry, Play)
        for role in entry.get("roles", []):
            yield from _role(role)
        for part in ("pre_tasks", "tasks", "post_tasks", "handlers"):
            yield from uses(entry.get(part))
    elif "block" in entry:
        _check_keywords(entry, Block)
        for part in ("block", "rescue", "always"):
            yield from uses(entry.get(part))
    else:
        yield from _task(entry)


def _task(task: Mapping[str, Any]) -> Iterator[Use]:
    names = [key for key in task if "." in key]
    if len(names) != 1 or not task.get("name"):
        raise ValueError(f"not one fully qualified module and a name: {sorted(task)}")
    _check_keywords({key: value for key, value in task.items() if key != names[0]}, Task)
    arguments = task[names[0]] or {}
    if names[0] in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
        entry = arguments.get("tasks_from", "main")
        yield Use("role", f"{_own(arguments['name'])}:{entry}", task.get("vars", {}))
    elif names[0].startswith(f"{COLLECTION}."):
        yield Use("module", _own(names[0]), arguments)


def _role(role: str | Mapping[str, Any]) -> Iterator[Use]:
    if isinstance(role, str):
        yield Use("role", f"{_own(role)}:main", {})
    else:
        inline = {key: value for key, value in role.items() if key not in RoleInclude.fattributes and key != "role"}
        yield Use("role", f"{_own(role['role'])}:main", {**inline, **role.get("vars", {})})


def _role_variables(variables: Mapping[str, Any]) -> Iterator[Use]:
    for role in ROLES:
        of_role = {name: value for name, value in variables.items() if str(name).startswith(role) and name not in PLAYBOOK_VARIABLES}
        if of_role:
            yield Use("role", f"{role}:main", of_role)


def _own(name: str) -> str:
    if not name.startswith(f"{COLLECTION}."):
        raise ValueError(f"{name} is not of this collection")
    return name.removeprefix(f"{COLLECTION}.")


def _check_keywords(entry: Mapping[str, Any], kind: Any) -> None:
    unknown = set(entry) - set(kind.fattributes) - {"block", "rescue", "always", "loop_control"}
    if unknown:
        raise ValueError(f"not keywords of a {kind.__name__.lower()}: {sorted(unknown)}")
