# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module commandcenter_access_tokens: a declared list with one login, one list and one logout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.modules import commandcenter_access_token, commandcenter_access_tokens
from tests.simulator import Simulator
from tests.simulator.credentials import SERVICE_ACCOUNT_ID
from tests.unit.helpers import Task, transcript

from .conftest import defaults, logins, names, tokens, writes

LOGIN, LIST, CREATE, LOGOUT = "POST /Login", "GET /V4/AccessToken", "POST /V4/AccessToken", "POST /Logout"
PURGE = {"purge": True, "purge_prefix": "ci-"}


@pytest.fixture
def kept(sim: Simulator) -> Task:
    return Task(commandcenter_access_tokens, **defaults(sim))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "stores"
    path.mkdir(mode=0o700)
    return path


def stored(folder: Path, *which: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": name, "store": {"file": str(folder / f"{name}.json")}, **more} for name in which]


def requests(sim: Simulator) -> list[str]:
    found = [line.partition(" /V4/AccessToken/")[0] if line.startswith(("DELETE", "PUT")) else line for line in transcript(sim)]
    sim.clear_requests()
    return found


def actions(result: dict[str, Any]) -> list[list[str]]:
    return [one["actions"] for one in result["tokens"]]


def test_a_hundred_tokens_unchanged_cost_three_requests(sim: Simulator, kept: Task, folder: Path) -> None:
    declared = stored(folder, *(f"ci-{number:03}" for number in range(100)))
    made = kept(tokens=declared)
    assert actions(made) == [["created"]] * 100
    assert len(tokens(sim)) == 100
    sim.clear_requests()
    again = kept(tokens=declared, **PURGE)
    assert requests(sim) == [LOGIN, LIST, LOGOUT]
    assert (again["changed"], again["diff"], again["purged"]) == (False, [], [])
    assert [one["token"]["access_token"] for one in again["tokens"]] == [one["token"]["access_token"] for one in made["tokens"]]
    assert [one["name"] for one in again["tokens"]] == [one["name"] for one in declared]
    assert logins(sim) == []


def test_every_step_is_predicted_and_done_and_not_done_again(sim: Simulator, kept: Task, folder: Path) -> None:
    for name in ("ci-old", "ci-updated", "ci-unchanged"):
        sim.commandcenter_create(name)
    declared = [
        {"name": "ci-unchanged"},
        {"name": "ci-updated", "scope": "custom", "api_endpoints": ["/client"]},
        {"name": "ci-old", "state": "absent"},
        *stored(folder, "ci-new"),
    ]
    predicted = kept(check_mode=True, tokens=declared)
    assert requests(sim) == [LOGIN, LIST, LOGOUT]
    done = kept(tokens=declared)
    assert requests(sim) == [LOGIN, LIST, "PUT", LIST, "DELETE", LIST, CREATE, LOGOUT]
    assert actions(predicted) == actions(done) == [[], ["updated"], ["revoked"], ["created"]]
    assert predicted["diff"] == done["diff"]
    assert [one["before_header"] for one in done["diff"]] == ["ci-updated", "ci-old", "ci-new"]
    assert [one["changes"] for one in done["tokens"]] == [
        {},
        {"scope": {"before": "all", "after": "custom"}, "api_endpoints": {"before": [], "after": ["/client"]}},
        {},
        {},
    ]
    assert [one["secret_available"] for one in done["tokens"]] == [False, False, False, True]
    assert not any(one["secret_available"] or (one["token"] or {}).get("access_token") for one in predicted["tokens"])
    assert sorted(names(sim)) == ["ci-new", "ci-unchanged", "ci-updated"]
    again = kept(tokens=declared)
    assert (again["changed"], actions(again)) == (False, [[], [], [], ["reused"]])
    assert requests(sim) == [LOGIN, LIST, LOGOUT]


def test_renew_what_can_be_renewed(sim: Simulator, kept: Task, folder: Path) -> None:
    declared = [
        *stored(folder, "ci-stored"),
        *stored(folder, "ci-scim", scope="ms_scim"),
        *stored(folder, "ci-gone", state="absent"),
        {"name": "ci-bare", "scope": "one_touch"},
    ]
    made = kept(tokens=declared)
    assert actions(kept(check_mode=True, tokens=declared, renew=True)) == [["renewed"], ["reused"], [], []]
    done = kept(tokens=declared, renew=True)
    assert actions(done) == [["renewed"], ["reused"], [], []]
    assert done["tokens"][0]["changes"] == {"secret": {"before": "old", "after": "new"}}
    assert sim.check(done["tokens"][0]["token"]["access_token"])
    assert not sim.check(made["tokens"][0]["token"]["access_token"])


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ([{"name": "ci"}, {"name": " CI "}], "tokens: the name 'CI' is declared twice"),
        ([{"id": 7}, {"id": 7, "name": "ci"}], "tokens: the id 7 is declared twice"),
        (
            [{"name": "a", "store": {"file": "/t/a"}}, {"name": "b", "store": {"file": "/t/x/../a"}}],
            "tokens: 'a' and 'b' have the same store, file /t/a; use a separate file or path for each token",
        ),
        (
            [{"name": name, "store": {"vault": {"url": "https://v", "path": path, "token": "t"}}} for name, path in (("a", "p"), ("b", "/p/"))],
            "tokens: 'a' and 'b' have the same store, vault path p (mount secret, https://v); use a separate file or path for each token",
        ),
        ([{"name": "a"}, {}], "tokens: number 3: name (or the id of an existing token) is required"),
        ([{"name": "a", "scope": "custom"}, {"name": "b", "state": "renewed"}], "tokens: a: scope: custom needs api_endpoints"),
        ([{"name": "a", "scope": "custom"}, {"name": "b", "state": "renewed"}], "tokens: b: state: renewed needs a store"),
    ],
)
def test_all_entries_are_checked_before_anything_is_sent(sim: Simulator, kept: Task, declared: list[dict[str, Any]], words: str) -> None:
    error = kept.fails(tokens=[{"name": "good"}, *declared])
    assert words in error.message
    assert error.message.endswith("Nothing was changed")
    assert sim.requests() == []


