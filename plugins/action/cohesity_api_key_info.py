# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of cohesity_api_key_info."""

from __future__ import annotations

from ..modules import cohesity_api_key_info
from ..plugin_utils._action import ModuleAction


class ActionModule(ModuleAction):
    module = cohesity_api_key_info
