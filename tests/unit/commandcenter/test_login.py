# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every task of token management logs in once, and out of what it logged in to."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.constants import CREATE, CREATED, LIST, LOGIN, LOGOUT, UNCHANGED
from tests.simulator import Simulator, credentials
from tests.unit.commandcenter.conftest import logins, names
from tests.unit.helpers import SHORT, TOO_LONG, Task, connections, patience, start, transcript

USER, PASSWORD = credentials.COMMANDCENTER_USERNAME, credentials.COMMANDCENTER_PASSWORD
ONCE = "was refused. It is not repeated, because repeated failed logins lock the account"
NO_CODE = ". If multi-factor authentication is enabled for this user, otp_code is required"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def login_body(sim: Simulator) -> Any:
    return sim.requests("/Login$")[0]["body"]


class TestLogin:
    def test_in_and_out_over_one_connection(self, sim: Simulator, token: Task) -> None:
        token()
        assert transcript(sim) == CREATED
        assert connections(sim) == 1
        assert login_body(sim) == {"username": USER, "password": encoded(PASSWORD), "mode": 4, "clientType": 30}
        first, *others = sim.requests()
        assert "authtoken" not in first["headers"]
        assert {entry["headers"]["authtoken"].partition(" ")[0] for entry in others} == {"QSDK"}
        assert len({entry["headers"]["authtoken"] for entry in others}) == 1
        assert logins(sim) == []
        assert token.warnings == []

    @pytest.mark.parametrize("shape", ["classic", "saas", "authToken", "data.token"])
    def test_every_shape_of_the_answer(self, sim: Simulator, token: Task, shape: str) -> None:
        sim.set(commandcenter_login_shape=shape)
        token()
        assert transcript(sim) == CREATED
        assert logins(sim) == []

    def test_a_domain(self, sim: Simulator, token: Task) -> None:
        token(username="svc-domain", password="canary-commandcenter-domain-password", domain="CORP")
        assert (login_body(sim)["username"], login_body(sim)["domain"]) == ("svc-domain", "CORP")
        assert names(sim) == ["ci"]

    def test_a_domain_within_the_name(self, sim: Simulator, token: Task) -> None:
        token(username="CORP\\svc-domain", password="canary-commandcenter-domain-password")
        assert login_body(sim)["username"] == "CORP\\svc-domain"
        assert "domain" not in login_body(sim)

    def test_a_one_time_password_is_appended_before_encoding(self, sim: Simulator, token: Task) -> None:
        token(username="mfa", password="canary-commandcenter-mfa-password", otp_code=credentials.PIN)
        assert login_body(sim)["password"] == encoded("canary-commandcenter-mfa-password" + credentials.PIN)
        assert names(sim) == ["ci"]

    def test_umlauts_are_utf_8(self, sim: Simulator, token: Task) -> None:
        token(username="umlaut", password="canary-£-pässwörd")
        assert login_body(sim)["password"] == encoded("canary-£-pässwörd")

    def test_a_password_out_of_an_environment_that_is_not_utf_8(self, sim: Simulator, token: Task) -> None:
        error = token.fails(password=b"p\xe4ssw\xf6rd-canary".decode("utf-8", "surrogateescape"))
        assert "Invalid Username or Password." in error.message
        assert len(transcript(sim)) == 1

    def test_the_vendor_sdk_s_names(self, sim: Simulator, token: Task) -> None:
        token.defaults = {"ca_path": sim.ca_path}
        token(webserver_hostname=sim.host, commcell_username=USER, commcell_password=PASSWORD, name="ci")
        assert transcript(sim) == CREATED

    def test_the_environment(self, sim: Simulator, token: Task, monkeypatch: pytest.MonkeyPatch) -> None:
        token.defaults = {"name": "ci"}
        environment = {
            "URL": sim.url,
            "USERNAME": "svc-domain",
            "PASSWORD": "canary-commandcenter-domain-password",
            "DOMAIN": "CORP",
            "CA_PATH": sim.ca_path,
        }
        for name, value in environment.items():
            monkeypatch.setenv(f"COMMANDCENTER_{name}", value)
        assert token()["actions"] == ["created"]

    def test_the_environment_s_auth_token(self, sim: Simulator, token: Task, monkeypatch: pytest.MonkeyPatch) -> None:
        del token.defaults["username"], token.defaults["password"], token.defaults["ca_path"]
        monkeypatch.setenv("COMMANDCENTER_AUTH_TOKEN", credentials.QSDK_AUTH_TOKEN)
        monkeypatch.setenv("COMMANDCENTER_VALIDATE_CERTS", "no")
        token()
        assert transcript(sim) == [LIST, CREATE]


