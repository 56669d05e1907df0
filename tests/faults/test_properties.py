# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long stories of runs, deaths, broken lines, administrators, strangers and lost files; world.py judges after each step.

The stories are made from seeds, one after the other, until the time is up. DATAPROTECTION_SEED (a number) tells the stories of one
seed alone, and shortens one that fails; DATAPROTECTION_SECONDS says how long to go on.
"""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.constants import BASE, DAY, LEASE, MINUTE, NEARLY_A_LIFETIME
from tests.faults import contract
from tests.faults.counting import notes
from tests.faults.gateway import Fault
from tests.faults.gateway import named as fault_named
from tests.faults.lane import Lane
from tests.faults.mishaps import Mishap
from tests.faults.world import BREATH, Named, World
from tests.stores import FileStore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SECONDS = float(os.environ.get("DATAPROTECTION_SECONDS", "120"))
FIRST_SEED = 20260101
STORIES_A_SEED = 4
STEPS = 25
SLOW = 9  # seconds that a response takes: less than the timeout of the runs
LEAST_STEPS = 0.25  # a second; a machine that does fewer, also beside other work, proves nothing

names = st.sampled_from(["alpha", "beta"])
kinds = st.sampled_from(["file", "vault"])
scopes = st.sampled_from([{}, {}, {}, {"scope": "all"}, {"scope": "hyperscale"}, {"scope": "custom", "api_endpoints": ["/job"]}, {"scope": "ms_scim"}])
wishes = st.just({"state": "present"}) | st.builds(
    lambda choices, scope: {**choices, **scope},
    st.fixed_dictionaries(
        {"state": st.sampled_from(["present", "present", "present", "renewed", "renewed", "absent"])},
        optional={
            "recreate": st.sampled_from(["never", "state_change", "always"]),
            "min_validity": st.sampled_from(["0", "20m", "1h"]),
            "allowed_ips": st.sampled_from([["127.0.0.0/8"], ["127.0.0.1", "::1"], []]),
        },
    ),
    scopes,
)
server_faults = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["cut_before", "cut_after", "truncate", "empty_after", "html", "html_after"]),
        "method": st.sampled_from(["POST", "PUT", "DELETE", "GET", None]),
        "path": st.sampled_from(["AccessToken", "AccessToken$", "Renew$", "AccessToken/1", None]),
        "times": st.sampled_from([1, 1, 1, 2, 0]),
        "after": st.integers(0, 2),
    }
) | st.builds(
    lambda kind_and_code, more: {"kind": kind_and_code[0], "code": kind_and_code[1], **more},
    # A server that answers with 4xx has not done the work.
    st.tuples(st.just("status"), st.sampled_from([400, 401, 403, 429, 500, 503])) | st.tuples(st.just("status_after"), st.sampled_from([500, 502, 504])),
    st.fixed_dictionaries(
        {
            "method": st.sampled_from(["POST", "PUT", "DELETE", None]),
            "path": st.sampled_from(["AccessToken", "AccessToken$", "Renew$"]),
            "times": st.sampled_from([1, 1, 0]),
            "after": st.integers(0, 1),
        }
    ),
)
vault_faults = st.dictionaries(
    st.integers(0, 8), st.sampled_from(["cut_before", "cut_after", "500_before", "500_after", "403", "truncate"]), min_size=1, max_size=3
).map(lambda kinds: tuple(fault_named(kind, number) for number, kind in kinds.items()))


# What balancers and proxies answer, and whether and when the server gets the request all the same.
def strange_answer(status: int, work: str, **more: Any) -> Fault:
    return Fault("answer", work if contract.may_have_been_done(status) else "never", status=status, **more)


strange_answers = st.builds(
    strange_answer,
    st.sampled_from([200, *contract.STATUSES]),
    st.sampled_from(["never", "before", "later"]),
    body=st.sampled_from(["page", "json", "empty"]),
    method=st.sampled_from(["POST", "PUT", "DELETE", None]),
    path=st.sampled_from(["AccessToken", "AccessToken$", "Renew$", "/data/", None]),
    after=st.integers(0, 2),
)
# The secret manager changes its leader: some requests in a row are refused.
leader_changes = st.builds(
    lambda start, length, status: tuple(Fault("answer", status=status, body="json", number=start + number) for number in range(length)),
    st.integers(0, 7),
    st.integers(1, 6),
    st.sampled_from([429, 472, 473, 500, 502, 503]),
)
# Where a run dies: before that effect, by its number or by how it begins.
TOKENS = f"{BASE}/V4/AccessToken"
moments = st.integers(0, 40) | st.sampled_from(
    [f"{when} {call}" for when in ("send", "answer") for call in (f"POST {TOKENS}/Renew", f"POST {TOKENS}", f"PUT {TOKENS}", f"DELETE {TOKENS}", "vault POST")]
    + ["replace alpha.json", "replace beta.json", "unlink alpha.json", "fsync .", "fsync .alpha", "fsync .beta"]
)


class Story(RuleBasedStateMachine):
    """Two names, each with a store of its own, and everything that can happen to them."""

    lane: ClassVar[Lane]
    counts: ClassVar[Counter[str]]
    world: World

    @initialize(first=kinds, second=kinds)
    def begin(self, first: str, second: str) -> None:
        self.world = World(self.lane, {"alpha": first, "beta": second})
        self.counts["stories"] += 1

    def named(self, name: str) -> Named:
        self.counts["steps"] += 1
        return self.world.named[name]

    @rule(name=names, wish=wishes)
    def run(self, name: str, wish: dict[str, Any]) -> None:
        self.world.run(self.named(name), wish)

    @rule(name=names, wish=wishes, moment=moments)
    def run_and_die(self, name: str, wish: dict[str, Any], moment: int | str) -> None:
        self.world.run(self.named(name), wish, Mishap(kill=moment))

    @rule(name=names, wish=wishes, number=st.integers(0, 40))
    def run_and_die_in_the_middle_of_a_write(self, name: str, wish: dict[str, Any], number: int) -> None:
        self.world.run(self.named(name), wish, Mishap(torn=number))

    @rule(name=names, moment=moments, settle=st.booleans())
    def die_while_a_renewal_is_due(self, name: str, moment: int | str, settle: bool) -> None:
        named = self.named(name)
        self.world.run(named, {"recreate": "state_change"})
        self.world.pass_time(NEARLY_A_LIFETIME)
        self.world.run(named, {}, Mishap(kill=moment))
        if settle:
            self.world.pass_time(LEASE)
            self.world.run(named, {})

    @rule(name=names, wish=wishes, faults=st.lists(server_faults, min_size=1, max_size=2))
    def run_over_a_bad_line(self, name: str, wish: dict[str, Any], faults: list[dict[str, Any]]) -> None:
        self.world.run(self.named(name), wish, Mishap(server=tuple(faults)))

    @rule(name=names, fault=server_faults)
    def renew_over_a_bad_line(self, name: str, fault: dict[str, Any]) -> None:
        named = self.named(name)
        self.world.run(named, {"recreate": "state_change"})
        self.world.pass_time(NEARLY_A_LIFETIME)
        self.world.run(named, {}, Mishap(server=({**fault, "method": "POST", "path": "Renew$"},)))

    @rule(name=names, wish=wishes, faults=vault_faults, moment=st.none() | moments)
    def run_over_a_bad_line_to_vault(self, name: str, wish: dict[str, Any], faults: tuple[Fault, ...], moment: int | str | None) -> None:
        self.world.run(self.named(name), wish, Mishap(vault=faults, kill=moment))

    @rule(name=names, wish=wishes, fault=server_faults, moment=moments)
    def run_over_a_bad_line_and_die(self, name: str, wish: dict[str, Any], fault: dict[str, Any], moment: int | str) -> None:
        self.world.run(self.named(name), wish, Mishap(server=(fault,), kill=moment))

    @rule(name=names, wish=wishes, product=st.lists(strange_answers, max_size=2), vault=st.lists(strange_answers, max_size=1))
    def run_with_strange_answers(self, name: str, wish: dict[str, Any], product: list[Fault], vault: list[Fault]) -> None:
        self.counts["strange answers"] += len(product) + len(vault)
        self.world.run(self.named(name), wish, Mishap(product=tuple(product), vault=tuple(vault)))

    @rule(name=names, status=st.sampled_from([200, *contract.STATUSES]), work=st.sampled_from(["never", "before", "later"]))
    def renew_with_a_strange_answer(self, name: str, status: int, work: str) -> None:
        named = self.named(name)
        self.world.run(named, {"recreate": "state_change"})
        self.world.pass_time(NEARLY_A_LIFETIME)
        self.counts["strange answers"] += 1
        self.world.run(named, {}, Mishap(product=(strange_answer(status, work, method="POST", path="Renew$"),)))

    @rule(name=names, wish=wishes, faults=leader_changes)
    def run_while_the_secret_manager_changes_its_leader(self, name: str, wish: dict[str, Any], faults: tuple[Fault, ...]) -> None:
        self.world.run(self.named(name), wish, Mishap(vault=faults))

    @rule(name=names, wish=wishes)
    def run_with_slow_servers(self, name: str, wish: dict[str, Any]) -> None:
        self.world.run(self.named(name), wish, Mishap(slow=SLOW))

    @rule(name=names, moment=moments, seconds=st.sampled_from([0, LEASE + 5]), slow=st.sampled_from([0, SLOW]), without_locks=st.booleans())
    def two_runs_meet(self, name: str, moment: int | str, seconds: int, slow: int, without_locks: bool) -> None:
        self.world.two_runs_meet(self.named(name), moment, seconds, slow, without_locks)

    @rule(name=names, replaced=st.booleans(), number=st.integers(100, 110))
    def another_user_creates(self, name: str, replaced: bool, number: int) -> None:
        self.counts["steps"] += 1
        self.world.foreign_token(f"{name}.replaced-{number}" if replaced else name)

    @rule(offset=st.sampled_from([-3600, -10, 0, 10, 7200, None]))
    def the_date_is_off(self, offset: int | None) -> None:
        """The web nodes of Command Center have a clock of their own, or send no Date at all."""
        self.counts["steps"] += 1
        self.world.date_offset = offset

    @rule(name=names, wish=wishes)
    def foretell_and_run(self, name: str, wish: dict[str, Any]) -> None:
        """Check mode, and the run that it speaks of."""
        named = self.named(name)
        foretold = self.world.run(named, wish, check_mode=True).result
        outcome = self.world.run(named, wish).result
        assert foretold is not None
        assert outcome is not None
        if not outcome.get("failed") and not foretold.get("failed"):
            assert (foretold["actions"], foretold["changed"]) == (outcome["actions"], outcome["changed"])

    @rule(seconds=st.sampled_from([MINUTE, LEASE + 1, 12 * MINUTE, NEARLY_A_LIFETIME, DAY, 13 * DAY, 40 * DAY]))
    def time_passes(self, seconds: int) -> None:
        self.counts["steps"] += 1
        self.world.pass_time(seconds)

    @rule(name=names, deed=st.sampled_from(["revoke", "rename", "restrict", "open", "create"]))
    def an_administrator_works(self, name: str, deed: str) -> None:
        named, sim = self.named(name), self.world.sim
        self.world.pass_time(BREATH)
        live = self.world.live(named)
        if deed == "create" and not any(token["name"] == name for token in live):
            named.made_by_hand.add(sim.commandcenter_create(name)["id"])
        for token in live[:1]:
            if deed == "revoke":
                sim.commandcenter_revoke(token["id"])
            elif deed == "rename":
                sim.commandcenter_edit(token["id"], name=f"old {token['id']}")
            elif deed in ("restrict", "open"):
                sim.set(commandcenter_list_allowed_ips=deed == "open")
                sim.commandcenter_edit(token["id"], allowed_ips=["127.0.0.1"] if deed == "restrict" else [])

    @rule(name=names)
    def a_stranger_renews(self, name: str) -> None:
        self.counts["renewed by strangers"] += self.world.renewed_by_a_stranger(self.named(name))

    @rule(name=names, fate=st.sampled_from(["lost", "cut short", "backed up", "put back"]), keep=st.integers(0, 400))
    def the_store_has_a_fate(self, name: str, fate: str, keep: int) -> None:
        named = self.named(name)
        store = named.store
        self.world.pass_time(BREATH)
        if fate == "lost":
            store.lose()
        elif fate == "backed up":
            named.backup = store.read_safely()
        elif fate == "put back" and named.backup:
            store.write(named.backup)
        elif fate == "cut short" and isinstance(store, FileStore) and store.path.exists():
            os.truncate(store.path, min(keep, store.path.stat().st_size - 2))
            # The next run keeps it aside, whatever that one is for.
            self.world.run(named, {"state": "present"})

    @rule(
        offset=st.sampled_from([0, 0, 0, 3]),
        renew=st.sampled_from(["any", "bearer", "none"]),
        unknown=st.sampled_from(["200-error", "404"]),
        style=st.sampled_from(["http200", "http400"]),
    )
    def the_server_changes(self, offset: int, renew: str, unknown: str, style: str) -> None:
        """What servers do one way or the other."""
        self.counts["steps"] += 1
        self.world.sim.set(
            commandcenter_list_expiry_offset=offset, commandcenter_renew_auth=renew, commandcenter_unknown_id=unknown, commandcenter_error_style=style
        )

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.check_all_can_be_settled()
            finally:
                self.counts.update(self.world.counts)


def test_stories(lane: Lane, capsys: pytest.CaptureFixture[str]) -> None:
    Story.lane, Story.counts = lane, Counter()
    chosen = os.environ.get("DATAPROTECTION_SEED")
    give_up = time.monotonic() + SECONDS
    options = settings(
        max_examples=STORIES_A_SEED,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        # To look for a shorter story that fails takes longer than all the rest: that is for who looks at one seed.
        phases=[Phase.generate, Phase.shrink] if chosen else [Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    number = FIRST_SEED
    for number in [int(chosen)] if chosen else itertools.count(FIRST_SEED):
        try:
            run_state_machine_as_test(seed(number)(Story), settings=options)
        except BaseException:
            with capsys.disabled():
                print(f"\nThe story is told again by: DATAPROTECTION_SEED={number} make faults ARGS='-k stories'")
            raise
        if time.monotonic() > give_up:
            break
    told = ", ".join(f"{value} {key}" for key, value in sorted(Story.counts.items()))
    notes.append(f"stories of the seeds {chosen or FIRST_SEED} to {number}: {told}")
    assert chosen or Story.counts["steps"] >= LEAST_STEPS * SECONDS
