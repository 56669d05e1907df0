# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls for the API keys of one user, over API v2: list, create, update and delete.

The cluster's own call to rotate a key is not used. It replaces the secret in place, so consumers would fail until they have the new one, and
where its response is lost, the new secret is lost while the old one may have stopped working: nothing but another rotation would help. A key
that is created beside the old one can be lost without harm.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from .._errors import ApiError
from .._http.client import Response
from .._http.messages import check_secret, is_header_text
from .._http.salvage import salvage
from .._names import is_same_name
from .api_key import NamedKey, from_wire, to_wire, with_sid
from .cluster import Cluster
from .refusal import cluster_words
from .scope import Send

KEYS_PATH = "/v2/api-keys"
# What a login meets that may not list the keys of all users, or a cluster that has no such list.
_NO_SUCH_LIST = (403, 404, 405)


def visible_keys(send: Send, key_id: str | None = None) -> list[NamedKey]:
    """The keys that the login's user owns or has created, or the one of them with this id, without secrets; raises ApiError."""
    return _read(send, KEYS_PATH if key_id is None else f"{KEYS_PATH}?ids={quote(key_id, safe='')}")


def keys_of(send: Send, owner_sid: str) -> list[NamedKey]:
    """Every key of a user, without secrets; raises ApiError. A key that belongs to somebody else is left out, even if the cluster lists it."""
    with _explained():
        listed = [with_sid(key, owner_sid) for key in _read(send, _path(owner_sid), owner_sid)]
    mine = [key for key in listed if key.owner_sid == owner_sid]
    if listed and not mine:
        raise ApiError(
            f"GET {_path(owner_sid)}: the cluster lists API keys of other users only, and none of {owner_sid}, so nothing was changed: "
            "check owner_sid, or name the owner with owner"
        )
    return mine


def _path(owner_sid: str) -> str:
    return f"/v2/users/{owner_sid}/api-keys"


