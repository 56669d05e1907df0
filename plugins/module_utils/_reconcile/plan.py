# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about one token, decided from facts alone: what is wanted, what the server lists, what the store holds."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from .._commandcenter.token import RENEWABLE_SCOPES, Token
from .._errors import ApiError
from .._store.format import Contents
from .._time import iso
from .desired import Desired

# Seconds. The times of a server are whole, and its Date header may be older than the work it answers.
CLOCK_SLACK = 5
# The list and the answer that is in the store show the same stored number; more than what rounding explains means that somebody else
# has renewed. Strangers renew at the same minute as we do where both were scheduled for it, so this must be small.
_FOREIGN_RENEWAL_SECONDS = 5


class Plan(t.NamedTuple):
    """What to do about one token. The plan is made from facts alone, so check mode makes the same one."""

    step: str  # none, reuse, create, renew, replace or revoke
    token: Token | None = None  # the live token that the step is about
    changes: Mapping[str, t.Any] = MappingProxyType({})  # attributes to update in place
    orphans: Sequence[Token] = ()  # of our own making, with lost secrets: to revoke before a create
    leftovers: Sequence[Token] = ()  # replaced before, and not revoked: to revoke once the secret is safe, or to tell of ("none")
    recreates: bool = False  # a create that follows a token which this store held

    @property
    def actions(self) -> list[str]:
        """The actions of the result, as predicted by check mode and reported after the work."""
        words = {
            "none": [],
            "reuse": ["reused"],
            "create": ["recreated" if self.recreates else "created"],
            "renew": ["renewed"],
            "replace": ["recreated"],
            "revoke": ["revoked"],
        }[self.step]
        if self.changes:
            words = [*words, "updated"]
        if self.leftovers and self.step in ("reuse", "renew"):
            words = [*words, "revoked"]
        return words


def retired_name(name: str, token_id: int) -> str:
    """The name of a token that is being replaced. It names the token's own id, so nobody's token has it by chance."""
    return f"{name}.replaced-{token_id}"


def make_plan(desired: Desired, listed: Sequence[Token], contents: Contents | None, has_store: bool, now: float) -> Plan:
    """Decide what to do; raises ApiError when the rules forbid it. contents: what the store holds, None where there is none."""
    held = contents.token if contents else None
    # Names are unique for one user, and an administrator may be shown the tokens of all.
    owner = desired.user_id if desired.user_id is not None or held is None else held.user_id
    live = find_live(desired, listed, owner, held)
    name = desired.name or (live.name if live else None)
    leftovers = [token for token in listed if name and token.id and token.name == retired_name(name, token.id) and _is_of(owner, token)]
    if desired.state == "absent":
        plan = _plan_absent(live, held, listed, leftovers, contents is not None)
    elif desired.id is not None and live is None:
        raise ApiError(f"There is no token with id {desired.id}; give a name to have one created")
    elif has_store:
        plan = _plan_with_store(desired, live, listed, leftovers, contents, now)
    else:
        plan = _plan_without_store(desired, live, leftovers, now)
    if live is not None and owner is None and desired.id is None and (plan.changes or plan.step in ("replace", "revoke")):
        _check_one_user(live, listed)
    return plan


def _check_one_user(live: Token, listed: Sequence[Token]) -> None:
    """In the list of an administrator, nothing says which tokens are the login's own: somebody else's must not be touched by chance."""
    if len({token.user_id for token in listed if token.user_id is not None}) > 1:
        raise ApiError(
            f"This login is shown the tokens of several users, and {live.name!r} (id {live.id}) is one of user id {live.user_id}: "
            "say whose token is meant with user_id, or which one with id"
        )


def find_live(desired: Desired, listed: Sequence[Token], owner: int | None, held: Token | None = None) -> Token | None:
    """The live token that the user means; raises ApiError when several could be meant."""
    if desired.id is not None:
        return next((token for token in listed if token.id == desired.id), None)
    named = [token for token in listed if token.name == desired.name and _is_of(owner, token)]
    if len(named) > 1:
        of_record = [token for token in named if held and token.id == held.id]
        if not of_record:
            owners = ", ".join(f"id {token.id} of user {token.user_id}" for token in named)
            raise ApiError(f"Several tokens are named {desired.name!r} ({owners}): say which one with user_id or id")
        return of_record[0]
    return named[0] if named else None


def _plan_absent(live: Token | None, held: Token | None, listed: Sequence[Token], leftovers: list[Token], has_record: bool) -> Plan:
    doomed = {token.id: token for token in leftovers}
    if live:
        doomed[live.id] = live
    if held:
        doomed.update({token.id: token for token in listed if token.id == held.id})
    if not doomed and not has_record:
        return Plan("none")
    return Plan("revoke", live or held, orphans=list(doomed.values()))


def _plan_without_store(desired: Desired, live: Token | None, leftovers: list[Token], now: float) -> Plan:
    if live is None:
        return Plan("create", leftovers=leftovers)
    changes = desired.drift(live, now)
    if desired.recreate == "always" or _must_replace(desired, live, changes, now):
        return Plan("replace", live, leftovers=leftovers)
    return Plan("none", live, changes, leftovers=leftovers)


