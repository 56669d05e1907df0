# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the facts and the wishes are: there is a plan or a sentence, and no plan breaks the rules."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Sequence
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.token import SCOPE_NUMBERS, Token
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.desired_token import DesiredToken, read_desired
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.facts import Facts
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.plan import Plan, make_plan
from ansible_collections.dataprotection.access.plugins.module_utils._reconcile.reconcile import predict
from ansible_collections.dataprotection.access.plugins.module_utils._store.format import Contents
from tests.constants import DAY, MINUTE
from tests.unit.plan.facts import EMPTY, ID, NOW, OTHER_ID, OTHER_USER, PARAMS, USER, listed, record

STEPS = {"none", "reuse", "create", "renew", "replace", "revoke"}
WORDS = {"created", "reused", "renewed", "updated", "recreated", "revoked"}
TIMES = st.sampled_from([None, NOW - 20 * DAY, NOW - 900, NOW - 1, NOW, NOW + 3, NOW + MINUTE, NOW + 20 * MINUTE, NOW + 9 * DAY])
IPS = st.sampled_from([None, [], ["127.0.0.1"], ["10.0.0.0/8"]])
SCOPES = st.sampled_from([None, *SCOPE_NUMBERS])

# Every wish, many of which contradict themselves.
params = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["ci", " ci ", "", None]),
        "id": st.sampled_from([None, ID, 999]),
        "state": st.sampled_from(["present", "renewed", "absent"]),
        "scope": SCOPES,
        "api_endpoints": st.sampled_from([None, [], ["/job"], [" "]]),
        "renewable_until": st.sampled_from([None, "30d", "2038-01-20", str(NOW + DAY), str(NOW - DAY), "soon"]),
        "expires": st.sampled_from([None, "3d", str(NOW + 9 * DAY), "x"]),
        "allowed_ips": st.sampled_from([None, [], ["127.0.0.1"], ["nowhere"]]),
        "user_id": st.sampled_from([None, USER, OTHER_USER]),
        "recreate": st.sampled_from(["never", "state_change", "always"]),
        "min_validity": st.sampled_from(["0", "5m", "1h", "400d", "?"]),
        "has_store": st.booleans(),
    },
)


@st.composite
def wishes(draw: st.DrawFn) -> dict[str, Any]:
    """Wishes that can be read."""
    scope = draw(st.one_of(st.none(), SCOPES))
    wanted: dict[str, Any] = {
        "state": draw(st.sampled_from(["present", "present", "renewed", "absent"])),
        "recreate": draw(st.sampled_from(["never", "state_change", "always"])),
        "scope": scope,
        "api_endpoints": ["/job"] if scope == "custom" else None,
        "allowed_ips": draw(IPS),
        "user_id": draw(st.sampled_from([None, None, USER, OTHER_USER])),
        "min_validity": draw(st.sampled_from(["0", "5m", "1h"])),
    }
    if scope in ("ms_scim", "one_touch"):
        wanted["expires"] = draw(st.sampled_from([None, "3d", str(NOW + 9 * DAY)]))
    else:
        wanted["renewable_until"] = draw(st.sampled_from([None, "30d", str(NOW + DAY)]))
    return wanted


attributes = {
    "user_id": st.sampled_from([None, USER, OTHER_USER]),
    "scope": st.sampled_from([None, "9", *SCOPE_NUMBERS]),
    "api_endpoints": st.sampled_from([None, [], ["/job"]]),
    "allowed_ips": IPS,
    "created_at": TIMES,
    "last_used_at": TIMES,
    "expires_at": TIMES,
    "renewable_until": TIMES,
}
names = st.sampled_from(["ci", "other", f"ci.replaced-{ID}", f"ci.replaced-{OTHER_ID}", None])
others = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from([OTHER_ID, 103, None]), "name": names}, optional=attributes).map(lambda changes: listed(**changes)),
    max_size=3,
    unique_by=lambda token: token.id,
)
suspicion = st.sampled_from([None, None, (NOW - 1000, (ID,)), (NOW - 1000, (ID, OTHER_ID)), (NOW - 1000, None)])

World = tuple[list[Token], "Contents | None"]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """What the server lists and what the store holds, mostly of one token, with some discord between the two."""
    server = draw(others)
    if draw(st.booleans()):
        # In harmony, but for the time.
        times = {"expires_at": draw(TIMES), "renewable_until": NOW + DAY}
        return [listed(**times), *server], record(**times)
    token = draw(st.fixed_dictionaries({}, optional=attributes))
    if draw(st.integers(0, 5)):
        shown = listed(**token)._replace(name=draw(st.sampled_from(["ci", "ci", "ci", "other", f"ci.replaced-{ID}"])))
        if shown.expires_at is not None:
            shown = shown._replace(expires_at=shown.expires_at + draw(st.sampled_from([0, 0, 0, 3, 60, 600, -600])))
        server.insert(draw(st.integers(0, len(server))), shown)
    kind = draw(st.integers(0, 7))
    if kind == 0:
        return server, None
    suspect = draw(suspicion)
    if kind == 1:
        return server, EMPTY._replace(suspect_since=suspect[0], known_ids=suspect[1]) if suspect else EMPTY
    more = st.fixed_dictionaries({}, optional={"refresh_token": st.sampled_from([None, "refresh"]), "refresh_expires_at": TIMES})
    return server, record(suspect=suspect, **token, **draw(more))


quick = settings(max_examples=400)


