# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is documented of the options is what the modules take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from .collection import MODULES, argument_spec

# Read by what the modules stand on, for every server.
COMMON_VARIABLES = {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"}


def flat(options: Mapping[str, Any], inner: str, path: str = "") -> dict[str, dict[str, Any]]:
    """All that a user can rely on of each option, by its path; inner: the key of the options inside of one."""
    found: dict[str, dict[str, Any]] = {}
    for name, option in options.items():
        found[path + name] = {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "aliases": sorted(option.get("aliases", [])),
        }
        found.update(flat(option.get(inner) or {}, inner, f"{path}{name}."))
    return found


def variables(options: Mapping[str, Any], inner: str, read: Any, path: str = "") -> dict[str, set[str]]:
    """The environment variables of each option, by its path."""
    found: dict[str, set[str]] = {}
    for name, option in options.items():
        found[path + name] = read(option)
        found.update(variables(option.get(inner) or {}, inner, read, f"{path}{name}."))
    return found


def fallbacks(option: Mapping[str, Any]) -> set[str]:
    return set(option.get("fallback", (None, []))[1])


def named(option: Mapping[str, Any]) -> set[str]:
    description = option["description"]
    return set(re.findall(r"E\(([A-Z_]+)\)", description if isinstance(description, str) else " ".join(description)))


@pytest.mark.parametrize("module", MODULES)
def test_documented_options_are_the_spec(module: str, documented: dict[str, Any]) -> None:
    assert flat(documented[module]["doc"]["options"], "suboptions") == flat(argument_spec(module), "options")


@pytest.mark.parametrize("module", MODULES)
def test_documented_variables_are_those_that_are_read(module: str, documented: dict[str, Any]) -> None:
    read = variables(argument_spec(module), "options", fallbacks)
    told = variables(documented[module]["doc"]["options"], "suboptions", named)
    everywhere = {name for other in MODULES for names in variables(argument_spec(other), "options", fallbacks).values() for name in names}
    for path, names in told.items():
        # A fragment that both products share names the variables of both.
        own = {name for name in names if name in read[path] or name not in everywhere}
        assert own - COMMON_VARIABLES == read[path], path


@pytest.mark.parametrize("module", MODULES)
def test_links_to_options_and_results_lead_somewhere(module: str, documented: dict[str, Any]) -> None:
    page = documented[module]
    options = set(flat(page["doc"]["options"], "suboptions"))
    results = set(flat(page["return"], "contains"))
    text = str(page["doc"]) + str(page["return"])
    linked = {link.partition("=")[0].replace("[]", "") for link in re.findall(r"\bO\(([^):#]+)\)", text)}
    returned = {link.replace("[]", "") for link in re.findall(r"\bRV\(([^)=:#]+)(?:=[^)]*)?\)", text)}
    assert linked - options == set()
    assert returned - results == set()


@pytest.mark.parametrize("module", MODULES)
def test_attributes_are_complete(module: str, documented: dict[str, Any]) -> None:
    attributes = documented[module]["doc"]["attributes"]
    assert {name: attributes[name]["support"] for name in ("action", "action_group", "async", "check_mode", "platform")} == {
        "action": "full",
        "action_group": "full",
        "async": "none",
        "check_mode": "full",
        "platform": "full",
    }
    assert attributes["diff_mode"]["support"] == ("N/A" if module.endswith("_info") else "full")
    assert ("facts" in attributes) == ("publish_facts" in argument_spec(module))
