# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cohesity_session opens, reuses and ends sessions: what it sends, and that it never ends a session but its own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._time import iso
from tests.constants import VERIFY
from tests.simulator import Simulator, credentials
from tests.unit.cohesity.conftest import END, OPEN, sessions
from tests.unit.helpers import TOO_LONG, Task, patience, transcript

USER, PASSWORD = credentials.COHESITY_USERNAME, credentials.COHESITY_PASSWORD
MFA = {"username": "mfa", "password": "canary-cohesity-mfa-password"}
CORP = {"username": "ad-backup", "password": "canary-cohesity-ad-password", "domain": "CORP"}
PREDICTED = ("changed", "actions", "diff")


@pytest.fixture
def opened(sim: Simulator, session: Task) -> dict[str, Any]:
    """What a task before returned, as it comes out of a template or a cache."""
    returned = json.loads(json.dumps(session()["session"]))
    sim.clear_requests()
    return dict(returned)


class TestPresent:
    def test_one_request(self, sim: Simulator, session: Task) -> None:
        sim.set(clock_frozen=True)
        result = session()
        assert transcript(sim) == [OPEN]
        assert sim.requests()[0]["body"] == {"username": USER, "password": PASSWORD, "domain": "LOCAL"}
        (secret,) = sessions(sim)
        assert result == {
            "changed": True,
            "actions": ["created"],
            "secret_available": True,
            "secret_fingerprint": hashlib.sha256(secret.encode()).hexdigest()[:16],
            "session": {
                "session_id": secret,
                "headers": {"session-id": secret},
                "cluster": sim.host,
                "username": USER,
                "domain": "LOCAL",
                "certificate_sha256": None,
                "created_at": iso(sim.now()),
            },
            "diff": {"before": {"session": "none"}, "after": {"session": "new"}},
        }
        assert session.warnings == []

    @pytest.mark.parametrize(("otp_type", "code"), [("totp", credentials.TOTP_CODE), ("email", credentials.EMAIL_CODE)])
    def test_a_one_time_password_is_flat_and_in_lower_case(self, sim: Simulator, session: Task, otp_type: str, code: str) -> None:
        session(otp_code=code, otp_type=otp_type, **MFA)
        assert sim.requests()[0]["body"] == {**MFA, "domain": "LOCAL", "otpCode": code, "otpType": otp_type}

    def test_a_certificate(self, sim: Simulator, session: Task) -> None:
        session.defaults = {"cluster": sim.host, "ca_path": sim.ca_path, "certificate": sim.client_cert, "private_key": sim.client_key}
        result = session()
        assert sim.requests()[0]["body"] == {"certificate": sim.client_cert, "privateKey": sim.client_key}
        assert result["session"]["username"] is None
        assert session(session=result["session"])["actions"] == ["reused"]

    def test_no_forced_password_change(self, sim: Simulator, session: Task) -> None:
        sim.set(cohesity_force_password_change=True)
        assert session.fails().message.endswith("Change the password, or set skip_force_password_change: true")
        assert session(skip_force_password_change=True)["actions"] == ["created"]


class TestReused:
    def test_one_get(self, sim: Simulator, session: Task, opened: dict[str, Any]) -> None:
        result = session(session=opened)
        assert transcript(sim) == [VERIFY]
        assert sim.requests()[0]["headers"]["session-id"] == opened["session_id"]
        assert (result["changed"], result["actions"], result["session"]) == (False, ["reused"], opened)
        assert result["diff"]["before"] == result["diff"]["after"] == {"session": f"open since {opened['created_at']}"}

    def test_no_request_without_verify(self, sim: Simulator, session: Task, opened: dict[str, Any]) -> None:
        assert session(session=opened, verify=False)["actions"] == ["reused"]
        assert transcript(sim) == []

    @pytest.mark.parametrize("text", [1, 2, 3])
    def test_not_when_it_has_timed_out(self, sim: Simulator, session: Task, opened: dict[str, Any], text: int) -> None:
        sim.set(cohesity_expiry_text=text)
        sim.advance(86401)
        result = session(session=opened)
        assert transcript(sim) == [VERIFY, OPEN]
        assert result["actions"] == ["created"]
        assert sessions(sim) == [result["session"]["session_id"]]

    def test_not_when_somebody_has_ended_it(self, sim: Simulator, session: Task, opened: dict[str, Any]) -> None:
        sim.cohesity_kill()
        assert session(session=opened)["actions"] == ["created"]

    @pytest.mark.parametrize("other", [CORP, {"username": "viewer", "password": "canary-cohesity-viewer-password"}, {"cluster": "localhost"}])
    def test_another_login_s_session_is_not_even_sent(self, sim: Simulator, session: Task, opened: dict[str, Any], other: dict[str, str]) -> None:
        if "cluster" in other:
            other = {"cluster": sim.host.replace("127.0.0.1", "localhost")}
        assert session(session=opened, **other)["actions"] == ["created"]
        assert transcript(sim) == [OPEN]

    @pytest.mark.parametrize("key", ["session_id", "cluster", "domain"])
    def test_half_a_session_is_none(self, sim: Simulator, session: Task, opened: dict[str, Any], key: str) -> None:
        del opened[key]
        assert session(session=opened)["actions"] == ["created"]
        assert transcript(sim) == [OPEN]

    def test_mfa_is_not_cured_by_a_login(self, sim: Simulator, session: Task, opened: dict[str, Any]) -> None:
        sim.set(cohesity_mfa_only=True)
        assert "must set up multi-factor authentication first" in session.fails(session=opened).message
        assert transcript(sim) == [VERIFY]


