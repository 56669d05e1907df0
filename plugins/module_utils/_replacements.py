# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions that calls have opened to replace an expired one that its user ends: what the run's memory knows of them."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping


class Replacements(t.NamedTuple):
    """The sessions that stand for one of a user.

    opened: those that may still be open, the newest last, with the time of their login in ISO 8601. closed: those that have ended.
    is_ended: the user has ended the session that they stand for, so nobody would end another replacement.
    """

    opened: Mapping[str, str | None] = {}
    closed: tuple[str, ...] = ()
    is_ended: bool = False

    def __repr__(self) -> str:
        """Without the sessions: a traceback may show it."""
        return f"Replacements({len(self.opened)} opened)"

    def updated(self, news: Replacements) -> Replacements:
        """What is known after the news."""
        closed = tuple(dict.fromkeys((*self.closed, *news.closed)))
        opened = {session: at for session, at in {**self.opened, **news.opened}.items() if session not in closed}
        return Replacements(opened, closed, self.is_ended or news.is_ended)

    def document(self) -> dict[str, t.Any]:
        """It as JSON, with the sessions in it."""
        return {"opened": dict(self.opened), "closed": list(self.closed), "is_ended": self.is_ended}


def replacements_in(document: Mapping[str, t.Any] | None) -> Replacements:
    """What document() has written; nothing is known from any other document."""
    document = document or {}
    opened, closed = document.get("opened"), document.get("closed")
    if not isinstance(opened, dict) or not isinstance(closed, list):
        return Replacements()
    return Replacements(opened, tuple(map(str, closed)), document.get("is_ended") is True)
