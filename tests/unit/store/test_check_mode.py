# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode writes nothing, to the server or to the store, and says what the run after it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.constants import ASKED_AGAIN, DAY, NEARLY_A_LIFETIME, UNCHANGED
from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken
from tests.unit.store.test_suspect import left_behind

Prepare = Callable[[StoredToken], object]


def nothing(_task: StoredToken) -> None:
    """As it is."""


def about_to_end(task: StoredToken) -> None:
    task()
    task.sim.advance(NEARLY_A_LIFETIME)


def too_late(task: StoredToken) -> None:
    task()
    task.sim.advance(20 * DAY)


def revoked(task: StoredToken) -> None:
    task()
    task.sim.commandcenter_revoke(101)


def lost(task: StoredToken) -> None:
    task()
    task.store.lose()


def renamed(task: StoredToken) -> None:
    task()
    task.sim.commandcenter_edit(101, name="do not delete")


def left_over(task: StoredToken) -> None:
    task()
    number = task.sim.commandcenter_create("x")["id"]
    task.sim.commandcenter_edit(number, name=f"ci.replaced-{number}")


def suspect(task: StoredToken) -> None:
    """The run before this one has died after it had sent the pair."""
    task()
    left_behind(task, "renew")
    if task.store.kind == "vault":
        time.sleep(1.1)  # its lease is over, but the Date of the store's server has whole seconds


CASES: list[tuple[Prepare, Mapping[str, Any], list[str]]] = [
    (nothing, {}, ["created"]),
    (nothing, {"state": "renewed"}, ["created"]),
    (nothing, {"state": "absent"}, []),
    (nothing, {"scope": "custom", "api_endpoints": ["/job"], "allowed_ips": ["127.0.0.1"], "renewable_until": "9d"}, ["created"]),
    (StoredToken.__call__, {}, ["reused"]),
    (StoredToken.__call__, {"scope": "hyperscale"}, ["reused", "updated"]),
    (StoredToken.__call__, {"state": "renewed"}, ["renewed"]),
    (StoredToken.__call__, {"state": "renewed", "scope": "hyperscale"}, ["renewed", "updated"]),
    (StoredToken.__call__, {"recreate": "always"}, ["recreated"]),
    (StoredToken.__call__, {"scope": "ms_scim", "recreate": "state_change"}, ["recreated"]),
    (StoredToken.__call__, {"state": "absent"}, ["revoked"]),
    (about_to_end, {}, ["renewed"]),
    (too_late, {"recreate": "state_change"}, ["recreated"]),
    (revoked, {}, ["recreated"]),
    (revoked, {"state": "absent"}, ["revoked"]),
    (lost, {"recreate": "state_change"}, ["recreated"]),
    (lost, {"state": "absent"}, ["revoked"]),
    (renamed, {}, ["reused", "updated"]),
    (left_over, {}, ["reused", "revoked"]),
    (left_over, {"recreate": "always"}, ["recreated"]),
    (suspect, {}, ["recreated"]),
    (suspect, {"state": "absent"}, ["revoked"]),
]


@pytest.mark.parametrize(("prepare", "arguments", "actions"), CASES)
def test_the_prediction(task: StoredToken, prepare: Prepare, arguments: Mapping[str, Any], actions: list[str]) -> None:
    # A duration ends a second later in a run that comes a second later.
    task.sim.set(clock_frozen=True)
    prepare(task)
    before = task.every(), task.store.read(), task.store.version(), task.store.beside()
    predicted = task(check_mode=True, **arguments)
    # One list that lacks the token of the record is not believed.
    assert task.requests == (ASKED_AGAIN if prepare is revoked else UNCHANGED)
    assert (task.every(), task.store.read(), task.store.version(), task.store.beside()) == before
    done = task(**arguments)
    assert predicted["actions"] == done["actions"] == actions
    assert predicted["changed"] == done["changed"]
    assert predicted.get("replaced_id") == done.get("replaced_id")
    assert predicted["diff"]["before"] == done["diff"]["before"]
    # The server fills in what nobody asked for; all that was asked for is foreseen.
    assert predicted["diff"]["after"].items() <= done["diff"]["after"].items()
    if done["token"] is None:
        assert predicted["token"] is None
        return
    assert set(predicted["token"]) == set(done["token"])
    minted = bool({"created", "renewed", "recreated"} & set(actions))
    assert (predicted["token"]["access_token"] is None) == minted == (not predicted["secret_available"])
    if not minted:
        assert predicted["token"]["access_token"] == done["token"]["access_token"]


@pytest.mark.parametrize(("prepare", "arguments"), [(too_late, {}), (lost, {}), (StoredToken.__call__, {"scope": "ms_scim"})])
def test_what_will_be_refused_is_refused(task: StoredToken, prepare: Prepare, arguments: Mapping[str, Any]) -> None:
    prepare(task)
    predicted = task.fails(check_mode=True, **arguments)
    assert predicted.message == task.fails(**arguments).message
    assert "recreate" in predicted.message


def test_no_lock_file(task: StoredToken) -> None:
    task(check_mode=True)
    assert task.store.beside() == set()
    assert task.store.read() is None


def test_beside_a_run_at_work(task: StoredToken, sim: Simulator) -> None:
    """Check mode waits for nobody and takes nobody's place."""
    task()
    record = task.store.read()
    assert record is not None
    pending = {"op": "renew", "run": "0" * 32, "since": int(sim.now()), "lease": 300}
    task.store.write({**record, "pending": pending})
    sim.advance(NEARLY_A_LIFETIME if task.store.kind == "file" else 0)
    task(check_mode=True)
    after = task.store.read()
    assert after is not None
    assert after["pending"] == pending
