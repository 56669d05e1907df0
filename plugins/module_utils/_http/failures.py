# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed attempt means: whether the request may have been carried out, whether to try again, and the sentence for the user."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Mapping
from http.client import HTTPException

from .._errors import ApiError
from .._time import from_http_date
from .body import BodyIncomplete, BodyTooLarge, BodyUnreadable
from .connection import DeadlineExceeded
from .exchange import Exchange, SinkFailed
from .messages import body_excerpt, error_details, root_cause, safe_location
from .trust import CA_VARIABLES, TrustStore

try:
    import requests
except ImportError:
    # Whoever makes a client checks REQUESTS_IMPORT_ERROR first.
    pass

# Only these prove that a request was not carried out: by RFC 9110 (and 6585 for 429) the server has refused the request itself, before
# doing anything; 450 is Command Center's refusal to renew. After any other status, also one that nobody knows, it may have been.
NOT_APPLIED_STATUSES = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 429, 450})
_RETRIED_STATUSES = frozenset({429, 502, 503})
_RETRIED_WHERE_REPEATABLE = _RETRIED_STATUSES | {500, 504}

_SECONDS = re.compile(r"[0-9]{1,9}")
_PROXY_REFUSAL = re.compile(r"connection failed: 4")
_HINTS = {
    403: "Check that the role of the user, or the scope of the token, allows this call.",
    429: "The server limits the rate of requests: try again later, or run fewer of these tasks at the same time.",
    500: "The server failed by itself: try again, and if it keeps failing, look at its log.",
}
_REDIRECT_HINT = "credentials only go to the address that was given; give the final address instead"
_SLOW_HINT = "If the server is only slow, raise timeout; otherwise check its load and the network in between."
_UNREACHABLE_HINT = "Check the address and port, and the firewalls between."

Shown = Callable[[str], str]


class Retries(t.NamedTuple):
    """What allows another attempt.

    repeatable: the request may be carried out twice. send_once: one that was sent is never sent again. apply_once: the same, unless the
    server says that it has not looked at it: 429, or 503 with a time to come back. is_precious: whether a response holds what a further
    attempt would lose, whatever its status says.
    """

    repeatable: bool
    send_once: bool
    apply_once: bool
    is_precious: Callable[[ApiError], bool] = lambda _error: False


