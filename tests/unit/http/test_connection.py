# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every request carries, and over how many connections."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.dataprotection.access.plugins.module_utils._http.client import USER_AGENT
from tests.simulator import Simulator
from tests.unit.http.conftest import Client, Make

ROOT = Path(__file__).parents[3]


def test_the_user_agent_is_our_own_with_the_collection_s_version(sim: Simulator, client: Client) -> None:
    client()
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert sim.requests()[0]["headers"]["user-agent"] == USER_AGENT == f"dataprotection.access/{version} (Ansible collection)"


def test_the_firewall_lets_it_pass(sim: Simulator, client: Client) -> None:
    sim.set(commandcenter_firewall="always")
    assert client("GET", "/commandcenter/api/").status == 200


def test_headers(sim: Simulator, client: Client) -> None:
    sim.fault("json", value={})
    client("POST", body={"ü": 1}, headers={"Authtoken": "QSDK x"})
    (entry,) = sim.requests()
    assert entry["body"] == {"ü": 1}
    sent = {name: entry["headers"].get(name) for name in ("accept", "accept-encoding", "content-type", "authtoken", "authorization", "cookie")}
    assert sent == {
        "accept": "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "authtoken": "QSDK x",
        "authorization": None,
        "cookie": None,
    }


def test_headers_of_one_request_are_not_those_of_the_next(sim: Simulator, client: Client) -> None:
    client(headers={"Authtoken": "QSDK x"})
    client()
    assert "authtoken" not in sim.requests()[1]["headers"]


def test_one_connection_for_many_requests(sim: Simulator, client: Client) -> None:
    for method in ("GET", "POST", "PUT"):
        sim.fault("json", value={})
        client(method)
    for status in (400, 401, 404, 500):
        sim.fault("status", method="POST", code=status, body={"errorCode": 1})
        client.fails("POST")
    sim.fault("redirect", location="/elsewhere")
    client.fails()
    sim.fault("html")
    client.fails()
    sim.fault("empty")
    client.fails()
    client()
    assert len(sim.requests()) == 11
    assert len({entry["connection"] for entry in sim.requests()}) == 1


def test_a_new_one_after_it_broke(sim: Simulator, make: Make) -> None:
    client = make(retries=1)
    client()
    sim.fault("cut_before")
    client()
    assert [entry["connection"] == sim.requests()[0]["connection"] for entry in sim.requests()] == [True, True, False]


def test_over_http_where_that_was_allowed(sim: Simulator, make: Make) -> None:
    assert make(sim.http_url)().status == 200
