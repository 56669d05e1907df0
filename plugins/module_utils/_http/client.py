# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import json
import re
import time
import typing as t
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from .._errors import (
    MAX_EXCERPT_CHARACTERS,
    ApiError,
    body_excerpt,
    error_details,
    root_cause,
    safe_location,
)
from .._redact import Redactor
from .connection import (
    MAX_BODY_BYTES,
    BodyTooLarge,
    Connection,
    DeadlineExceeded,
    send,
)

try:
    import requests
except ImportError:
    # Who makes a client looks at REQUESTS_IMPORT_ERROR before.
    pass

# The firewall in front of the vendor's SaaS refuses the default name of the requests library.
USER_AGENT = "dataprotection.access/1.0.0 (Ansible collection)"
HEADERS = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
# A day. The platform's timers do not reach much further than some decades, and nan is no time.
_LONGEST_TIMEOUT = 86400

_RETRIED_STATUSES = {429, 502, 503}
_RETRIED_FOR_GET = _RETRIED_STATUSES | {500, 504}
# After one of these the server, or one behind it, may have done the work all the same.
_AMBIGUOUS_STATUSES = {408, 500, 502, 503, 504}


class Response(t.NamedTuple):
    """What a server answered: the status and the JSON document, or the text where the call asked for text.

    maybe_applied: an earlier attempt of the same request may have been carried out too.
    """

    status: int
    data: t.Any
    maybe_applied: bool = False


