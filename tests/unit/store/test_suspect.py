# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A claim in the record whose owner is gone: its pair is never sent again, and its token is made anew."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._time import boot_id
from tests.constants import LEASE, NEARLY_A_LIFETIME
from tests.simulator import Simulator
from tests.unit.store.conftest import StoredToken


def left_behind(task: StoredToken, op: str, age: int = LEASE + 1) -> None:
    """What the store holds after a run has died in the middle of its work, so many seconds ago."""
    record = task.store.read() or {
        "version": 1,
        "kind": "commandcenter_access_token",
        "identity": {"url": f"{task.sim.url}/commandcenter/api", "name": "ci", "username": "svc-ansible", "domain": None, "user_id": None},
    }
    # In a file the free lock of this machine tells that the run is gone; in Vault its lease, which is over for an old claim.
    pending = {"op": op, "run": "of the dead", "since": int(time.time()) - age, "lease": LEASE if age <= LEASE else 0.01}
    host = boot_id() if task.store.kind == "file" else None
    task.store.write({**record, "pending": {**pending, "host": host, "ids": [token["id"] for token in task.live() if token["name"] == "ci"]}})


class TestSettled:
    @pytest.mark.parametrize("op", ["renew", "replace", "revoke"])
    @pytest.mark.parametrize("recreate", ["never", "state_change"])
    def test_the_token_is_replaced(self, task: StoredToken, sim: Simulator, op: str, recreate: str) -> None:
        """It is ours, so recreate need not allow that."""
        task()
        left_behind(task, op)
        sim.advance(NEARLY_A_LIFETIME)
        result = task(recreate=recreate)
        assert (result["actions"], result["replaced_id"]) == (["recreated"], 101)
        assert sim.requests("Renew$") == []
        task.settled(result)
        assert task()["actions"] == ["reused"]

    def test_forced_renewal(self, task: StoredToken, sim: Simulator) -> None:
        task()
        left_behind(task, "renew")
        result = task(state="renewed")
        assert result["actions"] == ["recreated"]
        assert sim.requests("Renew$") == []

    def test_the_old_one_had_stepped_aside(self, task: StoredToken, sim: Simulator) -> None:
        task()
        left_behind(task, "replace")
        sim.commandcenter_edit(101, name="ci.replaced-101")
        result = task()
        assert result["actions"] == ["recreated"]
        assert [entry["method"] for entry in sim.requests("AccessToken/")] == ["DELETE"]
        task.settled(result)

    def test_its_successor_was_made_and_not_stored(self, task: StoredToken, sim: Simulator) -> None:
        task()
        left_behind(task, "replace", age=LEASE + 10)
        sim.commandcenter_edit(101, name="ci.replaced-101")
        sim.commandcenter_create("ci", created=int(sim.now()) - LEASE)
        result = task()
        assert (result["actions"], result["replaced_id"]) == (["recreated"], 101)
        task.settled(result)

    def test_a_first_one_was_made_and_not_stored(self, task: StoredToken, sim: Simulator) -> None:
        left_behind(task, "create")
        sim.commandcenter_create("ci", created=int(sim.now()) - LEASE)
        result = task()
        assert result["actions"] == ["created"]
        task.settled(result)

    def test_nothing_was_made(self, task: StoredToken) -> None:
        left_behind(task, "create")
        result = task()
        assert result["actions"] == ["created"]
        task.settled(result)

    def test_a_token_that_was_there_before_the_dead_run_is_nobodys_orphan(self, task: StoredToken, sim: Simulator) -> None:
        made = sim.commandcenter_create("ci")
        sim.advance(1000)
        left_behind(task, "create", age=LEASE + 1)
        assert "the store does not hold its secret" in task.fails().message
        assert [token["id"] for token in task.live()] == [made["id"]]

    def test_a_token_that_was_made_long_after_the_dead_run_is_nobodys_orphan(self, task: StoredToken, sim: Simulator) -> None:
        """A person who found none made one by hand."""
        left_behind(task, "create", age=2 * LEASE)
        made = sim.commandcenter_create("ci")
        assert "the store does not hold its secret" in task.fails().message
        assert [token["id"] for token in task.live()] == [made["id"]]
        result = task(recreate="state_change")
        assert (result["actions"], result["replaced_id"]) == (["recreated"], made["id"])
        task.settled(result)

    def test_a_token_in_use_is_nobodys_orphan(self, task: StoredToken, sim: Simulator) -> None:
        """Its secret has an owner."""
        left_behind(task, "create", age=LEASE + 10)
        made = sim.commandcenter_create("ci", created=int(sim.now()) - 100, last_used=int(sim.now()))
        assert "the store does not hold its secret" in task.fails().message
        assert [token["id"] for token in task.live()] == [made["id"]]

    def test_removed(self, task: StoredToken, sim: Simulator) -> None:
        task()
        left_behind(task, "replace")
        sim.commandcenter_edit(101, name="ci.replaced-101")
        sim.commandcenter_create("ci")
        assert task(state="absent")["actions"] == ["revoked"]
        assert task.live() == []
        assert task.store.read() is None


