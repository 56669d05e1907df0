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
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.addresses import check_url, is_loopback
from .._http.client import USER_AGENT
from .._http.clock import ServerClock
from .._http.connection import Connection, DeadlineExceeded
from .._http.messages import MAX_EXCERPT_CHARACTERS, body_excerpt, root_cause
from .._redact import Redactor
from .errors import Conflict, StoreError

try:
    import requests
except ImportError:
    # Who opens a store looks at REQUESTS_IMPORT_ERROR before.
    pass

# These prove that a call was not carried out. After every other status it may have been: by the server, whose own response a balancer in
# front of it replaced, or by a server that is still at work.
_NOT_DONE = {400, 401, 403, 404, 405, 413, 415, 422, 429}
# What Vault itself says no differently next time. A front that has lost its server for a moment says it too, on a page of its own.
_FINAL = _NOT_DONE - {429}
# The words of a server that has not even looked at the request.
_SEALED = ["Vault is sealed"]
_LONGEST_PAUSE = 5.0
# Between two logins in the place of one that was refused.
_LOGIN_PAUSE = 5.0
_SECRET_KEYS = ("client_token", "secret_id", "access_token", "refresh_token", "api_key")
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


class _Failure(StoreError):
    """One call did not end as it should.

    final: the next attempt would end in the same way. pause: seconds that the server asks to wait. mismatch: check-and-set refused the write.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        *,
        maybe_applied: bool = False,
        final: bool = False,
        pause: float | None = None,
        mismatch: bool = False,
    ) -> None:
        super().__init__(message, status, maybe_applied=maybe_applied)
        self.final = final
        self.pause = pause
        self.mismatch = mismatch


class _Attempts:
    """How often a call is repeated: a number of times, or until a moment of time.monotonic(). The pauses between them grow."""

    def __init__(self, count: int, until: float | None, warn: Callable[[str], None]) -> None:
        self._count = count
        self._until = until
        self._warn = warn
        self._done = 0

    def wait(self, failure: _Failure) -> bool:
        """Wait before the next attempt; False when none is left."""
        self._done += 1
        pause = min(0.25 * 2 ** min(self._done, 10), _LONGEST_PAUSE)
        if self._until is None:
            pause = pause if failure.pause is None else failure.pause
            if self._done >= self._count or pause > _LONGEST_PAUSE:
                return False
            self._warn(f"{failure.message}; attempt {self._done + 1} of {self._count} follows")
        else:
            left = self._until - time.monotonic()
            if left <= 0:
                return False
            pause = min(max(pause, failure.pause or 0), left)
            if self._done == 1:
                self._warn(f"{failure.message}; this is repeated for up to {left:.0f} s")
        time.sleep(pause)
        return True


class VaultBackend:
    """One record at one path of a key-value engine of version 2; see backends.Backend for what the methods promise.

    There is no lock. A write names the version that it replaces, and the server refuses it when there is a later one; so the same write
    can be sent again after a response was lost. options: store.vault. timeout: seconds for each call. retries: further attempts.
    """

    host: str | None = None

    def __init__(self, options: Mapping[str, t.Any], *, timeout: float, retries: int, use_proxy: bool, check_mode: bool, warn: Callable[[str], None]) -> None:
        self._hvac = _import_hvac()
        self._options = options
        self._url = _vault_url(options["url"])
        self._mount = (options["mount"] or "secret").strip("/")
        self._path = (options["path"] or "").strip("/")
        self.location = f"The store {self._url}, path {self._mount}/{self._path}"
        if not self._path:
            raise StoreError("store.vault.path is required: the path of the record below its mount")
        if not options["token"] and not (options["role_id"] and options["secret_id"]):
            raise StoreError("store.vault needs a token (or VAULT_TOKEN), or role_id and secret_id")
        self._timeout = timeout
        self._attempts = retries + 1
        self._check_mode = check_mode
        self._warn = warn
        self._redactor = Redactor([options["token"], options["secret_id"]], _SECRET_KEYS)
        # http is for this machine alone, where no proxy is needed, and none shall read along.
        use_proxy = use_proxy and urlsplit(self._url).scheme == "https"
        self._connection = Connection(
            self._url, validate_certs=options["validate_certs"], ca_path=options["ca_path"], use_proxy=use_proxy, headers={"User-Agent": USER_AGENT}
        )
        self._redactor.add(*self._connection.proxy_passwords())
        self._token = options["token"] or ""
        self._logged_in = False
        self._may_log_in_again = True
        self._next_login = 0.0
        self._version = _NOTHING
        self._seen_since = time.monotonic()
        self._clock = ServerClock()

    def __enter__(self) -> VaultBackend:
        if not self._options["token"]:
            try:
                self._token = self._repeated(self._log_in)
            except BaseException:
                # Nobody calls __exit__ then.
                self._connection.close()
                raise
            self._logged_in = True
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            if self._logged_in:
                self._call_once("log out", _log_out)
        except StoreError as error:
            self._warn(f"The login of this task was not ended: {error.message}")
        finally:
            self._connection.close()

    # The login

    def _log_in(self) -> str:
        """The token of a new login, by one call. Raises _Failure."""
        login = self._call_once("log in", lambda client: client.auth.approle.login(self._options["role_id"], self._options["secret_id"], use_token=False))
        token = _part(login, "auth", "client_token")
        if not isinstance(token, str) or not token:
            # Not a verdict on the role: the next response may come from Vault itself.
            raise _Failure(f"{self.location}: log in: the response holds no token; {_FRONT_HINT}")
        self._redactor.add(token)
        return token

    def _logs_in_again(self, refusal: _Failure) -> bool:
        """Whether there is a new login in the place of a refused one, which may have ended in the middle of the run.

        A role that is refused itself is not tried again: repeated failed logins can lock it, and others use it too.
        """
        is_verdict = refusal.status == 403 and refusal.final
        if not (self._logged_in and is_verdict and self._may_log_in_again) or time.monotonic() < self._next_login:
            return False
        self._next_login = time.monotonic() + _LOGIN_PAUSE
        try:
            fresh = self._log_in()
        except _Failure as failure:
            self._may_log_in_again = not failure.final
            return False
        refused, self._token = self._token, fresh
        with contextlib.suppress(StoreError):
            # It may live, and be refused for another reason.
            self._call_once("log out", _log_out, token=refused)
        return True

    # Reading

    @property
    def seen(self) -> Mapping[str, t.Any] | None:
        # An empty document is what remove() leaves.
        return self._version.document or None

    def read(self) -> dict[str, t.Any] | None:
        attempts = _Attempts(self._attempts, None, self._warn)
        while True:
            try:
                self._remember(self._fetch())
                return dict(self._version.document) if self._version.document else None
            except _Failure as failure:
                failure.maybe_applied = False
                if failure.final or not attempts.wait(failure):
                    raise

    def _fetch(self) -> _Version:
        """The newest version, by one call. Only a response of Vault's own says that there is none.

        Raises _Failure, and StoreError where an engine stands that cannot hold a record.
        """
        answer = self._call(
            "read", lambda client: client.secrets.kv.v2.read_secret_version(self._path, mount_point=self._mount, raise_on_deleted_version=False), absent=True
        )
        if _part(answer, "errors") == []:
            return _NOTHING
        number, document = _part(answer, "data", "metadata", "version"), _part(answer, "data", "data")
        if not isinstance(number, int) or not (document is None or isinstance(document, dict)):
            raise StoreError(f"{self.location}: {self._mount} is not a key-value engine of version 2")
        return _Version(number, document, _epoch(_part(answer, "data", "metadata", "created_time")))

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
        self._redactor.add(*(wanted[key] for key in ("access_token", "refresh_token", "api_key") if isinstance(wanted.get(key), str)))
        attempts = _Attempts(self._attempts, insist_until, self._warn)
        maybe_applied = False
        while True:
            try:
                self._remember(self._put(wanted))
                return
            except _Failure as problem:
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
            self._call_once("delete", lambda client: client.secrets.kv.v2.delete_secret_versions(self._path, [number], mount_point=self._mount))

    def _put(self, document: dict[str, t.Any]) -> _Version:
        """Write the version that follows the one last seen, by one call."""
        expected = self._version.number
        answer = self._call(
            "write", lambda client: client.secrets.kv.v2.create_or_update_secret(self._path, document, cas=expected, mount_point=self._mount), absent=False
        )
        if _part(answer, "data", "version") != expected + 1:
            raise _Failure(f"{self.location}: write: the response does not name the version that was written; {_FRONT_HINT}", maybe_applied=True)
        return _Version(expected + 1, document, _epoch(_part(answer, "data", "created_time")))

    def _was_applied(self, wanted: dict[str, t.Any], insists: bool) -> bool:
        """Whether a write of which nobody knows has been done, as far as the store can be read now; raises Conflict when another run's was."""
        try:
            found = self._fetch()
        except StoreError as error:
            if not insists and not isinstance(error, _Failure):
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
        return self._clock.now()

    def age(self) -> float:
        if not self._version.number:
            return 0.0
        if self._version.created_at is None:
            return time.monotonic() - self._seen_since
        return max(self.now() - self._version.created_at, 0.0)

    # One call

    def _repeated(self, call: Callable[[], str]) -> str:
        """For a call that may be sent more than once."""
        attempts = _Attempts(self._attempts, None, self._warn)
        while True:
            try:
                return call()
            except _Failure as failure:
                if failure.final or not attempts.wait(failure):
                    raise

    def _call(self, what: str, work: Callable[[t.Any], t.Any], absent: bool = False) -> t.Any:
        """Make one call, once more with a new login where that was refused. Like _call_once()."""
        try:
            return self._call_once(what, work, absent)
        except _Failure as failure:
            if not self._logs_in_again(failure):
                raise
        return self._call_once(what, work, absent)

    def _call_once(self, what: str, work: Callable[[t.Any], t.Any], absent: bool = False, token: str | None = None) -> t.Any:
        """Make one call through hvac and return its document. Raises _Failure.

        absent: 404 with a document is a response too. token: in the place of the current one.
        """

        def exchange(session: requests.Session) -> requests.Response:
            # hvac looks for a token of its own (VAULT_TOKEN, ~/.vault-token) when it is given None. Its exceptions hide the status.
            client = self._hvac.Client(
                url=self._url,
                token=self._token if token is None else token,
                namespace=self._options["namespace"],
                session=session,
                verify=session.verify,
                timeout=self._timeout,
                allow_redirects=False,
                adapter=self._hvac.adapters.RawAdapter,
                ignore_exceptions=True,
            )
            return t.cast("requests.Response", work(client))

        call = f"{self.location}: {what}"
        try:
            response = self._connection.run_until(exchange, time.monotonic() + self._timeout)
        except DeadlineExceeded:
            raise _Failure(f"{call}: no complete response within {self._timeout:g} s", maybe_applied=self._connection.sent) from None
        except (requests.exceptions.RequestException, OSError, ValueError) as problem:
            raise self._broken(call, problem) from None
        self._clock.read(response.headers)
        return self._document(call, response, absent)

    def _broken(self, call: str, problem: Exception) -> _Failure:
        """The failure for a call that got no complete response."""
        words = self._safe(root_cause(problem))
        sent = self._connection.sent
        # A certificate, an address or a header that is refused here is refused next time, too.
        final = not sent and ("verify failed" in words or isinstance(problem, ValueError))
        return _Failure(f"{call}: {words}{_hint(problem, words)}", maybe_applied=sent, final=final)

    def _document(self, call: str, response: requests.Response, absent: bool) -> t.Any:
        status = response.status_code
        document = _parse(response.content)
        if status == 204 or (absent and status == 404 and isinstance(document, dict) and (document.get("errors") == [] or document.get("data"))):
            return document
        if status == 200 and isinstance(document, dict):
            return document
        if status == 200:
            content_type = response.headers.get("Content-Type", "").partition(";")[0]
            what = body_excerpt(response.content, content_type) if "html" in content_type.lower() else f"{len(response.content)} bytes that are not JSON"
            raise _Failure(f"{call}: HTTP 200 with {self._safe(what)}, which is not from Vault; {_FRONT_HINT}", maybe_applied=True)
        raise self._refusal(call, response, document)

    def _refusal(self, call: str, response: requests.Response, document: t.Any) -> _Failure:
        status = response.status_code
        errors = _part(document, "errors")
        self._redactor.learn(document)
        if isinstance(errors, list):
            words = " ".join(", ".join(map(str, errors)).split())
        else:
            words = body_excerpt(response.content, response.headers.get("Content-Type", ""))
        words = self._safe(words)
        pause = _retry_after(response)
        return _Failure(
            f"{call}: HTTP {status}{': ' if words else ''}{words}{self._refusal_hint(status, words, pause)}",
            status,
            maybe_applied=status not in _NOT_DONE and errors != _SEALED,
            final=300 <= status < 400 or (status in _FINAL and isinstance(errors, list)),
            pause=pause,
            mismatch=status == 400 and "check-and-set" in words,
        )

    def _refusal_hint(self, status: int, words: str, pause: float | None) -> str:
        """What to do about those refusals that users meet."""
        if 300 <= status < 400:
            return ", a redirect, which was refused: give the address of the active node in url"
        if status in (401, 403):
            rights = "read" if self._check_mode else "create, read and update"
            return f"; the token must be valid and have a policy with {rights} on {self._mount}/data/{self._path}"
        if status == 404:
            return f"; there is no key-value engine of version 2 at {self._mount}"
        if "sealed" in words.lower():
            return "; it is sealed: unseal it first"
        return "" if pause is None else f" (the server asks to wait {pause:g} s)"

    def _safe(self, words: str) -> str:
        return self._redactor.redact_words(words)[:MAX_EXCERPT_CHARACTERS]


