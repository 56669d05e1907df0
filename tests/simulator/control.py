# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface: what tests may do to the simulator, one method per operation.

`server.py` offers each as `POST /_simulator/<operation>` with its arguments as a JSON object.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from .clock import Clock
from .cohesity import Cohesity
from .cohesity_apikey import ApiKey
from .cohesity_users import find_user, sid_of
from .commandcenter import CommandCenter
from .commandcenter_users import user_by_id
from .credentials import COHESITY_USERNAME, COMMANDCENTER_USER_ID
from .faults import Faults, Gates
from .minting import Mint
from .proxy import Proxy
from .recording import Recorder
from .switches import Switches
from .tokens import ALL, Token

NEVER_EDITED = {"id", "access_token", "refresh_token", "chain", "death"}
EDITABLE = {field.name for field in dataclasses.fields(Token)} - NEVER_EDITED


class Control:
    def __init__(self, client_cert: str) -> None:
        self._clock = Clock()
        self._switches = Switches()
        self._mint = Mint()
        self.faults = Faults()
        self.gates = Gates()
        self.recorder = Recorder()
        self.proxy = Proxy()
        self.cohesity = Cohesity(self._clock, self._switches, self._mint, client_cert)
        self.commandcenter = CommandCenter(self._clock, self._switches, self._mint)
        self.generation = 0
        self.late_work = 0  # requests that were answered and whose work is still to be done
        self.operations = {name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name.startswith("do_")}

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def switches(self) -> Switches:
        return self._switches

    # Everything

    def do_reset(self) -> None:
        """Back to the start. Requests still under way lose their connection."""
        self.generation += 1
        self.late_work = 0
        self.gates.reset()
        for part in (self._clock, self._switches, self._mint, self.faults, self.recorder, self.proxy):
            part.reset()
        self.cohesity.reset()
        self.commandcenter.reset()

    def do_state(self) -> dict[str, Any]:
        return {"cohesity": self.cohesity.state(), "commandcenter": self.commandcenter.state()}

    def do_mark_secrets(self, prefix: str) -> None:
        self._mint.prefix = prefix

    # Clock and switches

    def do_now(self) -> float:
        return self._clock.now()

    def do_advance(self, seconds: float) -> float:
        return self._clock.advance(seconds)

    def do_set(self, **switches: Any) -> None:
        self._switches.set(switches)
        self._clock.freeze(self._switches["clock_frozen"])
        if "date_offset" in switches:
            self._clock.first_node()

    def do_switches(self) -> dict[str, Any]:
        return self._switches.values

    # Faults

    def do_fault(self, kind: str, **args: Any) -> None:
        if kind.startswith("operation") and args.get("name") not in self.operations:
            raise ValueError(f"no such operation: {args.get('name')}")
        fault = self.faults.add(kind, **args)
        if fault.group.startswith("gate"):
            self.gates.close(fault.args["name"])

    def do_clear_faults(self) -> None:
        """Forget the faults and let go who waits at a gate."""
        self.faults.reset()
        self.gates.open_all()

    def do_open_gate(self, name: str, drop: bool = False) -> int:
        return self.gates.open(name, drop)

    def do_waiting(self, name: str) -> int:
        return self.gates.waiting(name)

    def do_late_work(self) -> int:
        return self.late_work

    # Records

    def do_requests(self, path: str | None = None, method: str | None = None) -> list[dict[str, Any]]:
        return self.recorder.select(path, method)

    def do_clear_requests(self) -> None:
        self.recorder.clear()

    def do_proxied(self) -> list[dict[str, Any]]:
        return self.proxy.requests

    # Behind the client's back

    def do_check(self, access_token: str) -> bool:
        tokens = self.commandcenter.tokens
        client = self._switches["client_address"] or "127.0.0.1"
        return tokens.bearer(access_token, client) is not None

    def do_check_cohesity(self, token: str) -> bool:
        return self.cohesity.works(token)

    def do_cohesity_seed(self, kind: str, count: int = 1, **fields: Any) -> list[Any]:
        return self.cohesity.protection.seed(kind, count, **fields)

    def do_cohesity_key_create(self, name: str, username: str = COHESITY_USERNAME, domain: str = "LOCAL", **fields: Any) -> dict[str, Any]:
        if find_user(username, domain) is None:
            raise ValueError(f"no such user: {username} in {domain}")
        keys, owner = self.cohesity.api_keys, sid_of(username, domain)
        return keys.add(name, owner, owner, **fields).as_dict(keys.now())

    def do_cohesity_key_edit(self, id: str, **fields: Any) -> dict[str, Any]:
        if not fields.keys() <= {"name", "expires", "rotated", "is_active", "created", "creator_sid"}:
            raise ValueError(f"{sorted(fields)} cannot all be set")
        key = self._key(id)
        for name, value in fields.items():
            setattr(key, name, value)
        return key.as_dict(self.cohesity.api_keys.now())

    def do_cohesity_key_delete(self, id: str) -> dict[str, Any]:
        key = self._key(id)
        key.death = "administrator"
        return key.as_dict(self.cohesity.api_keys.now())

    def do_cohesity_kill(self) -> int:
        return self.cohesity.kill()

    def _key(self, number: str) -> ApiKey:
        key = self.cohesity.api_keys.ever.get(number)
        if key is None or key.death:
            raise ValueError(f"no API key with id {number}")
        return key

    def do_kill_logins(self) -> int:
        return self.commandcenter.logins.kill()

    def do_commandcenter_revoke(self, id: int) -> dict[str, Any]:
        tokens, token = self.commandcenter.tokens, self._token(id)
        tokens.end(token, "administrator")
        return token.as_dict()

    def do_commandcenter_authorize(self, id: int, granted: bool = True) -> dict[str, Any]:
        tokens, token = self.commandcenter.tokens, self._token(id)
        if not token.pending:
            raise ValueError(f"nobody asked to revoke token {id}")
        token.pending = False
        if granted:
            tokens.end(token, "revoked")
        return token.as_dict()

    def do_commandcenter_edit(self, id: int, **fields: Any) -> dict[str, Any]:
        tokens, token = self.commandcenter.tokens, self._token(id)
        tokens.edit(token, _editable(fields))
        tokens.ledger.note("edited by administrator", token, changed=sorted(fields))
        return token.as_dict()

    def do_commandcenter_create(self, name: str, user_id: int = COMMANDCENTER_USER_ID, type: int = ALL, id: int | None = None, **fields: Any) -> dict[str, Any]:
        if user_by_id(user_id) is None:
            raise ValueError(f"no such user: {user_id}")
        tokens = self.commandcenter.tokens
        token = tokens.mint_token(name, user_id, type)
        tokens.edit(token, _editable(fields))
        token.id = id or token.id
        tokens.store.add(token)
        tokens.ledger.note("created by administrator", token)
        return token.as_dict()

    def do_commandcenter_seed(self, tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self.do_commandcenter_create(**token) for token in tokens]

    def do_commandcenter_fill(self, count: int, user_id: int = COMMANDCENTER_USER_ID, name: str = "filler") -> int:
        tokens = self.commandcenter.tokens
        for number in range(count):
            tokens.store.add(tokens.mint_token(f"{name}-{number:05d}", user_id, ALL))
        return len(tokens.store.live)

    def do_commandcenter_fill_list(self, path: str, count: int) -> int:
        return self.commandcenter.resources.seed(path, count)

    def _token(self, number: int) -> Token:
        token = self.commandcenter.tokens.store.live.get(number)
        if token is None:
            raise ValueError(f"no live token with id {number}")
        return token


def _editable(fields: dict[str, Any]) -> dict[str, Any]:
    if not fields.keys() <= EDITABLE:
        raise ValueError(f"only these can be set: {', '.join(sorted(EDITABLE))}")
    return fields
