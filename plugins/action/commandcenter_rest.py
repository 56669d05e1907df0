# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of commandcenter_rest."""

from __future__ import annotations

from ..modules import commandcenter_rest
from ..plugin_utils._action import ModuleAction


class ActionModule(ModuleAction):
    module = commandcenter_rest
