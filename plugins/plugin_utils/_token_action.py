# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Iterable, Iterator, Mapping

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import AnsibleValidationError, RequiredError, UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display

# requests is imported here, through the module, while the main process loads the action: an import inside run() would be paid
# again in every forked worker.
from ..module_utils._errors import ApiError
from ..module_utils._http.connection import REQUESTS_IMPORT_ERROR
from ..module_utils._module import failure
from ..module_utils._redact import WHOLE_WORD_BELOW, Redactor

try:
    from ansible.module_utils.secrets import register_secrets
except ImportError:  # before ansible-core 2.22
    register_secrets = None
try:
    from ansible.plugins.action import VariableLayer
except ImportError:  # before ansible-core 2.21
    VariableLayer = None

display = Display()

_CORE = tuple(int(part) for part in __version__.split(".")[:2])
SECRET_RESULTS = ("access_token", "refresh_token", "session_id")


class TokenAction(ActionBase):
    """The controller's side of a token module.

    It runs the module's run() in this process, or ships the module to the target where the task asks for that; then it keeps the
    secrets of the result out of every output and publishes the fact. Subclasses name the module and the fact.
    """

    TRANSFERS_FILES = False
    module: t.Any
    fact: str | None = None
    key = "token"
    _redactor: Redactor

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        task_vars = task_vars or {}
        spec = self.module.ARGUMENT_SPEC
        of_task: dict[str, t.Any] = {}
        self._compute_environment_string(of_task)
        # The controller's environment, in which AWX for instance puts its credentials, and the task's over it.
        arguments = {**self._task.args, **environment_fallbacks(spec, self._task.args, {**os.environ, **of_task})}
        validation = ArgumentSpecValidator(_without_no_log(spec)).validate(arguments)
        redactor = self._redactor = Redactor([*secret_inputs(spec, arguments), *secret_inputs(spec, validation.validated_parameters)])
        # Before the work, so that an exception finds it done.
        _mask(redactor.secrets)
        hides_item = self._hide_loop_item(redactor, task_vars)
        try:
            result: dict[str, t.Any] = super().run(None, task_vars)
            complaint = self._complaint(validation.errors)
            if complaint:
                result.update(failure(ApiError(redactor.redact(complaint))))
            elif self._runs_here():
                result.update(self._run_here(validation.validated_parameters))
            else:
                result.update(without_raw_output(self._run_shipped(arguments, of_task, task_vars)))
        except AnsibleError as problem:
            self._tell_reason(hides_item, problem)
            raise
        if result.get("failed"):
            self._tell_reason(hides_item, result.get("msg"))
        self._publish(result, arguments)
        self._hide_secrets(result, redactor, task_vars)
        return result

    def _tell_reason(self, hides_item: bool, reason: object) -> None:
        """Why a task failed whose result is not shown. ansible-core 2.19 and later tell that themselves."""
        if hides_item and _CORE < (2, 19):
            display.warning(f"{self._task.action}: {reason} (the result is hidden because the loop item holds a secret)")

    def _runs_here(self) -> bool:
        """Whether running in this process gives what running on the target would: same host, same user, same environment."""
        is_local = getattr(self._connection, "transport", None) == "local" and not getattr(self._connection, "become", None)
        return is_local and not any(self._task.environment or []) and REQUESTS_IMPORT_ERROR is None

    def _complaint(self, errors: Iterable[AnsibleValidationError]) -> str:
        """What is wrong with the options, in AnsibleModule's own words. What a target misses, its own environment may give it."""
        return ", ".join(
            f"Unsupported parameters for ({self._task.action}) module: {error.msg}" if isinstance(error, UnsupportedError) else error.msg
            for error in errors
            if self._runs_here() or not isinstance(error, RequiredError)
        )

    def _run_here(self, params: dict[str, t.Any]) -> dict[str, t.Any]:
        try:
            return self.module.run(params, self._task.check_mode, display.warning)
        except ApiError as error:
            return failure(error)

    def _run_shipped(self, arguments: dict[str, t.Any], of_task: Mapping[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """What the module made of its arguments on the target. of_task: the task's environment."""
        # The command line of a module begins with the task's environment, and is shown from -vvv on. What is secret in there is in the
        # arguments by now.
        self._task.environment = [{name: value for name, value in of_task.items() if name not in set(secret_variables(self.module.ARGUMENT_SPEC))}]
        # What comes back holds the token in clear, and ssh shows it from -vvv on unless it is told not to; the target's syslog too.
        # In a loop, the connection of the first item is used on, which looks at the context of that item.
        told = [self._task, self._play_context, getattr(self._connection, "_play_context", self._play_context)]
        before = [one.no_log for one in told]
        for one in told:
            one.no_log = True
        try:
            result: dict[str, t.Any] = self._execute_module(module_args=arguments, task_vars=task_vars)
        finally:
            for one, no_log in zip(told, before):
                one.no_log = no_log
        result.pop("invocation", None)
        if _CORE < (2, 19):
            # Where the result is hidden, its warnings would be, too.
            for warning in result.pop("warnings", ()):
                display.warning(warning)
        return result

    def _parse_returned_data(self, res: t.Any, *profile: t.Any) -> t.Any:
        """What a target writes beside the result becomes a warning or an error, and may quote the options."""
        lines = (line if _is_object(line) else self._redactor.redact(line) for line in res["stdout"].split("\n"))
        return super()._parse_returned_data({**res, "stdout": "\n".join(lines), "stderr": self._redactor.redact(res.get("stderr") or "")}, *profile)

    def _publish(self, result: dict[str, t.Any], arguments: Mapping[str, t.Any]) -> None:
        """Make the token a fact of the host, if it is one and no disk is going to see it."""
        wanted = self.module.ARGUMENT_SPEC.get("publish_facts") and _is_true(arguments.get("publish_facts", True))
        # Check mode publishes the token that it predicts, without a secret, so that the tasks after this one can name its keys.
        is_predicted = self._task.check_mode and result.get("changed") and result.get(self.key)
        if self.fact is None or not wanted or result.get("failed") or not (result.get("secret_available") or is_predicted):
            return
        facts = {self.fact: result[self.key]}
        if VariableLayer is not None:
            self.register_host_variables(facts, VariableLayer.EPHEMERAL_FACT)
        elif C.CACHE_PLUGIN.rpartition(".")[2] == "memory":
            result["ansible_facts"] = facts
        else:
            display.warning(
                f"The fact {self.fact} is not published: the fact cache {C.CACHE_PLUGIN!r} would write the {self.key} to disk. "
                f"Use 'register' and the key {self.key!r} of its result (and publish_facts: false to silence this), or ansible-core 2.21 or later."
            )

    def _hide_secrets(self, result: dict[str, t.Any], redactor: Redactor, task_vars: Mapping[str, t.Any]) -> None:
        returned = set(secret_outputs(result))
        _mask(redactor.secrets | returned)
        if not all(map(_is_masked, returned)):
            result["_ansible_no_log"] = True
            # Before ansible-core 2.19 callbacks are given the results of a loop once more, all together, and uncensored unless the task
            # says otherwise.
            self._task.no_log = self._task.no_log or "ansible_loop_var" in task_vars

    def _hide_loop_item(self, redactor: Redactor, task_vars: Mapping[str, t.Any]) -> bool:
        """ansible-core shows the loop item with each result; one that holds a secret of this task is hidden, and the result with it."""
        if self._task.no_log or "ansible_loop_var" not in task_vars:
            return False
        # With loop_control.extended, the result holds all other items, too, whose secrets are not known yet.
        shown = [task_vars.get(task_vars["ansible_loop_var"]), task_vars.get("ansible_loop")]
        if all(map(_is_masked, redactor.secrets)) and shown[1] is None:
            return False
        self._task.no_log = any(redactor.redact(text) != text for text in texts(shown))
        return bool(self._task.no_log)


def _mask(secrets: Iterable[str]) -> None:
    """Have ansible-core cut these out of all that it shows, where it can."""
    if register_secrets is not None:
        register_secrets(filter(_is_masked, secrets))


def _is_masked(secret: str) -> bool:
    """Whether ansible-core cuts this secret out of all that it shows. It does so wherever it stands, so short ones are kept from it."""
    return register_secrets is not None and len(secret) >= WHOLE_WORD_BELOW


def secret_inputs(argument_spec: Mapping[str, t.Any], arguments: Mapping[str, t.Any]) -> Iterator[str]:
    """Every text that was passed in a secret option, at any depth, by name or alias."""
    for name, option in argument_spec.items():
        for given in (name, *option.get("aliases", ())):
            value = arguments.get(given)
            if option.get("no_log"):
                yield from texts(value)
            elif isinstance(value, Mapping) and "options" in option:
                yield from secret_inputs(option["options"], value)


def texts(value: t.Any) -> Iterator[str]:
    """Every scalar in a value, as text: a one-time password may have come as a number, and a vaulted value is no str before 2.19."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def secret_outputs(value: t.Any) -> Iterator[str]:
    """Every secret in a result, at any depth."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in SECRET_RESULTS and isinstance(inner, str):
                yield inner
            else:
                yield from secret_outputs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from secret_outputs(inner)


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


def secret_variables(argument_spec: Mapping[str, t.Any]) -> Iterator[str]:
    """The environment variables that secret options are read from, at any depth."""
    for option in argument_spec.values():
        if option.get("no_log"):
            yield from option.get("fallback", (None, []))[1]
        yield from secret_variables(option.get("options", {}))


def without_raw_output(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """A shipped module's result without the raw output that ansible-core adds when a module breaks: it may hold a token."""
    raw = result.get("module_stdout")
    if raw is not None:
        for key, value in result.items():
            # Before ansible-core 2.19, what begins like a traceback is told as an exception.
            if value and (key in ("module_stdout", "stdout", "stdout_lines", "stderr_lines") or value == raw):
                result[key] = "(hidden: it may hold a token)"
    return result


def _is_object(line: str) -> bool:
    """Whether a line of a module's output is a JSON object, as its result is."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _without_no_log(argument_spec: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The spec for a validation in this process.

    From ansible-core 2.22 on, a validator has every value of a no_log option masked in all later output, however short. Nothing that
    is validated here is shown, so masking is left to us, who leave short passwords out.
    """
    plain = {}
    for name, option in argument_spec.items():
        plain[name] = {key: value for key, value in option.items() if key != "no_log"}
        if "options" in option:
            plain[name]["options"] = _without_no_log(option["options"])
    return plain


def _is_true(value: t.Any) -> bool:
    return value is None or str(value).strip().lower() in ("true", "yes", "on", "1", "y", "t")
