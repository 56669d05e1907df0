# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins to Cohesity in the run's memory: which login the options stand for, and how tokens and sessions are kept there."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from .._memory import Memory, MemoryKey, RunCredential
from .cluster import LogIn, cluster_url
from .credential import Credential
from .refusal import is_verdict
from .session import Session
from .token import Token

# The secret by itself, what repeats it, and what is wrong a second later.
_LEFT_OUT = ("access_token", "session_id", "headers", "expires_in")


def memory_key(params: Mapping[str, t.Any]) -> MemoryKey | None:
    """The login that a module's options stand for; None when they hold none. Raises ApiError when the address is none."""
    if not params["certificate"] and not (params["username"] and params["password"]):
        return None
    return MemoryKey(
        server=cluster_url(params["cluster"]),
        username=params["username"],
        domain=params["domain"],
        tenant=params.get("tenant"),
        tls=(params["validate_certs"], params["ca_path"], params["use_proxy"]),
        credentials=(params["password"], params["certificate"], params["private_key"]),
        one_time=params["otp_code"],
    )


def to_memory(public: Mapping[str, t.Any]) -> RunCredential:
    """A token or session as modules return it, for the run's memory."""
    kind, secret = ("session", public["session_id"]) if "session_id" in public else ("token", public["access_token"])
    return RunCredential(kind, secret, {key: value for key, value in public.items() if key not in _LEFT_OUT})


def from_memory(credential: RunCredential) -> dict[str, t.Any]:
    """What to_memory() was given, without headers and expires_in."""
    return {**credential.details, "session_id" if credential.kind == "session" else "access_token": credential.secret}


def acquire_from(memory: Memory) -> Callable[[LogIn, Credential | None], Credential]:
    """Where Cluster.call() gets its credential when the logins of a run are shared: the run's memory, which logs in when it has none.

    A session that call() opens ends with its connection, so it is not shared; one that a module has returned is.
    """

    def acquire(log_in: LogIn, refused: Credential | None) -> Credential:
        new: list[Credential] = []

        def remembered() -> RunCredential:
            new.append(log_in())
            return _run_credential(new[0])

        found = memory.login_once(("token", "session"), remembered, is_verdict, None if refused is None else refused.secret)
        return new[0] if new else _credential(found) or log_in()

    return acquire


def sharing(memory: Memory | None) -> dict[str, t.Any]:
    """The arguments of Cluster by which its logins are shared with the other tasks of the run, where there is a memory to share them."""
    return {} if memory is None else {"acquire": acquire_from(memory)}


def _run_credential(credential: Credential) -> RunCredential:
    if isinstance(credential, Session):
        return to_memory(credential.public())._replace(shared=False)
    return to_memory(t.cast(Token, credential).public(0))


def _credential(found: RunCredential) -> Credential | None:
    """What is remembered, as a credential; None when a part of it is missing."""
    values = from_memory(found)
    return Session.from_values(values) if found.kind == "session" else Token.from_values(values)