class TestAuthToken:
    @pytest.mark.parametrize("auth_token", [credentials.QSDK_AUTH_TOKEN, credentials.SAML_AUTH_TOKEN])
    def test_no_login_and_no_logout(self, sim: Simulator, token: Task, auth_token: str) -> None:
        token.defaults = {"url": sim.url, "ca_path": sim.ca_path, "name": "ci", "auth_token": auth_token}
        token()
        assert transcript(sim) == [LIST, CREATE]
        assert {entry["headers"]["authtoken"] for entry in sim.requests()} == {auth_token}
        assert auth_token in sim.state()["commandcenter"]["auth_tokens"]

    def test_it_goes_before_user_and_password(self, sim: Simulator, token: Task) -> None:
        token(auth_token=credentials.QSDK_AUTH_TOKEN)
        assert transcript(sim) == [LIST, CREATE]

    def test_one_that_has_ended(self, sim: Simulator, token: Task) -> None:
        error = token.fails(auth_token="QSDK canary-of-yesterday")
        assert error.message == (
            f"GET {sim.url}/commandcenter/api/V4/AccessToken: HTTP 401 5: Access denied. "
            "The login behind auth_token has ended: log in again, and set auth_token to the new token"
        )
        assert transcript(sim) == [LIST]

    def test_an_access_token_is_no_login(self, sim: Simulator, token: Task) -> None:
        access_token = sim.commandcenter_create("other")["access_token"]
        error = token.fails(auth_token=access_token)
        assert "Access token creation not allowed using another access token" in error.message
        assert error.message.endswith("Access tokens cannot manage access tokens: give username and password, or the token of a login in auth_token")
        assert access_token not in error.message
        assert names(sim) == ["other"]

    @pytest.mark.parametrize("auth_token", ["QSDK canary\n", "QSDK canary€", "QSDK can\r\nary: x"])
    def test_one_that_cannot_stand_in_a_header(self, sim: Simulator, token: Task, auth_token: str) -> None:
        error = token.fails(auth_token=auth_token)
        assert "the request could not be made" in error.message
        assert "canary" not in error.message
        assert transcript(sim) == []


