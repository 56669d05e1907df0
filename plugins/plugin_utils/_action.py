# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of every module: it decides where the task runs, runs it, and publishes the fact.

A module says what the action has to know, beside its ARGUMENT_SPEC and run():

- FACTS: the facts that it publishes, as {name of the fact: key of the result}.
- SECRET_RESULTS: the secrets in its result (see _secrets.py).
- ONE_OF, only where options are credentials of which a task gives one: the environment gives none beside one that the task gives.
- memory_key(params), only where it takes part in the run's memory (see module_utils/_memory.py).

What is slow is done when ansible loads an action, once in the main process: every task runs in a worker that is forked from it.
"""

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.errors import AnsibleValidationError, RequiredError
from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display

from ..module_utils._errors import ApiError
from ..module_utils._http.connection import REQUESTS_IMPORT_ERROR
from ..module_utils._memory import MEMORY_OPTION, secrets_in
from ..module_utils._module import failure
from ..module_utils._redact import Redactor
from ..module_utils._time import begin_task
from ._arguments import environment_fallbacks, is_true, missing_variables, unreadable, validation_message, without_alternatives, without_no_log
from ._preload import preload
from ._run_memory import RunMemory
from ._secrets import (
    changed_attributes,
    is_masked,
    loop_item_holds_secret,
    mask,
    names_of_changed,
    redacted_output,
    secret_inputs,
    secret_outputs,
    secret_variables,
    without_raw_output,
    without_secrets,
)

try:
    from ansible.plugins.action import VariableLayer
except ImportError:  # before ansible-core 2.21
    VariableLayer = None

display = Display()

_CORE = tuple(int(part) for part in __version__.split(".")[:2])


class ModuleAction(ActionBase):
    """The controller's side of a module, which a subclass names.

    It runs the module's run() in this process, or ships the module to the target where the task asks for that; then it keeps the
    secrets of the result out of every output and publishes the fact.
    """

    TRANSFERS_FILES = False
    module: t.Any
    _validator: ArgumentSpecValidator
    _redactor: Redactor

    def __init_subclass__(cls, **keywords: t.Any) -> None:
        super().__init_subclass__(**keywords)
        preload()
        cls._validator = ArgumentSpecValidator(without_no_log(cls.module.ARGUMENT_SPEC))

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        begin_task()
        task_vars = task_vars or {}
        spec = self.module.ARGUMENT_SPEC
        task_environment: dict[str, t.Any] = {}
        self._compute_environment_string(task_environment)
        # The controller's environment, in which AWX for instance puts its credentials, and the task's over it.
        arguments = {**self._task.args, **environment_fallbacks(spec, self._task.args, {**os.environ, **task_environment})}
        arguments.update(without_alternatives(spec, self._task.args, getattr(self.module, "ONE_OF", ())))
        unread = unreadable(spec, arguments)
        validation = self._validator.validate({name: value for name, value in arguments.items() if name not in unread})
        self._redactor = Redactor([*secret_inputs(spec, arguments), *secret_inputs(spec, validation.validated_parameters)])
        # Before the work, so that an exception finds it done.
        mask(self._redactor.secrets)
        hides_item = self._hide_loop_item(task_vars)
        try:
            result: dict[str, t.Any] = super().run(None, task_vars)
            message = self._validation_message([*unread.values(), *validation.errors], arguments)
            if message:
                result.update(failure(ApiError(self._redactor.redact(message))))
            elif self._runs_here():
                result.update(self._run_here(validation.validated_parameters, self._memory(validation)))
            else:
                memory = self._memory(validation, *self._place(task_environment))
                result.update(without_raw_output(self._run_shipped(arguments, task_environment, task_vars, memory)))
        except AnsibleError as problem:
            self._show_reason(hides_item, problem)
            raise
        if result.get("failed"):
            self._show_reason(hides_item, result.get("msg"))
        return self._finish(result, arguments, task_vars)

    def _show_reason(self, hides_item: bool, reason: object) -> None:
        """Why a task failed whose result is not shown. ansible-core 2.19 and later show that themselves."""
        if hides_item and _CORE < (2, 19):
            display.warning(f"{self._task.action}: {reason} (the result is hidden because the loop item holds a secret)")

    def _runs_here(self) -> bool:
        """Whether running in this process gives what running on the target would: same host, same user, same environment."""
        is_local = getattr(self._connection, "transport", None) == "local" and not getattr(self._connection, "become", None)
        return is_local and not any(self._task.environment or []) and REQUESTS_IMPORT_ERROR is None

    def _validation_message(self, errors: Iterable[AnsibleValidationError], arguments: Mapping[str, t.Any]) -> str:
        """What is wrong with the options. What is missing here, a target's own environment may hold."""
        counting = [error for error in errors if self._runs_here() or not isinstance(error, RequiredError)]
        return validation_message(self._task.action, self.module.ARGUMENT_SPEC, arguments, counting)

    def _memory(self, validation: ValidationResult, *place: t.Any) -> RunMemory | None:
        """The run's memory for this task's login, where the module takes part and the options hold a login."""
        if validation.error_messages or not hasattr(self.module, "memory_key"):
            return None
        try:
            key = self.module.memory_key(validation.validated_parameters)
        except ApiError:
            # run() says what is wrong.
            return None
        return None if key is None else RunMemory(key, place)

    def _place(self, task_environment: Mapping[str, t.Any]) -> tuple[t.Any, ...]:
        """Where a shipped module runs: on another machine, and with another environment, a name may mean another server."""
        return self._connection.transport, getattr(self._play_context, "remote_addr", None), sorted(map(str, task_environment.items()))

    def _run_here(self, params: dict[str, t.Any], memory: RunMemory | None) -> dict[str, t.Any]:
        try:
            return self.module.run(params, self._task.check_mode, display.warning, **({} if memory is None else {"memory": memory}))
        except ApiError as error:
            return failure(error)

    def _run_shipped(
        self, arguments: dict[str, t.Any], task_environment: Mapping[str, t.Any], task_vars: dict[str, t.Any], memory: RunMemory | None
    ) -> dict[str, t.Any]:
        """What the module made of its arguments on the target."""
        if memory is not None:
            known = memory.copy_out()
            self._redactor.add(*(secret for document in json.loads(known).values() for secret in secrets_in(document)))
            arguments = {**arguments, MEMORY_OPTION: known}
        try:
            with self._without_secret_variables(task_environment), self._hidden_from_the_log():
                result: dict[str, t.Any] = self._execute_module(module_args=arguments, task_vars=task_vars)
        except AnsibleConnectionFailure as problem:
            raise AnsibleConnectionFailure(self._unreachable_message(problem, task_vars)) from None
        if result.get("failed") and str(result.get("msg", "")).startswith("missing required arguments"):
            result["msg"] += missing_variables(self.module.ARGUMENT_SPEC, str(result["msg"]))
        result.pop("invocation", None)
        additions = result.pop(MEMORY_OPTION, None)
        if memory is not None and additions and not memory.copy_in(str(additions)):
            display.warning(f"{self._task.action}: a session that replaced an expired one could not be remembered. It stays open until it times out.")
        if _CORE < (2, 19):
            # Where the result is hidden, its warnings would be, too.
            for warning in result.pop("warnings", ()):
                display.warning(warning)
        return result

    def _unreachable_message(self, problem: AnsibleConnectionFailure, task_vars: Mapping[str, t.Any]) -> str:
        """Why the target was not reached, and what the user may have meant instead."""
        reason: object = problem
        if "censored" in str(problem):
            # The connection was told to hide what it says. A command without secrets meets the same problem and may say so.
            try:
                self._low_level_execute_command("exit 0", sudoable=False)
            except AnsibleConnectionFailure as shown:
                reason = shown
        host = task_vars.get("inventory_hostname", "the target")
        return self._redactor.redact(str(reason)).rstrip(". ") + (
            f". The module was going to run on the host {self._task.delegate_to or host} itself, over {self._connection.transport}. "
            "If it is to run on this machine, set 'delegate_to: localhost' or 'connection: local' (and ansible_connection: local for a "
            "localhost that the inventory lists)"
        )

    @contextmanager
    def _without_secret_variables(self, task_environment: Mapping[str, t.Any]) -> Iterator[None]:
        """The task's environment without secrets: a module's command line begins with it, and is shown from -vvv on.

        The arguments hold these values by now. Afterwards the environment is as before, for the next attempt of an `until`.
        """
        before = self._task.environment
        secret = set(secret_variables(self.module.ARGUMENT_SPEC))
        self._task.environment = [{name: value for name, value in task_environment.items() if name not in secret}]
        try:
            yield
        finally:
            self._task.environment = before

    @contextmanager
    def _hidden_from_the_log(self) -> Iterator[None]:
        """What comes back holds the token in clear, and ssh shows it from -vvv on unless it is told not to; the target's syslog too."""
        # In a loop, the connection of the first item is used on, which looks at the context of that item.
        no_log_holders = [self._task, self._play_context, getattr(self._connection, "_play_context", self._play_context)]
        before = [holder.no_log for holder in no_log_holders]
        for holder in no_log_holders:
            holder.no_log = True
        try:
            yield
        finally:
            for holder, no_log in zip(no_log_holders, before):
                holder.no_log = no_log

    def _parse_returned_data(self, res: t.Any, *profile: t.Any) -> t.Any:
        return super()._parse_returned_data(redacted_output(res, self._redactor), *profile)

    def _finish(self, result: dict[str, t.Any], arguments: Mapping[str, t.Any], task_vars: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The result as the playbook gets it, with its fact published and its secrets masked or hidden."""
        is_fact = self._is_fact(result, arguments)
        if self._task.check_mode:
            result = self._prediction(result)
        if is_fact:
            self._publish(result)
        secrets = secret_outputs(result, self.module.SECRET_RESULTS)
        mask(self._redactor.secrets | secrets)
        if secrets and not self._task.no_log:
            self._show_changed_attributes(result, task_vars)
        if not all(map(is_masked, secrets)):
            result["_ansible_no_log"] = True
            # Before ansible-core 2.19 callbacks are given the results of a loop once more, all together, and uncensored unless the task
            # says otherwise.
            self._task.no_log = self._task.no_log or "ansible_loop_var" in task_vars
        return result

    def _prediction(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """A result of check mode: it holds no secret, so it is shown, diff included, on every release."""
        bare = without_secrets(result, self.module.SECRET_RESULTS)
        if "secret_available" in bare:
            bare["secret_available"] = False
        return bare

    def _show_changed_attributes(self, result: Mapping[str, t.Any], task_vars: Mapping[str, t.Any]) -> None:
        """The names of the attributes that a real run changed, beside a result that some releases hide with its diff."""
        actions = [action for action in result.get("actions") or [] if action != "reused"]
        # Of what was not there before, everything is new.
        names = changed_attributes(result.get("diff")) if result.get("changed") and actions != ["created"] else []
        if names:
            host = task_vars.get("inventory_hostname", "localhost")
            objects = "".join(f" {name!r}" for name in names_of_changed(result, self.module.FACTS.values()))
            display.display(f"{self._task.action}: [{host}]{objects} {' and '.join(actions) or 'changed'}: {', '.join(names)}")

    def _is_fact(self, result: Mapping[str, t.Any], arguments: Mapping[str, t.Any]) -> bool:
        """Whether the result is worth a fact: it has a secret, or predicts one, and the task wants it."""
        if result.get("failed") or not self.module.FACTS or not is_true(arguments.get("publish_facts")):
            return False
        # Check mode publishes the token that it predicts, without a secret, so that the tasks after this one can name its keys.
        return bool(result.get("secret_available") or (self._task.check_mode and result.get("changed")))

    def _publish(self, result: dict[str, t.Any]) -> None:
        """Make the module's facts variables of the host, if no disk is going to see them."""
        facts = {fact: result[key] for fact, key in self.module.FACTS.items() if result.get(key)}
        if not facts:
            return
        if VariableLayer is not None:
            self.register_host_variables(facts, VariableLayer.EPHEMERAL_FACT)
        elif C.CACHE_PLUGIN.rpartition(".")[2] == "memory":
            result["ansible_facts"] = facts
        else:
            for fact, key in self.module.FACTS.items():
                display.warning(
                    f"The fact {fact} is not published: the fact cache {C.CACHE_PLUGIN!r} would write the {key} to disk. "
                    f"Use 'register' and the key '{key}' of its result (and publish_facts: false to silence this), or ansible-core 2.21 or later."
                )

    def _hide_loop_item(self, task_vars: Mapping[str, t.Any]) -> bool:
        """Hide the loop item, and the result with it, when it holds a secret of this task."""
        if self._task.no_log:
            return False
        self._task.no_log = loop_item_holds_secret(self._redactor, task_vars)
        return bool(self._task.no_log)
