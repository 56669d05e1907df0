# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches of the Cohesity cluster."""

from __future__ import annotations

from .switch_values import ABSENT, BOOL, DAY, Table, privileges

COHESITY: Table = {
    "cohesity_helios": (False, BOOL),
    "cohesity_unknown_id": (404, (404, 500)),
    # Access tokens
    "cohesity_status": (201, (200, 201)),
    "cohesity_lifetime": (DAY, None),
    "cohesity_token_style": ("opaque", ("opaque", "long", "jwt")),
    "cohesity_jwt_expiry": ("text", ("text", "number", ABSENT)),
    "cohesity_expiry_text": (1, (1, 2, 3)),
    "cohesity_privileges": (["CLUSTER_VIEW", "PROTECTION_VIEW"], privileges),
    "cohesity_tokens_off_text": ("document", ("document", "access denied")),
    "cohesity_mfa_only": (False, BOOL),
    "cohesity_security_config": ("all", ("all", "privileged")),
    # Sessions
    "cohesity_session_management": (False, BOOL),
    "cohesity_sessions_always": (False, BOOL),
    "cohesity_session_lifetime": (DAY, None),
    "cohesity_session_inactivity": (0, None),
    "cohesity_sessions_per_user": (0, None),
    "cohesity_sessions_in_all": (0, None),
    "cohesity_session_limit_status": (400, (400, 403, 429)),
    # API keys
    "cohesity_api_key_names": ("any", ("any", "unique")),
    "cohesity_api_keys_per_user": (0, None),
    "cohesity_api_key_old_lives": (0, None),
    "cohesity_api_key_put_expiry": ("keep", ("keep", "clear")),
    "cohesity_api_key_may_create": (True, BOOL),
    "cohesity_api_key_never_rotated": (None, (None, 0, "created", ABSENT)),
    "cohesity_api_key_ids": ("number", ("number", "colons", "base64")),
    "cohesity_api_key_list": ("owner", ("owner", "all")),
    "cohesity_api_key_text": (1, (1, 2)),
    # Objects
    "cohesity_page_size": (100, None),
    "cohesity_cookie": ("next", ("next", "repeat")),
    "cohesity_last_cookie": (ABSENT, (ABSENT, "", None)),
    "cohesity_run_seconds": (60, None),
    "cohesity_run_outcome": ("Succeeded", ("Succeeded", "SucceededWithWarning", "Failed", "Canceled")),
    # Accounts
    "cohesity_force_password_change": (False, BOOL),
    "cohesity_lockout_attempts": (5, None),
    "cohesity_lockout_seconds": (1800, None),
}
