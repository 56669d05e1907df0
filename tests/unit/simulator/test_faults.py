# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: what reaches the client, and whether the work was done."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests

from tests.simulator import Simulator, SimulatorError
from tests.unit.simulator.clients import SESSION_USER, V2_TOKENS, Cohesity, CommandCenter
from tests.waiting import wait_until


def minted(sim: Simulator) -> int:
    """How many Cohesity tokens the server really made."""
    return len(sim.state()["cohesity"]["tokens"])


class TestReplacedAnswers:
    @pytest.mark.parametrize(
        ("kind", "args", "status", "text"),
        [
            ("html", {}, 200, "<!DOCTYPE html>"),
            ("redirect", {"location": "https://127.0.0.1:1/"}, 307, ""),
            ("redirect", {"location": "/elsewhere", "status": 302}, 302, ""),
            ("status", {"code": 503}, 503, ""),
            ("status", {"code": 429, "body": "Too Many Requests", "headers": {"Retry-After": "1"}}, 429, "Too Many"),
            ("status", {"code": 450, "body": {"errorCode": 1}}, 450, '{"errorCode": 1}'),
            ("empty", {}, 201, ""),
            ("json", {"value": ["not", "an", "object"]}, 201, '["not", "an", "object"]'),
            ("big", {"bytes": 100_000}, 201, '{"padding"'),
        ],
    )
    def test_before_and_after_the_work(self, cluster: Cohesity, sim: Simulator, kind: str, args: dict[str, Any], status: int, text: str) -> None:
        for suffix, done in (("", False), ("_after", True)):
            sim.reset()
            sim.fault(kind + suffix, **args)
            response = cluster.login()
            assert response.status_code == status
            assert response.text.startswith(text)
            assert (minted(sim), sim.requests()[0]["done"]) == (done, done)
            assert sim.requests()[0]["status"] == status
            assert cluster.login().status_code == 201

    def test_headers_and_content_types(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("status", code=429, headers={"Retry-After": "7"})
        assert cluster.login().headers["Retry-After"] == "7"
        sim.fault("html")
        assert cluster.login().headers["Content-Type"] == "text/html"

    def test_big_has_exactly_that_size_also_behind_compression(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("big", bytes=1_000_000)
        assert len(cluster.login().content) == 1_000_000
        sim.fault("big", bytes=1_000_000, gzip=True)
        response = cluster.login()
        assert len(response.content) == 1_000_000
        assert int(response.headers["Content-Length"]) < 10_000

    def test_patch_merges_into_the_real_answer(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        changes = {"tokenInfo": {"accessToken": 5, "refreshToken": {"__delete__": True}, "extra": None}}
        sim.fault("patch", path="accesstoken$", changes=changes)
        info = commandcenter.create().json()["tokenInfo"]
        assert (info["accessToken"], info["extra"], info["tokenName"]) == (5, None, "ci")
        assert "refreshToken" not in info
        assert len(commandcenter.listed()) == 1


class TestCuts:
    @pytest.mark.parametrize(("kind", "done"), [("cut_before", False), ("cut_after", True)])
    def test_no_answer(self, cluster: Cohesity, sim: Simulator, kind: str, done: bool) -> None:
        sim.fault(kind)
        with pytest.raises(requests.ConnectionError):
            cluster.login()
        (entry,) = sim.requests()
        assert (entry["status"], entry["done"], minted(sim)) == (None, done, done)

    def test_truncate_promises_more_than_it_sends(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("truncate")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            cluster.login()
        assert minted(sim) == 1
        assert sim.log() == ""


class TestSlowness:
    def test_delays(self, cluster: Cohesity, sim: Simulator) -> None:
        for kind, done in (("delay", 0), ("delay_after", 1)):
            sim.reset()
            sim.fault(kind, seconds=1.0)
            with pytest.raises(requests.Timeout):
                cluster("POST", V2_TOKENS, {"username": "backup", "password": "canary-cohesity-password"}, timeout=0.3)
            assert minted(sim) == done

    @pytest.mark.parametrize(("kind", "least"), [("drip", 0.3), ("drip_headers", 0.3)])
    def test_drips(self, cluster: Cohesity, sim: Simulator, kind: str, least: float) -> None:
        sim.fault(kind, bytes_per_second=300)
        started = time.monotonic()
        response = cluster.login()
        assert time.monotonic() - started > least
        assert response.status_code == 201
        assert sim.check_cohesity(response.json()["accessToken"])

    def test_a_client_that_leaves_a_drip_does_no_harm(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("drip_headers", bytes_per_second=1)
        with pytest.raises(requests.Timeout):
            cluster("GET", "/v2/clusters", timeout=0.3, stream=True)
        assert cluster.login().status_code == 201
        assert sim.log() == ""


def test_no_date(cluster: Cohesity, sim: Simulator) -> None:
    sim.fault("no_date")
    assert "Date" not in cluster.login().headers
    assert "Date" in cluster.login().headers


class TestChoice:
    def test_by_method_and_path_in_any_case(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("status", code=503, method="post", path="ACCESS-tokens$", times=0)
        assert cluster("GET", "/v2/access-tokens").status_code == 401
        assert cluster.login("/irisservices/api/v1/public/accessTokens").status_code == 201
        assert [cluster.login().status_code for dummy in range(3)] == [503, 503, 503]
        sim.clear_faults()
        assert cluster.login().status_code == 201

    def test_times_and_after(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("status", code=503, after=1, times=2)
        assert [cluster.login().status_code for dummy in range(4)] == [201, 503, 503, 201]

    def test_faults_that_answer_queue(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("status", code=503)
        sim.fault("status", code=502)
        sim.fault("html")
        assert [cluster.login().status_code for dummy in range(4)] == [503, 502, 200, 201]

    def test_different_kinds_combine(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("delay", seconds=0.3)
        sim.fault("no_date")
        sim.fault("status", code=503)
        response = cluster.login()
        assert response.status_code == 503
        assert "Date" not in response.headers
        assert response.elapsed.total_seconds() > 0.3

    @pytest.mark.parametrize(("kind", "args"), [("nonsense", {}), ("status", {}), ("delay", {"second": 1}), ("html", {"path": "("})])
    def test_a_wrong_fault_is_an_error(self, sim: Simulator, kind: str, args: dict[str, Any]) -> None:
        with pytest.raises(SimulatorError):
            sim.fault(kind, **args)


class Background(threading.Thread):
    """A login in another thread; `result` is its status, or the exception."""

    def __init__(self, sim: Simulator) -> None:
        super().__init__(daemon=True)
        self.client = Cohesity(sim)
        self.result: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self.client.login().status_code
        except requests.RequestException as error:
            self.result = type(error)


class TestGates:
    @pytest.mark.parametrize(("kind", "done"), [("gate", 0), ("gate_after", 1)])
    def test_a_request_waits_before_or_after_its_work(self, sim: Simulator, kind: str, done: int) -> None:
        sim.fault(kind, name="here")
        thread = Background(sim)
        sim.wait_for("here")
        assert (sim.waiting("here"), minted(sim)) == (1, done)
        assert sim.open_gate("here") == 1
        thread.join(5)
        assert (thread.result, minted(sim), sim.waiting("here")) == (201, 1, 0)

    def test_a_gate_may_drop_the_connection(self, sim: Simulator) -> None:
        sim.fault("gate", name="here")
        thread = Background(sim)
        sim.wait_for("here")
        sim.open_gate("here", drop=True)
        thread.join(5)
        assert (thread.result, minted(sim)) == (requests.ConnectionError, 0)

    def test_nobody_waits_for_ever(self, sim: Simulator) -> None:
        sim.fault("gate", name="here", seconds=0.2)
        thread = Background(sim)
        thread.join(5)
        assert (thread.result, minted(sim), sim.waiting("here")) == (requests.ConnectionError, 0, 0)
        with pytest.raises(SimulatorError, match="0 of 1"):
            sim.wait_for("here", seconds=0.1)

    def test_all_who_wait_go_at_once(self, sim: Simulator) -> None:
        sim.fault("gate", name="here", times=0)
        threads = [Background(sim) for dummy in range(3)]
        sim.wait_for("here", 3)
        assert sim.open_gate("here") == 3
        for thread in threads:
            thread.join(5)
        assert [thread.result for thread in threads] == [201, 201, 201]

    def test_the_work_is_done_although_the_client_died_at_the_gate(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("gate", name="here")
        with pytest.raises(requests.Timeout):
            cluster("POST", V2_TOKENS, {"username": "backup", "password": "canary-cohesity-password"}, timeout=0.3)
        assert minted(sim) == 0
        sim.open_gate("here")
        assert wait_until(lambda: minted(sim) > 0, 5)
        assert minted(sim) == 1

    def test_a_reset_drops_who_waits_and_their_work(self, sim: Simulator) -> None:
        sim.fault("gate", name="here")
        thread = Background(sim)
        sim.wait_for("here")
        sim.reset()
        thread.join(5)
        assert (thread.result, minted(sim)) == (requests.ConnectionError, 0)

    def test_a_reset_makes_delayed_requests_void(self, sim: Simulator) -> None:
        sim.fault("delay", seconds=0.5)
        thread = Background(sim)
        assert wait_until(lambda: bool(sim.requests()), 5)
        sim.reset()
        thread.join(5)
        assert (thread.result, minted(sim)) == (requests.ConnectionError, 0)


class TestStrangeStatuses:
    @pytest.mark.parametrize("code", [409, 425, 450, 451, 499, 507, 520, 522, 524, 599])
    def test_before_and_after_the_work(self, cluster: Cohesity, sim: Simulator, code: int) -> None:
        sim.fault("status", code=code)
        sim.fault("status_after", code=code)
        assert [cluster.login().status_code for _dummy in range(2)] == [code, code]
        assert (minted(sim), [entry["done"] for entry in sim.requests()]) == (1, [False, True])

    @pytest.mark.parametrize(("kind", "done"), [("status", False), ("status_after", True), ("html", False)])
    def test_the_answer_can_take_its_time(self, cluster: Cohesity, sim: Simulator, kind: str, done: bool) -> None:
        sim.fault(kind, delay=0.3, **({} if kind == "html" else {"code": 524}))
        response = cluster.login()
        assert response.elapsed.total_seconds() > 0.3
        assert minted(sim) == done

    @pytest.mark.parametrize(("kind", "args"), [("status", {"code": 524}), ("html", {}), ("empty", {}), ("json", {"value": {}})])
    def test_the_work_can_be_done_after_the_answer(self, cluster: Cohesity, sim: Simulator, kind: str, args: dict[str, Any]) -> None:
        sim.fault(kind, work_in=0.3, **args)
        cluster.login()
        assert (minted(sim), sim.requests()[0]["done"]) == (0, False)
        sim.wait_for_late_work()
        assert (minted(sim), sim.requests()[0]["done"]) == (1, True)

    def test_also_after_a_cut_line(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("cut_before", work_in=0.1)
        with pytest.raises(requests.ConnectionError):
            cluster.login()
        sim.wait_for_late_work()
        assert minted(sim) == 1

    def test_a_reset_forgets_late_work(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.fault("status", code=524, work_in=0.2)
        cluster.login()
        sim.reset()
        sim.wait_for_late_work()
        time.sleep(0.3)
        assert (minted(sim), sim.log()) == (0, "")

    @pytest.mark.parametrize(
        ("kind", "args"), [("status_after", {"code": 500, "work_in": 1}), ("cut_after", {"work_in": 1}), ("delay", {"seconds": 1, "delay": 1})]
    )
    def test_only_what_was_not_done_yet_can_be_done_later(self, sim: Simulator, kind: str, args: dict[str, Any]) -> None:
        with pytest.raises(SimulatorError):
            sim.fault(kind, **args)


class TestOperations:
    def test_a_token_ends_between_two_calls(self, cluster: Cohesity, sim: Simulator) -> None:
        token = cluster.token()
        sim.fault("operation", name="advance", arguments={"seconds": 86401}, path="sessionUser", after=1)
        assert [cluster.get(SESSION_USER, token).status_code for _dummy in range(3)] == [200, 401, 401]
        assert cluster.get(SESSION_USER, cluster.token()).status_code == 200

    @pytest.mark.parametrize("text", ["Token expired", "The access token is invalid.", "Neither session cookie nor token"])
    def test_an_administrator_ends_it_after_a_call(self, cluster: Cohesity, sim: Simulator, text: str) -> None:
        texts = ["Token expired", "The access token is invalid.", "Neither session cookie nor token"]
        sim.set(cohesity_expiry_text=texts.index(text) + 1)
        token = cluster.token()
        sim.fault("operation_after", name="cohesity_kill", path="sessionUser")
        assert cluster.get(SESSION_USER, token).status_code == 200
        assert cluster.get(SESSION_USER, token).json()["message"].startswith(text)

    def test_another_users_token_appears_during_ours(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.set(commandcenter_list_all="all")
        sim.fault("operation", name="commandcenter_create", arguments={"name": "theirs", "user_id": 8}, method="POST", path="AccessToken$")
        mine = commandcenter.created("mine")
        assert [(entry["tokenName"], entry["userId"]) for entry in commandcenter.listed()] == [("theirs", 8), ("mine", 7)]
        assert mine["accessTokenId"] == commandcenter.listed()[1]["accessTokenId"]

    def test_an_unknown_one_is_refused(self, sim: Simulator) -> None:
        with pytest.raises(SimulatorError, match="no such operation"):
            sim.fault("operation", name="explode")
