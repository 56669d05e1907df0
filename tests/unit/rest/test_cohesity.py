# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cohesity_rest against the cluster: credentials, expiry, statuses, check mode, and what the result says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, cohesity_session
from tests.constants import V1_LOGIN, V2_LOGIN
from tests.simulator import Simulator, credentials
from tests.unit.cohesity.conftest import END, OPEN, sessions
from tests.unit.helpers import SHORT, TOO_LONG, Task, bodies, transcript
from tests.unit.rest.conftest import GROUPS, Run

GET_GROUPS = f"GET {GROUPS}"
PASSWORD = credentials.COHESITY_PASSWORD


@pytest.fixture
def token(sim: Simulator) -> dict[str, Any]:
    """A token as a module has returned it; the request for it is forgotten."""
    made = Task(cohesity_access_token, **sim.cohesity_login)()["token"]
    sim.clear_requests()
    return dict(made)


class TestRequest:
    def test_a_read(self, sim: Simulator, cohesity: Task) -> None:
        sim.cohesity_seed("groups", 2)
        result = cohesity(path=GROUPS, query={"isActive": True})
        assert transcript(sim) == [V2_LOGIN, GET_GROUPS]
        assert [group["name"] for group in result["json"]["protectionGroups"]]
        assert (result["status"], result["changed"], result["actions"]) == (200, False, ["authenticated"])
        assert result["url"] == f"{sim.url}{GROUPS}?isActive=true"
        assert result["headers"]["content-type"].startswith("application/json")
        assert result["elapsed"] >= 0
        assert "content" not in result
        assert sim.requests("groups")[0]["headers"]["accept"] == "application/json"

    def test_writes_for_real_in_check_mode_and_twice(self, sim: Simulator, play: Run) -> None:
        body = {"name": "daily"}
        predicted = play(check_mode=True, method="POST", path=GROUPS, body=body)
        assert (predicted["changed"], predicted["actions"]) == (True, ["sent"])
        assert transcript(sim) == []
        made = play(method="POST", path=GROUPS, body=body)
        assert (made["status"], made["changed"], made["actions"]) == (201, True, ["authenticated", "sent"])
        assert bodies(sim, "POST", "groups") == [body]
        again = play(method="PUT", path=f"{GROUPS}/{made['json']['id']}", body={"name": "weekly"})
        assert (again["status"], again["changed"], again["actions"]) == (200, True, ["sent"])
        assert transcript(sim) == [V2_LOGIN, f"POST {GROUPS}", f"PUT {GROUPS}/{made['json']['id']}"]

    def test_delete(self, sim: Simulator, play: Run) -> None:
        (number,) = sim.cohesity_seed("groups")
        one = f"{GROUPS}/{number}"
        assert play(check_mode=True, method="DELETE", path=one)["changed"] is True
        deleted = play(method="DELETE", path=one)
        assert (deleted["changed"], deleted["status"], deleted["content"]) == (True, 204, "")
        gone = play(method="DELETE", path=one)
        assert (gone["changed"], gone["status"]) == (False, 404)
        assert play(check_mode=True, method="DELETE", path=one)["changed"] is False
        assert transcript(sim) == [V2_LOGIN, f"GET {one}", f"DELETE {one}", f"DELETE {one}", f"GET {one}"]

    def test_delete_of_what_an_unclear_attempt_may_have_deleted(self, sim: Simulator, play: Run) -> None:
        sim.fault("status_after", method="DELETE", path="groups", code=503, headers={"Retry-After": "0"})
        (number,) = sim.cohesity_seed("groups")
        gone = play(method="DELETE", path=f"{GROUPS}/{number}")
        assert (gone["changed"], gone["status"]) == (True, 404)
        assert len(sim.requests(method="DELETE")) == 2

    @pytest.mark.parametrize("status", [403, 405])
    def test_delete_where_nothing_can_be_read(self, sim: Simulator, play: Run, status: int) -> None:
        sim.fault("status", path="groups", code=status)
        assert play(check_mode=True, method="DELETE", path=f"{GROUPS}/1")["changed"] is True

    def test_statuses_that_are_accepted(self, sim: Simulator, play: Run) -> None:
        assert play(path=f"{GROUPS}/1", status_code=[404])["status"] == 404
        sim.fault("status", path="groups", code=409, body={"id": 7})
        result = play(method="POST", path=GROUPS, body={"name": "x"}, status_code=[409])
        assert (result["status"], result["json"], result["changed"]) == (409, {"id": 7}, False)

    @pytest.mark.parametrize("status", [401, 302, 100, 600])
    def test_statuses_that_cannot_be_accepted(self, sim: Simulator, cohesity: Task, status: int) -> None:
        assert cohesity.fails(path=GROUPS, status_code=[status]).message.startswith(f"status_code: {status} cannot be accepted")
        assert transcript(sim) == []

    def test_xml_comes_back_as_text(self, sim: Simulator, play: Run) -> None:
        sim.fault("html", path="groups", body="<a>ü</a>")
        result = play(path=GROUPS)
        assert result["content"] == "<a>ü</a>"
        assert "json" not in result

    def test_every_session_s_end_is_refused(self, sim: Simulator, cohesity: Task) -> None:
        sim.set(cohesity_session_management=True)
        assert "ends every session" in cohesity.fails(method="DELETE", path="/v2/users//sessions").message
        assert sim.state()["cohesity"]["bare_session_deletes"] == []

    @pytest.mark.parametrize("path", ["//evil.example.com/x", "https://evil.example.com", "/v2/../x", "/v2/%2e%2e/x", "/a?b=c"])
    def test_paths_that_are_refused(self, sim: Simulator, cohesity: Task, path: str) -> None:
        assert cohesity.fails(path=path).message.startswith("path: ")
        assert transcript(sim) == []

    def test_a_large_response(self, sim: Simulator, cohesity: Task) -> None:
        sim.fault("big", path="groups", bytes=17 * 2**20)
        assert "larger than 16 MiB" in cohesity.fails(path=GROUPS).message


