# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single effects on the server, each carried through or left so that the next run can tell what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .._errors import ApiError
from .._store.claims import Claim, NoClaims
from .._store.format import Id
from .facts import Facts, is_token_of
from .product import Credential, Desired, Service


class Effects:
    """Changes, renames and revokes. pending_revocations: the ids whose revocation an administrator has to authorize."""

    def __init__(self, server: Service, desired: Desired, warn: Callable[[str], None], facts: Facts) -> None:
        self.server = server
        self.desired = desired
        self.warn = warn
        self.facts = facts
        self.pending_revocations: list[Id] = []

    @property
    def noun(self) -> str:
        return self.desired.words.noun

    def update(self, token: Credential, changes: Mapping[str, object]) -> Credential:
        """Change attributes in place; returns the token as it is then."""
        try:
            self.server.update(token.known_id, changes)
        except ApiError as error:
            # The same change twice is one change, so where no response told how it ended it is sent again.
            if not error.maybe_applied or is_refusal(error):
                raise
            self.warn(f"{error.message}; the change is sent again")
            self.server.update(token.known_id, changes)
        return token.changed(changes)

    def rename(self, token_id: Id, name: str) -> None:
        """Give the token another name; what no response told is looked up."""
        try:
            self.server.update(token_id, {"name": name})
        except ApiError as error:
            if not error.maybe_applied:
                raise
            found = next((token for token in self.server.listing(self.desired.user_id) if token.id == token_id), None)
            if found is None or found.name != name:
                if found is not None and is_refusal(error):
                    # The list agrees.
                    error.maybe_applied = False
                raise

    def revoke(self, token: Credential, claim: Claim | NoClaims | None = None) -> bool:
        """Revoke; a token that is gone already is what was wanted. Returns False where an administrator has to authorize it first."""
        self.confirm_owner(token)
        if claim is not None:
            claim.ensure_claim()
        try:
            is_done = self.server.revoke(token.known_id)
        except ApiError:
            if any(listed.id == token.id for listed in self.server.listing(self.desired.user_id)):
                raise
            is_done = True
        if not is_done:
            self.pending_revocations.append(token.known_id)
            self.warn(f"The revocation of the {self.noun} {token.id} ({token.name}) waits for an administrator's authorization; it works until then")
        return is_done

    def discard(self, token: Credential) -> None:
        """Revoke a token of this run's making whose secret could not be stored."""
        self.server.not_after = None
        self.revoke(token)

    def try_to(self, effect: Callable[[], object], otherwise: str) -> bool:
        """Whether the effect was achieved; where it was not, a warning says what that leaves."""
        try:
            return effect() is not False
        except ApiError as error:
            self.warn(f"{error.message}; {otherwise}")
            return False

    def own_user_id(self) -> Id | None:
        """The user id that a token of this run's making has."""
        known = self.known_owner()
        if known is not None:
            return known
        own: Id | None = self.server.own_user_id()
        return own

    def known_owner(self) -> Id | None:
        """The same as far as it is known without a request."""
        held = self.facts.held
        known = (self.desired.user_id, self.facts.owner, held.user_id if held else None)
        return next((number for number in known if number is not None), None)

    def confirm_owner(self, token: Credential) -> None:
        """Raise ApiError for a token that was only found, and taken for ours because the record names its user, where the server names another one.

        The record knows the user id from the response to a creation, which may have been wrong.
        """
        held, contents = self.facts.held, self.facts.contents
        by_id = {self.desired.id, *(entry.id for entry in (contents.replaced if contents else ()))}
        if token.fingerprint() or token.id in by_id or is_token_of(held, token):
            return
        if held is None or held.user_id is None or self.desired.user_id is not None or self.facts.owner is not None:
            return
        own = self.server.own_user_id()
        if own not in (None, token.user_id):
            raise ApiError(
                f"The record says that its {self.noun} belongs to user id {held.user_id}, and the server that this login is user id {own}, so the {self.noun} "
                f"{token.name!r} (id {token.id}) may belong to somebody else, and nothing was done to it: set {self.desired.words.owner}, or select it with id"
            )


def is_refusal(error: ApiError) -> bool:
    """Whether the server has refused in a response of its own, with an error code inside HTTP 200."""
    return error.status == 200 and error.code is not None
