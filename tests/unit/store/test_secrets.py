# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets stand in the token of a result and in the record, and in nothing else that a run says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.simulator import Simulator
from tests.simulator.credentials import COMMANDCENTER_PASSWORD
from tests.unit.store.conftest import StoredToken

FAULTS: list[tuple[str, Mapping[str, Any]]] = [
    ("status", {"code": 400, "method": "POST", "path": "Renew$"}),
    ("status", {"code": 500, "method": "POST", "path": "Renew$"}),
    ("cut_after", {"method": "POST", "path": "Renew$"}),
    ("patch", {"method": "POST", "path": "Renew$", "changes": {"refreshToken": ""}}),
    ("patch", {"method": "POST", "path": "Renew$", "changes": {"error": {"errorCode": 5, "errorMessage": "no"}}}),
    ("truncate", {"method": "POST", "path": "AccessToken$"}),
    ("patch", {"method": "POST", "path": "AccessToken$", "changes": {"tokenInfo": {"accessToken": 5}}}),
    ("status", {"code": 400, "method": "DELETE", "path": "AccessToken"}),
    ("status", {"code": 400, "method": "PUT", "path": "AccessToken"}),
]


def said(task: StoredToken, **arguments: Any) -> str:
    """Everything a run says, but for the token of its result."""
    try:
        result = task(**arguments)
    except ApiError as error:
        return f"{error.message} {error.code} {task.warnings}"
    return str({key: value for key, value in result.items() if key != "token"}) + str(task.warnings)


def secrets(task: StoredToken) -> set[str]:
    """Every secret that the server has ever given out, what logged in, and what opens the store."""
    found = {COMMANDCENTER_PASSWORD}
    for token in task.every():
        for pair in [(token["access_token"], token["refresh_token"]), *token["chain"]]:
            found.update(secret for secret in pair if secret)
    if task.store.kind == "vault":
        found.add(task.store.option["vault"]["token"])
    return found


@pytest.mark.parametrize(("kind", "arguments"), FAULTS)
def test_in_trouble(task: StoredToken, sim: Simulator, kind: str, arguments: Mapping[str, Any]) -> None:
    task()
    sim.fault(kind, **arguments)
    words = [said(task, state="renewed"), said(task, recreate="always"), said(task)]
    assert len(secrets(task)) > 4
    assert not [secret for secret in secrets(task) if any(secret in text for text in words)]


def test_a_server_that_quotes_what_it_was_sent(task: StoredToken, sim: Simulator) -> None:
    pair = task()["token"]
    words = f"cannot renew {pair['access_token']} with {pair['refresh_token']}"
    sim.fault("status", method="POST", path="Renew$", code=400, body={"errorMessage": words, "errorCode": 9})
    text = said(task, state="renewed")
    assert "cannot renew" in text
    assert not [secret for secret in secrets(task) if secret in text]


@pytest.mark.parametrize("arguments", [{}, {"state": "renewed"}, {"recreate": "always"}, {"scope": "hyperscale"}, {"state": "absent"}])
def test_when_all_goes_well(task: StoredToken, arguments: Mapping[str, Any]) -> None:
    task()
    for check_mode in (True, False):
        text = said(task, check_mode=check_mode, **arguments)
        assert not [secret for secret in secrets(task) if secret in text]


def test_old_secrets_leave_the_file(task: StoredToken) -> None:
    pair = task()["token"]
    task(state="renewed")
    record = str(task.store.read())
    assert pair["access_token"] not in record
    assert pair["refresh_token"] not in record