class TestRepeats:
    """A write goes out again only where it has certainly not been carried out."""

    WRITES = ("POST", "PUT", "PATCH", "DELETE")

    @pytest.mark.parametrize("method", WRITES)
    @pytest.mark.parametrize(
        ("kind", "code"), [("status_after", 500), ("status_after", 502), ("status_after", 503), ("status_after", 504), ("cut_after", None)]
    )
    def test_a_write_that_may_have_been_done(self, sim: Simulator, cohesity: Task, method: str, kind: str, code: int | None) -> None:
        how: dict[str, Any] = {"code": code} if code else {}
        sim.fault(kind, path="groups", **how)
        error = cohesity.fails(method=method, path=GROUPS, body={"name": "one"})
        assert error.message.endswith(". The request may have been carried out, so it was not sent again: check that before you repeat it")
        assert (error.status, error.maybe_applied) == (code, True)
        assert transcript(sim) == [V2_LOGIN, f"{method} {GROUPS}"]
        assert cohesity.warnings == []

    @pytest.mark.parametrize("method", WRITES)
    @pytest.mark.parametrize("code", [429, 503])
    def test_a_write_that_the_server_puts_off(self, sim: Simulator, cohesity: Task, method: str, code: int) -> None:
        sim.fault("status", path="groups", code=code, headers={"Retry-After": "0"})
        sim.fault("json", path="groups", value={"id": 1})
        assert cohesity(method=method, path=GROUPS, body={"name": "one"})["changed"] is True
        assert transcript(sim) == [V2_LOGIN, *[f"{method} {GROUPS}"] * 2]

    @pytest.mark.parametrize("code", [400, 403, 409])
    def test_a_refusal_leaves_no_doubt(self, sim: Simulator, cohesity: Task, code: int) -> None:
        sim.fault("status", path="groups", code=code)
        assert "may have been carried out" not in cohesity.fails(method="POST", path=GROUPS, body={}).message

    @pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
    def test_a_read(self, sim: Simulator, cohesity: Task, code: int) -> None:
        sim.fault("status", path="groups", code=code)
        assert cohesity(path=GROUPS)["status"] == 200
        assert transcript(sim) == [V2_LOGIN, GET_GROUPS, GET_GROUPS]

    def test_the_write_of_a_merge(self, sim: Simulator, cohesity: Task) -> None:
        (number,) = sim.cohesity_seed("groups")
        sim.fault("status", method="PUT", path="groups", code=502)
        error = cohesity.fails(method="PUT", path=f"{GROUPS}/{number}", body={"isPaused": True}, body_strategy="merge")
        assert "may have been carried out" in error.message
        assert len(sim.requests(method="PUT")) == 1

    def test_a_slow_server_gets_both_hints(self, sim: Simulator, cohesity: Task) -> None:
        sim.fault("delay_after", path="groups", seconds=TOO_LONG)
        assert (
            "check that before you repeat it. If the server is only slow, raise timeout"
            in cohesity.fails(method="POST", path=GROUPS, body={"name": "one"}, timeout=SHORT).text
        )


