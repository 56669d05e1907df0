# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the AWX kit keep the rules of AWX, and each rule catches what breaks it."""

from __future__ import annotations

import copy
import re
import typing as t

import pytest

from tests.awx.kit import INJECTORS, INPUTS, KIT, OBJECTS, PLAYBOOKS, PROJECT, SURVEYS, TEMPLATES, read_yaml
from tests.awx.rules import (
    problems_of_playbook,
    problems_of_rule,
    problems_of_schedule,
    problems_of_survey,
    problems_of_template,
    problems_of_type,
    problems_of_workflow,
)
from tests.unit.documentation.collection import MODULES, PLAYBOOK_VARIABLES, ROLES, argument_spec, role_specs
from tests.unit.documentation.collection import PLAYBOOKS as COLLECTION_PLAYBOOKS

# The kit


@pytest.mark.parametrize("name", INPUTS)
def test_credential_type(name: str) -> None:
    (kind,) = [one["kind"] for one in OBJECTS["credential_types"] if one["directory"] == name]
    assert problems_of_type(kind, INPUTS[name], INJECTORS[name]) == []


def test_every_credential_type_is_loaded() -> None:
    assert {one["directory"] for one in OBJECTS["credential_types"]} == set(INPUTS) == set(INJECTORS)


def test_every_field_reaches_the_job() -> None:
    for name, inputs in INPUTS.items():
        templates = " ".join([*INJECTORS[name]["env"].values(), *INJECTORS[name]["file"].values()])
        assert [field["id"] for field in inputs["fields"] if not re.search(rf"\b{field['id']}\b", templates)] == []


def test_what_is_secret_to_a_module_is_secret_to_awx() -> None:
    """By the environment variable that connects the two."""
    secret = {variable for module in MODULES for variable in _variables(argument_spec(module), secret=True)}
    assert {"COHESITY_PASSWORD", "VAULT_SECRET_ID"} <= secret
    for name, inputs in INPUTS.items():
        hidden = {field["id"] for field in inputs["fields"] if field.get("secret")}
        shown = {field["id"] for field in inputs["fields"]} - hidden
        used = {variable: set(re.findall(r"\w+", template)) for variable, template in INJECTORS[name]["env"].items()}
        assert {variable for variable, words in used.items() if words & hidden} == secret & set(used)
        assert {variable for variable, words in used.items() if words & shown} & secret == set()


def test_the_variables_are_those_of_the_modules() -> None:
    known = {variable for module in MODULES for variable in _variables(argument_spec(module))}
    injected = {variable for injectors in INJECTORS.values() for variable in injectors["env"]}
    assert injected - known == set()
    # OpenBao's own names are for its users' shells.
    assert {variable for variable in known - injected if not variable.startswith("BAO_")} == set()


def _variables(spec: t.Mapping[str, t.Any], *, secret: bool = False) -> t.Iterator[str]:
    for option in spec.values():
        if option.get("no_log") or not secret:
            yield from option.get("fallback", (None, []))[1]
        yield from _variables(option.get("options") or {}, secret=secret)


@pytest.mark.parametrize("name", SURVEYS)
def test_survey(name: str) -> None:
    assert problems_of_survey(SURVEYS[name]) == []


def test_surveys_belong_to_templates() -> None:
    assert {name for name, template in TEMPLATES.items() if template["survey"]} == set(SURVEYS)


def test_surveys_ask_for_what_the_playbooks_read() -> None:
    known = {name for role in ROLES for name in role_specs(role)["main"]["options"]} | PLAYBOOK_VARIABLES
    asked = {question["variable"] for survey in SURVEYS.values() for question in survey["spec"]}
    assert asked - known == set()
    for role in ROLES:
        for variable, option in role_specs(role)["main"]["options"].items():
            for question in (one for survey in SURVEYS.values() for one in survey["spec"] if one["variable"] == variable):
                wanted = {"bool": {"yes", "no"}}.get(option["type"], set(option.get("choices", [])))
                assert set(question.get("choices", [])) == wanted


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_job_template(template: dict[str, t.Any]) -> None:
    assert problems_of_template(template, OBJECTS, PLAYBOOKS) == []


def test_the_fleet_is_sliced() -> None:
    assert TEMPLATES["cohesity_token"]["job_slice_count"] > 1


@pytest.mark.parametrize("schedule", OBJECTS["schedules"], ids=lambda schedule: schedule["name"])
def test_schedule(schedule: dict[str, t.Any]) -> None:
    (key,) = [key for key, template in TEMPLATES.items() if template["name"] == schedule["unified_job_template"]]
    assert problems_of_schedule(schedule, SURVEYS.get(key)) == []


