# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a task on the controller: what its environment adds, whether they fit the module's spec, and what is said if not."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ansible.module_utils.errors import AnsibleValidationError, UnsupportedError


def without_no_log(argument_spec: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The spec for a validation in this process.

    From ansible-core 2.22 on, a validator has every value of a no_log option masked in all later output, however short. Nothing that
    is validated here is shown, so masking is left to us, who leave short passwords out.
    """
    plain = {}
    for name, option in argument_spec.items():
        plain[name] = {key: value for key, value in option.items() if key != "no_log"}
        if "options" in option:
            plain[name]["options"] = without_no_log(option["options"])
    return plain


def environment_fallbacks(argument_spec: Mapping[str, t.Any], arguments: Mapping[str, t.Any], environment: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options that the environment gives, empty variables aside, and that the task does not set."""
    found: dict[str, t.Any] = {}
    for name, option in argument_spec.items():
        given = next((arguments[key] for key in (name, *option.get("aliases", ())) if arguments.get(key) is not None), None)
        if given is None:
            value = next((environment[variable] for variable in option.get("fallback", (None, []))[1] if environment.get(variable)), None)
            if value is not None:
                found[name] = value
        elif isinstance(given, Mapping) and "options" in option:
            found[name] = {**given, **environment_fallbacks(option["options"], given, environment)}
    return found


def validation_message(action: str, errors: Iterable[AnsibleValidationError]) -> str:
    """What is wrong with the options of a task, in AnsibleModule's own words."""
    return ", ".join(f"Unsupported parameters for ({action}) module: {error.msg}" if isinstance(error, UnsupportedError) else error.msg for error in errors)


def is_true(value: t.Any) -> bool:
    """Whether a bool option is true, as it was given or as a text; None is the default of an option that is on by default."""
    return value is None or str(value).strip().lower() in ("true", "yes", "on", "1", "y", "t")
