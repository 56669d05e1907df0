# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine asks of a product: its credentials, what a user can want of one, and the calls that a server offers for them."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from .._store.format import Id

C = t.TypeVar("C", bound="Credential")
D = t.TypeVar("D", bound="Desired")


class Words(t.NamedTuple):
    """How messages speak of the product's credentials. noun: "token". one: with its article. owner: the options that say whose it is."""

    noun: str
    one: str
    owner: str


class Credential(t.Protocol):
    """A named credential: one immutable, typed object. Times are epoch seconds; None is unknown.

    user_id: of the user who owns it. issued_at: the server's time, by its Date header, when it was created.
    """

    @property
    def id(self) -> Id | None:
        """The server's own name for it."""

    @property
    def name(self) -> str | None:
        """The name that people gave it."""

    @property
    def user_id(self) -> Id | None:
        """Whose it is."""

    @property
    def created_at(self) -> float | None:
        """When it was created."""

    @property
    def last_used_at(self) -> float | None:
        """When it was last used, where the server tells."""

    @property
    def expires_at(self) -> float | None:
        """When it expires."""

    @property
    def issued_at(self) -> float | None:
        """When it was created, by the clock of the Date header."""

    @property
    def issued_by_store(self) -> float | None:
        """When it was created, by the store's clock."""

    @property
    def known_id(self) -> t.Any:
        """The id, where something is to be done with it; raises ApiError where the server has told none."""

    def overlaid(self: C, other: C) -> C:
        """This one with all that the other one knows in its place."""

    def changed(self: C, changes: Mapping[str, t.Any]) -> C:
        """This one with other attributes."""

    def fingerprint(self) -> str | None:
        """Identifies the secret without revealing it; None where it is not known."""

    def described(self) -> dict[str, t.Any]:
        """One side of a diff: the attributes that a user can ask for, and never a secret."""


class Desired(t.Protocol):
    """A credential as the user wants it, and the rules of its product; None stands for "whatever it is"."""

    @property
    def state(self) -> str:
        """present, absent, or what asks for a new secret in any case."""

    @property
    def name(self) -> str | None:
        """Its name."""

    @property
    def id(self) -> Id | None:
        """The id of an existing one."""

    @property
    def user_id(self) -> Id | None:
        """Whose it is to be; None for the login's own user."""

    @property
    def recreate(self) -> str:
        """When one that exists may be replaced: never, state_change or always."""

    @property
    def overlap(self) -> int:
        """For how many seconds a replaced one keeps working."""

    @property
    def words(self) -> Words:
        """How messages speak of it."""

    @property
    def renews(self) -> bool:
        """Whether the product renews a secret in place, by which the one before it dies. A static secret is replaced."""

    @property
    def changes_whole(self) -> bool:
        """Whether a change of one attribute sends all of them, as they were read before."""

    @property
    def names_are_unique(self) -> bool:
        """Whether a server refuses a second one of the same name and owner, so that a creation which it carries out late comes to nothing."""

    def satisfied(self) -> Desired:
        """The same without what asks for a new secret in any case: another run has just obtained one."""

    def attributes(self, now: float, inherited: t.Any) -> dict[str, t.Any]:
        """What to create one with: what the user wants, then what the one before it had, if there was one. Raises ApiError."""

    def predicted(self, attributes: Mapping[str, t.Any]) -> t.Any:
        """What the server creates for these attributes, as far as that is known before."""

    def drift(self, found: t.Any, now: float) -> dict[str, t.Any]:
        """The attributes in which a live one differs from what is wanted, with their wanted values. Raises ApiError."""

    def must_replace(self, found: t.Any, changes: Mapping[str, t.Any], now: float) -> bool:
        """Whether only a new one will do; raises ApiError where the user has not allowed that."""

    def must_renew(self, found: t.Any, changes: Mapping[str, t.Any], now: float) -> bool:
        """Whether its secret is to be renewed."""

    def is_spent(self, found: t.Any, now: float) -> bool:
        """Whether its secret works for nobody any more, so that it need not outlive its replacement."""

    def is_stale(self, held: t.Any, found: t.Any) -> bool:
        """Whether the record's attributes are others than the live one's, in what its readers go by."""

    def is_outdated(self, held: t.Any, listed: t.Any) -> bool:
        """Whether somebody else has obtained a new secret for it since the held one was stored."""


class Service(t.Protocol):
    """A server's calls for its credentials; each raises ApiError. user_id: whose; None for those that the login sees."""

    not_after: float | None
    """The end, by time.monotonic(), of the time that the coming requests together may take; None for no such end."""

    @property
    def has_server_clock(self) -> bool:
        """Whether the server has told its time."""

    def server_time(self) -> float:
        """The server's time in epoch seconds; this machine's as long as the server has told none."""

    def listing(self, user_id: t.Any = None, /) -> Sequence[t.Any]:
        """Every credential, without secrets."""

    def listing_again(self, number: t.Any, user_id: t.Any, /) -> Sequence[t.Any]:
        """The list once more, and asked for this id where a server can be: the first one lacked it, although it was not seen to end."""

    def forget_old_list(self) -> bool:
        """Whether the last listing() was read earlier in this task; if so, the next one is read anew."""

    def own_user_id(self) -> t.Any:
        """The id of the login's user, or None where the server does not tell."""

    def create(self, name: str, attributes: Mapping[str, t.Any], /) -> t.Any:
        """Create one; returns it with its secret, which the server shows only this once."""

    def update(self, number: t.Any, changes: Mapping[str, t.Any], /) -> None:
        """Change the given attributes, name among them, and nothing else."""

    def revoke(self, number: t.Any, /) -> bool:
        """End one for good; False where an administrator has to authorize that first."""


class Renewing(Service, t.Protocol):
    """The calls of a product that renews secrets in place."""

    def renew(self, pair: t.Any, /) -> t.Any:
        """Rotate a pair; the pair before is dead after that."""


def satisfied(desired: D) -> D:
    """What is wanted, without what asks for a new secret in any case: for Desired.satisfied()."""
    state = "present" if desired.state in ("renewed", "rotated") else desired.state
    recreate = "state_change" if desired.recreate == "always" else desired.recreate
    replaced: D = t.cast(t.Any, desired)._replace(state=state, recreate=recreate)
    return replaced