@pytest.mark.parametrize("end", ["#", "?", "#x", "?x=1", "/#", "/?"])
def test_a_cluster_is_a_host_and_a_port(sim: Simulator, cohesity: Task, end: str) -> None:
    for cluster in (sim.host + end, f"https://{sim.host}{end}"):
        assert cohesity.fails(path=GROUPS, cluster=cluster).message == "cluster: an address with a query or a fragment is refused"
    assert transcript(sim) == []


class TestCredentials:
    def test_one_login_for_a_run(self, sim: Simulator, play: Run) -> None:
        actions = [play(path=GROUPS)["actions"] for _call in range(20)]
        assert actions == [["authenticated"], *[[]] * 19]
        assert transcript(sim) == [V2_LOGIN, *[GET_GROUPS] * 20]

    @pytest.mark.parametrize(("version", "line"), [("v1", V1_LOGIN), ("v2", V2_LOGIN)])
    def test_the_api_of_the_login(self, sim: Simulator, cohesity: Task, version: str, line: str) -> None:
        cohesity(path=GROUPS, api_version=version)
        assert transcript(sim) == [line, GET_GROUPS]

    def test_a_known_token_costs_one_request(self, sim: Simulator, bare: Task, token: dict[str, Any]) -> None:
        assert bare(path=GROUPS, token=token)["actions"] == []
        assert transcript(sim) == [GET_GROUPS]
        assert sim.requests()[0]["headers"]["authorization"] == token["headers"]["Authorization"]

    def test_an_api_key(self, sim: Simulator, bare: Task) -> None:
        key = sim.cohesity_key_create("ci")["secret"]
        bare(path=GROUPS, api_key=key)
        assert [(entry["path"], entry["headers"]["apikey"]) for entry in sim.requests()] == [(GROUPS, key)]

    def test_a_session(self, sim: Simulator, bare: Task) -> None:
        sim.set(cohesity_session_management=True)
        session = Task(cohesity_session, **sim.cohesity_login)()["session"]
        sim.clear_requests()
        bare(path=GROUPS, session=session)
        assert transcript(sim) == [GET_GROUPS]
        assert len(sessions(sim)) == 1

    def test_a_store_alone_says_which_token(self, sim: Simulator, bare: Task, tmp_path: Path) -> None:
        store = {"file": str(tmp_path / "token.json")}
        Task(cohesity_access_token, **sim.cohesity_login)(store=store)
        sim.clear_requests()
        bare(path=GROUPS, store=store)
        assert transcript(sim) == [GET_GROUPS]

    def test_an_empty_store(self, sim: Simulator, bare: Task, tmp_path: Path) -> None:
        store = {"file": str(tmp_path / "token.json")}
        message = bare.fails(path=GROUPS, store=store).message
        assert message.endswith(" holds no credential; run the task that keeps one there (cohesity_access_token or cohesity_api_key with this store)")
        assert bare(check_mode=True, path=GROUPS, store=store)["skipped"] is True
        assert transcript(sim) == []

    def test_a_stored_token_of_another_cluster(self, sim: Simulator, bare: Task, tmp_path: Path) -> None:
        store = {"file": str(tmp_path / "token.json")}
        Task(cohesity_access_token, **sim.cohesity_login)(store=store)
        sim.clear_requests()
        assert bare.fails(path=GROUPS, store=store, cluster="other.example.com").message.startswith("store: it belongs to cluster ")
        assert transcript(sim) == []

    @pytest.mark.parametrize("login", ["auto", "session"])
    def test_a_cluster_with_session_management(self, sim: Simulator, cohesity: Task, login: str) -> None:
        sim.set(cohesity_session_management=True)
        cohesity(path=GROUPS, login=login)
        assert transcript(sim) == [*([V2_LOGIN] if login == "auto" else []), OPEN, GET_GROUPS, END]
        assert sessions(sim) == []

    def test_a_session_ends_after_a_failure(self, sim: Simulator, cohesity: Task) -> None:
        sim.set(cohesity_session_management=True)
        assert cohesity.fails(path="/v2/nowhere").status == 404
        assert sessions(sim) == []

    def test_a_wrong_password_is_a_verdict(self, sim: Simulator, cohesity: Task) -> None:
        assert "repeated failed logins lock" in cohesity.fails(path=GROUPS, password="canary-wrong").message
        assert transcript(sim) == [V2_LOGIN]

    def test_nothing_is_given(self, sim: Simulator, bare: Task) -> None:
        assert "a login needs username and password" in bare.fails(path=GROUPS).message
        assert transcript(sim) == []

    def test_two_at_once(self, sim: Simulator, cohesity: Task, token: dict[str, Any], tmp_path: Path) -> None:
        assert cohesity.fails(path=GROUPS, token=token, api_key="k").message == "api_key and token exclude each other: give one credential"
        store = {"file": str(tmp_path / "x.json")}
        assert cohesity.fails(path=GROUPS, token=token, store=store).message.startswith("store excludes api_key, token and session")
        assert transcript(sim) == []

    @pytest.mark.parametrize(("change", "words"), [({"cluster": "other:443"}, "cluster 'other:443'"), ({"username": "viewer"}, "username 'viewer'")])
    def test_a_token_of_somebody_else(self, sim: Simulator, cohesity: Task, token: dict[str, Any], change: dict[str, str], words: str) -> None:
        message = cohesity.fails(path=GROUPS, token={**token, **change}).message
        assert message.startswith(f"token: it belongs to {words}")
        assert token["access_token"] not in message
        assert transcript(sim) == []

    def test_a_part_of_a_token(self, sim: Simulator, cohesity: Task, token: dict[str, Any]) -> None:
        assert "hand back what the module has returned" in cohesity.fails(path=GROUPS, token={"access_token": token["access_token"]}).message
        assert transcript(sim) == []