class Failure(Exception):
    """The error of one attempt, with what decides on the next attempt.

    unsent: nothing has left this machine. final: another attempt would end the same way. pause: the seconds that the server asks to wait.
    """

    def __init__(self, error: ApiError, *, unsent: bool = False, final: bool = False, pause: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.unsent = unsent
        self.final = final
        self.pause = pause

    def may_retry(self, rules: Retries) -> bool:
        status = self.error.status
        if rules.is_precious(self.error):
            return False
        if self.unsent or self.final:
            return not self.final
        if rules.apply_once:
            return status == 429 or (status == 503 and self.pause is not None)
        if rules.send_once:
            return False
        if status is None:
            return rules.repeatable
        return status in (_RETRIED_WHERE_REPEATABLE if rules.repeatable else _RETRIED_STATUSES)


def broken_exchange(exchange: Exchange, problem: Exception, store: TrustStore | None, shown: Shown) -> Failure | None:
    """The failure for an exchange without a complete response; None for a problem that is not the network's or the server's."""
    request, label = exchange.request, exchange.request.label
    words = shown(root_cause(problem))
    if isinstance(problem, BodyTooLarge):
        return _arrived(exchange, f"the response is larger than {request.limit / 2**20:g} MiB and was refused", final=True)
    if isinstance(problem, SinkFailed):
        return _arrived(exchange, f"the response could not be written: {words}", final=True)
    if isinstance(problem, BodyUnreadable):
        return _arrived(exchange, f"HTTP {exchange.status}: {words}", final=True)
    if not isinstance(problem, (DeadlineExceeded, BodyIncomplete, HTTPException, requests.exceptions.RequestException, OSError, ValueError)):
        return None
    if isinstance(problem, (DeadlineExceeded, requests.exceptions.Timeout)) or "timed out" in words:
        return _timed_out(exchange, isinstance(problem, DeadlineExceeded))
    if exchange.sent:
        return _arrived(exchange, f"the connection broke before the response was complete: {words}")
    return _no_connection(label, problem, words, store)


def _timed_out(exchange: Exchange, at_deadline: bool) -> Failure:
    request = exchange.request
    late = f"no complete response within {request.seconds:g} s"
    if exchange.is_streamed:
        late = "the response was not complete when the time limit of the whole operation passed" if at_deadline else f"no data for {request.silence:g} s"
    if exchange.sent:
        return _arrived(exchange, late, hint=_SLOW_HINT)
    what = late if at_deadline else "no connection: the server did not accept one in time"
    return Failure(ApiError(f"{request.label}: {what}", hint=_UNREACHABLE_HINT), unsent=not at_deadline)


def _arrived(exchange: Exchange, what: str, final: bool = False, hint: str = "") -> Failure:
    """The failure after the request was sent."""
    error = ApiError(f"{exchange.request.label}: {what}", maybe_applied=True, body=exchange.kept_body(), hint=hint)
    return Failure(error, final=final)


def _no_connection(label: str, problem: Exception, words: str, store: TrustStore | None) -> Failure:
    """The failure before anything was sent."""
    if isinstance(problem, requests.exceptions.SSLError):
        return Failure(ApiError(f"{label}: TLS failed: {words}; {_tls_hint(words, store)}"), final=True)
    if isinstance(problem, requests.exceptions.ProxyError):
        # A proxy that wants other credentials, or forbids the address, says the same next time.
        refused = _PROXY_REFUSAL.search(words) is not None
        return Failure(ApiError(f"{label}: the proxy that the environment names failed: {words}"), unsent=not refused, final=refused)
    if isinstance(problem, requests.exceptions.ConnectionError):
        return Failure(ApiError(f"{label}: no connection: {words}"), unsent=True)
    return Failure(ApiError(f"{label}: the request could not be made: {words}"), final=True)


def refused_status(exchange: Exchange, learn: Callable[[t.Any], None], shown: Shown, now: float) -> Failure:
    """The failure for a status that the caller does not accept, in the server's own words. now: the server's time."""
    status, label = t.cast(int, exchange.status), exchange.request.label
    maybe_applied = status not in NOT_APPLIED_STATUSES
    if 300 <= status < 400:
        target = shown(safe_location(exchange.headers.get("Location")))
        message = f"{label}: HTTP {status} redirects to {target}, which was refused: {_REDIRECT_HINT}"
        return Failure(ApiError(message, status, maybe_applied=maybe_applied, body=exchange.kept_body()), final=True)
    try:
        document = json.loads(exchange.content)
        learn(document)
        code, words = error_details(document)
    except (ValueError, RecursionError):
        code, words = None, body_excerpt(bytes(exchange.content), exchange.headers.get("Content-Type", ""))
    words = shown(words)
    code = shown(code) if isinstance(code, str) else code
    named = "" if code in (None, "") or str(code) == str(status) else f" {code}"
    message = f"{label}: HTTP {status}{named}" + (f": {words}" if words else "")
    pause = _pause(status, exchange.headers, now)
    if pause is not None:
        message += f" (the server asks to wait {pause:g} s)"
    error = ApiError(message, status, code, maybe_applied, body=exchange.kept_body(), hint=_HINTS.get(status, ""))
    # A success that is not the one that was asked for will not become one.
    return Failure(error, final=status < 400, pause=pause)


def no_json(exchange: Exchange, shown: Shown) -> Failure:
    """The failure for an accepted status whose body is not JSON. The body is never quoted: it may hold a fresh token."""
    kind = shown(exchange.headers.get("Content-Type", "").partition(";")[0]) or "no content type"
    what = f"{len(exchange.content)} bytes of {kind} that are not JSON" if exchange.content.strip() else "an empty body"
    hint = "is this the address of the API, and is no maintenance page or proxy in front of it?"
    message = f"{exchange.request.label}: HTTP {exchange.status} with {what}; {hint}"
    return Failure(ApiError(message, exchange.status, maybe_applied=True, body=exchange.kept_body()), final=True)


def _tls_hint(words: str, store: TrustStore | None) -> str:
    """What to do about a connection that could not be secured."""
    if "mismatch" in words or "doesn't match" in words or "not valid for" in words:
        return "use a name that appears in the server's certificate"
    if "expired" in words:
        return "have the server's certificate renewed"
    if store is not None and "no certificate or crl" in words.lower():
        return f"{store.path} (from {store.source}) holds no certificate in PEM form"
    if store is not None and "verify failed" in words:
        variable = f", or unset or change {store.source}" if store.source in CA_VARIABLES else ""
        hint = f"give the CA that signed the server's certificate in ca_path{variable}"
        return f"the certificate was verified against {store.path} (from {store.source}): {hint}"
    return "is this the port that speaks TLS?"


def _pause(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """The pause that the server asks for, in seconds. The vendor's SaaS names the period of its limit instead of a pause."""
    value = headers.get("Retry-After", "").strip()
    if not value and status == 429:
        value = headers.get("X-RateLimit-Period", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        return max(from_http_date(value) - now, 0.0)
    except ValueError:
        return None
