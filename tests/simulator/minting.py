# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mints secrets; tests may ask for a prefix to search for in logs (canaries)."""

from __future__ import annotations

import secrets


class Mint:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.prefix = ""

    def secret(self) -> str:
        """A new opaque secret."""
        return self.prefix + secrets.token_urlsafe(36)
