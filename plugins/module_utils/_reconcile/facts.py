# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known before a plan is made, and what it says of one credential: whose it is, whether it is the one of the record, what it is named."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence

from .._errors import ApiError
from .._names import is_same_name
from .._store.format import Contents, Id, Replaced
from .._time import CLOCK_SLACK
from .product import Credential, Desired

# Two clocks that differ by no more are taken for one.
CLOCKS_AGREE_SECONDS = 60
_RETIRED = "replaced-"


class OwnerUnknown(Exception):
    """What to do depends on whether a token that was found is this login's own, and nobody has said yet which user it is."""

    def __init__(self, token: Credential) -> None:
        super().__init__(token.id)
        self.token = token


class Facts(t.NamedTuple):
    """What a plan is made from.

    listed: the tokens that the server shows. contents: what the store holds, None where it holds nothing. now: the server's time in epoch
    seconds. owner: the user id of this login, or None while it is not known. overtaken: another run has obtained the stored secret since
    this task began. clocks_agree: the server's clock and the store's show the same time. stored_now: the time by the store's clock.
    name_is_taken: the server says that the wanted name exists, so one that it treats as equal counts.
    """

    listed: Sequence[Credential]
    contents: Contents | None
    has_store: bool
    now: float
    owner: Id | None = None
    overtaken: bool = False
    clocks_agree: bool = False
    stored_now: float | None = None
    name_is_taken: bool = False

    @property
    def held(self) -> t.Any:
        """The token whose secret the store holds."""
        return self.contents.token if self.contents else None

    def still_alive(self, replaced: Sequence[Replaced]) -> tuple[Replaced, ...]:
        """Those of these entries of a record whose tokens the server still lists."""
        if not replaced:
            return ()
        alive = {token.id for token in self.listed}
        return tuple(entry for entry in replaced if entry.id in alive)

    @property
    def is_suspect(self) -> bool:
        return self.contents is not None and self.contents.suspect_since is not None


# Names


def retired_name(name: str, token_id: Id) -> str:
    """The name of a token that is being replaced. It names the token's own id, so nobody's token has it by chance."""
    return f"{name}.{_RETIRED}{token_id}"


def retired_names(name: str, token_id: Id) -> tuple[str, str]:
    """What a token may be renamed to while it is being replaced: the second one is for servers that do not take names so long."""
    return retired_name(name, token_id), f"{_RETIRED}{token_id}"


def is_retired(name: str, token: Credential) -> bool:
    """Whether the token has such a name."""
    # Of a long list that is asked for each of many names, nearly none has: their names are not put together.
    return token.id is not None and token.name is not None and _RETIRED in token.name and token.name in retired_names(name, token.id)


# Which one it is, and whose


def find_live(desired: Desired, facts: Facts) -> Credential | None:
    """The live token that the user means; raises ApiError when several could be meant."""
    held = facts.held
    if desired.id is not None:
        return next((token for token in facts.listed if token.id == desired.id), None)
    named = [token for token in facts.listed if token.name == desired.name]
    if not named and facts.name_is_taken:
        named = [token for token in facts.listed if is_same_name(desired.name, token.name)]
    named = [token for token in named if facts.owner is None or token.user_id in (None, facts.owner)]
    of_record = [token for token in named if is_token_of(held, token)]
    if of_record or not named:
        return next(iter(of_record), None)
    if facts.owner is None and len({token.user_id for token in facts.listed if token.user_id is not None}) > 1:
        # An administrator is shown the tokens of all users, and names are unique for one user only.
        raise OwnerUnknown(named[0])
    if len(named) == 1:
        return named[0]
    owners = ", ".join(f"id {token.id} of user {token.user_id}" for token in named)
    raise ApiError(f"Several {desired.words.noun}s are named {desired.name!r} ({owners}): select one with {desired.words.owner} or id")


def is_proven(token: Credential, desired: Desired, facts: Facts) -> bool:
    """Whether a token may be changed or revoked: it is the one of the record, was asked for by its id, or belongs to this login."""
    if is_token_of(facts.held, token) or (token.id is not None and token.id == desired.id):
        return True
    if facts.owner is None:
        raise OwnerUnknown(token)
    return token.user_id == facts.owner


def prove(token: Credential, desired: Desired, facts: Facts) -> None:
    """Raise ApiError unless the token may be changed or revoked."""
    if not is_proven(token, desired, facts):
        raise ApiError(
            f"The server does not report who owns the {desired.words.noun} {token.name!r} (id {token.id}), so nothing was changed: it may belong to another "
            f"user. If this is the {desired.words.noun} you mean, set id"
        )


def is_token_of(held: Credential | None, token: Credential) -> bool:
    """Whether a listed token is the one of the record. A server that was restored gives ids out again: owner and creation must fit, too."""
    if held is None or token.id is None or token.id != held.id:
        return False
    if None not in (held.user_id, token.user_id) and held.user_id != token.user_id:
        return False
    return held.created_at is None or token.created_at is None or abs(held.created_at - token.created_at) <= CLOCK_SLACK


def is_unused(token: Credential) -> bool:
    """Whether nobody has used the token since it was created, as far as the server tells."""
    return token.last_used_at is None or (token.created_at is not None and token.last_used_at <= token.created_at + CLOCK_SLACK)
