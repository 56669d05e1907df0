# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cohesity API keys in a store: one engine with the tokens of Command Center, so this is about what is different, and about every lost response."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.modules import cohesity_rest
from tests.constants import DAY
from tests.simulator import Simulator
from tests.stores import FileStore, Store
from tests.unit.cohesity.keys import CREATE, KEYS, LIST, SID, KeyTask
from tests.unit.helpers import Task, start
from tests.waiting import wait_until

OTHER = "SID-CORP-ad-backup"


@pytest.fixture
def key(sim: Simulator, store: Store) -> KeyTask:
    return KeyTask(sim, store)


@pytest.fixture
def filed(sim: Simulator, file_store: FileStore) -> KeyTask:
    """The same, where the kind of store makes no difference."""
    return KeyTask(sim, file_store)


def test_the_secret_is_kept(key: KeyTask) -> None:
    first = key.predicted_and_done()
    key.settled(first)
    again = key.predicted_and_done()
    assert (again["changed"], again["actions"], again["api_key"]) == (False, ["reused"], first["api_key"])
    assert key.requests == [LIST]


def test_the_record(sim: Simulator, key: KeyTask) -> None:
    made = key()["api_key"]
    assert key.store
    record = key.store.read()
    assert record
    assert (record["kind"], record["identity"]) == ("cohesity_api_key", {"cluster": sim.host, "name": "exporter", "owner_sid": made["owner_sid"]})
    assert {name: record[name] for name in ("api_key", "id", "name", "owner", "active", "expires_at", "created_at")} == {
        name: made[name] for name in ("api_key", "id", "name", "owner", "active", "expires_at", "created_at")
    }


@pytest.mark.parametrize("arguments", [{}, {"active": False}, {"state": "absent"}], ids=str)
@pytest.mark.parametrize("changes", [{"apiKeys": []}, {"apiKeys": None}, {"apiKeys": {"__delete__": True}}], ids=str)
@pytest.mark.parametrize("times", [1, 0], ids=["once", "always"])
def test_a_list_without_our_key_is_no_deletion(sim: Simulator, filed: KeyTask, changes: dict[str, Any], arguments: dict[str, Any], times: int) -> None:
    """The cluster still shows the key to whoever asks for it by its id."""
    made = filed()["api_key"]
    sim.fault("patch", method="GET", path=f"{KEYS}$", changes=changes, times=times)
    result = filed(**arguments)
    assert result["actions"] == {"absent": ["revoked"]}.get(arguments.get("state", ""), ["reused", "updated"] if arguments else ["reused"])
    assert [key["id"] for key in filed.live()] == ([] if "state" in arguments else [made["id"]])


@pytest.mark.parametrize("form", ["colons", "base64"])
def test_ids_of_any_form(sim: Simulator, filed: KeyTask, form: str) -> None:
    sim.set(cohesity_api_key_ids=form)
    filed.settled(filed())
    assert filed()["actions"] == ["reused"]
    assert filed(active=False)["actions"] == ["reused", "updated"]
    filed.settled(filed(state="rotated", active=True))
    assert filed(state="absent")["actions"] == ["revoked"]
    assert filed.live() == []


def test_a_cluster_that_lists_active_keys_only(sim: Simulator, filed: KeyTask) -> None:
    made = filed(active=False)["api_key"]
    sim.fault("patch", method="GET", path=f"{KEYS}$", changes={"apiKeys": []}, times=0)
    assert filed(active=False)["actions"] == ["reused"]
    assert filed(active=True)["actions"] == ["reused", "updated"]
    assert [key["id"] for key in filed.live()] == [made["id"]]


def test_rotated(key: KeyTask) -> None:
    first = key()
    result = key.predicted_and_done(state="rotated")
    key.settled(result)
    assert result["secret_fingerprint"] != first["secret_fingerprint"]
    one = f"{KEYS}/{first['api_key']['id']}"
    assert key.requests == [LIST, f"GET {one}", f"PUT {one}", CREATE, f"DELETE {one}"]


