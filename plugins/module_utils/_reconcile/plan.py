# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about one named credential, decided from facts alone: what is wanted, what the server lists, what the store holds."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from .._errors import ApiError
from .._names import is_how_it_is_written, is_same_name
from .._store.format import Contents, Id, Replaced
from .facts import CLOCKS_AGREE_SECONDS, Facts, find_live, is_proven, is_retired, is_token_of, is_unused, prove
from .product import Credential, Desired


class Plan(t.NamedTuple):
    """What to do about one token. The plan is made from facts alone, so check mode makes the same one."""

    step: str  # none, reuse, create, renew, replace or revoke
    token: t.Any = None  # the live token that the step is about
    changes: Mapping[str, t.Any] = MappingProxyType({})  # attributes to update in place
    orphans: Sequence[Credential] = ()  # of our own making, with lost secrets: to revoke before a create
    leftovers: Sequence[Credential] = ()  # replaced before, and not revoked: to revoke once the secret is safe, or to tell of ("none")
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


def may_follow(desired: Desired, facts: Facts) -> bool:
    """Whether a creation of an earlier run may still be carried out, beside one that is made now: nothing but time ends that where names are
    not unique.
    """
    contents = facts.contents
    if desired.names_are_unique or contents is None or contents.known_ids is None:
        return False
    until = contents.suspect_until
    return until is None or not facts.clocks_agree or facts.now <= until + CLOCKS_AGREE_SECONDS


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
            f"There is no {desired.words.noun} with id {desired.id}: it was revoked, or this login may not see it. For another user's {desired.words.noun}, "
            f"set {desired.words.owner}; to create {desired.words.one}, set name without id"
        )
    elif facts.has_store:
        plan = _plan_with_store(desired, facts, live)
    else:
        plan = _plan_without_store(desired, facts, live)
    if plan.changes and plan.token is not None:
        prove(plan.token, desired, facts)
    return plan


def _leftovers(desired: Desired, facts: Facts, live: Credential | None, ends_all: bool = False) -> list[Credential]:
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
        elif name and is_retired(name, token) and is_proven(token, desired, facts):
            found.append(token)
    return found


def _orphans(desired: Desired, facts: Facts) -> list[Credential]:
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
        and _is_of_that_time(token, contents, desired, facts)
        and is_proven(token, desired, facts)
    ]


def _is_of_that_time(token: Credential, contents: Contents, desired: Desired, facts: Facts) -> bool:
    """Whether the token can have been created under the claims that ended badly: not long before the first, nor after the last.

    The claims are noted by the store's clock. Where the product's shows another time, ages are compared. That takes a clock of the product
    that agrees with itself, so where a server lets nobody create another one of the same name, the ids alone tell.
    """
    if not facts.clocks_agree and desired.names_are_unique:
        return True
    if token.created_at is None:
        return desired.names_are_unique
    created_at = token.created_at
    if not facts.clocks_agree:
        if facts.stored_now is None:
            return False
        created_at += facts.stored_now - facts.now
    since = contents.suspect_since if contents.known_since is None else contents.known_since
    until = contents.suspect_until
    return (since is None or created_at >= since - CLOCKS_AGREE_SECONDS) and (until is None or created_at <= until + CLOCKS_AGREE_SECONDS)


def _plan_absent(desired: Desired, facts: Facts, live: Credential | None) -> Plan:
    held = facts.held
    doomed = {token.id: token for token in [*_leftovers(desired, facts, live, ends_all=True), *_orphans(desired, facts)]}
    if live:
        prove(live, desired, facts)
        doomed[live.id] = live
    if held:
        doomed.update({token.id: token for token in facts.listed if is_token_of(held, token)})
    if not doomed and facts.contents is None:
        return Plan("none")
    return Plan("revoke", live or held, orphans=list(doomed.values()))


def _plan_without_store(desired: Desired, facts: Facts, live: Credential | None) -> Plan:
    if live is None:
        return Plan("create", leftovers=_leftovers(desired, facts, live))
    changes = desired.drift(live, facts.now)
    if desired.recreate == "always" or desired.must_replace(live, changes, facts.now):
        prove(live, desired, facts)
        return Plan("replace", live, leftovers=_leftovers(desired, facts, live), expendable=desired.is_spent(live, facts.now))
    # Only told of: without a store nobody knows who still uses the secret of a token that was replaced.
    name = desired.name or live.name or ""
    return Plan("none", live, changes, leftovers=[token for token in facts.listed if is_retired(name, token)])


def _plan_with_store(desired: Desired, facts: Facts, live: Credential | None) -> Plan:
    held = facts.held
    of_held = next((token for token in facts.listed if is_token_of(held, token)), None)
    orphans = _orphans(desired, facts)
    leftovers = _leftovers(desired, facts, live)
    foreign = live if live is not None and live is not of_held and live not in orphans else None
    if foreign is None and facts.is_suspect:
        # The run before this one ended between two steps. What it may have created has no secret, so it is revoked; what it may have
        # renewed is never renewed again, while a static secret still works. The record proves that the token is ours: recreate need not
        # allow it.
        return _successor(of_held, held, leftovers, orphans, expendable=desired.renews or (held is not None and desired.is_spent(held, facts.now)))
    if foreign is not None:
        return _plan_foreign(desired, facts, foreign, [*leftovers, *([of_held] if of_held else [])], orphans)
    if of_held is None or held is None:
        # No record yet, or revoked outside the store: creating destroys nothing.
        return _successor(None, held, leftovers, orphans)
    if desired.is_outdated(held, of_held):
        # With the pair that we hold: ours is stale, and sending it would kill the chain.
        return _successor(of_held, held, [*leftovers, *orphans], (), expendable=True)
    token = held.overlaid(of_held)
    if is_how_it_is_written(desired.name, token.name):
        # How the server writes the name that was asked for.
        token = token.changed({"name": desired.name})
    changes = desired.drift(token, facts.now)
    # An orphan beside a token whose secret is stored is no more than something to clean up.
    leftovers = [*leftovers, *orphans]
    if desired.recreate == "always" or desired.must_replace(token, changes, facts.now):
        return Plan("replace", token, leftovers=leftovers, expendable=desired.is_spent(token, facts.now))
    return Plan("renew" if desired.must_renew(token, changes, facts.now) else "reuse", token, changes, leftovers=leftovers)


def _plan_foreign(desired: Desired, facts: Facts, foreign: Credential, leftovers: list[Credential], orphans: list[Credential]) -> Plan:
    """A token has the name, and the store does not hold its secret."""
    proven = is_proven(foreign, desired, facts)  # first: a token of somebody else leaves the name free
    if desired.recreate == "never":
        raise ApiError(
            f"The {desired.words.noun} {foreign.name!r} (id {foreign.id}) exists, but the store does not hold its secret, which cannot be read again. "
            "To replace it with a new one, set recreate: state_change"
        )
    if not proven:
        prove(foreign, desired, facts)
    return Plan("replace", foreign, orphans=orphans, leftovers=leftovers, expendable=desired.is_spent(foreign, facts.now))


def _successor(of_held: Credential | None, held: t.Any, leftovers: list[Credential], orphans: Sequence[Credential], expendable: bool = False) -> Plan:
    """Create the token again: beside the old one while that lives, so that it works until the new one is stored."""
    if of_held is not None:
        return Plan("replace", held.overlaid(of_held) if held else of_held, orphans=orphans, leftovers=leftovers, expendable=expendable)
    return Plan("create", held, orphans=orphans, leftovers=leftovers, recreates=held is not None)
