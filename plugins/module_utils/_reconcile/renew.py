# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a consumer without a login does to the stored token: it renews the pair under a claim, and notes the form that was accepted."""

from __future__ import annotations

import time

from .._commandcenter.access_tokens import AccessTokens
from .._commandcenter.token import Token
from .._errors import ApiError
from .._store.claims import Busy, Claims
from .._store.format import Contents

_POLL_SECONDS = 0.5
_HOW_TO_REPLACE = "Let dataprotection.access.commandcenter_access_token replace the token, with a login and the same store"


def renew_stored(tokens: AccessTokens, claims: Claims, refused: Token, patience: float) -> Token:
    """The successor of the refused token: renewed by this run, or by another one. patience: seconds to wait for another run's result."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return _renew_once(tokens, claims, refused)
        except Busy as busy:
            if time.monotonic() >= deadline:
                raise busy.timeout_error(patience) from None
            time.sleep(_POLL_SECONDS)
        finally:
            tokens.not_after = None


def keep_form(claims: Claims, token: Token) -> None:
    """Note in the record in which form the token was accepted, unless another run is at work on it or has replaced it: it is only a hint."""
    contents = claims.read()
    if contents is not None and contents.pending is None and contents.token is not None and contents.token.access_token == token.access_token:
        claims.save_update(contents.token._replace(auth_header=token.auth_header))


def _renew_once(tokens: AccessTokens, claims: Claims, refused: Token) -> Token:
    contents = claims.resolve_pending(claims.read(), False)
    held: Token | None = contents.token if contents else None
    if contents is None or held is None:
        raise ApiError(f"{claims.record.location} holds no token any more. {_HOW_TO_REPLACE}")
    if held.access_token != refused.access_token:
        # Another run has renewed or replaced it meanwhile.
        return held
    _check_renewable(tokens, claims, contents, held)
    with claims.claim("renew", [held.id]) as claim:
        tokens.not_after = claim.until
        claim.ensure_claim()
        try:
            renewed = tokens.renew(held)
        except ApiError as error:
            if not error.maybe_applied:
                raise error.explained(f"The pair was not rotated. {_HOW_TO_REPLACE} where this does not pass") from None
            claim.suspect()
            raise error.explained(f"It is not known whether the pair was rotated, so it is never sent again. {_HOW_TO_REPLACE}") from None
        # Without a refresh token, the old one may be dead or not: it is never sent again.
        token = held.overlaid(renewed)._replace(refresh_token=renewed.refresh_token)
        claim.commit(token, replaced=claim.replaced, suspect=renewed.refresh_token is None)
    return token


def _check_renewable(tokens: AccessTokens, claims: Claims, contents: Contents, held: Token) -> None:
    """Raise ApiError for a pair that must not, or cannot, be sent to be renewed."""
    if contents.suspect_since is not None:
        raise ApiError(f"{claims.record.location}: an earlier run may have rotated the pair, so it is not sent again. {_HOW_TO_REPLACE}")
    ends = [moment for moment in (held.renewable_until, held.refresh_expires_at) if moment is not None]
    if not held.refresh_token or (ends and min(ends) <= tokens.server_time()):
        raise ApiError(f"{claims.record.location}: the token has expired and cannot be renewed any more. {_HOW_TO_REPLACE}")
