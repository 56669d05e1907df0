# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How hypothesis draws its examples in the unit tests."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure, and no run depends on the one before it.
# The same examples each time: what passes here passes in CI.
settings.register_profile("unit", deadline=None, database=None, derandomize=True)
settings.load_profile("unit")
