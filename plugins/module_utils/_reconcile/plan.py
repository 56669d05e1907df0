# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about one token, decided from facts alone: what is wanted, what the server lists, what the store holds."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from .._commandcenter.token import RENEWABLE_SCOPES, Token
from .._errors import ApiError
from .._store.format import Contents, Id, Replaced
from .._time import iso
from .desired import Desired

# Seconds. The times of a server are whole, and a token is used a moment after it was created at the earliest.
CLOCK_SLACK = 5
# The list and the response that is in the store show the same stored number; more than what rounding explains means that somebody else
# has renewed. Strangers renew at the same minute as we do where both were scheduled for it, so this must be small.
_FOREIGN_RENEWAL_SECONDS = 5
# Two clocks that differ by no more are taken for one.
CLOCKS_AGREE_SECONDS = 60
# A server that cuts names off leaves at least this much of them.
_SHORTEST_CUT_NAME = 8  # characters


class OwnerUnknown(Exception):
    """What to do depends on whether a token that was found is this login's own, and nobody has said yet which user it is."""

    def __init__(self, token: Token) -> None:
        super().__init__(token.id)
        self.token = token


class Facts(t.NamedTuple):
    """What a plan is made from.

    listed: the tokens that the server shows. contents: what the store holds, None where it holds nothing. now: the server's time in epoch
    seconds. owner: the user id of this login, or None while it is not known. overtaken: another run has obtained the stored secret since
    this task began. clocks_agree: the server's clock and the store's show the same time. name_is_taken: the server says that the wanted name
    exists, so one that it treats as equal counts.
    """

    listed: Sequence[Token]
    contents: Contents | None
    has_store: bool
    now: float
    owner: int | None = None
    overtaken: bool = False
    clocks_agree: bool = False
    name_is_taken: bool = False

    @property
    def held(self) -> Token | None:
        """The token whose secret the store holds."""
        return self.contents.token if self.contents else None

    def still_alive(self, replaced: Sequence[Replaced]) -> tuple[Replaced, ...]:
        """Those of these entries of a record whose tokens the server still lists."""
        alive = {token.id for token in self.listed}
        return tuple(entry for entry in replaced if entry.id in alive)

    @property
    def is_suspect(self) -> bool:
        return self.contents is not None and self.contents.suspect_since is not None


class Plan(t.NamedTuple):
    """What to do about one token. The plan is made from facts alone, so check mode makes the same one."""

    step: str  # none, reuse, create, renew, replace or revoke
    token: Token | None = None  # the live token that the step is about
    changes: Mapping[str, t.Any] = MappingProxyType({})  # attributes to update in place
    orphans: Sequence[Token] = ()  # of our own making, with lost secrets: to revoke before a create
    leftovers: Sequence[Token] = ()  # replaced before, and not revoked: to revoke once the secret is safe, or to tell of ("none")
    recreates: bool = False  # a create that follows a token which this store held
    expendable: bool = False  # the token's secret is of no use any more, so it need not work until its successor is stored

    @property
    def writes(self) -> bool:
        """Whether anything is to be changed, on the server or in the store."""
        return self.step not in ("none", "reuse") or bool(self.changes or self.leftovers)

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

    def replaced(self, desired: Desired, facts: Facts) -> tuple[Replaced, ...]:
        """What was replaced and still works for its overlap, once the plan is carried out."""
        before = facts.contents.replaced if facts.contents and self.step != "revoke" else ()
        waiting = tuple(entry for entry in facts.still_alive(before) if entry.until > facts.now)
        if self.step == "replace" and desired.overlap and self.token and self.token.id is not None:
            waiting = (*waiting, Replaced(self.token.id, int(facts.now) + desired.overlap))
        return waiting

    @property
    def replaced_id(self) -> Id | None:
        """The id of the token that a new one takes the place of."""
        return self.token.id if self.token and (self.step == "replace" or self.recreates) else None


def retired_name(name: str, token_id: Id) -> str:
    """The name of a token that is being replaced. It names the token's own id, so nobody's token has it by chance."""
    return f"{name}.replaced-{token_id}"


def retired_names(name: str, token_id: Id) -> tuple[str, str]:
    """What a token may be renamed to while it is being replaced: the second one is for servers that do not take names so long."""
    return retired_name(name, token_id), f"replaced-{token_id}"


def is_retired(name: str, token: Token) -> bool:
    """Whether the token has such a name."""
    return token.id is not None and token.name in retired_names(name, token.id)


def is_same_name(wanted: str | None, found: str | None) -> bool:
    """Whether the two are one name for a server that trims names or folds their case."""
    return wanted == found or (wanted is not None and found is not None and wanted.strip().casefold() == found.strip().casefold())


def is_how_it_is_written(wanted: str | None, found: str | None) -> bool:
    """Whether a server may have made the one name of the other; some also cut names off."""
    if is_same_name(wanted, found):
        return True
    cut = (found or "").strip().casefold()
    return len(cut) >= _SHORTEST_CUT_NAME and (wanted or "").strip().casefold().startswith(cut)


