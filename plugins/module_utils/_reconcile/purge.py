# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tokens a purge revokes: those of a prefix and of known owners that a list of declared tokens does not name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from .._commandcenter.token import Token
from .._errors import ApiError
from .product import Desired

# Both forms of facts.retired_names().
_RETIRED = re.compile(r"(?:(.*)\.)?replaced-[0-9]+", re.DOTALL)


def undeclared(listed: Iterable[Token], prefix: str, declared: Iterable[Desired]) -> list[Token]:
    """The tokens whose names begin with prefix and that no declared token stands for.

    NAME.replaced-ID of a declared name belongs to that token's own entry: it is within its overlap, or a run is replacing it now.
    """
    names = {_folded(desired.name) for desired in declared if desired.name}
    ids = {desired.id for desired in declared if desired.id is not None}

    def is_declared(token: Token) -> bool:
        retired = _RETIRED.fullmatch(token.name or "")
        return token.id in ids or _folded(token.name) in names or (retired is not None and (retired[1] is None or _folded(retired[1]) in names))

    return [token for token in listed if token.name and token.name.startswith(prefix) and not is_declared(token)]


def of_owner(found: Sequence[Token], user_id: int | None, own_user_id: Callable[[], int | None]) -> list[Token]:
    """Those of these tokens that belong to the user, or to the login where user_id is None; raises ApiError where nobody can tell.

    Somebody else's token that an administrator is shown is left alone. own_user_id: asks the server, so it is only called when needed.
    """
    if not found:
        return []
    owner = own_user_id() if user_id is None else user_id
    if owner is None:
        raise ApiError(
            f"purge: the server does not say which user this login is, so {found[0].name!r} (id {found[0].id}) may be somebody else's, and nothing was "
            "purged: say whose tokens are meant with purge_user_ids"
        )
    unknown = next((token for token in found if token.user_id is None or token.id is None), None)
    if unknown is not None:
        raise ApiError(
            f"purge: the server does not say whose token {unknown.name!r} (id {unknown.id}) is, so nothing was purged: if it is meant, revoke it with "
            "its id and state: absent"
        )
    return [token for token in found if token.user_id == owner]


def _folded(name: str | None) -> str:
    """The name as servers compare names that trim them or fold their case."""
    return (name or "").strip().casefold()