def test_workflow() -> None:
    assert problems_of_workflow(OBJECTS["workflow"], [template["name"] for template in TEMPLATES.values()]) == []


def test_localhost_is_local() -> None:
    hosts = [host for inventory in OBJECTS["inventories"] for host in inventory["hosts"]]
    assert [host["variables"]["ansible_connection"] for host in hosts if host["name"] == "localhost"] == ["local"]


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_project_playbook(name: str) -> None:
    assert problems_of_playbook(name, (PROJECT / name).read_text(encoding="utf-8")) == []


def test_the_project_has_the_playbooks_of_the_collection() -> None:
    imported = {play["ansible.builtin.import_playbook"] for name in PLAYBOOKS for play in read_yaml(PROJECT / name)}
    assert imported == {f"dataprotection.access.{path.stem}" for path in COLLECTION_PLAYBOOKS}


def test_the_project_and_the_image_hold_this_release() -> None:
    version = read_yaml(KIT.parents[1] / "galaxy.yml")["version"]
    wanted = [{"name": "dataprotection.access", "version": f">={version},<{int(version.split('.')[0]) + 1}.0.0"}]
    image = read_yaml(KIT / "execution-environment.yml")
    assert read_yaml(PROJECT / "collections" / "requirements.yml") == {"collections": wanted}
    assert image["version"] == 3
    assert image["dependencies"]["galaxy"]["collections"] == wanted
    assert f"# {image['dependencies']['python'][0]}" in (KIT.parents[1] / "meta" / "requirements.txt").read_text(encoding="utf-8").splitlines()


# Wrong examples

GOOD_FIELD = {"id": "password", "label": "Password", "type": "string"}
GOOD_FLAG = {"id": "flag", "label": "Flag", "type": "boolean"}


def type_with(field: dict[str, t.Any] | None = None, *, kind: str = "cloud", injectors: dict[str, t.Any] | None = None, **inputs: t.Any) -> list[str]:
    fields = [dict(GOOD_FIELD), dict(GOOD_FLAG), *([field] if field else [])]
    return problems_of_type(kind, {"fields": fields, **inputs}, injectors if injectors is not None else {"env": {"THE_PASSWORD": "{{ password }}"}})


def env(template: t.Any, name: str = "A_NAME") -> dict[str, t.Any]:
    return {"injectors": {"env": {name: template}}}


