# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user is told about options that do not fit: what was probably meant, and where else a value can come from."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, commandcenter_access_token, commandcenter_access_tokens
from ansible_collections.dataprotection.access.plugins.plugin_utils._arguments import environment_fallbacks, unreadable, validation_message, without_no_log

LOGIN = {"cluster": "c", "username": "backup", "password": "canary"}
STORE = "store takes a dict: for example {file: /path/to/token.json}, or {vault: {path: path/to/token}}"
TOKEN = "token takes the dict that the module returned: the key 'token' of the registered result, for example \"{{ login.token }}\", or the fact"


def message(module: Any = cohesity_access_token, **arguments: Any) -> str:
    unread = unreadable(module.ARGUMENT_SPEC, arguments)
    readable = {name: value for name, value in arguments.items() if name not in unread}
    errors = ArgumentSpecValidator(without_no_log(module.ARGUMENT_SPEC)).validate(readable).errors
    return validation_message("the_module", module.ARGUMENT_SPEC, arguments, [*unread.values(), *errors])


def test_nothing_is_said_about_options_that_fit() -> None:
    assert message(**LOGIN) == ""


@pytest.mark.parametrize(
    ("arguments", "unknown", "meant"),
    [
        ({"passwort": "x"}, "passwort", "Did you mean password instead of passwort?"),
        ({"min_validty": "5m"}, "min_validty", "Did you mean min_validity instead of min_validty?"),
        ({"cohesity_pasword": "x"}, "cohesity_pasword", "Did you mean cohesity_password instead of cohesity_pasword?"),
        ({"store": {"fil": "/a"}}, "store.fil", "Did you mean store.file instead of store.fil?"),
        ({"store": {"vault": {"path": "a", "mnt": "b"}}}, "store.vault.mnt", "Did you mean store.vault.mount instead of store.vault.mnt?"),
    ],
)
def test_a_typo(arguments: dict[str, Any], unknown: str, meant: str) -> None:
    told = message(**{**LOGIN, **arguments})
    assert f"Unsupported parameters for (the_module) module: {unknown}" in told
    assert "Supported parameters include" in told
    assert meant in told


def test_a_name_that_is_like_no_other() -> None:
    assert "Did you mean" not in message(**LOGIN, colour="blue")


def test_what_is_missing_has_a_variable() -> None:
    told = message(commandcenter_access_token, username="backup")
    assert told.startswith("missing required arguments: ")
    assert told.endswith("(or the environment variable COMMANDCENTER_URL)")


@pytest.mark.parametrize("token", ["a text", 5, {"changed": True, "token": {"access_token": "canary"}, "failed": False}], ids=["text", "number", "result"])
def test_a_token_of_the_wrong_type(token: Any) -> None:
    assert message(**LOGIN, token=token).endswith(TOKEN)


@pytest.mark.parametrize("store", ["/path/to/token.json", ["/path"], 5, True, [{"file": "/path"}]])
def test_a_store_of_the_wrong_type(store: Any) -> None:
    assert message(**LOGIN, store=store).endswith(STORE)


@pytest.mark.parametrize("value", [5, 1.5, True, [], [1], [{"path": "a"}]])
def test_no_value_of_a_part_breaks_the_validation(value: Any) -> None:
    assert message(**LOGIN, store={"vault": value}).startswith("store.vault must be a dictionary")


def test_several_errors_are_all_told() -> None:
    told = message(commandcenter_access_token, passwort="x", state="gone")
    for part in ("passwort", "value of state must be one of: present, renewed, absent, got: gone", "missing required arguments: url (or the environment"):
        assert part in told


def test_environment_reaches_the_entries_of_a_list() -> None:
    """A shipped module has nothing of the controller's environment."""
    entries = [{"name": "a", "store": {"vault": {"path": "p"}}}, {"name": "b", "store": {"vault": {"path": "q", "token": "own"}}}, {"name": "c"}, "no dict"]
    found = environment_fallbacks(commandcenter_access_tokens.ARGUMENT_SPEC, {"tokens": entries}, {"VAULT_TOKEN": "canary", "VAULT_ADDR": "https://v"})
    assert found["tokens"] == [
        {"name": "a", "store": {"vault": {"path": "p", "token": "canary", "url": "https://v"}}},
        {"name": "b", "store": {"vault": {"path": "q", "token": "own", "url": "https://v"}}},
        {"name": "c"},
        "no dict",
    ]
