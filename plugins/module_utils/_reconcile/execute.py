# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a plan out, in an order in which no crash, lost response or other run between two steps loses a secret or somebody else's token."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from .._commandcenter.access_tokens import AccessTokens
from .._commandcenter.token import Token
from .._errors import ApiError
from .._store.claims import Claim, Claims, NoClaims
from .._store.format import Id, Replaced
from .desired import Desired
from .plan import Facts, Plan, is_retired, is_same_name, is_token_of, is_unused, retired_names

# A creation of which nobody knows how it ended is settled by revoking what was created and creating once more; the third attempt is for a
# server that finished the first one late, so that the second met its own name.
_CREATE_ATTEMPTS = 3


class Outcome(t.NamedTuple):
    """What a run ended with. token is None where no token is left; its secrets may be None.

    before and after are the two sides of the difference, as far as it is known before anything is done: so check mode shows the same.
    replaced: the tokens that were replaced and still work for their overlap.
    """

    token: Token | None
    before: Token | None
    after: Token | None
    actions: list[str]
    replaced_id: Id | None = None
    replaced: tuple[Replaced, ...] | None = None


class NameTaken(ApiError):
    """Somebody else has created a token of this name since the list was read."""


class Executor:
    """The steps of one plan. Each is a few effects on the server and the store; see the module."""

    def __init__(self, server: AccessTokens, desired: Desired, claims: Claims | NoClaims, warn: Callable[[str], None], facts: Facts, plan: Plan) -> None:
        self.server = server
        self.desired = desired
        self.claims = claims
        self.warn = warn
        self.facts = facts
        self.plan = plan
        self.name: str = desired.name or (plan.token.name if plan.token else None) or ""
        self.pending_revocations: list[Id] = []
        self.unsettled = False  # whether a creation may still come into being

    def carry_out(self) -> Outcome:
        """Do what the plan says."""
        steps = {"none": self._keep, "reuse": self._keep, "create": self._create, "renew": self._renew, "replace": self._replace, "revoke": self._revoke_all}
        try:
            return steps[self.plan.step]()
        finally:
            self.server.not_after = None

    # The steps

    def _keep(self) -> Outcome:
        """The token is there and good: change what drifted."""
        token = self.plan.token
        if token and self.plan.changes:
            self._confirm_owner(token)
            try:
                token = self._update(token)
            except ApiError:
                # Perhaps another run is replacing the token meanwhile: then its result is worth waiting for.
                self.claims.check_unchanged()
                raise
            self.claims.save_update(token)
        if self.plan.step == "reuse":
            return self._outcome(token, actions=self._revoke_leftovers())
        # Without a store nobody knows who still uses the secret of a token that was replaced.
        for leftover in self.plan.leftovers:
            self.warn(
                f"The token {leftover.name!r} was replaced by an earlier run and still works; when nothing uses it any more, "
                f"revoke it with id: {leftover.id} and state: absent"
            )
        return self._outcome(token)

    def _create(self) -> Outcome:
        attributes = self.desired.attributes(self.facts.now, self.plan.token or Token())
        with self.claims.claim("create", self._ids_of_name()) as claim:
            self._bound(claim)
            self._revoke_orphans(claim)
            token, unsettled = self._create_token(attributes, claim)
            claim.commit(token, replaced=self.facts.still_alive(claim.replaced), unsettled=unsettled, discard=lambda: self._discard(token))
        self._revoke_leftovers()
        return self._outcome(token)

    def _renew(self) -> Outcome:
        token = t.cast(Token, self.plan.token)
        with self.claims.claim("renew", self._ids_of_name()) as claim:
            self._bound(claim)
            claim.ensure_claim()
            try:
                renewed = self.server.renew(token)
            except ApiError as error:
                self._check_replaceable(error)
                # From here on there is no way back to this pair: should the replacement fail, the next run is to go on with it.
                claim.suspect()
                return self._replace_within(claim, expendable=True)
            token = token.overlaid(renewed)
            # Without a refresh token, the old one may be dead or not: it is never sent again.
            # The ends are the new ones, or unknown where the response does not tell them.
            token = token._replace(refresh_token=renewed.refresh_token, expires_at=renewed.expires_at, refresh_expires_at=renewed.refresh_expires_at)
            claim.commit(token, replaced=self.facts.still_alive(claim.replaced), suspect=renewed.refresh_token is None)
        if self.plan.changes:
            token = self._update(token)
            self.claims.save_update(token)
        return self._outcome(token, actions=self._revoke_leftovers())

    def _check_replaceable(self, error: ApiError) -> None:
        """Raise the error of a renewal unless a new token is the way on; warn otherwise."""
        if error.maybe_applied:
            # Perhaps it was rotated, and the new pair is lost.
            self.warn(f"{error.message}; it is not known whether the pair was rotated, so the token is replaced by a new one")
        elif error.status in (None, 429):
            raise error.explained("The pair was not rotated, and the next run tries again") from None
        elif self.desired.recreate == "never":
            raise error.explained("The pair was not rotated. To replace a token that can no longer be renewed, set recreate: state_change") from None
        else:
            self.warn(f"{error.message}; the token is replaced by a new one")

    def _replace(self) -> Outcome:
        with self.claims.claim("replace", self._ids_of_name()) as claim:
            self._bound(claim)
            return self._replace_within(claim, self.plan.expendable)

    def _revoke_all(self) -> Outcome:
        with self.claims.claim("revoke", self._ids_of_name()) as claim:
            self._bound(claim)
            for token in self.plan.orphans:
                self._revoke(token, claim)
            if self.pending_revocations:
                # The record stays: the token still works, and the next run looks again.
                return self._outcome(self.plan.token)
            claim.delete()
        return self._outcome(None)

    # Replacing

    def _replace_within(self, claim: Claim | NoClaims, expendable: bool) -> Outcome:
        """Rename, create, store, revoke: the old token works until the new one is stored, and for the overlap after that."""
        old = t.cast(Token, self.plan.token)
        # All of the request that can be refused here is built before anything is changed.
        attributes = self.desired.attributes(self.facts.now, old)
        self._confirm_owner(old)
        aside, restore = self._step_aside(old, claim, expendable)
        try:
            self._revoke_orphans(claim)
            try:
                token, unsettled = self._create_token(attributes, claim)
            except NameTaken as taken:
                # The server has cut the other name back to the first one: the token is in its own successor's way.
                if not (expendable and self._still_has_the_name(old)):
                    raise
                self.warn(f"{taken.message}; so the token {old.id}, which has kept the name, is revoked before its successor is created")
                self._revoke(old, claim)
                token, unsettled = self._create_token(attributes, claim)
        except ApiError as error:
            if not error.maybe_applied and not self.unsettled:
                self._try(restore, f"the token {old.id} is still named {aside!r}")
            raise
        due = int(self.facts.now) + self.desired.overlap
        replaced = (*self.facts.still_alive(claim.replaced), Replaced(old.known_id, due))
        claim.commit(token, replaced=replaced, unsettled=unsettled, discard=lambda: self._discard(token), restore=restore)
        if self.desired.overlap == 0:
            self._try(lambda: self._revoke(old), f"the replaced token {old.id} ({aside}) was not revoked and still works")
        self._revoke_leftovers()
        waiting = tuple(entry for entry in replaced if entry.until > self.facts.now)
        return self._outcome(token, actions=["recreated"], replaced_id=old.id)._replace(replaced=waiting)

    def _still_has_the_name(self, old: Token) -> bool:
        return any(token.id == old.id and is_same_name(self.name, token.name) for token in self.server.listing(self.desired.user_id))

    def _step_aside(self, old: Token, claim: Claim | NoClaims, expendable: bool) -> tuple[str, Callable[[], object]]:
        """Free the name of the token that is to be replaced; returns its other name, and how to give it back the first."""
        # By a crash right after this, the token may have its other name already.
        before = self.name if is_retired(self.name, old) else old.name or self.name

        def restore() -> None:
            self.server.update(old.known_id, {"name": before})

        for name in retired_names(self.name, old.known_id):
            if old.name == name:
                return name, restore
            claim.ensure_claim()
            try:
                self._rename(old.known_id, name)
                return name, restore
            except ApiError as error:
                if error.maybe_applied:
                    raise
                refusal = error
        if not expendable:
            raise refusal.explained(
                f"The token {old.name!r} (id {old.id}) must be renamed before its successor is created, and the server refused that; nothing else was changed. "
                "If its secret does not have to work until the successor is stored, revoke the token with state: absent first"
            ) from None
        # Its secret is of no use any more, so nothing is lost when it goes first.
        self.warn(f"{refusal.message}; so the token {old.id} is revoked before its successor is created")
        self._revoke(old, claim)
        return old.name or self.name, lambda: None

    # Creating

    def _create_token(self, attributes: Mapping[str, t.Any], claim: Claim | NoClaims) -> tuple[Token, bool]:
        """Create, and settle what was not seen to the end: a token of our own making without a secret is of no use to anybody, so it is revoked.

        Returns the token, and whether an earlier attempt may still come into being.
        """
        known = {token.id for token in self.facts.listed}
        unsettled = False
        for attempt in range(1, _CREATE_ATTEMPTS + 1):
            claim.ensure_claim()
            try:
                token = self.server.create(self.name, attributes)._replace(issued_at=self.server.server_time())
            except ApiError as error:
                is_clash = is_name_clash(error)
                if not unsettled and not error.maybe_applied:
                    if is_clash:
                        raise NameTaken(error.message, error.status, error.code) from None
                    raise
                found = self._revoke_unseen(known, claim)
                # What the server refuses in so many words, it would refuse again; and where the list agrees, it has done nothing.
                is_verdict = _is_refusal(error) and not is_clash
                # What was found and revoked is settled. What was not found may still come into being.
                unsettled = not found and not is_verdict
                if unsettled:
                    # However this run ends, the next one is to look for it.
                    claim.suspect()
                    self.unsettled = True
                if attempt == _CREATE_ATTEMPTS or is_verdict or not (error.maybe_applied or found):
                    error.maybe_applied = unsettled
                    raise
                self.warn(f"{error.message}; {'what was created without its secret was revoked, and ' if found else ''}the token is created again")
            else:
                self._check_owner(token)
                return token, unsettled
        raise AssertionError("unreachable")

    def _revoke_unseen(self, known: set[int | None], claim: Claim | NoClaims) -> bool:
        """Revoke what a creation has made that was not seen to the end; returns whether there was anything."""
        try:
            found = [
                token
                for token in self.server.listing(self.desired.user_id)
                if is_same_name(self.name, token.name) and token.id is not None and token.id not in known and is_unused(token)
            ]
            own = self._own_user_id() if found else None
            if found and own is None:
                raise ApiError(
                    f"The token {self.name!r} (id {found[0].id}) was created in the meantime and may belong to somebody else: the server does not report "
                    "which user this login is. Set user_id"
                )
            mine = [token for token in found if token.user_id == own]
            for orphan in mine:
                self._revoke(orphan, claim)
        except ApiError as error:
            error.maybe_applied = True
            raise
        return bool(mine)

    def _own_user_id(self) -> int | None:
        """The user id that a token of this run's making has."""
        held = self.facts.held
        for known in (self.desired.user_id, self.facts.owner, held.user_id if held else None):
            if known is not None:
                return known
        return self.server.own_user_id()

    def _check_owner(self, token: Token) -> None:
        """Raise ApiError for a new token of another user than the one whose token is wanted: no record may take it for its own.

        A login that does not see the token of the record may belong to somebody else: its new token is revoked. Where the login is not that
        user either, the response may be about somebody else's token, so that is left alone, and its id is no reason to revoke anything.
        """
        held = self.facts.held
        known = (self.desired.user_id, held.user_id if held else None, self.facts.owner)
        owner = next((number for number in known if number is not None), None)
        if owner is None or token.user_id in (None, owner):
            return
        if self.server.own_user_id() != token.user_id:
            raise ApiError(
                f"The server was asked to create the token {self.name!r} for user id {owner}, and its response is about a token of user id {token.user_id} "
                f"(id {token.id}): it may belong to somebody else, so it was neither stored nor revoked. Look at both users' tokens in Command Center, "
                "and revoke the new one there",
                maybe_applied=True,
            )
        try:
            self._revoke(token)
        except ApiError as error:
            error.maybe_applied = True
            raise
        raise ApiError(
            f"The store holds the token of user id {owner}, and this login is user id {token.user_id}: its record was left as it is. "
            "Log in as that user, give its user_id, or use a separate file or path for each token"
        )

    def _confirm_owner(self, token: Token) -> None:
        """Raise ApiError for a token that was only found, and taken for ours because the record names its user, where the server names another one.

        The record knows the user id from the response to a creation, which may have been wrong.
        """
        held, contents = self.facts.held, self.facts.contents
        by_id = {self.desired.id, *(entry.id for entry in (contents.replaced if contents else ()))}
        if token.access_token or token.id in by_id or is_token_of(held, token):
            return
        if held is None or held.user_id is None or self.desired.user_id is not None or self.facts.owner is not None:
            return
        own = self.server.own_user_id()
        if own not in (None, token.user_id):
            raise ApiError(
                f"The record says that its token belongs to user id {held.user_id}, and the server that this login is user id {own}, so the token "
                f"{token.name!r} (id {token.id}) may belong to somebody else, and nothing was done to it: set user_id, or select the token with id"
            )

    def _discard(self, token: Token) -> None:
        """Revoke a token of this run's making whose secret could not be stored."""
        self.server.not_after = None
        self._revoke(token)

    # Effects

    def _bound(self, claim: Claim | NoClaims) -> None:
        """No request under a claim outlives it."""
        self.server.not_after = claim.until

    def _update(self, token: Token) -> Token:
        changes = dict(self.plan.changes)
        try:
            self.server.update(token.known_id, changes)
        except ApiError as error:
            # The same change twice is one change, so where no response told how it ended it is sent again.
            if not error.maybe_applied or _is_refusal(error):
                raise
            self.warn(f"{error.message}; the change is sent again")
            self.server.update(token.known_id, changes)
        return token.changed(changes)

    def _rename(self, token_id: int, name: str) -> None:
        try:
            self.server.update(token_id, {"name": name})
        except ApiError as error:
            if not error.maybe_applied:
                raise
            found = next((token for token in self.server.listing(self.desired.user_id) if token.id == token_id), None)
            if found is None or found.name != name:
                if found is not None and _is_refusal(error):
                    # The list agrees.
                    error.maybe_applied = False
                raise

    def _revoke(self, token: Token, claim: Claim | NoClaims | None = None) -> bool:
        """Revoke; a token that is gone already is what was wanted. Returns False where an administrator has to authorize it first."""
        self._confirm_owner(token)
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
            self.warn(f"The revocation of the token {token.id} ({token.name}) waits for an administrator's authorization; it works until then")
        return is_done

    def _revoke_orphans(self, claim: Claim | NoClaims) -> None:
        for orphan in self.plan.orphans:
            self._revoke(orphan, claim)

    def _revoke_leftovers(self) -> list[str]:
        """Revoke what earlier runs replaced; returns the plan's actions, without "revoked" where nothing could be."""
        self.server.not_after = None
        done = [
            self._try(lambda token=token: self._revoke(token), f"the replaced token {token.id} ({token.name}) was not revoked")  # type: ignore[misc]
            for token in self.plan.leftovers
        ]
        return [action for action in self.plan.actions if action != "revoked" or any(done)]

    def _try(self, effect: Callable[[], object], otherwise: str) -> bool:
        try:
            return effect() is not False
        except ApiError as error:
            self.warn(f"{error.message}; {otherwise}")
            return False

    # Facts for the store and the result

    def _ids_of_name(self) -> list[int | None]:
        """The ids of all tokens that have the name now."""
        return [token.id for token in self.facts.listed if is_same_name(self.name, token.name)]

    def _outcome(self, token: Token | None, actions: list[str] | None = None, replaced_id: Id | None = None) -> Outcome:
        words = list(self.plan.actions if actions is None else actions)
        if self.pending_revocations:
            words = [*(word for word in words if word != "revoked"), "revocation_pending"]
        return Outcome(token, None, None, words, self.plan.replaced_id if replaced_id is None else replaced_id)


def _is_refusal(error: ApiError) -> bool:
    """Whether the server has refused in a response of its own, with an error code inside HTTP 200."""
    return error.status == 200 and error.code is not None


def is_name_clash(error: ApiError) -> bool:
    """Whether the server says that a token of this name exists."""
    words = error.message.lower()
    return "already present" in words or "already exists" in words or "already in use" in words
