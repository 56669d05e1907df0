# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""commandcenter_rest against the server: credentials, expiry, errors inside HTTP 200, check mode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import Simulator, credentials
from tests.unit.helpers import Task, bodies, start, transcript

LOGIN, LOGOUT, RENEW = "POST /Login", "POST /Logout", "POST /V4/AccessToken/Renew"
JOBS = "GET /Job"
FORMS = {"bearer": ("authorization", "Bearer "), "authtoken": ("authtoken", ""), "authtoken_bearer": ("authtoken", "Bearer ")}


@pytest.fixture
def token(sim: Simulator, named: Task) -> dict[str, Any]:
    """A token as the module has returned it; the requests for it are forgotten."""
    made = named()["token"]
    sim.clear_requests()
    return dict(made)


@pytest.fixture
def store(sim: Simulator, named: Task, tmp_path: Path) -> dict[str, str]:
    """A store that holds a token."""
    place = {"file": str(tmp_path / "ci.json")}
    named(store=place)
    sim.clear_requests()
    return place


def stored(store: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(Path(store["file"]).read_text(encoding="utf-8")))


def alive(sim: Simulator) -> list[bool]:
    return [token["alive"] for token in sim.state()["commandcenter"]["tokens"]]


class TestRequest:
    def test_a_read_with_a_login(self, sim: Simulator, commandcenter: Task) -> None:
        sim.commandcenter_fill_list("/Job", 2)
        result = commandcenter(path="/Job", headers={"limit": 1})
        assert transcript(sim) == [LOGIN, JOBS, LOGOUT]
        assert len(result["json"]["jobs"]) == 1
        assert (result["changed"], result["actions"], result["status"]) == (False, ["authenticated"], 200)

    def test_writes_for_real_in_check_mode_and_twice(self, sim: Simulator, commandcenter: Task) -> None:
        body = {"name": "servers"}
        assert commandcenter(check_mode=True, method="POST", path="/ClientGroup", body=body)["changed"] is True
        assert transcript(sim) == []
        made = commandcenter(method="POST", path="/ClientGroup", body=body)
        assert (made["changed"], made["actions"]) == (True, ["authenticated", "sent"])
        number = made["json"]["clientgroup"]["id"]
        assert commandcenter(method="PUT", path=f"/ClientGroup/{number}", body={"name": "other"})["changed"] is True
        assert bodies(sim, "POST", "ClientGroup") == [body]
        assert commandcenter(check_mode=True, method="DELETE", path=f"/ClientGroup/{number}")["changed"] is True
        assert commandcenter(method="DELETE", path=f"/ClientGroup/{number}")["changed"] is True

    @pytest.mark.parametrize("path", ["/ClientGroup/99", "/V2/Plan/99"])
    @pytest.mark.parametrize("style", ["http200", "http400"])
    def test_delete_of_what_is_gone(self, sim: Simulator, commandcenter: Task, path: str, style: str) -> None:
        sim.set(commandcenter_error_style=style)
        if style == "http400":
            # 400 says nothing about why.
            assert commandcenter.fails(method="DELETE", path=path).status == 400
            return
        assert commandcenter(method="DELETE", path=path)["changed"] is False
        assert commandcenter(check_mode=True, method="DELETE", path=path)["changed"] is False

    @pytest.mark.parametrize("path", ["/ClientGroup/99", "/V2/Plan/99"])
    @pytest.mark.parametrize("style", ["http200", "http200 nested", "http200 flat"])
    def test_an_error_inside_200_is_a_failure(self, sim: Simulator, commandcenter: Task, path: str, style: str) -> None:
        sim.set(commandcenter_error_style=style)
        error = commandcenter.fails(path=path)
        assert "does not exist" in error.message
        assert error.code == 2
        assert transcript(sim) == [LOGIN, f"GET {path}", LOGOUT]

    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ({"response": [{"errorCode": 0}, {"errorCode": 7, "errorString": "bad"}]}, "error 7: bad"),
            ({"response": {"errorCode": "7", "errorString": "bad"}}, "error 7: bad"),
            ({"errorMessage": "bad"}, "error: bad"),
            ({"errorMessage": "bad", "errorCode": None}, "error: bad"),
            ({"error": {"errorMessage": "bad"}}, "error: bad"),
            ({"errList": [{"errLogMessage": "bad"}]}, "error: bad"),
            ({"errList": [{"errorCode": 7, "errLogMessage": "bad"}], "jobIds": []}, "error 7: bad"),
        ],
    )
    def test_the_shapes_of_an_error_inside_200(self, sim: Simulator, commandcenter: Task, method: str, value: Any, words: str) -> None:
        sim.fault("json", path="/Job$", value=value)
        error = commandcenter.fails(method=method, path="/Job")
        assert error.message.startswith(f"{method} {sim.url}/commandcenter/api/Job: HTTP 200 {words}")
        assert (error.status, error.maybe_applied) == (200, method != "GET")
        assert transcript(sim) == [LOGIN, f"{method} /Job", LOGOUT]

    @pytest.mark.parametrize(
        ("code", "value"),
        [
            (200, {"errorMessage": ""}),
            (200, {"errorMessage": "done", "errorCode": 0}),
            (200, {"errorCode": "0", "errorString": "Success"}),
            (200, {"errList": [], "response": []}),
            (200, {"errList": [{"errorCode": 0, "errLogMessage": "nothing"}]}),
            (200, {"response": [{"errorCode": 0, "errorString": "done"}, {"id": 7, "code": "x"}], "error": {}}),
            (200, {"errorMessage": "a note", "jobIds": ["1"]}),
            (200, {"jobs": [{"errorCode": 3, "errorMessage": "of the job"}]}),
            (200, {"message": "started"}),
            (200, [{"errorCode": 3}]),
            (202, {"errorMessage": "pending administrator authorization"}),
        ],
    )
    def test_data_that_is_no_error(self, sim: Simulator, commandcenter: Task, code: int, value: Any) -> None:
        sim.fault("json", path="/Job$", value=value, code=code)
        result = commandcenter(method="POST", path="/Job", body={})
        assert (result["changed"], result["status"], result["json"]) == (True, code, value)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("<Err errorCode='5' errorMessage='bad'/>", "error 5: bad"),
            ('<?xml version="1.0"?>\n<a:Resp><response errorCode="0"/><response errorString="bad" errorCode="5"><x/></response></a:Resp>', "error 5: bad"),
            ('<Resp><error errorCode="5" errorMessage="bad"/></Resp>', "error 5: bad"),
            ('<Resp x="1"><errList errLogMessage="bad"/></Resp>', "error: bad"),
            ("<A b='1'/>", None),
            ("<Resp errorCode='0' errorMessage='done'/>", None),
            ('<Resp><job><error errorCode="5"/></job><job errorCode="5"/></Resp>', None),
            ('<!DOCTYPE a [<!ENTITY b "c">]><a errorCode="5">&b;</a>', None),
            ("<a errorCode='5'", None),
            ("<", None),
        ],
    )
    def test_an_error_in_xml(self, sim: Simulator, commandcenter: Task, text: str, words: str | None) -> None:
        sim.fault("html", path="/Job$", body=text)
        accept = {"Accept": "text/html, application/xml"}
        if words is None:
            assert commandcenter(path="/Job", headers=accept)["content"] == text
        else:
            assert commandcenter.fails(path="/Job", headers=accept).message == f"GET {sim.url}/commandcenter/api/Job: HTTP 200 {words}"

    @pytest.mark.parametrize(("method", "with_dest"), [("GET", False), ("GET", True), ("POST", False), ("POST", True), ("DELETE", False)])
    def test_a_page_for_people(self, sim: Simulator, commandcenter: Task, tmp_path: Path, method: str, with_dest: bool) -> None:
        dest = tmp_path / "report"
        options: dict[str, Any] = {"method": method, "path": "/Job", "dest": str(dest) if with_dest else None}
        sim.fault("html", path="/Job$", times=2)
        error = commandcenter.fails(**options)
        assert 'the response is an HTML page with the title "Maintenance", though with HTTP 200' in error.message
        assert error.maybe_applied == (method != "GET")
        assert not dest.exists()
        assert commandcenter(**options, headers={"accept": "text/html"})["status"] == 200

    @pytest.mark.parametrize("method", ["POST", "DELETE"])
    def test_a_write_that_may_have_been_done_is_not_repeated(self, sim: Simulator, commandcenter: Task, method: str) -> None:
        sim.fault("status_after", path="ClientGroup", code=502)
        assert "may have been carried out" in commandcenter.fails(method=method, path="/ClientGroup", body={"name": "one"}).message
        assert transcript(sim) == [LOGIN, f"{method} /ClientGroup", LOGOUT]

    @pytest.mark.parametrize("style", ["http200", "http200 nested", "http404"])
    def test_delete_of_what_an_unclear_attempt_may_have_deleted(self, sim: Simulator, commandcenter: Task, style: str) -> None:
        number = commandcenter(method="POST", path="/V2/Plan", body={"name": "gold"})["json"]["plan"]["id"]
        if style == "http404":
            sim.fault("status", method="DELETE", path="Plan", code=404, after=1)
        else:
            sim.set(commandcenter_error_style=style)
        sim.fault("status_after", method="DELETE", path="Plan", code=503, headers={"Retry-After": "0"})
        assert commandcenter(method="DELETE", path=f"/V2/Plan/{number}")["changed"] is True
        assert len(sim.requests(method="DELETE")) == 2
        assert commandcenter(method="DELETE", path="/V2/Plan/99")["changed"] is False

    @pytest.mark.parametrize(("name", "status"), [("server-01", 200), ("nobody", 404), ("twice", 409)])
    def test_data_inside_404_and_409(self, commandcenter: Task, name: str, status: int) -> None:
        result = commandcenter(path="/getid", query={"clientName": name}, status_code=[404, 409])
        assert (result["status"], result["json"]["name"]) == (status, name)

    def test_xml_in_and_out(self, sim: Simulator, commandcenter: Task) -> None:
        sim.set(commandcenter_xml="unless json")
        made = commandcenter(method="POST", path="/ClientGroup", body='<group name="servers"/>', body_format="xml", headers={"Accept": "application/xml"})
        assert "xml" in made["headers"]["content-type"]
        assert made["content"].startswith("<")

    def test_headers_that_the_options_set(self, sim: Simulator, commandcenter: Task) -> None:
        assert commandcenter.fails(path="/Job", headers={"Authtoken": "canary"}).message.startswith("headers: Authtoken cannot be given")
        assert transcript(sim) == []


