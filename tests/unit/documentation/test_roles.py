# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the roles: documented as they are, and nothing of the modules left out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.tree import HERE

from .collection import ROLES, argument_spec, read_yaml, role_specs

CONNECTION = set(argument_spec("commandcenter_access_token_info")) - {"name", "name_prefix", "id", "user_id", "expires_within"}
# A pair rotates when it is renewed: one that was written down in a list would end its own chain at the second run.
NEVER_DECLARED = {"access_token", "refresh_token", "publish_facts"}

# What every Cohesity module accepts, and a login ignores.
UNUSED_BY_LOGINS = {"tenant", "access_cluster"}


def options(role: str) -> dict[str, Any]:
    return {name: option for entry in role_specs(role).values() for name, option in entry["options"].items()}


def without_prefix(role: str) -> dict[str, Any]:
    return {name.removeprefix(f"{role}_"): option for name, option in options(role).items()}


def same(documented: dict[str, Any], option: dict[str, Any]) -> bool:
    return all(documented.get(key) == option.get(key) for key in ("type", "choices", "elements"))


@pytest.mark.parametrize("role", ROLES)
def test_documented_defaults_are_the_defaults(role: str) -> None:
    documented = {name: option["default"] for name, option in options(role).items() if "default" in option}
    assert documented == read_yaml(HERE / "roles" / role / "defaults" / "main.yml")


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_that_is_read_is_documented(role: str) -> None:
    for path in (HERE / "roles" / role / "tasks").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        made = set(re.findall(rf"^ +({role}_\w+):", text, re.MULTILINE)) | set(re.findall(rf"(?:register|loop_var): ({role}_\w+)", text))
        read = set(re.findall(rf"\b{role}(?:_\w+)?\b", re.sub(r"^ *(#|- name:|fail_msg:).*", "", text, flags=re.MULTILINE)))
        assert read - made - set(options(role)) == set(), path.name


def test_cohesity_token_has_the_options_of_its_module() -> None:
    spec = argument_spec("cohesity_access_token")
    role = without_prefix("cohesity_token")
    assert set(role) - {"delegate_to", "login"} == set(spec) - {"token", "publish_facts"} - UNUSED_BY_LOGINS
    assert [name for name in spec if name in role and not same(role[name], spec[name])] == []


def test_commandcenter_tokens_has_the_options_of_its_module() -> None:
    spec = argument_spec("commandcenter_access_tokens")
    role = without_prefix("commandcenter_tokens")
    entry = role["commandcenter_tokens"]["options"]
    declared = spec["tokens"]["options"]
    assert set(entry) == set(declared) == {*set(argument_spec("commandcenter_access_token")) - CONNECTION - NEVER_DECLARED, "auth_header"}
    assert {name for name in role if not name.startswith(("renew", "purge"))} - {"commandcenter_tokens"} == CONNECTION - {"renew"}
    assert [name for name in entry if not same(entry[name], declared[name])] == []
    assert [name for name in CONNECTION if not same(role[name], spec[name])] == []