def test_same_name_of_two_users(sim: Simulator, kept: Task) -> None:
    result = kept(tokens=[{"name": "ci"}, {"name": "ci", "user_id": SERVICE_ACCOUNT_ID}])
    assert actions(result) == [["created"], ["created"]]
    assert len({one["user_id"] for one in tokens(sim)}) == 2


def test_tokens_without_a_store_are_a_warning(kept: Task, folder: Path) -> None:
    kept(tokens=[{"name": "a"}, {"name": "b", "scope": "ms_scim"}, {"name": "c", "state": "absent"}, *stored(folder, "d"), {"name": "e", "scope": "all"}])
    (warning,) = kept.warnings
    assert warning.startswith("These tokens have no store: a, e. The secret of one that is created is lost when the play ends")


def test_failure_of_one_does_not_stop_the_others(sim: Simulator, kept: Task, folder: Path) -> None:
    taken = sim.commandcenter_create("ci-2")
    declared = [*stored(folder, "ci-1", "ci-2", "ci-3"), {"id": 4711}, {"name": "ci-bare"}]
    result = kept(tokens=declared)
    assert result["failed"] is True
    assert result["msg"].startswith("2 of the tokens could not be brought to their state, all others were: ci-2: The token 'ci-2' (id ")
    assert "| id 4711: There is no token with id 4711" in result["msg"]
    assert actions(result) == [["created"], [], ["created"], [], ["created"]]
    assert [one["failed"] for one in result["tokens"]] == [False, True, False, True, False]
    assert result["changed"] is True
    # Failures are shown on every release, so there is no secret in them; those in a store are not lost.
    assert not any((one["token"] or {}).get(key) for one in result["tokens"] for key in ("access_token", "refresh_token", "headers"))
    assert "so those of ci-bare, which this task has created, are lost" in kept.warnings[-1]
    assert sorted(names(sim)) == ["ci-1", "ci-2", "ci-3", "ci-bare"]
    assert sim.check(taken["access_token"])
    assert logins(sim) == []


def test_wrong_password_is_sent_once(sim: Simulator, kept: Task, folder: Path) -> None:
    kept.fails(tokens=stored(folder, "ci-1", "ci-2", "ci-3"), password="wrong")
    assert transcript(sim) == [LOGIN]


def test_ended_login_is_asked_once(sim: Simulator, kept: Task) -> None:
    error = kept.fails(tokens=[{"name": "a"}, {"name": "b"}], username=None, password=None, auth_token="QSDK ended")
    assert error.status == 401
    assert transcript(sim) == [LIST]


def test_an_empty_list_asks_for_nothing(sim: Simulator, kept: Task) -> None:
    assert kept(tokens=[]) == {"changed": False, "tokens": [], "purged": [], "diff": []}
    assert sim.requests() == []


