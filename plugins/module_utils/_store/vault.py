# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record in a key-value engine of HashiCorp Vault or OpenBao, written with check-and-set."""

from __future__ import annotations

import contextlib
import json
import re
import time
import typing as t
from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from .errors import Conflict, StoreError
from .vault_attempts import Attempts, Failure
from .vault_client import FRONT_HINT, VaultClient, part

# Where Python before 3.11 reads no more of a time than this, Vault writes nanoseconds.
_FRACTION = re.compile(r"(\.\d{1,6})\d*")


class _Version(t.NamedTuple):
    """One version of the record: its number, its document (None when it was deleted), and when it was written, in epoch seconds if known."""

    number: int
    document: dict[str, t.Any] | None
    created_at: float | None

    def __repr__(self) -> str:
        """Without the document, which holds secrets."""
        return f"_Version({self.number!r})"


_NOTHING = _Version(0, None, None)


class VaultBackend:
    """One record at one path of a key-value engine of version 2; see backends.Backend for what the methods promise.

    There is no lock. A write names the version that it replaces, and the server refuses it when there is a later one; so the same write
    can be sent again after a response was lost. options: store.vault. timeout: seconds for each call. retries: further attempts.
    """

    host: str | None = None

    def __init__(self, options: Mapping[str, t.Any], *, timeout: float, retries: int, use_proxy: bool, check_mode: bool, warn: Callable[[str], None]) -> None:
        self._client = VaultClient(options, timeout=timeout, retries=retries, use_proxy=use_proxy, check_mode=check_mode, warn=warn)
        self.location = self._client.location
        self._attempts = retries + 1
        self._check_mode = check_mode
        self._warn = warn
        self._version = _NOTHING
        self._seen_since = time.monotonic()

    def __enter__(self) -> VaultBackend:
        self._client.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.__exit__(*exception)

    # Reading

    @property
    def seen(self) -> Mapping[str, t.Any] | None:
        # An empty document is what remove() leaves.
        return self._version.document or None

    def read(self) -> dict[str, t.Any] | None:
        attempts = Attempts(self._attempts, None, self._warn)
        while True:
            try:
                self._remember(self._fetch())
                return dict(self._version.document) if self._version.document else None
            except Failure as failure:
                failure.maybe_applied = False
                if failure.final or not attempts.wait(failure):
                    raise

    def _fetch(self) -> _Version:
        """The newest version, by one call. Only a response of Vault's own says that there is none.

        Raises Failure, and StoreError where an engine stands that cannot hold a record.
        """
        answer = self._client.call(
            "read",
            lambda client: client.secrets.kv.v2.read_secret_version(self._client.path, mount_point=self._client.mount, raise_on_deleted_version=False),
            absent=True,
        )
        if part(answer, "errors") == []:
            return _NOTHING
        number, document = part(answer, "data", "metadata", "version"), part(answer, "data", "data")
        if not isinstance(number, int) or not (document is None or isinstance(document, dict)):
            raise StoreError(f"{self.location}: {self._client.mount} is not a key-value engine of version 2")
        return _Version(number, document, _epoch(part(answer, "data", "metadata", "created_time")))

    def _remember(self, version: _Version) -> None:
        if version.number != self._version.number:
            self._seen_since = time.monotonic()
        self._version = version

    # Writing

    def lock(self, wait: float) -> None:
        """There are no locks."""

    def unlock(self) -> None:
        """There are no locks."""

    def owner_is_gone(self, pending: Mapping[str, t.Any]) -> bool:
        """Nobody can see from here whether a run still lives."""
        return False

    def preallocate(self) -> None:
        """The server has room or has not: there is nothing to set aside."""

    def write(self, document: Mapping[str, t.Any], insist_until: float | None = None) -> None:
        if self._check_mode:
            raise RuntimeError("check mode writes nothing")
        wanted = json.loads(json.dumps(document))
        # A firewall may quote what it refuses.
        self._client.protect(wanted[key] for key in ("access_token", "refresh_token", "api_key") if isinstance(wanted.get(key), str))
        attempts = Attempts(self._attempts, insist_until, self._warn)
        maybe_applied = False
        while True:
            try:
                self._remember(self._put(wanted))
                return
            except Failure as problem:
                failure = problem
            maybe_applied = failure.maybe_applied = maybe_applied or failure.maybe_applied
            if failure.mismatch and not maybe_applied:
                raise Conflict(f"{self.location} was written by another run") from None
            if maybe_applied and self._was_applied(wanted, insist_until is not None):
                return
            # After a write that may have been applied a mismatch is no verdict: a standby server may be behind with what it lets read.
            # While a new secret is insisted on, no verdict but a mismatch is taken for the last word: a policy that is being replaced, a token
            # that replication has not brought yet, or an engine that is being moved refuses it too.
            is_final = failure.final and insist_until is None and not failure.mismatch
            if is_final or not attempts.wait(failure):
                raise Conflict(f"{self.location} was written by another run", maybe_applied=True) if failure.mismatch else failure

    def remove(self, insist_until: float | None = None) -> None:
        """Write an empty document, which is no record.

        A deletion of the latest version knows no check-and-set: carried out late, it would take the record that another run has written
        since. The empty version alone is deleted, by its number, where the policy allows that.
        """
        self.write({}, insist_until)
        number = self._version.number
        with contextlib.suppress(StoreError):
            # A policy without this right is supported, so a refusal is no reason to log in again.
            self._client.call_once(
                "delete", lambda client: client.secrets.kv.v2.delete_secret_versions(self._client.path, [number], mount_point=self._client.mount)
            )

    def _put(self, document: dict[str, t.Any]) -> _Version:
        """Write the version that follows the one last seen, by one call."""
        expected = self._version.number
        answer = self._client.call(
            "write",
            lambda client: client.secrets.kv.v2.create_or_update_secret(self._client.path, document, cas=expected, mount_point=self._client.mount),
        )
        if part(answer, "data", "version") != expected + 1:
            raise Failure(f"{self.location}: write: the response does not name the version that was written; {FRONT_HINT}", maybe_applied=True)
        return _Version(expected + 1, document, _epoch(part(answer, "data", "created_time")))

    def _was_applied(self, wanted: dict[str, t.Any], insists: bool) -> bool:
        """Whether a write of which nobody knows has been done, as far as the store can be read now; raises Conflict when another run's was."""
        try:
            found = self._fetch()
        except StoreError as error:
            if not insists and not isinstance(error, Failure):
                raise
            return False
        expected = self._version.number + 1
        if found.number < expected:
            return False
        if found.number == expected and (found.document or {}) == wanted:
            self._remember(found)
            return True
        # A later version, or a deleted one, may have had ours before it.
        raise Conflict(f"{self.location} was written by another run", maybe_applied=found.number > expected or found.document is None)

    # Clock

    def now(self) -> float:
        """The server's time, from the Date of its last response; this machine's before there was one."""
        return self._client.now()

    def age(self) -> float:
        if not self._version.number:
            return 0.0
        if self._version.created_at is None:
            return time.monotonic() - self._seen_since
        return max(self.now() - self._version.created_at, 0.0)


def _epoch(text: t.Any) -> float | None:
    """Epoch seconds of a time as Vault writes it, with nanoseconds; None for anything else."""
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(lambda found: found.group(1).ljust(7, "0"), text.strip().replace("Z", "+00:00")))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (AttributeError, ValueError, OverflowError):
        return None
