# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's objects, its pages and its runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import Simulator
from tests.unit.simulator.clients import Cohesity

GROUPS = "/v2/data-protect/protection-groups"
JOBS = "/irisservices/api/v1/public/protectionJobs"
FILES = "/irisservices/api/v1/public/restore/vms/directoryList"


@pytest.fixture
def cluster(cluster: Cohesity) -> Cohesity:
    cluster.session.headers["Authorization"] = f"Bearer {cluster.token()}"
    return cluster


def pages(cluster: Cohesity, path: str, key: str, cookie_name: str, most: int = 10, **query: Any) -> list[int]:
    """How many objects each page has, until no cookie comes."""
    counts: list[int] = []
    cookie: str | None = None
    while len(counts) < most:
        params = {**query, **({cookie_name: cookie} if cookie else {})}
        answer = cluster("GET", path, params=params).json()
        counts.append(len(answer[key]))
        cookie = answer.get(cookie_name)
        if not cookie:
            break
    return counts


class TestPages:
    @pytest.mark.parametrize(
        ("kind", "path", "key", "cookie"),
        [
            ("groups", GROUPS, "protectionGroups", "paginationCookie"),
            ("policies", "/v2/data-protect/policies", "policies", "paginationCookie"),
            ("views", "/v2/file-services/views", "views", "paginationCookie"),
            ("files", FILES, "entries", "cookie"),
        ],
    )
    def test_a_cookie_leads_on_and_no_page_is_too_long(self, cluster: Cohesity, sim: Simulator, kind: str, path: str, key: str, cookie: str) -> None:
        sim.cohesity_seed(kind, 7)
        sim.set(cohesity_page_size=3)
        assert pages(cluster, path, key, cookie, maxResultCount=5) == [3, 3, 1]
        assert pages(cluster, path, key, cookie, maxCount=2) == [2, 2, 2, 1]

    @pytest.mark.parametrize(("switch", "last"), [("absent", "absent"), ("", ""), (None, None)])
    def test_the_last_page(self, cluster: Cohesity, sim: Simulator, switch: object, last: object) -> None:
        sim.set(cohesity_last_cookie=switch)
        assert cluster("GET", GROUPS).json().get("paginationCookie", "absent") == last

    def test_a_cookie_can_come_twice(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.cohesity_seed("groups", 5)
        sim.set(cohesity_cookie="repeat")
        assert pages(cluster, GROUPS, "protectionGroups", "paginationCookie", maxResultCount=1, most=8) == [1] * 8

    def test_a_cookie_of_ones_own_is_refused(self, cluster: Cohesity) -> None:
        response = cluster("GET", GROUPS, params={"paginationCookie": "made up"})
        assert (response.status_code, response.json()["errorCode"]) == (400, "KQueryParamParseError")


class TestObjects:
    @pytest.mark.parametrize("path", [GROUPS, JOBS])
    def test_they_are_created_replaced_whole_and_deleted(self, cluster: Cohesity, path: str) -> None:
        response = cluster("POST", path, {"name": "nightly", "isActive": True})
        made = response.json()
        one = f"{path}/{made['id']}"
        assert (response.status_code, made["name"]) == (201, "nightly")
        assert cluster("GET", one).json() == made
        assert cluster("PUT", one, {"name": "weekly"}).json() == {"name": "weekly", "id": made["id"]}
        assert cluster("PUT", one, {"isActive": False}).status_code == 400
        assert cluster("DELETE", one).status_code == 204
        assert [cluster(method, one, {"name": "x"}).status_code for method in ("GET", "PUT", "DELETE")] == [404] * 3

    def test_a_v2_list_is_filtered_and_a_v1_list_bare(self, cluster: Cohesity, sim: Simulator) -> None:
        numbers = sim.cohesity_seed("groups", 3)
        sim.cohesity_seed("jobs", 3)
        found = cluster("GET", GROUPS, params={"ids": numbers[1]}).json()["protectionGroups"]
        assert [group["name"] for group in found] == ["groups-0002"]
        assert [job["id"] for job in cluster("GET", JOBS).json()] == [1, 2, 3]
        assert len(cluster("GET", f"{JOBS}?ids=1&ids=3").json()) == 2


class TestRuns:
    @pytest.mark.parametrize("outcome", ["Succeeded", "Failed"])
    def test_v2(self, cluster: Cohesity, sim: Simulator, outcome: str) -> None:
        sim.set(cohesity_run_seconds=120, cohesity_run_outcome=outcome, clock_frozen=True)
        (group,) = sim.cohesity_seed("groups")
        assert cluster("POST", f"{GROUPS}/{group}/runs", {"runType": "kFull"}).status_code == 201
        (run,) = cluster("GET", f"{GROUPS}/{group}/runs").json()["runs"]
        assert (run["localBackupInfo"]["status"], run["localBackupInfo"]["runType"]) == ("Running", "kFull")
        sim.advance(120)
        info = cluster("GET", f"{GROUPS}/{group}/runs/{run['id']}").json()["localBackupInfo"]
        assert (info["status"], info["endTimeUsecs"] - info["startTimeUsecs"]) == (outcome, 120_000_000)
        assert cluster("GET", f"{GROUPS}/{group}/runs/4711").status_code == 404
        assert cluster("POST", f"{GROUPS}/4711/runs", {}).status_code == 404

    def test_v1_and_the_newest_first(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.set(cohesity_run_seconds=10, clock_frozen=True)
        (job,) = sim.cohesity_seed("jobs")
        path = f"/irisservices/api/v1/public/protectionRuns?jobId={job}"
        assert cluster("POST", f"{JOBS}/run/{job}", {}).status_code == 204
        sim.advance(10)
        cluster("POST", f"{JOBS}/run/{job}", {})
        assert [run["backupRun"]["status"] for run in cluster("GET", path).json()] == ["kRunning", "kSuccess"]
        assert len(cluster("GET", path + "&numRuns=1").json()) == 1
