# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is slow and the same for every task, done once in ansible's main process before it forks workers."""

from __future__ import annotations

import contextlib
import functools
import importlib

from ..module_utils._time import boot_id

try:
    from ..module_utils._http.trust import preload as preload_trust  # type: ignore[import-not-found, unused-ignore]
except ImportError:

    def preload_trust() -> None:
        """There is nothing to load."""


@functools.cache
def preload() -> None:
    """Load what tasks are going to need: store code and its library, which modules import in run(), and the CA certificates for TLS."""
    store = __package__.replace(".plugin_utils", ".module_utils._store")
    for name in ("hvac", *(f"{store}.{part}" for part in ("backends", "claims", "file", "vault"))):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    boot_id()
    preload_trust()