class TestExpiry:
    @pytest.mark.parametrize("text", [1, 2, 3])
    @pytest.mark.parametrize("version", ["v1", "v2"])
    def test_between_two_tasks(self, sim: Simulator, play: Run, text: int, version: str) -> None:
        sim.set(cohesity_expiry_text=text)
        play(path=GROUPS, api_version=version)
        sim.advance(86401)
        sim.clear_requests()
        result = play(path=GROUPS, api_version=version)
        assert result["actions"] == ["reauthenticated"]
        assert play(path=GROUPS, api_version=version)["actions"] == []
        line = V1_LOGIN if version == "v1" else V2_LOGIN
        assert transcript(sim) == [GET_GROUPS, line, GET_GROUPS, GET_GROUPS]

    def test_a_write_is_done_once(self, sim: Simulator, play: Run) -> None:
        play(path=GROUPS)
        sim.advance(86401)
        assert play(method="POST", path=GROUPS, body={"name": "one"})["actions"] == ["reauthenticated", "sent"]
        assert len(play(path=GROUPS)["json"]["protectionGroups"]) == 1

    def test_a_given_token_with_a_login_beside_it(self, sim: Simulator, play: Run, token: dict[str, Any]) -> None:
        sim.advance(86401)
        assert play(path=GROUPS, token=token)["actions"] == ["reauthenticated"]
        assert play(path=GROUPS)["actions"] == []
        assert transcript(sim) == [GET_GROUPS, V2_LOGIN, GET_GROUPS, GET_GROUPS]

    def test_a_given_token_alone(self, sim: Simulator, bare: Task, token: dict[str, Any]) -> None:
        sim.advance(86401)
        assert bare.fails(path=GROUPS, token=token).message.endswith("It could not be replaced: no login is given")
        assert transcript(sim) == [GET_GROUPS]

    def test_no_login_cures_an_api_key(self, sim: Simulator, cohesity: Task) -> None:
        key = sim.cohesity_key_create("ci")
        sim.cohesity_key_delete(key["id"])
        assert "The API key was not accepted" in cohesity.fails(path=GROUPS, api_key=key["secret"]).message
        assert transcript(sim) == [GET_GROUPS]

    def test_a_second_401_is_one_error(self, sim: Simulator, cohesity: Task) -> None:
        sim.fault("status", path="groups", times=0, code=401)
        assert "was not accepted: it has expired, or was ended" in cohesity.fails(path=GROUPS).message
        assert transcript(sim) == [V2_LOGIN, GET_GROUPS, V2_LOGIN, GET_GROUPS]

    def test_403_is_no_expiry(self, sim: Simulator, cohesity: Task) -> None:
        sim.fault("status", path="groups", code=403)
        assert cohesity.fails(path=GROUPS).status == 403
        assert transcript(sim) == [V2_LOGIN, GET_GROUPS]


