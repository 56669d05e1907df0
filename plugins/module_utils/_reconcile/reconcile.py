# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import contextlib
import time
import typing as t
from collections.abc import Callable, Mapping, Sequence

from .._commandcenter.server import CommandCenter, attributes_of
from .._errors import ApiError
from .._store.claims import Claim, Claims, Contended, NoClaims
from .desired import Desired
from .plan import CLOCK_SLACK, Plan, Token, make_plan, retired_name

# A lost answer is settled by revoking what was made and creating once more; the third attempt is for a server that finished the
# first one late, so that the second met its own name.
_CREATE_ATTEMPTS = 3
_POLL_SECONDS = 0.5


class Outcome(t.NamedTuple):
    """What a run ended with. token is None where no token is left; its secrets may be None.

    before and after are the two sides of the difference, as far as it is known before anything is done: so check mode shows the same.
    """

    token: dict[str, t.Any] | None
    before: Token | None
    after: Token | None
    actions: list[str]
    replaced_id: int | None = None


class NameTaken(ApiError):
    """Somebody else has created a token of this name since the list was read."""


def settle(server: CommandCenter, desired: Desired, claims: Claims | NoClaims, check_mode: bool, warn: Callable[[str], None], patience: float = 0) -> Outcome:
    """Bring the token to its desired state, or predict that in check mode. patience: seconds to wait for another run's result."""
    give_up = time.monotonic() + patience
    waiting = met_name = False
    while True:
        try:
            return _attempt(server, desired, claims, check_mode, warn, waiting)
        except Contended as contended:
            if time.monotonic() >= give_up:
                raise contended.gave_up(patience) from None
            waiting = True
            time.sleep(_POLL_SECONDS)
        except NameTaken as taken:
            if met_name:
                raise taken.explained("The list of this login does not show the token that has this name: it belongs to somebody else") from None
            met_name = True


def _attempt(server: CommandCenter, desired: Desired, claims: Claims | NoClaims, check_mode: bool, warn: Callable[[str], None], waiting: bool) -> Outcome:
    record = claims.read()
    if waiting:
        # Who waits for another run asks the store, and not the server each time.
        record = claims.judge(record, server.server_time(), check_mode)
    listed = server.tokens(desired.user_id)
    record = claims.judge(record, server.server_time(), check_mode)
    try:
        plan = make_plan(desired, listed, record, claims.keeps_secrets, server.server_time())
    except ApiError:
        claims.check_unchanged()
        raise
    if plan.step in ("none", "reuse") and (plan.changes or plan.leftovers):
        # These are the changes that are made without a claim.
        claims.check_unchanged()
    predicted = _predict(desired, plan, server.server_time())
    if check_mode:
        return predicted
    run = _Run(server, desired, claims, warn, listed, plan)
    steps = {"none": run.keep, "reuse": run.keep, "create": run.create, "renew": run.renew, "replace": run.replace, "revoke": run.revoke}
    return steps[plan.step]()._replace(before=predicted.before, after=predicted.after)


def _predict(desired: Desired, plan: Plan, now: float) -> Outcome:
    token = dict(plan.token or {})
    if plan.step in ("create", "replace"):
        token = {"name": desired.name or token.get("name"), **attributes_of(desired.attributes(now, token))}
    elif plan.step == "renew":
        token.update(plan.changes, access_token=None, refresh_token=None, expires_at=None)
    elif plan.step in ("reuse", "none"):
        token.update(plan.changes)
    before = None if plan.step == "create" else plan.token
    after = None if desired.state == "absent" else token
    return Outcome(after, before, after, plan.actions, _replaced_id(plan))


def _replaced_id(plan: Plan) -> int | None:
    return plan.token["id"] if plan.token and (plan.step == "replace" or plan.recreates) else None


