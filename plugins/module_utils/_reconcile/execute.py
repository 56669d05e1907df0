# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a plan out, in an order in which no crash, lost response or other run between two steps loses a secret or somebody else's token."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from .._errors import ApiError
from .._names import is_same_name
from .._store.claims import CHANGE, Claim, Claims, NoClaims
from .._store.format import Id, Replaced
from .create import Creation, NameTaken
from .effects import Effects
from .facts import Facts, is_retired, retired_names
from .plan import Plan, may_follow
from .product import Credential, Desired, Renewing, Service


class Outcome(t.NamedTuple):
    """What a run ended with. token is None where no token is left; its secrets may be None.

    before and after are the two sides of the difference, as far as it is known before anything is done: so check mode shows the same.
    replaced: the tokens that were replaced and still work for their overlap.
    """

    token: t.Any
    before: t.Any
    after: t.Any
    actions: list[str]
    replaced_id: Id | None = None
    replaced: tuple[Replaced, ...] | None = None


class Executor:
    """The steps of one plan. Each is a few effects on the server and the store; see the module."""

    def __init__(self, server: Service, desired: Desired, claims: Claims | NoClaims, warn: Callable[[str], None], facts: Facts, plan: Plan) -> None:
        self.server = server
        self.desired = desired
        self.claims = claims
        self.warn = warn
        self.facts = facts
        self.plan = plan
        self.name: str = desired.name or (plan.token.name if plan.token else None) or ""
        self.effects = Effects(server, desired, warn, facts)
        self.creation = Creation(self.effects, self.name, claims.now)

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
            self.effects.confirm_owner(token)
            try:
                token = self._change(token)
            except ApiError:
                # Perhaps another run is replacing the token meanwhile: then its result is worth waiting for.
                self.claims.check_unchanged()
                raise
        elif token and self.plan.step == "reuse" and self.desired.is_stale(self.facts.held, token):
            # Somebody has changed it on the server, or a run that did so died before it stored that. Readers go by the record.
            self.effects.try_to(lambda: self.claims.save_update(token), "the record still has the attributes of before")
        if self.plan.step == "reuse":
            return self._outcome(token, actions=self._revoke_leftovers())
        # Without a store nobody knows who still uses the secret of a token that was replaced.
        for leftover in self.plan.leftovers:
            self.warn(
                f"The {self.effects.noun} {leftover.name!r} was replaced by an earlier run and still works; when nothing uses it any more, "
                f"revoke it with id: {leftover.id} and state: absent"
            )
        return self._outcome(token)

    def _change(self, token: Credential) -> Credential:
        """Change what drifted, and keep that. Where a change sends the whole object, two runs at once would undo each other's."""
        if not self.desired.changes_whole:
            token = self.effects.update(token, self.plan.changes)
            self.claims.save_update(token)
            return token
        with self.claims.claim(CHANGE, self._ids_of_name()) as claim:
            self._bound(claim)
            claim.ensure_claim()
            token = self.effects.update(token, self.plan.changes)
            claim.end_change(token)
        self.server.not_after = None
        return token

    def _create(self) -> Outcome:
        attributes = self.desired.attributes(self.facts.now, self.plan.token)
        with self.claims.claim("create", self._ids_of_name()) as claim:
            self._bound(claim)
            self._revoke_orphans(claim)
            token, unsettled = self.creation.create(attributes, claim)
            unsettled = unsettled or may_follow(self.desired, self.facts)
            claim.commit(token, replaced=self.facts.still_alive(claim.replaced), unsettled=unsettled, discard=lambda: self.effects.discard(token))
        self._revoke_leftovers()
        return self._outcome(token)

    def _renew(self) -> Outcome:
        token = self.plan.token
        with self.claims.claim("renew", self._ids_of_name()) as claim:
            self._bound(claim)
            claim.ensure_claim()
            try:
                renewed = t.cast(Renewing, self.server).renew(token)
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
            token = self.effects.update(token, self.plan.changes)
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
                self.effects.revoke(token, claim)
            if self.effects.pending_revocations:
                # The record stays: the token still works, and the next run looks again.
                return self._outcome(self.plan.token)
            claim.delete()
        return self._outcome(None)

    # Replacing

    def _replace_within(self, claim: Claim | NoClaims, expendable: bool) -> Outcome:
        """Rename, create, store, revoke: the old token works until the new one is stored, and for the overlap after that."""
        old = self.plan.token
        # All of the request that can be refused here is built before anything is changed.
        attributes = self.desired.attributes(self.facts.now, old)
        self.effects.confirm_owner(old)
        aside, restore = self._step_aside(old, claim, expendable)
        try:
            self._revoke_orphans(claim)
            try:
                token, unsettled = self.creation.create(attributes, claim)
            except NameTaken as taken:
                # The server has cut the other name back to the first one: the token is in its own successor's way.
                if not (expendable and self._still_has_the_name(old)):
                    raise
                self.warn(f"{taken.message}; so the {self.effects.noun} {old.id}, which has kept the name, is revoked before its successor is created")
                self.effects.revoke(old, claim)
                token, unsettled = self.creation.create(attributes, claim)
        except ApiError as error:
            if not error.maybe_applied and not self.creation.unsettled:
                self.effects.try_to(restore, f"the {self.effects.noun} {old.id} is still named {aside!r}")
            raise
        unsettled = unsettled or may_follow(self.desired, self.facts)
        due = int(self.facts.now) + self.desired.overlap
        replaced = (*self.facts.still_alive(claim.replaced), Replaced(old.known_id, due))
        claim.commit(token, replaced=replaced, unsettled=unsettled, discard=lambda: self.effects.discard(token), restore=restore)
        if self.desired.overlap == 0:
            self.effects.try_to(lambda: self.effects.revoke(old), f"the replaced {self.effects.noun} {old.id} ({aside}) was not revoked and still works")
        self._revoke_leftovers()
        waiting = tuple(entry for entry in replaced if entry.until > self.facts.now)
        return self._outcome(token, actions=["recreated"], replaced_id=old.id)._replace(replaced=waiting)

    def _still_has_the_name(self, old: Credential) -> bool:
        return any(token.id == old.id and is_same_name(self.name, token.name) for token in self.server.listing(self.desired.user_id))

    def _step_aside(self, old: Credential, claim: Claim | NoClaims, expendable: bool) -> tuple[str, Callable[[], object]]:
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
                self.effects.rename(old.known_id, name)
                return name, restore
            except ApiError as error:
                # That says nothing about the name.
                if error.maybe_applied or error.status in (None, 429) or error.status >= 500:
                    raise
                refusal = error
        if not expendable:
            raise refusal.explained(
                f"The {self.effects.noun} {old.name!r} (id {old.id}) must be renamed before its successor is created, and the server refused that; nothing "
                f"else was changed. If its secret does not have to work until the successor is stored, revoke the {self.effects.noun} with state: absent first"
            ) from None
        # Its secret is of no use any more, so nothing is lost when it goes first.
        self.warn(f"{refusal.message}; so the {self.effects.noun} {old.id} is revoked before its successor is created")
        self.effects.revoke(old, claim)
        return old.name or self.name, lambda: None

    # What the steps have in common

    def _bound(self, claim: Claim | NoClaims) -> None:
        """No request under a claim outlives it."""
        self.server.not_after = claim.until

    def _revoke_orphans(self, claim: Claim | NoClaims) -> None:
        for orphan in self.plan.orphans:
            self.effects.revoke(orphan, claim)

    def _revoke_leftovers(self) -> list[str]:
        """Revoke what earlier runs replaced; returns the plan's actions, without "revoked" where nothing could be."""
        self.server.not_after = None
        done = [
            self.effects.try_to(
                lambda token=token: self.effects.revoke(token),  # type: ignore[misc]
                f"the replaced {self.effects.noun} {token.id} ({token.name}) was not revoked",
            )
            for token in self.plan.leftovers
        ]
        return [action for action in self.plan.actions if action != "revoked" or any(done)]

    # Facts for the store and the result

    def _ids_of_name(self) -> list[Id | None]:
        """The ids of all tokens that have the name now."""
        return [token.id for token in self.facts.listed if is_same_name(self.name, token.name)]

    def _outcome(self, token: Credential | None, actions: list[str] | None = None, replaced_id: Id | None = None) -> Outcome:
        words = list(self.plan.actions if actions is None else actions)
        if self.effects.pending_revocations:
            words = [*(word for word in words if word != "revoked"), "revocation_pending"]
        return Outcome(token, None, None, words, self.plan.replaced_id if replaced_id is None else replaced_id)
