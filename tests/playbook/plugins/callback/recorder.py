# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes every result that a callback is given, whole: what any callback, log collector or AWX could write."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: recorder
type: notification
short_description: Records results for the tests
description: [Writes each result as a line of JSON to the file that E(RECORDED_RESULTS) names.]
requirements: [enabled in configuration]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "recorder"
    CALLBACK_NEEDS_ENABLED = True

    def _record(self, event: str, result: t.Any) -> None:
        # Public from ansible-core 2.19 on.
        host, task, values = (result.host, result.task, result.result) if hasattr(result, "task") else (result._host, result._task, result._result)
        line = {"event": event, "host": host.get_name(), "task": task.get_name(), "result": values}
        with open(os.environ["RECORDED_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: t.Any, **dummy: t.Any) -> None:
        self._record("failed", result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._record("unreachable", result)

    def v2_runner_retry(self, result: t.Any) -> None:
        self._record("retry", result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        self._record("item ok", result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        self._record("item failed", result)

    def v2_runner_item_on_skipped(self, result: t.Any) -> None:
        self._record("item skipped", result)
