# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a secret that a server shows only once, and the id of what it opens, out of a body that may be an error, or cut off."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from .._errors import ApiError

_MOST_LEVELS = 8
# A value is whole only with what ends it: 50 may be the beginning of 501, and "abc the beginning of a secret.
_VALUE = r'"(?:[^"\\]|\\.)*"|-?[0-9]{1,19}(?=\s*[,}\]])'


class Salvage(t.NamedTuple):
    """What a body says of one secret. fields: of the object that holds it; of a body that is not JSON, the fields that were looked for.

    ids: each id in the body, the likeliest first. id: the one that is the secret's own beyond doubt, or None.
    """

    fields: Mapping[str, t.Any]
    ids: Sequence[t.Any]
    id: t.Any

    def __repr__(self) -> str:
        """Without the fields, which hold the secret: a traceback may show it."""
        return f"Salvage(id={self.id!r})"

    def confirmed_id(self, read: Callable[[t.Any], t.Any], known: Container[t.Any], listed: Callable[[], Container[t.Any]]) -> t.Any:
        """The id of what was created, or None. It is in the body, and a list confirms it; where no list can be read, it must be certain.

        read: returns the id in a body's value, or None. known: the ids that were listed before. listed: lists the ids of what it may be, or
        raises ApiError.
        """
        possible = [number for number in map(read, self.ids) if number is not None and number not in known]
        if not possible:
            return None
        try:
            confirmed = listed()
        except ApiError:
            certain = read(self.id)
            return certain if certain in possible else None
        return next((number for number in possible if number in confirmed), None)


def salvage(body: str | None, secret_field: str, id_field: str, other_fields: Sequence[str] = ()) -> Salvage | None:
    """The first secret in a body, whatever else it says and however broken it is; None where it holds none that is whole.

    Field clients read secrets out of the text, because there are servers whose responses are no JSON.
    """
    text = body or ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        fields = _pairs(text, (secret_field, id_field, *other_fields))
        secrets, ids = fields.get(secret_field, []), fields.get(id_field, [])
        first = {key: values[0] for key, values in fields.items()}
        certain = ids[0] if len(ids) == 1 else None
        return Salvage(first, ids, certain) if secrets and isinstance(secrets[0], str) and secrets[0] else None
    objects = list(_objects(document))
    holder = next((found for found in objects if isinstance(found.get(secret_field), str) and found[secret_field]), None)
    if holder is None:
        return None
    ids = [found[id_field] for found in (holder, *(other for other in objects if other is not holder)) if found.get(id_field) is not None]
    return Salvage(holder, ids, holder.get(id_field))


def _pairs(text: str, names: Iterable[str]) -> dict[str, list[t.Any]]:
    """The different values of these fields in a text, in their order; only those that are whole."""
    found: dict[str, list[t.Any]] = {}
    for key, value in re.findall(rf'"({"|".join(map(re.escape, names))})"\s*:\s*({_VALUE})', text):
        try:
            read = json.loads(value)
        except ValueError:
            continue
        if read not in found.setdefault(key, []):
            found[key].append(read)
    return {key: values for key, values in found.items() if values}


def _objects(value: t.Any, level: int = 0) -> Iterator[Mapping[str, t.Any]]:
    """Every object in a document, the outer ones first."""
    if level > _MOST_LEVELS:
        return
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner, level + 1)
