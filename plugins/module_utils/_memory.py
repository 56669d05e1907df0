# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that tasks of one ansible run share: what a module may remember, and the memory of a single task.

A module that takes part declares it, beside its ARGUMENT_SPEC, by a function memory_key(params), which returns None when the options hold
nothing to share, and by a keyword argument `memory` of run(), which is a Memory for that login. In the controller's process this is the run's
own memory (plugin_utils/_run_memory.py). A shipped module gets a copy of what is in there, and what it adds goes back to the controller,
in an argument and a result that nobody sees (MEMORY_OPTION). Its main() calls run_shipped(run, ARGUMENT_SPEC, takes_memory=True).
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from ._errors import ApiError
from ._replacements import Replacements, replacements_in

KINDS = ("token", "session")
MEMORY_OPTION = "_memory"
# In the details of a session that replaces one of the user: the fingerprint of that one.
OWNER = "owner"
REPLACED = "replaced:"
_REFUSAL = "refusal"


class MemoryKey(t.NamedTuple):
    """A login: where, as whom, over what kind of connection and with what. Two that differ in anything share nothing.

    tls: the options that say how the server is verified and reached. credentials: passwords and keys, which are only kept as a hash with a
    secret of the run. one_time: a one-time password. It tells two refused logins apart, but what it earned serves later tasks without it.
    session: the fingerprint of a session that the options hold. Its replacements are found with and without the login.
    """

    server: str
    username: str | None
    domain: str | None
    tenant: str | None
    tls: tuple[t.Any, ...]
    credentials: tuple[str | None, ...]
    one_time: str | None = None
    session: str | None = None

    def __repr__(self) -> str:
        """Without passwords: a traceback may show it."""
        return f"MemoryKey({self.server!r}, {self.username!r})"


class RunCredential(t.NamedTuple):
    """What a login returned. kind: one of KINDS. details: what else a later call needs, in JSON's types, without a secret in it.

    shared: False for what ends with this task, so that no other task is given it.
    """

    kind: str
    secret: str
    details: dict[str, t.Any]
    shared: bool = True

    def __repr__(self) -> str:
        """Without the secret: a traceback may show it."""
        return f"RunCredential({self.kind!r})"


