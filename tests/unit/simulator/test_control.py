# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface: clock, switches, records, state, what happens behind the client's back."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest

from tests.simulator import Simulator, SimulatorError
from tests.simulator.switches import SWITCHES
from tests.unit.simulator.clients import SESSION_USER, V2_TOKENS, Client, Cohesity, CommandCenter


class TestClock:
    def test_it_starts_at_the_real_time_and_moves(self, sim: Simulator) -> None:
        assert abs(sim.now() - time.time()) < 5
        assert abs(sim.advance(86400) - time.time() - 86400) < 5
        sim.advance(-86400)
        assert abs(sim.now() - time.time()) < 5

    def test_the_date_header_comes_from_it(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.advance(10 * 365 * 86400)
        header = parsedate_to_datetime(cluster.login().headers["Date"]).timestamp()
        assert abs(header - sim.now()) < 5

    def test_it_can_be_frozen_and_still_be_moved(self, sim: Simulator) -> None:
        sim.set(clock_frozen=True)
        before = sim.now()
        time.sleep(0.02)
        assert sim.now() == before
        assert sim.advance(5) == before + 5
        sim.set(clock_frozen=False)
        time.sleep(0.02)
        assert before + 5 < sim.now() < before + 10


class TestSwitches:
    def test_set_read_and_reset(self, sim: Simulator) -> None:
        defaults = sim.switches()
        assert defaults == {name: default for name, (default, _choices) in SWITCHES.items()}
        sim.set(cohesity_status=200, commandcenter_names="global")
        assert sim.switches() == {**defaults, "cohesity_status": 200, "commandcenter_names": "global"}
        sim.reset()
        assert sim.switches() == defaults

    @pytest.mark.parametrize(
        "wrong",
        [
            {"no_such_switch": 1},
            {"cohesity_status": 418},
            {"cohesity_lifetime": "a day"},
            {"cohesity_privileges": 5},
            {"rate_limit": {"writse": 5}},
            {"commandcenter_version": 11.42},
        ],
    )
    def test_a_wrong_one_is_an_error_and_sets_nothing(self, sim: Simulator, wrong: dict[str, object]) -> None:
        before = sim.switches()
        with pytest.raises(SimulatorError):
            sim.set(clock_frozen=True, **wrong)
        assert sim.switches() == before


class TestRecords:
    def test_a_request_is_recorded_whole(self, cluster: Cohesity, sim: Simulator) -> None:
        cluster("POST", "//v2///access-tokens?Some=Thing", {"username": "x"}, headers={"X-Test": "yes"})
        (entry,) = sim.requests()
        assert entry["method"] == "POST"
        assert entry["path"] == "/v2/access-tokens"
        assert entry["raw_path"] == "//v2///access-tokens?Some=Thing"
        assert entry["query"] == {"Some": "Thing"}
        assert entry["headers"]["x-test"] == "yes"
        assert entry["headers"]["user-agent"] == "simulator-tests"
        assert entry["body"] == {"username": "x"}
        assert (entry["status"], entry["done"], entry["number"]) == (400, True, 1)
        assert abs(entry["at"] - sim.now()) < 5
        assert 0 <= time.monotonic() - entry["monotonic"] < 60  # one clock for all processes of a machine

    def test_selection_and_clearing(self, cluster: Cohesity, sim: Simulator) -> None:
        cluster.get(SESSION_USER, cluster.token())
        assert [entry["path"] for entry in sim.requests(path="SESSIONuser")] == [SESSION_USER]
        assert [entry["path"] for entry in sim.requests(method="post")] == [V2_TOKENS]
        sim.clear_requests()
        assert sim.requests() == []
        cluster.login()
        assert sim.requests()[0]["number"] == 3

    def test_connections_are_numbered(self, sim: Simulator) -> None:
        one, two = Client(sim), Client(sim)
        for client in (one, one, two, one):
            client("GET", "/")
        first, second, third, fourth = (entry["connection"] for entry in sim.requests())
        assert first == second == fourth != third

    def test_a_body_that_is_not_json_is_kept_as_text(self, cluster: Cohesity, sim: Simulator) -> None:
        cluster.session.post(cluster.url + "/v2/nothing", data=b"plain \xff", timeout=20)
        assert sim.requests()[0]["body"] == "plain \ufffd"

    def test_control_is_not_recorded_on_either_listener(self, cluster: Cohesity, sim: Simulator) -> None:
        answer = cluster("POST", "/_simulator/switches").json()
        assert answer["result"] == sim.switches()
        assert sim.requests() == []

    def test_control_refuses_nonsense(self, cluster: Cohesity, sim: Simulator) -> None:
        assert cluster("POST", "/_simulator/nothing").status_code == 404
        assert cluster("POST", "/_simulator/advance", {"hours": 1}).status_code == 400
        with pytest.raises(SimulatorError):
            sim.requests(path="(")


class TestBehindTheClientsBack:
    def test_an_administrator_revokes(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        info = commandcenter.created()
        assert sim.commandcenter_revoke(info["accessTokenId"])["death"] == "administrator"
        assert commandcenter.listed() == []
        with pytest.raises(SimulatorError):
            sim.commandcenter_revoke(info["accessTokenId"])

    def test_an_administrator_edits(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        number = commandcenter.created()["accessTokenId"]
        sim.commandcenter_edit(number, name="edited", allowed_ips=["192.0.2.1"], refresh_expires=5)
        assert commandcenter.listed()[0]["tokenName"] == "edited"
        (token,) = sim.state()["commandcenter"]["tokens"]
        assert (token["allowed_ips"], token["refresh_expires"]) == (["192.0.2.1"], 5)
        with pytest.raises(SimulatorError):
            sim.commandcenter_edit(number, access_token="mine")

    def test_another_creates(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        token = sim.commandcenter_create("theirs", user_id=8, type=3, api_endpoints=["/client"])
        assert sim.check(token["access_token"])
        assert commandcenter.use(token["access_token"]) == 200
        assert commandcenter.listed("?userId=8")[0]["tokenName"] == "theirs"
        for wrong in ({"user_id": 4711}, {"no_such_field": 1}):
            with pytest.raises(SimulatorError):
                sim.commandcenter_create("wrong", **wrong)

    def test_secrets_can_be_marked(self, sim: Simulator) -> None:
        sim.mark_secrets("CANARY-")
        sim.set(cohesity_sessions_always=True)
        cluster, commandcenter = Cohesity(sim), CommandCenter(sim)
        assert cluster.token().startswith("CANARY-")
        assert cluster.login("/v2/users/sessions").json()["sessionId"].startswith("CANARY-")
        assert commandcenter.login().json()["token"].startswith("QSDK CANARY-")
        info = commandcenter.created()
        renewed = commandcenter.renew(info).json()
        secrets = [answer[key] for answer in (info, renewed) for key in ("accessToken", "refreshToken")]
        assert all(secret.startswith("CANARY-") for secret in secrets)

    def test_reset_forgets_everything(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.mark_secrets("CANARY-")
        sim.advance(1000)
        sim.fault("status", code=503, times=0)
        sim.set(commandcenter_lockout_attempts=1)
        commandcenter.create()
        sim.clear_faults()
        commandcenter.login(password="wrong")
        sim.commandcenter_create("ci")
        Cohesity(sim).login()
        sim.fault("status", code=503, times=0)
        sim.reset()
        state = sim.state()
        assert set(map(len, state["cohesity"].values())) == {0}
        center = state["commandcenter"]
        assert [center[key] for key in ("logins", "tokens", "mails", "events")] == [[], [], [], []]
        assert len(center["auth_tokens"]) == 2
        assert sim.requests() == []
        assert abs(sim.now() - time.time()) < 5
        answer = commandcenter.login().json()
        assert answer["token"].startswith("QSDK ")
        assert "CANARY" not in answer["token"]
