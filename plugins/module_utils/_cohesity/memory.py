# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins to Cohesity in the run's memory: which login the options stand for, and how tokens and sessions are kept there."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import replace

from .._fingerprint import fingerprint
from .._memory import OWNER, Memory, MemoryKey, RunCredential
from .._replacements import Replacements
from .._time import from_api, from_iso, iso
from .cluster import LogIn, cluster_url
from .credential import Credential
from .refusal import is_verdict
from .session import Session
from .token import Token

# The secret by itself, what repeats it, and what is wrong a second later.
_LEFT_OUT = ("access_token", "session_id", "headers", "expires_in")


def memory_key(params: Mapping[str, t.Any]) -> MemoryKey | None:
    """The login that a module's options stand for, and their session; None when they hold neither. Raises ApiError when the address is none."""
    session = fingerprint((params.get("session") or {}).get("session_id"))
    if not session and not params["certificate"] and not (params["username"] and params["password"]):
        return None
    return MemoryKey(
        server=cluster_url(params["cluster"]),
        username=params["username"],
        domain=params["domain"],
        tenant=params.get("tenant"),
        tls=(params["validate_certs"], params["ca_path"], params["use_proxy"]),
        credentials=(params["password"], params["certificate"], params["private_key"]),
        one_time=params["otp_code"],
        session=session,
    )


def to_memory(public: Mapping[str, t.Any]) -> RunCredential:
    """A token or session as modules return it, for the run's memory."""
    kind, secret = ("session", public["session_id"]) if "session_id" in public else ("token", public["access_token"])
    return RunCredential(kind, secret, {key: value for key, value in public.items() if key not in _LEFT_OUT})


def from_memory(credential: RunCredential) -> dict[str, t.Any]:
    """What to_memory() was given, without headers and expires_in."""
    return {**credential.details, "session_id" if credential.kind == "session" else "access_token": credential.secret}


class SharedLogins:
    """The logins of a run, which its tasks share. given: the session that this task's options hold, if they do.

    A session that call() opens ends with its connection. The exception is one that replaces an expired session of the user: it is shared,
    because otherwise every later call would log in again, and it ends when the user ends the expired one.
    """

    def __init__(self, memory: Memory, given: Credential | None = None) -> None:
        self._memory = memory
        self._given = given.secret if isinstance(given, Session) else None
        # By session, the fingerprint of the one that it replaces for its user.
        self._owners: dict[str, str] = {}

    def acquire(self, log_in: LogIn, refused: Credential | None) -> Credential:
        """A credential out of the run's memory, which logs in where it has none; see Cluster."""
        new: list[Credential] = []

        def remembered() -> RunCredential:
            new.append(log_in())
            return self._run_credential(new[0])

        found = self._memory.login_once(("token", "session"), remembered, is_verdict, None if refused is None else refused.secret)
        return new[0] if new else _credential(found) or log_in()

    def hand_over(self, session: Session, expired: Session) -> list[Session]:
        """Remember a session that replaces an expired one; returns those of the two that end with the connection. See Cluster."""
        owner = self._owner(expired)
        # One that a call has opened, too: if it was refused, but is still open, nobody else would end it.
        ending = [expired] if expired.secret in self._memory.replacements(owner).opened else []
        news = Replacements({session.secret: iso(session.created_at)}, tuple(one.secret for one in ending))
        if not self._memory.update_replacements(owner, news):
            return [*ending, session]
        self._owners[session.secret] = owner
        return ending

    def _owner(self, expired: Session) -> str:
        """The fingerprint of the session whose user ends what replaces the expired one."""
        known = self._memory.get("session")
        if self._given is None and known is not None and known.secret == expired.secret and OWNER in known.details:
            return str(known.details[OWNER])
        return str(fingerprint(self._given or expired.secret))

    def _run_credential(self, credential: Credential) -> RunCredential:
        if not isinstance(credential, Session):
            return to_memory(t.cast(Token, credential).public(0))
        owner = self._owners.get(credential.secret)
        remembered = to_memory(credential.public())
        return remembered._replace(shared=owner is not None, details={**remembered.details, OWNER: owner})


def sessions_for(memory: Memory | None, session: Session, is_ending: bool = False) -> list[Session]:
    """The session of a user, and those that have replaced it in this run, the newest last. is_ending: whether the user ends it now."""
    if memory is None:
        return [session]
    owner = str(fingerprint(session.secret))
    if is_ending:
        # From now on, a call that replaces it ends the new session itself.
        memory.update_replacements(owner, Replacements(is_ended=True))
    opened = memory.replacements(owner).opened
    return [session, *(replace(session, session_id=secret, created_at=from_api(from_iso(at))) for secret, at in opened.items())]


def newest_session(memory: Memory | None, session: Session) -> Session:
    """The session, or the one that has replaced it in this run."""
    return sessions_for(memory, session)[-1]


def forget_sessions(memory: Memory, session: Session, ended: Iterable[Session]) -> None:
    """Forget that these, of those for the session of a user, are open."""
    secrets = tuple(one.secret for one in ended)
    memory.update_replacements(str(fingerprint(session.secret)), Replacements(closed=secrets))
    for secret in secrets:
        memory.forget("session", secret)


def sharing(memory: Memory | None, given: Credential | None) -> dict[str, t.Any]:
    """The arguments of Cluster by which its logins are shared with the other tasks of the run, where there is a memory to share them."""
    if memory is None:
        return {}
    logins = SharedLogins(memory, given)
    return {"acquire": logins.acquire, "hand_over": logins.hand_over}


def _credential(found: RunCredential) -> Credential | None:
    """What is remembered, as a credential; None when a part of it is missing."""
    values = from_memory(found)
    return Session.from_values(values) if found.kind == "session" else Token.from_values(values)
