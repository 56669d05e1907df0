# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls for API keys, of API v2 and v1: create, list, update, rotate, delete, and use in a header."""

from __future__ import annotations

import uuid
from typing import Any

from .answers import Answer, json_answer
from .clock import Clock
from .cohesity_apikey import ApiKey, shown, well_formed
from .cohesity_asking import V1, V2, Asking, Route
from .cohesity_credentials import Credential, credential_of
from .cohesity_refusal import KEY_TEXTS, RefusedError, fields_of, forbidden, unauthorized
from .cohesity_users import sid_of, user_by_sid
from .minting import Mint
from .switches import Switches

# No document says how a cluster makes the ids of API keys.
_ID_FORMS = {"number": "{}", "colons": "77:1690:{}", "base64": "AbC+/{}=="}


class ApiKeys:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint) -> None:
        self.clock, self.switches, self.mint = clock, switches, mint
        self.reset()

    def reset(self) -> None:
        self.ever: dict[str, ApiKey] = {}
        self._next_id = 501

    def state(self) -> dict[str, Any]:
        return {"api_keys": [key.as_dict(self.now()) for key in self.ever.values()]}

    def routes(self) -> list[Route]:
        one, of_user = r"/([^/]+)", "(?:" + V2 + r"/users/([^/]+)/api-keys|" + V1 + r"/public/users/([^/]+)/apikeys)"
        return [
            ("GET", V2 + "/api-keys", self.all),
            ("GET", V1 + "/public/usersapikeys", self.all),
            ("POST", of_user, self.create),
            ("GET", of_user, self.of_user),
            ("GET", of_user + one, self.get),
            ("PUT", of_user + one, self.update),
            ("DELETE", of_user + one, self.delete),
            ("POST", of_user + one + "/rotate", self.rotate),
        ]

    def now(self) -> int:
        """Epoch milliseconds."""
        return int(self.clock.now() * 1000)

    # Use

    def credential(self, secret: str) -> Credential:
        """What the header `apiKey` opens, or the 401 of the cluster."""
        if not well_formed(secret):
            raise unauthorized(KEY_TEXTS[2])
        known = [key for key in self.ever.values() if secret == key.secret or secret in key.older]
        if not known:
            raise unauthorized(KEY_TEXTS[1])
        user = user_by_sid(known[0].owner_sid)
        if user is None or not known[0].opens(secret, self.now()):
            raise unauthorized(KEY_TEXTS[self.switches["cohesity_api_key_text"]])
        return credential_of(user, secret, self.switches, self.clock.now(), 0, api_version="v2", kind="api_key")

    def works(self, secret: str) -> bool:
        return any(key.opens(secret, self.now()) for key in self.ever.values())

    # Create

    def create(self, asking: Asking, v2_sid: str | None, v1_sid: str | None) -> Answer:
        owner = self._owner(asking, v2_sid or v1_sid)
        self._check_may_mint(asking)
        fields = self._fields(asking, owner, None)
        limit = self.switches["cohesity_api_keys_per_user"]
        if limit and sum(1 for key in self._live() if key.owner_sid == owner) >= limit:
            raise RefusedError("The user has reached the maximum number of API keys.")
        key = self.add(fields["name"], owner, asking.who.sid, fields.get("expires"), fields.get("is_active", True))
        return json_answer(self._shown(key, asking, secret=True), 201)

    def add(self, name: str, owner_sid: str, creator_sid: str, expires: int | None = None, is_active: bool = True, id: str | None = None) -> ApiKey:
        key = ApiKey(
            id or _ID_FORMS[self.switches["cohesity_api_key_ids"]].format(self._next_id),
            name,
            owner_sid,
            creator_sid,
            self._secret(),
            self.now(),
            expires,
            is_active=is_active,
        )
        self._next_id += id is None
        self.ever[key.id] = key
        return key

    def _secret(self) -> str:
        return self.mint.prefix + str(uuid.uuid4())

    def _owner(self, asking: Asking, sid: str | None) -> str:
        user = user_by_sid(sid or "")
        if user is None:
            raise RefusedError("The specified user does not exist.", self.switches["cohesity_unknown_id"], "KNotFound")
        sid = sid_of(user["username"], user["domain"])
        if sid != asking.who.sid and not asking.who.admin:
            raise forbidden("The user may not manage the API keys of another user.")
        return sid

    def _check_may_mint(self, asking: Asking) -> None:
        if asking.who.kind == "api_key" and not self.switches["cohesity_api_key_may_create"]:
            raise forbidden("An API key cannot be used to create or rotate API keys.")

    def _fields(self, asking: Asking, owner: str, own_id: str | None) -> dict[str, Any]:
        """The checked fields of a create or update body, named as in ApiKey; only those that are there."""
        body = fields_of(asking.call)
        name = body.get("name")
        if not isinstance(name, str) or not name.strip():
            raise RefusedError("The name of the API key must be specified.")
        if self.switches["cohesity_api_key_names"] == "unique" and any(
            key.name == name and key.owner_sid == owner and key.id != own_id for key in self._live()
        ):
            raise RefusedError(f"An API key with the name {name} already exists.")
        fields: dict[str, Any] = {"name": name}
        expiry = "expiryTimeMsecs" if asking.v2 else "expiringTimeMsecs"
        if expiry in body:
            fields["expires"] = self._expiry(body[expiry])
        if body.get("isActive") is not None:
            fields["is_active"] = bool(body["isActive"])
        return fields

    def _expiry(self, value: Any) -> int | None:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value <= self.now()):
            raise RefusedError("The expiry time must be in the future.")
        return value

    # Read

    def _live(self) -> list[ApiKey]:
        return [key for key in self.ever.values() if key.death is None]

    def all(self, asking: Asking) -> Answer:
        """The keys that the user owns or has created."""
        query, mine = asking.call.query, asking.who.sid
        owners = query.get("ownerSids") or query.get("userSids") or ""
        keys = [key for key in self._live() if mine in (key.owner_sid, key.creator_sid)]
        if owners:
            keys = [key for key in keys if key.owner_sid in owners.split(",")]
        return self._list(asking, keys)

    def of_user(self, asking: Asking, v2_sid: str | None, v1_sid: str | None) -> Answer:
        owner = self._owner(asking, v2_sid or v1_sid)
        lists_all = self.switches["cohesity_api_key_list"] == "all"
        return self._list(asking, [key for key in self._live() if lists_all or key.owner_sid == owner])

    def _list(self, asking: Asking, keys: list[ApiKey]) -> Answer:
        query, now = asking.call.query, self.now()
        if query.get("ids"):
            keys = [key for key in keys if key.id in query["ids"].split(",")]
        if "isActive" in query:
            keys = [key for key in keys if key.is_active == (query["isActive"].lower() == "true")]
        if "isExpired" in query:
            keys = [key for key in keys if key.expired(now) == (query["isExpired"].lower() == "true")]
        entries = [self._shown(key, asking) for key in keys]
        return json_answer({"apiKeys": entries} if asking.v2 else entries)

    def get(self, asking: Asking, v2_sid: str | None, v1_sid: str | None, number: str) -> Answer:
        return json_answer(self._shown(self._find(asking, v2_sid or v1_sid, number), asking))

    def _find(self, asking: Asking, sid: str | None, number: str) -> ApiKey:
        owner, key = self._owner(asking, sid), self.ever.get(number)
        if key is None or key.death or key.owner_sid != owner:
            raise RefusedError("The specified API key does not exist.", self.switches["cohesity_unknown_id"], "KNotFound")
        return key

    def _shown(self, key: ApiKey, asking: Asking, secret: bool = False) -> dict[str, Any]:
        return shown(key, self.now(), self.switches["cohesity_api_key_never_rotated"], asking.v2, secret)

    # Change

    def update(self, asking: Asking, v2_sid: str | None, v1_sid: str | None, number: str) -> Answer:
        key = self._find(asking, v2_sid or v1_sid, number)
        fields = self._fields(asking, key.owner_sid, key.id)
        if "expires" not in fields and self.switches["cohesity_api_key_put_expiry"] == "clear":
            fields["expires"] = None
        for name, value in fields.items():
            setattr(key, name, value)
        return json_answer(self._shown(key, asking))

    def rotate(self, asking: Asking, v2_sid: str | None, v1_sid: str | None, number: str) -> Answer:
        key = self._find(asking, v2_sid or v1_sid, number)
        self._check_may_mint(asking)
        now = self.now()
        key.older[key.secret] = now + int(self.switches["cohesity_api_key_old_lives"] * 1000)
        key.secret, key.rotated = self._secret(), now
        return json_answer(self._shown(key, asking, secret=True))

    def delete(self, asking: Asking, v2_sid: str | None, v1_sid: str | None, number: str) -> Answer:
        self._find(asking, v2_sid or v1_sid, number).death = "deleted"
        return Answer(204)
