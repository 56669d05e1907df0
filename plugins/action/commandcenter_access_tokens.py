# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of commandcenter_access_tokens."""

from __future__ import annotations

from ..modules import commandcenter_access_tokens
from ..plugin_utils._action import ModuleAction


class ActionModule(ModuleAction):
    module = commandcenter_access_tokens
