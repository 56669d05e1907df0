# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection's documents say, as data, and how to check a task of theirs without running it."""

from __future__ import annotations

import importlib
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
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
# Those that set up AWX call no role; the guide to AWX documents them.
PLAYBOOKS = sorted(path for path in (HERE / "playbooks").glob("*.yml") if not path.stem.startswith("awx_"))
# Variables that the playbooks read beside those of their roles.
PLAYBOOK_VARIABLES = {name for path in PLAYBOOKS for name in re.findall(r"\b(\w+) \| default", path.read_text(encoding="utf-8"))}

# What a page says, in its source, about the block or the whole section that follows: why no test runs it.
MARKERS = {".rst": re.compile(r"^\.\. not run: (.+)$"), ".md": re.compile(r"^<!-- not run: (.+) -->$")}
FENCES = {".rst": re.compile(r"^( *)\.\. code-block:: (\w+)$"), ".md": re.compile(r"^( *)```(\w+)$")}
CAPTION = re.compile(r"^ +:caption: (.+)$")
# Languages of blocks that show what is printed: nobody types them in.
SHOWN = {"text"}
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


class Snippet(NamedTuple):
    """A block of code on a page. not_run: the page's reason why no test runs it, None for what a test runs."""

    language: str
    caption: str | None
    text: str
    not_run: str | None


def snippets(page: Path) -> list[Snippet]:
    """Every block of code on a page; ValueError for a reason that belongs to no block and no section."""
    return read_snippets(page.read_text(encoding="utf-8"), page.suffix)


def read_snippets(text: str, kind: str) -> list[Snippet]:
    found: list[Snippet] = []
    lines = text.splitlines()
    marked = of_section = None
    number = 0
    while number < len(lines):
        line = lines[number]
        fence, marker = FENCES[kind].match(line), MARKERS[kind].match(line)
        number += 1
        if marker:
            marked = marker[1]
        elif fence:
            body = list(_body(lines[number:], fence[1], kind))
            number += len(body)
            found.append(_snippet(fence[2], body, kind, marked or of_section))
            marked = None
        elif _is_heading(lines, number - 1, kind):
            of_section, marked = marked, None
        elif line.strip() and marked:
            raise ValueError(f"'not run: {marked}' stands before neither a block nor a heading")
    if marked:
        raise ValueError(f"'not run: {marked}' is the last thing on the page")
    return found


def _body(lines: Sequence[str], indent: str, kind: str) -> Iterator[str]:
    """The lines of a block, from the one after its fence."""
    for line in lines:
        if line == f"{indent}```" if kind == ".md" else line.strip() and not line.startswith(f"{indent} "):
            return
        yield line


def _snippet(language: str, body: Sequence[str], kind: str, not_run: str | None) -> Snippet:
    captions = [match[1] for line in body if kind == ".rst" and (match := CAPTION.match(line))]
    code = [line for line in body if kind == ".md" or not re.match(r"^ +:\w+:", line)]
    return Snippet(language, captions[0] if captions else None, textwrap.dedent("\n".join(code)).strip("\n") + "\n", not_run)


def _is_heading(lines: Sequence[str], number: int, kind: str) -> bool:
    if kind == ".md":
        return lines[number].startswith("#")
    below = lines[number + 1] if number + 1 < len(lines) else ""
    return bool(lines[number].strip()) and len(below) > 2 and below[0] in "=-~^" and set(below) == {below[0]}


def code_blocks(page: Path) -> Iterator[str]:
    """The YAML of a page that tests run."""
    for snippet in snippets(page):
        if snippet.language == "yaml" and snippet.not_run is None:
            yield snippet.text


def document_kind(document: Any) -> str:
    """What a YAML block is: plays, tasks, or variables of a role; ValueError for what no test knows how to run."""
    if isinstance(document, list) and all(isinstance(entry, Mapping) for entry in document):
        is_play = ["hosts" in entry or "ansible.builtin.import_playbook" in entry for entry in document]
        if all(is_play):
            return "plays"
        if not any(is_play):
            return "tasks"
    if isinstance(document, Mapping) and any(str(name).startswith(role) for role in ROLES for name in document):
        return "variables"
    raise ValueError("neither plays, nor tasks, nor variables of a role: say why it is not run")


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
