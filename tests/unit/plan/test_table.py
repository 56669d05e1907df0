# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done about which facts, one line a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.token import Token
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.plan import Plan
from ansible_collections.dataprotection.access.plugins.module_utils._store.format import Contents
from tests.constants import DAY, MINUTE
from tests.unit.plan.facts import EMPTY, ID, NOW, OTHER_ID, OTHER_USER, listed, plan, record, wish

Facts = tuple[list[Token], Contents | None]
NOTHING: Facts = ([], None)
GOOD: Facts = ([listed()], record())
ENDING: Facts = ([listed(expires_at=NOW + MINUTE)], record(expires_at=NOW + MINUTE))
ENDED: Facts = ([listed(expires_at=NOW - DAY)], record(expires_at=NOW - DAY))
TOO_LATE: Facts = ([listed(expires_at=NOW - 15 * DAY)], record(expires_at=NOW - 15 * DAY, refresh_expires_at=NOW - DAY))
REVOKED: Facts = ([], record())
LOST: Facts = ([listed()], None)
RENAMED: Facts = ([listed(name="x")], record())
TAKEN: Facts = ([listed(name="x"), listed(id=OTHER_ID)], record())
FOREIGN: Facts = ([listed(expires_at=NOW + 25 * MINUTE)], record())
SCIM = {"scope": "ms_scim", "renewable_until": None}
FIXED: Facts = ([listed(**SCIM, expires_at=NOW + DAY)], record(**SCIM, expires_at=NOW + DAY, refresh_token=None, refresh_expires_at=None))
FIXED_ENDING: Facts = ([listed(**SCIM, expires_at=NOW + MINUTE)], record(**SCIM, expires_at=NOW + MINUTE, refresh_token=None, refresh_expires_at=None))
SUSPECT: Facts = ([listed()], record(suspect=(NOW - 1000, (ID,))))
SUSPECT_ASIDE: Facts = ([listed(name="ci.replaced-101")], SUSPECT[1])
SUSPECT_ORPHAN: Facts = ([listed(name="ci.replaced-101"), listed(id=OTHER_ID, created_at=NOW - 900)], SUSPECT[1])
SUSPECT_TAKEN: Facts = ([listed(name="x"), listed(id=OTHER_ID)], record(suspect=(NOW - 1000, (ID, OTHER_ID))))
SUSPECT_GONE: Facts = ([], SUSPECT[1])
SUSPECT_FIRST: Facts = ([listed(id=OTHER_ID, created_at=NOW - 900)], EMPTY._replace(suspect_since=NOW - 1000, known_ids=()))
LEFTOVER = listed(id=OTHER_ID, name="ci.replaced-102")

R = {"recreate": "state_change"}
A = {"recreate": "always"}
FORCED = {"state": "renewed"}
GONE = {"state": "absent"}


def step(made: Plan) -> str:
    """The step with the ids that it is about: "replace 101 -102" also revokes 102."""
    parts = [made.step]
    if made.token is not None:
        parts.append(str(made.token.id))
    parts += [f"!{token.id}" for token in made.orphans]
    parts += [f"-{token.id}" for token in made.leftovers]
    return " ".join(parts)


