# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls below V4/AccessToken: list, create, update, revoke and renew access tokens."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._errors import ApiError
from .._http.client import Response, check_secret
from .server import Server
from .token import Token, from_wire, to_wire, with_defaults

TOKENS_PATH = "/V4/AccessToken"


class AccessTokens:
    """The access tokens that a login may see and manage."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def server_time(self) -> float:
        return self.server.server_time()

    def listing(self, user_id: int | None = None) -> list[Token]:
        """Every token that the login may see, without secrets."""
        query = "" if user_id is None else f"?userId={user_id}"
        answer = self._authenticated("GET", TOKENS_PATH + query)
        listed = answer.get("tokens")
        if listed is None:
            listed = []
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise ApiError(f"GET {self.server.url}{TOKENS_PATH}: the answer holds no list of tokens")
        return [from_wire(entry) for entry in listed]

    def create(self, name: str, attributes: Mapping[str, t.Any]) -> Token:
        """Create a token; returns it with its secrets, which the server shows only this once."""
        answer = self._authenticated("POST", TOKENS_PATH, {"tokenName": name, **to_wire(attributes)})
        inner = answer.get("tokenInfo")
        info = inner if isinstance(inner, dict) else answer
        return with_defaults(attributes).overlaid(self._read_secrets(info, f"POST {self.server.url}{TOKENS_PATH}"))._replace(name=name)

    def update(self, token_id: int, changes: Mapping[str, t.Any]) -> None:
        """Change the given attributes, name among them, and nothing else."""
        self._authenticated("PUT", f"{TOKENS_PATH}/{token_id}", to_wire(changes))

    def revoke(self, token_id: int) -> None:
        """End a token for good."""
        self._authenticated("DELETE", f"{TOKENS_PATH}/{token_id}")

    def renew(self, pair: Token) -> Token:
        """Rotate a pair; returns the token with its new secrets. The old pair is dead, and sending it again would kill the new one.

        So the request is sent once. Only a refused authorisation, which has not rotated anything, is tried a second time without the
        header: servers differ in what they want there (seen in field clients).
        """
        path = f"{TOKENS_PATH}/Renew"
        self.server.client.redactor.add(pair.access_token, pair.refresh_token)
        body = {"accessToken": pair.access_token, "refreshToken": pair.refresh_token}
        try:
            response = self.server.call("POST", path, body, {"Authorization": f"Bearer {pair.access_token}"}, send_once=True)
        except ApiError as error:
            if error.status not in (401, 403):
                raise
            response = self.server.call("POST", path, body, {}, send_once=True)
        return self._read_secrets(response.data, f"POST {self.server.url}{path}", renewed=True)

    def _read_secrets(self, info: t.Any, call: str, renewed: bool = False) -> Token:
        """The token with its secrets out of a response. One that is not whole leaves it open what was done: the token exists, its secret is lost."""
        if not isinstance(info, Mapping):
            raise ApiError(f"{call}: the answer holds no token", maybe_applied=True)
        access_token = check_secret(info.get("accessToken"), "accessToken", call)
        refresh_token = None
        if renewed or info.get("refreshToken"):
            refresh_token = check_secret(info.get("refreshToken"), "refreshToken", call)
        self.server.client.redactor.add(access_token, refresh_token)
        token = from_wire(info)._replace(access_token=access_token, refresh_token=refresh_token)
        if not renewed and token.id is None:
            raise ApiError(f"{call}: the answer holds no accessTokenId", maybe_applied=True)
        return token

    def _authenticated(self, method: str, path: str, body: Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
        """A call with the task's login, with a hint about tokens in its errors."""
        try:
            response: Response = self.server.authenticated(method, path, body)
        except ApiError as error:
            raise self._explained(error) from None
        if not isinstance(response.data, dict):
            call = f"{method} {self.server.url}{path.partition('?')[0]}"
            raise ApiError(f"{call}: the answer is not a JSON object", response.status, maybe_applied=method != "GET")
        return response.data

    def _explained(self, error: ApiError) -> ApiError:
        words = error.message.lower()
        if "using another access token" in words:
            return error.explained("Access tokens cannot manage access tokens: give username and password, or the token of a login in auth_token")
        if error.status == 401 and not self.server.logged_in:
            return error.explained("The login behind auth_token has ended: give a new one")
        if error.status == 404:
            return error.explained("This server has no access tokens (they came with release 11.38), or url lacks the path of its API")
        return error