WRONG_TYPES: dict[str, tuple[dict[str, t.Any], str]] = {
    "kind": ({"kind": "vault"}, "kind vault"),
    "a part of inputs": ({"metadata": []}, "inputs has metadata"),
    "a key": ({"field": {"id": "a", "label": "A", "type": "string", "placeholder": "x"}}, "a: unknown key placeholder"),
    "no label": ({"field": {"id": "a", "type": "string"}}, "a: no label"),
    "no id": ({"field": {"label": "A", "type": "string"}}, "None: no id"),
    "id": ({"field": {"id": "1a", "label": "A", "type": "string"}}, "1a: id 1a"),
    "id with a dash": ({"field": {"id": "a-b", "label": "A", "type": "string"}}, "a-b: id a-b"),
    "tower": ({"field": {"id": "tower", "label": "A", "type": "string"}}, "tower: id tower"),
    "a function": ({"field": {"id": "namespace", "label": "A", "type": "string"}}, "namespace: id is a function of Jinja2 (ours)"),
    "the same id": ({"field": dict(GOOD_FIELD)}, "id password twice"),
    "type": ({"field": {"id": "a", "label": "A", "type": "integer"}}, "a: type integer"),
    "no type": ({"field": {"id": "a", "label": "A"}}, "a: no type (ours)"),
    "format": ({"field": {"id": "a", "label": "A", "type": "string", "format": "email"}}, "a: format email"),
    "runtime": ({"field": {"id": "a", "label": "A", "type": "string", "ask_at_runtime": True}}, "a: ask_at_runtime"),
    "secret flag": ({"field": {"id": "a", "label": "A", "type": "boolean", "secret": True}}, "a: secret on a boolean"),
    "flag with lines": ({"field": {"id": "a", "label": "A", "type": "boolean", "multiline": True}}, "a: multiline on a boolean"),
    "flag with choices": ({"field": {"id": "a", "label": "A", "type": "boolean", "choices": ["a"]}}, "a: choices on a boolean"),
    "flag with a format": ({"field": {"id": "a", "label": "A", "type": "boolean", "format": "url"}}, "a: format on a boolean"),
    "default's type": ({"field": {"id": "a", "label": "A", "type": "string", "default": 1}}, "a: default of another type"),
    "true": ({"field": {"id": "a", "label": "A", "type": "boolean", "default": True}}, "a: true by default (ours)"),
    "no choice": ({"field": {"id": "a", "label": "A", "type": "string", "choices": ["b"], "default": "c"}}, "a: default is none of the choices (ours)"),
    "required": ({"required": ["user"]}, "required names user (ours)"),
    "a part of injectors": ({"injectors": {"environment": {}}}, "injectors has environment"),
    "name of a file": ({"injectors": {"file": {"ca": "x"}}}, "file ca"),
    "both kinds of file": ({"injectors": {"file": {"template": "x", "template.a": "x"}}}, "template beside template.NAME"),
    "ansible's variables": (env("x", "ANSIBLE_CONFIG"), "variable ANSIBLE_CONFIG"),
    "AWX's variables": (env("x", "PYTHONPATH"), "variable PYTHONPATH"),
    "beyond ASCII": (env("ä"), "A_NAME: not an ASCII string"),
    "a number": (env(1), "A_NAME: not an ASCII string"),
    "an unknown field": (env("{{ user }}"), "A_NAME: template: 'user' is undefined"),
    "ansible's filter": (env("{{ password | b64encode }}"), "A_NAME: template: No filter named 'b64encode'."),
    "ansible's lookup": (env("{{ lookup('env', 'HOME') }}"), "A_NAME: template: 'lookup' is undefined"),
    "a bare flag": ({"injectors": {"extra_vars": {"a": True}}}, "extra_vars.a: neither text nor list nor dict"),
    "a list of numbers": ({"injectors": {"extra_vars": {"a": [1]}}}, "extra_vars.a: a list with something else than strings"),
    "an empty file": (
        {"injectors": {"file": {"template": "{{ password }}"}, "env": {"A_NAME": "{{ tower.filename }}"}}},
        "A_NAME: names a file that nobody filled in (ours)",
    ),
}