class HttpClient:
    """One HTTPS connection to one server, with the rules that keep credentials where they belong.

    base_url: scheme, host, port and path before the paths of the requests. ca_path: file or folder. timeout: seconds for one whole
    exchange, its retries included. retries: further attempts. warn: is called with one sentence for each retry.
    """

    def __init__(
        self,
        base_url: str,
        *,
        validate_certs: bool = True,
        ca_path: str | None = None,
        timeout: float = 30,
        retries: int = 3,
        use_proxy: bool = True,
        warn: Callable[[str], None] = lambda _message: None,
        redactor: Redactor | None = None,
    ) -> None:
        if not 0 < timeout <= _LONGEST_TIMEOUT or retries < 0:
            raise ApiError(f"timeout must be more than 0 and at most {_LONGEST_TIMEOUT} seconds, and retries not negative")
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self.retries = retries
        self.warn = warn
        self.redactor = redactor or Redactor()
        self._clock: tuple[float, float] | None = None
        self._connection = Connection(self.base_url, validate_certs=validate_certs, ca_path=ca_path, use_proxy=use_proxy, headers=HEADERS)
        self.redactor.add(*self._connection.proxy_passwords())

    def close(self) -> None:
        """Close the connection; a later request would open a new one."""
        self._connection.close()

    def server_time(self) -> float:
        """The server's time in epoch seconds, from the last Date header; this machine's time before there was one."""
        if self._clock is None:
            return time.time()
        server, local = self._clock
        return server + (time.monotonic() - local)

    def safe_excerpt(self, words: str) -> str:
        """A server's words as they may be shown: without secrets, and not too many."""
        return self.redactor.redact(words)[:MAX_EXCERPT_CHARACTERS]

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, t.Any] | None = None,
        headers: Mapping[str, str] | None = None,
        send_once: bool = False,
        text: bool = False,
    ) -> Response:
        """Send one request and return its answer, after as many retries as the rules allow.

        send_once: True for a request that must reach the server once at the most (a login, a renewal): it is only tried again when no
        connection came about. text: the answer need not be JSON. Raises ApiError, also for every status of 300 and above.
        """
        deadline = time.monotonic() + self.timeout
        maybe_applied = False
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._exchange(method, path, body, headers, text, deadline)._replace(maybe_applied=maybe_applied)
            except _Failure as failure:
                maybe_applied = maybe_applied or failure.error.maybe_applied
                failure.error.maybe_applied = maybe_applied
                pause = failure.pause if failure.pause is not None else min(0.25 * 2**attempt, 8.0)
                may_retry = failure.unsent or (not send_once and failure.may_retry(method))
                if not may_retry or attempt > self.retries or time.monotonic() + pause >= deadline:
                    raise failure.error from None
                self.warn(f"{failure.error.message}; attempt {attempt + 1} of {self.retries + 1} follows in {pause:g} s")
                time.sleep(pause)

    def _exchange(self, method: str, path: str, body: Mapping[str, t.Any] | None, headers: Mapping[str, str] | None, text: bool, deadline: float) -> Response:
        url = self.base_url + path
        call = f"{method} {url.partition('?')[0]}"
        connection = self._connection
        try:
            response, content = connection.run_until(lambda session: send(session, method, url, body, headers, deadline), deadline)
        except DeadlineExceeded:
            raise _Failure(f"{call}: no complete answer within {self.timeout:g} s", maybe_applied=connection.sent) from None
        except BodyTooLarge:
            raise _Failure(f"{call}: the answer is larger than {MAX_BODY_BYTES // 2**20} MiB and was refused", maybe_applied=True, final=True) from None
        except (requests.exceptions.RequestException, OSError, ValueError) as problem:
            raise self._failure(call, problem, connection.sent) from None
        self._read_clock(response)
        if 300 <= response.status_code < 400:
            raise _Failure(
                f"{call}: HTTP {response.status_code} redirects to {self.safe_excerpt(safe_location(response.headers.get('Location')))}, which was refused: "
                "credentials only go to the address that was given; give the final address instead",
                status=response.status_code,
                final=True,
            )
        if response.status_code >= 400:
            raise self._refusal(call, response, content)
        if text:
            return Response(response.status_code, content.decode("utf-8", "replace"))
        return Response(response.status_code, self._parse(call, response, content))

    def _failure(self, call: str, problem: Exception, sent: bool) -> _Failure:
        """The sentence for an exchange without a complete answer. sent: the request may have reached the server."""
        words = self.safe_excerpt(root_cause(problem))
        if isinstance(problem, requests.exceptions.Timeout) or "timed out" in words:
            what = f"no complete answer within {self.timeout:g} s" if sent else "no connection: the server did not accept one in time"
            return _Failure(f"{call}: {what}", maybe_applied=sent, unsent=not sent)
        if sent:
            return _Failure(f"{call}: the connection broke before the answer was complete: {words}", maybe_applied=True)
        if isinstance(problem, requests.exceptions.SSLError):
            return _Failure(f"{call}: TLS failed: {words}; {_tls_hint(words)}", final=True)
        if isinstance(problem, requests.exceptions.ProxyError):
            # A proxy that wants other credentials, or forbids the address, says the same next time.
            refused = "connection failed: 4" in words
            return _Failure(f"{call}: the proxy that the environment names failed: {words}", unsent=not refused, final=refused)
        if isinstance(problem, requests.exceptions.ConnectionError):
            return _Failure(f"{call}: no connection: {words}", unsent=True)
        return _Failure(f"{call}: the request could not be made: {words}", final=True)

    def _refusal(self, call: str, response: requests.Response, content: bytes) -> _Failure:
        status = response.status_code
        try:
            document = json.loads(content)
            self.redactor.learn(document)
            code, words = error_details(document)
        except (ValueError, RecursionError):
            code, words = None, body_excerpt(content, response.headers.get("Content-Type", ""))
        words = self.safe_excerpt(words)
        code = self.safe_excerpt(code) if isinstance(code, str) else code
        label = " ".join(str(part) for part in ("HTTP", status, code) if part not in (None, ""))
        message = f"{call}: {label}: {words}" if words else f"{call}: {label}"
        pause = _retry_after(response, self.server_time())
        if pause is not None:
            message += f" (the server asks to wait {pause:g} s)"
        return _Failure(message, status=status, code=code, maybe_applied=status in _AMBIGUOUS_STATUSES, pause=pause)

    def _parse(self, call: str, response: requests.Response, content: bytes) -> t.Any:
        """The JSON document of a successful answer. Its body is never quoted: it may hold a fresh token."""
        try:
            document = json.loads(content)
            self.redactor.learn(document)
            return document
        except (ValueError, RecursionError):
            kind = self.safe_excerpt(response.headers.get("Content-Type", "").partition(";")[0]) or "no content type"
            what = "an empty body" if not content.strip() else f"{len(content)} bytes of {kind} that are not JSON"
            hint = "is this the address of the API, and is no maintenance page or proxy in front of it?"
            raise _Failure(
                f"{call}: HTTP {response.status_code} with {what}; {hint}",
                status=response.status_code,
                maybe_applied=True,
                final=True,
            ) from None

    def _read_clock(self, response: requests.Response) -> None:
        try:
            self._clock = (parsedate_to_datetime(response.headers["Date"]).timestamp(), time.monotonic())
        except (KeyError, TypeError, ValueError):
            pass


