# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches of Command Center."""

from __future__ import annotations

from .switch_values import ABSENT, BOOL, DAY, Table, forms, limits, offset, status_or_style

COMMANDCENTER: Table = {
    # The server
    "commandcenter_version": ("11.42", None),
    "commandcenter_error_style": ("http200", ("http200", "http200 nested", "http200 flat", "http400")),
    "commandcenter_webconsole": ("serve", ("serve", "redirect")),
    "commandcenter_firewall": ("saas", ("saas", "always", "never")),
    "rate_limit": (None, limits),
    # Its resources
    "commandcenter_page_size": (100, None),
    "commandcenter_offset": ("records", ("records", "pages")),
    "commandcenter_first_page": (0, (0, 1)),
    "commandcenter_xml": ("no accept", ("no accept", "unless json", "never")),
    "commandcenter_job_seconds": (60, None),
    "commandcenter_job_outcome": ("Completed", ("Completed", "Completed w/ one or more errors", "Failed", "Killed")),
    # The login
    "commandcenter_login_shape": ("classic", ("classic", "saas", "authToken", "data.token")),
    "commandcenter_login_lifetime": (1800, None),
    "commandcenter_logout_gone": (False, BOOL),
    "commandcenter_sticky": (False, BOOL),
    "commandcenter_whoami": ("json", ("json", "xml")),
    "commandcenter_whoami_user_id": (True, BOOL),
    "commandcenter_lockout_attempts": (5, None),
    "commandcenter_lockout_seconds": (900, None),
    # The tokens
    "commandcenter_access_lifetime": (1800, None),
    "commandcenter_refresh_window": (14 * DAY, None),
    "commandcenter_type_style": ("int", ("int", "name")),
    "commandcenter_default_type": (2, (0, 2)),
    "commandcenter_forever": (0, (0, -1, 2147483647, ABSENT)),
    "commandcenter_unknown_id": ("200-error", ("200-error", "404")),
    "commandcenter_answer_user_id": (True, BOOL),
    "commandcenter_created_offset": (0, offset),
    "commandcenter_list_all": ("own", ("own", "all")),
    "commandcenter_list_allowed_ips": (False, BOOL),
    "commandcenter_list_expiry_offset": (0, offset),
    "commandcenter_revoke": ("done", ("done", "pending")),
    # Their names
    "commandcenter_names": ("user", ("user", "global")),
    "commandcenter_name_limit": (0, None),
    "commandcenter_name_too_long": ("refuse", ("refuse", "cut")),
    "commandcenter_name_spaces": ("keep", ("keep", "trim")),
    "commandcenter_name_case": ("keep", ("keep", "lower")),
    # Which headers carry them
    "commandcenter_use_auth": ("any", forms),
    "commandcenter_renew_auth": ("any", forms),
    "commandcenter_auth_refused": (401, (401, 403)),
    # Renewal
    "commandcenter_renew_error": ("style", ("style", "450")),
    "commandcenter_renew_late": ("style", status_or_style),
    "commandcenter_renew_unknown": ("style", status_or_style),
    "commandcenter_renew_answer": ("json", ("json", "broken", "expires_in")),
    "commandcenter_renew_access": ("new", ("new", "same")),
    "commandcenter_renew_refresh": ("new", ("new", "absent")),
}