def make_plan(desired: Desired, facts: Facts) -> Plan:
    """Decide what to do; raises ApiError when the rules forbid it, and OwnerUnknown when it must be known first whose login this is."""
    held = facts.held
    # A token that this collection has created belongs to the user that the server's response named.
    owners = (desired.user_id, held.user_id if held else None, facts.owner)
    facts = facts._replace(owner=next((owner for owner in owners if owner is not None), None))
    if facts.overtaken:
        desired = desired.satisfied()
    live = find_live(desired, facts)
    if desired.state == "absent":
        plan = _plan_absent(desired, facts, live)
    elif desired.id is not None and live is None:
        raise ApiError(
            f"There is no token with id {desired.id}: it was revoked, or this login may not see it. For another user's token, set user_id; "
            "to create a token, set name without id"
        )
    elif facts.has_store:
        plan = _plan_with_store(desired, facts, live)
    else:
        plan = _plan_without_store(desired, facts, live)
    if plan.changes and plan.token is not None:
        _prove(plan.token, desired, facts)
    return plan


def find_live(desired: Desired, facts: Facts) -> Token | None:
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
    raise ApiError(f"Several tokens are named {desired.name!r} ({owners}): select one with user_id or id")


def _is_proven(token: Token, desired: Desired, facts: Facts) -> bool:
    """Whether a token may be changed or revoked: it is the one of the record, was asked for by its id, or belongs to this login."""
    if is_token_of(facts.held, token) or (token.id is not None and token.id == desired.id):
        return True
    if facts.owner is None:
        raise OwnerUnknown(token)
    return token.user_id == facts.owner


def _prove(token: Token, desired: Desired, facts: Facts) -> None:
    """Raise ApiError unless the token may be changed or revoked."""
    if not _is_proven(token, desired, facts):
        raise ApiError(
            f"The server does not report who owns the token {token.name!r} (id {token.id}), so nothing was changed: it may belong to another user. "
            "If this is the token you mean, set id"
        )


def _leftovers(desired: Desired, facts: Facts, live: Token | None, ends_all: bool = False) -> list[Token]:
    """What was replaced before and is still alive: noted in the record and due, or named as we name such tokens and of this login.

    ends_all: those that are not due yet as well.
    """
    contents, held = facts.contents, facts.held
    until = {entry.id: entry.until for entry in contents.replaced} if contents else {}
    name = desired.name or (live.name if live else None)
    found = []
    for token in facts.listed:
        if token.id is None or (is_token_of(held, token) and not ends_all):
            continue
        if token.id in until and (facts.owner is None or token.user_id in (None, facts.owner)):
            if ends_all or until[token.id] <= facts.now:
                found.append(token)
        elif name and is_retired(name, token) and _is_proven(token, desired, facts):
            found.append(token)
    return found


def _orphans(desired: Desired, facts: Facts) -> list[Token]:
    """What a run has created whose end nobody saw: it appeared under a claim of this record, and nobody can have its secret."""
    contents, held = facts.contents, facts.held
    if contents is None or contents.known_ids is None:
        return []
    known = {*contents.known_ids, held.id if held else None}
    return [
        token
        for token in facts.listed
        if is_same_name(desired.name, token.name)
        and token.id not in known
        and token.id is not None
        and is_unused(token)
        and _is_of_that_time(token, contents, facts)
        and _is_proven(token, desired, facts)
    ]


def _is_of_that_time(token: Token, contents: Contents, facts: Facts) -> bool:
    """Whether the token can have been created under the claims that ended badly. Where the clocks do not agree, the ids alone tell."""
    if not facts.clocks_agree or token.created_at is None:
        return True
    since, until = contents.suspect_since, contents.suspect_until
    is_late = until is not None and token.created_at > until + CLOCKS_AGREE_SECONDS
    return not is_late and (since is None or token.created_at >= since - CLOCKS_AGREE_SECONDS)


def is_token_of(held: Token | None, token: Token) -> bool:
    """Whether a listed token is the one of the record. A server that was restored gives ids out again: owner and creation must fit, too."""
    if held is None or token.id is None or token.id != held.id:
        return False
    if None not in (held.user_id, token.user_id) and held.user_id != token.user_id:
        return False
    return held.created_at is None or token.created_at is None or abs(held.created_at - token.created_at) <= CLOCK_SLACK


def is_unused(token: Token) -> bool:
    """Whether nobody has used the token since it was created."""
    return token.last_used_at is None or (token.created_at is not None and token.last_used_at <= token.created_at + CLOCK_SLACK)


