# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls with an access token or a login: what a refusal means, and what is tried in the place of a refused credential."""

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.client import Response
from .._http.messages import body_excerpt
from .._store.format import DamagedToken
from .inner_errors import error_of_any_call, is_html, xml_document
from .server import Server
from .token import HEADER_FORMS, Token, from_stored

_LARGEST_ERROR_BYTES = 64 * 1024
_NO_SUCH_OBJECT = ("does not exist", "not found", "no such")


class Caller:
    """Sends requests to one server with one credential, which is replaced at most once for each request.

    token: an access token; without one, the login of the server. renew: exchanges a stored token whose end has passed for its successor;
    None where that is not allowed. keep: is given the token with the form in which it was accepted, when that is news. actions: what was
    done about the credential.
    """

    def __init__(
        self, server: Server, token: Token | None, renew: Callable[[Token], Token] | None = None, keep: Callable[[Token], None] = lambda _token: None
    ) -> None:
        self.server = server
        self.actions: list[str] = []
        self._renew = renew
        self._keep = keep
        self._token: Token | None = None
        if token is not None:
            self._carry(token)

    def call(self, method: str, path: str, *, headers: Mapping[str, str], **request: t.Any) -> Response:
        """One request, and once more where its credential was refused and another one can be had. Raises ApiError.

        A request that was refused with 401 was not carried out, so a write is repeated too. request: as in HttpClient.request.
        """
        credential = self._first_credential()
        try:
            return self._send(method, path, {**headers, **credential}, request)
        except ApiError as error:
            if error.status != 401:
                raise
            refusal = error
        try:
            response = self._send_otherwise(method, path, headers, request, refusal)
        except ApiError as error:
            # What the refused attempt was not, one before it may have been (502, then 401).
            error.maybe_applied = error.maybe_applied or refusal.maybe_applied
            raise
        return response._replace(maybe_applied=response.maybe_applied or refusal.maybe_applied)

    def _send_otherwise(self, method: str, path: str, headers: Mapping[str, str], request: Mapping[str, t.Any], refusal: ApiError) -> Response:
        """The request in another form of its credential, or with another credential."""
        for form in self._other_forms():
            try:
                response = self._send(method, path, {**headers, **t.cast(Token, self._token).headers(form)}, request)
            except ApiError as error:
                if error.status != 401:
                    raise
                refusal.maybe_applied = refusal.maybe_applied or error.maybe_applied
            else:
                self._token = t.cast(Token, self._token)._replace(auth_header=form)
                self._keep(self._token)
                return response
        try:
            fresh = self._replaced(refusal)
        except ApiError as error:
            # What became of the login or the renewal says nothing about the request.
            error.maybe_applied = refusal.maybe_applied
            raise
        try:
            return self._send(method, path, {**headers, **fresh}, request)
        except ApiError as error:
            if error.status != 401:
                raise
            raise error.explained(
                "A new credential was refused too: this user may not call this path, or the server accepts no such credential there"
            ) from None

    def _send(self, method: str, path: str, headers: Mapping[str, str], request: Mapping[str, t.Any]) -> Response:
        response = self.server.client.request(method, path, headers=headers, text=True, **request)
        if 200 <= response.status < 300:
            start = _start_of(response, request.get("sink"))
            document = _document(response.content or start)
            if document is None:
                self._check_page(method, path, headers, response, start)
            try:
                self.server.check_error(method, path, response, error_of_any_call(document, response.status))
            except ApiError as error:
                if says_gone(error):
                    # This attempt has found nothing to do; one before it may have done it.
                    error.maybe_applied = response.maybe_applied
                raise
        return response

    def _check_page(self, method: str, path: str, headers: Mapping[str, str], response: Response, start: bytes) -> None:
        """Raise ApiError for a page for people, unless one was asked for: during a maintenance, it may come with HTTP 200."""
        wanted = next((value for name, value in headers.items() if name.lower() == "accept"), "")
        content_type = response.headers.get("Content-Type", "")
        if "html" in wanted.lower() or not is_html(start, content_type):
            return
        page = self.server.client.safe_excerpt(body_excerpt(start, "html"))
        raise ApiError(
            f"{method} {self.server.url}{path}: the response is {page}, though with HTTP {response.status}; is this the address of the API, and is no "
            "maintenance page in front of it? Where a page is wanted, set the header Accept to text/html",
            response.status,
            maybe_applied=response.maybe_applied or method not in ("GET", "HEAD"),
        )

    def _first_credential(self) -> dict[str, str]:
        try:
            return self._credential()
        except ApiError as error:
            # The login may have been carried out; the request was not even sent.
            error.maybe_applied = False
            raise

    def _credential(self) -> dict[str, str]:
        if self._token is not None:
            return self._token.headers(self.server.auth_header)
        if not self.server.has_login:
            self.actions.append("authenticated")
        return self.server.login_headers()

    def _other_forms(self) -> Iterator[str]:
        """The forms in which the refused token was not sent: unless its end has passed, or the user has said which form it is."""
        if self._token is not None and self.server.auth_header is None and not self._has_ended(self._token):
            used = self._token.auth_header or "bearer"
            yield from (form for form in HEADER_FORMS if form != used)

    def _has_ended(self, token: Token) -> bool:
        return token.expires_at is not None and token.expires_at <= self.server.server_time()

    def _replaced(self, refusal: ApiError) -> dict[str, str]:
        """The header of another credential; raises the refusal, with the reason, where there is none."""
        token = self._token
        if token is not None and self._renew is not None and self._has_ended(token):
            self._carry(self._renew(token))
            self.actions.append("renewed")
            return self._credential()
        if not self.server.can_log_in:
            raise refusal.explained(self._reason()) from None
        self._token = None
        headers = self.server.log_in_again()
        self.actions.append("reauthenticated")
        return headers

    def _reason(self) -> str:
        """Why a refused credential was not replaced."""
        token = self._token
        if token is None:
            return "The login was not accepted, and there is no user name and password, or only a one-time password, to log in with again"
        if not self._has_ended(token):
            return "The access token was not accepted, though its end is not known to have passed: it may have been revoked, or may not call this path"
        return "The access token has expired, and neither a store to renew it in nor a login is given"

    def _carry(self, token: Token) -> None:
        self.server.client.redactor.add(token.access_token, token.refresh_token)
        self._token = token