class TestAbsent:
    def test_ends_exactly_this_one(self, sim: Simulator, session: Task, opened: dict[str, Any]) -> None:
        other = session()["session"]["session_id"]
        sim.clear_requests()
        result = session(state="absent", session=opened)
        (entry,) = sim.requests()
        assert (entry["method"], entry["query"], entry["headers"]["session-id"]) == ("DELETE", {"current": "true"}, opened["session_id"])
        assert sessions(sim) == [other]
        assert result == {
            "changed": True,
            "actions": ["ended"],
            "secret_available": False,
            "secret_fingerprint": None,
            "session": {},
            "diff": {"before": {"session": f"open since {opened['created_at']}"}, "after": {"session": "none"}},
        }
        assert sim.state()["cohesity"]["bare_session_deletes"] == []

    def test_needs_no_login(self, sim: Simulator, session: Task, opened: dict[str, Any]) -> None:
        session.defaults = {"cluster": sim.host, "ca_path": sim.ca_path}
        assert session(state="absent", session=opened)["actions"] == ["ended"]

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_twice_is_unchanged(self, sim: Simulator, session: Task, opened: dict[str, Any], check_mode: bool) -> None:
        session(state="absent", session=opened)
        sim.clear_requests()
        result = session(check_mode, state="absent", session=opened)
        assert (result["changed"], result["actions"]) == (False, [])
        assert result["diff"]["before"] == result["diff"]["after"] == {"session": "none"}
        assert transcript(sim) == [VERIFY if check_mode else END]

    @pytest.mark.parametrize("given", [None, {}, {"session_id": None}, {"session_id": "", "cluster": "x"}])
    @pytest.mark.parametrize("check_mode", [False, True])
    def test_nothing_passed_in_sends_nothing(self, sim: Simulator, session: Task, opened: dict[str, Any], given: Any, check_mode: bool) -> None:
        result = session(check_mode, state="absent", session=given)
        assert (result["changed"], result["actions"], transcript(sim)) == (False, [], [])
        assert sessions(sim) == [opened["session_id"]]

    def test_of_another_cluster(self, sim: Simulator, session: Task, opened: dict[str, Any]) -> None:
        message = session.fails(state="absent", session={**opened, "cluster": "other.example.com"}).message
        assert message == f"session: it belongs to cluster 'other.example.com', not to {sim.host!r}, so nothing was sent"
        assert transcript(sim) == []

    @pytest.mark.parametrize("key", ["cluster", "domain"])
    def test_half_a_session(self, sim: Simulator, session: Task, opened: dict[str, Any], key: str) -> None:
        del opened[key]
        assert "hand back what the module has returned" in session.fails(state="absent", session=opened).message
        assert transcript(sim) == []

    @pytest.mark.parametrize("session_id", ["canary\nx", " canary", "canäry", "can\x00ary"])
    def test_what_cannot_stand_in_a_header(self, sim: Simulator, session: Task, opened: dict[str, Any], session_id: str) -> None:
        error = session.fails(state="absent", session={**opened, "session_id": session_id})
        assert "session_id holds characters that cannot stand in a header" in error.message
        assert "canary" not in error.message
        assert transcript(sim) == []

    @pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
    def test_an_unknown_answer_is_no_success(self, sim: Simulator, session: Task, opened: dict[str, Any], status: int) -> None:
        sim.fault("status", method="DELETE", code=status, times=0)
        error = session.fails(state="absent", session=opened, retries=0)
        assert error.status == status
        assert error.message.startswith(f"DELETE {sim.url}/v2/users/sessions: HTTP {status}")
        assert opened["session_id"] not in error.message

    def test_a_lost_answer_is_settled_by_the_next_run(self, sim: Simulator, session: Task, opened: dict[str, Any]) -> None:
        sim.fault("cut_after", method="DELETE")
        session.fails(state="absent", session=opened, retries=0)
        assert session(state="absent", session=opened)["changed"] is False
        assert sessions(sim) == []


