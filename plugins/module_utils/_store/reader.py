# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a record for a consumer: whichever token it is of, without a lock and without a write."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping, Sequence

from .backends import open_store
from .errors import StoreError
from .format import Contents, Kind, from_document


def read_contents(
    store: Mapping[str, t.Any],
    kinds: Kind | Sequence[Kind],
    *,
    timeout: float,
    retries: int,
    use_proxy: bool,
    warn: Callable[[str], None],
    may_be_missing: bool = False,
) -> Contents | None:
    """What the store holds; the rest is as in open_store().

    kinds: those that the consumer can use. may_be_missing: return None where there is no token, instead of raising an error: in check mode,
    the task that stores one has not run.
    Raises StoreError for a record that is of none of these kinds, or that cannot be read.
    """
    known = [kinds] if isinstance(kinds, Kind) else kinds
    with open_store(store, timeout=timeout, retries=retries, use_proxy=use_proxy, check_mode=True, warn=warn, read_only=True) as backend:
        document = backend.read()
        kind = next((one for one in known if document and document.get("kind") == one.name), known[0])
        contents = None if document is None else from_document(document, backend.location, kind)
        if contents is not None and contents.token is not None:
            return contents
        if may_be_missing:
            return None
        keepers = [kind] if contents is not None else known
        raise StoreError(
            f"{backend.location} holds no credential; run the task that keeps one there ({' or '.join(one.name for one in keepers)} with this store)"
        )
