# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`record: {name: value}` hands values of a playbook to the test, as they are and past every censor."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        host = (task_vars or {})["inventory_hostname"]
        with open(os.environ["RECORDED_VALUES"], "a", encoding="utf-8") as file:
            for name, value in self._task.args.items():
                # One write a line: several hosts record at once.
                file.write(json.dumps({"host": host, "name": name, "value": value}, default=_plain) + "\n")
                file.flush()
        return {"changed": False}


def _plain(value: t.Any) -> t.Any:
    """ansible-core 2.19 and later hand over containers that template when they are read."""
    return dict(value) if hasattr(value, "items") else list(value) if hasattr(value, "__iter__") else str(value)