class TestCheckMode:
    def test_opens_nothing(self, sim: Simulator, session: Task) -> None:
        predicted = session(check_mode=True)
        assert transcript(sim) == []
        assert (predicted["secret_available"], predicted["secret_fingerprint"]) == (False, None)
        done = session()
        assert {key: predicted[key] for key in PREDICTED} == {key: done[key] for key in PREDICTED}
        assert predicted["session"].keys() == done["session"].keys()
        assert predicted["session"] == {**dict.fromkeys(done["session"]), "headers": {}, "cluster": sim.host, "username": USER, "domain": "LOCAL"}

    def test_the_prediction_is_no_session(self, sim: Simulator, session: Task) -> None:
        predicted = session(check_mode=True)["session"]
        assert session(session=predicted)["actions"] == ["created"]
        assert session(state="absent", session=predicted)["actions"] == []
        assert transcript(sim) == [OPEN]

    @pytest.mark.parametrize("advance", [0, 86401])
    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_predicts_what_a_run_does(self, sim: Simulator, session: Task, opened: dict[str, Any], advance: int, state: str) -> None:
        sim.advance(advance)
        predicted = session(check_mode=True, state=state, session=opened)
        assert transcript(sim) == [VERIFY]
        done = session(state=state, session=opened)
        assert {key: predicted[key] for key in PREDICTED} == {key: done[key] for key in PREDICTED}


class TestErrors:
    def test_session_management_is_disabled(self, sim: Simulator, session: Task) -> None:
        sim.set(cohesity_session_management=False)
        message = session.fails().message
        assert "the password was not judged. Use dataprotection.access.cohesity_access_token instead" in message
        assert "repeated failed logins" not in message
        assert transcript(sim) == [OPEN]

    def test_a_cluster_without_sessions(self, sim: Simulator, session: Task) -> None:
        sim.fault("status", code=404, body="404 page not found")
        assert "Use dataprotection.access.cohesity_access_token instead" in session.fails().message

    def test_a_wrong_password_is_sent_once(self, sim: Simulator, session: Task) -> None:
        assert "was refused. It is not repeated, because repeated failed logins lock the account" in session.fails(password="hunter2-wrong").message
        assert transcript(sim) == [OPEN]

    @pytest.mark.parametrize("status", [400, 403])
    def test_too_many_sessions(self, sim: Simulator, session: Task, status: int) -> None:
        sim.set(cohesity_sessions_per_user=1, cohesity_session_limit_status=status)
        session()
        assert "Too many sessions are open: end those that nobody needs" in session.fails().message

    def test_no_login(self, sim: Simulator, session: Task) -> None:
        session.defaults = {"cluster": sim.host}
        assert "a login needs username and password" in session.fails().message
        assert transcript(sim) == []

    @pytest.mark.parametrize("value", [[], "canary", None, {}, {"sessionId": None}, {"sessionId": ""}, {"sessionId": 5}, {"sessionId": "canary\n"}])
    def test_strange_answers(self, sim: Simulator, session: Task, value: Any) -> None:
        sim.fault("json", value=value)
        error = session.fails()
        assert error.message.startswith(f"POST {sim.url}/v2/users/sessions: ")
        assert "canary" not in error.message
        assert transcript(sim) == [OPEN]

    @pytest.mark.parametrize(("kind", "args"), [("cut_before", {}), ("cut_after", {}), ("delay", {"seconds": TOO_LONG}), ("status", {"code": 500})], ids=str)
    def test_a_login_is_sent_once(self, sim: Simulator, session: Task, kind: str, args: dict[str, Any]) -> None:
        sim.fault(kind, **args)
        session.fails(timeout=patience(kind))
        assert transcript(sim) == [OPEN]
