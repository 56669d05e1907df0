# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of the credentials, the environment gives none beside one that the task gives."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.modules import cohesity_rest, commandcenter_rest
from ansible_collections.dataprotection.access.plugins.plugin_utils._arguments import without_alternatives


@pytest.mark.parametrize(
    ("module", "arguments", "emptied"),
    [
        (cohesity_rest, {}, {}),
        (cohesity_rest, {"token": {"access_token": "x"}}, {"api_key": ""}),
        (cohesity_rest, {"store": {"file": "/x"}}, {"api_key": ""}),
        (cohesity_rest, {"api_key": "x"}, {}),
        (cohesity_rest, {"api_key": "", "token": {}, "session": None}, {}),
        (commandcenter_rest, {"store": {"file": "/x"}}, {"auth_token": ""}),
        (commandcenter_rest, {"username": "x"}, {}),
    ],
)
def test_what_the_environment_must_not_give(module: Any, arguments: dict[str, Any], emptied: dict[str, str]) -> None:
    assert without_alternatives(module.ARGUMENT_SPEC, arguments, module.ONE_OF) == emptied


@pytest.mark.parametrize("module", [cohesity_rest, commandcenter_rest])
def test_the_credentials_are_options(module: Any) -> None:
    assert set(module.ONE_OF) <= set(module.ARGUMENT_SPEC)
