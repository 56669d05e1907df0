# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any JSON value in any place of Command Center's documents: no traceback, and a record that the next run reads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.stored import RECORD_KIND
from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.token import Token, from_wire, to_wire
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._store.format import Contents, from_document, to_document
from tests.simulator import Simulator
from tests.unit.helpers import Task

NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([0, -1, 2**31, 2**63, 10**400, float("inf"), float("nan"), 1e999]))
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=30)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
KEYS = [
    "accessTokenId",
    "tokenName",
    "userId",
    "tokenType",
    "apiEndpoints",
    "allowedIPs",
    "createdTime",
    "lastUsedTime",
    "tokenExpiryTimestamp",
    "renewableUntilTimestamp",
    "refreshTokenExpiryTimestamp",
]
DOCUMENTS = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, ANYTHING))
# What makes a list, a creation or a renewal of it.
VALUES = [None, True, -1, 1.5, 10**400, "x", "", [], [{}], {}, {"x": [None]}, [1, "a"]]


@given(DOCUMENTS)
def test_a_token_of_any_document(document: dict[str, Any]) -> None:
    token = from_wire(document)
    assert token.id is None or token.id > 0
    for value in (token.name, token.scope):
        assert value is None or isinstance(value, str)
    assert token.listed(1_800_000_000.0).keys() == Token().listed(0).keys()
    token.described()
    to_wire({"name": token.name, "api_endpoints": token.api_endpoints, "allowed_ips": token.allowed_ips})


@given(DOCUMENTS)
def test_what_is_stored_of_it_is_read_again(document: dict[str, Any]) -> None:
    token = from_wire(document)._replace(access_token="secret", refresh_token=None)
    stored = to_document(Contents({"name": "ci"}, token), RECORD_KIND)
    again = from_document(stored, "The store", RECORD_KIND).token
    assert again.access_token == "secret"
    assert (again.id, again.name, again.scope, again.api_endpoints) == (token.id, token.name, token.scope, token.api_endpoints)


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("key", KEYS)
def test_in_the_list(sim: Simulator, token: Task, key: str, value: Any) -> None:
    """Whatever the list says of our own token: a result or a sentence, for each thing that a task can want."""
    made = sim.commandcenter_create("ci")
    sim.commandcenter_edit(made["id"], shown={key: value})
    for arguments in ({}, {"scope": "hyperscale"}, {"recreate": "always"}, {"state": "absent"}):
        assert len(result_or_sentence(token, arguments)) > 3


def result_or_sentence(token: Task, arguments: dict[str, Any]) -> Any:
    try:
        return token(check_mode=True, **arguments)
    except ApiError as error:
        return error.message
