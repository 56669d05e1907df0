# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short name of a secret by which two can be compared without telling either."""

from __future__ import annotations

import hashlib

_CHARACTERS = 16


def fingerprint(secret: str | None) -> str | None:
    """Names the secret without telling it; None where there is none."""
    return hashlib.sha256(secret.encode()).hexdigest()[:_CHARACTERS] if secret else None