class TestRefused:
    def test_a_wrong_password_is_sent_once(self, sim: Simulator, token: Task) -> None:
        error = token.fails(password="hunter2-wrong")
        assert error.message == (
            f"POST {sim.url}/commandcenter/api/Login: HTTP 200: Invalid Username or Password. The login of user 'svc-ansible' {ONCE}{NO_CODE}"
        )
        assert (error.status, error.maybe_applied) == (200, False)
        assert transcript(sim) == [LOGIN]
        assert token.warnings == []

    def test_a_locked_account_with_the_time_that_remains(self, sim: Simulator, token: Task) -> None:
        sim.set(clock_frozen=True)
        for _attempt in range(4):
            assert "locked" not in token.fails(password="hunter2-wrong").message
        assert "is locked for another 900 s" in token.fails(password="hunter2-wrong").message
        sim.advance(300)
        error = token.fails()
        assert error.message.endswith("User account is locked. The account of user 'svc-ansible' is locked for another 600 s")
        assert transcript(sim) == [LOGIN] * 6
        sim.advance(600)
        assert token()["actions"] == ["created"]

    def test_a_missing_one_time_password(self, sim: Simulator, token: Task) -> None:
        error = token.fails(username="mfa", password="canary-commandcenter-mfa-password")
        assert "Two-factor authentication is enabled" in error.message
        assert error.message.endswith(ONCE + NO_CODE)
        assert transcript(sim) == [LOGIN]

    def test_a_wrong_one_time_password(self, sim: Simulator, token: Task) -> None:
        error = token.fails(username="mfa", password="canary-commandcenter-mfa-password", otp_code="000111")
        assert "Invalid Username or Password." in error.message
        assert error.message.endswith(f"{ONCE}. A one-time password can be used once and expires quickly: set otp_code to a new one")
        assert "000111" not in error.message
        assert transcript(sim) == [LOGIN]

    @pytest.mark.parametrize("arguments", [{}, {"username": USER}, {"password": PASSWORD}, {"username": "", "password": ""}])
    @pytest.mark.parametrize("arguments_of_state", [{"state": "present"}, {"state": "absent"}])
    def test_nothing_to_log_in_with(self, sim: Simulator, token: Task, arguments: dict[str, str], arguments_of_state: dict[str, str]) -> None:
        del token.defaults["username"], token.defaults["password"]
        error = token.fails(**arguments, **arguments_of_state)
        missing = [f"{name} (or COMMANDCENTER_{name.upper()})" for name in ("username", "password") if not arguments.get(name)]
        assert error.message == (
            "managing access tokens needs a login: username and password, or auth_token; "
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing or empty"
        )
        assert transcript(sim) == []

    @pytest.mark.parametrize(
        ("kind", "args"),
        [
            ("cut_before", {}),
            ("cut_after", {}),
            ("truncate", {}),
            ("html", {}),
            ("empty", {}),
            ("delay", {"seconds": TOO_LONG}),
            ("drip", {"bytes_per_second": 20}),
            *[("status", {"code": code, "headers": {"Retry-After": "0"}}) for code in (400, 401, 403, 404, 500, 502, 504)],
            ("status", {"code": 503}),
        ],
        ids=str,
    )
    def test_a_login_is_sent_once_whatever_happens(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any]) -> None:
        sim.fault(kind, path="/Login$", **args)
        error = token.fails(timeout=patience(kind))
        assert error.message.startswith(f"POST {sim.url}/commandcenter/api/Login: ")
        assert transcript(sim) == [LOGIN]
        assert token.warnings == []

    @pytest.mark.parametrize(
        "answer", [{}, [], None, "QSDK canary", {"token": ""}, {"token": None}, {"data": {}}, {"data": "QSDK canary"}, {"errList": []}, {"errList": "x"}]
    )
    def test_an_answer_without_a_token(self, sim: Simulator, token: Task, answer: Any) -> None:
        sim.fault("json", path="/Login$", value=answer)
        error = token.fails()
        assert f"HTTP 200: the response holds no token. The login of user 'svc-ansible' {ONCE}" in error.message
        assert "canary" not in error.message

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (5, "the response holds no login token"),
            (["QSDK canary"], "the response holds no login token"),
            ("QSDK can\r\nary", "the login token in the response holds characters that cannot be sent in a header"),
        ],
    )
    def test_a_token_that_is_none(self, sim: Simulator, token: Task, value: Any, words: str) -> None:
        sim.fault("patch", path="/Login$", changes={"token": value})
        error = token.fails()
        assert error.message == f"POST {sim.url}/commandcenter/api/Login: {words}"
        assert transcript(sim) == [LOGIN]

    @pytest.mark.parametrize(
        "changes",
        [
            {"remainingLockTime": "soon"},
            {"remainingLockTime": -1},
            {"remainingLockTime": None},
            {"remainingLockTime": 10**30},
        ],
    )
    def test_a_lock_without_a_sensible_time(self, sim: Simulator, token: Task, changes: dict[str, Any]) -> None:
        sim.fault("patch", path="/Login$", changes={"isAccountLocked": True, **changes})
        assert token.fails(password="hunter2-wrong").message.endswith("The account of user 'svc-ansible' is locked; have an administrator unlock it")