def test_list_that_is_older_than_a_record_is_read_again(sim: Simulator, kept: Task, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run replaces a token while this one is at work on the entry before: its record names an id that the kept list does not show."""
    declared = stored(folder, "ci-1", "ci-2")
    kept(tokens=declared)
    other = Task(commandcenter_access_token, **defaults(sim), **declared[1])
    begin = commandcenter_access_tokens.reconcile_token
    found: list[dict[str, Any]] = []

    def reconcile(tokens: Any, desired: Any, *rest: Any) -> Any:
        if desired.name == "ci-2":
            found.append(other(recreate="always"))
        return begin(tokens, desired, *rest)

    monkeypatch.setattr(commandcenter_access_tokens, "reconcile_token", reconcile)
    result = kept(tokens=declared)
    assert actions(result) == [["reused"], ["reused"]]
    assert result["tokens"][1]["token"]["access_token"] == found[0]["token"]["access_token"]
    assert sorted(names(sim)) == ["ci-1", "ci-2"]


# Purge


def test_purge_of_what_is_not_declared(sim: Simulator, kept: Task) -> None:
    for name in ("ci-old", "ci-kept", "CI-kept ", "ci-kept.replaced-7", "ci-old.replaced-8", "ci-keptnot", "other", "my-ci-old"):
        sim.commandcenter_create(name)
    by_id = sim.commandcenter_create("ci-by-id")["id"]
    declared = [{"name": "ci-kept"}, {"id": by_id}]
    predicted = kept(check_mode=True, tokens=declared, **PURGE)
    assert writes(sim) == []
    sim.clear_requests()
    done = kept(tokens=declared, **PURGE)
    assert requests(sim) == [LOGIN, LIST, "DELETE", "DELETE", "DELETE", LOGOUT]
    doomed = {"ci-old", "ci-old.replaced-8", "ci-keptnot"}
    assert {one["name"] for one in predicted["purged"]} == {one["name"] for one in done["purged"]} == doomed
    assert {tuple(one["actions"]) for one in done["purged"]} == {("revoked",)}
    assert predicted["diff"] == done["diff"]
    assert doomed & set(names(sim)) == set()
    assert len(names(sim)) == 6
    again = kept(tokens=declared, **PURGE)
    assert (again["changed"], again["purged"]) == (False, [])


def test_purge_leaves_other_users_tokens_alone(sim: Simulator, kept: Task) -> None:
    """An administrator is shown the tokens of all users."""
    sim.set(commandcenter_list_all="all")
    sim.commandcenter_create("ci-mine")
    sim.commandcenter_create("ci-theirs", user_id=SERVICE_ACCOUNT_ID)
    assert [one["name"] for one in kept(tokens=[], **PURGE)["purged"]] == ["ci-mine"]
    assert names(sim) == ["ci-theirs"]
    assert [one["name"] for one in kept(tokens=[], **PURGE, purge_user_ids=[SERVICE_ACCOUNT_ID])["purged"]] == ["ci-theirs"]


def test_purge_where_nobody_can_tell_whose_tokens_these_are(sim: Simulator, kept: Task) -> None:
    sim.commandcenter_create("ci-old")
    sim.fault("status", path="WhoAmI", code=404, times=0)
    result = kept(tokens=[{"name": "ci-new"}], **PURGE)
    assert result["failed"] is True
    assert "purge: the server does not say which user this login is, so 'ci-old' (id " in result["msg"]
    assert "say whose tokens are meant with purge_user_ids" in result["msg"]
    assert sorted(names(sim)) == ["ci-new", "ci-old"]


@pytest.mark.parametrize("prefix", ["", "  "])
def test_purge_needs_a_prefix(sim: Simulator, kept: Task, prefix: str) -> None:
    assert "purge needs purge_prefix" in kept.fails(tokens=[], purge=True, purge_prefix=prefix).message
    assert sim.requests() == []


def test_form_of_header_for_one_entry(kept: Task) -> None:
    first, second = kept(tokens=[{"name": "a", "auth_header": "authtoken"}, {"name": "b"}])["tokens"]
    assert set(first["token"]["headers"]) == {"Authtoken"}
    assert set(second["token"]["headers"]) == {"Authorization"}


def test_overlap_of_one_entry(sim: Simulator, kept: Task, folder: Path) -> None:
    declared = stored(folder, "ci", recreate="always", overlap="1h")
    first = kept(tokens=declared)["tokens"][0]
    second = kept(tokens=declared, **PURGE)
    assert actions(second) == [["recreated"]]
    assert second["purged"] == []
    assert [entry["id"] for entry in second["tokens"][0]["replaced"]] == [first["token"]["id"]]
    assert sim.check(first["token"]["access_token"])