def given_token(values: Mapping[str, t.Any] | None, server: str) -> Token | None:
    """The token in a dict as the module returned it; None where its secret is missing, as in check mode.

    server: the base address of the API. Raises ApiError for a token of another server: nothing has been sent by then.
    """
    if not values or not values.get("access_token"):
        return None
    try:
        token = from_stored(values)
    except DamagedToken as damage:
        raise ApiError(f"token: {damage} cannot be what the module has returned; hand back the dict as it was") from None
    check_server("token", values.get("server"), server)
    return token


def check_server(option: str, theirs: t.Any, ours: str) -> None:
    """Raise ApiError unless a token was issued by the server that is called: its secret goes to no other one."""
    if not isinstance(theirs, str) or not theirs:
        raise ApiError(f"{option}: its server is missing, so it is not known where it belongs; hand back what the module has returned")
    if _origin(theirs) != _origin(ours):
        raise ApiError(f"{option}: it belongs to server {theirs!r}, not to {ours!r}, so nothing was sent")


def says_gone(error: ApiError) -> bool:
    """Whether the server says that there is no such object, with a status or inside HTTP 200."""
    said = error.message.partition(": HTTP ")[2].lower()
    return error.status == 404 or (error.status == 200 and any(words in said for words in _NO_SUCH_OBJECT))


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url
    return parts.scheme.lower(), parts.netloc.lower()


def _start_of(response: Response, sink: t.BinaryIO | None) -> bytes:
    """The start of a response, also of one that went to a file: all of it, where it is small enough to be an error."""
    if sink is None:
        return response.content[:_LARGEST_ERROR_BYTES]
    sink.flush()
    sink.seek(0)
    start = sink.read(_LARGEST_ERROR_BYTES)
    sink.seek(0, os.SEEK_END)
    return start


def _document(content: bytes) -> t.Any:
    """The JSON document of a response; of an XML document what may be an error in it; None for anything else."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return xml_document(content[:_LARGEST_ERROR_BYTES]) if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else None