@pytest.mark.parametrize(("wrong", "problem"), WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_wrong_credential_type(wrong: dict[str, t.Any], problem: str) -> None:
    assert problem in type_with(**wrong)


def test_right_credential_type() -> None:
    assert type_with() == []
    assert type_with(injectors={"file": {"template.a": "x"}, "env": {"B": "{% if flag %}{{ tower.filename.a }}{% endif %}"}, "extra_vars": {"c": ["d"]}}) == []


GOOD_QUESTION = {"question_name": "Which", "variable": "which", "type": "multiplechoice", "required": True, "choices": ["no", "yes"], "default": "no"}


def survey_with(**question: t.Any) -> dict[str, t.Any]:
    return {"name": "Name", "description": "Text", "spec": [{key: value for key, value in {**GOOD_QUESTION, **question}.items() if value is not None}]}


WRONG_SURVEYS: dict[str, tuple[dict[str, t.Any], str]] = {
    "name": ({**survey_with(), "name": ""}, "no name"),
    "description": ({**survey_with(), "description": ""}, "no description"),
    "no questions": ({**survey_with(), "spec": []}, "no spec"),
    "a part": ({**survey_with(), "enabled": True}, "survey has enabled"),
    "no name of a question": (survey_with(question_name=None), "which: no question_name"),
    "no variable": (survey_with(variable=None), "None: no variable"),
    "no type": (survey_with(type=None), "which: no type"),
    "not said whether required": (survey_with(required=None), "which: no required"),
    "required": (survey_with(required="yes"), "which: required is no boolean"),
    "a boolean": (survey_with(type="boolean"), "which: type boolean"),
    "multiselect": (survey_with(type="multiselect"), "which: multiselect, whose default is not applied (ours)"),
    "a limit": (survey_with(max="9"), "which: max is no integer"),
    "a true limit": (survey_with(min=True), "which: min is no integer"),
    "no choices": (survey_with(choices=None), "which: choices are no texts"),
    "choices": (survey_with(choices=[False, True]), "which: choices are no texts"),
    "no choice": (survey_with(default="maybe"), "which: default is none of the choices"),
    "an empty default": (survey_with(type="text", default=""), "which: the default is empty (ours)"),
    "a password": (survey_with(type="password"), "which: a password has a default (ours)"),
    "a variable": (survey_with(variable="my-name"), "my-name: variable my-name (ours)"),
    "a key": (survey_with(help="x"), "which: unknown key help (ours)"),
    "the same variable": ({**survey_with(), "spec": [GOOD_QUESTION, GOOD_QUESTION]}, "variable which twice (ours)"),
}


@pytest.mark.parametrize(("survey", "problem"), WRONG_SURVEYS.values(), ids=WRONG_SURVEYS)
def test_wrong_survey(survey: dict[str, t.Any], problem: str) -> None:
    assert problem in problems_of_survey(survey)


def test_right_survey() -> None:
    assert problems_of_survey(survey_with()) == []


GOOD_RULE = "DTSTART:20260101T000000Z RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"
WRONG_RULES = {
    "no start": (GOOD_RULE.partition(" ")[2], "0 DTSTART"),
    "two starts": (f"DTSTART:20260101T000000Z {GOOD_RULE}", "2 DTSTART"),
    "no zone": (GOOD_RULE.replace("Z ", " "), "DTSTART has no time zone"),
    "no rule": (GOOD_RULE.partition(" ")[0], "no RRULE"),
    "no interval": (GOOD_RULE.replace("INTERVAL=1;", ""), "no INTERVAL"),
    "every second": (GOOD_RULE.replace("WEEKLY", "SECONDLY"), "SECONDLY"),
    "the first Monday": (GOOD_RULE.replace("MO", "1MO"), "BYDAY with a number"),
    "an exception": (f"{GOOD_RULE} EXDATE:20260108T000000Z", "EXDATE"),
    "too many": (f"{GOOD_RULE};COUNT=1000", "COUNT above 999"),
}


@pytest.mark.parametrize(("rule", "problem"), WRONG_RULES.values(), ids=WRONG_RULES)
def test_wrong_rule(rule: str, problem: str) -> None:
    assert problem in problems_of_rule(rule)


@pytest.mark.parametrize("rule", [GOOD_RULE, GOOD_RULE.replace(":2026", ";TZID=Europe/Berlin:2026", 1).replace("Z ", " "), f"{GOOD_RULE};COUNT=999"])
def test_right_rule(rule: str) -> None:
    assert problems_of_rule(rule) == []


@pytest.mark.parametrize(
    ("answers", "problem"),
    [({}, "no answer for which"), ({"which": "no", "other": 1}, "nobody asks for other"), ({"which": "maybe"}, "which: maybe is no choice")],
)
def test_wrong_schedule(answers: dict[str, t.Any], problem: str) -> None:
    assert problems_of_schedule({"rrule": GOOD_RULE, "extra_data": answers}, survey_with()) == [problem]


WRONG_TEMPLATES = {
    "survey": ({"survey_spec": {}}, "survey_spec has an address of its own"),
    "playbook": ({"playbook": "dataprotection.access.rotate"}, "playbook dataprotection.access.rotate is not in the project"),
    "inventory": ({"inventory": None}, "inventory None"),
    "credential": ({"credentials": ["Nobody"]}, "credential Nobody"),
    "credentials": ({"credentials": ["Data protection Vault"] * 2}, "two credentials of the type HashiCorp Vault or OpenBao"),
    "facts": ({"use_fact_cache": True}, "use_fact_cache (ours)"),
}


@pytest.mark.parametrize(("change", "problem"), WRONG_TEMPLATES.values(), ids=WRONG_TEMPLATES)
def test_wrong_job_template(change: dict[str, t.Any], problem: str) -> None:
    assert problems_of_template({**TEMPLATES["rotate"], **change}, OBJECTS, PLAYBOOKS) == [problem]


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("site.json", "- hosts: all\n", "neither .yml nor .yaml"),
        ("tasks/site.yml", "- hosts: all\n", "below tasks"),
        ("site.yml", "- name: a task\n", "neither hosts nor import_playbook"),
    ],
)
def test_wrong_playbook(path: str, text: str, problem: str) -> None:
    assert problems_of_playbook(path, text) == [problem]


def test_wrong_workflow() -> None:
    workflow = copy.deepcopy(OBJECTS["workflow"])
    workflow["nodes"][0]["success_nodes"] = ["nowhere"]
    workflow["nodes"][0]["unified_job_template"] = "Nothing"
    assert problems_of_workflow(workflow, []) == ["link to nowhere", "template Nothing"]
    workflow["nodes"].append(workflow["nodes"][0])
    assert "an identifier twice" in problems_of_workflow(workflow, [])
