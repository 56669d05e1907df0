# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller masks or hides: the secrets in a task's options, in its environment and in its result.

A module declares its secrets itself: an option by `no_log` in its ARGUMENT_SPEC, a part of its result by a path in SECRET_RESULTS.
A path is a list of keys with dots between; where it meets a list, it means every element.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..module_utils._redact import WHOLE_WORD_BELOW, Redactor

try:
    from ansible.module_utils.secrets import register_secrets
except ImportError:  # before ansible-core 2.22
    register_secrets = None


def mask(secrets: Iterable[str]) -> None:
    """Have ansible-core replace these secrets in everything that it shows, on releases that can (2.22 and later)."""
    if register_secrets is not None:
        register_secrets(filter(is_masked, secrets))


def is_masked(secret: str) -> bool:
    """Whether ansible-core replaces this secret in everything that it shows.

    It would do so in the middle of other words, too, so short secrets are never registered.
    """
    return register_secrets is not None and len(secret) >= WHOLE_WORD_BELOW


def scalars(value: t.Any) -> Iterator[str]:
    """Every scalar in a value, as text: a one-time password may have come as a number, and a vaulted value is no str before 2.19."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from scalars(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from scalars(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def secret_inputs(argument_spec: Mapping[str, t.Any], arguments: Mapping[str, t.Any]) -> Iterator[str]:
    """Every text that was given to a secret option, at any depth, by name or alias."""
    for name, option in argument_spec.items():
        for given in (name, *option.get("aliases", ())):
            value = arguments.get(given)
            if option.get("no_log"):
                yield from scalars(value)
            elif "options" in option:
                for inner in value if isinstance(value, (list, tuple)) else [value]:
                    if isinstance(inner, Mapping):
                        yield from secret_inputs(option["options"], inner)


def secret_variables(argument_spec: Mapping[str, t.Any]) -> Iterator[str]:
    """The environment variables that secret options are read from, at any depth."""
    for option in argument_spec.values():
        if option.get("no_log"):
            yield from option.get("fallback", (None, []))[1]
        yield from secret_variables(option.get("options", {}))


def secret_outputs(result: Mapping[str, t.Any], paths: Iterable[str]) -> set[str]:
    """Every secret text in a result, without those that only wrap another one, as a header does."""
    found = {text for path in paths for holder, key in _places(result, path.split(".")) for text in scalars(holder[key])}
    return {text for text in found if not any(other in text for other in found - {text})}


def without_secrets(result: Mapping[str, t.Any], paths: Iterable[str]) -> dict[str, t.Any]:
    """The result with null in the place of each secret, and an empty dict in the place of each secret dict."""
    bare: dict[str, t.Any] = _copied(result)
    for path in paths:
        for holder, key in _places(bare, path.split(".")):
            holder[key] = {} if isinstance(holder[key], Mapping) else None
    return bare


def changed_attributes(diff: t.Any) -> list[str]:
    """The names of the attributes that differ before and after, of objects that were there before and still are."""
    names: set[str] = set()
    for one in diff if isinstance(diff, list) else [diff]:
        before, after = (one or {}).get("before"), (one or {}).get("after")
        if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
            names.update(key for key in {**before, **after} if before.get(key) != after.get(key))
    return sorted(names)


def names_of_changed(result: Mapping[str, t.Any], keys: Iterable[str]) -> list[str]:
    """The names of the objects that a task changed: of each changed entry of a list, or of the object under one of these keys."""
    entries = [entry for entry in result.get("tokens") or [] if isinstance(entry, Mapping) and entry.get("changed")]
    holders = entries or [result[key] for key in keys if isinstance(result.get(key), Mapping)]
    return [str(holder["name"]) for holder in holders if holder.get("name")]


def _copied(value: t.Any) -> t.Any:
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _places(value: t.Any, keys: Sequence[str]) -> Iterator[tuple[t.Any, str]]:
    """The dicts in which a path ends, with its last key."""
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _places(inner, keys)
    elif isinstance(value, Mapping) and keys[0] in value:
        if len(keys) == 1:
            yield value, keys[0]
        else:
            yield from _places(value[keys[0]], keys[1:])


def loop_item_holds_secret(redactor: Redactor, task_vars: Mapping[str, t.Any]) -> bool:
    """Whether the loop item, which ansible-core shows with each result, holds a secret of this task."""
    if "ansible_loop_var" not in task_vars:
        return False
    # With loop_control.extended, the result holds all other items, too, whose secrets are not known yet.
    shown = [task_vars.get(task_vars["ansible_loop_var"]), task_vars.get("ansible_loop")]
    if all(map(is_masked, redactor.secrets)) and shown[1] is None:
        return False
    return any(redactor.redact(text) != text for text in scalars(shown))


def without_raw_output(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """A shipped module's result without the raw output that ansible-core adds when a module breaks: it may hold a token."""
    raw = result.get("module_stdout")
    if raw is not None:
        for key, value in result.items():
            # Before ansible-core 2.19, what begins like a traceback is told as an exception.
            if value and (key in ("module_stdout", "stdout", "stdout_lines", "stderr_lines") or value == raw):
                result[key] = "(hidden: it may hold a token)"
    return result


def redacted_output(res: Mapping[str, t.Any], redactor: Redactor) -> dict[str, t.Any]:
    """What a module wrote on its target, with the secrets taken out of everything but its result.

    ansible-core makes warnings and errors of what stands beside the result, and that may quote the options.
    """
    lines = (line if _is_object(line) else redactor.redact(line) for line in res["stdout"].split("\n"))
    return {**res, "stdout": "\n".join(lines), "stderr": redactor.redact(res.get("stderr") or "")}


def _is_object(line: str) -> bool:
    """Whether a line of a module's output is a JSON object, as its result is."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
