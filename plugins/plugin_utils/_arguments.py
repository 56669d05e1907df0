# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a task on the controller: what its environment adds, whether they fit the module's spec, and what is said if not."""

from __future__ import annotations

import difflib
import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping

from ansible.module_utils.errors import AnsibleValidationError, RequiredError, UnsupportedError


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
        elif isinstance(given, (list, tuple)) and "options" in option:
            found[name] = [{**one, **environment_fallbacks(option["options"], one, environment)} if isinstance(one, Mapping) else one for one in given]
    return found


def without_alternatives(argument_spec: Mapping[str, t.Any], arguments: Mapping[str, t.Any], one_of: Collection[str]) -> dict[str, t.Any]:
    """The credentials in one_of that the environment must not give, as empty texts: the task itself gives another one of them."""
    given = [name for name in one_of if arguments.get(name) not in (None, "", {})]
    return {name: "" for name in one_of if given and name not in given and "fallback" in argument_spec[name]}


def validation_message(
    action: str, argument_spec: Mapping[str, t.Any], arguments: Mapping[str, t.Any], errors: Iterable[AnsibleValidationError], kind: str = "module"
) -> str:
    """What is wrong with the options of a task, in AnsibleModule's own words, and what was probably meant. kind: what the action is."""
    messages = []
    for error in errors:
        if isinstance(error, UnsupportedError):
            messages.append(f"Unsupported parameters for ({action}) {kind}: {error.msg}")
        elif isinstance(error, RequiredError):
            messages.append(error.msg + missing_variables(argument_spec, error.msg))
        else:
            messages.append(error.msg)
    if not messages:
        return ""
    return " ".join([", ".join(messages).rstrip(".") + ".", *_wrong_shapes(arguments), *_corrections(argument_spec, arguments)]).rstrip(".")


def missing_variables(argument_spec: Mapping[str, t.Any], message: str) -> str:
    """The environment variables that can give what "missing required arguments: …" names, as the end of that message."""
    names = message.partition(":")[2].partition(" found in ")[0].replace(",", " ").split()
    variables = [variable for name in names for variable in argument_spec.get(name, {}).get("fallback", (None, []))[1][:1]]
    return f" (or the environment variable {', '.join(variables)})" if variables else ""


def _corrections(argument_spec: Mapping[str, t.Any], arguments: Mapping[str, t.Any], prefix: str = "") -> Iterator[str]:
    """For each option that does not exist, the one whose name is like it, at any depth."""
    known = {alias: option for name, option in argument_spec.items() for alias in (name, *option.get("aliases", ()))}
    for name, value in arguments.items():
        if name not in known:
            close = difflib.get_close_matches(str(name), known, 1, 0.7)
            if close:
                yield f"Did you mean {prefix}{close[0]} instead of {prefix}{name}?"
        elif "options" in known[name] and not _has_wrong_shape(name, value):
            for inner in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(inner, Mapping):
                    yield from _corrections(known[name]["options"], inner, f"{prefix}{name}.")


# What the options that take a dict want, for whoever gave something else.
_SHAPES = {
    "token": "token takes the dict that the module returned: the key 'token' of the registered result, for example \"{{ login.token }}\", or the fact.",
    "session": "session takes the dict that the module returned: the key 'session' of the registered result, for example \"{{ login.session }}\", or the fact.",
    "store": "store takes a dict: for example {file: /path/to/token.json}, or {vault: {path: path/to/token}}.",
}


def _wrong_shapes(arguments: Mapping[str, t.Any]) -> Iterator[str]:
    """What to give to the options that were given a text, or the whole registered result, in the place of a dict."""
    return (sentence for name, sentence in _SHAPES.items() if _has_wrong_shape(name, arguments.get(name)))


def _has_wrong_shape(name: str, value: t.Any) -> bool:
    return name in _SHAPES and value is not None and (not isinstance(value, Mapping) or name in value)


def unreadable(argument_spec: Mapping[str, t.Any], arguments: Mapping[str, t.Any]) -> dict[str, AnsibleValidationError]:
    """The options that must be dicts and are something that ansible-core's validator breaks on, with what to say about each."""
    found: dict[str, AnsibleValidationError] = {}
    for name, option in argument_spec.items():
        for given in (name, *option.get("aliases", ())):
            value = arguments.get(given)
            inner = value if option.get("type") == "list" and isinstance(value, (list, tuple)) else [value]
            if "options" in option:
                wrong = next((path for one in inner for path in _no_dicts(option["options"], one, given)), None)
                if wrong is not None:
                    found[given] = AnsibleValidationError(f"{wrong} must be a dictionary")
    return found


def _no_dicts(options: Mapping[str, t.Any], value: t.Any, path: str) -> Iterator[str]:
    """The paths of what is no dict below an option that has options of its own. A text may hold a dict, and None is no value."""
    if isinstance(value, Mapping):
        for name, option in options.items():
            if "options" in option:
                yield from _no_dicts(option["options"], value.get(name), f"{path}.{name}")
    elif value is not None and not isinstance(value, str):
        yield path


def is_true(value: t.Any) -> bool:
    """Whether a bool option is true, as it was given or as a text; None is the default of an option that is on by default."""
    return value is None or str(value).strip().lower() in ("true", "yes", "on", "1", "y", "t")