def _plan_with_store(desired: Desired, live: Token | None, listed: Sequence[Token], leftovers: list[Token], contents: Contents | None, now: float) -> Plan:
    held = contents.token if contents else None
    of_held = next((token for token in listed if held and token.id == held.id), None)
    leftovers = [token for token in leftovers if token is not of_held]
    foreign = live if live is not None and live is not of_held else None
    if contents is not None and contents.suspect_since is not None:
        # The run before this one ended between two steps. What it may have made has no secret, so it is revoked; what it may have
        # renewed is never renewed again. The record proves that the token is ours: recreate need not allow it.
        if foreign is not None and _is_orphan(foreign, contents):
            return _successor(of_held, held, leftovers, orphans=[foreign])
        if foreign is None:
            return _successor(of_held, held, leftovers)
    if foreign is not None:
        if desired.recreate == "never":
            raise ApiError(
                f"The token {foreign.name!r} (id {foreign.id}) exists, but the store does not hold its secret, which cannot be read again. "
                "To have it replaced by a new one, set recreate: state_change"
            )
        return Plan("replace", foreign, leftovers=[*leftovers, *([of_held] if of_held else [])])
    if of_held is None or held is None:
        # No record yet, or revoked behind our back: creating destroys nothing.
        return _successor(None, held, leftovers)
    if _renewed_elsewhere(of_held, held):
        # With the pair that we hold: ours is stale, and sending it would kill the chain.
        return _successor(of_held, held, leftovers)
    token = held.overlaid(of_held)
    changes = desired.drift(token, now)
    if desired.recreate == "always" or _must_replace(desired, token, changes, now):
        return Plan("replace", token, leftovers=leftovers)
    if desired.state == "renewed" or not _lives(_prolonged(token, changes, now), desired.min_validity, now):
        return Plan("renew", token, changes, leftovers=leftovers)
    return Plan("reuse", token, changes, leftovers=leftovers)


def _is_orphan(token: Token, contents: Contents) -> bool:
    """Whether a run that left the record suspect has made the token: it was made in that run's time, and nobody has used it since."""
    made, used, until = token.created_at, token.last_used_at, contents.suspect_until
    if made is None:
        return used is None
    return bool(
        made >= (contents.suspect_since or 0) - CLOCK_SLACK and (until is None or made <= until + CLOCK_SLACK) and (used is None or used <= made + CLOCK_SLACK)
    )


def _successor(of_held: Token | None, held: Token | None, leftovers: list[Token], orphans: Sequence[Token] = ()) -> Plan:
    """Make the token anew: beside the old one while that lives, so that it works until the new one is stored."""
    if of_held is not None:
        return Plan("replace", (held or Token()).overlaid(of_held), orphans=orphans, leftovers=leftovers)
    return Plan("create", held, orphans=orphans, leftovers=leftovers, recreates=held is not None)


def _must_replace(desired: Desired, token: Token, changes: Mapping[str, t.Any], now: float) -> bool:
    """Whether only a new token will do; raises ApiError when recreate forbids it."""
    reason = _reason_to_replace(desired, token, changes, now)
    if reason and desired.recreate == "never":
        raise ApiError(f"The token {token.name!r} (id {token.id}) {reason}. To have it replaced by a new one, set recreate: state_change")
    return reason is not None


def _reason_to_replace(desired: Desired, token: Token, changes: Mapping[str, t.Any], now: float) -> str | None:
    if "scope" in changes and not (token.is_renewable and changes["scope"] in RENEWABLE_SCOPES):
        return f"has the scope {token.scope}, and the server cannot change it to {changes['scope']}"
    has_secret = token.access_token is not None
    needs_new_secret = has_secret and (desired.state == "renewed" or not _lives(_prolonged(token, changes, now), desired.min_validity, now))
    expired = token.expires_at is not None and token.expires_at <= now
    if token.is_renewable or token.refresh_token:
        until = [moment for moment in (token.renewable_until, token.refresh_expires_at) if moment is not None]
        if until and min(until) <= now and (needs_new_secret or (expired and not has_secret)):
            return f"could be renewed until {iso(min(until))} only"
        if needs_new_secret and not token.refresh_token:
            return "has to be renewed, and the store holds no refresh token for it"
    elif expired and not has_secret:
        return f"has expired at {iso(token.expires_at)} and cannot be renewed"
    elif needs_new_secret:
        return f"lives until {iso(token.expires_at)}, and tokens with the scope {token.scope} cannot be renewed"
    return None


def _renewed_elsewhere(listed: Token, held: Token) -> bool:
    """Whether somebody else has renewed the token: only that moves the end of a renewable one, to an earlier moment too where the
    server's lifetime was shortened. The end of the others is an attribute like any other.
    """
    if not held.refresh_token or listed.expires_at is None or held.expires_at is None:
        return False
    return abs(listed.expires_at - held.expires_at) > _FOREIGN_RENEWAL_SECONDS


def _prolonged(token: Token, changes: Mapping[str, t.Any], now: float) -> Token:
    """The token after an update that moves its end. What has ended already, no update brings back."""
    lives = token.expires_at is None or token.expires_at > now
    return token._replace(expires_at=changes["expires_at"]) if lives and "expires_at" in changes else token


def _lives(token: Token, min_validity: int, now: float) -> bool:
    return token.expires_at is None or token.expires_at - now > min_validity


def _is_of(owner: int | None, token: Token) -> bool:
    return owner is None or token.user_id in (None, owner)