_FRONT_HINT = "is this the address of Vault's API, and does nothing in front of it answer in its place?"


def _log_out(client: t.Any) -> t.Any:
    return client.auth.token.revoke_self()


def _part(document: t.Any, *keys: str) -> t.Any:
    """What stands in a document under these keys, one inside of the other; None where there is nothing."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _parse(content: bytes) -> t.Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _epoch(text: t.Any) -> float | None:
    """Epoch seconds of a time as Vault writes it, with nanoseconds; None for anything else."""
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(lambda found: found.group(1).ljust(7, "0"), text.strip().replace("Z", "+00:00")))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (AttributeError, ValueError, OverflowError):
        return None


def _retry_after(response: requests.Response) -> float | None:
    """The pause in seconds that the server asks for; a date is not read, since Vault writes none."""
    value = response.headers.get("Retry-After", "").strip()
    return float(value) if re.fullmatch(r"[0-9]{1,9}", value) else None


def _hint(problem: Exception, words: str) -> str:
    """What to do about a connection that does not come about."""
    if "verify failed" in words:
        return "; give the CA that signed it in store.vault.ca_path"
    if isinstance(problem, requests.exceptions.ConnectionError) and not isinstance(problem, requests.exceptions.ProxyError):
        return "; is the address in store.vault.url right, and is the server up?"
    return ""


def _import_hvac() -> t.Any:
    """hvac, imported only by those who use it: not everybody has it, and that takes half as long as a whole token task without it."""
    try:
        import hvac
        import hvac.adapters
    except ImportError:
        raise StoreError("store.vault needs the Python library hvac where the module runs; install it with: python3 -m pip install hvac") from None
    return hvac


def _vault_url(url: str | None) -> str:
    if not url:
        raise StoreError("store.vault.url is required (or VAULT_ADDR)")
    try:
        checked = check_url(url if "://" in url else f"https://{url}", "store.vault.url", allow_http=True)
    except ApiError as error:
        raise StoreError(error.message) from None
    parts = urlsplit(checked)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise StoreError(f"store.vault.url: {checked} would send secrets unencrypted; use https")
    return checked
