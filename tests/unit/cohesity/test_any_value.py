# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a cluster, a store or a user writes in whatever place: a good value, none, or a clear error, and never a traceback."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.cluster import cluster_url
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.login import Account, Login
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.scope import scope_headers
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.session import Session
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.session_paths import ends_every_session
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.token import Token, jwt_expiry, lifetime_of
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, cohesity_session

ACCOUNT = Account("cluster.example.com", "backup", "LOCAL")
NOW = 1_800_000_000.0
# What Python's JSON can hold, numbers without a limit included: 1e999 is infinite, and a number may have thousands of digits.
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**30, max_value=10**400),
    st.floats(),
    st.text(),
    st.sampled_from(["", " ", "x\ny", "\ud800", "9" * 4000, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2027-01-31T12:00:00Z", "-1", "1e999"]),
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)

TOKEN = Token("secret", "Bearer", ACCOUNT, "v2", int(NOW) + 60, "lifetime", ("CLUSTER_VIEW",)).public(NOW)
SESSION = Session("secret", ACCOUNT, int(NOW)).public()


def changed(document: dict[str, Any], more: tuple[str, ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """The document with any value in any of its places, or without them."""
    places = st.dictionaries(st.sampled_from([*document, *more]), JSON, max_size=4)
    gone = st.sets(st.sampled_from([*document]), max_size=2)
    return st.builds(lambda new, without: {key: value for key, value in {**document, **new}.items() if key not in without}, places, gone)


def value_or_error(call: Callable[[], Any]) -> Any:
    """What the call returns, or None where it says clearly what is wrong."""
    try:
        return call()
    except ApiError:
        return None


def check_token(token: Token | None, now: float = NOW) -> None:
    """It can be used, shown, stored and read again."""
    if token is not None:
        public = token.public(now)
        json.dumps(public)
        ("\n".join(public["headers"].values())).encode("ascii")
        assert public["expires_in"] >= 0
        assert token.outlives(now, 0) == (token.expires_at is not None and token.expires_at > now)
        assert Token.from_values(token.stored()) == Token.from_values(public) == token


class TestWire:
    @given(JSON | changed({"accessToken": "secret", "tokenType": "Bearer", "privileges": ["CLUSTER_VIEW"]}))
    def test_the_response_to_a_login(self, response: Any) -> None:
        check_token(value_or_error(lambda: Token.from_wire(response, ACCOUNT, "v2", "POST x")))

    @given(JSON | changed({"sessionId": "secret"}), st.floats())
    def test_the_response_to_a_login_for_a_session(self, response: Any, now: float) -> None:
        session = value_or_error(lambda: Session.from_wire(response, ACCOUNT, now, "POST x"))
        if session is not None:
            json.dumps(session.public())
            session.headers["session-id"].encode("ascii")
            assert Session.from_values(session.public()) == session

    @given(JSON, JSON | changed({"expiration-time": "1800000060"}))
    def test_a_json_web_token(self, header: Any, claims: Any) -> None:
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
        token = Token.from_wire({"accessToken": ".".join([*parts, "signature"])}, ACCOUNT, "v2", "POST x")
        assert token.expires_source == (None if token.expires_at is None else "token")
        check_token(token)

    @given(st.binary())
    @example(b"[" * 100_000)
    @example(b'{"expiration-time": ' + b"9" * 5000 + b"}")
    def test_what_only_looks_like_one(self, claims: bytes) -> None:
        assert jwt_expiry(f"a.{base64.urlsafe_b64encode(claims).decode()}.c") is None
        jwt_expiry(claims.decode("latin-1"))

    @given(JSON | changed({"authTokenTimeoutMinutes": 60}), st.floats())
    def test_the_security_configuration(self, document: Any, now: float) -> None:
        seconds = lifetime_of(document)
        assert seconds is None or seconds > 0
        token = Token("secret", "Bearer", ACCOUNT, "v2").valid_for(seconds or 60, now, "lifetime")
        json.dumps(token.public(NOW))

    @given(JSON, st.text(), st.text())
    def test_lists_of_clusters_and_tenants(self, listed: Any, access_cluster: str, tenant: str) -> None:
        headers = value_or_error(lambda: scope_headers(lambda _path, _headers: listed, access_cluster, tenant)) or {}
        "".join(headers.values()).encode("ascii")

    @given(st.lists(changed({"name": "a", "clusterId": 1, "connectedToCluster": True}, ("id", "clusterName", "tenantId"))))
    def test_their_entries(self, listed: Any) -> None:
        headers = value_or_error(lambda: scope_headers(lambda _path, _headers: {"clusters": listed}, "a", "b")) or {}
        "".join(headers.values()).encode("ascii")


class TestWhatIsHandedBack:
    @given(changed(TOKEN))
    def test_a_token(self, values: dict[str, Any]) -> None:
        check_token(value_or_error(lambda: Token.from_values(values)))

    @given(changed(SESSION))
    def test_a_session(self, values: dict[str, Any]) -> None:
        session = value_or_error(lambda: Session.from_values(values))
        if session is not None:
            json.dumps(session.public())
            session.headers["session-id"].encode("ascii")

    @pytest.mark.parametrize(("module", "option", "document"), [(cohesity_access_token, "token", TOKEN), (cohesity_session, "session", SESSION)])
    def test_through_the_options(self, module: Any, option: str, document: dict[str, Any]) -> None:
        validator = ArgumentSpecValidator(module.ARGUMENT_SPEC)

        # ansible-core itself breaks at a number, a boolean or a list with anything else than dicts in the place of a dict.
        @given(st.text() | changed(document, ("unknown",)))
        def check(value: Any) -> None:
            validation = validator.validate({option: value})
            if not validation.error_messages:
                kind: Any = {"token": Token, "session": Session}[option]
                value_or_error(lambda: kind.from_values(validation.validated_parameters[option]))

        check()

    @given(st.text() | st.none())
    def test_a_cluster(self, cluster: str | None) -> None:
        url = value_or_error(lambda: cluster_url(cluster))
        assert url is None or url.startswith("https://")

    @given(st.builds(Login, *[st.none() | st.text()] * 2, st.text(), *[st.none() | st.text()] * 3, st.sampled_from(["totp", "email"]), st.booleans()))
    def test_a_login(self, login: Login) -> None:
        value_or_error(login.check)
        json.dumps([login.token_body("v1"), login.token_body("v2"), login.session_body(), login.account("c").identity()])

    @given(st.text(), st.text())
    def test_any_path(self, method: str, path: str) -> None:
        assert ends_every_session(method, path) in (True, False)
