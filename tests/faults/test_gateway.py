# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway itself: what it passes on, what it says instead, and what it records."""

from __future__ import annotations

import base64
import email.utils
import time
from collections.abc import Iterator

import pytest
import requests

from tests.constants import BASE, MINUTE
from tests.faults.gateway import Fault, Gateway, instant, named
from tests.openbao import OpenBao
from tests.simulator import Simulator
from tests.simulator.credentials import COMMANDCENTER_PASSWORD, COMMANDCENTER_USERNAME
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

HELLO = "/irisservices/api/v1/public/basicClusterInfo"
LOGIN = {"username": COMMANDCENTER_USERNAME, "password": "d3Jvbmc="}


@pytest.fixture
def gateway(sim: Simulator) -> Iterator[Gateway]:
    with Gateway(sim.url, sim.ca_path) as gateway:
        yield gateway


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def call(session: requests.Session, gateway: Gateway, method: str = "GET", path: str = HELLO, **more: object) -> requests.Response:
    return session.request(method, gateway.url + path, verify=gateway.ca_path, timeout=10, **more)  # type: ignore[arg-type]


class TestPassing:
    def test_the_servers_own_response(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        direct = session.get(sim.url + HELLO, verify=sim.ca_path, timeout=10)
        passed = call(session, gateway)
        assert (passed.status_code, passed.headers["Content-Type"], passed.content) == (direct.status_code, direct.headers["Content-Type"], direct.content)
        assert "Date" in passed.headers
        (record,) = gateway.passed
        assert (record.call, record.status, record.genuine, record.upstream_status) == (f"GET {HELLO}", passed.status_code, True, passed.status_code)

    def test_bodies_and_headers_of_a_request(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        call(session, gateway, "POST", f"{BASE}/Login", json=LOGIN, headers={"Authtoken": "QSDK canary"})
        (record,) = gateway.passed
        assert record.body == LOGIN
        (request,) = sim.requests("/Login$")
        assert request["body"] == LOGIN
        assert request["headers"]["authtoken"] == "QSDK canary"

    def test_a_login(self, gateway: Gateway, session: requests.Session) -> None:
        right = base64.b64encode(COMMANDCENTER_PASSWORD.encode()).decode()
        assert call(session, gateway, "POST", f"{BASE}/Login", json={**LOGIN, "password": right, "mode": 4}).json()["token"]

    def test_any_number_of_requests_on_one_connection(self, gateway: Gateway, session: requests.Session) -> None:
        assert [call(session, gateway).status_code for _number in range(5)] == [200] * 5
        assert [record.number for record in gateway.passed] == list(range(5))

    def test_begin_forgets(self, gateway: Gateway, session: requests.Session) -> None:
        gateway.begin(Fault("answer", status=503))
        assert call(session, gateway).status_code == 503
        gateway.begin()
        assert call(session, gateway).status_code == 200
        assert len(gateway.passed) == 1


class TestAnswers:
    @pytest.mark.parametrize("status", [200, 202, 204, 403, 404, 408, 429, 449, 499, 500, 504, 520, 524, 530, 599])
    @pytest.mark.parametrize("work", ["never", "before"])
    def test_any_status(self, sim: Simulator, gateway: Gateway, session: requests.Session, status: int, work: str) -> None:
        gateway.begin(Fault("answer", work, status=status))
        answer = call(session, gateway)
        assert answer.status_code == status
        assert answer.content == b"" if status == 204 else str(status) in answer.text
        (record,) = gateway.passed
        assert (record.status, record.genuine, record.upstream_status) == (status, False, 200 if work == "before" else None)
        assert len(sim.requests()) == (1 if work == "before" else 0)

    @pytest.mark.parametrize(
        ("body", "kind", "text"),
        [
            ("page", "text/html", "<h1>520 "),
            ("json", "application/json", '"errorCode": 520'),
            ("empty", "text/html", ""),
            ('{"a": 1}', "application/json", '{"a": 1}'),
        ],
    )
    def test_any_body(self, gateway: Gateway, session: requests.Session, body: str, kind: str, text: str) -> None:
        gateway.begin(Fault("answer", status=520, body=body, headers=(("Retry-After", "7"),)))
        answer = call(session, gateway)
        assert (answer.headers["Content-Type"], answer.headers["Retry-After"]) == (kind, "7")
        assert text in answer.text
        assert bool(answer.content) == bool(text)


class TestWorkThatIsLate:
    def test_after_some_time(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        gateway.begin(Fault("answer", "later", status=524, seconds=0.5))
        begun = time.monotonic()
        assert call(session, gateway).status_code == 524
        assert time.monotonic() - begun < 0.5
        assert sim.requests() == []
        assert gateway.passed[0].upstream_status is None
        assert wait_until(lambda: len(sim.requests()) == 1)
        assert time.monotonic() - begun >= 0.5
        assert wait_until(lambda: gateway.passed[0].upstream_status == 200)

    def test_when_it_is_told(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        gateway.begin(Fault("answer", "later", status=524))
        call(session, gateway)
        assert sim.requests() == []
        assert gateway.release_late() == 1
        assert len(sim.requests()) == 1
        assert gateway.release_late() == 0

    def test_of_a_line_that_was_cut(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        gateway.begin(Fault("cut", "later"))
        with pytest.raises(requests.ConnectionError):
            call(session, gateway)
        gateway.begin()
        assert len(sim.requests()) == 1


class TestLines:
    @pytest.mark.parametrize(("kind", "reached"), [("cut_before", 0), ("cut_after", 1), ("truncate", 1)])
    def test_cut(self, sim: Simulator, gateway: Gateway, session: requests.Session, kind: str, reached: int) -> None:
        gateway.begin(named(kind, 0))
        with pytest.raises(requests.RequestException):
            call(session, gateway)
        assert gateway.passed[0].status is None
        assert len(sim.requests()) == reached
        assert call(session, gateway).status_code == 200

    def test_hold(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        gateway.begin(named("hold", 0))
        with pytest.raises(requests.RequestException):
            session.get(gateway.url + HELLO, verify=gateway.ca_path, timeout=0.3)
        assert gateway.held.is_set()
        assert sim.requests() == []
        gateway.release()
        assert gateway.finished.wait(5)
        assert len(sim.requests()) == 1


class TestWhichRequests:
    @pytest.mark.parametrize(
        ("fault", "struck"),
        [
            (Fault("answer", number=1), [1]),
            (Fault("answer", number=1, for_good=True), [1, 2, 3]),
            (Fault("answer"), [0]),
            (Fault("answer", for_good=True), [0, 1, 2, 3]),
            (Fault("answer", method="POST"), [1]),
            (Fault("answer", method="POST", after=1), [3]),
            (Fault("answer", path="clusterinfo$", after=1), [2]),
            (Fault("answer", method="DELETE"), []),
        ],
    )
    def test_selected(self, gateway: Gateway, session: requests.Session, fault: Fault, struck: list[int]) -> None:
        gateway.begin(fault)
        for method, path in (("GET", HELLO), ("POST", f"{BASE}/Login"), ("GET", HELLO), ("POST", f"{BASE}/Login")):
            call(session, gateway, method, path, json=None if method == "GET" else LOGIN)
        assert [record.number for record in gateway.passed if record.fault] == struck

    def test_the_first_that_matches(self, gateway: Gateway, session: requests.Session) -> None:
        gateway.begin(Fault("answer", status=500, number=1), Fault("answer", status=503, for_good=True))
        assert [call(session, gateway).status_code for _number in range(3)] == [503, 500, 503]


class TestClocks:
    def date(self, response: requests.Response) -> float:
        return email.utils.parsedate_to_datetime(response.headers["Date"]).timestamp()

    def test_as_the_servers(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        sim.advance(-90 * MINUTE)
        assert abs(self.date(call(session, gateway)) - sim.now()) < 3
        gateway.begin(Fault("answer", status=500))
        assert abs(self.date(call(session, gateway)) - sim.now()) < 3

    def test_another_one(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        gateway.date_offset = 120 * MINUTE
        assert abs(self.date(call(session, gateway)) - sim.now() - 120 * MINUTE) < 3
        gateway.date_offset = None
        assert "Date" not in call(session, gateway).headers

    def test_interference(self, sim: Simulator, gateway: Gateway, session: requests.Session) -> None:
        gateway.interfere = lambda: sim.advance(9) and None
        begun = sim.now()
        for _number in range(3):
            call(session, gateway)
        assert sim.now() - begun >= 27
        gateway.interfere = lambda: Fault("answer", status=503)
        assert [call(session, gateway).status_code for _number in range(2)] == [503, 503]
        gateway.begin()
        assert call(session, gateway).status_code == 200

    def test_of_vault(self, openbao: OpenBao, session: requests.Session) -> None:
        """A version keeps the time at which it was written, and the server's clock is later than that."""

        def times(number: int) -> tuple[float, float]:
            response = session.get(f"{gateway.url}/v1/secret/data/clock?version={number}", headers={"X-Vault-Token": openbao.token}, timeout=10)
            return instant(response.json()["data"]["metadata"]["created_time"]), self.date(response)

        with Gateway(openbao.url) as gateway:
            openbao.write("clock", {"a": 1})
            first, date = times(1)
            assert abs(date - first) < 3
            gateway.advance(5 * MINUTE)
            openbao.write("clock", {"a": 2})
            same, date = times(1)
            assert abs(same - first) < 0.01
            assert 5 * MINUTE - 3 < date - same < 5 * MINUTE + 5
            second, date = times(2)
            assert abs(date - second) < 3
