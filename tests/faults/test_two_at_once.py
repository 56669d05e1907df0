# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""I3: any number of runs on one token, at the same time: one of them works, and all get its result."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import judges
from tests.constants import LEASE, MINUTE, NEARLY_A_LIFETIME
from tests.faults import product
from tests.faults.counting import notes
from tests.faults.forks import Crowd, Job, Outcome, job, together
from tests.faults.gateway import Gateway
from tests.playbook import Ansible
from tests.simulator import Simulator
from tests.stores import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MANY = 20


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    before = Crowd.runs, Crowd.crowds
    yield
    notes.append(f"many at once: {Crowd.runs - before[0]} runs in {Crowd.crowds - before[1]} crowds")


class Scene:
    """One named token, its store, and runs on it."""

    def __init__(self, sim: Simulator, store: Store, gateway: Gateway) -> None:
        self.sim, self.store, self.gateway = sim, store, gateway

    def params(self, lock_timeout: int = 60, **options: Any) -> dict[str, Any]:
        return {**self.sim.commandcenter_login, "name": "ci", "store": _with_defaults(self.store.option, lock_timeout), **options}

    def job(self, lease: float | None = None, stop: str | None = None, **options: Any) -> Job:
        return job(self.params(**options), lease=lease, stop=stop)

    def pass_time(self, seconds: float) -> None:
        """By the clocks of both servers."""
        self.sim.advance(seconds)
        self.gateway.advance(seconds)

    def run(self, **options: Any) -> dict[str, Any]:
        (outcome,) = self.all(self.job(**options))
        assert not outcome.failed, outcome.message
        assert outcome.result is not None
        return outcome.result

    def start(self, *jobs: Job) -> Crowd:
        return Crowd(*jobs)

    def all(self, *jobs: Job) -> list[Outcome]:
        return together(*jobs)

    def live(self) -> list[dict[str, Any]]:
        return [token for token in self.sim.state()["commandcenter"]["tokens"] if token["alive"]]

    def nearly_expired(self) -> None:
        self.run()
        self.pass_time(NEARLY_A_LIFETIME)
        self.sim.clear_requests()

    def check(self, outcomes: list[Outcome], actions: Mapping[str, int]) -> None:
        """All runs succeeded with the one pair that lives and that the store holds; they say who did what."""
        for one in outcomes:
            assert not one.failed, one.message
        results = [one.result["token"] for one in outcomes if one.result]
        assert {judges.secrets_of(token) for token in results} == {self.check_rest()}
        assert Counter(" ".join(one.result["actions"]) for one in outcomes if one.result) == actions

    def check_rest(self) -> tuple[str, str | None]:
        """One token lives, the store holds its pair, and no pair was sent twice; returns that pair."""
        token = judges.check_one_token(self.sim, self.live(), self.store.read(), "ci")
        sent = [entry["body"]["refreshToken"] for entry in self.sim.requests("/Renew$")]
        assert len(sent) == len(set(sent))
        judges.check_no_chain_died(self.sim)
        return judges.secrets_of(token)


def _with_defaults(option: Mapping[str, Any], lock_timeout: int) -> dict[str, Any]:
    return {**option, "lock_timeout": lock_timeout}


@pytest.fixture
def scene(sim: Simulator, store: Store, gateway: Gateway) -> Scene:
    gateway.begin()
    gateway.reset_clock()
    return Scene(sim, store, gateway)


