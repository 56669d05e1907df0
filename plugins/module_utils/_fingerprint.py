# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifies a secret without revealing it, so that two of them can be compared."""

from __future__ import annotations

import hashlib

_CHARACTERS = 16


def fingerprint(secret: str | None) -> str | None:
    """The start of the SHA-256 hash of a secret, in hexadecimal; None where there is no secret. Only for secrets too random to be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()[:_CHARACTERS] if secret else None
