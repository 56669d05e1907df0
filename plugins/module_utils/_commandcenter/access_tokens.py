# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls below V4/AccessToken: list, create, update, revoke and renew access tokens."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Mapping

from .._errors import ApiError
from .._http.client import Response
from .._http.messages import check_secret
from .._http.salvage import Salvage, salvage
from .._names import is_how_it_is_written
from .responses import holds_secret, is_denial, is_refusal, listed_entries
from .server import Server, is_final
from .token import Token, from_wire, to_wire, with_defaults

TOKENS_PATH = "/V4/AccessToken"
# In which forms Renew is tried, until one is not refused.
_RENEW_FORMS = ("bearer", "authtoken")
_PENDING_AUTHORIZATION = 202
# Of a token, what is read out of a response that is no JSON, next to the access token and the id.
_OTHER_FIELDS = ("refreshToken", "userId", "tokenExpiryTimestamp", "refreshTokenExpiryTimestamp", "renewableUntilTimestamp")


class AccessTokens:
    """The access tokens that a login may see and manage."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._has_asked = False
        self._own_user_id: int | None = None
        self._known_ids: set[int | None] = set()

    @property
    def not_after(self) -> float | None:
        """The end, by time.monotonic(), of the time that the coming requests together may take; None for no such end."""
        return self.server.client.not_after

    @not_after.setter
    def not_after(self, moment: float | None) -> None:
        self.server.client.not_after = moment

    @property
    def has_server_clock(self) -> bool:
        return self.server.client.has_server_clock

    def server_time(self) -> float:
        return self.server.server_time()

    def listing(self, user_id: int | None = None) -> list[Token]:
        """Every token that the login may see, without secrets."""
        query = "" if user_id is None else f"?userId={user_id}"
        entries = listed_entries(self._authenticated_document("GET", TOKENS_PATH + query))
        if isinstance(entries, str):
            raise ApiError(
                f"GET {self.server.url}{TOKENS_PATH}: Command Center did not return a list of access tokens ({entries}), so which tokens exist is not "
                "known, and nothing is created or replaced",
                hint="Try again; if it stays so, look at the response of this path in a browser or with curl, and into the server's log.",
            )
        listed = [from_wire(entry) for entry in entries]
        self._known_ids.update(token.id for token in listed)
        return listed

    def listing_again(self, _number: int, user_id: int | None) -> list[Token]:
        """The list once more: no call asks for a single token."""
        return self.listing(user_id)

    def forget_old_list(self) -> bool:
        """Whether the last listing() was read earlier in this task; if so, the next one is read anew. Here each one is."""
        return False

    def create(self, name: str, attributes: Mapping[str, t.Any]) -> Token:
        """Create a token; returns it with its secrets, which the server shows only this once."""
        created = with_defaults(attributes)
        try:
            body = {"tokenName": name, **to_wire(attributes)}
            # What may have been carried out is looked for in the list, before anything is created again.
            response = self._authenticated("POST", TOKENS_PATH, body, apply_once=True, is_precious=self._is_precious)
            inner = response.data.get("tokenInfo") if isinstance(response.data, dict) else None
            info = inner if isinstance(inner, dict) else response.data
            return created.overlaid(self._read_secrets(info, f"POST {self.server.url}{TOKENS_PATH}", response))._replace(name=name)
        except ApiError as error:
            found = _salvaged(error)
            rescued = self._rescued(found)
            token_id = self._created_id(found, name, attributes.get("user_id")) if found and rescued else None
            if rescued is None or token_id is None:
                raise
            return created.overlaid(rescued)._replace(name=name, id=token_id)

    def _is_precious(self, error: ApiError) -> bool:
        """Whether the response holds a secret, which the server shows only once: whatever its status, the request is not repeated."""
        return holds_secret(error.body)

    def _created_id(self, found: Salvage, name: str, user_id: int | None) -> int | None:
        """The id of the token of which a response that is an error holds the secret; None where the server lists no such token.

        It must be listed under this name and for this user, and not have been listed before. Only a list that was read says that it is not.
        """
        owner = user_id or from_wire(found.fields).user_id

        def candidates() -> set[int | None]:
            listed = [token for token in self.listing(user_id) if owner is None or token.user_id in (None, owner)]
            return {token.id for token in listed if is_how_it_is_written(name, token.name)}

        number: int | None = found.confirmed_id(lambda value: from_wire({"accessTokenId": value}).id, self._known_ids, candidates)
        return number

    def update(self, token_id: int, changes: Mapping[str, t.Any]) -> None:
        """Change the given attributes, name among them, and nothing else."""
        self._authenticated_document("PUT", f"{TOKENS_PATH}/{token_id}", to_wire(changes))

    def revoke(self, token_id: int) -> bool:
        """End a token for good; returns False where an administrator has to authorize that first, which is no error (field code)."""
        return self._authenticated("DELETE", f"{TOKENS_PATH}/{token_id}").status != _PENDING_AUTHORIZATION

    def own_user_id(self) -> int | None:
        """The user id of this login, or None where the server does not tell. At most two requests, once a task."""
        if not self._has_asked:
            self._has_asked = True
            with contextlib.suppress(ApiError):
                self._own_user_id = self._ask_who_this_is()
        return self._own_user_id

    def _ask_who_this_is(self) -> int | None:
        # The response may be XML, which tells a name that we could not trust to be unique.
        answer = self.server.authenticated("POST", "/WhoAmI", {}).data
        user = answer.get("user") if isinstance(answer, dict) else None
        if not isinstance(user, dict):
            return None
        number = from_wire({"userId": user.get("userId", user.get("id"))}).user_id
        name = user.get("userName")
        if number is not None or not isinstance(name, str):
            return number
        listed = self.server.authenticated("GET", "/v4/user").data
        users = listed.get("users") if isinstance(listed, dict) else None
        same = [entry for entry in users or [] if isinstance(entry, dict) and entry.get("name") == name] if isinstance(users, list) else []
        return from_wire({"userId": same[0].get("id")}).user_id if len(same) == 1 else None

    def renew(self, pair: Token) -> Token:
        """Rotate a pair; returns the token with its new secrets. The old pair is dead, and sending it again would kill the new one.

        So the request is sent once, and a pair that can be read out of a response is returned, whatever else the response says and however
        broken it is; refresh_token is None where the response holds none. Servers differ in the form of the header that they want (seen in
        field clients), so another form is tried, but only after 401 or 403 with the documented refusal: an authorization that was denied
        stands before all work. Any other error document is a verdict about this pair. And a 401 or 403 that is no document of Command
        Center's comes from something in front of it, which may have put it in the place of the server's own response after the pair was
        rotated: the outcome is open, and neither this run nor a later one sends the pair again.
        """
        path = f"{TOKENS_PATH}/Renew"
        client = self.server.client
        client.redactor.add(pair.access_token, pair.refresh_token)
        body = {"accessToken": pair.access_token, "refreshToken": pair.refresh_token}
        forms = [form for form in dict.fromkeys([self.server.auth_header, pair.auth_header, *_RENEW_FORMS]) if form is not None]
        refusal: ApiError | None = None
        for form in [*forms, None]:
            headers = pair.headers(form) if form else {}
            try:
                response = self.server.call("POST", path, body, headers, send_once=True)
                return self._read_secrets(response.data, f"POST {self.server.url}{path}", response, renewed=True)._replace(auth_header=form)
            except ApiError as error:
                rescued = self._rescued(_salvaged(error))
                # A server that quotes the request has rotated nothing.
                if rescued is not None and (rescued.access_token, rescued.refresh_token) != (pair.access_token, rescued.refresh_token and pair.refresh_token):
                    return rescued._replace(auth_header=form)
                if is_final(error.message):
                    # Too late, whatever the status (500 and 450 were seen): nothing was rotated.
                    error.maybe_applied = False
                if error.status in (401, 403) and (not is_refusal(error.body) or (rescued is None and holds_secret(error.body))):
                    error.maybe_applied = True
                if error.status not in (401, 403) or not is_denial(error.body) or holds_secret(error.body) or error.maybe_applied:
                    raise
                refusal = refusal or error
        raise t.cast(ApiError, refusal)

    def _rescued(self, found: Salvage | None) -> Token | None:
        """The token with the secrets that a response holds which is an error, or is broken; None where they are none that can be used."""
        if found is None:
            return None
        fields = found.fields
        call = f"POST {self.server.url}{TOKENS_PATH}"
        try:
            access_token = check_secret(fields["accessToken"], "accessToken", call)
            refresh_token = check_secret(fields["refreshToken"], "refreshToken", call) if fields.get("refreshToken") else None
        except ApiError:
            return None
        self.server.client.redactor.add(access_token, refresh_token)
        return from_wire(fields)._replace(access_token=access_token, refresh_token=refresh_token)

    def _read_secrets(self, info: t.Any, call: str, response: Response, renewed: bool = False) -> Token:
        """The token with its secrets out of a response. One that is not whole leaves it open what was done: the token exists, its secret is lost."""
        if not isinstance(info, Mapping):
            raise ApiError(f"{call}: the response holds no token", maybe_applied=True, body=response.text)
        try:
            access_token = check_secret(info.get("accessToken"), "accessToken", call)
            refresh_token = check_secret(info.get("refreshToken"), "refreshToken", call) if info.get("refreshToken") else None
        except ApiError as error:
            error.body = response.text
            raise
        self.server.client.redactor.add(access_token, refresh_token)
        token = from_wire(info)._replace(access_token=access_token, refresh_token=refresh_token)
        if not renewed and token.id is None:
            raise ApiError(f"{call}: the response holds no accessTokenId", maybe_applied=True, body=response.text)
        return token

    def _authenticated_document(self, method: str, path: str, body: Mapping[str, t.Any] | None = None, **rules: t.Any) -> dict[str, t.Any]:
        """The JSON object of a call with the task's login."""
        response = self._authenticated(method, path, body, **rules)
        if not isinstance(response.data, dict):
            call = f"{method} {self.server.url}{path.partition('?')[0]}"
            raise ApiError(f"{call}: the response is not a JSON object", response.status, maybe_applied=method != "GET")
        return response.data

    def _authenticated(self, method: str, path: str, body: Mapping[str, t.Any] | None = None, **rules: t.Any) -> Response:
        """A call with the task's login, with a hint about tokens in its errors. rules: as in HttpClient.request."""
        try:
            return self.server.authenticated(method, path, body, **rules)
        except ApiError as error:
            raise self._explained(error) from None

    def _explained(self, error: ApiError) -> ApiError:
        if not self.server.has_login:
            # It was the login that failed, which has an explanation of its own.
            return error
        words = error.message.lower()
        if "using another access token" in words:
            return error.explained("Access tokens cannot manage access tokens: give username and password, or the token of a login in auth_token")
        if error.status == 401 and not self.server.logged_in:
            return error.explained("The login behind auth_token has ended: log in again, and set auth_token to the new token")
        if error.status == 404:
            return error.explained("This server has no access tokens (they require Command Center 11.38 or later), or url lacks the path of its API")
        return error


def _salvaged(error: ApiError) -> Salvage | None:
    """What the response that is this error, or is broken, says of a token whose secret it holds."""
    return salvage(error.body, "accessToken", "accessTokenId", _OTHER_FIELDS)