class _Run:
    """The steps of one plan. Each is a few effects on the server and the store, in an order that no crash between two of them can hurt."""

    def __init__(
        self, server: CommandCenter, desired: Desired, claims: Claims | NoClaims, warn: Callable[[str], None], listed: Sequence[Token], plan: Plan
    ) -> None:
        self.server = server
        self.desired = desired
        self.claims = claims
        self.warn = warn
        self.listed = listed
        self.plan = plan
        self.name: str = desired.name or (plan.token["name"] if plan.token else "")

    def keep(self) -> Outcome:
        """The token is there and good: change what drifted."""
        token = dict(self.plan.token) if self.plan.token else None
        if token and self.plan.changes:
            try:
                self._update(token)
            except ApiError:
                # Perhaps another run is replacing the token meanwhile: then its result is worth waiting for.
                self.claims.check_unchanged()
                raise
            self.claims.note(token)
        if self.plan.step == "reuse":
            return self._outcome(token, actions=self._revoke_leftovers())
        # Without a store nobody knows who still uses the secret of a token that was replaced.
        for leftover in self.plan.leftovers:
            self.warn(
                f"The token {leftover['name']!r} was replaced by an earlier run and still works; when nothing uses it any more, "
                f"revoke it with id: {leftover['id']} and state: absent"
            )
        return self._outcome(token)

    def create(self) -> Outcome:
        attributes = self.desired.attributes(self.server.server_time(), self.plan.token or {})
        with self.claims.claim("create", self.server.server_time()) as claim:
            self._revoke_orphans()
            claim.still_ours(self.server.server_time())
            token = self._create(attributes)
            self._check_owner(token)
            claim.complete(token, discard=lambda: self._revoke(token))
        self._revoke_leftovers()
        return self._outcome(token)

    def renew(self) -> Outcome:
        token = dict(t.cast(Token, self.plan.token))
        with self.claims.claim("renew", self.server.server_time()) as claim:
            try:
                claim.still_ours(self.server.server_time())
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
            token.update({key: value for key, value in renewed.items() if value is not None})
            claim.complete(token)
        if self.plan.changes:
            self._update(token)
            self.claims.note(token)
        return self._outcome(token, actions=self._revoke_leftovers())

    def replace(self) -> Outcome:
        with self.claims.claim("replace", self.server.server_time()) as claim:
            return self._replace_within(claim)

    def revoke(self) -> Outcome:
        with self.claims.claim("revoke", self.server.server_time()) as claim:
            for token in self.plan.orphans:
                self._revoke(token)
            claim.forget()
        return self._outcome(None)

    def _replace_within(self, claim: Claim | NoClaims) -> Outcome:
        """Rename, create, store, revoke: the old token works until the new one is stored."""
        old = t.cast(Token, self.plan.token)
        attributes = self.desired.attributes(self.server.server_time(), old)
        aside = retired_name(self.name, old["id"])
        if old["name"] != aside:
            self._rename(old["id"], aside)

        def restore() -> None:
            self.server.update(old["id"], {"name": self.name})

        try:
            self._revoke_orphans()
            claim.still_ours(self.server.server_time())
            token = self._create(attributes)
        except ApiError as error:
            if not error.maybe_applied:
                self._try(restore, f"the token {old['id']} is still named {aside!r}")
            raise
        claim.complete(token, discard=lambda: self._revoke(token), restore=restore)
        self._try(lambda: self._revoke(old), f"the replaced token {old['id']} ({aside}) was not revoked and still works")
        self._revoke_leftovers()
        return self._outcome(token, actions=["recreated"], replaced_id=old["id"])

    def _create(self, attributes: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Create, and settle a lost answer: a token of our own making without a secret is of no use to anybody, so it is revoked."""
        known = {token["id"] for token in self.listed}
        started = int(self.server.server_time()) - CLOCK_SLACK
        doubted = False
        for attempt in range(1, _CREATE_ATTEMPTS + 1):
            try:
                token = self.server.create(self.name, attributes)
            except ApiError as error:
                if not doubted and not error.maybe_applied:
                    if _is_name_clash(error):
                        raise NameTaken(error.message, error.status, error.code) from None
                    raise
                found = self._revoke_unseen(known, started)
                # What was found and revoked is settled. What was not found may still come into being.
                doubted = not found
                if attempt == _CREATE_ATTEMPTS or not (error.maybe_applied or found):
                    error.maybe_applied = doubted
                    raise
                self.warn(f"{error.message}; {'what was made without its secret was revoked, and ' if found else ''}the token is created once more")
            else:
                offset = self._listed_offset(token) if self.plan.measures_list else (self.plan.token or {}).get("listed_offset")
                return {**token, "listed_offset": offset} if offset else token
        raise AssertionError("unreachable")

    def _listed_offset(self, token: Token) -> int | None:
        """By how many seconds this server's list is off with the end of a token that was made just now."""
        with contextlib.suppress(ApiError):
            for listed in self.server.tokens(self.desired.user_id):
                if listed["id"] == token["id"] and None not in (listed["expires_at"], token.get("expires_at")):
                    return int(listed["expires_at"] - token["expires_at"])
        return None

    def _revoke_unseen(self, known: set[int], started: int) -> bool:
        """Revoke what a create has made whose answer was lost; returns whether there was anything."""
        try:
            found = [
                token
                for token in self.server.tokens(self.desired.user_id)
                if token["name"] == self.name and token["id"] not in known and (token["created_at"] is None or token["created_at"] >= started)
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
        if held and None not in (held["user_id"], token.get("user_id")) and held["user_id"] != token["user_id"]:
            self.server.revoke(token["id"])
            raise ApiError(
                f"The store holds the token of user id {held['user_id']}, and this login is user id {token['user_id']}: nothing was changed. "
                "Log in as that user, give its user_id, or give this token a place of its own"
            )

    def _update(self, token: dict[str, t.Any]) -> None:
        changes = dict(self.plan.changes)
        try:
            self.server.update(token["id"], changes)
        except ApiError as error:
            # The same change twice is one change, so a lost answer is settled by sending it again.
            if not error.maybe_applied:
                raise
            self.warn(f"{error.message}; the change is sent once more")
            self.server.update(token["id"], changes)
        token.update(changes)

    def _rename(self, token_id: int, name: str) -> None:
        try:
            self.server.update(token_id, {"name": name})
        except ApiError as error:
            if not error.maybe_applied or not any(token["id"] == token_id and token["name"] == name for token in self.server.tokens(self.desired.user_id)):
                raise

    def _revoke(self, token: Token) -> None:
        """Revoke; a token that is gone already is what was wanted."""
        try:
            self.server.revoke(token["id"])
        except ApiError:
            if any(listed["id"] == token["id"] for listed in self.server.tokens(self.desired.user_id)):
                raise

    def _revoke_orphans(self) -> None:
        for orphan in self.plan.orphans:
            self._revoke(orphan)

    def _revoke_leftovers(self) -> list[str]:
        """Revoke what earlier runs replaced; returns the plan's actions, without "revoked" where nothing could be."""
        done = [
            self._try(lambda token=token: self._revoke(token), f"the replaced token {token['id']} ({token['name']}) was not revoked")  # type: ignore[misc]
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

    def _outcome(self, token: dict[str, t.Any] | None, actions: list[str] | None = None, replaced_id: int | None = None) -> Outcome:
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