def test_the_old_key_works_until_its_overlap_has_passed(sim: Simulator, key: KeyTask) -> None:
    first = key()["api_key"]
    sim.advance(31 * DAY)
    wish = {"rotate_after": "30d", "overlap": "1d"}
    result = key.predicted_and_done(**wish)
    assert [entry["id"] for entry in result["replaced"]] == [first["id"]]
    assert key.names() == [f"exporter.replaced-{first['id']}", "exporter"]
    sim.advance(DAY - 60)
    assert (key(**wish)["actions"], sim.check_cohesity(first["api_key"])) == (["reused"], True)
    sim.advance(120)
    assert key.predicted_and_done(**wish)["actions"] == ["reused", "revoked"]
    assert (key.names(), sim.check_cohesity(first["api_key"])) == (["exporter"], False)
    assert key(**wish)["changed"] is False


def test_absent_ends_what_overlaps(key: KeyTask) -> None:
    key()
    key(state="rotated", overlap="1d")
    assert key.predicted_and_done(state="absent")["actions"] == ["revoked"]
    assert key.store
    assert (key.live(), key.store.read() or None) == ([], None)


def test_a_key_that_was_deleted_outside_is_created_again(sim: Simulator, filed: KeyTask) -> None:
    made = filed()["api_key"]
    sim.cohesity_key_delete(made["id"])
    result = filed.predicted_and_done()
    assert result["actions"] == ["recreated"]
    filed.settled(result)


def test_a_key_that_somebody_else_has_rotated_is_replaced(sim: Simulator, filed: KeyTask) -> None:
    made = filed()["api_key"]
    sim.advance(60)
    sim.cohesity_key_edit(made["id"], rotated=int(sim.now()) * 1000)
    result = filed.predicted_and_done()
    assert result["actions"] == ["recreated"]
    filed.settled(result)
    assert filed()["actions"] == ["reused"]


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_first_secret_may_be_dated_a_moment_after_the_key(sim: Simulator, filed: KeyTask, after: int) -> None:
    """The response to the creation may not show it yet."""
    made = filed()["api_key"]
    first = filed.every()[0]
    sim.cohesity_key_edit(made["id"], rotated=first["created"] + after * 1000)
    result = filed.predicted_and_done()
    assert (result["actions"], result["api_key"]["api_key"], result["api_key"]["rotated_at"]) == (["reused"], made["api_key"], None)


def test_a_key_that_this_collection_did_not_create_needs_permission(sim: Simulator, filed: KeyTask) -> None:
    theirs = sim.cohesity_key_create("exporter")
    for state in ("present", "rotated"):
        error = filed.fails(state=state, rotate_after="1d")
        assert "the store does not hold its secret" in error.message
        assert "API key 'exporter'" in error.message
    assert sim.check_cohesity(theirs["secret"])
    result = filed.predicted_and_done(recreate="state_change")
    filed.settled(result)


def test_updates_are_kept_in_the_record(filed: KeyTask) -> None:
    filed()
    assert filed.predicted_and_done(active=False)["actions"] == ["reused", "updated"]
    assert filed.store
    record = filed.store.read()
    assert record
    assert record["active"] is False
    assert filed(active=False)["changed"] is False


def test_an_expiry_that_was_taken_away_is_forgotten(sim: Simulator, filed: KeyTask) -> None:
    made = filed(expires="90d")["api_key"]
    sim.cohesity_key_edit(made["id"], expires=None)
    result = filed.predicted_and_done()
    assert (result["changed"], result["api_key"]["expires_at"]) == (False, None)
    assert filed.store
    assert (filed.store.read() or {})["expires_at"] is None


def test_what_was_changed_outside_is_kept_for_readers_once(sim: Simulator, key: KeyTask) -> None:
    made = key()["api_key"]
    sim.cohesity_key_edit(made["id"], is_active=False)
    assert key.predicted_and_done()["actions"] == ["reused"]
    assert key.store
    assert (key.store.read() or {})["active"] is False
    version = key.store.version()
    key()
    assert key.store.version() == version


def test_an_expired_key_whose_rename_is_refused(sim: Simulator, filed: KeyTask) -> None:
    filed(expires="1h")
    sim.advance(2 * 3600)
    result = filed.predicted_and_done(expires="1h", rotate_after="1h")
    filed.settled(result)