class TestCheckMode:
    def test_a_read_is_sent(self, sim: Simulator, cohesity: Task) -> None:
        assert cohesity(check_mode=True, path=GROUPS)["status"] == 200
        assert transcript(sim) == [V2_LOGIN, GET_GROUPS]

    @pytest.mark.parametrize("option", ["token", "session"])
    def test_a_predicted_credential(self, sim: Simulator, bare: Task, option: str) -> None:
        module = {"token": cohesity_access_token, "session": cohesity_session}[option]
        predicted = Task(module, **sim.cohesity_login)(check_mode=True)[option]
        result = bare(check_mode=True, path=GROUPS, **{option: predicted})
        assert (result["skipped"], result["changed"]) == (True, False)
        assert bare(check_mode=True, method="POST", path=GROUPS, **{option: predicted})["changed"] is True
        assert transcript(sim) == []


class TestSecrets:
    def test_credentials_in_use_are_masked_in_a_response(self, sim: Simulator, bare: Task, token: dict[str, Any]) -> None:
        secret = token["access_token"]
        sim.fault("json", path="groups", value={"echo": [f"Bearer {secret}"], secret: 1, "name": "daily"})
        result = bare(path=GROUPS, token=token, query={"filter": secret}, username="backup", password=PASSWORD)
        assert secret not in str(result)
        assert result["json"] == {"echo": ["Bearer ********"], "********": 1, "name": "daily"}

    def test_other_data_is_the_user_s(self, sim: Simulator, cohesity: Task) -> None:
        value = {"accessToken": "canary-of-the-user", "name": "backup", "words": "Bearer of bad-news-that-are-long"}
        sim.fault("json", path="groups", value=value)
        assert cohesity(path=GROUPS)["json"] == value

    def test_cookies_stay_out_of_the_result(self, sim: Simulator, cohesity: Task) -> None:
        sim.fault("status", path="groups", code=200, headers={"Set-Cookie": "canary-cookie=1", "X-Other": "1"}, body={})
        headers = cohesity(path=GROUPS)["headers"]
        assert "set-cookie" not in headers
        assert headers["x-other"] == "1"


class TestScope:
    def test_a_tenant_by_id_costs_nothing(self, sim: Simulator, cohesity: Task) -> None:
        cohesity(path=GROUPS, tenant="finance/")
        assert transcript(sim) == [V2_LOGIN, GET_GROUPS]
        assert sim.requests("groups")[0]["headers"]["x-impersonate-tenant-id"] == "finance/"

    def test_a_tenant_by_name_costs_one_request(self, sim: Simulator, cohesity: Task) -> None:
        tenant = credentials.COHESITY_TENANTS[0]
        cohesity(path=GROUPS, tenant=tenant["name"])
        assert transcript(sim) == [V2_LOGIN, "GET /irisservices/api/v1/public/tenants", GET_GROUPS]
        assert sim.requests("groups")[0]["headers"]["x-impersonate-tenant-id"] == tenant["tenantId"]

    def test_a_cluster_behind_helios(self, sim: Simulator, bare: Task) -> None:
        sim.set(cohesity_helios=True)
        cluster = credentials.HELIOS_CLUSTERS[0]
        key = sim.cohesity_key_create("ci")["secret"]
        bare(path=GROUPS, api_key=key, access_cluster=cluster["name"])
        assert transcript(sim) == ["GET /mcm/clusters/connectionStatus", GET_GROUPS]
        assert sim.requests("groups")[0]["headers"]["accessclusterid"] == str(cluster["clusterId"])
