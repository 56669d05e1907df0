# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of cohesity_session."""

from __future__ import annotations

from ..modules import cohesity_session
from ..plugin_utils._token_action import TokenAction


class ActionModule(TokenAction):
    module = cohesity_session
    fact = "cohesity_session"
    key = "session"
