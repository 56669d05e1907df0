# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's lists, jobs and objects."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import Simulator
from tests.unit.simulator.clients import CommandCenter

DATASET = "/cr/reportsplusengine/datasets/1/data"


def ids(entries: list[dict[str, Any]]) -> list[int]:
    return [entry["id"] for entry in entries]


class TestPaging:
    def jobs(self, client: CommandCenter, offset: int, limit: int = 2) -> tuple[int, int]:
        answer = client("GET", "/Job", headers={"limit": str(limit), "offset": str(offset)}).json()
        return len(answer["jobs"]), answer["totalRecordsWithoutPaging"]

    def test_jobs_by_request_headers(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.commandcenter_fill_list("/Job", 25)
        assert [self.jobs(commandcenter, offset)[0] for offset in (0, 2, 24, 25)] == [2, 2, 1, 0]
        assert self.jobs(commandcenter, 0)[1] == 25
        assert len(commandcenter("GET", "/Job").json()["jobs"]) == 20
        sim.set(commandcenter_offset="pages")
        assert [self.jobs(commandcenter, offset)[0] for offset in (0, 12, 13)] == [2, 1, 0]

    @pytest.mark.parametrize(("path", "key"), [("/VM", "vmStatusInfoList"), ("/Events", "commservEvents")])
    def test_the_header_paging_info(self, commandcenter: CommandCenter, sim: Simulator, path: str, key: str) -> None:
        sim.commandcenter_fill_list(path, 5)

        def page(number: int) -> list[int]:
            answer = commandcenter("GET", path, headers={"pagingInfo": f"{number},2"}).json()
            assert answer["totalRecords"] == 5
            return ids(answer[key])

        assert [page(number) for number in range(4)] == [[1, 2], [3, 4], [5], []]
        sim.set(commandcenter_first_page=1)
        assert [page(number) for number in range(4)] == [[1, 2], [1, 2], [3, 4], [5]]

    @pytest.mark.parametrize(
        ("path", "key", "start"), [("/V4/Plan/Summary", "plans", "start"), ("/V4/TriggeredAlerts", "alertsTriggered", "offset"), (DATASET, "records", "offset")]
    )
    def test_the_query(self, commandcenter: CommandCenter, sim: Simulator, path: str, key: str, start: str) -> None:
        sim.commandcenter_fill_list(path, 5)
        pages = [ids(commandcenter("GET", f"{path}?{start}={number}&limit=2").json()[key]) for number in (0, 2, 4, 6)]
        assert pages == [[1, 2], [3, 4], [5], []]

    def test_a_page_is_never_longer_than_the_server_likes(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.commandcenter_fill_list("/Job", 10)
        sim.commandcenter_fill_list("/VM", 10)
        sim.set(commandcenter_page_size=3)
        assert self.jobs(commandcenter, 0, limit=100) == (3, 10)
        assert len(commandcenter("GET", "/VM", headers={"pagingInfo": "0,100"}).json()["vmStatusInfoList"]) == 3

    def test_a_limit_in_the_middle(self, commandcenter: CommandCenter, sim: Simulator) -> None:
        sim.commandcenter_fill_list("/Job", 6)
        sim.fault("status", code=429, path="/Job$", after=1, headers={"Retry-After": "1"})
        responses = [commandcenter("GET", "/Job", headers={"limit": "2", "offset": str(offset)}) for offset in (0, 2, 2)]
        assert [response.status_code for response in responses] == [200, 429, 200]


@pytest.mark.parametrize("outcome", ["Completed", "Failed"])
def test_a_job_runs_by_the_simulators_clock(commandcenter: CommandCenter, sim: Simulator, outcome: str) -> None:
    sim.set(commandcenter_job_seconds=100, commandcenter_job_outcome=outcome, clock_frozen=True)
    started = commandcenter("POST", "/CreateTask", {"taskInfo": {}}).json()

    def summary() -> dict[str, Any]:
        return dict(commandcenter("GET", f"/Job/{started['jobIds'][0]}").json()["jobs"][0]["jobSummary"])

    assert (summary()["status"], summary()["percentComplete"]) == ("Running", 0)
    sim.advance(50)
    assert (summary()["status"], summary()["percentComplete"]) == ("Running", 50)
    sim.advance(50)
    assert (summary()["status"], summary()["percentComplete"]) == (outcome, 100)


class TestObjects:
    @pytest.mark.parametrize(("path", "key"), [("/ClientGroup", "clientgroup"), ("/V2/Plan", "plan")])
    def test_they_are_created_replaced_whole_and_deleted(self, commandcenter: CommandCenter, path: str, key: str) -> None:
        made = commandcenter("POST", path, {"name": "one", "kept": False, "nested": {"a": 1}}).json()[key]
        one = f"{path}/{made['id']}"
        assert commandcenter("GET", one).json() == {"id": made["id"], "name": "one", "kept": False, "nested": {"a": 1}}
        assert commandcenter("PUT", one, {"name": "two"}).json()["errorCode"] == 0
        assert commandcenter("GET", one).json() == {"id": made["id"], "name": "two"}
        assert ids(commandcenter("GET", path).json()[f"{key}s"]) == [made["id"]]
        assert commandcenter("DELETE", one).json()["errorCode"] == 0
        assert "does not exist" in commandcenter("GET", one).text

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_errors_inside_200_have_two_shapes(self, commandcenter: CommandCenter, method: str) -> None:
        flat = commandcenter(method, "/ClientGroup/4711", {"name": "x"})
        nested = commandcenter(method, "/V2/Plan/4711", {"name": "x"})
        assert (flat.status_code, nested.status_code) == (200, 200)
        assert flat.json()["errorCode"] == nested.json()["error"]["errorCode"] == 2

    @pytest.mark.parametrize(("name", "status", "found"), [("server-01", 200, [101]), ("nobody", 404, []), ("twice", 409, [102, 103])])
    def test_getid_has_data_inside_404_and_409(self, commandcenter: CommandCenter, name: str, status: int, found: list[int]) -> None:
        response = commandcenter("GET", f"/getid?clientName={name}")
        assert (response.status_code, response.json()["ids"]) == (status, found)


class TestXml:
    @pytest.mark.parametrize(
        ("switch", "accept", "xml"), [("no accept", None, True), ("no accept", "*/*", False), ("unless json", "*/*", True), ("never", None, False)]
    )
    def test_answers(self, commandcenter: CommandCenter, sim: Simulator, switch: str, accept: str | None, xml: bool) -> None:
        sim.set(commandcenter_xml=switch)
        sim.commandcenter_fill_list("/VM", 1)
        response = commandcenter("GET", "/VM", headers={"Accept": accept})
        assert response.headers["Content-Type"] == ("application/xml" if xml else "application/json")
        assert ('<vmStatusInfoList id="1" name="vmStatusInfoList-0001">' in response.text) == xml
        assert commandcenter("GET", "/VM", headers={"Accept": "application/json"}).json()["totalRecords"] == 1

    def test_bodies_say_that_they_are_xml(self, commandcenter: CommandCenter) -> None:
        body = '<?xml version="1.0"?><App_CreateGroup name="from xml" note="a b"/>'

        def post(content_type: str) -> Any:
            return commandcenter.session.post(commandcenter.url + "/ClientGroup", data=body, headers={"Content-Type": content_type}, timeout=20)

        assert post("application/json").status_code == 415
        assert post("application/xml; charset=utf-8").json()["clientgroup"]["name"] == "from xml"


def test_reports_take_a_login_but_no_access_token(commandcenter: CommandCenter, sim: Simulator) -> None:
    token = commandcenter.created()["accessToken"]
    client = CommandCenter(sim)
    for headers in ({"Authorization": f"Bearer {token}"}, {"Authtoken": token}):
        response = client("GET", DATASET, headers=headers)
        assert (response.status_code, response.json()["errorMessage"]) == (401, "Unauthenticated")
    assert sim.check(token)
    assert commandcenter("GET", DATASET).status_code == 200


def test_a_custom_token_stays_inside_its_endpoints(commandcenter: CommandCenter) -> None:
    token = commandcenter.created(tokenType=3, apiEndpoints=["/job"])["accessToken"]
    assert [commandcenter.use(token, path) for path in ("/Job", "/VM", "/V2/Plan", "/getid?clientName=server-01")] == [200, 403, 403, 403]
