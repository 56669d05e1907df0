# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cohesity_access_token says what went wrong and what to do; a login is sent once, whatever happens."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest

from tests.constants import V1_LOGIN, V2_LOGIN
from tests.simulator import Simulator, credentials
from tests.unit.cohesity.conftest import minted
from tests.unit.helpers import SHORT, TOO_LONG, Task, patience, transcript

MFA = {"username": "mfa", "password": "canary-cohesity-mfa-password"}
REFUSED = "was refused. It is not repeated, because repeated failed logins lock the account"
LINES = {"v1": V1_LOGIN, "v2": V2_LOGIN}
versions = pytest.mark.parametrize("version", ["v1", "v2"])


def said(sim: Simulator, version: str, rest: str) -> str:
    """The beginning of an error of a login."""
    return f"POST {sim.url}{LINES[version].removeprefix('POST ')}: {rest}"


class TestRefusedLogins:
    @versions
    def test_a_wrong_password_is_sent_once(self, sim: Simulator, login: Task, version: str) -> None:
        error = login.fails(api_version=version, password="hunter2-wrong")
        assert error.message == said(
            sim,
            version,
            f"HTTP 400 KValidationError: Invalid Username or Password specified. The login of user 'backup' in domain 'LOCAL' {REFUSED}",
        )
        assert (error.status, error.code, error.maybe_applied) == (400, "KValidationError", False)
        assert transcript(sim) == [LINES[version]]
        assert login.warnings == []

    def test_a_locked_account(self, sim: Simulator, login: Task) -> None:
        for _attempt in range(5):
            login.fails(password="hunter2-wrong")
        error = login.fails()
        assert "The account is locked because of too many failed logins." in error.message
        assert len(transcript(sim)) == 6
        sim.advance(1800)
        assert login()["actions"] == ["created"]

    @versions
    def test_a_missing_one_time_password(self, sim: Simulator, login: Task, version: str) -> None:
        error = login.fails(api_version=version, **MFA)
        assert "Please specify the mandatory parameters." in error.message
        assert error.message.endswith("Where multi-factor authentication is on, the login also needs otp_code")
        assert len(transcript(sim)) == 1

    @versions
    @pytest.mark.parametrize(("otp_type", "words"), [("totp", "Invalid TOTP code."), ("email", "Invalid email OTP code.")])
    def test_a_wrong_one_time_password(self, sim: Simulator, login: Task, version: str, otp_type: str, words: str) -> None:
        error = login.fails(api_version=version, otp_code="000111", otp_type=otp_type, **MFA)
        assert words in error.message
        assert "The one-time password was not accepted: check otp_code, otp_type and the clock of the device that made it" in error.message
        assert "000111" not in error.message
        assert len(transcript(sim)) == 1

    def test_a_code_of_the_other_kind(self, login: Task) -> None:
        assert "Invalid email OTP code." in login.fails(otp_code=credentials.TOTP_CODE, otp_type="email", **MFA).message

    @versions
    def test_session_management(self, sim: Simulator, login: Task, version: str) -> None:
        sim.set(cohesity_session_management=True)
        error = login.fails(api_version=version)
        assert "Session management is enabled on this cluster, which switches access tokens off" in error.message
        assert "the password was not judged. Use dataprotection.access.cohesity_session instead" in error.message
        assert "repeated failed logins" not in error.message
        assert transcript(sim) == [LINES[version]]

    @pytest.mark.parametrize(("version", "other"), [("v1", "v2"), ("v2", "v1")])
    def test_an_api_that_the_cluster_lacks(self, sim: Simulator, login: Task, version: str, other: str) -> None:
        sim.fault("status", code=404, body="404 page not found")
        error = login.fails(api_version=version)
        assert error.message == said(sim, version, f"HTTP 404: 404 page not found. This cluster does not offer API {version}; try api_version: {other}")

    @pytest.mark.parametrize("username", ["backup@corp.example", "CORP\\backup"])
    def test_a_domain_in_the_user_name(self, login: Task, username: str) -> None:
        message = login.fails(username=username).message
        assert message.endswith(f"{REFUSED}. A domain is not read from the user name: give the name alone in username, and the domain in domain")

    def test_a_user_who_must_set_up_mfa(self, sim: Simulator, login: Task) -> None:
        words = "Only Multi-factor Authentication (MFA) related operations are allowed in this state."
        sim.fault("status", code=401, body={"errorCode": "StatusUnauthorized", "message": words})
        message = login.fails().message
        assert "must set up multi-factor authentication first" in message
        assert REFUSED not in message

    def test_helios(self, sim: Simulator, login: Task) -> None:
        sim.fault("status", code=401, body={"message": "No open ID token found in header"})
        assert login.fails().message.endswith("Helios takes no user name and password: give api_key")

    @pytest.mark.parametrize("status", [401, 403])
    def test_other_ways_to_say_no(self, sim: Simulator, login: Task, status: int) -> None:
        sim.fault("status", code=status)
        assert login.fails().message == said(sim, "v2", f"HTTP {status}. The login of user 'backup' in domain 'LOCAL' {REFUSED}")

    def test_a_certificate(self, sim: Simulator, login: Task) -> None:
        login.defaults = {"cluster": sim.host, "ca_path": sim.ca_path}
        key = "-----BEGIN PRIVATE KEY-----\ncanary-private-key\n-----END PRIVATE KEY-----\n"
        error = login.fails(certificate=sim.client_cert, private_key=key)
        assert error.message.endswith(f"Invalid certificate or private key specified. The login of the certificate in domain LOCAL {REFUSED}")
        assert "canary" not in error.message


