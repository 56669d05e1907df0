# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out one REST call, really or in check mode, and tells whether it changed anything."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Collection

from .._errors import ApiError
from .._http.client import Response
from .answer import Mask, described, document_of, is_success
from .message import READS, Message
from .paging import Asking, Wishes, read_all

_GONE = 404

# send(method, path, query=…, headers=…, content=…, accepts=…): one request with the credential, its response as text.
Send = Callable[..., Response]


class Outcome(t.NamedTuple):
    """What was done, or would be.

    response: the one that the user gets; None where nothing was sent. sent: a write was, or would be, sent. objects: those of all pages, of
    which response is the last one.
    """

    response: Response | None
    changed: bool
    sent: bool
    objects: list[t.Any] | None = None


def check_statuses(statuses: Collection[int]) -> None:
    """Raise ApiError for statuses that cannot be accepted."""
    for status in statuses:
        if status == 401 or 300 <= status < 400 or not 200 <= status < 600:
            reason = "it says that the credential is not valid" if status == 401 else "only statuses from 200 to 599 that are no redirects can be"
            raise ApiError(f"status_code: {status} cannot be accepted: {reason}")


def is_gone(error: ApiError) -> bool:
    """Whether a server says that there is no such object."""
    return error.status == _GONE


def perform(send: Send, message: Message, statuses: Collection[int], check_mode: bool, says_gone: Callable[[ApiError], bool] = is_gone) -> Outcome:
    """Send the request; in check mode only what reads.

    statuses: those that are accepted beside 200 to 299. says_gone: whether the error of a DELETE, or of the GET before it, says that there
    is nothing to delete.
    """
    if message.is_read:
        return Outcome(_sent(send, message, statuses), False, False)
    if message.method != "DELETE":
        response = None if check_mode else _sent(send, message, statuses)
        return Outcome(response, response is None or is_success(response.status), True)
    if check_mode:
        return Outcome(None, _is_there(send, message, says_gone), True)
    try:
        response = _sent(send, message, {*statuses, _GONE})
    except ApiError as error:
        if not says_gone(error):
            raise
        return Outcome(None, False, True)
    return Outcome(response, is_success(response.status), True)


def read_pages(send: Send, message: Message, wishes: Wishes) -> Outcome:
    """All pages of the list that the request reads."""
    last: list[Response] = []

    def get(asking: Asking) -> t.Any:
        query = [pair for pair in message.query if pair[0] not in asking.query]
        asked = {name.lower() for name in asking.headers}
        headers = {name: value for name, value in message.headers.items() if name.lower() not in asked}
        page = message._replace(query=[*query, *asking.query.items()], headers={**headers, **asking.headers})
        last[:] = [_sent(send, page, ())]
        return document_of(last[0])

    objects = read_all(get, wishes)
    return Outcome(last[0], False, False, objects)


def needs_credential(message: Message, check_mode: bool) -> bool:
    """Whether perform() is going to send anything."""
    return not check_mode or message.method in (*READS, "DELETE")


def result_of(outcome: Outcome, actions: list[str], mask: Mask) -> dict[str, t.Any]:
    """The result of the task. actions: what was done about the credential. mask: hides the credentials in use in any value."""
    result: dict[str, t.Any] = {"changed": outcome.changed, "actions": [*actions, *(["sent"] if outcome.sent else [])]}
    if outcome.response is not None:
        result.update(described(outcome.response, mask))
    if outcome.objects is not None:
        # All that the pages hold is here, so the last one is not repeated.
        result.pop("json", None)
        result["objects"] = mask(outcome.objects)
    return result


def skipped(reason: str) -> dict[str, t.Any]:
    """The result of a task of check mode that has nothing to read with."""
    return {"changed": False, "skipped": True, "skip_reason": reason, "msg": reason}


def _sent(send: Send, message: Message, statuses: Collection[int]) -> Response:
    return send(
        message.method,
        message.path,
        query=message.query,
        headers=message.headers,
        content=message.content,
        accepts=lambda status: is_success(status) or status in statuses,
    )


def _is_there(send: Send, message: Message, says_gone: Callable[[ApiError], bool]) -> bool:
    """Whether there is something to delete, which check mode asks with a GET. A server that does not say so has something there."""
    headers = {name: value for name, value in message.headers.items() if name.lower() != "content-type"}
    try:
        _sent(send, message._replace(method="GET", content=None, headers=headers), ())
    except ApiError as error:
        if says_gone(error):
            return False
        if error.status not in (403, 405):
            raise
    return True
