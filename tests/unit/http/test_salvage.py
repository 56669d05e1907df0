# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read out of a body that was cut off: each value as a whole, or not at all."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._http.salvage import Salvage, salvage

SECRET = 'canary/"sécret\\'
FIELDS: dict[str, Any] = {"secret": SECRET, "id": 501, "other": "a b", "name": "ci"}


@pytest.mark.parametrize("order", list(itertools.permutations(FIELDS)))
@pytest.mark.parametrize("number", [501, "501"])
@pytest.mark.parametrize("is_nested", [False, True])
def test_a_body_cut_off_at_any_byte(order: tuple[str, ...], number: object, is_nested: bool) -> None:
    flat = {**{key: FIELDS[key] for key in order}, "id": number}
    inner = json.dumps({key: flat[key] for key in order}).replace("/", "\\/")
    whole = f'{{"data": [{inner}]}}' if is_nested else inner
    quoted = json.dumps(SECRET).replace("/", "\\/")
    end = whole.index(quoted) + len(quoted)
    for at in range(len(whole) + 1):
        found = salvage(whole[:at], "secret", "id", ["other"])
        if found is not None:
            assert found.fields["secret"] == SECRET
            assert found.id in (number, None)
            assert list(found.ids) in ([number], [])
            assert found.fields.get("other", "a b") == "a b"
        assert (found is not None) == (at >= end), at


def _listing(*ids: object) -> Any:
    return lambda: ids


def _failing() -> Any:
    raise ApiError("no list")


@pytest.mark.parametrize(
    ("found", "known", "listed", "expected"),
    [
        (Salvage({}, [7, 501], None), (), _listing(501), 501),
        (Salvage({}, [7, 501], None), (), _listing(7, 501), 7),
        (Salvage({}, [7, 501], None), (7,), _listing(7, 501), 501),
        (Salvage({}, [501], 501), (), _listing(50), None),
        (Salvage({}, [501], 501), (501,), _listing(501), None),
        (Salvage({}, [501], 501), (), _failing, 501),
        (Salvage({}, [501], 501), (501,), _failing, None),
        (Salvage({}, [7, 501], None), (), _failing, None),
        (Salvage({}, [], None), (), _failing, None),
    ],
)
def test_which_id_is_confirmed(found: Salvage, known: Any, listed: Any, expected: object) -> None:
    assert found.confirmed_id(lambda value: value, known, listed) == expected