class TestIncompleteLogins:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({}, "a login needs username and password, or certificate and private_key"),
            ({}, "username (or COHESITY_USERNAME) and password (or COHESITY_PASSWORD) are missing or empty"),
            ({"username": "backup"}, "private_key: password (or COHESITY_PASSWORD) is missing or empty"),
            ({"username": "backup", "password": ""}, "private_key: password (or COHESITY_PASSWORD) is missing or empty"),
            ({"password": "secret"}, "private_key: username (or COHESITY_USERNAME) is missing or empty"),
            ({"username": "", "password": "secret"}, "private_key: username (or COHESITY_USERNAME) is missing or empty"),
            ({"api_key": "canary-key"}, "An API key needs no access token: send it as it is, in the header apiKey"),
            ({"certificate": "PEM"}, "certificate and private_key belong together: give both or none"),
            ({"private_key": "PEM"}, "certificate and private_key belong together: give both or none"),
            ({"username": "backup", "password": "secret", "certificate": "PEM"}, "certificate and private_key belong together: give both or none"),
        ],
    )
    def test_nothing_is_sent(self, sim: Simulator, login: Task, arguments: dict[str, str], words: str) -> None:
        login.defaults = {"cluster": sim.host, "ca_path": sim.ca_path}
        message = login.fails(**arguments).message
        assert words in message
        assert "canary" not in message
        assert transcript(sim) == []

    @pytest.mark.parametrize(
        ("changes", "option"),
        [
            ({"certificate": "/etc/pki/canary.pem"}, "certificate"),
            ({"private_key": "/etc/pki/canary.key"}, "private_key"),
            ({"certificate": "canary-key-in-the-wrong-place"}, "certificate"),
        ],
    )
    def test_what_is_no_pem_text_is_not_sent(self, sim: Simulator, login: Task, changes: dict[str, str], option: str) -> None:
        login.defaults = {"cluster": sim.host, "ca_path": sim.ca_path}
        message = login.fails(**{"certificate": sim.client_cert, "private_key": sim.client_key, **changes}).message
        assert message.startswith(f"{option}: this is not PEM text")
        assert "canary" not in message
        assert transcript(sim) == []

    @pytest.mark.parametrize("option", ["lifetime", "min_validity"])
    @pytest.mark.parametrize("value", ["soon", "1.5h", "-5m"])
    def test_a_duration_that_is_none(self, sim: Simulator, login: Task, option: str, value: str) -> None:
        assert f"{option}: {value!r} is not a duration; write for example 90d, 12h, 5m" in login.fails(**{option: value}).message
        assert transcript(sim) == []

    @pytest.mark.parametrize("cluster", [None, "", "  "])
    def test_the_cluster_is_required(self, sim: Simulator, login: Task, cluster: str | None) -> None:
        message = login.fails(cluster=cluster).message
        assert message == "cluster is missing or empty: give the option cluster, or set the environment variable COHESITY_CLUSTER"
        assert transcript(sim) == []


