# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`simulate: {operation: {argument: value}}` controls the simulator from within a playbook: faults for the tasks that follow."""

from __future__ import annotations

import json
import os
import typing as t
import urllib.request

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        # No proxy of the environment takes part.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for operation, arguments in self._task.args.items():
            url = f"{os.environ['SIMULATOR']}/_simulator/{operation}"
            with opener.open(url, json.dumps(arguments or {}, default=_plain).encode(), timeout=30) as answer:
                said = json.loads(answer.read())
            if "error" in said:
                return {"failed": True, "msg": f"{operation}: {said['error']}"}
        return {"changed": False}


def _plain(value: t.Any) -> t.Any:
    """ansible-core 2.19 and later hand over containers that template when they are read."""
    return dict(value) if hasattr(value, "items") else list(value) if hasattr(value, "__iter__") else str(value)
