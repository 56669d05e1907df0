# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A world in which anything may happen to named tokens and their stores, and what must hold in it after each step.

All judgements come from what the server recorded and from what the store really holds.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from tests import judges
from tests.constants import BASE, LEASE, LIST, LOGIN, LOGOUT, NEARLY_A_LIFETIME
from tests.faults import contract, invariants, product
from tests.faults.forks import Job, Outcome, job
from tests.faults.lane import Lane
from tests.faults.mishaps import NONE, Mishap
from tests.simulator.credentials import COMMANDCENTER_USER_ID
from tests.stores import FileStore, Store, VaultStore
from tests.waiting import wait_until

_worlds = itertools.count(1)
# Between two steps some time passes: a renewal by a stranger in the very second of ours cannot be told from ours.
BREATH = 10
# Whose login it is, too, is only looked up.
READS = {LOGIN, LOGOUT, LIST, "POST /WhoAmI", "GET /v4/user"}


class Named:
    """One token under test, with its store."""

    def __init__(self, name: str, store: Store) -> None:
        self.name, self.store = name, store
        self.option = {**store.option, "lock_timeout": 0}
        # What a backup of the store holds, and whether somebody put something back that may be older than the truth.
        self.backup: dict[str, Any] | None = None
        # Tokens of this name that an administrator has made by hand.
        self.made_by_hand: set[int] = set()

    def has(self, token: Mapping[str, Any]) -> bool:
        return token["name"] in (self.name, f"{self.name}.replaced-{token['id']}")


