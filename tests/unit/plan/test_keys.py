# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done about which facts of an API key, one line a case: only what a static secret makes different from a token that is renewed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.api_key import NamedKey
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.desired_key import DECLARED_KEY_SPEC, DesiredKey, read_desired_key
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.facts import Facts
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.plan import make_plan, may_follow
from ansible_collections.dataprotection.access.plugins.module_utils._store.format import Contents, Replaced
from tests.constants import DAY
from tests.unit.plan.facts import NOW
from tests.unit.plan.test_table import step

OURS = "SID-LOCAL-backup"
PARAMS = {name: option.get("default") for name, option in DECLARED_KEY_SPEC.items()}


def wish(**options: Any) -> DesiredKey:
    return read_desired_key(**{**PARAMS, "name": "ci", "has_store": True, **options})._replace(user_id=OURS)


def listed(**changes: Any) -> NamedKey:
    return NamedKey(id="1", name="ci", owner_sid=OURS, active=True, created_at=NOW - 10 * DAY).changed(changes)


def record(**changes: Any) -> Contents:
    return Contents({}, listed(api_key="secret").changed(changes))


SUSPECT = {"suspect_since": NOW - 1000, "suspect_until": NOW - 700, "known_ids": ("1",)}
LATE = {"suspect_until": NOW - 700, "known_ids": ("0",), "known_since": NOW - 1000}
WITH_STORE: list[tuple[str, Mapping[str, Any], list[NamedKey], Contents | None, str]] = [
    ("nothing", {}, [], None, "create"),
    ("nothing, to be rotated", {"state": "rotated"}, [], None, "create"),
    ("good", {}, [listed()], record(), "reuse 1"),
    ("good, to be rotated", {"state": "rotated"}, [listed()], record(), "replace 1"),
    ("old enough", {"rotate_after": "10d"}, [listed()], record(), "replace 1"),
    ("not old enough", {"rotate_after": "11d"}, [listed()], record(), "reuse 1"),
    ("rotated since", {"rotate_after": "5d"}, [listed(rotated_at=NOW - DAY)], record(rotated_at=NOW - DAY), "reuse 1"),
    ("of no known age", {"rotate_after": "1d"}, [listed(created_at=None)], record(created_at=None), "reuse 1"),
    ("rotated by somebody else", {}, [listed(rotated_at=NOW - DAY)], record(), "replace 1"),
    ("expired", {}, [listed(expires_at=NOW - 1)], record(expires_at=NOW - 1), "refused: expired at"),
    ("expired, with leave", {"recreate": "state_change"}, [listed(expires_at=NOW - 1)], record(expires_at=NOW - 1), "replace 1"),
    ("expired and old", {"rotate_after": "1d"}, [listed(expires_at=NOW - 1)], record(expires_at=NOW - 1), "replace 1"),
    ("deleted", {}, [], record(), "create 1"),
    ("not ours to end", {"state": "rotated"}, [listed()], None, "refused: the store does not hold its secret"),
    ("not ours to end, with leave", {"recreate": "state_change"}, [listed()], None, "replace 1"),
    ("of another owner", {}, [listed(id="2", owner_sid="SID-OTHER")], None, "create"),
    ("left in doubt", {}, [listed()], record()._replace(**SUSPECT), "replace 1"),
    ("left in doubt, with an orphan", {}, [listed(), listed(id="2", created_at=NOW - 900)], record()._replace(**SUSPECT), "replace 1 !2"),
    ("a late orphan", {}, [listed(), listed(id="2", created_at=NOW - 660)], record()._replace(**LATE), "reuse 1 -2"),
    ("too late to be one", {}, [listed(), listed(id="2", created_at=NOW - 600)], record()._replace(**LATE), "reuse 1"),
    ("too old to be one, renamed since", {}, [listed(), listed(id="2", created_at=NOW - 3 * DAY)], record()._replace(**LATE), "reuse 1"),
    ("due", {}, [listed(), listed(id="2", name="ci.replaced-2")], record()._replace(replaced=(Replaced("2", NOW),)), "reuse 1 -2"),
    ("not due", {}, [listed(), listed(id="2", name="ci.replaced-2")], record()._replace(replaced=(Replaced("2", NOW + 1),)), "reuse 1"),
    ("not due, absent", {"state": "absent"}, [listed(), listed(id="2", name="x")], record()._replace(replaced=(Replaced("2", NOW + 1),)), "revoke 1 !2 !1"),
]


@pytest.mark.parametrize(("options", "keys", "contents", "expected"), [case[1:] for case in WITH_STORE], ids=[case[0] for case in WITH_STORE])
def test_with_a_store(options: Mapping[str, Any], keys: list[NamedKey], contents: Contents | None, expected: str) -> None:
    facts = Facts(keys, contents, True, NOW, clocks_agree=True)
    words = expected.removeprefix("refused: ")
    found = step_or_sentence(wish(**options), facts)
    assert found == expected if words == expected else words in found


def step_or_sentence(desired: DesiredKey, facts: Facts) -> str:
    try:
        return step(make_plan(desired, facts))
    except ApiError as error:
        return error.message


@pytest.mark.parametrize(
    ("created_at", "stored_now", "expected"),
    [
        # By its age, it appeared under the claim; or days later, or long before.
        (NOW - 900, NOW - DAY, "replace 1 !2"),
        (NOW - 660, NOW - DAY, "replace 1 !2"),
        (NOW - 600, NOW - DAY, "replace 1"),
        (NOW - 3 * DAY, NOW - DAY, "replace 1"),
        (NOW - 900, None, "replace 1"),
    ],
)
def test_orphans_are_known_by_their_age_where_the_clocks_differ(created_at: int, stored_now: int | None, expected: str) -> None:
    """A person may have created a key of the same name since."""
    suspect = {key: value - DAY if isinstance(value, int) else value for key, value in SUSPECT.items()}
    facts = Facts([listed(), listed(id="2", created_at=created_at)], record()._replace(**suspect), True, NOW, stored_now=stored_now)
    assert step(make_plan(wish(), facts)) == expected


@pytest.mark.parametrize(
    ("contents", "clocks_agree", "now", "expected"),
    [
        (None, True, NOW, False),
        (record(), True, NOW, False),
        (record()._replace(**SUSPECT), True, NOW - 700, True),
        (record()._replace(**SUSPECT), True, NOW - 600, False),
        (record()._replace(**SUSPECT), False, NOW, True),
    ],
)
def test_how_long_a_lost_creation_may_follow(contents: Contents | None, clocks_agree: bool, now: float, expected: bool) -> None:
    assert may_follow(wish(), Facts([], contents, True, now, clocks_agree=clocks_agree)) is expected


def test_a_static_secret_in_doubt_is_not_expendable() -> None:
    """Nothing that a run does can end it in place, so whoever holds it goes on working."""
    plan = make_plan(wish(), Facts([listed()], record()._replace(**SUSPECT), True, NOW))
    assert (plan.step, plan.expendable) == ("replace", False)


@pytest.mark.parametrize("overtaken", [False, True])
def test_runs_that_overlap_are_one_occasion(overtaken: bool) -> None:
    facts = Facts([listed()], record(), True, NOW, overtaken=overtaken)
    assert step(make_plan(wish(state="rotated"), facts)) == ("reuse 1" if overtaken else "replace 1")
