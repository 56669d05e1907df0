# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of a store."""

from __future__ import annotations

from .._errors import ApiError


class StoreError(ApiError):
    """The store could not be read or written; what it holds is what it held before, unless maybe_applied."""


class Conflict(StoreError):
    """Another run has written the record since it was read."""