class TestAddresses:
    @pytest.mark.parametrize(
        ("cluster", "words"),
        [
            ("http_url", "would send the credentials unencrypted; use https"),
            ("https://backup:canary-in-url@127.0.0.1", "credentials in the address are refused; give them in their own options"),
            ("https://127.0.0.1/v2", "has a path; give the host name or address of the cluster alone"),
            ("not a host", "is not a host name or https address"),
            ("https://127.0.0.1/commandcenter", "this is the address of a Commvault Command Center"),
            ("https://127.0.0.1/webconsole/api", "this is the address of a Commvault Command Center"),
            ("127.0.0.1/CommandCenter/#/jobs", "this is the address of a Commvault Command Center"),
        ],
    )
    def test_bad_ones(self, sim: Simulator, login: Task, cluster: str, words: str) -> None:
        error = login.fails(cluster=getattr(sim, cluster, cluster))
        assert error.message.startswith("cluster: ")
        assert words in error.message
        assert "canary" not in error.message
        assert transcript(sim) == []

    @pytest.mark.parametrize(
        ("place", "words"),
        [
            ("refused_url", "no connection: Connection refused"),
            ("silent_url", "no connection: the server did not accept one in time"),
            ("expired_url", "certificate has expired"),
            ("wrong_name_url", "certificate is not valid for '127.0.0.1'"),
        ],
    )
    def test_bad_servers(self, sim: Simulator, login: Task, place: str, words: str) -> None:
        error = login.fails(cluster=getattr(sim, place), timeout=SHORT, retries=0)
        assert words in error.message
        assert transcript(sim) == []

    def test_an_unknown_ca(self, sim: Simulator, login: Task) -> None:
        assert "in ca_path" in login.fails(ca_path=sim.other_ca_path).message
        assert transcript(sim) == []

    def test_a_redirect(self, sim: Simulator, login: Task) -> None:
        sim.fault("redirect", location=sim.http_url + "/v2/access-tokens")
        assert "which was refused: credentials only go to the address that was given" in login.fails().message
        assert transcript(sim) == [V2_LOGIN]


NO_TOKEN = "the response holds no accessToken"
NO_HEADER = "the accessToken in the response holds characters that cannot be sent in a header"


class TestStrangeAnswers:
    @pytest.mark.parametrize(
        ("kind", "args", "words"),
        [
            ("html", {}, "bytes of text/html that are not JSON; is this the address of the API"),
            ("html_after", {}, "bytes of text/html that are not JSON"),
            ("empty", {}, "HTTP 201 with an empty body"),
            ("truncate", {}, "the connection broke before the response was complete"),
            ("html", {"body": '{"accessToken": "canary'}, "that are not JSON"),
            ("json", {"value": []}, "the response is not a JSON object"),
            ("json", {"value": "canary"}, "the response is not a JSON object"),
            ("json", {"value": None}, "the response is not a JSON object"),
            ("json", {"value": {}}, NO_TOKEN),
            ("json", {"value": {"accessToken": None}}, NO_TOKEN),
            ("json", {"value": {"accessToken": ""}}, NO_TOKEN),
            ("json", {"value": {"accessToken": 5}}, NO_TOKEN),
            ("json", {"value": {"accessToken": ["canary"]}}, NO_TOKEN),
            ("json", {"value": {"accessToken": "canary\n"}}, NO_HEADER),
            ("json", {"value": {"accessToken": "can\u0000ary"}}, NO_HEADER),
            ("json", {"value": {"accessToken": "canäry"}}, NO_HEADER),
            ("json", {"value": {"accessToken": "good", "tokenType": 5}}, "the response holds no tokenType"),
            ("json", {"value": {"accessToken": "good", "tokenType": "Bearer\r\nX: y"}}, "the tokenType in the response holds characters"),
            ("big", {"bytes": 17 * 2**20}, "the response is larger than 16 MiB and was refused"),
        ],
    )
    def test_are_clear_errors(self, sim: Simulator, login: Task, kind: str, args: dict[str, Any], words: str) -> None:
        sim.fault(kind, **args)
        error = login.fails()
        assert error.message.startswith(f"POST {sim.url}/v2/access-tokens: ")
        assert words in error.message
        assert "canary" not in error.message
        assert transcript(sim) == [V2_LOGIN]

    def test_privileges_of_another_type_are_none(self, sim: Simulator, login: Task) -> None:
        sim.fault("patch", changes={"privileges": "ALL"})
        assert login()["token"]["privileges"] is None


