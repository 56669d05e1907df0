# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers answer to Renew: a pair that can be read is kept, an open end is never taken for a no, and the form that works is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken

# Of these nobody knows what the server behind has done; 429 and 450 and the other statuses of the closed list are verdicts.
OPEN = (409, 425, 451, 499, 507, 511, 520, 521, 522, 523, 524, 525, 530, 599)


@pytest.mark.parametrize("code", OPEN)
@pytest.mark.parametrize("kind", ["status", "status_after"])
def test_an_open_status_is_never_followed_by_the_same_pair(task: StoredToken, sim: Simulator, kind: str, code: int) -> None:
    task()
    sim.fault(kind, path="Renew$", code=code)
    result = task(state="renewed")
    assert result["actions"] == ["recreated"]
    assert len(sim.requests("Renew$")) == 1
    assert sim.state()["commandcenter"]["mails"] == []
    task.settled(result)


@pytest.mark.parametrize("code", [500, 450, 200])
def test_too_late_is_final_whatever_its_status(task: StoredToken, sim: Simulator, code: int) -> None:
    task()
    body = {"errorCode": 22, "errorMessage": "Renew request placed after the permissible time limit"}
    sim.fault("json" if code == 200 else "status", path="Renew$", **({"value": body} if code == 200 else {"code": code, "body": body}))
    message = task.fails(state="renewed").message
    assert "The pair was not rotated. To replace a token that can no longer be renewed, set recreate: state_change" in message
    assert task(state="renewed")["actions"] == ["renewed"]


@pytest.mark.parametrize("switches", [{"commandcenter_renew_answer": "broken"}, {"commandcenter_renew_answer": "expires_in"}], ids=str)
def test_a_broken_answer_that_holds_the_pair_is_kept(task: StoredToken, sim: Simulator, switches: dict[str, Any]) -> None:
    task()
    sim.set(**switches)
    result = task(state="renewed")
    assert result["actions"] == ["renewed"]
    task.settled(result)
    sim.set(commandcenter_renew_answer="json")
    assert task(state="renewed")["actions"] == ["renewed"]
    assert sim.state()["commandcenter"]["mails"] == []


def test_a_pair_beside_an_error_code_is_kept(task: StoredToken, sim: Simulator) -> None:
    task()
    sim.fault("patch", path="Renew$", changes={"error": {"errorCode": 99, "errorMessage": "Strange"}})
    result = task(state="renewed")
    assert result["actions"] == ["renewed"]
    task.settled(result)


def test_without_a_refresh_token_the_access_token_is_kept_and_the_old_pair_is_never_sent(task: StoredToken, sim: Simulator) -> None:
    task()
    sim.fault("patch", path="Renew$", changes={"refreshToken": {"__delete__": True}})
    result = task(state="renewed")
    assert (result["actions"], result["token"]["refresh_token"]) == (["renewed"], None)
    assert sim.check(result["token"]["access_token"])
    record = task.store.read()
    assert record is not None
    assert (record["access_token"], record["suspect_since"] is not None) == (result["token"]["access_token"], True)
    again = task()
    assert again["actions"] == ["recreated"]
    assert len(sim.requests("Renew$")) == 0
    assert sim.state()["commandcenter"]["mails"] == []
    task.settled(again)


def test_an_access_token_that_comes_back_unchanged_is_accepted(task: StoredToken, sim: Simulator) -> None:
    first = task()["token"]
    sim.set(commandcenter_renew_access="same")
    result = task(state="renewed")
    assert result["actions"] == ["renewed"]
    assert result["token"]["access_token"] == first["access_token"]
    task.settled(result)


@pytest.mark.parametrize("form", ["authtoken", "bearer"])
def test_the_form_that_works_is_remembered(task: StoredToken, sim: Simulator, form: str) -> None:
    sim.set(commandcenter_renew_auth=form)
    task()
    result = task(state="renewed")
    assert result["token"]["auth_header"] == form
    header = {"authtoken": "Authtoken", "bearer": "Authorization"}[form]
    assert list(result["token"]["headers"]) == [header]
    assert (task.store.read() or {})["auth_header"] == form
    task(state="renewed")
    # Asked right away in that form.
    assert len(sim.requests("Renew$")) == 1


def test_the_form_that_the_task_names_comes_first(task: StoredToken, sim: Simulator) -> None:
    task(auth_header="authtoken_bearer")
    result = task(state="renewed", auth_header="authtoken_bearer")
    secret = result["token"]["access_token"]
    assert result["token"]["headers"] == {"Authtoken": f"Bearer {secret}"}
    assert sim.requests("Renew$")[0]["headers"]["authtoken"].startswith("Bearer ")