def _read(send: Send, path: str, owner_sid: str | None = None) -> list[NamedKey]:
    """The keys at a path. owner_sid: whose they are, where the cluster does not say it."""
    document = send("GET", path).data
    entries = document.get("apiKeys") if isinstance(document, dict) else None
    # A cluster may leave the list out where there is nothing to list. A document about something else is no empty list.
    if entries is None and isinstance(document, dict) and not set(document) - {"apiKeys"}:
        entries = []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ApiError(f"GET {path.partition('?')[0]}: the response holds no list of API keys")
    return [from_wire(entry, owner_sid) for entry in entries]


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Errors with what to do about them."""
    try:
        yield
    except ApiError as error:
        words = cluster_words(error)
        if error.status == 403 and "api key cannot be used" in words:
            raise error.explained("This cluster does not let an API key manage API keys: give username and password") from None
        if error.status == 403:
            raise error.explained("To manage the API keys of another user, the login must be an administrator") from None
        if error.status == 404 and "user" in words:
            raise error.explained("Check owner_sid") from None
        raise


class ApiKeys:
    """The API keys of one owner. send: sends with the task's credential. wanted_id: the id that the task names, which must be one of theirs."""

    def __init__(self, cluster: Cluster, send: Send, owner_sid: str, wanted_id: str | None = None) -> None:
        self.cluster = cluster
        self._send = send
        self._owner_sid = owner_sid
        self._wanted_id = wanted_id
        self._path = _path(owner_sid)
        self._known_ids: set[str | None] = set()

    @property
    def not_after(self) -> float | None:
        """The end, by time.monotonic(), of the time that the coming requests together may take; None for no such end."""
        return self.cluster.not_after

    @not_after.setter
    def not_after(self, moment: float | None) -> None:
        self.cluster.not_after = moment

    @property
    def has_server_clock(self) -> bool:
        return self.cluster.has_server_clock

    def server_time(self) -> float:
        return self.cluster.server_time()

    def own_user_id(self) -> str:
        """Whose keys these are."""
        return self._owner_sid

    def listing_again(self, number: str, owner_sid: str | None) -> list[NamedKey]:
        """The list once more, with the key of this id: a cluster may cut its list into pages, or leave out keys that are not active."""
        mine = self.listing(owner_sid)
        if any(key.id == number for key in mine):
            return mine
        shown = [key for key in self._shown(number) if key.owner_sid == self._owner_sid]
        self._known_ids.update(key.id for key in shown)
        return [*mine, *shown]

    def _shown(self, key_id: str) -> list[NamedKey]:
        """The key with this id, whosever it is, as the cluster shows it by its id; none where this login may not ask so."""
        try:
            return [with_sid(key, self._owner_sid) for key in visible_keys(self._send, key_id) if key.id == key_id]
        except ApiError as error:
            if error.status not in _NO_SUCH_LIST:
                raise
            return []

    def forget_old_list(self) -> bool:
        """Whether the last listing() was read earlier in this task: each one is read anew here."""
        return False

    def listing(self, _owner_sid: str | None = None) -> list[NamedKey]:
        """Every key of the owner, without secrets."""
        mine = keys_of(self._send, self._owner_sid)
        if self._wanted_id is not None and not any(key.id == self._wanted_id for key in mine):
            self._refuse_anothers(self._wanted_id)
            self._wanted_id = None
        self._known_ids.update(key.id for key in mine)
        return mine

    def _refuse_anothers(self, wanted_id: str) -> None:
        """Raise ApiError where the id is the one of a key that this login has created for, or sees of, another user."""
        # Where the cluster does not show it, the id is one that is not there.
        others = [key for key in self._shown(wanted_id) if key.owner_sid not in (None, self._owner_sid)]
        if others:
            raise ApiError(
                f"The API key {others[0].name!r} (id {wanted_id}) belongs to user {others[0].owner!r} ({others[0].owner_sid}), so nothing was changed: "
                "if it is meant, name its owner with owner or owner_sid"
            )

    def create(self, name: str, attributes: Mapping[str, t.Any]) -> NamedKey:
        """Create a key; returns it with its secret, which the cluster shows only this once."""
        body = {"isActive": True, "expiryTimeMsecs": None, **to_wire(attributes), "name": name}
        try:
            with _explained():
                # Where names are not unique, a second one would create a second key.
                response = self._send("POST", self._path, body=body, send_once=True)
            return self._created(response).changed({"name": name})
        except ApiError as error:
            rescued = self._rescued(error, name, attributes)
            if rescued is None:
                raise
            return rescued

    def _created(self, response: Response) -> NamedKey:
        """The key with its secret out of a response. One that is not whole leaves it open what was done: its text is kept in the error."""
        call, document = f"POST {self._path}", response.data
        try:
            if not isinstance(document, dict):
                raise ApiError(f"{call}: the response is not a JSON object", maybe_applied=True)
            secret = check_secret(document.get("apiKey"), "apiKey", call)
            self.cluster.protect(secret)
            key = with_sid(from_wire(document, self._owner_sid), self._owner_sid)
            if key.id is None:
                raise ApiError(f"{call}: the response holds no id", maybe_applied=True)
        except ApiError as error:
            error.body = response.text
            raise
        return key.changed({"api_key": secret})

    def _rescued(self, error: ApiError, name: str, attributes: Mapping[str, t.Any]) -> NamedKey | None:
        """The key with its secret, where a response that is an error, or is broken, holds that all the same.

        It must be a key that the cluster lists under this name, and did not list before. Only a list that was read says that it is none.
        """
        found = salvage(error.body, "apiKey", "id")
        secret = found and found.fields["apiKey"]
        if found is None or not is_header_text(secret):
            return None
        self.cluster.protect(secret)
        listed: dict[str | None, NamedKey] = {}

        def candidates() -> dict[str | None, NamedKey]:
            listed.update({key.id: key for key in keys_of(self._send, self._owner_sid) if is_same_name(name, key.name)})
            return listed

        number = found.confirmed_id(lambda value: from_wire({"id": value}).id, self._known_ids, candidates)
        if number is None:
            return None
        unlisted = NamedKey(id=number, owner_sid=self._owner_sid, active=True).changed(attributes)
        return listed.get(number, unlisted).changed({"name": name, "api_key": secret})

    def _path_of(self, key_id: str) -> str:
        return f"{self._path}/{quote(key_id, safe=':')}"

    def update(self, key_id: str, changes: Mapping[str, t.Any]) -> None:
        """Change the given attributes. A cluster takes the whole key, so it is read first: what a PUT leaves out may be lost."""
        one = self._path_of(key_id)
        with _explained():
            document = self._send("GET", one).data
            if not isinstance(document, dict) or not isinstance(document.get("name"), str):
                raise ApiError(f"GET {one}: the response holds no API key")
            whole = {key: document.get(key) for key in ("name", "isActive", "expiryTimeMsecs")}
            self._send("PUT", one, body={**whole, **to_wire(changes)}, text=True)

    def revoke(self, key_id: str) -> bool:
        """Delete a key for good."""
        with _explained():
            self._send("DELETE", self._path_of(key_id), text=True)
        return True