class World:
    """The server, two named tokens, somebody else's tokens, and the secrets that were sent to Renew."""

    def __init__(self, lane: Lane, kinds: Mapping[str, str]) -> None:
        self.lane, self.sim, self.front, self.vault = lane, lane.sim, lane.front, lane.vault
        self.sim.reset()
        for gateway in (self.front, self.vault):
            gateway.begin()
            gateway.reset_clock()
        # How many seconds the Date of Command Center is off; None: it sends none.
        self.date_offset: float | None = 0
        self.number = next(_worlds)
        self.folder = Path(lane.folder) / f"world-{self.number}-{os.getpid()}"
        self.folder.mkdir(mode=0o700)
        self.named = {name: Named(name, self._store(name, kind)) for name, kind in kinds.items()}
        self.sent: dict[Any, int | None] = {}
        self.counts: Counter[str] = Counter()
        for name in ("somebody-else", "alpha2", "alpha.replaced-1", "beta.replaced"):
            self.sim.commandcenter_create(name)
        self.sim.commandcenter_create("alpha", user_id=COMMANDCENTER_USER_ID + 1)
        self.others = self.tokens()

    def _store(self, name: str, kind: str) -> Store:
        return FileStore(self.folder, f"{name}.json") if kind == "file" else VaultStore(self.lane.openbao, self.vault.url)

    # The truth

    def tokens(self) -> list[dict[str, Any]]:
        return list(self.sim.state()["commandcenter"]["tokens"])

    def live(self, named: Named) -> list[dict[str, Any]]:
        return [token for token in self.tokens() if token["alive"] and named.has(token) and token["user_id"] == COMMANDCENTER_USER_ID]

    # What happens

    def foreign_token(self, name: str) -> None:
        """Another user creates a token, and an administrator's list shows everybody's."""
        self.sim.set(commandcenter_list_all="all")
        token = self.sim.commandcenter_create(name, user_id=COMMANDCENTER_USER_ID + 1)
        self.others += [one for one in self.tokens() if one["id"] == token["id"]]

    def pass_time(self, seconds: float) -> None:
        """By the clocks of both servers."""
        self.sim.advance(seconds)
        self.vault.advance(seconds)

    def params(self, named: Named, wish: Mapping[str, Any]) -> dict[str, Any]:
        address = {"url": self.front.url, "ca_path": self.front.ca_path}
        return {**self.sim.commandcenter_login, **address, "timeout": 10, "name": named.name, "store": named.option, **wish}

    def job(self, named: Named, wish: Mapping[str, Any], mishap: Mishap = NONE, **more: Any) -> Job:
        watch = {"folder": str(self.folder), "vault": self.vault.host, **mishap.watch}
        return job(self.params(named, wish), watch=watch, **more)

    def arm(self, mishap: Mishap) -> None:
        """Lay the faults of servers and lines; what was done to Renew until now is judged first, while it is known."""
        for gateway in (self.front, self.vault):
            gateway.release_late()
        self.check_pairs()
        mishap.arm(self.sim, self.vault, self.front)
        self.front.date_offset = self.date_offset
        if mishap.slow:
            self.front.interfere = self.vault.interfere = lambda: self.pass_time(mishap.slow)

    def run(self, named: Named, wish: Mapping[str, Any], mishap: Mishap = NONE, check_mode: bool = False, disturbed: bool = False) -> Outcome:
        """One run of the module, and all that must be true right after it. disturbed: something beside the mishap excuses a failure."""
        self.pass_time(BREATH)
        self.arm(mishap)
        self.sim.clear_requests()
        before, record, version = self.tokens(), named.store.read_safely(), named.store.version()
        (outcome,) = self.lane.forks.run(self.job(named, wish, mishap, check_mode=check_mode))
        self.arm(NONE)
        self.counts["runs"] += 1
        self.counts["killed"] += outcome.killed
        for action in (outcome.result or {}).get("actions", ["failed"]) if not outcome.killed else []:
            self.counts[action] += 1
        self.check_files()
        self.check_other_tokens(named, wish, before, record)
        self.check_result(outcome)
        if check_mode:
            self.check_nothing_written(named, before, version)
        elif not (mishap.happens or disturbed or self.date_offset != 0):
            self.check_clean_run(named, wish, outcome)
        return outcome

    def two_runs_meet(self, named: Named, moment: int | str, seconds: float, slow: float = 0, without_locks: bool = False) -> None:
        """A run with a renewal to do stands still at a moment; another one comes and goes meanwhile; the first one goes on.

        seconds: for how long, by all clocks. without_locks: the two are on hosts that do not see each other's locks.
        """
        self.run(named, {"recreate": "state_change"})
        self.pass_time(NEARLY_A_LIFETIME)
        mishap = Mishap(freeze={"at": moment, "seconds": seconds}, slow=slow)
        self.arm(mishap)
        beside = self.lane.beside
        beside.start(self.job(named, {}, mishap, without_locks=without_locks))
        try:
            assert wait_until(lambda: beside.has_stopped() or beside.has_ended(), 60), "the run neither stops nor ends"
            stopped = beside.has_stopped()
            self.counts["frozen"] += stopped
            self.pass_time(seconds)
            self.arm(NONE)
            (heir,) = self.lane.forks.run(self.job(named, {}, without_locks=without_locks))
        finally:
            if beside.has_stopped():
                beside.signal(0, signal.SIGCONT)
            (first,) = beside.wait()
        self.arm(NONE)
        self.check_files()
        for outcome in (heir, first):
            invariants.check_nothing_told(self.sim, outcome)
        if not heir.failed and stopped:
            assert heir.result
            assert self.sim.check(heir.result["token"]["access_token"]), "I9: a run that woke up has destroyed what its heir had stored"

    def renewed_by_a_stranger(self, named: Named) -> bool:
        """Somebody takes the pair out of the store and renews it; returns whether the server did that."""
        self.pass_time(BREATH)
        record = named.store.read_safely() or {}
        pair = {"accessToken": record.get("access_token"), "refreshToken": record.get("refresh_token")}
        if not all(pair.values()) or not any(token["alive"] and token["refresh_token"] == pair["refreshToken"] for token in self.tokens()):
            return False
        session = requests.Session()
        session.trust_env = False
        answer = session.post(f"{self.sim.url}{BASE}/V4/AccessToken/Renew", json=pair, verify=self.sim.ca_path, timeout=20).json()
        done = "accessToken" in answer
        if done:
            self.sent.update(dict.fromkeys(pair.values(), 200))
        return done

    # What must hold

    def check_pairs(self) -> None:
        """I1: no pair is sent that the server may have rotated before, by what the client could know; and no chain dies."""
        contract.check_no_pair_sent_again(self.front.passed, self.sent)
        rotated = {secret for token in self.tokens() for pair in token["chain"] for secret in pair}
        for request in self.front.passed:
            if request.upstream_status == 200 and isinstance(request.body, dict):
                self.sent.update(
                    {secret: request.status for key, secret in request.body.items() if key in ("accessToken", "refreshToken") and secret in rotated}
                )
        self.front.passed = []
        judges.check_no_chain_died(self.sim)

    def check_files(self) -> None:
        """I5: records are whole and for their owner alone."""
        invariants.check_private(self.folder)
        for named in self.named.values():
            if isinstance(named.store, FileStore) and named.store.path.exists():
                assert isinstance(json.loads(named.store.path.read_text(encoding="utf-8")), dict)

    def check_other_tokens(self, named: Named, wish: Mapping[str, Any], before: list[dict[str, Any]], record: Mapping[str, Any] | None) -> None:
        """A run touches the token of its name and nobody else's; what a person made by hand goes only where that was asked for."""
        now = {token["id"]: token for token in self.tokens()}
        held = (record or {}).get("id")
        for token in before:
            mine = token["user_id"] == COMMANDCENTER_USER_ID and (named.has(token) or token["id"] == held)
            if not mine:
                assert now[token["id"]] == token, f"{token['name']} of user {token['user_id']} was touched"
        for number in named.made_by_hand & {token["id"] for token in before if token["alive"] and token["name"] == named.name}:
            if now[number]["alive"] and now[number]["name"] == named.name:
                continue
            allowed = wish.get("state") == "absent" or wish.get("recreate") in ("state_change", "always") or number == held
            assert allowed or product.may_be_an_orphan(record, number), f"token {number}, made by hand, was taken away unasked"

    def check_result(self, outcome: Outcome) -> None:
        """A secret that a run returns is a live token's present one; messages tell none."""
        invariants.check_nothing_told(self.sim, outcome)
        if outcome.result is None or not outcome.result.get("secret_available"):
            return
        secret = outcome.result["token"]["access_token"]
        owners = [token for token in self.tokens() if token["alive"] and token["access_token"] == secret]
        assert [token["id"] for token in owners] == [outcome.result["token"]["id"]], f"a secret was returned that is not good: {outcome.result['actions']}"

    def check_nothing_written(self, named: Named, before: list[dict[str, Any]], version: Any) -> None:
        assert self.tokens() == before
        assert named.store.version() == version
        made = {f"{entry['method']} {entry['path'].removeprefix(BASE)}" for entry in self.sim.requests()}
        assert made <= READS

    def check_clean_run(self, named: Named, wish: Mapping[str, Any], outcome: Outcome) -> None:
        """I2: after a run that nothing disturbed there is one token and the store holds it, or a sentence says what to do."""
        assert outcome.result is not None
        if outcome.failed:
            self.counts["sentences"] += 1
            message = outcome.message
            living = isinstance(named.store, VaultStore) and "has been at work on it" in message
            ruled = wish.get("recreate", "never") == "never" and wish.get("state") != "absent" and "set recreate: state_change" in message
            # Whose token is meant is not guessed where the list shows those of several users.
            asked = self.sim.switches()["commandcenter_list_all"] == "all" and "say whose token is meant with user_id" in message
            assert living or ruled or asked, message
            return
        if wish.get("state") == "absent":
            assert self.live(named) == []
            # A removal that was cut short leaves an empty document in Vault, which is not a record either.
            assert not named.store.read()
            return
        judges.check_one_token(self.sim, self.live(named), named.store.read(), named.name, outcome.result["token"])
        writes = [entry for entry in self.sim.requests("AccessToken") if entry["method"] != "GET"]
        assert outcome.result["changed"] == bool(writes)

    def check_all_can_be_settled(self) -> None:
        """At the end: once the dead have had their time, one run settles each name, the next has nothing to do, and all can be removed."""
        self.date_offset = 0
        self.sim.set(commandcenter_list_all="own")
        self.pass_time(LEASE + 1)
        for named in self.named.values():
            for wish, actions in (({"recreate": "state_change"}, None), ({}, ["reused"]), ({"state": "absent"}, ["revoked"])):
                outcome = self.run(named, wish)
                assert outcome.result is not None
                assert not outcome.failed, outcome.message
                assert actions in (None, outcome.result["actions"])
        others = {token["id"]: token for token in self.others}
        assert {token["id"]: token for token in self.tokens() if token["id"] in others} == others
