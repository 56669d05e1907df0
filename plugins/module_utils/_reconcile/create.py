# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates a credential, and settles a creation of which nobody saw how it ended by what has appeared on the server since."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from .._errors import ApiError
from .._names import is_same_name
from .._store.claims import Claim, NoClaims
from .effects import Effects, is_refusal
from .facts import is_unused
from .product import Credential

# A creation of which nobody knows how it ended is settled by revoking what was created and creating once more; the third attempt is for a
# server that finished the first one late, so that the second met its own name.
_CREATE_ATTEMPTS = 3


class NameTaken(ApiError):
    """Somebody else has created a token of this name since the list was read."""


class Creation:
    """Creates the token of one plan. unsettled: whether an earlier attempt may still come into being."""

    def __init__(self, effects: Effects, name: str, store_time: Callable[[], float | None]) -> None:
        self.effects = effects
        self.server = effects.server
        self.desired = effects.desired
        self.name = name
        self._store_time = store_time
        self.unsettled = False

    def create(self, attributes: Mapping[str, t.Any], claim: Claim | NoClaims) -> tuple[t.Any, bool]:
        """Create, and settle what was not seen to the end: a token of our own making without a secret is of no use to anybody, so it is revoked.

        Returns the token, and whether an earlier attempt may still come into being.
        """
        known = {token.id for token in self.effects.facts.listed}
        unsettled = False
        for attempt in range(1, _CREATE_ATTEMPTS + 1):
            claim.ensure_claim()
            try:
                token = self.server.create(self.name, attributes)
                token = token.changed({"issued_at": self.server.server_time(), "issued_by_store": self._store_time()})
            except ApiError as error:
                is_clash = is_name_clash(error)
                if not unsettled and not error.maybe_applied:
                    if is_clash:
                        raise NameTaken(error.message, error.status, error.code) from None
                    raise
                found = self._revoke_unseen(known, claim)
                # What the server refuses in so many words, it would refuse again; and where the list agrees, it has done nothing.
                is_verdict = is_refusal(error) and not is_clash
                # What was found and revoked is settled. What was not found may still come into being.
                unsettled = not found and not is_verdict
                if unsettled:
                    # However this run ends, the next one is to look for it.
                    claim.suspect()
                    self.unsettled = True
                if attempt == _CREATE_ATTEMPTS or is_verdict or not (error.maybe_applied or found):
                    error.maybe_applied = unsettled
                    raise
                noun = self.effects.noun
                self.effects.warn(f"{error.message}; {'what was created without its secret was revoked, and ' if found else ''}the {noun} is created again")
            else:
                self._check_owner(token)
                return token, unsettled
        raise AssertionError("unreachable")

    def _revoke_unseen(self, known: set[t.Any], claim: Claim | NoClaims) -> bool:
        """Revoke what a creation has made that was not seen to the end; returns whether there was anything."""
        try:
            found = [
                token
                for token in self.server.listing(self.desired.user_id)
                if is_same_name(self.name, token.name) and token.id is not None and token.id not in known and is_unused(token)
            ]
            own = self.effects.own_user_id() if found else None
            if found and own is None:
                raise ApiError(
                    f"The {self.effects.noun} {self.name!r} (id {found[0].id}) was created in the meantime and may belong to somebody else: the server does "
                    f"not report which user this login is. Set {self.desired.words.owner}"
                )
            mine = [token for token in found if token.user_id == own]
            for orphan in mine:
                self.effects.revoke(orphan, claim)
        except ApiError as error:
            error.maybe_applied = True
            raise
        return bool(mine)

    def _check_owner(self, token: Credential) -> None:
        """Raise ApiError for a new token of another user than the one whose token is wanted: no record may take it for its own.

        A login that does not see the token of the record may belong to somebody else: its new token is revoked. Where the login is not that
        user either, the response may be about somebody else's token, so that is left alone, and its id is no reason to revoke anything.
        """
        noun = self.effects.noun
        owner = self.effects.known_owner()
        if owner is None or token.user_id in (None, owner):
            return
        if self.server.own_user_id() != token.user_id:
            raise ApiError(
                f"The server was asked to create the {noun} {self.name!r} for user id {owner}, and its response is about one of user id {token.user_id} "
                f"(id {token.id}): it may belong to somebody else, so it was neither stored nor revoked. Look at both users' {noun}s on the server, "
                "and revoke the new one there",
                maybe_applied=True,
            )
        try:
            self.effects.revoke(token)
        except ApiError as error:
            error.maybe_applied = True
            raise
        raise ApiError(
            f"The store holds the {noun} of user id {owner}, and this login is user id {token.user_id}: its record was left as it is. "
            f"Log in as that user, give its {self.desired.words.owner}, or use a separate file or path for each {noun}"
        )


def is_name_clash(error: ApiError) -> bool:
    """Whether the server says that a token of this name exists."""
    words = error.message.lower()
    return "already present" in words or "already exists" in words or "already in use" in words
