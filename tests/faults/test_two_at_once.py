# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""I3: any number of runs on one token, at the same time: one of them works, and all get what it made."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults.counting import notes
from tests.faults.crowd import Crowd, Ended, together
from tests.playbook import Ansible
from tests.simulator import Simulator
from tests.stores import FileStore, Store, VaultStore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MANY = 20
MINUTE, DAY = 60, 86400
LEASE = 300


@pytest.fixture(params=["file", "vault"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "file":
        return FileStore(tmp_path / "tokens")
    return VaultStore(request.getfixturevalue("openbao"))


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    yield
    notes.append(f"many at once: {Crowd.runs} runs in {Crowd.crowds} crowds")


class Scene:
    """One named token, its store, and runs on it."""

    def __init__(self, sim: Simulator, store: Store) -> None:
        self.sim, self.store = sim, store

    def params(self, lock_timeout: int = 60, **options: Any) -> dict[str, Any]:
        return {**self.sim.commandcenter_login, "name": "ci", "store": _with_defaults(self.store.option, lock_timeout), **options}

    def job(self, lease: float | None = None, stop: str | None = None, **options: Any) -> dict[str, Any]:
        return {"params": self.params(**options), "lease": lease, "stop": stop}

    def run(self, **options: Any) -> dict[str, Any]:
        (ended,) = self.all(self.job(**options))
        assert ended.result is not None
        assert not ended.failed, ended.result["msg"]
        return ended.result

    def start(self, *jobs: dict[str, Any]) -> Crowd:
        return Crowd("commandcenter_access_token", list(jobs))

    def all(self, *jobs: dict[str, Any]) -> list[Ended]:
        return together("commandcenter_access_token", list(jobs))

    def live(self) -> list[dict[str, Any]]:
        return [token for token in self.sim.state()["commandcenter"]["tokens"] if token["alive"]]

    def nearly_ended(self) -> None:
        self.run()
        self.sim.advance(28 * MINUTE)
        self.sim.clear_requests()

    def check(self, ended: list[Ended], actions: Mapping[str, int]) -> None:
        """All runs succeeded with the one pair that lives and that the store holds; they say who did what."""
        for one in ended:
            assert not one.failed, one.result and one.result["msg"]
        results = [one.result["token"] for one in ended if one.result]
        assert {(token["access_token"], token["refresh_token"]) for token in results} == {self.check_rest()}
        assert Counter(" ".join(one.result["actions"]) for one in ended if one.result) == actions

    def check_rest(self) -> tuple[str, str]:
        """One token lives, the store holds its pair, and no pair was sent twice."""
        (token,) = self.live()
        record = self.store.read()
        assert record is not None
        pair = (token["access_token"], token["refresh_token"])
        assert (record["access_token"], record["refresh_token"]) == pair
        assert (record["pending"], record["suspect_since"]) == (None, None)
        assert token["name"] == "ci"
        assert self.sim.check(token["access_token"])
        sent = [entry["body"]["refreshToken"] for entry in self.sim.requests("/Renew$")]
        assert len(sent) == len(set(sent))
        assert self.sim.state()["commandcenter"]["mails"] == []
        return pair


def _with_defaults(option: Mapping[str, Any], lock_timeout: int) -> dict[str, Any]:
    return {**option, "lock_timeout": lock_timeout}


@pytest.fixture
def scene(sim: Simulator, store: Store) -> Scene:
    return Scene(sim, store)


class TestProcesses:
    def test_near_its_end(self, scene: Scene) -> None:
        scene.nearly_ended()
        ended = scene.all(*[scene.job()] * MANY)
        assert len(scene.sim.requests("/Renew$")) == 1
        scene.check(ended, {"renewed": 1, "reused": MANY - 1})

    def test_before_there_is_any(self, scene: Scene) -> None:
        ended = scene.all(*[scene.job()] * MANY)
        assert len(scene.sim.requests("AccessToken$", "POST")) == 1
        scene.check(ended, {"created": 1, "reused": MANY - 1})

    def test_after_a_run_that_died(self, scene: Scene) -> None:
        scene.nearly_ended()
        record = scene.store.read() or {}
        died_at = int(scene.sim.now()) - LEASE - 1
        scene.store.write({**record, "pending": {"op": "renew", "run": "of the dead", "since": died_at, "lease": LEASE}})
        ended = scene.all(*[scene.job()] * MANY)
        assert scene.sim.requests("/Renew$") == []
        assert len(scene.sim.requests("AccessToken$", "POST")) == 1
        scene.check(ended, {"recreated": 1, "reused": MANY - 1})

    def test_after_a_revocation(self, scene: Scene) -> None:
        scene.run()
        scene.sim.commandcenter_revoke(101)
        ended = scene.all(*[scene.job()] * MANY)
        assert len(scene.sim.state()["commandcenter"]["tokens"]) == 2
        scene.check(ended, {"recreated": 1, "reused": MANY - 1})

    def test_after_a_renewal_by_a_stranger(self, scene: Scene) -> None:
        pair = scene.run()["token"]
        scene.sim.advance(MINUTE)
        stranger = {"store": None, "name": None, "state": "renewed", "access_token": pair["access_token"], "refresh_token": pair["refresh_token"]}
        scene.run(**stranger)
        scene.sim.clear_requests()
        ended = scene.all(*[scene.job()] * MANY)
        assert scene.sim.requests("/Renew$") == []
        scene.check(ended, {"recreated": 1, "reused": MANY - 1})

    def test_with_leftovers(self, scene: Scene) -> None:
        scene.run()
        for _number in range(3):
            left = scene.sim.commandcenter_create(f"x{_number}")["id"]
            scene.sim.commandcenter_edit(left, name=f"ci.replaced-{left}")
        ended = scene.all(*[scene.job()] * MANY)
        assert {one.result["token"]["access_token"] for one in ended if one.result} == {scene.check_rest()[0]}
        assert not any(one.failed or one.warnings for one in ended)

    def test_removed_by_all(self, scene: Scene) -> None:
        scene.run()
        ended = scene.all(*[scene.job(state="absent")] * MANY)
        assert not any(one.failed for one in ended), [one.result for one in ended if one.failed]
        assert scene.live() == []
        assert scene.store.read() is None

    def test_each_wants_something_else(self, scene: Scene) -> None:
        """Forced renewals, replacements, updates and plain runs in one heap: nobody breaks another's work."""
        scene.run()
        wishes: list[dict[str, Any]] = [
            *[{}] * 6,
            *[{"min_validity": "1h"}] * 3,
            *[{"state": "renewed"}] * 3,
            *[{"recreate": "always"}] * 3,
            *[{"allowed_ips": ["127.0.0.0/8"]}] * 2,
            *[{"scope": "hyperscale"}] * 2,
            {"scope": "all"},
        ]
        ended = scene.all(*[scene.job(**wish) for wish in wishes])
        for one, wish in zip(ended, wishes, strict=True):
            assert not one.failed, (wish, one.result and one.result["msg"])
        scene.run(scope="all", allowed_ips=["127.0.0.0/8"])
        scene.check_rest()
        created = scene.sim.state()["commandcenter"]["tokens"]
        assert len(created) >= 4
        # Every secret that any run returned was a real one, and belonged to the token.
        known = {secret for token in created for secret in (token["access_token"], *(old[0] for old in token["chain"]))}
        assert {one.result["token"]["access_token"] for one in ended if one.result} <= known

    def test_some_create_and_some_remove(self, scene: Scene) -> None:
        ended = scene.all(*[scene.job(), scene.job(state="absent")] * (MANY // 2))
        for one in ended:
            assert not one.failed, one.result and one.result["msg"]
        scene.run()
        scene.check_rest()


class TestPatience:
    def test_each_run_has_its_own(self, scene: Scene) -> None:
        """The winner is slow: who has little patience fails with a sentence, who has more gets the result."""
        scene.nearly_ended()
        scene.sim.fault("gate_after", method="POST", path="Renew$", name="slow")
        winner = scene.start(scene.job())
        scene.sim.wait_for("slow")
        patient = scene.start(scene.job(lock_timeout=60), scene.job(lock_timeout=50))
        for impatient, seconds in zip(scene.all(scene.job(lock_timeout=0), scene.job(lock_timeout=1)), (0, 1), strict=True):
            assert impatient.failed
            assert impatient.result is not None
            assert f"waited {seconds} s (lock_timeout)" in impatient.result["msg"]
        scene.sim.open_gate("slow")
        scene.check([*winner.wait(), *patient.wait()], {"renewed": 1, "reused": 2})
        assert len(scene.sim.requests("/Renew$")) == 1


class TestDeath:
    @pytest.mark.parametrize("store", ["file"], indirect=True)
    def test_the_next_one_settles_at_once(self, scene: Scene) -> None:
        """A lock ends with its owner."""
        scene.nearly_ended()
        scene.sim.fault("gate_after", method="POST", path="Renew$", name="dead")
        victim = scene.start(scene.job())
        scene.sim.wait_for("dead")
        waiters = scene.start(*[scene.job()] * 5)
        time.sleep(1)
        killed_at = time.monotonic()
        victim.signal(0, signal.SIGKILL)
        ended = waiters.wait()
        assert min(one.at for one in ended) - killed_at < 5
        scene.sim.open_gate("dead")
        assert victim.wait()[0].result is None
        scene.check(ended, {"recreated": 1, "reused": 4})
        assert len(scene.sim.requests("/Renew$")) == 1

    @pytest.mark.parametrize("store", ["vault"], indirect=True)
    def test_without_a_lock_after_its_lease(self, scene: Scene) -> None:
        scene.nearly_ended()
        scene.sim.fault("gate_after", method="POST", path="Renew$", name="dead")
        victim = scene.start(scene.job())
        scene.sim.wait_for("dead")
        victim.signal(0, signal.SIGKILL)
        (early,) = scene.all(scene.job(lock_timeout=1))
        assert early.failed
        assert early.result is not None
        assert "If that run has died, the first run after" in early.result["msg"]
        scene.sim.open_gate("dead")
        scene.sim.advance(LEASE + 1)
        scene.check(scene.all(*[scene.job()] * 5), {"recreated": 1, "reused": 4})
        victim.wait()
        assert len(scene.sim.requests("/Renew$")) == 1


@pytest.mark.parametrize("store", ["vault"], indirect=True)
class TestSuspended:
    """A run that stands still for longer than its lease, while others take over, and then goes on as if nothing had happened."""

    LEASE = 4

    @pytest.mark.parametrize("place", ["claimed", "sending", "storing"])
    def test_with_a_renewal(self, scene: Scene, place: str) -> None:
        scene.nearly_ended()
        old = scene.store.read() or {}
        sleeper = scene.start(scene.job(lease=self.LEASE, stop=place))
        sleeper.wait_until_stopped(0)
        sent = len(scene.sim.requests("/Renew$"))
        assert sent == (1 if place == "storing" else 0)
        time.sleep(self.LEASE / 2 + 0.5)
        scene.sim.advance(self.LEASE)
        others = scene.all(*[scene.job()] * 3)
        scene.check(others, {"recreated": 1, "reused": 2})
        sleeper.signal(0, signal.SIGCONT)
        (late,) = sleeper.wait()
        (pair,) = {(one.result["token"]["access_token"], one.result["token"]["refresh_token"]) for one in others if one.result}
        assert scene.check_rest() == pair
        requests = scene.sim.requests("/Renew$")
        if place == "claimed":
            # It noticed how late it was before it sent anything.
            assert requests == []
        assert all(entry["body"]["refreshToken"] == old["refresh_token"] for entry in requests)
        assert len(requests) <= 1
        assert late.result is not None
        if place == "sending":
            # Nothing can stop a request that was about to leave. It was its first and only time, and the token was gone.
            assert late.failed
        else:
            assert late.result["token"]["access_token"] == pair[0]

    def test_with_a_pair_that_is_being_replaced(self, scene: Scene) -> None:
        """The worst moment: the others have taken over, and are not done."""
        scene.nearly_ended()
        sleeper = scene.start(scene.job(lease=self.LEASE, stop="sending"))
        sleeper.wait_until_stopped(0)
        time.sleep(self.LEASE / 2 + 0.5)
        scene.sim.advance(self.LEASE)
        scene.sim.fault("gate_after", method="POST", path="AccessToken$", name="replacing")
        heir = scene.start(scene.job())
        scene.sim.wait_for("replacing")
        sleeper.signal(0, signal.SIGCONT)
        time.sleep(2)
        scene.sim.open_gate("replacing")
        scene.check(heir.wait(), {"recreated": 1})
        (late,) = sleeper.wait()
        assert late.result is not None
        assert len(scene.sim.requests("/Renew$")) == 1
        scene.check_rest()
        # What it brought back was nobody's by then: it returned the heir's.
        assert late.result["token"]["access_token"] == scene.check_rest()[0]

    def test_with_a_creation(self, scene: Scene) -> None:
        sleeper = scene.start(scene.job(lease=self.LEASE, stop="claimed"))
        sleeper.wait_until_stopped(0)
        time.sleep(self.LEASE / 2 + 0.5)
        scene.sim.advance(self.LEASE)
        others = scene.all(*[scene.job()] * 3)
        sleeper.signal(0, signal.SIGCONT)
        scene.check([*others, *sleeper.wait()], {"created": 1, "reused": 3})
        assert len(scene.sim.requests("AccessToken$", "POST")) == 1

    def test_with_what_it_created(self, scene: Scene) -> None:
        sleeper = scene.start(scene.job(lease=self.LEASE, stop="storing"))
        sleeper.wait_until_stopped(0)
        scene.sim.advance(self.LEASE + 1)
        others = scene.all(*[scene.job()] * 3)
        sleeper.signal(0, signal.SIGCONT)
        scene.check([*others, *sleeper.wait()], {"created": 1, "reused": 3})
        # The sleeper's own was an orphan, which the heir has revoked.
        assert len(scene.sim.requests("AccessToken$", "POST")) == 2


class TestCohesity:
    def jobs(self, sim: Simulator, store: Store) -> list[dict[str, Any]]:
        return [{"params": {**sim.cohesity_login, "store": _with_defaults(store.option, 60)}}] * MANY

    def test_one_token_for_all(self, sim: Simulator, store: Store) -> None:
        ended = together("cohesity_access_token", self.jobs(sim, store))
        for one in ended:
            assert not one.failed, one.result and one.result["msg"]
        tokens = {one.result["token"]["access_token"] for one in ended if one.result}
        logins = len(sim.requests("access-tokens$", "POST"))
        if store.kind == "file":
            assert logins == 1
            assert Counter(" ".join(one.result["actions"]) for one in ended if one.result) == {"created": 1, "reused": MANY - 1}
        assert len(tokens) == 1
        assert sim.check_cohesity(tokens.pop())
        again = together("cohesity_access_token", self.jobs(sim, store))
        assert {one.result["token"]["access_token"] for one in again if one.result} == {(store.read() or {})["access_token"]}
        assert len(sim.requests("access-tokens$", "POST")) == logins


PLAY = """\
- hosts: host*
  gather_facts: false
  tasks:
    - dataprotection.access.commandcenter_access_token:
        url: "{{ commandcenter.url }}"
        username: "{{ commandcenter.username }}"
        password: "{{ commandcenter.password }}"
        ca_path: "{{ commandcenter.ca_path }}"
        name: ci
        store: "{{ store }}"
      delegate_to: localhost
      register: got
    - record:
        token: "{{ got.token }}"
        actions: "{{ got.actions }}"
      delegate_to: localhost
"""


class TestForks:
    def test_a_play_over_many_hosts(self, scene: Scene, tmp_path: Path) -> None:
        ansible = Ansible(tmp_path / "ansible", scene.sim)
        scene.nearly_ended()
        hosts = "".join(f"host{number}," for number in range(MANY))
        ran = ansible.play(PLAY, "-i", hosts, "-f", str(MANY), store=_with_defaults(scene.store.option, 60))
        Crowd.crowds, Crowd.runs = Crowd.crowds + 1, Crowd.runs + MANY
        assert ran.rc == 0, ran.screen
        assert len(ran.hosts("token")) == MANY
        assert len(scene.sim.requests("/Renew$")) == 1
        tokens = [ran.value("token", host) for host in ran.hosts("token")]
        assert {(token["access_token"], token["refresh_token"]) for token in tokens} == {scene.check_rest()}
        assert Counter(json.dumps(ran.value("actions", host)) for host in ran.hosts("actions")) == {'["renewed"]': 1, '["reused"]': MANY - 1}
        assert "changed=1" in ran.stdout
        assert tokens[0]["access_token"] not in ran.screen
