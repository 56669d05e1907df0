# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out one REST call, really or in check mode, and tells whether it changed anything."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Collection

from .._errors import ApiError
from .._http.client import Response
from .answer import Excerpt, Mask, described, document_of, error_in, is_error_alone, is_success
from .call import Call
from .download import download
from .message import Message
from .paging import Asking, Wishes, read_all
from .strategy import Change, change_of

_GONE = 404
_CONFLICT = 409
_IN_DOUBT = "The request may have been carried out, so it was not sent again: check that before you repeat it"

# send(method, path, query=…, headers=…, content=…, accepts=…, sink=…): one request with the credential, its response as text.
Send = Callable[..., Response]


class Outcome(t.NamedTuple):
    """What was done, or would be.

    response: the one that the user gets; None where nothing was sent. sent: a write was, or would be, sent. objects: those of all pages, of
    which response is the last one. file: what the result says of the file that was written. change: what a write changes of its object.
    """

    response: Response | None
    changed: bool
    sent: bool
    objects: list[t.Any] | None = None
    file: dict[str, t.Any] | None = None
    change: Change | None = None


def is_gone(error: ApiError) -> bool:
    """Whether a server says that there is no such object."""
    return error.status == _GONE


def perform(send: Send, call: Call, check_mode: bool, excerpt: Excerpt, says_gone: Callable[[ApiError], bool] = is_gone) -> Outcome:
    """Carry out the call; in check mode only what reads.

    excerpt: makes a server's words fit to be shown. says_gone: whether the error of a DELETE, or of the GET before it, says that there is nothing to delete.
    """
    message = call.message
    if call.pages is not None:
        return _read_pages(send, call, excerpt)
    if call.dest is not None:
        return _write_file(send, call, call.dest, check_mode)
    if call.strategy != "send":
        return _change(send, call, check_mode, excerpt)
    if message.is_read:
        return Outcome(_sent(send, message, call.statuses), False, False)
    if message.method == "DELETE":
        return _delete(send, call, check_mode, says_gone)
    response = None if check_mode else _sent(send, message, call.statuses)
    return Outcome(response, response is None or is_success(response.status), True)


def _read_pages(send: Send, call: Call, excerpt: Excerpt) -> Outcome:
    """All pages of the list that the request reads."""
    last: list[Response] = []
    message = call.message

    def get(asking: Asking) -> t.Any:
        query = [pair for pair in message.query if pair[0] not in asking.query]
        asked = {name.lower() for name in asking.headers}
        headers = {name: value for name, value in message.headers.items() if name.lower() not in asked}
        page = message._replace(query=[*query, *asking.query.items()], headers={**headers, **asking.headers})
        last[:] = [_sent(send, page, ())]
        document = document_of(last[0])
        error = error_in(document, excerpt)
        if error:
            raise ApiError(f"paging: the server has returned an error in the place of a page, so the list is not complete: {error}", last[0].status)
        return document

    objects = read_all(get, t.cast(Wishes, call.pages))
    return Outcome(last[0], False, False, objects)


def _write_file(send: Send, call: Call, dest: str, check_mode: bool) -> Outcome:
    """The response goes to a file, as it arrives. What would be in it, check mode does not know."""
    is_write = not call.message.is_read
    if check_mode:
        return Outcome(None, True, is_write)
    with download(dest) as made:
        response = _sent(send, call.message, call.statuses, sink=made.sink)
    return Outcome(response, made.is_new or is_write, is_write, file={"dest": dest, "size": made.size, "checksum": made.checksum})


def _change(send: Send, call: Call, check_mode: bool, excerpt: Excerpt) -> Outcome:
    """Read the object, and send only what changes it."""
    message = call.message
    read = _sent(send, _as_read(message), ())
    document = document_of(read)
    error = error_in(document, excerpt)
    if error and is_error_alone(document):
        raise ApiError(f"body_strategy: the server has returned an error in the place of the object, so nothing was sent: {error}", read.status)
    change = change_of(call.strategy, document, message.document)
    if not change.is_needed:
        return Outcome(read, False, False, change=change)
    if check_mode:
        return Outcome(None, True, True, change=change)
    response = _sent(send, message._replace(content=json.dumps(change.body).encode()), call.statuses)
    is_done = is_success(response.status)
    return Outcome(response, is_done, True, change=change if is_done else None)


def _delete(send: Send, call: Call, check_mode: bool, says_gone: Callable[[ApiError], bool]) -> Outcome:
    if check_mode:
        return Outcome(None, _is_there(send, call.message, says_gone), True)
    try:
        response = _sent(send, call.message, {*call.statuses, _GONE})
    except ApiError as error:
        if not says_gone(error):
            raise
        return Outcome(None, error.maybe_applied, True)
    # What is gone after an attempt whose outcome is not known, that attempt may have deleted.
    is_done = is_success(response.status) or (response.status == _GONE and response.maybe_applied)
    return Outcome(response, is_done, True)


def result_of(outcome: Outcome, actions: list[str], mask: Mask) -> dict[str, t.Any]:
    """The result of the task. actions: what was done about the credential. mask: hides the credentials in use in any value."""
    result: dict[str, t.Any] = {"changed": outcome.changed, "actions": [*actions, *(["sent"] if outcome.sent else [])]}
    if outcome.response is not None:
        result.update(described(outcome.response, mask))
    if outcome.objects is not None:
        # All that the pages hold is here, so the last one is not repeated.
        result.pop("json", None)
        result["objects"] = mask(outcome.objects)
    if outcome.file is not None:
        # The file holds the body.
        result.pop("json", None)
        result.pop("content", None)
        result.update(outcome.file)
    if outcome.change is not None:
        result["diff"] = mask({"before": outcome.change.before, "after": outcome.change.after})
    return result


def skipped(reason: str) -> dict[str, t.Any]:
    """The result of a task of check mode that has nothing to read with."""
    return {"changed": False, "skipped": True, "skip_reason": reason, "msg": reason}


def _sent(send: Send, message: Message, statuses: Collection[int], **more: t.Any) -> Response:
    """One request. A write is only repeated where the server says that it has not carried it out. Raises ApiError."""
    try:
        return send(
            message.method,
            message.path,
            query=message.query,
            headers=message.headers,
            content=message.content,
            accepts=lambda status: is_success(status) or status in statuses,
            apply_once=not message.is_read,
            **more,
        )
    except ApiError as error:
        if message.is_read or not _is_in_doubt(error):
            raise
        doubtful = error.explained(_IN_DOUBT)
        if error.status is None:
            # How to get a response in time; after a status, the hint would be to try again.
            doubtful.hint = error.hint
        raise doubtful from None


def _is_in_doubt(error: ApiError) -> bool:
    """Whether the user is to be told that a write may have been carried out. The server's own verdict on it says more than that."""
    is_verdict = error.status == _CONFLICT or (error.status is not None and is_success(error.status) and error.code is not None)
    return error.maybe_applied and not is_verdict


def _as_read(message: Message) -> Message:
    """The request that reads what this one writes to."""
    headers = {name: value for name, value in message.headers.items() if name.lower() != "content-type"}
    return message._replace(method="GET", content=None, headers=headers)


def _is_there(send: Send, message: Message, says_gone: Callable[[ApiError], bool]) -> bool:
    """Whether there is something to delete, which check mode asks with a GET. A server that does not say so has something there."""
    try:
        _sent(send, _as_read(message), ())
    except ApiError as error:
        if says_gone(error):
            return False
        if error.status not in (403, 405):
            raise
    return True
