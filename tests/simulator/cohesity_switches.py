# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches of the Cohesity cluster."""

from __future__ import annotations

from .switch_values import BOOL, DAY, Table, privileges

COHESITY: Table = {
    # Access tokens
    "cohesity_status": (201, (200, 201)),
    "cohesity_lifetime": (DAY, None),
    "cohesity_expiry_text": (1, (1, 2, 3)),
    "cohesity_privileges": (["CLUSTER_VIEW", "PROTECTION_VIEW"], privileges),
    # Sessions
    "cohesity_session_management": (False, BOOL),
    "cohesity_session_lifetime": (DAY, None),
    # Accounts
    "cohesity_lockout_attempts": (5, None),
    "cohesity_lockout_seconds": (1800, None),
}
