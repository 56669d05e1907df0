# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A world in which anything may happen to named tokens and their stores, and what must hold in it after each step.

All judgements come from what the server recorded and from what the store really holds.
"""

from __future__ import annotations

import itertools
import json
import os
import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import requests

from tests.faults.lane import LEASE, Lane
from tests.faults.runner import Ended
from tests.simulator.credentials import COMMANDCENTER_USER_ID
from tests.stores import FileStore, Store, VaultStore

_worlds = itertools.count(1)
# Between two steps some time passes: a renewal by a stranger in the very second of ours cannot be told from ours.
BREATH = 10
CLOCK_SLACK = 5
READS = {"POST /Login", "POST /Logout", "GET /V4/AccessToken"}
BASE = "/commandcenter/api"


class Mishap(NamedTuple):
    """What happens to a run: kill or torn before that effect; faults of the server; faults of the line to Vault by request."""

    kill: int | str | None = None
    torn: int | None = None
    server: tuple[Mapping[str, Any], ...] = ()
    vault: Mapping[int, str] = {}

    @property
    def happens(self) -> bool:
        return self != Mishap()


class Named:
    """One token under test, with its store."""

    def __init__(self, name: str, store: Store, proxy_url: str) -> None:
        self.name, self.store = name, store
        option = dict(store.option)
        if isinstance(store, VaultStore):
            option = {"vault": {**option["vault"], "url": proxy_url}}
        self.option = {**option, "lock_timeout": 0}
        # What a backup of the store holds, and whether somebody put something back that may be older than the truth.
        self.backup: dict[str, Any] | None = None
        # Tokens of this name that an administrator has made by hand.
        self.made_by_hand: set[int] = set()

    def has(self, token: Mapping[str, Any]) -> bool:
        return token["name"] in (self.name, f"{self.name}.replaced-{token['id']}")


class World:
    """The server, two named tokens, somebody else's tokens, and the secrets that were sent to Renew."""

    def __init__(self, lane: Lane, kinds: Mapping[str, str]) -> None:
        self.lane, self.sim, self.proxy = lane, lane.sim, lane.proxy
        self.sim.reset()
        self.proxy.begin()
        self.number = next(_worlds)
        self.folder = Path(lane.folder) / f"world-{self.number}-{os.getpid()}"
        self.folder.mkdir(mode=0o700)
        self.named = {name: Named(name, self._store(name, kind), self.proxy.url) for name, kind in kinds.items()}
        self.sent: set[str] = set()
        self.counts: Counter[str] = Counter()
        for name in ("somebody-else", "alpha2", "alpha.replaced-1", "beta.replaced"):
            self.sim.commandcenter_create(name)
        self.sim.commandcenter_create("alpha", user_id=COMMANDCENTER_USER_ID + 1)
        self.others = self.tokens()

    def _store(self, name: str, kind: str) -> Store:
        return FileStore(self.folder, f"{name}.json") if kind == "file" else VaultStore(self.lane.openbao)

    # The truth

    def tokens(self) -> list[dict[str, Any]]:
        return list(self.sim.state()["commandcenter"]["tokens"])

    def live(self, named: Named) -> list[dict[str, Any]]:
        return [token for token in self.tokens() if token["alive"] and named.has(token) and token["user_id"] == COMMANDCENTER_USER_ID]

    # What happens

    def pass_time(self, seconds: float) -> None:
        self.sim.advance(seconds)

    def run(self, named: Named, wish: Mapping[str, Any], mishap: Mishap = Mishap(), check_mode: bool = False) -> Ended:  # noqa: B008
        """One run of the module, and all that must be true right after it."""
        self.pass_time(BREATH)
        self.sim.clear_requests()
        for fault in mishap.server:
            self.sim.fault(**fault)
        self.proxy.begin(dict(mishap.vault))
        before, record, version, started = self.tokens(), named.store.read_safely(), named.store.version(), int(self.sim.now())
        watch = {"folder": str(self.folder), "vault": self.proxy.host, "kill": mishap.kill, "torn": mishap.torn}
        params = {**self.sim.commandcenter_login, "timeout": 10, "name": named.name, "store": named.option, **wish}
        ended = self.lane.runner.run(params, check_mode=check_mode, **watch)
        self.sim.clear_faults()
        self.proxy.begin()
        self.counts["runs"] += 1
        self.counts["killed"] += ended.killed
        for action in (ended.result or {}).get("actions", ["failed"]) if not ended.killed else []:
            self.counts[action] += 1
        self.check_pairs()
        self.check_files()
        self.check_other_tokens(named, wish, before, record, started)
        self.check_result(ended)
        if check_mode:
            self.check_nothing_written(named, before, version)
        elif not mishap.happens:
            self.check_clean_run(named, wish, ended)
        return ended

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
            self.sent.add(str(pair["refreshToken"]))
        return done

    # What must hold

    def check_pairs(self) -> None:
        """I1: no pair is sent that the server may have rotated before, by what the client could know; and no chain dies."""
        every = self.tokens()
        rotated = {refresh for token in every for _access, refresh in token["chain"]}
        for request in self.sim.requests("/Renew$", "POST"):
            refresh = request["body"]["refreshToken"]
            assert refresh not in self.sent, f"request {request['number']} sends a pair again that may have been rotated"
            status = request["status"]
            unclear = status is None or status >= 500 or (status == 200 and not request["done"])
            if unclear or (status == 200 and refresh in rotated):
                self.sent.add(refresh)
        assert not self.sim.state()["commandcenter"]["mails"]
        assert not [token["id"] for token in every if token["death"] == "chain"]

    def check_files(self) -> None:
        """I5: records are whole and for their owner alone."""
        for path in self.folder.iterdir():
            found = path.lstat()
            assert stat.S_ISREG(found.st_mode)
            assert not found.st_mode & 0o077, f"{path.name} has mode {found.st_mode:o}"
        for named in self.named.values():
            if isinstance(named.store, FileStore) and named.store.path.exists():
                assert isinstance(json.loads(named.store.path.read_text(encoding="utf-8")), dict)

    def check_other_tokens(self, named: Named, wish: Mapping[str, Any], before: list[dict[str, Any]], record: Mapping[str, Any] | None, started: int) -> None:
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
            assert allowed or self._may_be_an_orphan(now[number], record, started), f"token {number}, made by hand, was taken away unasked"

    def _may_be_an_orphan(self, token: Mapping[str, Any], record: Mapping[str, Any] | None, started: int) -> bool:
        """Whether the run could not tell it from what a run that died has made."""
        pending = (record or {}).get("pending") or {}
        since = [moment for moment in ((record or {}).get("suspect_since"), pending.get("since")) if moment is not None]
        until = [moment for moment in ((record or {}).get("suspect_until"), pending.get("since", 0) + pending.get("lease", 0)) if moment]
        return bool(since) and min(since) - CLOCK_SLACK <= token["created"] <= max(until, default=started) + CLOCK_SLACK

    def check_result(self, ended: Ended) -> None:
        """A secret that a run returns is a live token's present one; messages tell none."""
        told = json.dumps([ended.warnings, (ended.result or {}).get("msg"), (ended.result or {}).get("diff")])
        every = self.tokens()
        for token in every:
            for pair in [(token["access_token"], token["refresh_token"]), *token["chain"]]:
                assert not any(secret and secret in told for secret in pair), "a message tells a secret"
        if ended.result is None or not ended.result.get("secret_available"):
            return
        secret = ended.result["token"]["access_token"]
        owners = [token for token in every if token["alive"] and token["access_token"] == secret]
        assert [token["id"] for token in owners] == [ended.result["token"]["id"]], f"a secret was returned that is not good: {ended.result['actions']}"

    def check_nothing_written(self, named: Named, before: list[dict[str, Any]], version: Any) -> None:
        assert self.tokens() == before
        assert named.store.version() == version
        made = {f"{entry['method']} {entry['path'].removeprefix(BASE)}" for entry in self.sim.requests()}
        assert made <= READS

    def check_clean_run(self, named: Named, wish: Mapping[str, Any], ended: Ended) -> None:
        """I2: after a run that nothing disturbed there is one token and the store holds it, or a sentence says what to do."""
        assert ended.result is not None
        if ended.result.get("failed"):
            self.counts["sentences"] += 1
            message = ended.result["msg"]
            living = isinstance(named.store, VaultStore) and "has been at work on it" in message
            ruled = wish.get("recreate", "never") == "never" and wish.get("state") != "absent" and "set recreate: state_change" in message
            assert living or ruled, message
            return
        if wish.get("state") == "absent":
            assert self.live(named) == []
            # A removal that was cut short leaves an empty document in Vault, which is no record either.
            assert not named.store.read()
            return
        (token,) = self.live(named)
        record = named.store.read()
        assert record is not None
        assert (record["pending"], record["suspect_since"], record["suspect_until"]) == (None, None, None)
        pair = (token["id"], token["access_token"], token["refresh_token"])
        assert (record["id"], record["access_token"], record["refresh_token"]) == pair
        returned = ended.result["token"]
        assert (returned["id"], returned["access_token"], returned["refresh_token"]) == pair
        assert self.sim.check(token["access_token"])
        assert token["name"] == named.name
        writes = [entry for entry in self.sim.requests("AccessToken") if entry["method"] != "GET"]
        assert ended.result["changed"] == bool(writes)

    def check_all_can_be_settled(self) -> None:
        """At the end: once the dead have had their time, one run settles each name, the next has nothing to do, and all can be removed."""
        self.pass_time(LEASE + 1)
        for named in self.named.values():
            for wish, actions in (({"recreate": "state_change"}, None), ({}, ["reused"]), ({"state": "absent"}, ["revoked"])):
                ended = self.run(named, wish)
                assert ended.result is not None
                assert not ended.result.get("failed"), ended.result["msg"]
                assert actions in (None, ended.result["actions"])
        assert [token for token in self.tokens() if token["id"] in [other["id"] for other in self.others]] == self.others
