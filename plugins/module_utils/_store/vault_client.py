# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to HashiCorp Vault or OpenBao: the connection, the login and its replacement, and what a failed call means."""

from __future__ import annotations

import contextlib
import json
import re
import time
import typing as t
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.addresses import check_url, is_loopback
from .._http.client import USER_AGENT
from .._http.clock import ServerClock
from .._http.connection import Connection, DeadlineExceeded
from .._http.messages import MAX_EXCERPT_CHARACTERS, body_excerpt, root_cause
from .._redact import Redactor
from .errors import StoreError
from .vault_attempts import Attempts, Failure

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
# Between two logins in the place of one that was refused.
_LOGIN_PAUSE = 5.0
_SECRET_KEYS = ("client_token", "secret_id", "access_token", "refresh_token", "api_key")
FRONT_HINT = "is this the address of Vault's API, and does nothing in front of it answer in its place?"


class VaultClient:
    """Calls to the key-value engine that holds the record, with the token that was given or with a login of this task's own.

    options: store.vault. timeout: seconds for each call. retries: further attempts of the login; of the calls, it makes one attempt each.
    check_mode: whether a message about a refusal asks for the right to read alone. location: the record, as messages name it.
    """

    def __init__(self, options: Mapping[str, t.Any], *, timeout: float, retries: int, use_proxy: bool, check_mode: bool, warn: Callable[[str], None]) -> None:
        self._hvac = _import_hvac()
        self._options = options
        self._url = _vault_url(options["url"])
        self.mount = (options["mount"] or "secret").strip("/")
        self.path = (options["path"] or "").strip("/")
        self.location = f"The store {self._url}, path {self.mount}/{self.path}"
        if not self.path:
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
        self._clock = ServerClock()

    def __enter__(self) -> VaultClient:
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
                self.call_once("log out", _log_out)
        except StoreError as error:
            self._warn(f"The login of this task was not ended: {error.message}")
        finally:
            self._connection.close()

    def protect(self, secrets: Iterable[str]) -> None:
        """Keep these out of messages."""
        self._redactor.add(*secrets)

    def now(self) -> float:
        """The server's time in epoch seconds, from the Date of its last response; this machine's before there was one."""
        return self._clock.now()

    # The login

    def _log_in(self) -> str:
        """The token of a new login, by one call. Raises Failure."""
        login = self.call_once("log in", lambda client: client.auth.approle.login(self._options["role_id"], self._options["secret_id"], use_token=False))
        token = part(login, "auth", "client_token")
        if not isinstance(token, str) or not token:
            # Not a verdict on the role: the next response may come from Vault itself.
            raise Failure(f"{self.location}: log in: the response holds no token; {FRONT_HINT}")
        self._redactor.add(token)
        return token

    def _logs_in_again(self, refusal: Failure) -> bool:
        """Whether there is a new login in the place of a refused one, which may have ended in the middle of the run.

        A role that is refused itself is not tried again: repeated failed logins can lock it, and others use it too.
        """
        is_verdict = refusal.status == 403 and refusal.final
        if not (self._logged_in and is_verdict and self._may_log_in_again) or time.monotonic() < self._next_login:
            return False
        self._next_login = time.monotonic() + _LOGIN_PAUSE
        try:
            fresh = self._log_in()
        except Failure as failure:
            self._may_log_in_again = not failure.final
            return False
        refused, self._token = self._token, fresh
        with contextlib.suppress(StoreError):
            # It may live, and be refused for another reason.
            self.call_once("log out", _log_out, token=refused)
        return True

    # One call

    def _repeated(self, call: Callable[[], str]) -> str:
        """For a call that may be sent more than once."""
        attempts = Attempts(self._attempts, None, self._warn)
        while True:
            try:
                return call()
            except Failure as failure:
                if failure.final or not attempts.wait(failure):
                    raise

    def call(self, what: str, work: Callable[[t.Any], t.Any], absent: bool = False) -> t.Any:
        """Make one call, once more with a new login where that was refused. Like call_once()."""
        try:
            return self.call_once(what, work, absent)
        except Failure as failure:
            if not self._logs_in_again(failure):
                raise
        return self.call_once(what, work, absent)

    def call_once(self, what: str, work: Callable[[t.Any], t.Any], absent: bool = False, token: str | None = None) -> t.Any:
        """Make one call through hvac and return its document. Raises Failure.

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
            raise Failure(f"{call}: no complete response within {self._timeout:g} s", maybe_applied=self._connection.sent) from None
        except (requests.exceptions.RequestException, OSError, ValueError) as problem:
            raise self._broken(call, problem) from None
        self._clock.read(response.headers)
        return self._document(call, response, absent)

    def _broken(self, call: str, problem: Exception) -> Failure:
        """The failure for a call that got no complete response."""
        words = self._safe(root_cause(problem))
        sent = self._connection.sent
        # A certificate, an address or a header that is refused here is refused next time, too.
        final = not sent and ("verify failed" in words or isinstance(problem, ValueError))
        return Failure(f"{call}: {words}{_hint(problem, words)}", maybe_applied=sent, final=final)

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
            raise Failure(f"{call}: HTTP 200 with {self._safe(what)}, which is not from Vault; {FRONT_HINT}", maybe_applied=True)
        raise self._refusal(call, response, document)

    def _refusal(self, call: str, response: requests.Response, document: t.Any) -> Failure:
        status = response.status_code
        errors = part(document, "errors")
        self._redactor.learn(document)
        if isinstance(errors, list):
            words = " ".join(", ".join(map(str, errors)).split())
        else:
            words = body_excerpt(response.content, response.headers.get("Content-Type", ""))
        words = self._safe(words)
        pause = _retry_after(response)
        return Failure(
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
            return f"; the token must be valid and have a policy with {rights} on {self.mount}/data/{self.path}"
        if status == 404:
            return f"; there is no key-value engine of version 2 at {self.mount}"
        if "sealed" in words.lower():
            return "; it is sealed: unseal it first"
        return "" if pause is None else f" (the server asks to wait {pause:g} s)"

    def _safe(self, words: str) -> str:
        return self._redactor.redact_words(words)[:MAX_EXCERPT_CHARACTERS]


def _log_out(client: t.Any) -> t.Any:
    return client.auth.token.revoke_self()


def part(document: t.Any, *keys: str) -> t.Any:
    """What stands in a document under these keys, one inside of the other; None where there is nothing."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _parse(content: bytes) -> t.Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
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
