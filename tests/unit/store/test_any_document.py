# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any JSON value in any place of a stored document: it is read, or refused with a sentence that names the place."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity import stored as cohesity
from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter import stored as commandcenter
from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.token import Token
from ansible_collections.dataprotection.access.plugins.module_utils._store.errors import StoreError
from ansible_collections.dataprotection.access.plugins.module_utils._store.format import Contents, from_document, to_document
from tests.unit.commandcenter.test_any_value import ANYTHING

KINDS = [commandcenter.RECORD_KIND, cohesity.RECORD_KIND]
FRAME = ["identity", "pending", "suspect_since", "suspect_until", "known_ids", "known_since", "replaced", "issued"]
PENDING = st.fixed_dictionaries({}, optional={"op": st.just("renew"), "run": st.just("r"), **dict.fromkeys(("since", "lease", "host", "ids"), ANYTHING)})
ENTRY = st.fixed_dictionaries({}, optional={"id": ANYTHING, "until": ANYTHING})
ISSUED = st.fixed_dictionaries({}, optional=dict.fromkeys(("run", "host", "at", "time"), ANYTHING))


def read_or_refused(document: dict[str, Any], kind: Any) -> Contents | str:
    """The contents, or the sentence of the refusal."""
    try:
        return from_document(document, "The store", kind)
    except StoreError as error:
        return error.message


@given(st.sampled_from(KINDS), st.data())
def test_is_read_or_refused(kind: Any, data: st.DataObject) -> None:
    keys = st.sampled_from([*FRAME, *sorted(kind.keys), "unknown"])
    document = data.draw(st.dictionaries(keys, ANYTHING, max_size=5))
    document.update(data.draw(st.fixed_dictionaries({}, optional={"pending": PENDING, "replaced": st.lists(ENTRY, max_size=2), "issued": ISSUED})))
    document.update(version=1, kind=kind.name)
    contents = read_or_refused(document, kind)
    if isinstance(contents, str):
        assert contents.startswith("The store holds a damaged record (")
        return
    # What was read can be written, and read again.
    assert from_document(to_document(contents, kind), "The store", kind) == contents


@given(st.dictionaries(st.text(max_size=8), ANYTHING, max_size=4))
def test_what_is_not_known_is_carried_along(extra: dict[str, Any]) -> None:
    kind = KINDS[0]
    extra = {f"later_{key}": value for key, value in extra.items()}
    token = Token(id=1, name="ci", access_token="secret")
    document = {**to_document(Contents({}, token), kind), **extra}
    contents = from_document(document, "The store", kind)
    assert {key: value for key, value in to_document(contents, kind).items() if key in extra}.keys() == extra.keys()
    assert contents.token == token
