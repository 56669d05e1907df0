# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a write sends that is compared with, or merged into, the object that is there; and the difference that it makes."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._errors import ApiError
from .message import Message

STRATEGIES = ("send", "compare", "merge")
_METHODS = ("PUT", "PATCH", "POST")


class Change(t.NamedTuple):
    """before and after: what the user is shown of the object. body: what is sent for it."""

    before: t.Any
    after: t.Any
    body: t.Any

    @property
    def is_needed(self) -> bool:
        return not is_same(self.before, self.after)


def check_strategy(strategy: str, message: Message, body_format: str) -> None:
    """Raise ApiError for a request that cannot be compared or merged."""
    if strategy == "send":
        return
    if message.method not in _METHODS:
        raise ApiError(f"body_strategy: {strategy} goes with method PUT, PATCH or POST, not with {message.method}")
    if body_format != "json" or not isinstance(message.document, Mapping):
        raise ApiError(f"body_strategy: {strategy} takes a body that is a JSON object (a dict), with body_format json")


def change_of(strategy: str, current: t.Any, body: Mapping[str, t.Any]) -> Change:
    """The change that the body asks for. current: the object as the server has it. Raises ApiError for what is no object."""
    if not isinstance(current, Mapping):
        raise ApiError(f"body_strategy: {strategy} needs a path that returns one JSON object, and this one returned something else")
    if strategy == "compare":
        return Change(named_part(current, body), body, body)
    whole = merged(current, body)
    return Change(current, whole, whole)


def is_same(one: t.Any, other: t.Any) -> bool:
    """Whether two JSON values are equal. To Python, true is 1 and false is 0; to JSON, they are not, while 1 and 1.0 are the same number."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def named_part(current: t.Any, body: t.Any) -> t.Any:
    """The part of an object that a body names; what is not there is left out."""
    if isinstance(current, Mapping) and isinstance(body, Mapping):
        return {key: named_part(current[key], value) for key, value in body.items() if key in current}
    return current


def merged(current: t.Any, body: t.Any) -> t.Any:
    """The object with a body merged into it: dicts deep, lists and everything else replaced."""
    if isinstance(current, Mapping) and isinstance(body, Mapping):
        return {**current, **{key: merged(current.get(key), value) for key, value in body.items()}}
    return body
