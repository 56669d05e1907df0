# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A named Cohesity API key as the user wants it, and how a live one differs from that. Its secret is static: there is no renewal."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._cohesity.api_key import NamedKey
from .._cohesity.users import check_owner, is_sid
from .._errors import ApiError
from .._time import CLOCK_SLACK, LAST_DATE, Moment, check_moment, iso, parse_duration, parse_moment
from .product import Words, satisfied

NEVER = "never"

# What describes the key that is wanted; read_desired_key() reads it.
DECLARED_KEY_SPEC: dict[str, t.Any] = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "rotated", "absent"], "default": "present"},
    "active": {"type": "bool"},
    "expires": {"type": "str"},
    "owner": {"type": "str"},
    "owner_domain": {"type": "str", "default": "LOCAL"},
    "owner_sid": {"type": "str"},
    "rotate_after": {"type": "str"},
    "overlap": {"type": "str", "default": "0s"},
    "recreate": {"type": "str", "choices": ["never", "state_change", "always"], "default": "never"},
}


class DesiredKey(t.NamedTuple):
    """A named API key as the user wants it; None stands for "whatever it is". user_id: the SID of its owner. Durations are seconds."""

    state: str
    name: str | None
    id: str | None
    user_id: str | None
    active: bool | None
    expires: Moment | None
    never_expires: bool
    rotate_after: int | None
    overlap: int
    recreate: str

    @property
    def words(self) -> Words:
        return Words("API key", "an API key", "owner_sid")

    @property
    def renews(self) -> bool:
        return False

    @property
    def changes_whole(self) -> bool:
        return True

    @property
    def names_are_unique(self) -> bool:
        # It is not known of every release, and clients go by the id.
        return False

    def satisfied(self) -> DesiredKey:
        """The same without what asks for a new secret in any case: another run has just obtained one."""
        return satisfied(self)

    def attributes(self, now: float, inherited: NamedKey | None) -> dict[str, t.Any]:
        """What to create a key with: what the user wants, then what the key before it had, so that no successor is worth more than it."""
        before = inherited or NamedKey()
        end = check_moment(self.expires, "expires", now, LAST_DATE) if self.expires else None
        if end is None and not self.never_expires and before.expires_at is not None:
            if before.expires_at <= now:
                raise ApiError(
                    f"The API key {before.name!r} (id {before.id}) expired at {iso(before.expires_at)}, so nothing was changed: set expires for its successor, "
                    "to a time or to never"
                )
            end = int(before.expires_at)
        active = before.active if self.active is None else self.active
        wanted = {"active": active, "expires_at": end}
        return {key: value for key, value in wanted.items() if value is not None}

    def predicted(self, attributes: Mapping[str, t.Any]) -> NamedKey:
        """The key that the cluster makes of them."""
        return NamedKey(owner_sid=self.user_id, active=True).changed(attributes)

    def drift(self, key: NamedKey, now: float) -> dict[str, t.Any]:
        """The attributes in which a live key differs from what is wanted, with their wanted values; times in epoch seconds.

        A duration is no drift: it counted from the moment in which the key was created.
        """
        changes: dict[str, t.Any] = {}
        if self.name is not None and key.name != self.name:
            changes["name"] = self.name
        if self.active is not None and key.active is not self.active:
            changes["active"] = self.active
        if self.expires is not None and not self.expires.relative and key.expires_at != self.expires.seconds:
            changes["expires_at"] = check_moment(self.expires, "expires", now, LAST_DATE)
        if self.never_expires and key.expires_at is not None:
            changes["expires_at"] = None
        return changes

    def must_replace(self, key: NamedKey, _changes: Mapping[str, t.Any], now: float) -> bool:
        """Whether only a new key will do; raises ApiError when recreate forbids it. What asks for a rotation needs no further permission."""
        if self.state == "rotated" or self._is_due(key, now):
            return True
        if not self.is_spent(key, now):
            return False
        if self.recreate == "never":
            raise ApiError(
                f"The API key {key.name!r} (id {key.id}) expired at {iso(key.expires_at)}. To replace it with a new one, set recreate: state_change, or "
                "rotate_after to less than it lives"
            )
        return True

    def must_renew(self, _key: NamedKey, _changes: Mapping[str, t.Any], _now: float) -> bool:
        """Never: a key is static."""
        return False

    def is_stale(self, held: NamedKey, found: NamedKey) -> bool:
        """Whether the record says something else of the key than the cluster: readers go by its end, and by whether it is active."""
        return held.described() != found.described()

    def is_outdated(self, held: NamedKey, listed: NamedKey) -> bool:
        """Whether somebody else has rotated the key, which replaced its secret: the cluster tells when it last gave one out."""
        if listed.rotated_at is None:
            return False
        return held.secret_since is None or listed.rotated_at > held.secret_since + CLOCK_SLACK

    def is_spent(self, key: NamedKey, now: float) -> bool:
        """Whether the key's secret works for nobody any more, whatever is done."""
        return key.expires_at is not None and key.expires_at <= now

    def _is_due(self, key: NamedKey, now: float) -> bool:
        """Whether the secret is older than rotate_after. Of one whose age nobody knows, that is not assumed."""
        return self.rotate_after is not None and key.secret_since is not None and now - key.secret_since >= self.rotate_after


def read_desired_key(
    *,
    state: str,
    name: str | None,
    id: str | None,
    active: bool | None,
    expires: str | None,
    owner: str | None,
    owner_domain: str,
    owner_sid: str | None,
    rotate_after: str | None,
    overlap: str,
    recreate: str,
    has_store: bool,
) -> DesiredKey:
    """Read and check what the user wants, before anything is sent; raises ApiError. The arguments are the module's options.

    An owner that is given by name has to be resolved, and is put into user_id then.
    """
    name, key_id = (name or "").strip() or None, (id or "").strip() or None
    if not name and key_id is None:
        raise ApiError("name (or the id of an existing API key) is required")
    if has_store and not name:
        raise ApiError("a store needs the name of its API key")
    if key_id is not None and not is_sid(key_id):
        raise ApiError(f"id: {key_id!r} is not the id of an API key")
    check_owner(owner, owner_domain, owner_sid)
    never = (expires or "").strip().lower() == NEVER
    wait = parse_duration(overlap, "overlap")
    if wait and not has_store:
        raise ApiError("overlap needs a store, which keeps the time at which the replaced API key is to be revoked")
    age = None if rotate_after is None else parse_duration(rotate_after, "rotate_after")
    if age == 0:
        raise ApiError("rotate_after must be more than 0; to replace the API key on every run, set state: rotated")
    return DesiredKey(
        state=state,
        name=name,
        id=key_id,
        user_id=owner_sid,
        active=active,
        expires=None if expires is None or never else parse_moment(expires, "expires"),
        never_expires=never,
        rotate_after=age,
        overlap=wait,
        recreate=recreate,
    )
