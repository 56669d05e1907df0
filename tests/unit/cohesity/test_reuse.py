# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cohesity_access_token returns the token that it was given, as long as that is good and the login's own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.constants import V1_LOGIN, V2_LOGIN, VERIFY
from tests.simulator import Simulator
from tests.unit.cohesity.conftest import minted
from tests.unit.helpers import Task, transcript

CORP = {"username": "ad-backup", "password": "canary-cohesity-ad-password", "domain": "CORP"}


@pytest.fixture
def token(sim: Simulator, login: Task) -> dict[str, Any]:
    """What a task before returned, as it comes out of a template or a cache."""
    returned = json.loads(json.dumps(login()["token"]))
    sim.clear_requests()
    return dict(returned)


class TestReused:
    def test_one_get(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        result = login(token=token)
        assert transcript(sim) == [VERIFY]
        assert sim.requests()[0]["headers"]["authorization"] == f"Bearer {token['access_token']}"
        assert (result["changed"], result["actions"], result["secret_available"]) == (False, ["reused"], True)
        assert result["secret_fingerprint"] == hashlib.sha256(token["access_token"].encode()).hexdigest()[:16]
        assert result["diff"]["before"] == result["diff"]["after"] == {"token": f"valid until {token['expires_at']}"}
        assert {**result["token"], "expires_in": 0} == {**token, "expires_in": 0}

    def test_no_request_without_verify(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        assert login(token=token, verify=False)["actions"] == ["reused"]
        assert transcript(sim) == []

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_again_and_again(self, sim: Simulator, login: Task, token: dict[str, Any], check_mode: bool) -> None:
        for _round in range(3):
            token = login(check_mode, token=token)["token"]
        assert transcript(sim) == [VERIFY] * 3
        assert len(minted(sim)) == 1

    def test_by_the_other_api(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        """The tokens of v1 and v2 are the same kind."""
        result = login(token=token, api_version="v1")
        assert result["actions"] == ["reused"]
        assert result["token"]["api_version"] == "v2"
        assert transcript(sim) == [VERIFY]

    def test_a_user_without_privileges(self, login: Task) -> None:
        viewer = {"username": "viewer", "password": "canary-cohesity-viewer-password"}
        assert login(token=login(**viewer)["token"], **viewer)["actions"] == ["reused"]

    def test_403_was_said_to_a_known_user(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        sim.fault("status", method="GET", code=403)
        assert login(token=token)["actions"] == ["reused"]

    def test_the_check_is_repeated_like_any_get(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        sim.fault("status", method="GET", code=500, headers={"Retry-After": "0"})
        assert login(token=token)["actions"] == ["reused"]
        assert transcript(sim) == [VERIFY] * 2
        assert len(login.warnings) == 1

    def test_of_a_certificate(self, sim: Simulator, login: Task) -> None:
        login.defaults = {"cluster": sim.host, "ca_path": sim.ca_path, "certificate": sim.client_cert, "private_key": sim.client_key}
        assert login(token=login()["token"])["actions"] == ["reused"]
        # A trailing newline more or less is the same certificate.
        assert login(token=login()["token"], certificate=sim.client_cert.strip())["actions"] == ["reused"]

    def test_a_clock_that_is_wrong_here_does_not_matter(self, sim: Simulator, login: Task) -> None:
        sim.advance(-400 * 86400)
        token = login()["token"]
        assert login(token=token)["actions"] == ["reused"]


class TestMinValidity:
    @pytest.mark.parametrize(
        ("left", "min_validity", "action"), [(310, "5m", "reused"), (290, "5m", "created"), (3650, "1h", "reused"), (3550, "1h", "created")]
    )
    def test_by_the_cluster_s_clock(self, sim: Simulator, login: Task, token: dict[str, Any], left: int, min_validity: str, action: str) -> None:
        sim.advance(86400 - left)
        result = login(token=token, min_validity=min_validity)
        assert result["actions"] == [action]
        assert transcript(sim) == ([VERIFY] if action == "reused" else [VERIFY, V2_LOGIN])

    def test_without_verify_there_is_only_this_machine_s_clock(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        result = login(token={**token, "expires_at": "2001-01-01T00:00:00Z"}, verify=False)
        assert result["actions"] == ["created"]
        assert transcript(sim) == [V2_LOGIN]

    @pytest.mark.parametrize("expires_at", [None, "", "soon", "99999-01-01T00:00:00Z"])
    def test_no_expiry_is_none(self, login: Task, token: dict[str, Any], expires_at: Any) -> None:
        assert login(token={**token, "expires_at": expires_at})["actions"] == ["created"]


class TestNotReused:
    @pytest.mark.parametrize("text", [1, 2, 3])
    def test_expired_whatever_the_cluster_calls_it(self, sim: Simulator, login: Task, token: dict[str, Any], text: int) -> None:
        sim.set(cohesity_expiry_text=text)
        sim.advance(86400 + 1)
        result = login(token=token)
        assert transcript(sim) == [VERIFY, V2_LOGIN]
        assert [entry["status"] for entry in sim.requests()] == [401, 201]
        assert result["actions"] == ["created"]
        assert sim.check_cohesity(result["token"]["access_token"])

    def test_expired_earlier_than_it_was_thought(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        sim.control("reset")
        assert login(token=token)["actions"] == ["created"]
        assert transcript(sim) == [VERIFY, V2_LOGIN]

    def test_401_without_a_text(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        sim.fault("status", method="GET", code=401, body="<html>go away</html>")
        assert login(token=token)["actions"] == ["created"]

    @pytest.mark.parametrize(
        "other",
        [
            CORP,
            {"username": "viewer", "password": "canary-cohesity-viewer-password"},
            {"cluster": "localhost"},
            {"certificate": "client_cert", "private_key": "client_key"},
        ],
        ids=["domain and user", "user", "cluster", "certificate"],
    )
    def test_another_login_s_token_is_not_even_sent(self, sim: Simulator, login: Task, token: dict[str, Any], other: dict[str, str]) -> None:
        if "cluster" in other:
            other = {"cluster": sim.host.replace("127.0.0.1", "localhost")}
        if "certificate" in other:
            # The certificate user's own name, because the default user's would not fit it.
            login.defaults.pop("username")
            login.defaults.pop("password")
            other = {"certificate": sim.client_cert, "private_key": sim.client_key}
        result = login(token=token, **other)
        assert transcript(sim) == [V2_LOGIN]
        assert (result["actions"], result["changed"]) == (["created"], True)
        assert result["token"]["access_token"] != token["access_token"]

    @pytest.mark.parametrize("key", ["access_token", "token_type", "cluster", "username", "domain"])
    def test_half_a_token_is_none(self, sim: Simulator, login: Task, token: dict[str, Any], key: str) -> None:
        del token[key]
        assert login(token=token)["actions"] == ["created"]
        assert transcript(sim) == [V2_LOGIN]

    def test_the_prediction_of_check_mode_is_no_token(self, sim: Simulator, login: Task) -> None:
        predicted = login(check_mode=True)["token"]
        assert login(token=predicted)["actions"] == ["created"]
        assert transcript(sim) == [V2_LOGIN]

    def test_an_empty_dict_is_no_token(self, sim: Simulator, login: Task) -> None:
        assert login(token={})["actions"] == ["created"]
        assert transcript(sim) == [V2_LOGIN]

    def test_the_other_api_logs_in_anew(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        sim.advance(86400)
        assert login(token=token, api_version="v1")["token"]["api_version"] == "v1"
        assert transcript(sim) == [VERIFY, V1_LOGIN]


class TestCheckMode:
    """At most the GET that verifies a token."""

    @pytest.mark.parametrize("advance", [0, 86400 - 60, 86400 + 60])
    @pytest.mark.parametrize("verify", [True, False])
    def test_predicts_what_a_run_does(self, sim: Simulator, login: Task, token: dict[str, Any], advance: int, verify: bool) -> None:
        if not verify and advance:
            # Without a request there is no other clock than this machine's.
            token["expires_at"] = "2001-01-01T00:00:00Z"
        sim.advance(advance)
        predicted = login(check_mode=True, token=token, verify=verify)
        assert transcript(sim) == ([VERIFY] if verify else [])
        assert len(minted(sim)) == 1
        done = login(token=token, verify=verify)
        assert {key: predicted[key] for key in ("changed", "actions", "diff")} == {key: done[key] for key in ("changed", "actions", "diff")}
        assert predicted["secret_available"] == (done["actions"] == ["reused"])


class TestFailures:
    def test_a_cluster_in_trouble_is_no_reason_for_a_login(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        sim.fault("status", method="GET", code=500, times=0, headers={"Retry-After": "0"})
        error = login.fails(token=token)
        assert (error.status, transcript(sim)) == (500, [VERIFY] * 4)

    def test_a_token_that_the_cluster_quotes_is_redacted(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        sim.fault("status", method="GET", code=400, body={"message": f"what is {token['access_token']}?"})
        error = login.fails(token=token)
        assert error.message.endswith("HTTP 400: what is ********?")

    def test_a_token_that_cannot_stand_in_a_header(self, sim: Simulator, login: Task, token: dict[str, Any]) -> None:
        error = login.fails(token={**token, "access_token": "canary\nx"})
        assert "canary" not in error.message
        assert transcript(sim) == []

    def test_token_and_store_exclude_each_other(self, sim: Simulator, login: Task, token: dict[str, Any], tmp_path: Any) -> None:
        error = login.fails(token=token, store={"file": str(tmp_path / "token.json")})
        assert error.message == "token and store exclude each other: the store already holds the token that was returned before"
        assert transcript(sim) == []
