# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""I3 for API keys: any number of runs on one key, at the same time: one of them works, and all get its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests import judges
from tests.constants import DAY
from tests.faults.counting import notes
from tests.faults.forks import Crowd, Job, Outcome, job, together
from tests.faults.subjects import KEYS
from tests.simulator import Simulator
from tests.stores import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MANY = 20
NAME = "exporter"


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    before = Crowd.runs, Crowd.crowds
    yield
    notes.append(f"many at once on API keys: {Crowd.runs - before[0]} runs in {Crowd.crowds - before[1]} crowds")


class Scene:
    """One named key, its store, and runs on it."""

    def __init__(self, sim: Simulator, store: Store) -> None:
        self.sim, self.store = sim, store

    def job(self, **options: Any) -> Job:
        store = {**self.store.option, "lock_timeout": 60}
        return job({**KEYS.login(self.sim), "name": NAME, "store": store, **options}, module=KEYS.module)

    def crowd(self, *wishes: Mapping[str, Any]) -> list[Outcome]:
        """Runs with these wishes, all at the same time; none may fail."""
        outcomes = together(*[self.job(**wish) for wish in wishes])
        for one, wish in zip(outcomes, wishes, strict=True):
            assert not one.failed, (wish, one.message)
        return [one._replace(result=KEYS.outcome(one.result)) for one in outcomes]

    def live(self) -> list[dict[str, Any]]:
        return [key for key in KEYS.every(self.sim) if key["alive"] and key["user_id"] == KEYS.owner]

    def created(self) -> int:
        return len(KEYS.every(self.sim))

    def record(self) -> dict[str, Any]:
        return KEYS.translated(self.store.read() or {})

    def check(self, outcomes: list[Outcome], actions: Mapping[str, int]) -> None:
        """All runs returned the one key that lives and that the store holds; they say who did what.

        Who finds the replaced key before the one that replaced it has deleted it deletes it, too, and says so after that.
        """
        for one in outcomes:
            assert one.result
            judges.check_one_token(self.sim, self.live(), self.record(), NAME, one.result["token"])
        assert Counter(one.result["actions"][0] for one in outcomes if one.result) == actions


@pytest.fixture
def scene(sim: Simulator, store: Store) -> Scene:
    return Scene(sim, store)


@pytest.mark.parametrize("unique", ["any", "unique"])
def test_before_there_is_any(scene: Scene, unique: str) -> None:
    scene.sim.set(cohesity_api_key_names=unique)
    scene.check(scene.crowd(*[{}] * MANY), {"created": 1, "reused": MANY - 1})
    assert scene.created() == 1


@pytest.mark.parametrize("wish", [{"state": "rotated"}, {"recreate": "always"}, {"rotate_after": "30d"}], ids=str)
def test_replaced_by_all(scene: Scene, wish: dict[str, Any]) -> None:
    """Runs that overlap are one occasion: who comes second takes what the first one got."""
    scene.crowd({})
    scene.sim.advance(31 * DAY)
    scene.check(scene.crowd(*[wish] * MANY), {"recreated": 1, "reused": MANY - 1})
    assert scene.created() == 2


def test_after_a_deletion(scene: Scene) -> None:
    scene.crowd({})
    scene.sim.cohesity_key_delete(scene.live()[0]["id"])
    scene.check(scene.crowd(*[{}] * MANY), {"recreated": 1, "reused": MANY - 1})


def test_removed_by_all(scene: Scene) -> None:
    scene.crowd({})
    scene.crowd(*[{"state": "absent"}] * MANY)
    assert (scene.live(), scene.store.read() or None) == ([], None)


def test_each_wants_something_else(scene: Scene) -> None:
    """Rotations, replacements, updates and plain runs in one heap: nobody breaks another's work."""
    scene.crowd({})
    wishes: list[dict[str, Any]] = [
        *[{}] * 8,
        *[{"state": "rotated"}] * 4,
        *[{"recreate": "always"}] * 3,
        *[{"expires": "2099-01-01"}] * 3,
        *[{"rotate_after": "1d"}] * 2,
    ]
    outcomes = scene.crowd(*wishes)
    (last,) = scene.crowd({"expires": "2099-01-01"})
    assert last.result
    judges.check_one_token(scene.sim, scene.live(), scene.record(), NAME, last.result["token"])
    done = Counter(action for one in outcomes if one.result for action in one.result["actions"])
    assert scene.created() == 1 + done["recreated"]
    known = {key["access_token"] for key in KEYS.every(scene.sim)}
    assert {one.result["token"]["access_token"] for one in outcomes if one.result} <= known


def test_some_create_and_some_remove(scene: Scene) -> None:
    scene.crowd(*[{}, {"state": "absent"}] * (MANY // 2))
    (last,) = scene.crowd({})
    assert last.result
    judges.check_one_token(scene.sim, scene.live(), scene.record(), NAME, last.result["token"])