class TestAcrossRuns:
    def test_a_failure_does_not_wash_it_clean(self, task: StoredToken, sim: Simulator) -> None:
        """However many runs fail after the one that died: the pair stays suspect."""
        task()
        left_behind(task, "renew")
        sim.advance(NEARLY_A_LIFETIME)
        for _run in range(2):
            sim.fault("status", method="POST", path="AccessToken$", code=403, body={"errorMessage": "Not you", "errorCode": 5})
            assert "Not you" in task.fails().message
            record = task.store.read()
            assert record is not None
            assert record["pending"] is None
            assert record["suspect_since"] is not None
            assert task.names() == ["ci"]
        result = task()
        assert result["actions"] == ["recreated"]
        assert sim.requests("Renew$") == []
        task.settled(result)

    def test_orphans_of_the_first_run_are_still_known(self, task: StoredToken, sim: Simulator) -> None:
        """Between the run that died and the one that settles, another failed: what the first one made is still an orphan."""
        left_behind(task, "create", age=LEASE + 10)
        sim.commandcenter_create("ci", created=int(sim.now()) - LEASE)
        sim.advance(1000)
        sim.fault("status", method="DELETE", code=403, body={"errorMessage": "Not you", "errorCode": 5})
        assert "Not you" in task.fails().message
        sim.advance(1000)
        result = task()
        assert result["actions"] == ["created"]
        task.settled(result)


class TestLease:
    def test_of_the_living(self, task: StoredToken) -> None:
        """In a file the lock tells who lives; in Vault, time does."""
        task()
        left_behind(task, "renew", age=10)
        if task.store.kind == "file":
            assert task()["actions"] == ["recreated"]
            return
        before = task.store.read()
        message = task.fails(store={**task.store.option, "lock_timeout": 0}).message
        assert "run of the dead has been working on it (renew) since" in message
        assert "If that run is dead, the first run after" in message
        assert task.store.read() == before
        left_behind(task, "renew")
        assert task()["actions"] == ["recreated"]

    @pytest.mark.parametrize("store", ["vault"], indirect=True)
    def test_who_waits_asks_the_store_alone(self, task: StoredToken, sim: Simulator) -> None:
        task()
        left_behind(task, "renew", age=10)
        task.fails(store={**task.store.option, "lock_timeout": 2})
        assert sim.requests() == []

    def test_grows_with_the_timeout(self, task: StoredToken, sim: Simulator) -> None:
        """A server that may take long to answer is given long."""
        task()
        sim.fault("gate", method="POST", path="Renew$", name="gate")
        with ThreadPoolExecutor() as pool:
            run = pool.submit(task, timeout=60, state="renewed")
            sim.wait_for("gate")
            record = task.store.read()
            sim.open_gate("gate")
            assert run.result(30)["actions"] == ["renewed"]
        assert record is not None
        assert (record["pending"]["op"], record["pending"]["lease"]) == ("renew", 600)


class TestLostAnswers:
    """The run itself lives, and settles what it did not see the end of."""

    @pytest.mark.parametrize("kind", ["cut_before", "cut_after", "truncate", "empty_after", "html_after"])
    def test_of_a_creation(self, task: StoredToken, sim: Simulator, kind: str) -> None:
        sim.fault(kind, method="POST", path="AccessToken$")
        result = task()
        assert result["actions"] == ["created"]
        assert any("the token is created again" in warning for warning in task.warnings)
        task.settled(result)

    @pytest.mark.parametrize("kind", ["cut_before", "cut_after", "truncate", "empty_after", "html_after"])
    @pytest.mark.parametrize("recreate", ["never", "state_change"])
    def test_of_a_renewal(self, task: StoredToken, sim: Simulator, kind: str, recreate: str) -> None:
        task()
        sim.advance(NEARLY_A_LIFETIME)
        sim.fault(kind, method="POST", path="Renew$")
        result = task(recreate=recreate)
        assert result["actions"] == ["recreated"]
        assert len(sim.requests("Renew$")) == 1
        task.settled(result)
        assert sim.state()["commandcenter"]["mails"] == []

    @pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
    @pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
    def test_of_a_replacement(self, task: StoredToken, sim: Simulator, kind: str, method: str) -> None:
        task()
        sim.fault(kind, method=method, path="AccessToken")
        with contextlib.suppress(ApiError):
            task(recreate="always")
        result = task()
        task.settled(result)
        assert task.names() == ["ci"]

    def test_the_server_stays_away(self, task: StoredToken, sim: Simulator) -> None:
        """Nothing can be settled: the record says so, and the next run does."""
        task()
        sim.advance(NEARLY_A_LIFETIME)
        sim.fault("cut_after", method="POST", path="Renew$")
        sim.fault("cut_before", path="AccessToken", times=0, after=2)
        task.fails()
        sim.clear_faults()
        record = task.store.read()
        assert record is not None
        assert record["suspect_since"] is not None
        assert record["pending"] is None
        result = task()
        assert result["actions"] == ["recreated"]
        assert sim.requests("Renew$") == []
        task.settled(result)