def test_a_record_of_another_owner(filed: KeyTask) -> None:
    filed()
    error = filed.fails(owner_sid=OTHER)
    assert "holds the record of another credential (owner_sid" in error.message
    assert len(filed.live()) == 1


def test_two_at_once_rotate_once(sim: Simulator, key: KeyTask) -> None:
    key()
    assert key.store
    sim.fault("gate", method="POST", path="api-keys", name="creating")
    first = start(KeyTask(sim, key.store, timeout=30), state="rotated")
    sim.wait_for("creating")
    sim.clear_requests()
    second = start(KeyTask(sim, key.store, timeout=30), state="rotated")
    # A run that starts after the first one has ended is another occasion to rotate.
    assert wait_until(lambda: bool(sim.requests("access-tokens", "POST")))
    sim.open_gate("creating")
    results = [first.result(60), second.result(60)]
    assert sorted(result["actions"][0] for result in results) == ["recreated", "reused"]
    assert results[0]["api_key"] == results[1]["api_key"]
    key.settled(results[0])


# Lost responses

LOST: list[dict[str, Any]] = [
    {"kind": "cut_after"},
    {"kind": "cut_before"},
    {"kind": "truncate"},
    {"kind": "html_after"},
    {"kind": "empty_after"},
    {"kind": "status_after", "code": 500},
    {"kind": "status_after", "code": 502},
    {"kind": "status_after", "code": 409},
    {"kind": "json_after", "value": {}},
    {"kind": "json_after", "value": ["what"]},
    {"kind": "json_after", "value": {"id": "1"}},
    {"kind": "patch", "changes": {"apiKey": "with a\nbreak"}},
]