CASES: list[tuple[str, Mapping[str, Any], Facts, str]] = [
    # facts, wish, plan ("!" revoked before, "-" revoked after), or the sentence of the refusal
    ("nothing", {}, NOTHING, "create"),
    ("nothing, forced", FORCED, NOTHING, "create"),
    ("nothing to remove", GONE, NOTHING, "none"),
    ("an empty record", {}, ([], EMPTY), "create"),
    ("good", {}, GOOD, "reuse 101"),
    ("good, state_change", R, GOOD, "reuse 101"),
    ("good, always", A, GOOD, "replace 101"),
    ("good, forced", FORCED, GOOD, "renew 101"),
    ("good, removed", GONE, GOOD, "revoke 101 !101"),
    ("ending", {}, ENDING, "renew 101"),
    ("ending, but that will do", {"min_validity": "30s"}, ENDING, "reuse 101"),
    ("ended", {}, ENDED, "renew 101"),
    ("too late", {}, TOO_LATE, "could only be renewed until"),
    ("too late, state_change", R, TOO_LATE, "replace 101"),
    ("too late, removed", GONE, TOO_LATE, "revoke 101 !101"),
    ("revoked", {}, REVOKED, "create 101"),
    ("revoked, forced", FORCED, REVOKED, "create 101"),
    ("revoked, removed", GONE, REVOKED, "revoke 101"),
    ("lost", {}, LOST, "does not hold its secret"),
    ("lost, state_change", R, LOST, "replace 101"),
    ("lost, always", A, LOST, "replace 101"),
    ("lost, removed", GONE, LOST, "revoke 101 !101"),
    ("renamed", {}, RENAMED, "reuse 101"),
    ("renamed, removed", GONE, RENAMED, "revoke 101 !101"),
    ("its name was taken", {}, TAKEN, "(id 102) exists, but the store does not hold its secret"),
    ("its name was taken, state_change", R, TAKEN, "replace 102 -101"),
    ("its name was taken, removed", GONE, TAKEN, "revoke 102 !102 !101"),
    ("renewed by a stranger", {}, FOREIGN, "replace 101"),
    ("renewed by a stranger, forced", FORCED, FOREIGN, "replace 101"),
    ("of a fixed end", {}, FIXED, "reuse 101"),
    ("of a fixed end, forced", FORCED, FIXED, "cannot be renewed"),
    ("of a fixed end, forced, state_change", {**FORCED, **R}, FIXED, "replace 101"),
    ("of a fixed end that comes", {}, FIXED_ENDING, "cannot be renewed"),
    ("of a fixed end that comes, state_change", R, FIXED_ENDING, "replace 101"),
    ("of a fixed end that comes and is moved", {"scope": "ms_scim", "expires": str(NOW + 9 * DAY)}, FIXED_ENDING, "reuse 101"),
    ("suspect", {}, SUSPECT, "replace 101"),
    ("suspect, forced", FORCED, SUSPECT, "replace 101"),
    ("suspect, removed", GONE, SUSPECT, "revoke 101 !101"),
    ("suspect, stepped aside", {}, SUSPECT_ASIDE, "replace 101"),
    ("suspect, with an orphan", {}, SUSPECT_ORPHAN, "replace 101 !102"),
    ("suspect, its name was taken", {}, SUSPECT_TAKEN, "does not hold its secret"),
    ("suspect, its name was taken, state_change", R, SUSPECT_TAKEN, "replace 102 -101"),
    ("suspect, gone", {}, SUSPECT_GONE, "create 101"),
    ("suspect, a first one", {}, SUSPECT_FIRST, "create !102"),
    ("suspect, removed with its orphan", GONE, SUSPECT_ORPHAN, "revoke 102 !101 !102"),
    ("a leftover", {}, ([listed(), LEFTOVER], record()), "reuse 101 -102"),
    ("a leftover of nobody's", {}, ([LEFTOVER], None), "create -102"),
    ("a leftover, removed", GONE, ([listed(), LEFTOVER], record()), "revoke 101 !102 !101"),
    ("a leftover of another user", {}, ([listed(), LEFTOVER._replace(user_id=OTHER_USER)], record()), "reuse 101"),
    ("its id belongs to another user by now, removed", GONE, ([listed(user_id=OTHER_USER)], record()), "revoke 101"),
    ("its id belongs to another user by now, always", A, ([listed(user_id=OTHER_USER)], record()), "create 101"),
    ("its id was given out again", A, ([listed(name="important", created_at=NOW - 60)], record()), "create 101"),
    ("two of a name, one of the record", {}, ([listed(user_id=OTHER_USER, id=OTHER_ID), listed()], record()), "reuse 101"),
    ("two of a name, none of the record", {}, ([listed(id=OTHER_ID), listed()], None), "Several tokens are named 'ci'"),
    ("two of a name, one of them another user's", {}, ([listed(user_id=OTHER_USER, id=OTHER_ID), listed()], None), "(id 101) exists, but the store"),
    ("two of a name, one asked for", {"user_id": OTHER_USER, **R}, ([listed(user_id=OTHER_USER, id=OTHER_ID), listed()], None), "replace 102"),
    ("no refresh token", FORCED, ([listed()], record(refresh_token=None)), "the store holds no refresh token for it"),
    ("no refresh token, state_change", {**FORCED, **R}, ([listed()], record(refresh_token=None)), "replace 101"),
    ("an end that nobody tells", {}, ([listed(expires_at=None)], record(expires_at=None)), "reuse 101"),
    ("an end that only the list tells", {}, ([listed(expires_at=NOW - 1)], record(expires_at=None)), "renew 101"),
    ("another scope that can be changed", {"scope": "hyperscale"}, GOOD, "reuse 101"),
    ("another scope that cannot", {"scope": "ms_scim"}, GOOD, "the server cannot change it to ms_scim"),
    ("another scope that cannot, state_change", {"scope": "ms_scim", **R}, GOOD, "replace 101"),
]


