# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from .._errors import ApiError
from .file import FileStorage
from .vault import VaultStorage


def open_store(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> FileStorage | VaultStorage:
    """The store that the options name, to be used as a context manager."""
    store = params["store"]
    if store["lock_timeout"] < 0:
        raise ApiError("store.lock_timeout must not be negative")
    if store["file"]:
        return FileStorage(store["file"], store["lock_timeout"], check_mode, warn)
    return VaultStorage(store["vault"], params["timeout"], warn)