class Memory:
    """The credentials of one login. This class remembers them as long as the task lasts; a subclass finds other places for them."""

    def __init__(self, text: str | None = None, session: str | None = None) -> None:
        """text: of copy_out(). session: as in MemoryKey."""
        self._session = session
        self._documents: dict[str, dict[str, t.Any]] = _parsed(text)
        self._changed: dict[str, dict[str, t.Any]] = {}

    def get(self, *kinds: str) -> RunCredential | None:
        """The credential of the first of these kinds that is remembered."""
        for kind in kinds:
            credential = _credential(kind, self._load(kind))
            if credential is not None:
                return credential
        return None

    def put(self, credential: RunCredential) -> None:
        """Remember a credential, in the place of an older one of its kind. The login works, so an earlier refusal is forgotten."""
        if not credential.shared:
            return
        self._save(credential.kind, {"secret": credential.secret, "details": credential.details})
        if self._load(_REFUSAL):
            self._save(_REFUSAL, {})

    def forget(self, kind: str, secret: str) -> None:
        """Forget a credential that was ended; a newer one of its kind stays."""
        credential = self.get(kind)
        if credential is not None and credential.secret == secret:
            self._save(kind, {})

    def login_once(
        self,
        kinds: tuple[str, ...],
        log_in: Callable[[], RunCredential],
        is_verdict: Callable[[ApiError], bool],
        refused: RunCredential | str | None = None,
    ) -> RunCredential:
        """A credential of one of these kinds that is not the refused one (itself, or its secret): remembered, or else from one log_in().

        Only one task at a time logs in; the others wait and take its result. A login that fails with a verdict on the credentials
        (is_verdict) is not sent again in this run. Raises what log_in raises, or ApiError for a login that has been refused before.
        """
        useless = refused.secret if isinstance(refused, RunCredential) else refused
        with self._lock():
            known = self.get(*kinds)
            if known is not None and known.secret != useless:
                return known
            self._raise_refusal()
            try:
                credential = log_in()
            except ApiError as error:
                if is_verdict(error):
                    self._save(_REFUSAL, {"message": error.message, "status": error.status, "code": error.code})
                raise
            self.put(credential)
            return credential

    def replacements(self, session: str) -> Replacements:
        """What is known of the sessions that replaced the one with this fingerprint."""
        return replacements_in(self._load(REPLACED + session))

    def update_replacements(self, session: str, news: Replacements) -> bool:
        """Remember news of the sessions that replaced the one with this fingerprint.

        False where that is not possible, or where nobody would end a session that is new: who has opened it ends it then.
        """
        with self._lock(REPLACED + session):
            known = self.replacements(session)
            if known.is_ended and news.opened:
                return False
            return self._save(REPLACED + session, known.updated(news).document())

    def copy_in(self, text: t.Any) -> bool:
        """Take over what another copy has added, as its additions() gave it; False where it has opened a session that nobody would end."""
        kept = True
        for kind, document in _parsed(text).items():
            if kind.startswith(REPLACED):
                kept &= self.update_replacements(kind[len(REPLACED) :], replacements_in(document))
            else:
                self._save(kind, document)
        return kept

    def copy_out(self) -> str:
        """Everything that is remembered of this login, and of the task's session, as text: it holds secrets."""
        session = self.get("session")
        owners = [self._session, session and session.details.get(OWNER)]
        kinds = (*KINDS, _REFUSAL, *(f"{REPLACED}{owner}" for owner in owners if owner))
        return json.dumps({kind: self._load(kind) or {} for kind in kinds})

    def additions(self) -> str:
        """What was added or forgotten since this memory was made, as text: it holds secrets."""
        return json.dumps(self._changed)

    def _raise_refusal(self) -> None:
        refusal = self._load(_REFUSAL)
        if refusal and isinstance(refusal.get("message"), str):
            raise ApiError(refusal["message"], refusal.get("status"), refusal.get("code")).explained(
                "This is the response to an earlier task of this run: the same login was not sent again, because repeated failed logins lock the account"
            )

    def _load(self, kind: str) -> Mapping[str, t.Any] | None:
        return self._documents.get(kind)

    def _save(self, kind: str, document: dict[str, t.Any]) -> bool:
        """Remember a document; False where there is no room for it."""
        self._documents[kind] = self._changed[kind] = document
        return True

    @contextmanager
    def _lock(self, _kind: str | None = None, /) -> Iterator[None]:
        """Held by the one task that changes the document of this kind; without a kind, by the one that logs in."""
        yield


def secrets_in(document: Mapping[str, t.Any]) -> Iterator[str]:
    """The secrets in one of the documents that are remembered."""
    if "secret" in document:
        yield document["secret"]
    yield from document.get("opened") or ()
    yield from document.get("closed") or ()


def _credential(kind: str, document: Mapping[str, t.Any] | None) -> RunCredential | None:
    secret, details = (document or {}).get("secret"), (document or {}).get("details")
    return RunCredential(kind, secret, details) if isinstance(secret, str) and isinstance(details, dict) else None


def _parsed(text: t.Any) -> dict[str, dict[str, t.Any]]:
    """The documents in a text of copy_out() or additions(); none of another text."""
    try:
        documents = json.loads(text) if text else {}
    except (TypeError, ValueError):
        return {}
    if not isinstance(documents, dict):
        return {}
    return {kind: document for kind, document in documents.items() if _is_kind(kind) and isinstance(document, dict)}


def _is_kind(kind: str) -> bool:
    return kind in (*KINDS, _REFUSAL) or kind.startswith(REPLACED)
