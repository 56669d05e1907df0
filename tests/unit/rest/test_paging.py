# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""All pages of a list, in every style of the products, and lists that are not complete."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._rest.paging import objects_of
from tests.simulator import Simulator
from tests.unit.helpers import Task
from tests.unit.rest.conftest import GROUPS, Run

# path: requests for 250 entries in pages of 100. Without a total, an empty page is the end.
LISTS = {"/Job": 3, "/VM": 3, "/V4/Plan/Summary": 4}
STYLES = {"/Job": "limit_offset", "/VM": "paging_info", "/V4/Plan/Summary": "start_limit"}


def calls(sim: Simulator, path: str) -> int:
    return len(sim.requests(path=f"{path}$", method="GET"))


class TestCohesity:
    @pytest.mark.parametrize("last", ["absent", "", None, 0])
    @pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
    def test_n_pages_are_n_requests(self, sim: Simulator, play: Run, count: int, last: str | int | None) -> None:
        if last == 0:
            last = "absent"
            sim.fault("patch", path="groups", after=max(0, -(-count // 100) - 1), changes={"paginationCookie": 0})
        sim.set(cohesity_last_cookie=last)
        if count:
            sim.cohesity_seed("groups", count)
        result = play(path=GROUPS, paging="all")
        assert len({group["id"] for group in result["objects"]}) == len(result["objects"]) == count
        assert (result["changed"], result["status"], "json" in result) == (False, 200, False)
        assert calls(sim, GROUPS) == max(1, -(-count // 100))

    def test_the_other_cookie(self, sim: Simulator, play: Run) -> None:
        sim.cohesity_seed("files", 150)
        path = "/irisservices/api/v1/public/restore/vms/directoryList"
        assert len(play(path=path, paging="all", objects_key="entries")["objects"]) == 150

    def test_a_bare_list(self, sim: Simulator, play: Run) -> None:
        sim.cohesity_seed("jobs", 3)
        assert len(play(path="/irisservices/api/v1/public/protectionJobs", paging="all")["objects"]) == 3

    def test_a_size_and_what_the_user_asks_for(self, sim: Simulator, play: Run) -> None:
        sim.cohesity_seed("groups", 7)
        assert len(play(path=GROUPS, paging="all", page_size=3, query={"isActive": True})["objects"]) == 7
        assert [entry["query"]["isActive"] for entry in sim.requests(path="protection-groups")] == ["true"] * 3

    def test_a_short_page_is_not_the_end(self, sim: Simulator, play: Run) -> None:
        sim.cohesity_seed("groups", 25)
        sim.set(cohesity_page_size=10)
        assert len(play(path=GROUPS, paging="all", page_size=20)["objects"]) == 25
        assert calls(sim, GROUPS) == 3

    def test_a_cookie_that_comes_twice(self, sim: Simulator, cohesity: Task) -> None:
        sim.cohesity_seed("groups", 350)
        sim.set(cohesity_cookie="repeat")
        assert "the same paginationCookie twice" in cohesity.fails(path=GROUPS, paging="all").message
        assert calls(sim, GROUPS) == 2

    @pytest.mark.parametrize("check_mode", [False, True])
    @pytest.mark.parametrize("key", [None, "protectionGroups"])
    @pytest.mark.parametrize(
        ("page", "words"),
        [
            ({"errorCode": "KX", "message": "x"}, "an error in the place of a page, so the list is not complete: KX: x"),
            ({"protectionGroups": [], "error": {"errorCode": "KX"}}, "an error in the place of a page, so the list is not complete: KX"),
            ({}, "the list is not complete, because a page has no list 'protectionGroups'; its lists are: none"),
            ({"groups": []}, "no list 'protectionGroups'; its lists are: groups"),
        ],
    )
    def test_a_page_that_is_none(self, sim: Simulator, cohesity: Task, page: Any, words: str, key: str | None, check_mode: bool) -> None:
        sim.cohesity_seed("groups", 150)
        sim.fault("json", path="groups", value=page, after=1)
        assert words in cohesity.fails(check_mode=check_mode, path=GROUPS, paging="all", objects_key=key).message
        assert calls(sim, GROUPS) == 2

    @pytest.mark.parametrize(("total", "is_complete"), [(149, True), (150, True), (151, False)])
    def test_a_list_that_is_shorter_than_its_total(self, sim: Simulator, cohesity: Task, total: int, is_complete: bool) -> None:
        sim.cohesity_seed("groups", 150)
        sim.fault("patch", path="groups", changes={"totalCount": total}, times=0)
        if is_complete:
            assert len(cohesity(path=GROUPS, paging="all")["objects"]) == 150
        else:
            assert "the list ended after 150 of 151 objects" in cohesity.fails(path=GROUPS, paging="all").message

    def test_empty_pages_without_an_end(self, sim: Simulator, cohesity: Task) -> None:
        sim.cohesity_seed("groups", 1000)
        sim.fault("patch", path="groups", changes={"protectionGroups": []}, times=0)
        assert "3 pages in a row were empty" in cohesity.fails(path=GROUPS, paging="all").message
        assert calls(sim, GROUPS) == 3

    def test_two_empty_pages_are_not_the_end(self, sim: Simulator, cohesity: Task) -> None:
        sim.cohesity_seed("groups", 600)
        sim.fault("patch", path="groups", changes={"protectionGroups": []}, times=2, after=1)
        sim.fault("patch", path="groups", changes={}, times=1)
        assert len(cohesity(path=GROUPS, paging="all")["objects"]) == 400

    def test_more_than_max_items(self, sim: Simulator, cohesity: Task) -> None:
        sim.cohesity_seed("groups", 101)
        assert "longer than max_items (100)" in cohesity.fails(path=GROUPS, paging="all", max_items=100).message
        assert len(cohesity(path=GROUPS, paging="all", max_items=101)["objects"]) == 101

    def test_an_expiry_in_the_middle(self, sim: Simulator, play: Run) -> None:
        sim.cohesity_seed("groups", 250)
        sim.fault("operation", name="advance", arguments={"seconds": 86401}, path="protection-groups", after=1)
        result = play(path=GROUPS, paging="all")
        assert (len(result["objects"]), result["actions"]) == (250, ["authenticated", "reauthenticated"])

    @pytest.mark.parametrize("options", [{"page_size": 0}, {"max_items": 0}, {"method": "POST"}])
    def test_what_cannot_be(self, sim: Simulator, cohesity: Task, options: dict[str, Any]) -> None:
        cohesity.fails(path=GROUPS, paging="all", **options)
        assert sim.requests() == []


class TestCommandCenter:
    @pytest.mark.parametrize("said", [False, True])
    @pytest.mark.parametrize(("path", "requests"), LISTS.items())
    def test_every_style(self, sim: Simulator, commandcenter: Task, path: str, requests: int, said: bool) -> None:
        sim.commandcenter_fill_list(path, 250)
        options: dict[str, Any] = {"paging_style": STYLES[path], "page_size": 100} if said else {}
        result = commandcenter(path=path, paging="all", **options)
        assert len({str(entry) for entry in result["objects"]}) == len(result["objects"]) == 250
        # Who does not say that the query pages gets a first page of the server's size.
        assert calls(sim, path) == requests + (path.startswith("/V4") and not said)

    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize("count", [0, 1, 20, 100])
    def test_lists_of_one_page(self, sim: Simulator, commandcenter: Task, path: str, count: int) -> None:
        if count:
            sim.commandcenter_fill_list(path, count)
        assert len(commandcenter(path=path, paging="all")["objects"]) == count

    @pytest.mark.parametrize("path", LISTS)
    def test_the_server_has_a_smaller_size(self, sim: Simulator, commandcenter: Task, path: str) -> None:
        sim.commandcenter_fill_list(path, 95)
        sim.set(commandcenter_page_size=30)
        result = commandcenter(path=path, paging="all")
        assert len({str(entry) for entry in result["objects"]}) == len(result["objects"]) == 95

    def test_pages_that_are_counted_from_one(self, sim: Simulator, commandcenter: Task) -> None:
        sim.commandcenter_fill_list("/VM", 250)
        sim.set(commandcenter_first_page=1)
        assert len({str(entry) for entry in commandcenter(path="/VM", paging="all")["objects"]}) == 250
        assert calls(sim, "/VM") == 4

    def test_an_offset_that_counts_pages(self, sim: Simulator, commandcenter: Task) -> None:
        sim.commandcenter_fill_list("/Job", 250)
        sim.set(commandcenter_offset="pages")
        assert "set paging_style: limit_page" in commandcenter.fails(path="/Job", paging="all").message
        assert len({str(entry) for entry in commandcenter(path="/Job", paging="all", paging_style="limit_page")["objects"]}) == 250

    @pytest.mark.parametrize("total", [15, 5, 0, -1])
    @pytest.mark.parametrize("path", ["/Job", "/VM"])
    def test_a_total_below_what_has_arrived(self, sim: Simulator, commandcenter: Task, path: str, total: int) -> None:
        sim.commandcenter_fill_list(path, 30)
        name = {"/Job": "totalRecordsWithoutPaging", "/VM": "totalRecords"}[path]
        sim.fault("patch", path=f"{path}$", changes={name: total}, times=0)
        message = commandcenter.fails(path=path, paging="all", page_size=10).message
        assert f"objects, but its {name} is {total}, so paging_style {STYLES[path]} does not get the list" in message

    @pytest.mark.parametrize(("count", "size"), [(30, 10), (25, 5), (3, 2)])
    def test_an_offset_that_counts_objects(self, sim: Simulator, commandcenter: Task, count: int, size: int) -> None:
        sim.commandcenter_fill_list("/Job", count)
        options: dict[str, Any] = {"path": "/Job", "paging": "all", "page_size": size}
        message = commandcenter.fails(paging_style="limit_page", **options).message
        assert message.endswith("so this is not paging_style limit_page; set paging_style: limit_offset")
        assert len(commandcenter(paging_style="limit_offset", **options)["objects"]) == count

    def test_a_style_that_it_is_not(self, sim: Simulator, commandcenter: Task) -> None:
        sim.commandcenter_fill_list("/Job", 250)
        assert "no totalRecords, so this is not paging_style paging_info" in commandcenter.fails(path="/Job", paging="all", paging_style="paging_info").message
        sim.commandcenter_fill_list("/V4/Plan/Summary", 5)
        assert commandcenter.fails(path="/V4/Plan/Summary", paging="all", paging_style="limit_offset").message.startswith("paging: ")

    def test_a_list_that_is_not_paged(self, commandcenter: Task) -> None:
        for name in ("one", "two"):
            commandcenter(method="POST", path="/ClientGroup", body={"name": name})
        assert "the same page twice" in commandcenter.fails(path="/ClientGroup", paging="all").message


@pytest.mark.parametrize(
    ("document", "key", "objects"),
    [([1], None, [1]), ({"a": [1], "b": 2}, None, [1]), ({"a": [1], "b": [2]}, "b", [2]), ({"a": None}, "a", []), ({"a": []}, None, [])],
)
def test_where_the_list_is(document: Any, key: str | None, objects: list[Any]) -> None:
    assert objects_of(document, key) == objects


@pytest.mark.parametrize(
    ("document", "key", "words"),
    [
        ({"a": [], "b": []}, None, "several lists (a, b)"),
        ({"a": 1}, None, "no list at its top level"),
        ("text", None, "not a JSON object"),
        (None, "a", "not a JSON object"),
        ([1], "a", "not a JSON object"),
        ({"a": [1], "b": 1}, "b", "no list 'b'; its lists are: a"),
    ],
)
def test_where_there_is_none(document: Any, key: str | None, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        objects_of(document, key)
    assert words in caught.value.message
