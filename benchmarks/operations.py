# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts the requests of each operation, as the simulator has recorded them.

It calls run() of the modules, as the action plugins and the shipped modules do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from plays import DECLARED_NAME, DECLARED_TOKENS, NAMED_TOKEN, REST_PATH, declared

from ansible_collections.dataprotection.access.plugins.lookup import stored_token
from ansible_collections.dataprotection.access.plugins.modules import (
    cohesity_access_token,
    cohesity_rest,
    commandcenter_access_token,
    commandcenter_access_token_info,
    commandcenter_access_tokens,
    commandcenter_rest,
)
from tests.simulator import Simulator

PAGED_OBJECTS = 250
PAGES = 3  # of 100 objects each


class Count(NamedTuple):
    """requests: method and last part of the path, in order. goal: how many there should be at most, None for no goal."""

    operation: str
    requests: list[str]
    goal: int | None


class Operations:
    def __init__(self, sim: Simulator, folder: Path) -> None:
        self.sim, self.folder = sim, folder
        self.seen = 0

    def call(self, module: ModuleType, wanted: str, **options: Any) -> Any:
        """Run a module; raises RuntimeError unless it did what is wanted, the actions of its result."""
        self.sim.clear_requests()
        validation = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(options)
        if validation.error_messages:
            raise RuntimeError(", ".join(validation.error_messages))
        result = module.run(validation.validated_parameters, False, print)
        if ", ".join(result.get("actions", [])) != wanted:
            raise RuntimeError(f"{module.__name__} did {result['actions']} instead of {wanted!r}")
        if not wanted and result.get("changed"):
            raise RuntimeError(f"{module.__name__} has changed something")
        return result.get("token")

    def count(self, operation: str, goal: int | None = None) -> Count:
        """The requests of the last call."""
        requests = self.sim.requests()
        if len({request["connection"] for request in requests}) > 1:
            raise RuntimeError(f"{operation}: more than one connection")
        return Count(operation, [f"{request['method']} {request['path'].rpartition('/')[2]}" for request in requests], goal)

    def cohesity(self) -> Iterator[Count]:
        """A Cohesity token: made, passed in again, kept in a store."""
        login = self.sim.cohesity_login
        store = {"store": {"file": str(self.folder / "cohesity.json")}}
        token = self.call(cohesity_access_token, "created", **login)
        yield self.count("Cohesity: a token", 1)
        self.call(cohesity_access_token, "reused", **login, token=token)
        yield self.count("Cohesity: reuse a token, proved by a request", 1)
        self.call(cohesity_access_token, "reused", **login, token=token, verify=False)
        yield self.count("Cohesity: reuse a token, verify: false", 0)
        self.call(cohesity_access_token, "created", **login, **store)
        self.call(cohesity_access_token, "reused", **login, **store)
        yield self.count("Cohesity: reuse from a store, proved by a request", 1)
        self.call(cohesity_access_token, "reused", **login, **store, verify=False)
        yield self.count("Cohesity: reuse from a store, verify: false", 0)

    def commandcenter(self) -> Iterator[Count]:
        """A named token: without a store, then with one through its whole life."""
        login = self.sim.commandcenter_login
        named = {**login, "name": NAMED_TOKEN}
        stored = {**login, "name": "stored", "store": {"file": str(self.folder / "stored.json")}}
        self.call(commandcenter_access_token, "created", **named)
        yield self.count("named token: created", 4)
        self.call(commandcenter_access_token, "", **named)
        yield self.count("named token: unchanged", 3)
        self.call(commandcenter_access_token, "updated", **named, allowed_ips=["127.0.0.0/8"])
        yield self.count("named token: updated")
        self.call(commandcenter_access_token, "recreated", **named, recreate="always")
        yield self.count("named token: replaced (rename, create, revoke)")
        self.call(commandcenter_access_token, "created", **stored)
        yield self.count("named token, store: created", 4)
        token = self.call(commandcenter_access_token, "reused", **stored)
        yield self.count("named token, store: nothing to do", 3)
        self.call(commandcenter_access_token, "renewed", **stored, min_validity="1h")
        yield self.count("named token, store: renewed")
        self.sim.commandcenter_revoke(token["id"])
        self.call(commandcenter_access_token, "recreated", **stored)
        yield self.count("named token, store: recreated after a revocation")
        self.call(commandcenter_access_token, "revoked", **stored, state="absent")
        yield self.count("named token, store: removed")
        self.call(commandcenter_access_token_info, "", **login)
        yield self.count("list of tokens")
        self.sim.commandcenter_fill(DECLARED_TOKENS, name=DECLARED_NAME)
        self.call(commandcenter_access_tokens, "", **login, tokens=declared())
        yield self.count(f"list of {DECLARED_TOKENS} declared tokens: unchanged", 3)

    def rest(self) -> Iterator[Count]:
        """REST calls with a token that is known."""
        connection = {name: self.sim.cohesity_login[name] for name in ("cluster", "ca_path")}
        token = self.call(cohesity_access_token, "created", **self.sim.cohesity_login)
        self.call(cohesity_rest, "", **connection, token=token, path=REST_PATH)
        yield self.count("cohesity_rest: a call with a known token", 1)
        self.sim.cohesity_seed("groups", PAGED_OBJECTS)
        self.call(cohesity_rest, "", **connection, token=token, path=REST_PATH, paging="all")
        yield self.count(f"cohesity_rest: {PAGES} pages", PAGES)
        connection = {name: self.sim.commandcenter_login[name] for name in ("url", "ca_path")}
        named = self.call(commandcenter_access_token, "created", **self.sim.commandcenter_login, name="rest")
        self.call(commandcenter_rest, "", **connection, token=named, path="/Job")
        yield self.count("commandcenter_rest: a call with a known token", 1)
        self.sim.commandcenter_fill_list("/Job", PAGED_OBJECTS)
        self.call(commandcenter_rest, "", **connection, token=named, path="/Job", paging="all")
        yield self.count(f"commandcenter_rest: {PAGES} pages", PAGES)

    def lookup(self) -> Iterator[Count]:
        """Reading a token that a module has stored."""
        store = {"file": str(self.folder / "looked-up.json")}
        self.call(cohesity_access_token, "created", **self.sim.cohesity_login, store=store)
        self.sim.clear_requests()
        stored_token.LookupModule().run([], {}, file=store["file"])
        yield self.count("lookup stored_token, from a file", 0)


def counts(sim: Simulator, folder: Path) -> list[Count]:
    sim.reset()
    operations = Operations(sim, folder)
    return [*operations.cohesity(), *operations.commandcenter(), *operations.rest(), *operations.lookup()]
