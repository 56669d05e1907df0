# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""overlap: a replaced token works on after its successor was stored, and the first run after that time revokes it."""

from __future__ import annotations

from tests.constants import DAY
from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken

HOUR = 3600


def replaced(task: StoredToken) -> list[int]:
    return [entry["id"] for entry in (task.store.read() or {})["replaced"]]


def test_both_secrets_work_for_that_long(task: StoredToken, sim: Simulator) -> None:
    old = task()["token"]
    predicted = task(check_mode=True, recreate="always", overlap="1d")
    result = task(recreate="always", overlap="1d")
    assert result["actions"] == predicted["actions"] == ["recreated"]
    assert [entry["id"] for entry in result["replaced"]] == [entry["id"] for entry in predicted["replaced"]] == [old["id"]]
    assert sim.check(old["access_token"])
    assert sim.check(result["token"]["access_token"])
    assert task.names() == ["ci.replaced-101", "ci"]
    assert replaced(task) == [old["id"]]
    # A later run leaves it alone, and says so.
    again = task(overlap="1d")
    assert (again["actions"], again["changed"], [entry["id"] for entry in again["replaced"]]) == (["reused"], False, [old["id"]])
    assert len(task.live()) == 2


def test_the_first_run_after_that_ends_the_old_one(task: StoredToken, sim: Simulator) -> None:
    task()
    new = task(recreate="always", overlap="1h")["token"]
    sim.advance(HOUR + 1)
    predicted = task(check_mode=True, min_validity="0s", recreate="never")
    ended = task(min_validity="0s")
    assert "revoked" in ended["actions"]
    assert predicted["actions"] == ended["actions"]
    assert ended["replaced"] == predicted["replaced"] == []
    task.settled(ended)
    assert ended["token"]["id"] == new["id"]


def test_removed_with_its_successor(task: StoredToken) -> None:
    task()
    task(recreate="always", overlap="30d")
    assert task(state="absent")["actions"] == ["revoked"]
    assert task.live() == []
    assert task.store.read() is None


def test_two_replacements_overlap_each_for_itself(task: StoredToken, sim: Simulator) -> None:
    task()
    task(recreate="always", overlap="1d")
    sim.advance(HOUR)
    result = task(recreate="always", overlap="1h")
    assert replaced(task) == [101, 102]
    sim.advance(2 * HOUR)
    task(min_validity="0s")
    assert [token["id"] for token in task.live()] == [101, result["token"]["id"]]
    sim.advance(DAY)
    task(min_validity="0s")
    assert [token["id"] for token in task.live()] == [result["token"]["id"]]


def test_survives_a_renewal(task: StoredToken, sim: Simulator) -> None:
    task()
    task(recreate="always", overlap="1d")
    assert task(state="renewed")["actions"] == ["renewed"]
    assert replaced(task) == [101]
    assert sim.check(task.live()[0]["access_token"])


def test_needs_a_store(task: StoredToken, sim: Simulator) -> None:
    message = task.fails(store=None, overlap="1d").message
    assert message == "overlap needs a store, which keeps the time at which the replaced token is to be revoked"
    assert sim.requests() == []


def test_no_overlap_ends_the_old_one_at_once(task: StoredToken) -> None:
    task()
    result = task(recreate="always")
    assert result["replaced"] == []
    task.settled(result)


def test_an_authorization_that_is_missing_is_told(task: StoredToken, sim: Simulator) -> None:
    """202: an administrator has to authorize the revocation. It is neither an error nor done, and the next run looks again."""
    task()
    sim.set(commandcenter_revoke="pending")
    result = task(state="absent")
    assert result["actions"] == ["revocation_pending"]
    assert any("waits for an administrator's authorization" in warning for warning in task.warnings)
    assert len(task.live()) == 1
    assert task.store.read() is not None
    sim.set(commandcenter_revoke="done")
    assert task(state="absent")["actions"] == ["revoked"]
    assert task.store.read() is None