def outcome_or_sentence(work: Callable[[], Any]) -> Any:
    """What the work returns, or the error that says why not; no other exception will do."""
    try:
        return work()
    except ApiError as error:
        return error


def planned(wanted: dict[str, Any], server: list[Token], kept: Contents | None) -> tuple[DesiredToken, Plan] | None:
    """A plan, or None where a sentence said why not."""

    def work() -> tuple[DesiredToken, Plan]:
        options = {**PARAMS, **wanted}
        desired = read_desired(**options)
        return desired, make_plan(desired, Facts(server, kept, options["has_store"], NOW, owner=USER))

    found = outcome_or_sentence(work)
    if isinstance(found, ApiError):
        assert len(found.message) > 15
        assert not found.maybe_applied
        return None
    return cast("tuple[DesiredToken, Plan]", found)


@quick
@given(params, worlds())
def test_a_plan_or_a_sentence(wanted: dict[str, Any], world: World) -> None:
    planned(wanted, *world)


@quick
@given(wishes(), worlds())
def test_the_rules(wanted: dict[str, Any], world: World) -> None:
    server, kept = world
    before = copy.deepcopy((wanted, server, kept))
    found = planned(wanted, server, kept)
    assert (wanted, server, kept) == before
    if found is None:
        return
    desired, plan = found
    assert plan.step in STEPS
    assert WORDS.issuperset(plan.actions)
    token = (kept and kept.token) or Token()
    mine = {"ci", f"ci.replaced-{ID}", f"ci.replaced-{OTHER_ID}", "ci.replaced-103"}
    for doomed in [*plan.orphans, *plan.leftovers, *([plan.token] if plan.step == "replace" and plan.token else [])]:
        # Nothing goes but what has the name, had it before it was replaced, was asked for by its id, or is of the record.
        assert doomed.name in mine or doomed.id in (token.id, desired.id)
        assert desired.user_id in (None, doomed.user_id) or doomed.user_id is None or doomed.id in (token.id, desired.id)
    if plan.step == "renew":
        check_renewal(plan, server, kept)
    if plan.step == "reuse":
        assert plan.token is not None
        assert plan.token.access_token == token.access_token
        assert plan.token.id in [one.id for one in server]
        assert kept is not None
        assert kept.suspect_since is None
        assert desired.recreate != "always"
        assert desired.state == "present"
    if desired.recreate == "never" and plan.step == "replace":
        # Only a token of the record's own is made anew unasked.
        assert plan.token is not None
        assert plan.token.id == token.id
    if desired.state == "absent":
        assert plan.step in ("revoke", "none")
    else:
        assert plan.step not in ("revoke",)


def test_the_worlds_lead_to_every_step() -> None:
    """The tests above would prove little if they did not."""
    seen: set[str] = set()

    @quick
    @given(wishes(), worlds())
    def count(wanted: dict[str, Any], world: World) -> None:
        found = planned(wanted, *world)
        seen.add(found[1].step if found else "sentence")

    count()
    assert seen == STEPS | {"sentence"}


def check_renewal(plan: Plan, server: Sequence[Token], kept: Contents | None) -> None:
    """Only a pair that nobody can have sent before is sent, and only when the server may take it."""
    assert kept is not None
    assert plan.token is not None
    assert kept.suspect_since is None
    assert (plan.token.access_token, plan.token.refresh_token) == (kept.token.access_token, kept.token.refresh_token)
    assert plan.token.refresh_token
    (shown,) = [token for token in server if token.id == kept.token.id]
    if None not in (shown.expires_at, kept.token.expires_at):
        assert abs(shown.expires_at - kept.token.expires_at) <= 5
    for until in (plan.token.renewable_until, plan.token.refresh_expires_at):
        assert until is None or until > NOW


@quick
@given(wishes(), worlds())
def test_the_prediction_needs_nothing_but_the_plan(wanted: dict[str, Any], world: World) -> None:
    found = planned(wanted, *world)
    if found is None:
        return
    desired, plan = found
    before = copy.deepcopy((plan.step, plan.token, dict(plan.changes), list(plan.orphans), list(plan.leftovers)))
    outcome = outcome_or_sentence(lambda: predict(desired, plan, NOW))
    assert (plan.step, plan.token, dict(plan.changes), list(plan.orphans), list(plan.leftovers)) == before
    if isinstance(outcome, ApiError):
        # The wish itself cannot be met.
        assert any(words in outcome.message for words in ("renewable_until: ", "expires: ", "set scope for its successor", "set them for its successor"))
        return
    assert outcome.actions == plan.actions
    assert (outcome.token is None) == (desired.state == "absent")
    if plan.step in ("create", "replace", "renew"):
        assert not (outcome.token or Token()).access_token


def test_every_combination_of_choices() -> None:
    """All states, scopes and rules on all facts of the table: a plan or a sentence."""
    from tests.unit.plan import test_table as table

    facts = [value for name, value in vars(table).items() if name.isupper() and isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], list)]
    assert len(facts) > 15
    count = plans = 0
    for state, scope, recreate, (server, kept) in itertools.product(
        ["present", "renewed", "absent"], [None, *SCOPE_NUMBERS], ["never", "state_change", "always"], facts
    ):
        endpoints = ["/job"] if scope == "custom" else None
        count += 1
        plans += planned({"state": state, "scope": scope, "recreate": recreate, "api_endpoints": endpoints}, server, kept) is not None
    assert count == 3 * 6 * 3 * len(facts)
    # A third at most is refused; where recreate is always, and where the token is to go, nothing is.
    assert plans > count * 2 / 3