class TestCredentials:
    def test_a_known_token_costs_one_request(self, sim: Simulator, bare_commandcenter: Task, token: dict[str, Any]) -> None:
        assert bare_commandcenter(path="/Job", token=token)["actions"] == []
        assert transcript(sim) == [JOBS]
        assert sim.requests()[0]["headers"]["authorization"] == f"Bearer {token['access_token']}"

    def test_a_store_alone_says_which_token(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str]) -> None:
        before = Path(store["file"]).read_bytes()
        bare_commandcenter(path="/Job", store=store)
        assert transcript(sim) == [JOBS]
        assert Path(store["file"]).read_bytes() == before

    def test_the_token_of_a_login(self, sim: Simulator, bare_commandcenter: Task) -> None:
        bare_commandcenter(path="/Job", auth_token=credentials.QSDK_AUTH_TOKEN)
        assert transcript(sim) == [JOBS]

    @pytest.mark.parametrize("form", list(FORMS))
    def test_the_form_that_was_asked_for(self, sim: Simulator, bare_commandcenter: Task, token: dict[str, Any], form: str) -> None:
        sim.set(commandcenter_use_auth=form)
        bare_commandcenter(path="/Job", token=token, auth_header=form)
        name, prefix = FORMS[form]
        assert [entry["headers"][name] for entry in sim.requests()] == [f"{prefix}{token['access_token']}"]

    @pytest.mark.parametrize(("form", "attempts"), [("bearer", 1), ("authtoken", 2), ("authtoken_bearer", 3)])
    def test_the_form_that_is_found(self, sim: Simulator, bare_commandcenter: Task, token: dict[str, Any], form: str, attempts: int) -> None:
        sim.set(commandcenter_use_auth=form)
        assert bare_commandcenter(path="/Job", token=token)["status"] == 200
        assert transcript(sim) == [JOBS] * attempts

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_the_form_is_remembered_in_the_store(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str], check_mode: bool) -> None:
        sim.set(commandcenter_use_auth="authtoken")
        before = stored(store)
        bare_commandcenter(check_mode=check_mode, path="/Job", store=store)
        assert stored(store) == {**before, "auth_header": before["auth_header"] if check_mode else "authtoken"}
        bare_commandcenter(check_mode=check_mode, path="/Job", store=store)
        assert transcript(sim) == [JOBS] * (4 if check_mode else 3)

    def test_a_form_that_cannot_be_remembered_is_a_warning(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str]) -> None:
        """The folder is gone by then: the call has been done all the same."""
        sim.set(commandcenter_use_auth="authtoken")
        sim.fault("gate", name="second", path="/Job", after=1)
        running = start(bare_commandcenter, path="/Job", store=store)
        sim.wait_for("second")
        Path(store["file"]).unlink()
        Path(store["file"]).symlink_to("/nowhere")
        sim.open_gate("second")
        assert running.result(30)["status"] == 200
        assert len(bare_commandcenter.warnings) == 1
        assert bare_commandcenter.warnings[0].endswith("the form in which the token was accepted is not remembered")

    def test_nothing_is_given(self, sim: Simulator, bare_commandcenter: Task) -> None:
        assert bare_commandcenter.fails(path="/Job").message.startswith("there is no credential: give token, store, auth_token, or username")
        assert bare_commandcenter(check_mode=True, path="/Job")["skipped"] is True
        assert transcript(sim) == []

    def test_two_at_once(self, sim: Simulator, bare_commandcenter: Task, token: dict[str, Any], tmp_path: Path) -> None:
        store = {"file": str(tmp_path / "x.json")}
        assert bare_commandcenter.fails(path="/Job", token=token, store=store).message == "token and store exclude each other: give one credential"
        assert transcript(sim) == []

    @pytest.mark.parametrize("server", ["https://other.example.com/commandcenter/api", "http://127.0.0.1/commandcenter/api", "https://[bad", None])
    def test_a_token_of_another_server(self, sim: Simulator, bare_commandcenter: Task, token: dict[str, Any], server: str | None) -> None:
        message = bare_commandcenter.fails(path="/Job", token={**token, "server": server}).message
        assert message.startswith("token: it")
        assert token["access_token"] not in message
        assert transcript(sim) == []

    def test_a_stored_token_of_another_server(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str]) -> None:
        assert bare_commandcenter.fails(path="/Job", store=store, url="https://other.example.com").message.startswith("store: it belongs to server ")
        assert transcript(sim) == []

    def test_a_damaged_token(self, sim: Simulator, bare_commandcenter: Task, token: dict[str, Any]) -> None:
        assert "access_token cannot be what" in bare_commandcenter.fails(path="/Job", token={**token, "access_token": "a\nb"}).message
        assert transcript(sim) == []

    def test_a_path_that_takes_logins_only(self, sim: Simulator, commandcenter: Task, token: dict[str, Any]) -> None:
        """401 with a token that has not ended: a login helps, where there is one."""
        path = "/cr/reportsplusengine/datasets/1/data"
        result = commandcenter(path=path, token=token)
        assert result["actions"] == ["reauthenticated"]
        assert transcript(sim)[-3:] == [LOGIN, f"GET {path}", LOGOUT]
        assert alive(sim) == [True]


