# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a named credential to its desired state: reads the facts, makes the plan, carries it out, and waits for other runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from .._errors import ApiError
from .._store.claims import Busy, Claims, NoClaims
from .._store.format import Contents
from .._time import CLOCK_SLACK
from .create import NameTaken
from .execute import Executor, Outcome
from .facts import CLOCKS_AGREE_SECONDS, Facts, OwnerUnknown
from .plan import Plan, make_plan
from .product import Credential, Desired, Service

_POLL_SECONDS = 0.5


def reconcile(server: Service, desired: Desired, claims: Claims | NoClaims, check_mode: bool, warn: Callable[[str], None], patience: float = 0) -> Outcome:
    """Bring the token to its desired state, or predict that in check mode. patience: seconds to wait for another run's result."""
    deadline = time.monotonic() + patience
    name_is_taken = False
    while True:
        try:
            return reconcile_once(server, desired, claims, check_mode, warn, name_is_taken)
        except Busy as busy:
            if time.monotonic() >= deadline:
                raise busy.timeout_error(patience) from None
            time.sleep(_POLL_SECONDS)
        except NameTaken as taken:
            if name_is_taken:
                raise taken.explained(f"Another user's {desired.words.noun}, which this login cannot see, has this name. Choose another name") from None
            name_is_taken = True


def reconcile_once(
    server: Service, desired: Desired, claims: Claims | NoClaims, check_mode: bool, warn: Callable[[str], None], name_is_taken: bool = False
) -> Outcome:
    """One attempt; raises Busy where another run is at work, and NameTaken where the name has been taken since the list was read."""
    # First: who waits for another run asks the store, and not the server each time.
    contents = claims.resolve_pending(claims.read(), check_mode)
    listed = _listing(server, desired, contents)
    stored_now = claims.now()
    facts = Facts(
        listed=listed,
        contents=contents,
        has_store=claims.keeps_secrets,
        now=_now(server, listed, contents, stored_now),
        overtaken=claims.is_overtaken(contents),
        clocks_agree=_clocks_agree(server, stored_now),
        stored_now=stored_now,
        name_is_taken=name_is_taken,
    )
    try:
        plan, facts = _plan(server, desired, facts)
    except ApiError:
        claims.check_unchanged()
        if not check_mode and claims.keeps_secrets and server.forget_old_list():
            return reconcile_once(server, desired, claims, check_mode, warn, name_is_taken)
        raise
    # A list that is older than the record may not show yet what the record is about.
    if not check_mode and plan.writes and claims.keeps_secrets and server.forget_old_list():
        return reconcile_once(server, desired, claims, check_mode, warn, name_is_taken)
    if plan.step in ("none", "reuse") and (plan.changes or plan.leftovers):
        # These are the changes that are made without a claim.
        claims.check_unchanged()
    predicted = predict(desired, plan, facts.now)._replace(replaced=plan.replaced(desired, facts))
    if check_mode:
        return predicted
    executor = Executor(server, desired, claims, warn, facts, plan)
    done = executor.carry_out()
    return done._replace(before=predicted.before, after=predicted.after, replaced=predicted.replaced if done.replaced is None else done.replaced)


def _listing(server: Service, desired: Desired, contents: Contents | None) -> Sequence[Credential]:
    """What the server lists. One list that lacks the credential of the record proves nothing: a server that has just started shows none."""
    listed = server.listing(desired.user_id)
    held = contents.token if contents else None
    if held is None or held.id is None or any(token.id == held.id for token in listed):
        return listed
    return server.listing_again(held.id, desired.user_id)


def _plan(server: Service, desired: Desired, facts: Facts) -> tuple[Plan, Facts]:
    """The plan, and the facts it was made from: with the login's own user id where something depends on that."""
    try:
        return make_plan(desired, facts), facts
    except OwnerUnknown as unknown:
        owner = server.own_user_id()
        if owner is None:
            token = unknown.token
            raise ApiError(
                f"The server does not report which user this login is, so the {desired.words.noun} {token.name!r} (id {token.id}, of user id {token.user_id}) "
                f"may belong to somebody else, and nothing was changed: set {desired.words.owner}, or select the {desired.words.noun} with id"
            ) from None
        facts = facts._replace(owner=owner)
        return make_plan(desired, facts), facts


def _now(server: Service, listed: Sequence[Credential], contents: Contents | None, stored: float | None) -> float:
    """The time in epoch seconds by the clock with which the server stamps its tokens. stored: the time by the store's clock.

    Its Date header may come from another machine whose clock is wrong, or may be missing. The list tells when the token of the record was
    created, and the record what the header said then: a header that is behind would have a token that has ended taken for a good one.
    """
    now = server.server_time()
    held = contents.token if contents else None
    of_held = next((token for token in listed if held and token.id == held.id), None)
    if held is None or of_held is None or held.issued_at is None or of_held.created_at is None:
        return now
    offset = of_held.created_at - held.issued_at
    if abs(offset) <= CLOCK_SLACK or (offset < 0 and server.has_server_clock):
        return now
    if stored is not None and held.issued_by_store is not None:
        moved = (now - held.issued_at) - (stored - held.issued_by_store)
        if abs(moved - offset) < min(abs(moved), CLOCKS_AGREE_SECONDS):
            # By the store's clock, the header has made up since what it was behind then: it has been set right.
            return now
    return now + offset


def _clocks_agree(server: Service, stored: float | None) -> bool:
    return stored is not None and server.has_server_clock and abs(server.server_time() - stored) <= CLOCKS_AGREE_SECONDS


def predict(desired: Desired, plan: Plan, now: float) -> Outcome:
    """What a plan will have done; check mode ends with this."""
    token = plan.token
    if plan.step in ("create", "replace"):
        token = desired.predicted(desired.attributes(now, token)).changed({"name": desired.name or (token.name if token else None)})
    elif plan.step == "renew":
        token = token.changed({**plan.changes, "access_token": None, "refresh_token": None, "expires_at": None})
    elif token and plan.step in ("reuse", "none"):
        token = token.changed(plan.changes)
    before = None if plan.step == "create" else plan.token
    after = None if desired.state == "absent" else token
    return Outcome(after, before, after, plan.actions, plan.replaced_id)
