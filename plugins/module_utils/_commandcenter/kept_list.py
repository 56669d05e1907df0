# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens whose list is kept for all tokens of one task, until something is written."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterator, Mapping

from .._errors import ApiError
from .access_tokens import AccessTokens
from .server import Server
from .token import Token

_FORBIDDEN = 403


class KeptList(AccessTokens):
    """AccessTokens for a task about many tokens: it reads the list of each user once, and again only after a write.

    is_unusable: the first list could not be read, and no other can be expected: a refused login, a server that does not respond.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.is_unusable = False
        self._lists: dict[int | None, list[Token]] = {}
        self._has_listed = False
        self._is_old = False

    def listing(self, user_id: int | None = None) -> list[Token]:
        self._is_old = user_id in self._lists
        if not self._is_old:
            try:
                self._lists[user_id] = super().listing(user_id)
            except ApiError as error:
                # A login that may not see one user's tokens may see another's.
                self.is_unusable = not self._has_listed and error.status != _FORBIDDEN
                raise
            self._has_listed = True
        return self._lists[user_id]

    def listing_again(self, number: int, user_id: int | None) -> list[Token]:
        self._lists.pop(user_id, None)
        return super().listing_again(number, user_id)

    def forget_old_list(self) -> bool:
        is_old, self._is_old = self._is_old, False
        if is_old:
            self._lists.clear()
        return is_old

    def create(self, name: str, attributes: Mapping[str, t.Any]) -> Token:
        with self._writing():
            return super().create(name, attributes)

    def update(self, token_id: int, changes: Mapping[str, t.Any]) -> None:
        with self._writing():
            super().update(token_id, changes)

    def renew(self, pair: Token) -> Token:
        with self._writing():
            return super().renew(pair)

    def revoke(self, token_id: int) -> bool:
        before = self._lists
        with self._writing():
            is_done = super().revoke(token_id)
        # What a revocation changes is known.
        if is_done:
            self._lists = {user_id: [token for token in listed if token.id != token_id] for user_id, listed in before.items()}
        return is_done

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Forget the lists, before a write and after it: what a write reads itself is not to be kept either."""
        self._lists = {}
        try:
            yield
        finally:
            self._lists = {}
