# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a token to its desired state, in an order in which no crash between two steps loses a secret."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable, Mapping, Sequence

from .._commandcenter.access_tokens import AccessTokens
from .._commandcenter.token import Token, with_defaults
from .._errors import ApiError
from .._store.claims import Busy, Claim, Claims, NoClaims
from .desired import Desired
from .plan import CLOCK_SLACK, Plan, make_plan, retired_name

# A lost answer is settled by revoking what was made and creating once more; the third attempt is for a server that finished the
# first one late, so that the second met its own name.
_CREATE_ATTEMPTS = 3
_POLL_SECONDS = 0.5


class Outcome(t.NamedTuple):
    """What a run ended with. token is None where no token is left; its secrets may be None.

    before and after are the two sides of the difference, as far as it is known before anything is done: so check mode shows the same.
    """

    token: Token | None
    before: Token | None
    after: Token | None
    actions: list[str]
    replaced_id: int | None = None


class NameTaken(ApiError):
    """Somebody else has created a token of this name since the list was read."""


def reconcile(server: AccessTokens, desired: Desired, claims: Claims | NoClaims, check_mode: bool, warn: Callable[[str], None], patience: float = 0) -> Outcome:
    """Bring the token to its desired state, or predict that in check mode. patience: seconds to wait for another run's result."""
    deadline = time.monotonic() + patience
    waiting = met_name = False
    while True:
        try:
            return reconcile_once(server, desired, claims, check_mode, warn, waiting)
        except Busy as contended:
            if time.monotonic() >= deadline:
                raise contended.timeout_error(patience) from None
            waiting = True
            time.sleep(_POLL_SECONDS)
        except NameTaken as taken:
            if met_name:
                raise taken.explained("The list of this login does not show the token that has this name: it belongs to somebody else") from None
            met_name = True


def reconcile_once(server: AccessTokens, desired: Desired, claims: Claims | NoClaims, check_mode: bool, warn: Callable[[str], None], waiting: bool) -> Outcome:
    contents = claims.read()
    if waiting:
        # Who waits for another run asks the store, and not the server each time.
        contents = claims.resolve_pending(contents, server.server_time(), check_mode)
    listed = server.listing(desired.user_id)
    contents = claims.resolve_pending(contents, server.server_time(), check_mode)
    try:
        plan = make_plan(desired, listed, contents, claims.keeps_secrets, server.server_time())
    except ApiError:
        claims.check_unchanged()
        raise
    if plan.step in ("none", "reuse") and (plan.changes or plan.leftovers):
        # These are the changes that are made without a claim.
        claims.check_unchanged()
    predicted = _predict(desired, plan, server.server_time())
    if check_mode:
        return predicted
    run = Executor(server, desired, claims, warn, listed, plan)
    steps = {"none": run.keep, "reuse": run.keep, "create": run.create, "renew": run.renew, "replace": run.replace, "revoke": run.revoke}
    return steps[plan.step]()._replace(before=predicted.before, after=predicted.after)


def _predict(desired: Desired, plan: Plan, now: float) -> Outcome:
    token = plan.token or Token()
    if plan.step in ("create", "replace"):
        token = with_defaults(desired.attributes(now, token))._replace(name=desired.name or token.name)
    elif plan.step == "renew":
        token = token.changed(plan.changes)._replace(access_token=None, refresh_token=None, expires_at=None)
    elif plan.step in ("reuse", "none"):
        token = token.changed(plan.changes)
    before = None if plan.step == "create" else plan.token
    after = None if desired.state == "absent" else token
    return Outcome(after, before, after, plan.actions, _replaced_id(plan))


def _replaced_id(plan: Plan) -> int | None:
    return plan.token.id if plan.token and (plan.step == "replace" or plan.recreates) else None