class _Failure(Exception):
    """One attempt's error, with what decides on the next attempt."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | int | None = None,
        maybe_applied: bool = False,
        unsent: bool = False,
        final: bool = False,
        pause: float | None = None,
    ) -> None:
        super().__init__(message)
        self.error = ApiError(message, status, code, maybe_applied)
        self.unsent = unsent
        self.final = final
        self.pause = pause

    def may_retry(self, method: str) -> bool:
        if self.final:
            return False
        if self.error.status is None:
            return method == "GET"
        return self.error.status in (_RETRIED_FOR_GET if method == "GET" else _RETRIED_STATUSES)


def check_url(url: str, option: str, allow_http: bool = False) -> str:
    """Return the URL without a trailing slash; raise ApiError when it is not one that credentials may be sent to."""
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ApiError(f"{option}: this is not a valid address") from None
    # Wherever it stands: of user:12/34@host everything from the slash on would be read as a path.
    if "@" in url:
        # The address is not repeated: it holds a password.
        raise ApiError(f"{option}: credentials in the address are refused; give them in the options of their own")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid or re.search(r"[\s\\\x00-\x1f]", url):
        raise ApiError(f"{option}: {url!r} is not a host name or https address")
    if parts.query or parts.fragment:
        raise ApiError(f"{option}: an address with a query or a fragment is refused")
    if parts.scheme == "http" and not allow_http:
        raise ApiError(f"{option}: {url} would send the credentials unencrypted; use https" + (", or set allow_http" if option == "url" else ""))
    return url.rstrip("/")


def check_secret(value: t.Any, what: str, call: str) -> str:
    """Return the token that an answer holds; raise ApiError when it is not one that can stand in a header."""
    if not isinstance(value, str) or not value.strip():
        raise ApiError(f"{call}: the answer holds no {what}", maybe_applied=True)
    if not value.isprintable() or not value.isascii():
        raise ApiError(f"{call}: the {what} in the answer holds characters that cannot stand in a header", maybe_applied=True)
    return value


def _tls_hint(words: str) -> str:
    """What to do about a connection that could not be secured."""
    if "mismatch" in words or "doesn't match" in words or "not valid for" in words:
        return "use a name that stands in the server's certificate"
    if "expired" in words:
        return "have the server's certificate renewed"
    if "no certificate or crl" in words.lower():
        return "the file of CAs (ca_path, REQUESTS_CA_BUNDLE or SSL_CERT_FILE) holds no certificate in PEM form"
    if "verify failed" in words:
        return "give the CA that signed the server's certificate in ca_path"
    return "is this the port that speaks TLS?"


def _retry_after(response: requests.Response, now: float) -> float | None:
    """The pause that the server asks for, in seconds."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - now, 0.0)
    except (TypeError, ValueError):
        return None
