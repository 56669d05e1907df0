# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a store."""

from __future__ import annotations

from .._errors import ApiError


class StoreError(ApiError):
    """The store could not be read or written; it holds what it held before, unless maybe_applied says that a write may have been done."""


class Conflict(StoreError):
    """Another run has written the record since this one read it.

    maybe_applied: this run's own write may have been done before that, and its result may have been used.
    """


class Locked(StoreError):
    """Another run holds the lock of the record. The store itself is fine."""