class TestSecretsInErrors:
    @pytest.mark.parametrize("echo", ["{password}", "{encoded}", "{password}{pin}", "{encoded_with_pin}"])
    def test_a_server_that_quotes_the_password(self, sim: Simulator, token: Task, echo: str) -> None:
        password, pin = "p/ss wörd & more", "975310"
        said = echo.format(password=password, pin=pin, encoded=encoded(password), encoded_with_pin=encoded(password + pin))
        sim.fault("json", path="/Login$", value={"errList": [{"errLogMessage": f"no such login: x{said}x"}]})
        assert "no such login: x********" in token.fails(password=password, otp_code=pin).message
        sim.fault("status", path="/Login$", code=400, body=f"no such login: x{said}x")
        message = token.fails(password=password, otp_code=pin).message
        assert "no such login: x********" in message
        assert not any(part in message for part in (password, encoded(password), encoded(password + pin)))

    @pytest.mark.parametrize("password", ["user", "The", "login", "a", "200"])
    def test_a_short_password_leaves_our_own_words_whole(self, sim: Simulator, token: Task, password: str) -> None:
        sim.fault("json", path="/Login$", value={"errList": [{"errLogMessage": "No."}]})
        error = token.fails(username=password, password=password)
        assert error.message == f"POST {sim.url}/commandcenter/api/Login: HTTP 200: No. The login of user {password!r} {ONCE}{NO_CODE}"

    def test_long_words(self, sim: Simulator, token: Task) -> None:
        sim.fault("json", path="/Login$", value={"errList": [{"errLogMessage": "y" * 100_000}]})
        assert len(token.fails().message) < 800

    def test_a_refusal_that_quotes_what_it_hands_out(self, sim: Simulator, token: Task) -> None:
        answer = {"accessToken": "canary-given", "refreshToken": "canary-refresh", "errorMessage": "canary-given and canary-refresh were not kept"}
        sim.fault("json", path="/Login$", value=answer)
        assert ": ******** and ******** were not kept" in token.fails().message

    @pytest.mark.parametrize(
        ("kind", "args"),
        [
            ("json", {"value": {"errList": [{"errLogMessage": "the account is locked; token: QSDK canary-login is void"}]}}),
            ("json", {"value": {"errList": [{"errLogMessage": "kept no token='canary-login-secret'"}]}}),
            ("json", {"value": {"response": {"data": [{"token": "canary-login"}]}, "errorMessage": "canary-login is void"}}),
            ("status", {"code": 401, "body": "token=QSDK canary-login-secret-of-this"}),
            ("status", {"code": 403, "body": {"errorMessage": "no: canary-login-secret", "data": {"x": {"authToken": "canary-login-secret"}}}}),
        ],
        ids=str,
    )
    def test_a_refusal_with_a_login_in_it(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any]) -> None:
        sim.fault(kind, path="/Login$", **args)
        assert "canary" not in token.fails().text

    @pytest.mark.parametrize("form", [lambda text: text.replace("&", "&amp;").replace("<", "&lt;"), lambda text: text.encode().hex()])
    def test_a_front_that_quotes_the_password_in_another_encoding(self, sim: Simulator, token: Task, form: Callable[[str], str]) -> None:
        password = "can<ary>&'pass\"word"
        sim.fault("status", path="/Login$", code=400, body=f"refused: {form(password)}!")
        assert "refused: ********!" in token.fails(password=password).message

    def test_the_login_is_quoted_by_a_later_answer(self, sim: Simulator, token: Task) -> None:
        sim.fault("patch", path="/Login$", changes={"token": "QSDK canary-login-secret"})
        sim.fault("status", path="AccessToken$", method="GET", code=400, body="who is canary-login-secret or QSDK canary-login-secret?")
        assert token.fails().message.endswith("who is ******** or ********?")


class TestLogout:
    @pytest.mark.parametrize(
        ("kind", "args"),
        [
            ("status", {"code": 400}),
            ("status", {"code": 403}),
            ("html", {}),
            ("json", {"value": {"tokens": 5}}),
            ("cut_before", {"times": 4}),
            ("delay", {"seconds": TOO_LONG}),
        ],
        ids=str,
    )
    def test_also_after_a_failure(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any]) -> None:
        sim.fault(kind, method="GET", path="AccessToken$", **args)
        token.fails(timeout=patience(kind), retries=0)
        assert transcript(sim) == [LOGIN, LIST, LOGOUT]
        assert logins(sim) == []

    def test_also_after_bad_input_that_only_the_server_s_clock_can_tell(self, sim: Simulator, token: Task) -> None:
        token.fails(renewable_until="2001-01-01T00:00:00Z")
        assert transcript(sim) == UNCHANGED
        assert logins(sim) == []

    def test_in_check_mode(self, sim: Simulator, token: Task) -> None:
        token(check_mode=True)
        assert transcript(sim) == UNCHANGED
        assert logins(sim) == []

    def test_of_a_login_that_is_gone_already(self, sim: Simulator, token: Task) -> None:
        sim.set(commandcenter_logout_gone=True)
        assert token()["actions"] == ["created"]
        assert token.warnings == []

    def test_is_repeated_when_its_connection_was_closed_meanwhile(self, sim: Simulator, token: Task) -> None:
        sim.fault("cut_before", path="/Logout$")
        assert token()["actions"] == ["created"]
        assert [entry["status"] for entry in sim.requests(path="/Logout$")] == [None, 200]
        assert [warning.rpartition("; ")[2] for warning in token.warnings] == ["attempt 2 of 4 follows in 0.5 s"]

    @pytest.mark.parametrize(("kind", "args"), [("status", {"code": 500}), ("cut_before", {}), ("delay", {"seconds": TOO_LONG})], ids=str)
    def test_one_that_fails_is_a_warning(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any]) -> None:
        sim.fault(kind, path="/Logout$", times=0, **args)
        assert token(timeout=patience(kind), retries=1)["actions"] == ["created"]
        assert len(token.warnings) == (1 if kind == "delay" else 2)
        assert token.warnings[-1].startswith(f"The login of this task was not ended: POST {sim.url}/commandcenter/api/Logout: ")

    def test_of_a_login_that_ended_half_way(self, sim: Simulator, token: Task) -> None:
        sim.fault("gate", method="POST", path="AccessToken$", name="create")
        running = start(token)
        sim.wait_for("create")
        sim.kill_logins()
        sim.open_gate("create")
        with pytest.raises(ApiError, match=r"HTTP 401 5: Access denied$"):
            running.result(20)
        assert transcript(sim) == CREATED
        assert token.warnings == []

    def test_any_words_will_do(self, sim: Simulator, token: Task) -> None:
        sim.fault("empty_after", path="/Logout$")
        token()
        assert token.warnings == []


