# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a module that was shipped to a target, from its options to its result."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Callable, Mapping

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._errors import ApiError
from ._http.connection import REQUESTS_IMPORT_ERROR
from ._memory import MEMORY_OPTION, Memory
from ._redact import WHOLE_WORD_BELOW
from ._time import begin_task, boottime

_LOADED_AT = boottime()
_LONGEST_START = 300  # seconds

# run(params, check_mode, warn), or run(params, check_mode, warn, memory=…) of a module that takes part in the run's memory.
Run = Callable[..., "dict[str, t.Any]"]


def run_shipped(run: Run, argument_spec: Mapping[str, t.Any], takes_memory: bool = False) -> None:
    """The life of a module that was shipped to a target: validate, run, exit. takes_memory: see _memory.py."""
    begin_task(_process_started())
    # Only what the action has sent is an option: tools that read the specification must not find one that no user may set.
    private = {MEMORY_OPTION: {"type": "str", "no_log": True}} if takes_memory and _is_sent(MEMORY_OPTION) else {}
    module = AnsibleModule(argument_spec={**argument_spec, **private}, supports_check_mode=True)
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    given = module.params.pop(MEMORY_OPTION, None)
    # Without a copy of the run's memory there is nobody who would take anything back.
    memory = Memory(given) if given else None
    try:
        result = run(module.params, module.check_mode, module.warn, **({} if memory is None else {"memory": memory}))
    except ApiError as error:
        result = failure(error)
    if memory is not None:
        result[MEMORY_OPTION] = memory.additions()
    # AnsibleModule cuts every secret option's value out of all that is returned: a token that was passed in would come back as
    # VALUE_SPECIFIED_IN_NO_LOG_PARAMETER, and a password of one letter would chew holes into every other value. Errors hold no secrets
    # (they are redacted where they are made), and the action plugin censors the results that do.
    module.no_log_values.clear()
    # From ansible-core 2.22 on, the controller is told to do so, too, in all that follows: only worth it for long ones.
    secrets = getattr(module, "_new_secrets", None)
    if secrets is not None:
        result["_ansible_new_secrets"] = [secret for secret in secrets.flush() if len(secret) >= WHOLE_WORD_BELOW]
    if result.get("failed"):
        module.fail_json(**result, invocation={})
    module.exit_json(**result, invocation={})


def _is_sent(option: str) -> bool:
    return f'"{option}"'.encode() in (getattr(basic, "_ANSIBLE_ARGS", None) or b"")


def _process_started() -> float:
    """When this process started, by boottime(), where the platform tells; otherwise when this file was loaded."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            # The 22nd field, in clock ticks (proc(5)). The second one, the name of the command, may hold blanks and brackets.
            started = int(file.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return _LOADED_AT
    # A module loads this file seconds after its process started. Anything else is another clock, or a process that runs more than one task.
    return started if 0 <= _LOADED_AT - started < _LONGEST_START else _LOADED_AT


def failure(error: ApiError) -> dict[str, t.Any]:
    """The failed result for an error: msg, and status and code where a server named them."""
    details = {"status": error.status, "code": error.code}
    return {"failed": True, "changed": False, "msg": error.text, **{key: value for key, value in details.items() if value is not None}}
