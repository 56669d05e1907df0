# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the documentation's pages; `make docs-check` builds the pages and runs these."""