class Executor:
    """The steps of one plan. Each is a few effects on the server and the store, in an order that no crash between two of them can hurt."""

    def __init__(
        self, server: AccessTokens, desired: Desired, claims: Claims | NoClaims, warn: Callable[[str], None], listed: Sequence[Token], plan: Plan
    ) -> None:
        self.server = server
        self.desired = desired
        self.claims = claims
        self.warn = warn
        self.listed = listed
        self.plan = plan
        self.name: str = desired.name or (plan.token.name if plan.token else None) or ""

    def keep(self) -> Outcome:
        """The token is there and good: change what drifted."""
        token = self.plan.token
        if token and self.plan.changes:
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

    def create(self) -> Outcome:
        attributes = self.desired.attributes(self.server.server_time(), self.plan.token or Token())
        with self.claims.claim("create", self.server.server_time()) as claim:
            self._revoke_orphans()
            claim.ensure_claim(self.server.server_time())
            token = self._create(attributes)
            self._check_owner(token)
            claim.commit(token, discard=lambda: self._revoke(token))
        self._revoke_leftovers()
        return self._outcome(token)

    def renew(self) -> Outcome:
        token = t.cast(Token, self.plan.token)
        with self.claims.claim("renew", self.server.server_time()) as claim:
            try:
                claim.ensure_claim(self.server.server_time())
                renewed = self.server.renew(token)
            except ApiError as error:
                if not error.maybe_applied:
                    if error.status in (None, 429):
                        raise error.explained("The pair was not rotated, and the next run tries again") from None
                    if self.desired.recreate == "never":
                        raise error.explained("The pair was not rotated; to have a token that cannot be renewed replaced, set recreate: state_change") from None
                    self.warn(f"{error.message}; the token is replaced by a new one")
                else:
                    # Perhaps it was rotated, and the new pair is lost.
                    self.warn(f"{error.message}; it is not known whether the pair was rotated, so the token is replaced by a new one")
                # From here on there is no way back to this pair: should the replacement fail, the next run is to go on with it.
                claim.suspect()
                return self._replace_within(claim)
            token = token.overlaid(renewed)
            claim.commit(token)
        if self.plan.changes:
            token = self._update(token)
            self.claims.save_update(token)
        return self._outcome(token, actions=self._revoke_leftovers())

    def replace(self) -> Outcome:
        with self.claims.claim("replace", self.server.server_time()) as claim:
            return self._replace_within(claim)

    def revoke(self) -> Outcome:
        with self.claims.claim("revoke", self.server.server_time()) as claim:
            for token in self.plan.orphans:
                self._revoke(token)
            claim.delete()
        return self._outcome(None)

    def _replace_within(self, claim: Claim | NoClaims) -> Outcome:
        """Rename, create, store, revoke: the old token works until the new one is stored."""
        old = t.cast(Token, self.plan.token)
        attributes = self.desired.attributes(self.server.server_time(), old)
        aside = retired_name(self.name, old.known_id)
        if old.name != aside:
            self._rename(old.known_id, aside)

        def restore() -> None:
            self.server.update(old.known_id, {"name": self.name})

        try:
            self._revoke_orphans()
            claim.ensure_claim(self.server.server_time())
            token = self._create(attributes)
        except ApiError as error:
            if not error.maybe_applied:
                self._try(restore, f"the token {old.id} is still named {aside!r}")
            raise
        claim.commit(token, discard=lambda: self._revoke(token), restore=restore)
        self._try(lambda: self._revoke(old), f"the replaced token {old.id} ({aside}) was not revoked and still works")
        self._revoke_leftovers()
        return self._outcome(token, actions=["recreated"], replaced_id=old.id)

    def _create(self, attributes: Mapping[str, t.Any]) -> Token:
        """Create, and settle a lost answer: a token of our own making without a secret is of no use to anybody, so it is revoked."""
        known = {token.id for token in self.listed}
        started = int(self.server.server_time()) - CLOCK_SLACK
        maybe_applied = False
        for attempt in range(1, _CREATE_ATTEMPTS + 1):
            try:
                token = self.server.create(self.name, attributes)
            except ApiError as error:
                if not maybe_applied and not error.maybe_applied:
                    if _is_name_clash(error):
                        raise NameTaken(error.message, error.status, error.code) from None
                    raise
                found = self._revoke_unseen(known, started)
                # What was found and revoked is settled. What was not found may still come into being.
                maybe_applied = not found
                if attempt == _CREATE_ATTEMPTS or not (error.maybe_applied or found):
                    error.maybe_applied = maybe_applied
                    raise
                self.warn(f"{error.message}; {'what was made without its secret was revoked, and ' if found else ''}the token is created once more")
            else:
                return token
        raise AssertionError("unreachable")

    def _revoke_unseen(self, known: set[int | None], started: int) -> bool:
        """Revoke what a create has made whose answer was lost; returns whether there was anything."""
        try:
            found = [
                token
                for token in self.server.listing(self.desired.user_id)
                if token.name == self.name and token.id not in known and (token.created_at is None or token.created_at >= started)
            ]
            for orphan in found:
                self._revoke(orphan)
        except ApiError as error:
            error.maybe_applied = True
            raise
        return bool(found)

    def _check_owner(self, token: Token) -> None:
        """A login that does not see the token of the record may belong to somebody else, whose new token must not overwrite that one's secret."""
        held = self.plan.token if self.plan.recreates else None
        if held and None not in (held.user_id, token.user_id) and held.user_id != token.user_id:
            self.server.revoke(token.known_id)
            raise ApiError(
                f"The store holds the token of user id {held.user_id}, and this login is user id {token.user_id}: nothing was changed. "
                "Log in as that user, give its user_id, or give this token a place of its own"
            )

    def _update(self, token: Token) -> Token:
        changes = dict(self.plan.changes)
        try:
            self.server.update(token.known_id, changes)
        except ApiError as error:
            # The same change twice is one change, so a lost answer is settled by sending it again.
            if not error.maybe_applied:
                raise
            self.warn(f"{error.message}; the change is sent once more")
            self.server.update(token.known_id, changes)
        return token.changed(changes)

    def _rename(self, token_id: int, name: str) -> None:
        try:
            self.server.update(token_id, {"name": name})
        except ApiError as error:
            if not error.maybe_applied or not any(token.id == token_id and token.name == name for token in self.server.listing(self.desired.user_id)):
                raise

    def _revoke(self, token: Token) -> None:
        """Revoke; a token that is gone already is what was wanted."""
        try:
            self.server.revoke(token.known_id)
        except ApiError:
            if any(listed.id == token.id for listed in self.server.listing(self.desired.user_id)):
                raise

    def _revoke_orphans(self) -> None:
        for orphan in self.plan.orphans:
            self._revoke(orphan)

    def _revoke_leftovers(self) -> list[str]:
        """Revoke what earlier runs replaced; returns the plan's actions, without "revoked" where nothing could be."""
        done = [
            self._try(lambda token=token: self._revoke(token), f"the replaced token {token.id} ({token.name}) was not revoked")  # type: ignore[misc]
            for token in self.plan.leftovers
        ]
        return [action for action in self.plan.actions if action != "revoked" or any(done)]

    def _try(self, effect: Callable[[], object], otherwise: str) -> bool:
        try:
            effect()
        except ApiError as error:
            self.warn(f"{error.message}; {otherwise}")
            return False
        return True

    def _outcome(self, token: Token | None, actions: list[str] | None = None, replaced_id: int | None = None) -> Outcome:
        return Outcome(
            token,
            None,
            None,
            self.plan.actions if actions is None else actions,
            _replaced_id(self.plan) if replaced_id is None else replaced_id,
        )


def _is_name_clash(error: ApiError) -> bool:
    words = error.message.lower()
    return "already present" in words or "already exists" in words or "already in use" in words
