# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One REST call as the options describe it: the message, and what is to be done with it and with its response."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping

from .._errors import ApiError
from .download import check_place
from .message import READS, Message, read_message
from .paging import Wishes, read_wishes
from .strategy import check_strategy

_METHODS_WITH_DEST = ("GET", "POST")


class Call(t.NamedTuple):
    """statuses: those that are accepted beside 200 to 299. pages: for all pages of a list. dest: the file for the response."""

    message: Message
    statuses: Collection[int] = ()
    strategy: str = "send"
    pages: Wishes | None = None
    dest: str | None = None

    def sends_something(self, check_mode: bool) -> bool:
        """Whether carrying it out sends anything, which in check mode is what reads."""
        if not check_mode:
            return True
        return not self.dest and (self.strategy != "send" or self.message.method in (*READS, "DELETE"))


def read_call(
    message: Mapping[str, t.Any],
    paging: Mapping[str, t.Any],
    paging_styles: tuple[str, ...],
    *,
    status_code: Collection[int],
    body_strategy: str,
    dest: str | None,
) -> Call:
    """The call that the options describe; raises ApiError for what cannot be. message, paging: for read_message() and read_wishes()."""
    sent = read_message(**message)
    _check_statuses(status_code)
    check_strategy(body_strategy, sent, message["body_format"])
    pages = read_wishes(paging_styles, sent.method, **paging)
    if dest:
        if pages or body_strategy != "send":
            raise ApiError("dest: it takes one response, so it goes with paging: none and body_strategy: send")
        if sent.method not in _METHODS_WITH_DEST:
            raise ApiError(f"dest: it goes with method GET or POST, not with {sent.method}")
        check_place(dest)
    return Call(sent, status_code, body_strategy, pages, dest or None)


def _check_statuses(statuses: Collection[int]) -> None:
    """Raise ApiError for statuses that cannot be accepted."""
    for status in statuses:
        if status == 401 or 300 <= status < 400 or not 200 <= status < 600:
            reason = "it says that the credential is not valid" if status == 401 else "only statuses from 200 to 599 that are no redirects can be"
            raise ApiError(f"status_code: {status} cannot be accepted: {reason}")