class TestPlaces:
    @pytest.mark.parametrize("path", ["", "/", "/commandcenter/api", "/commandcenter/api/", "/webconsole/api", "/SearchSvc/CVWebService.svc"])
    def test_base_paths(self, sim: Simulator, token: Task, path: str) -> None:
        assert token(url=sim.url + path)["actions"] == ["created"]
        base = path.rstrip("/") or "/commandcenter/api"
        assert [entry["raw_path"] for entry in sim.requests()] == [base + end for end in ("/Login", "/V4/AccessToken", "/V4/AccessToken", "/Logout")]

    @pytest.mark.parametrize("path", ["/nowhere", "/commandcenter/apis", "/commandcenter/api/V4"])
    def test_a_wrong_path(self, sim: Simulator, token: Task, path: str) -> None:
        """Servers refuse a path that they do not know as they refuse a login."""
        message = token.fails(url=sim.url + path).message
        assert f"HTTP 401 5: Access denied. The login of user 'svc-ansible' {ONCE}" in message
        assert message.endswith(
            f". Check url first: its path {path} is not a usual one for the Command Center API, and servers respond to unknown paths with 401 too"
        )

    @pytest.mark.parametrize("path", ["", "/webconsole/api/", "/COMMANDCENTER/api"])
    def test_a_refused_login_at_the_right_path(self, sim: Simulator, token: Task, path: str) -> None:
        sim.fault("status", path="/Login$", code=401)
        assert token.fails(url=sim.url + path).message.endswith(f"The login of user 'svc-ansible' {ONCE}{NO_CODE}")

    def test_the_old_path_where_it_is_redirected(self, sim: Simulator, token: Task) -> None:
        sim.set(commandcenter_webconsole="redirect")
        error = token.fails(url=sim.url + "/webconsole/api")
        assert f"redirects to {sim.url}/commandcenter/api/Login, which was refused" in error.message
        assert len(transcript(sim)) == 1

    def test_http_is_refused(self, sim: Simulator, token: Task) -> None:
        error = token.fails(url=sim.http_url)
        assert error.message == f"url: {sim.http_url} would send the credentials unencrypted; use https, or set allow_http"
        assert transcript(sim) == []

    def test_http_where_it_is_allowed(self, sim: Simulator, token: Task) -> None:
        assert token(url=sim.http_url, allow_http=True)["actions"] == ["created"]

    def test_credentials_in_the_url(self, sim: Simulator, token: Task) -> None:
        error = token.fails(url=f"https://svc:canary@{sim.host}")
        assert error.message == "url: credentials in the address are refused; give them in their own options"
        assert transcript(sim) == []

    def test_the_firewall_of_the_saas_front(self, sim: Simulator, token: Task) -> None:
        sim.set(commandcenter_firewall="always")
        assert token()["actions"] == ["created"]

    def test_the_limit_of_the_saas_front(self, sim: Simulator, token: Task) -> None:
        sim.set(rate_limit={"writes": 1, "seconds": 3600})
        error = token.fails()
        assert "HTTP 429: Too many requests (the server asks to wait 3600 s)" in error.message
        assert not error.maybe_applied
        # The login took the only write there was; the logout is refused too, and that is a warning.
        assert transcript(sim) == CREATED
        assert "The login of this task was not ended: " in token.warnings[-1]

    @pytest.mark.parametrize(
        ("place", "words"),
        [
            ("refused_url", "no connection: Connection refused"),
            ("silent_url", "no connection: the server did not accept one in time"),
            ("expired_url", "certificate has expired"),
            ("wrong_name_url", "certificate is not valid for '127.0.0.1'"),
        ],
    )
    def test_bad_servers(self, sim: Simulator, token: Task, place: str, words: str) -> None:
        assert words in token.fails(url=getattr(sim, place), timeout=SHORT, retries=0).message
        assert transcript(sim) == []

    def test_an_unknown_ca(self, sim: Simulator, token: Task) -> None:
        assert "in ca_path" in token.fails(ca_path=sim.other_ca_path).message
        assert transcript(sim) == []