class TestExpiry:
    def test_a_stored_token_is_renewed(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str]) -> None:
        old = stored(store)
        sim.advance(1801)
        result = bare_commandcenter(method="POST", path="/ClientGroup", body={"name": "servers"}, store=store)
        assert (result["changed"], result["actions"]) == (True, ["renewed", "sent"])
        assert transcript(sim) == ["POST /ClientGroup", RENEW, "POST /ClientGroup"]
        new = stored(store)
        assert new["access_token"] != old["access_token"]
        assert (new["pending"], new["suspect_since"]) == (None, None)
        assert alive(sim) == [True]
        sim.clear_requests()
        assert bare_commandcenter(path="/Job", store=store)["actions"] == []
        assert transcript(sim) == [JOBS]

    def test_what_consumers_renew_the_module_goes_on_with(self, sim: Simulator, bare_commandcenter: Task, named: Task, store: dict[str, str]) -> None:
        sim.advance(1801)
        bare_commandcenter(path="/Job", store=store)
        result = named(store=store)
        assert (result["changed"], result["token"]["access_token"]) == (False, stored(store)["access_token"])

    def test_401_before_the_end_renews_nothing(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str]) -> None:
        sim.fault("status", path="/Job", times=0, code=401)
        assert "its end is not known to have passed" in bare_commandcenter.fails(path="/Job", store=store).message
        assert RENEW not in transcript(sim)
        assert alive(sim) == [True]

    def test_403_is_never_expiry(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str]) -> None:
        sim.advance(1801)
        sim.fault("status", path="/Job", code=403)
        assert bare_commandcenter.fails(path="/Job", store=store).status == 403
        assert transcript(sim) == [JOBS]

    def test_check_mode_renews_nothing(self, sim: Simulator, bare_commandcenter: Task, commandcenter: Task, store: dict[str, str]) -> None:
        sim.advance(1801)
        before = Path(store["file"]).read_bytes()
        assert "has expired" in bare_commandcenter.fails(check_mode=True, path="/Job", store=store).message
        assert commandcenter(check_mode=True, path="/Job", store=store)["actions"] == ["reauthenticated"]
        assert RENEW not in transcript(sim)
        assert Path(store["file"]).read_bytes() == before

    def test_a_lost_renewal_is_never_sent_again(self, sim: Simulator, bare_commandcenter: Task, named: Task, store: dict[str, str]) -> None:
        sim.advance(1801)
        sim.fault("cut_after", path="Renew$")
        assert "It is not known whether the pair was rotated" in bare_commandcenter.fails(path="/Job", store=store).message
        assert stored(store)["suspect_since"] is not None
        assert "is not sent again" in bare_commandcenter.fails(path="/Job", store=store).message
        assert transcript(sim).count(RENEW) == 1
        # The module settles it.
        assert named(store=store)["actions"] == ["recreated"]
        assert bare_commandcenter(path="/Job", store=store)["status"] == 200

    def test_a_refused_renewal_leaves_the_record(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str]) -> None:
        sim.advance(1801)
        sim.fault("status", path="Renew$", code=403, body={"errorMessage": "Access denied", "errorCode": 5}, times=0)
        assert "The pair was not rotated" in bare_commandcenter.fails(path="/Job", store=store).message
        assert (stored(store)["pending"], stored(store)["suspect_since"]) == (None, None)

    def test_too_late_to_renew(self, sim: Simulator, bare_commandcenter: Task, store: dict[str, str]) -> None:
        sim.advance(90 * 86400)
        assert "cannot be renewed any more" in bare_commandcenter.fails(path="/Job", store=store).message
        assert RENEW not in transcript(sim)

    def test_another_run_has_renewed_meanwhile(self, sim: Simulator, bare_commandcenter: Task, named: Task, store: dict[str, str]) -> None:
        sim.advance(1801)
        sim.fault("gate", name="first", path="/Job")
        running = start(bare_commandcenter, path="/Job", store=store)
        sim.wait_for("first")
        named(store=store)
        sim.open_gate("first")
        assert running.result(30)["status"] == 200
        assert transcript(sim).count(RENEW) == 1

    def test_a_given_token_is_not_renewed(self, sim: Simulator, bare_commandcenter: Task, commandcenter: Task, token: dict[str, Any]) -> None:
        sim.advance(1801)
        assert "neither a store" in bare_commandcenter.fails(path="/Job", token=token).message
        assert commandcenter(path="/Job", token=token)["actions"] == ["reauthenticated"]
        assert transcript(sim) == [JOBS, JOBS, LOGIN, JOBS, LOGOUT]

    def test_a_login_that_may_have_been_done_says_nothing_about_the_write(self, sim: Simulator, commandcenter: Task) -> None:
        """Neither before the write was sent, nor after it was refused."""
        write: dict[str, Any] = {"method": "POST", "path": "/Job", "body": {}}
        sim.fault("cut_after", path="Login$")
        assert not commandcenter.fails(**write).maybe_applied
        assert transcript(sim) == [LOGIN]
        sim.clear_requests()
        sim.fault("status", path="/Job", code=401)
        sim.fault("cut_after", path="Login$", after=1)
        assert not commandcenter.fails(**write).maybe_applied
        assert [line for line in transcript(sim) if line != LOGOUT] == [LOGIN, "POST /Job", LOGIN]

    def test_but_an_attempt_before_the_refused_one_does(self, sim: Simulator, commandcenter: Task) -> None:
        """503, then 401 to the same request."""
        sim.fault("status", path="/Job", code=503, headers={"Retry-After": "0"})
        sim.fault("status", path="/Job", code=401)
        sim.fault("status", path="Login$", code=400, after=1)
        assert commandcenter.fails(method="POST", path="/Job", body={}).maybe_applied

    def test_a_refused_login_is_not_repeated(self, sim: Simulator, commandcenter: Task) -> None:
        """Repeated failed logins lock the account."""
        sim.fault("status", path="Login$", code=401, times=0)
        assert commandcenter.fails(path="/Job").status == 401
        assert transcript(sim) == [LOGIN]

    def test_a_login_that_was_ended(self, sim: Simulator, commandcenter: Task) -> None:
        sim.fault("status", path="/Job", code=401)
        assert commandcenter(path="/Job")["actions"] == ["authenticated", "reauthenticated"]
        assert transcript(sim) == [LOGIN, JOBS, LOGIN, JOBS, LOGOUT]

    def test_a_second_401_is_one_error(self, sim: Simulator, commandcenter: Task) -> None:
        sim.fault("status", path="/Job", code=401, times=0)
        assert "A new credential was refused too" in commandcenter.fails(path="/Job").message
        assert transcript(sim) == [LOGIN, JOBS, LOGIN, JOBS, LOGOUT]

    def test_a_one_time_password_works_once(self, sim: Simulator, commandcenter: Task) -> None:
        sim.fault("status", path="/Job", code=401)
        user = {user["username"]: user["password"] for user in credentials.COMMANDCENTER_USERS}
        message = commandcenter.fails(path="/Job", username="mfa", password=user["mfa"], otp_code=credentials.PIN).message
        assert "only a one-time password" in message
        assert transcript(sim) == [LOGIN, JOBS, LOGOUT]

    def test_the_token_of_a_login_alone(self, sim: Simulator, bare_commandcenter: Task) -> None:
        sim.fault("status", path="/Job", code=401)
        assert "The login was not accepted" in bare_commandcenter.fails(path="/Job", auth_token=credentials.QSDK_AUTH_TOKEN).message
        assert transcript(sim) == [JOBS]


def test_credentials_in_use_are_masked_in_a_response(sim: Simulator, commandcenter: Task, token: dict[str, Any]) -> None:
    sim.fault("json", path="/Job", value={"echo": token["access_token"], "login": credentials.COMMANDCENTER_PASSWORD})
    assert commandcenter(path="/Job", token=token)["json"] == {"echo": "********", "login": "********"}