@pytest.mark.parametrize("unique", ["any", "unique"])
@pytest.mark.parametrize("op", ["create", "rotate"])
@pytest.mark.parametrize("fault", LOST, ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_lost_creation_is_settled_in_the_same_run(sim: Simulator, filed: KeyTask, fault: dict[str, Any], op: str, unique: str) -> None:
    sim.set(cohesity_api_key_names=unique)
    if op == "rotate":
        filed()
    sim.fault(**fault, method="POST", path="api-keys")
    result = filed(state="rotated")
    assert result["actions"] == ["created" if op == "create" else "recreated"]
    if fault["kind"] != "cut_before":
        filed.settled(result)
    # What was not found may still come into being, so the next run settles that.
    filed.settled(filed())
    assert filed()["actions"] == ["reused"]
    assert not any(key["secret"] in json.dumps(filed.warnings) for key in filed.every())


def test_a_creation_whose_response_is_cut_off(sim: Simulator, filed: KeyTask) -> None:
    """Only what has arrived whole counts: neither a part of a secret, nor the beginning of an id, which may be the id of another key."""
    manager = sim.cohesity_key_create("manager")
    cut = KeyTask(sim, filed.store, username=None, password=None, api_key=manager["secret"], owner_sid=SID)
    for at in itertools.count(step=9):
        sim.fault("truncate", method="POST", path="/api-keys$", at=at)
        result = cut()["api_key"]
        (live,) = [key for key in cut.live() if key["name"] == "exporter"]
        assert (result["id"], result["api_key"], live["works"]) == (live["id"], live["secret"], True), at
        assert cut.store
        assert (cut.store.read() or {})["api_key"] == live["secret"], at
        if cut.requests == [LIST, CREATE]:
            break
        cut.store.lose()
        sim.cohesity_key_delete(live["id"])
    assert at > len(live["secret"])


SECRET = "canary-0f6e2f1c-8a3e-4b57-9d60-2c1e5a7b9d10"


class TestTheSecretInAnyResponse:
    """The cluster shows it once: it is kept, whatever the response is like, and where its key is known beyond doubt."""

    @pytest.fixture
    def creation(self, sim: Simulator, filed: KeyTask) -> Callable[..., dict[str, Any]]:
        """Run a creation that is responded to with this document or text."""

        def run(body: Any, code: int = 200, **arguments: Any) -> dict[str, Any]:
            sim.fault("status_after", method="POST", path="/api-keys$", code=code, body=body.replace("%s", SECRET) if isinstance(body, str) else body)
            return filed(**arguments)

        return run

    @pytest.mark.parametrize("code", [200, 201, 409, 500])
    @pytest.mark.parametrize(
        "body",
        [
            [{"id": "501", "apiKey": SECRET}],
            {"data": {"id": 501, "apiKey": SECRET}},
            {"user": {"id": "7"}, "id": "501", "apiKey": SECRET},
            {"user": {"id": "7"}, "key": {"id": "501"}, "apiKey": SECRET},
            '{"user": {"id": 7}, "id": "501", "apiKey": "%s", "na',
            '{"apiKey": "%s", "id": 501, "na',
            '{"apiKey": "%s", "id": "501"',
            'Warning: deprecated\n{"id": "501", "apiKey": "%s"}',
            '{"id": "501", "apiKey": "%s", "na'.replace("%s", SECRET.replace("-", "\\u002d")),
        ],
    )
    def test_is_kept(self, creation: Callable[..., dict[str, Any]], filed: KeyTask, body: Any, code: int) -> None:
        made = creation(body, code)["api_key"]
        assert (made["api_key"], made["id"], made["name"]) == (SECRET, "501", "exporter")
        assert [request for request in filed.requests if request.startswith("POST")] == [CREATE]
        assert [key["id"] for key in filed.live()] == ["501"]

    @pytest.mark.parametrize(
        "body",
        [
            {"id": "501", "apiKey": SECRET, "user": {"id": "7"}},
            {"user": {"id": "7"}, "id": "501", "apiKey": SECRET},
            [{"id": "501", "apiKey": SECRET}],
            '{"id": "501", "apiKey": "%s", "na',
        ],
    )
    def test_also_where_the_list_cannot_be_read(self, sim: Simulator, creation: Callable[..., dict[str, Any]], filed: KeyTask, body: Any) -> None:
        """Only a list without the key would say that there is none."""
        sim.fault("status", method="GET", path="/api-keys$", code=400, after=1)
        made = creation(body, 500, expires="90d")["api_key"]
        assert (made["api_key"], made["id"], made["name"], made["active"]) == (SECRET, "501", "exporter", True)
        assert ((filed.store and filed.store.read()) or {})["expires_at"] == made["expires_at"]
        assert made["expires_at"]

    def test_not_where_the_list_cannot_be_read_and_two_ids_are_possible(self, sim: Simulator, creation: Callable[..., dict[str, Any]], filed: KeyTask) -> None:
        sim.fault("status", method="GET", path="/api-keys$", code=400, after=1, times=2)
        with pytest.raises(ApiError):
            creation('{"user": {"id": 7}, "id": "501", "apiKey": "%s", "na', 500)
        assert ((filed.store and filed.store.read()) or {}).get("api_key") is None
        filed.settled(filed())

    @pytest.mark.parametrize(
        "body",
        [
            '{"apiKey": "%s", "id": "50',
            '{"apiKey": "%s", "id": 50',
            '{"id": "501", "apiKey": "%s',
            '{"id": "501", "apiKey": "abc\\',
            '{"apiKey": "%s", "id": "50"}',
            {"apiKey": SECRET, "id": "52", "key": {"apiKey": SECRET}},
            {"apiKey": SECRET},
            {"apiKey": " " + SECRET, "id": "501"},
        ],
    )
    def test_not_with_another_s_id_or_half_a_secret(self, sim: Simulator, creation: Callable[..., dict[str, Any]], filed: KeyTask, body: Any) -> None:
        """One key was there before, another one appears meanwhile under a different name: neither is the new one."""
        sim.cohesity_key_create("other", id="50")
        sim.fault("operation", method="POST", path="/api-keys$", name="cohesity_key_create", arguments={"name": "another", "id": "52"})
        made = creation(body, 500)["api_key"]
        assert sim.check_cohesity(made["api_key"])
        assert sorted(key["name"] for key in filed.live()) == ["another", "exporter", "other"]

    def test_not_with_the_id_of_a_key_that_was_listed_before(self, sim: Simulator, creation: Callable[..., dict[str, Any]], filed: KeyTask) -> None:
        first = filed()["api_key"]
        sim.fault("status", method="GET", path="/api-keys$", code=400, after=1, times=2)
        with pytest.raises(ApiError):
            creation({"id": first["id"], "apiKey": SECRET}, 500, state="rotated")
        assert filed.store
        assert (filed.store.read() or {})["api_key"] == first["api_key"]
        assert sim.check_cohesity(first["api_key"])


@pytest.mark.parametrize("fault", [{"kind": "patch", "changes": {"name": None, "userSid": None}}, {"kind": "status_after", "code": 200}])
def test_a_key_that_says_little_of_itself(sim: Simulator, filed: KeyTask, fault: dict[str, Any]) -> None:
    sim.fault(**fault, method="POST", path="api-keys")
    filed.settled(filed())


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("fault", [{"kind": "cut_after"}, {"kind": "cut_before"}, {"kind": "status_after", "code": 500}, {"kind": "html_after"}])
def test_a_lost_rename_or_deletion(sim: Simulator, filed: KeyTask, fault: dict[str, Any], method: str) -> None:
    filed()
    sim.fault(**fault, method=method, path="api-keys")
    first = filed.live()[0]
    if (method, fault["kind"]) == ("PUT", "cut_before"):
        error = filed.fails(state="rotated")
        assert f"PUT https://{sim.host}{KEYS}/{first['id']}" in error.message
        assert (sim.check_cohesity(first["secret"]), filed.names()) == (True, ["exporter"])
    else:
        assert filed(state="rotated")["actions"] == ["recreated"]
    sim.advance(3600)
    filed.settled(filed())
    assert filed()["actions"] == ["reused"]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 429])
