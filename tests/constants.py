# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers and requests that several test suites share."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3600, 86400
# Of the 30 minutes that an access token of the simulated Command Center lives: what is left is less than the default min_validity.
NEARLY_A_LIFETIME = 28 * MINUTE
# Seconds after which a claim in a store without locks counts as left behind by a run that died.
LEASE = 300

# Command Center, as tests.unit.helpers.transcript shows its requests: without the base path.
BASE = "/commandcenter/api"
LOGIN, LOGOUT = "POST /Login", "POST /Logout"
LIST, CREATE, RENEW = "GET /V4/AccessToken", "POST /V4/AccessToken", "POST /V4/AccessToken/Renew"
CREATED = [LOGIN, LIST, CREATE, LOGOUT]
RENEWED = [LOGIN, LIST, RENEW, LOGOUT]
UNCHANGED = [LOGIN, LIST, LOGOUT]
ASKED_AGAIN = [LOGIN, LIST, LIST, LOGOUT]

# Cohesity.
V1_LOGIN = "POST /irisservices/api/v1/public/accessTokens"
V2_LOGIN = "POST /v2/access-tokens"
VERIFY = "GET /irisservices/api/v1/public/sessionUser"


def update(number: int) -> str:
    """The request that changes a token."""
    return f"PUT /V4/AccessToken/{number}"


def revoke(number: int) -> str:
    """The request that revokes a token."""
    return f"DELETE /V4/AccessToken/{number}"
