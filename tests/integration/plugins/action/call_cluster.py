# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module call_cluster, as those of the collection are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ansible_collections.dataprotection.access.plugins.plugin_utils._action import ModuleAction

_path = Path(__file__).parents[1] / "modules" / "call_cluster.py"
_spec = importlib.util.spec_from_file_location("call_cluster", _path)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)


class ActionModule(ModuleAction):
    module = _module
