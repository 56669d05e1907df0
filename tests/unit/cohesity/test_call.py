# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cluster.call: what a call carries, when a new login cures a refusal, and when nothing else is tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.cluster import Cluster
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.credential import ApiKey, Credential
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.login import Account, Login
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.session import Session
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.session_paths import ends_every_session
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.token import Token
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.constants import V1_LOGIN, V2_LOGIN
from tests.simulator import Simulator, credentials
from tests.unit.cohesity.conftest import END, OPEN, sessions
from tests.unit.helpers import transcript

NODES = "/irisservices/api/v1/public/nodes"
GET_NODES = f"GET {NODES}"
JOBS = "/irisservices/api/v1/public/protectionjobs"
LOGIN = Login(username=credentials.COHESITY_USERNAME, password=credentials.COHESITY_PASSWORD)
NO_LOGIN = Login()
Connect = Callable[..., Cluster]


@pytest.fixture
def connect(sim: Simulator) -> Iterator[Connect]:
    """Opens connections to the simulator's cluster, and closes them after the test."""
    opened: list[Cluster] = []

    def one(login: Login = LOGIN, **values: Any) -> Cluster:
        values = {"ca_path": sim.ca_path, "timeout": 10, "retries": 0, **values}
        opened.append(Cluster(sim.host, login, **values))
        return opened[-1]

    yield one
    for cluster in opened:
        cluster.__exit__()