class TestOnce:
    """Repeated logins lock users, so a login that reached the cluster is never repeated."""

    @pytest.mark.parametrize(
        ("kind", "args"),
        [
            ("cut_before", {}),
            ("cut_after", {}),
            ("truncate", {}),
            ("delay", {"seconds": TOO_LONG}),
            ("drip", {"bytes_per_second": 20}),
            *[("status", {"code": code, "headers": {"Retry-After": "0"}}) for code in (400, 401, 403, 408, 500, 502, 504)],
            ("status", {"code": 503}),
        ],
        ids=str,
    )
    def test_whatever_happens(self, sim: Simulator, login: Task, kind: str, args: dict[str, Any]) -> None:
        sim.fault(kind, **args)
        login.fails(timeout=patience(kind))
        assert transcript(sim) == [V2_LOGIN]
        assert login.warnings == []

    def test_too_many_requests_without_json(self, sim: Simulator, login: Task) -> None:
        sim.fault("status", code=429, body="Too Many Requests", headers={"Retry-After": "30"})
        assert login.fails().message == said(sim, "v2", "HTTP 429: Too Many Requests (the server asks to wait 30 s)")

    def test_a_login_that_was_never_sent_is_tried_again(self, sim: Simulator, login: Task) -> None:
        error = login.fails(cluster=sim.refused_url, retries=1)
        assert "no connection: Connection refused" in error.message
        assert len(login.warnings) == 1


class TestSecretsInErrors:
    @pytest.mark.parametrize("form", ["plain", "base64", "url"])
    def test_a_cluster_that_quotes_the_password(self, sim: Simulator, login: Task, form: str) -> None:
        password = "p/ss wörd & more"
        echo = {"plain": password, "base64": base64.b64encode(password.encode()).decode(), "url": quote(password, safe="")}[form]
        sim.fault("status", code=400, body={"errorCode": "KValidationError", "message": f"no such login: backup/{echo}."})
        assert "no such login: backup/********." in login.fails(password=password).message

    @pytest.mark.parametrize("password", ["hunter2", "p&<\"\\'ü"])
    @pytest.mark.parametrize("who", ["backup", "LOCAL\\backup", "backup@LOCAL"])
    def test_a_front_that_quotes_basic_authentication(self, sim: Simulator, login: Task, who: str, password: str) -> None:
        """Without the word Basic before it, and of a password that is short."""
        echo = base64.b64encode(f"{who}:{password}".encode()).decode()
        sim.fault("status", code=401, body=f"not authorized: {echo}")
        assert "not authorized: ********." in login.fails(username="backup", password=password).message

    @pytest.mark.parametrize(
        "body",
        [
            {"message": "bad domain", "detail": [{"accessToken": "canary"}]},
            {"message": "bad domain for token=canary-token-x", "accessToken": 5},
            "<error accessToken='canary-token-x'/>",
            'HTTP gateway: {"accessToken":"canary-token-x',
        ],
        ids=str,
    )
    def test_a_refused_login_with_a_token_in_it(self, sim: Simulator, login: Task, body: Any) -> None:
        sim.fault("status", code=400, body=body)
        assert "canary" not in login.fails().text

    def test_a_cluster_that_quotes_the_private_key(self, sim: Simulator, login: Task) -> None:
        login.defaults = {"cluster": sim.host, "ca_path": sim.ca_path}
        sim.fault("status", code=400, body={"message": f"cannot read {sim.client_key}"})
        message = login.fails(certificate=sim.client_cert, private_key=sim.client_key).message
        assert not any(line in message for line in sim.client_key.splitlines() if line)

    def test_a_short_password_leaves_the_sentence_whole(self, sim: Simulator, login: Task) -> None:
        error = login.fails(username="an", password="a")
        assert error.message == said(
            sim, "v2", f"HTTP 400 KValidationError: Invalid Username or Password specified. The login of user 'an' in domain 'LOCAL' {REFUSED}"
        )

    @pytest.mark.parametrize("kind", ["html_after", "empty_after", "truncate", "status_after"])
    def test_the_new_token_is_in_no_error(self, sim: Simulator, login: Task, kind: str) -> None:
        sim.mark_secrets("canary-")
        sim.fault(kind, **({"code": 500} if kind == "status_after" else {}))
        message = login.fails().message
        assert len(minted(sim)) == 1
        assert "canary-" not in message