def _plan_absent(desired: Desired, facts: Facts, live: Token | None) -> Plan:
    held = facts.held
    doomed = {token.id: token for token in [*_leftovers(desired, facts, live, ends_all=True), *_orphans(desired, facts)]}
    if live:
        _prove(live, desired, facts)
        doomed[live.id] = live
    if held:
        doomed.update({token.id: token for token in facts.listed if is_token_of(held, token)})
    if not doomed and facts.contents is None:
        return Plan("none")
    return Plan("revoke", live or held, orphans=list(doomed.values()))


def _plan_without_store(desired: Desired, facts: Facts, live: Token | None) -> Plan:
    if live is None:
        return Plan("create", leftovers=_leftovers(desired, facts, live))
    changes = desired.drift(live, facts.now)
    if desired.recreate == "always" or _must_replace(desired, live, changes, facts.now):
        _prove(live, desired, facts)
        return Plan("replace", live, leftovers=_leftovers(desired, facts, live))
    # Only told of: without a store nobody knows who still uses the secret of a token that was replaced.
    name = desired.name or live.name or ""
    return Plan("none", live, changes, leftovers=[token for token in facts.listed if is_retired(name, token)])


def _plan_with_store(desired: Desired, facts: Facts, live: Token | None) -> Plan:
    held = facts.held
    of_held = next((token for token in facts.listed if is_token_of(held, token)), None)
    orphans = _orphans(desired, facts)
    leftovers = _leftovers(desired, facts, live)
    foreign = live if live is not None and live is not of_held and live not in orphans else None
    if foreign is None and facts.is_suspect:
        # The run before this one ended between two steps. What it may have created has no secret, so it is revoked; what it may have
        # renewed is never renewed again. The record proves that the token is ours: recreate need not allow it.
        return _successor(of_held, held, leftovers, orphans, expendable=True)
    if foreign is not None:
        return _plan_foreign(desired, facts, foreign, [*leftovers, *([of_held] if of_held else [])], orphans)
    if of_held is None or held is None:
        # No record yet, or revoked outside the store: creating destroys nothing.
        return _successor(None, held, leftovers, orphans)
    if _renewed_elsewhere(of_held, held):
        # With the pair that we hold: ours is stale, and sending it would kill the chain.
        return _successor(of_held, held, [*leftovers, *orphans], (), expendable=True)
    token = held.overlaid(of_held)
    if is_how_it_is_written(desired.name, token.name):
        # How the server writes the name that was asked for.
        token = token._replace(name=desired.name)
    changes = desired.drift(token, facts.now)
    # An orphan beside a token whose secret is stored is no more than something to clean up.
    leftovers = [*leftovers, *orphans]
    if desired.recreate == "always" or _must_replace(desired, token, changes, facts.now):
        return Plan("replace", token, leftovers=leftovers)
    if desired.state == "renewed" or not _lives(_prolonged(token, changes, facts.now), desired.min_validity, facts.now):
        return Plan("renew", token, changes, leftovers=leftovers)
    return Plan("reuse", token, changes, leftovers=leftovers)


def _plan_foreign(desired: Desired, facts: Facts, foreign: Token, leftovers: list[Token], orphans: list[Token]) -> Plan:
    """A token has the name, and the store does not hold its secret."""
    is_proven = _is_proven(foreign, desired, facts)  # first: a token of somebody else leaves the name free
    if desired.recreate == "never":
        raise ApiError(
            f"The token {foreign.name!r} (id {foreign.id}) exists, but the store does not hold its secret, which cannot be read again. "
            "To replace it with a new one, set recreate: state_change"
        )
    if not is_proven:
        _prove(foreign, desired, facts)
    return Plan("replace", foreign, orphans=orphans, leftovers=leftovers)


def _successor(of_held: Token | None, held: Token | None, leftovers: list[Token], orphans: Sequence[Token], expendable: bool = False) -> Plan:
    """Create the token again: beside the old one while that lives, so that it works until the new one is stored."""
    if of_held is not None:
        return Plan("replace", (held or Token()).overlaid(of_held), orphans=orphans, leftovers=leftovers, expendable=expendable)
    return Plan("create", held, orphans=orphans, leftovers=leftovers, recreates=held is not None)


def _must_replace(desired: Desired, token: Token, changes: Mapping[str, t.Any], now: float) -> bool:
    """Whether only a new token will do; raises ApiError when recreate forbids it."""
    reason = _reason_to_replace(desired, token, changes, now)
    if reason and desired.recreate == "never":
        raise ApiError(f"The token {token.name!r} (id {token.id}) {reason}. To replace it with a new one, set recreate: state_change")
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
            return f"could only be renewed until {iso(min(until))}"
        if needs_new_secret and not token.refresh_token:
            return "has to be renewed, and the store holds no refresh token for it"
    elif expired and not has_secret:
        return f"expired at {iso(token.expires_at)} and cannot be renewed"
    elif needs_new_secret:
        return f"is valid until {iso(token.expires_at)}, and tokens with the scope {token.scope} cannot be renewed"
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