@pytest.mark.parametrize(("wanted", "facts", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_with_a_store(wanted: Mapping[str, Any], facts: Facts, expected: str) -> None:
    tokens, held = facts
    if expected.split()[0] in ("none", "reuse", "create", "renew", "replace", "revoke"):
        assert step(plan(wish(**wanted), tokens, held)) == expected
        return
    with pytest.raises(ApiError) as caught:
        plan(wish(**wanted), tokens, held)
    assert expected in caught.value.message


WITHOUT: list[tuple[str, Mapping[str, Any], list[Token], str]] = [
    ("nothing", {}, [], "create"),
    ("there", {}, [listed()], "none 101"),
    ("there, always", A, [listed()], "replace 101"),
    ("there, removed", GONE, [listed()], "revoke 101 !101"),
    ("ended, and may be renewed by its owner", {}, [listed(expires_at=NOW - DAY)], "none 101"),
    ("renewable no more, and ended", {}, [listed(expires_at=NOW - DAY, renewable_until=NOW - 1)], "could only be renewed until"),
    ("renewable no more, and ended, state_change", R, [listed(expires_at=NOW - DAY, renewable_until=NOW - 1)], "replace 101"),
    ("renewable no more, and still good", {}, [listed(renewable_until=NOW - 1)], "none 101"),
    ("of a fixed end that has come", {}, [listed(**SCIM, expires_at=NOW - 1)], "expired at"),
    ("of a fixed end that comes", {}, [listed(**SCIM, expires_at=NOW + 1)], "none 101"),
    ("by its id", {"name": None, "id": 101}, [listed()], "none 101"),
    ("by an unknown id", {"name": None, "id": 5}, [listed()], "There is no token with id 5"),
    ("by an unknown id, removed", {"name": None, "id": 5, **GONE}, [listed()], "none"),
    ("by its id, renamed", {"id": 101, "name": "new"}, [listed()], "none 101"),
]


@pytest.mark.parametrize(("wanted", "tokens", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WITHOUT])
def test_without_a_store(wanted: Mapping[str, Any], tokens: list[Token], expected: str) -> None:
    desired = wish(has_store=False, **wanted)
    if expected.split()[0] in ("none", "create", "replace", "revoke"):
        assert step(plan(desired, tokens, None, has_store=False)) == expected
        return
    with pytest.raises(ApiError) as caught:
        plan(desired, tokens, None, has_store=False)
    assert expected in caught.value.message


@pytest.mark.parametrize(
    ("wanted", "changes"),
    [
        ({"scope": "hyperscale"}, {"scope": "hyperscale"}),
        ({"scope": "custom", "api_endpoints": ["/job"]}, {"scope": "custom", "api_endpoints": ["/job"]}),
        ({"allowed_ips": ["10.0.0.1"]}, {"allowed_ips": ["10.0.0.1"]}),
        ({"allowed_ips": []}, {"allowed_ips": []}),
        ({"renewable_until": str(NOW + 9 * DAY)}, {"renewable_until": NOW + 9 * DAY}),
        ({"renewable_until": str(NOW + 80 * DAY)}, {}),
        ({"renewable_until": "9d"}, {}),
        ({"scope": "all"}, {}),
    ],
)
def test_changes(wanted: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    assert plan(wish(**wanted), *GOOD).changes == changes


def test_a_renewal_comes_with_its_changes() -> None:
    made = plan(wish(scope="hyperscale"), *ENDING)
    assert (made.step, made.changes, made.actions) == ("renew", {"scope": "hyperscale"}, ["renewed", "updated"])


def test_a_moment_that_has_passed_is_refused() -> None:
    with pytest.raises(ApiError, match="is not in the future"):
        plan(wish(renewable_until=str(NOW - 1)), *GOOD)