def test_a_refused_creation_leaves_the_old_key_as_it_was(sim: Simulator, filed: KeyTask, code: int) -> None:
    first = filed()
    sim.fault("status", method="POST", path="/api-keys$", code=code, times=0)
    filed.fails(state="rotated", retries=0)
    sim.clear_faults()
    assert filed()["actions"] == ["reused"]
    assert filed()["api_key"] == first["api_key"]
    assert filed.names() == ["exporter"]


def test_a_key_beside_ours_is_nobody_s_orphan(sim: Simulator, filed: KeyTask) -> None:
    """Keys of this name that another user owns appear while the creation is lost, on a cluster that lists them too."""
    sim.set(cohesity_api_key_list="all")
    sim.fault("cut_after", method="POST", path="/api-keys$")
    sim.fault("operation", method="POST", path="/api-keys$", name="cohesity_key_create", arguments={"name": "exporter", "username": "viewer"})
    result = filed()
    (theirs,) = [key for key in filed.live() if key["owner"] == "viewer"]
    assert theirs["works"]
    assert result["actions"] == ["created"]


# Consumers


def test_rest_reads_with_the_stored_key(sim: Simulator, key: KeyTask) -> None:
    made = key()["api_key"]
    assert key.store
    rest = Task(cohesity_rest, cluster=sim.host, ca_path=sim.ca_path, timeout=10, path="/v2/clusters", store=key.store.option)
    sim.clear_requests()
    assert rest()["status"] == 200
    (request,) = sim.requests()
    assert request["headers"]["apikey"] == made["api_key"]


def test_rest_sends_no_deactivated_key(sim: Simulator, filed: KeyTask) -> None:
    filed(active=False)
    sim.clear_requests()
    assert filed.store
    error = Task(cohesity_rest, cluster=sim.host, ca_path=sim.ca_path, path="/v2/clusters", store=filed.store.option).fails()
    assert "API key 'exporter' is deactivated, so nothing was sent" in error.message
    assert sim.requests() == []


def test_rest_sends_it_to_no_other_cluster(sim: Simulator, filed: KeyTask) -> None:
    filed()
    sim.clear_requests()
    assert filed.store
    error = Task(cohesity_rest, cluster="localhost:9", path="/v2/clusters", store=filed.store.option).fails()
    assert "so nothing was sent" in error.message
    assert sim.requests() == []


@pytest.mark.parametrize(("name", "value"), [("api_key", "a\nb"), ("active", "yes"), ("expires_at", "soon"), ("id", 5), ("created_at", 1)])
def test_a_damaged_record_is_refused(filed: KeyTask, name: str, value: Any) -> None:
    filed()
    assert filed.store
    filed.store.write({**(filed.store.read() or {}), name: value})
    assert f"damaged record ({name})" in filed.fails().message