class TestProcesses:
    def test_near_its_end(self, scene: Scene) -> None:
        scene.nearly_expired()
        outcomes = scene.all(*[scene.job()] * MANY)
        assert len(scene.sim.requests("/Renew$")) == 1
        scene.check(outcomes, {"renewed": 1, "reused": MANY - 1})

    def test_before_there_is_any(self, scene: Scene) -> None:
        outcomes = scene.all(*[scene.job()] * MANY)
        assert len(scene.sim.requests("AccessToken$", "POST")) == 1
        scene.check(outcomes, {"created": 1, "reused": MANY - 1})

    def test_forced_by_all(self, scene: Scene) -> None:
        """Runs that overlap are one occasion: who comes second takes what the first one got."""
        scene.run()
        scene.check(scene.all(*[scene.job(state="renewed")] * MANY), {"renewed": 1, "reused": MANY - 1})
        scene.check(scene.all(*[scene.job(recreate="always")] * MANY), {"recreated": 1, "reused": MANY - 1})

    def test_after_a_run_that_died(self, scene: Scene) -> None:
        scene.nearly_expired()
        record = scene.store.read() or {}
        died_at = int(scene.sim.now()) - LEASE - 1
        scene.store.write({**record, "pending": product.pending_claim(died_at, LEASE, [101], scene.store.kind == "file")})
        scene.gateway.advance(LEASE + 1)
        outcomes = scene.all(*[scene.job()] * MANY)
        assert scene.sim.requests("/Renew$") == []
        assert len(scene.sim.requests("AccessToken$", "POST")) == 1
        scene.check(outcomes, {"recreated": 1, "reused": MANY - 1})

    def test_after_a_revocation(self, scene: Scene) -> None:
        scene.run()
        scene.sim.commandcenter_revoke(101)
        outcomes = scene.all(*[scene.job()] * MANY)
        assert len(scene.sim.state()["commandcenter"]["tokens"]) == 2
        scene.check(outcomes, {"recreated": 1, "reused": MANY - 1})

    def test_after_a_renewal_by_a_stranger(self, scene: Scene) -> None:
        pair = scene.run()["token"]
        scene.pass_time(MINUTE)
        stranger = {"store": None, "name": None, "state": "renewed", "access_token": pair["access_token"], "refresh_token": pair["refresh_token"]}
        scene.run(**stranger)
        scene.sim.clear_requests()
        outcomes = scene.all(*[scene.job()] * MANY)
        assert scene.sim.requests("/Renew$") == []
        scene.check(outcomes, {"recreated": 1, "reused": MANY - 1})

    def test_with_leftovers(self, scene: Scene) -> None:
        scene.run()
        for _number in range(3):
            left = scene.sim.commandcenter_create(f"x{_number}")["id"]
            scene.sim.commandcenter_edit(left, name=f"ci.replaced-{left}")
        outcomes = scene.all(*[scene.job()] * MANY)
        assert {one.result["token"]["access_token"] for one in outcomes if one.result} == {scene.check_rest()[0]}
        assert not any(one.failed or one.warnings for one in outcomes)

    def test_removed_by_all(self, scene: Scene) -> None:
        scene.run()
        outcomes = scene.all(*[scene.job(state="absent")] * MANY)
        assert not any(one.failed for one in outcomes), [one.result for one in outcomes if one.failed]
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
        outcomes = scene.all(*[scene.job(**wish) for wish in wishes])
        for one, wish in zip(outcomes, wishes, strict=True):
            assert not one.failed, (wish, one.message)
        scene.run(scope="all", allowed_ips=["127.0.0.0/8"])
        scene.check_rest()
        created = scene.sim.state()["commandcenter"]["tokens"]
        done = Counter(action for one in outcomes if one.result for action in one.result["actions"])
        assert done["renewed"] + done["recreated"] >= 1
        assert len(created) == 1 + done["recreated"]
        # Every secret that any run returned was a real one, and belonged to the token.
        known = {secret for token in created for secret in (token["access_token"], *(old[0] for old in token["chain"]))}
        assert {one.result["token"]["access_token"] for one in outcomes if one.result} <= known

    def test_some_create_and_some_remove(self, scene: Scene) -> None:
        outcomes = scene.all(*[scene.job(), scene.job(state="absent")] * (MANY // 2))
        for one in outcomes:
            assert not one.failed, one.message
        scene.run()
        scene.check_rest()


class TestPatience:
    def test_each_run_has_its_own(self, scene: Scene) -> None:
        """The winner is slow: who has little patience fails with a sentence, who has more gets the result."""
        scene.nearly_expired()
        scene.sim.fault("gate_after", method="POST", path="Renew$", name="slow")
        winner = scene.start(scene.job())
        scene.sim.wait_for("slow")
        patient = scene.start(scene.job(lock_timeout=60), scene.job(lock_timeout=50))
        for impatient, seconds in zip(scene.all(scene.job(lock_timeout=0), scene.job(lock_timeout=1)), (0, 1), strict=True):
            assert impatient.failed
            assert f"waited {seconds} s (lock_timeout)" in impatient.message
        scene.sim.open_gate("slow")
        scene.check([*winner.wait(), *patient.wait()], {"renewed": 1, "reused": 2})
        assert len(scene.sim.requests("/Renew$")) == 1


class TestDeath:
    @pytest.mark.parametrize("store", ["file"], indirect=True)
    def test_the_next_one_settles_at_once(self, scene: Scene) -> None:
        """A lock ends with its owner."""
        scene.nearly_expired()
        scene.sim.fault("gate_after", method="POST", path="Renew$", name="dead")
        victim = scene.start(scene.job())
        scene.sim.wait_for("dead")
        waiters = scene.start(*[scene.job()] * 5)
        time.sleep(1)
        killed_at = time.monotonic()
        victim.signal(0, signal.SIGKILL)
        outcomes = waiters.wait()
        assert min(one.ended_at for one in outcomes) - killed_at < 5
        scene.sim.open_gate("dead")
        assert victim.wait()[0].result is None
        scene.check(outcomes, {"recreated": 1, "reused": 4})
        assert len(scene.sim.requests("/Renew$")) == 1

    @pytest.mark.parametrize("store", ["vault"], indirect=True)
    def test_without_a_lock_after_its_lease(self, scene: Scene) -> None:
        scene.nearly_expired()
        scene.sim.fault("gate_after", method="POST", path="Renew$", name="dead")
        victim = scene.start(scene.job())
        scene.sim.wait_for("dead")
        victim.signal(0, signal.SIGKILL)
        (early,) = scene.all(scene.job(lock_timeout=1))
        assert early.failed
        assert "If that run is dead, the first run after" in early.message
        scene.sim.open_gate("dead")
        scene.pass_time(LEASE + 1)
        scene.check(scene.all(*[scene.job()] * 5), {"recreated": 1, "reused": 4})
        victim.wait()
        assert len(scene.sim.requests("/Renew$")) == 1


@pytest.mark.parametrize("store", ["vault"], indirect=True)
class TestSuspended:
    """A run that stands still for longer than its lease, while others take over, and then goes on as if nothing had happened."""

    LEASE = 4

    @pytest.mark.parametrize("place", ["claimed", "sending", "storing"])
    def test_with_a_renewal(self, scene: Scene, place: str) -> None:
        scene.nearly_expired()
        old = scene.store.read() or {}
        sleeper = scene.start(scene.job(lease=self.LEASE, stop=place))
        sleeper.wait_until_stopped(0)
        sent = len(scene.sim.requests("/Renew$"))
        assert sent == (1 if place == "storing" else 0)
        time.sleep(self.LEASE / 2 + 0.5)
        scene.pass_time(self.LEASE)
        others = scene.all(*[scene.job()] * 3)
        scene.check(others, {"recreated": 1, "reused": 2})
        sleeper.signal(0, signal.SIGCONT)
        (late,) = sleeper.wait()
        (pair,) = {(one.result["token"]["access_token"], one.result["token"]["refresh_token"]) for one in others if one.result}
        assert scene.check_rest() == pair
        requests = scene.sim.requests("/Renew$")
        if place != "storing":
            # It noticed how late it was before it sent anything.
            assert requests == []
        assert all(entry["body"]["refreshToken"] == old["refresh_token"] for entry in requests)
        assert len(requests) <= 1
        assert late.result is not None
        assert late.failed or late.result["token"]["access_token"] == pair[0]
        assert not late.failed or place == "sending"

    def test_with_a_pair_that_is_being_replaced(self, scene: Scene) -> None:
        """The worst moment: the others have taken over, and are not done."""
        scene.nearly_expired()
        sleeper = scene.start(scene.job(lease=self.LEASE, stop="sending"))
        sleeper.wait_until_stopped(0)
        time.sleep(self.LEASE / 2 + 0.5)
        scene.pass_time(self.LEASE)
        scene.sim.fault("gate_after", method="POST", path="AccessToken$", name="replacing")
        heir = scene.start(scene.job())
        scene.sim.wait_for("replacing")
        sleeper.signal(0, signal.SIGCONT)
        time.sleep(2)
        scene.sim.open_gate("replacing")
        scene.check(heir.wait(), {"recreated": 1})
        (late,) = sleeper.wait()
        # Its time was over when it woke up: nothing may be sent under an old claim.
        assert scene.sim.requests("/Renew$") == []
        assert late.result is not None
        assert late.failed or late.result["token"]["access_token"] == scene.check_rest()[0]
        scene.check_rest()

    def test_with_a_creation(self, scene: Scene) -> None:
        sleeper = scene.start(scene.job(lease=self.LEASE, stop="claimed"))
        sleeper.wait_until_stopped(0)
        time.sleep(self.LEASE / 2 + 0.5)
        scene.pass_time(self.LEASE)
        others = scene.all(*[scene.job()] * 3)
        sleeper.signal(0, signal.SIGCONT)
        scene.check([*others, *sleeper.wait()], {"created": 1, "reused": 3})
        assert len(scene.sim.requests("AccessToken$", "POST")) == 1

    def test_with_what_it_created(self, scene: Scene) -> None:
        sleeper = scene.start(scene.job(lease=self.LEASE, stop="storing"))
        sleeper.wait_until_stopped(0)
        scene.pass_time(self.LEASE + 1)
        others = scene.all(*[scene.job()] * 3)
        sleeper.signal(0, signal.SIGCONT)
        scene.check([*others, *sleeper.wait()], {"created": 1, "reused": 3})
        # The sleeper's own was an orphan, which the heir has revoked.
        assert len(scene.sim.requests("AccessToken$", "POST")) == 2


class TestCohesity:
    def jobs(self, sim: Simulator, store: Store) -> list[Job]:
        return [job({**sim.cohesity_login, "store": _with_defaults(store.option, 60)}, module="cohesity_access_token")] * MANY

    def test_one_token_for_all(self, sim: Simulator, store: Store) -> None:
        outcomes = together(*self.jobs(sim, store))
        for one in outcomes:
            assert not one.failed, one.message
        tokens = {one.result["token"]["access_token"] for one in outcomes if one.result}
        logins = len(sim.requests("access-tokens$", "POST"))
        if store.kind == "file":
            assert logins == 1
            assert Counter(" ".join(one.result["actions"]) for one in outcomes if one.result) == {"created": 1, "reused": MANY - 1}
        assert len(tokens) == 1
        assert sim.check_cohesity(tokens.pop())
        again = together(*self.jobs(sim, store))
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
        scene.nearly_expired()
        hosts = "".join(f"host{number}," for number in range(MANY))
        ran = ansible.play(PLAY, "-i", hosts, "-f", str(MANY), store=_with_defaults(scene.store.option, 60))
        Crowd.crowds, Crowd.runs = Crowd.crowds + 1, Crowd.runs + MANY
        assert ran.rc == 0, ran.screen
        assert len(ran.hosts("token")) == MANY
        assert len(scene.sim.requests("/Renew$")) == 1
        tokens = [ran.value("token", host) for host in ran.hosts("token")]
        assert {judges.secrets_of(token) for token in tokens} == {scene.check_rest()}
        assert Counter(json.dumps(ran.value("actions", host)) for host in ran.hosts("actions")) == {'["renewed"]': 1, '["reused"]': MANY - 1}
        assert "changed=1" in ran.stdout
        assert tokens[0]["access_token"] not in ran.screen
