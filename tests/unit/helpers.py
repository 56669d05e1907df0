# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's run() against the simulator, with arguments as a task would give them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.constants import BASE
from tests.simulator import Simulator

# Seconds: a timeout that a busy machine can keep in every other request, and a delay beyond it.
SHORT, TOO_LONG = 1.0, 8.0


def patience(kind: str) -> float:
    """The timeout for a task that meets this fault: short only where the fault lasts until the timeout."""
    return SHORT if kind.startswith(("delay", "drip")) else 20


def full_params(module: ModuleType, **arguments: Any) -> dict[str, Any]:
    """The parameters that run() gets for these arguments: checked, with defaults and environment fallbacks."""
    validation = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(arguments)
    assert validation.error_messages == []
    return dict(validation.validated_parameters)


class Task:
    """A task of one module; `defaults` are arguments of every run of it. `warnings` are those of the last run."""

    def __init__(self, module: ModuleType, **defaults: Any) -> None:
        self.module = module
        self.defaults = defaults
        self.warnings: list[str] = []

    def __call__(self, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        self.warnings = []
        params = full_params(self.module, **{**self.defaults, **arguments})
        return dict(self.module.run(params, check_mode, self.warnings.append))

    def fails(self, check_mode: bool = False, **arguments: Any) -> ApiError:
        """The error that the task fails with; no other exception will do."""
        with pytest.raises(ApiError) as caught:
            self(check_mode, **arguments)
        return caught.value


def start(task: Task, **arguments: Any) -> Future[dict[str, Any]]:
    """Run a task beside the test, which meanwhile can do things at the server."""
    executor = ThreadPoolExecutor(1)
    future = executor.submit(task, **arguments)
    executor.shutdown(wait=False)
    return future


def transcript(sim: Simulator, path: str | None = None) -> list[str]:
    """The requests that reached the server, as "METHOD /path", without the base path of Command Center.

    The question whose login this is is left out: tests/unit/commandcenter/test_ownership.py says when it is asked.
    """
    calls = [f"{entry['method']} {entry['path'].removeprefix(BASE)}" for entry in sim.requests(path)]
    return [call for call in calls if call != "POST /WhoAmI"]


def bodies(sim: Simulator, method: str, path: str) -> list[Any]:
    """The JSON bodies of the requests of this method whose path matches."""
    return [entry["body"] for entry in sim.requests(path, method)]


def connections(sim: Simulator) -> int:
    """How many TCP connections the requests came over."""
    return len({entry["connection"] for entry in sim.requests()})