def refused(cluster: Cluster, method: str = "GET", path: str = NODES, **request: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        cluster.call(method, path, **request)
    return caught.value


class TestLogin:
    @pytest.mark.parametrize(("version", "line"), [("v1", V1_LOGIN), ("v2", V2_LOGIN)])
    def test_one_login_for_all_calls(self, sim: Simulator, connect: Connect, version: str, line: str) -> None:
        cluster = connect(api_version=version)
        for _call in range(3):
            assert cluster.call("GET", NODES).status == 200
        assert transcript(sim) == [line, GET_NODES, GET_NODES, GET_NODES]
        assert cluster.actions == ["authenticated"]

    def test_a_session_ends_with_the_connection(self, sim: Simulator, connect: Connect) -> None:
        sim.set(cohesity_session_management=True)
        with connect(login_with="session") as cluster:
            cluster.call("GET", NODES)
            assert len(sessions(sim)) == 1
        assert transcript(sim) == [OPEN, GET_NODES, END]
        assert sessions(sim) == []

    def test_a_session_ends_after_an_error_too(self, sim: Simulator, connect: Connect) -> None:
        sim.set(cohesity_session_management=True)
        with pytest.raises(ApiError), connect(login_with="session") as cluster:
            cluster.call("GET", "/v2/nowhere")
        assert sessions(sim) == []

    def test_a_session_that_cannot_be_ended_is_a_warning(self, sim: Simulator, connect: Connect) -> None:
        sim.set(cohesity_session_management=True)
        warnings: list[str] = []
        sim.fault("status", method="DELETE", code=500)
        with connect(login_with="session", warn=warnings.append) as cluster:
            cluster.call("GET", NODES)
        assert len(warnings) == 1
        assert warnings[0].startswith("The session of this task was not ended: DELETE ")

    @pytest.mark.parametrize("text", ["document", "access denied"])
    @pytest.mark.parametrize("version", ["v1", "v2"])
    def test_auto_takes_a_session_where_tokens_are_off(self, sim: Simulator, connect: Connect, text: str, version: str) -> None:
        sim.set(cohesity_session_management=True, cohesity_tokens_off_text=text)
        connect(login_with="auto", api_version=version).call("GET", NODES)
        assert transcript(sim) == [V1_LOGIN if version == "v1" else V2_LOGIN, OPEN, GET_NODES]

    @pytest.mark.parametrize("status", [404, 405])
    def test_auto_takes_a_session_where_tokens_are_unknown(self, sim: Simulator, connect: Connect, status: int) -> None:
        sim.set(cohesity_session_management=True)
        sim.fault("status", path="access-tokens", code=status)
        connect(login_with="auto").call("GET", NODES)
        assert transcript(sim) == [V2_LOGIN, OPEN, GET_NODES]

    @pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
    def test_auto_tries_nothing_after_anything_else(self, sim: Simulator, connect: Connect, status: int) -> None:
        sim.fault("status", path="access-tokens", code=status, body={"errorCode": "KValidationError", "message": "Invalid Username or Password specified."})
        assert refused(connect(login_with="auto")).status == status
        assert transcript(sim) == [V2_LOGIN]

    def test_auto_after_a_real_verdict(self, sim: Simulator, connect: Connect) -> None:
        assert "repeated failed logins" in refused(connect(Login(username="backup", password="hunter2-wrong"), login_with="auto")).message
        assert transcript(sim) == [V2_LOGIN]

    def test_auto_where_neither_is_offered(self, sim: Simulator, connect: Connect) -> None:
        sim.fault("status", code=400, times=0, body={"errorCode": "KValidationError", "message": "Access denied"})
        assert "the password was not judged" in refused(connect(login_with="auto")).message
        assert transcript(sim) == [V2_LOGIN, OPEN]

    def test_helios_takes_no_login(self, sim: Simulator, connect: Connect) -> None:
        sim.set(cohesity_helios=True)
        assert refused(connect(login_with="auto")).message.endswith("Helios takes no user name and password: give api_key")
        assert transcript(sim) == [V2_LOGIN]

    def test_nothing_to_log_in_with(self, sim: Simulator, connect: Connect) -> None:
        assert "a login needs username and password" in refused(connect(NO_LOGIN)).message
        assert transcript(sim) == []


class TestExpiry:
    @pytest.mark.parametrize("text", [1, 2, 3])
    @pytest.mark.parametrize("version", ["v1", "v2"])
    def test_one_login_and_the_call_once_more(self, sim: Simulator, connect: Connect, text: int, version: str) -> None:
        sim.set(cohesity_expiry_text=text)
        cluster = connect(api_version=version)
        cluster.call("GET", NODES)
        sim.advance(86401)
        sim.clear_requests()
        assert cluster.call("GET", NODES).status == 200
        assert transcript(sim) == [GET_NODES, V1_LOGIN if version == "v1" else V2_LOGIN, GET_NODES]
        assert cluster.actions == ["authenticated", "reauthenticated"]

    @pytest.mark.parametrize("end", [{}, {"code": 400}, {"code": 401}], ids=["done", "refused", "not accepted"])
    def test_a_write_that_may_have_been_done_before_it_was_refused(self, sim: Simulator, connect: Connect, end: dict[str, int]) -> None:
        """502, then 401 to the same request: what follows does not prove that the first attempt was not carried out."""
        cluster = connect(retries=1)
        cluster.call("GET", NODES)
        sim.fault("status", method="POST", code=502, headers={"Retry-After": "0"})
        sim.fault("status", method="POST", code=401, body={"message": "Token expired"})
        if end:
            sim.fault("status", method="POST", path="protectionjobs", code=end["code"], body={"message": "no"}, times=0)
            assert refused(cluster, "POST", JOBS, body={"name": "x"}).maybe_applied
        else:
            assert cluster.call("POST", JOBS, body={"name": "x"}).maybe_applied

    def test_and_the_login_in_between_is_refused(self, sim: Simulator, connect: Connect) -> None:
        cluster = connect(retries=1)
        cluster.call("GET", NODES)
        sim.fault("status", method="POST", path="protectionjobs", code=502, headers={"Retry-After": "0"})
        sim.fault("status", method="POST", path="protectionjobs", code=401, body={"message": "Token expired"})
        sim.fault("status", method="POST", path="access-tokens", code=400)
        assert refused(cluster, "POST", JOBS, body={"name": "x"}).maybe_applied

    def test_a_login_that_may_have_been_done_says_nothing_about_the_write(self, sim: Simulator, connect: Connect) -> None:
        """Neither before the write was sent, nor after it was refused."""
        cluster = connect()
        sim.fault("cut_after", method="POST", path="access-tokens")
        assert not refused(cluster, "POST", JOBS, body={"name": "x"}).maybe_applied
        assert transcript(sim) == [V2_LOGIN]
        cluster.call("GET", NODES)
        sim.cohesity_kill()
        sim.fault("cut_after", method="POST", path="access-tokens")
        assert not refused(cluster, "POST", JOBS, body={"name": "x"}).maybe_applied
        assert transcript(sim)[-2:] == [f"POST {JOBS}", V2_LOGIN]

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_a_write_is_repeated_too(self, sim: Simulator, connect: Connect, method: str) -> None:
        cluster = connect()
        cluster.call("GET", NODES)
        sim.cohesity_kill()
        sim.fault("status", path="protectionjobs", after=1, code=299, body={})
        cluster.call(method, JOBS, text=True, **({} if method == "DELETE" else {"body": {"name": "job"}}))
        assert [entry["status"] for entry in sim.requests("protectionjobs")] == [401, 299]

    def test_a_session(self, sim: Simulator, connect: Connect) -> None:
        sim.set(cohesity_session_management=True)
        with connect(login_with="auto") as cluster:
            cluster.call("GET", NODES)
            sim.cohesity_kill()
            sim.clear_requests()
            cluster.call("GET", NODES)
            # What has worked before is tried first.
            assert transcript(sim) == [GET_NODES, OPEN, GET_NODES]
        assert sessions(sim) == []

    def test_session_management_was_enabled_meanwhile(self, sim: Simulator, connect: Connect) -> None:
        cluster = connect(login_with="auto")
        cluster.call("GET", NODES)
        sim.cohesity_kill()
        sim.set(cohesity_session_management=True)
        sim.clear_requests()
        cluster.call("GET", NODES)
        assert transcript(sim) == [GET_NODES, V2_LOGIN, OPEN, GET_NODES]

    def test_a_second_refusal_is_one_clear_error(self, sim: Simulator, connect: Connect) -> None:
        sim.fault("status", path="nodes", times=0, code=401)
        error = refused(connect())
        assert error.message == f"GET {sim.url}{NODES}: HTTP 401. The access token was not accepted: it has expired, or was ended by somebody else"
        assert transcript(sim) == [V2_LOGIN, GET_NODES, V2_LOGIN, GET_NODES]

    def test_a_one_time_password_works_once(self, sim: Simulator, connect: Connect) -> None:
        cluster = connect(Login(username="mfa", password="canary-cohesity-mfa-password", otp_code=credentials.TOTP_CODE))
        cluster.call("GET", NODES)
        sim.advance(86401)
        sim.clear_requests()
        assert refused(cluster).message.endswith("It could not be replaced: a one-time password works only once")
        assert transcript(sim) == [GET_NODES]

    def test_a_given_token_without_a_login(self, sim: Simulator, connect: Connect) -> None:
        token = connect().create_token()
        sim.advance(86401)
        sim.clear_requests()
        assert refused(connect(NO_LOGIN, credential=token)).message.endswith("It could not be replaced: no login is given")
        assert transcript(sim) == [GET_NODES]

    @pytest.mark.parametrize("status", [400, 403, 404, 500])
    def test_only_401_is_expiry(self, sim: Simulator, connect: Connect, status: int) -> None:
        sim.fault("status", path="nodes", code=status)
        # The error says nothing about credentials.
        assert refused(connect()).message == f"GET {sim.url}{NODES}: HTTP {status}"
        assert transcript(sim) == [V2_LOGIN, GET_NODES]

    def test_mfa_is_not(self, sim: Simulator, connect: Connect) -> None:
        sim.set(cohesity_mfa_only=True)
        assert "A new login does not help" in refused(connect()).message
        assert transcript(sim) == [V2_LOGIN, GET_NODES]

    @pytest.mark.parametrize("words", ["API Key does not exist", "invalid header value"])
    def test_the_words_for_api_keys_are_not(self, sim: Simulator, connect: Connect, words: str) -> None:
        sim.fault("status", path="nodes", code=401, body={"message": words})
        assert "A new login does not help" in refused(connect()).message
        assert transcript(sim) == [V2_LOGIN, GET_NODES]


class TestGivenCredentials:
    def test_an_api_key_needs_no_login(self, sim: Simulator, connect: Connect) -> None:
        key = sim.cohesity_key_create("ci")["secret"]
        connect(NO_LOGIN, credential=ApiKey(key)).call("GET", NODES)
        (entry,) = sim.requests()
        assert entry["headers"]["apikey"] == key

    @pytest.mark.parametrize("login", [LOGIN, NO_LOGIN])
    @pytest.mark.parametrize("key", ["11111111-2222-4333-8444-555555555555", "canary-no-key"])
    def test_no_login_cures_an_api_key(self, sim: Simulator, connect: Connect, login: Login, key: str) -> None:
        error = refused(connect(login, credential=ApiKey(key)))
        assert error.message.endswith("The API key was not accepted: check that it exists on this cluster, is active and has not expired")
        assert key not in error.message
        assert transcript(sim) == [GET_NODES]

    @pytest.mark.parametrize("key", ["", " ", "canary\n", "canäry"])
    def test_an_api_key_that_cannot_stand_in_a_header(self, key: str) -> None:
        with pytest.raises(ApiError, match="api_key: it is empty, or holds characters that cannot stand in a header"):
            ApiKey(key)

    def test_a_given_session_is_left_open(self, sim: Simulator, connect: Connect) -> None:
        sim.set(cohesity_session_management=True)
        given = connect().create_session()
        with connect(NO_LOGIN, credential=given) as cluster:
            cluster.call("GET", NODES)
        assert sessions(sim) == [given.session_id]

    def test_secrets_are_in_no_error(self, sim: Simulator, connect: Connect) -> None:
        token = connect().create_token()
        sim.fault("status", path="nodes", code=400, body={"message": f"what is {token.secret}?"})
        assert refused(connect(NO_LOGIN, credential=token)).message.endswith("HTTP 400: what is ********?")
        assert token.secret not in repr(token) + repr(LOGIN)

    @pytest.mark.parametrize("header", ["Authorization", "session-id", "apiKey"])
    def test_the_credential_wins_over_a_header(self, sim: Simulator, connect: Connect, header: str) -> None:
        cluster = connect()
        token = cluster.create_token()
        connect(credential=token).call("GET", NODES, headers={header.title() if header == "Authorization" else header: "other"})
        assert sim.requests("nodes")[0]["headers"]["authorization"] == f"Bearer {token.secret}"


class TestAcquire:
    """Between the calls and their logins stands what lets several calls share one."""

    def test_it_may_know_a_credential_already(self, sim: Simulator, connect: Connect) -> None:
        token = connect().create_token()
        sim.clear_requests()
        connect(acquire=lambda _log_in, _refused: token).call("GET", NODES)
        assert transcript(sim) == [GET_NODES]

    def test_it_is_told_what_was_refused(self, sim: Simulator, connect: Connect) -> None:
        asked: list[Credential | None] = []

        def acquire(log_in: Callable[[], Credential], refused: Credential | None) -> Credential:
            asked.append(refused)
            return log_in()

        cluster = connect(acquire=acquire)
        cluster.call("GET", NODES)
        first = cluster.credential
        sim.cohesity_kill()
        cluster.call("GET", NODES)
        assert asked == [None, first]


BARE = [
    "/v2/users/sessions",
    "/v2/users/sessions/",
    "/V2/Users/Sessions",
    "//v2//users/sessions",
    "/v2/users/%73essions",
    "v2/users/sessions",
    "/v2/users/sessions?",
    "/v2/users/sessions?current",
    "/v2/users/sessions?current=false",
    "/v2/users/sessions?sid=",
    "/v2/users/sessions?sid=%20",
    "/v2/users/sessions?a=1",
    "/v2/users/sessions#?current=true",
    "/v2/users/./sessions",
    "/v2/users/groups/../sessions",
    "/v2/users/%2e%2e/users/sessions",
    "/v2/users/%252e/sessions",
    "/v2/users/%73%65ssions",
    "/v2/users/%2573essions",
    "/v2/users/sessions;current=true",
    "/v2/users;x=1/sessions",
    "/v2\\users\\sessions",
    "/v2/users/sessions?current=true&current=false",
    "/v2/users/sessions?sid=S-1&sid=",
]


class TestTheRequestThatEndsEverySession:
    @pytest.mark.parametrize("method", ["DELETE", "delete", " Delete "])
    @pytest.mark.parametrize("path", BARE)
    def test_is_never_sent(self, sim: Simulator, connect: Connect, method: str, path: str) -> None:
        cluster = connect()
        cluster.credential = cluster.create_token()
        sim.clear_requests()
        assert "ends every session on the cluster, so it was not sent" in refused(cluster, method, path).message
        assert transcript(sim) == []
        assert ends_every_session(method, path)

    @pytest.mark.parametrize("query", [None, {}, {"current": "false"}, {"sid": ""}, [("sid", None)], {"x": "current=true"}])
    def test_whatever_the_query_says(self, query: Any) -> None:
        assert ends_every_session("DELETE", "/v2/users/sessions", query)

    @pytest.mark.parametrize(
        ("method", "path", "query"),
        [
            ("DELETE", "/v2/users/sessions?current=true", None),
            ("DELETE", "/v2/users/sessions?sid=S-1", None),
            ("DELETE", "/v2/users/sessions", {"current": True}),
            ("DELETE", "/v2/users/sessions", [("sid", "S-1")]),
            ("GET", "/v2/users/sessions", None),
            ("DELETE", "/v2/users/sessions/S-1", None),
            ("DELETE", "/v2/users", None),
        ],
    )
    def test_its_neighbours_are(self, method: str, path: str, query: Any) -> None:
        assert not ends_every_session(method, path, query)

    @pytest.mark.parametrize("session_id", ["", " ", "\n", "a\nb", " a", "ä"])
    def test_no_session_exists_without_an_id(self, session_id: str) -> None:
        with pytest.raises(ApiError, match="session_id is empty"):
            Session(session_id, Account("cluster", "backup", "LOCAL"))


class TestAccounts:
    OURS = Account("cluster:443", "backup", "LOCAL")

    @pytest.mark.parametrize(
        ("values", "difference"),
        [
            ({}, None),
            ({"cluster": "other"}, "cluster 'other', not 'cluster:443'"),
            ({"username": "admin"}, "username 'admin', not 'backup'"),
            ({"username": None}, "username None, not 'backup'"),
            ({"domain": "CORP"}, "domain 'CORP', not 'LOCAL'"),
            ({"certificate_sha256": "00"}, "certificate_sha256 '00', not None"),
        ],
    )
    def test_what_differs(self, values: dict[str, Any], difference: str | None) -> None:
        assert self.OURS.difference({**self.OURS.identity(), **values}) == difference

    def test_a_token_is_frozen(self) -> None:
        token = Token("canary", "Bearer", self.OURS, "v2")
        with pytest.raises(AttributeError, match=re.escape("cannot assign to field 'access_token'")):
            token.access_token = "other"  # type: ignore[misc]
