# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6.1 accepts, and what this kit asks of itself beyond that: each function returns the problems of a document.

The rules were seen on a running AWX or read in its source. Those that are ours alone, stricter than AWX, are marked "(ours)".
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace

from jinja2 import StrictUndefined, TemplateError
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.sandbox import ImmutableSandboxedEnvironment

Document = Mapping[str, t.Any]

FIELD_KEYS = {"id", "label", "type", "format", "choices", "help_text", "multiline", "secret", "ask_at_runtime", "default"}
NOT_FOR_BOOLEANS = ("secret", "multiline", "format", "choices")
REFUSED_VARIABLES = {
    *("VIRTUAL_ENV", "PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "INVENTORY_SOURCE_ID", "INVENTORY_UPDATE_ID", "AD_HOC_COMMAND_ID"),
    *("REST_API_URL", "REST_API_TOKEN", "MAX_EVENT_RES", "CALLBACK_QUEUE", "CALLBACK_CONNECTION", "CACHE", "JOB_CALLBACK_DEBUG"),
    *("INVENTORY_HOSTVARS", "AWX_HOST", "PROJECT_REVISION", "SUPERVISOR_CONFIG_PATH"),
}
QUESTION_KEYS = {"question_name", "question_description", "variable", "type", "required", "choices", "default", "min", "max"}
QUESTION_TYPES = {"text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"}
FOLDERS_WITHOUT_PLAYBOOKS = {"roles", "tasks", "group_vars", "host_vars"}


# Credential types


def problems_of_type(kind: str, inputs: Document, injectors: Document) -> list[str]:
    """Problems of a custom credential type."""
    found = [] if kind in ("cloud", "net") else [f"kind {kind}"]
    return [*found, *_of_inputs(inputs), *_of_injectors(injectors, inputs)]


def _of_inputs(inputs: Document) -> Iterator[str]:
    yield from (f"inputs has {key}" for key in set(inputs) - {"fields", "required"})
    fields = inputs.get("fields", [])
    names = [field.get("id") for field in fields]
    yield from (f"id {name} twice" for name in set(names) if names.count(name) > 1)
    # AWX takes a name without a field, and can then never launch a job with it.
    yield from (f"required names {name} (ours)" for name in inputs.get("required", []) if name not in names)
    for field in fields:
        yield from (f"{field.get('id')}: {problem}" for problem in _of_field(field))


def _of_field(field: Document) -> Iterator[str]:
    yield from (f"unknown key {key}" for key in set(field) - FIELD_KEYS)
    yield from (f"no {key}" for key in ("id", "label") if not field.get(key))
    name, kind = str(field.get("id")), field.get("type", "string")
    if not re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", name) or name == "tower":
        yield f"id {name}"
    if name in DEFAULT_NAMESPACE:
        # AWX sets no variable for an empty field, and Jinja2's function of that name is rendered in its place.
        yield "id is a function of Jinja2 (ours)"
    if kind not in ("string", "boolean"):
        yield f"type {kind}"
    if "type" not in field:
        # AWX's injection code asks for it.
        yield "no type (ours)"
    if field.get("format") not in (None, "ssh_private_key", "url"):
        yield f"format {field['format']}"
    if "ask_at_runtime" in field:
        yield "ask_at_runtime"
    if kind == "boolean":
        yield from (f"{key} on a boolean" for key in NOT_FOR_BOOLEANS if key in field)
    yield from _of_default(field, kind)


def _of_default(field: Document, kind: str) -> Iterator[str]:
    default = field.get("default")
    if default is not None and not isinstance(default, {"string": str, "boolean": bool}.get(kind, object)):
        yield "default of another type"
    if default is True:
        # AWX takes it and never applies it: an unset boolean is false.
        yield "true by default (ours)"
    if "choices" in field and default not in (None, *field["choices"]):
        yield "default is none of the choices (ours)"


def _of_injectors(injectors: Document, inputs: Document) -> Iterator[str]:
    yield from (f"injectors has {key}" for key in set(injectors) - {"file", "env", "extra_vars"})
    files = injectors.get("file", {})
    yield from (f"file {name}" for name in files if not re.fullmatch(r"template(\.\w+)?", name))
    if "template" in files and len(files) > 1:
        yield "template beside template.NAME"
    for name, value in injectors.get("env", {}).items():
        if name in REFUSED_VARIABLES or name.startswith("ANSIBLE_"):
            yield f"variable {name}"
        if not isinstance(value, str) or not value.isascii():
            yield f"{name}: not an ASCII string"
    yield from _of_extra_vars(injectors.get("extra_vars", {}), "extra_vars")
    for name, template in _templates(injectors):
        yield from (f"{name}: {problem}" for problem in _of_template(template, inputs, files))


def _of_extra_vars(value: object, where: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _of_extra_vars(one, f"{where}.{name}")
    elif isinstance(value, list):
        yield from (f"{where}: a list with something else than strings" for one in value if not isinstance(one, str))
    elif not isinstance(value, str):
        yield f"{where}: neither text nor list nor dict"


def _templates(injectors: Document) -> Iterator[tuple[str, str]]:
    for part in injectors.values():
        if isinstance(part, Mapping):
            yield from ((name, value) for name, value in part.items() if isinstance(value, str))


def _of_template(template: str, inputs: Document, files: Mapping[str, str]) -> Iterator[str]:
    """AWX renders each template with all fields set. Ansible's filters and lookups are not there."""
    names = {name.partition(".")[2]: "/runner/env/tmp" for name in files}
    filename: t.Any = SimpleNamespace(**names) if "" not in names else "/runner/env/tmp"
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    fields = {str(field["id"]): "text" for field in inputs.get("fields", []) if "id" in field}
    try:
        environment.from_string(template).render({**fields, "tower": SimpleNamespace(filename=filename)})
    except TemplateError as error:
        yield f"template: {error.message}"
        return
    # With nothing filled in, AWX makes an empty file all the same, and its name would be taken for a CA certificate.
    if "tower.filename" in template and ImmutableSandboxedEnvironment().from_string(template).render(tower=SimpleNamespace(filename=filename)):
        yield "names a file that nobody filled in (ours)"


# Surveys


def problems_of_survey(survey: Document) -> list[str]:
    """Problems of a survey."""
    found = [f"no {key}" for key in ("name", "description", "spec") if not survey.get(key)]
    found += [f"survey has {key}" for key in set(survey) - {"name", "description", "spec"}]
    variables = [question.get("variable") for question in survey.get("spec", [])]
    found += [f"variable {name} twice (ours)" for name in {name for name in variables if variables.count(name) > 1}]
    for question in survey.get("spec", []):
        found += [f"{question.get('variable')}: {problem}" for problem in (*_of_question(question), *_of_answer(question))]
    return found


def _of_question(question: Document) -> Iterator[str]:
    yield from (f"no {key}" for key in ("question_name", "variable", "type", "required") if key not in question)
    yield from (f"unknown key {key} (ours)" for key in set(question) - QUESTION_KEYS)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", str(question.get("variable"))):
        # AWX does not look at it, and the play never sees it.
        yield f"variable {question.get('variable')} (ours)"
    if question.get("type") not in QUESTION_TYPES:
        yield f"type {question.get('type')}"
    if question.get("type") == "multiselect":
        yield "multiselect, whose default is not applied (ours)"
    if not isinstance(question.get("required", True), bool):
        yield "required is no boolean"
    yield from (f"{key} is no integer" for key in ("min", "max") if key in question and (isinstance(question[key], bool) or not isinstance(question[key], int)))


def _of_answer(question: Document) -> Iterator[str]:
    if question.get("type") == "multiplechoice":
        choices = question.get("choices")
        if not choices or not all(isinstance(choice, str) for choice in choices):
            yield "choices are no texts"
        elif question.get("default", choices[0]) not in choices:
            yield "default is none of the choices"
    if "default" not in question:
        return
    if question["default"] == "":
        # It would set the variable to '' and win over the template's own.
        yield "the default is empty (ours)"
    if question.get("type") == "password":
        # Each load counts as a change, and the answer is shown in events.
        yield "a password has a default (ours)"


# Schedules


def problems_of_rule(rule: str) -> list[str]:
    """Problems of a schedule's rrule."""
    starts = re.findall(r"DTSTART[^\s]*", rule)
    rules = re.findall(r"\bRRULE:(\S+)", rule)
    found = [] if len(starts) == 1 else [f"{len(starts)} DTSTART"]
    found += ["DTSTART has no time zone" for start in starts if not re.fullmatch(r"DTSTART(:\d{8}T\d{6}Z|;TZID=[\w/+-]+:\d{8}T\d{6})", start)]
    found += [] if rules else ["no RRULE"]
    if "EXDATE" in rule:
        found.append("EXDATE")
    for parts in (dict(part.partition("=")[::2] for part in one.split(";")) for one in rules):
        found += [] if parts.get("INTERVAL", "").isdigit() else ["no INTERVAL"]
        found += ["SECONDLY"] if parts.get("FREQ") == "SECONDLY" else []
        found += ["BYDAY with a number"] if re.search(r"\d", parts.get("BYDAY", "")) else []
        found += ["COUNT above 999"] if int(parts.get("COUNT", 0)) > 999 else []
    return found


def problems_of_schedule(schedule: Document, survey: Document | None) -> list[str]:
    """Problems of a schedule for a template with this survey."""
    found = problems_of_rule(schedule["rrule"])
    asked = {question["variable"]: question for question in (survey or {}).get("spec", [])}
    given = schedule.get("extra_data", {})
    found += [f"no answer for {name}" for name, question in asked.items() if question["required"] and name not in given]
    found += [f"nobody asks for {name}" for name in set(given) - set(asked)]
    found += [f"{name}: {value} is no choice" for name, value in given.items() if value not in asked.get(name, {}).get("choices", [value])]
    return found


# Projects, job templates, workflows


def problems_of_playbook(path: str, text: str) -> list[str]:
    """Why AWX would not offer this file of a project as a playbook."""
    *folders, name = path.split("/")
    found = [] if name.endswith((".yml", ".yaml")) else ["neither .yml nor .yaml"]
    found += [f"below {folder}" for folder in folders if folder in FOLDERS_WITHOUT_PLAYBOOKS]
    return found + ([] if re.search(r"^\s*-?\s*(hosts|(ansible\.builtin\.)?import_playbook):", text, re.MULTILINE) else ["neither hosts nor import_playbook"])


def problems_of_template(template: Document, objects: Document, playbooks: Sequence[str]) -> list[str]:
    """Problems of a job template among the other objects."""
    found = ["survey_spec has an address of its own"] if "survey_spec" in template else []
    if template.get("playbook") not in playbooks:
        found.append(f"playbook {template.get('playbook')} is not in the project")
    if template.get("inventory") not in [inventory["name"] for inventory in objects["inventories"]] and not template.get("ask_inventory_on_launch"):
        found.append(f"inventory {template.get('inventory')}")
    types = {credential["name"]: credential["credential_type"] for credential in objects["credentials"]}
    used = [types.get(name) for name in template.get("credentials", [])]
    found += [f"credential {name}" for name in template.get("credentials", []) if name not in types]
    found += [f"two credentials of the type {name}" for name in set(used) if name and used.count(name) > 1]
    if template.get("use_fact_cache"):
        found.append("use_fact_cache (ours)")
    return found


def problems_of_workflow(workflow: Document, templates: Sequence[str]) -> list[str]:
    """Problems of a workflow's nodes. A node without a template gets the user's."""
    nodes = {node["identifier"]: node for node in workflow["nodes"]}
    found = [] if len(nodes) == len(workflow["nodes"]) else ["an identifier twice"]
    for node in nodes.values():
        found += [f"link to {name}" for name in node.get("success_nodes", []) if name not in nodes]
        if node.get("unified_job_template") not in (None, *templates):
            found.append(f"template {node['unified_job_template']}")
    return found
