# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cohesity_api_key without a store: what it sends, what it returns, and whose keys it leaves alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._fingerprint import fingerprint
from ansible_collections.dataprotection.access.plugins.module_utils._memory import Memory
from ansible_collections.dataprotection.access.plugins.module_utils._time import iso
from tests.constants import DAY, MINUTE
from tests.simulator import Simulator, credentials
from tests.stores import FileStore
from tests.unit.cohesity.keys import CREATE, KEYS, LIST, LOGIN, ME, SID, KeyTask
from tests.unit.helpers import bodies, full_params, transcript

OTHER = "SID-CORP-ad-backup"
VIEWER = {"username": "viewer", "password": "canary-cohesity-viewer-password"}


@pytest.fixture
def key(sim: Simulator) -> KeyTask:
    return KeyTask(sim)


class TestPresent:
    def test_the_whole_result(self, sim: Simulator, key: KeyTask) -> None:
        result = key.predicted_and_done()
        (made,) = key.live()
        assert result == {
            "changed": True,
            "actions": ["created"],
            "secret_available": True,
            "secret_fingerprint": fingerprint(made["secret"]),
            "replaced": [],
            "api_key": {
                "api_key": made["secret"],
                "headers": {"apiKey": made["secret"]},
                "id": made["id"],
                "name": "exporter",
                "active": True,
                "expires_at": None,
                "created_at": iso(sim.now()),
                "rotated_at": None,
                "owner": "backup",
                "owner_sid": SID,
                "cluster": sim.host,
            },
            "diff": {"before": {}, "after": {"name": "exporter", "active": True, "owner_sid": SID}},
        }
        assert transcript(sim) == [LOGIN, ME, LIST, CREATE]
        assert bodies(sim, "POST", "api-keys") == [{"name": "exporter", "isActive": True, "expiryTimeMsecs": None}]
        assert key.warnings == []

    def test_a_second_time(self, key: KeyTask) -> None:
        key()
        result = key.predicted_and_done()
        assert (result["changed"], result["actions"], result["secret_available"], result["api_key"]["api_key"]) == (False, [], False, None)
        assert result["api_key"]["headers"] == {}
        assert key.requests == [LIST]

    def test_attributes_of_a_new_key(self, sim: Simulator, key: KeyTask) -> None:
        result = key.predicted_and_done(active=False, expires="90d")
        end = int(sim.now()) + 90 * DAY
        assert bodies(sim, "POST", "api-keys") == [{"name": "exporter", "isActive": False, "expiryTimeMsecs": end * 1000}]
        assert (result["api_key"]["active"], result["api_key"]["expires_at"]) == (False, iso(end))

    @pytest.mark.parametrize(
        ("wish", "sent"),
        [
            ({"active": False}, {"isActive": False}),
            ({"expires": "2035-01-01"}, {"expiryTimeMsecs": 2051222400000}),
            ({"expires": "2100-01-01T00:00:00Z"}, {"expiryTimeMsecs": 4102444800000}),
        ],
    )
    def test_an_update_sends_the_whole_key(self, sim: Simulator, key: KeyTask, wish: dict[str, Any], sent: dict[str, Any]) -> None:
        made = key()["api_key"]
        result = key.predicted_and_done(**wish)
        assert (result["changed"], result["actions"]) == (True, ["updated"])
        one = f"{KEYS}/{made['id']}"
        assert key.requests == [LIST, f"GET {one}", f"PUT {one}"]
        assert bodies(sim, "PUT", "api-keys") == [{"name": "exporter", "isActive": True, "expiryTimeMsecs": None, **sent}]
        assert key(**wish)["changed"] is False

    def test_an_update_loses_no_expiry(self, sim: Simulator, key: KeyTask) -> None:
        """A cluster may take an expiry away that a PUT leaves out."""
        sim.set(cohesity_api_key_put_expiry="clear")
        end = key(expires="90d")["api_key"]["expires_at"]
        assert key(active=False)["api_key"]["expires_at"] == end
        assert key.live()[0]["expires"] is not None

    def test_never_takes_an_expiry_away(self, key: KeyTask) -> None:
        key(expires="90d")
        assert key.predicted_and_done(expires="never")["actions"] == ["updated"]
        assert key.live()[0]["expires"] is None
        assert key(expires="never")["changed"] is False

    def test_a_duration_does_not_move_an_end(self, key: KeyTask) -> None:
        key(expires="90d")
        assert key(expires="30d")["changed"] is False

    def test_a_rename(self, key: KeyTask) -> None:
        made = key()["api_key"]
        result = key.predicted_and_done(id=made["id"], name="reports")
        assert (result["actions"], result["api_key"]["name"], key.names()) == (["updated"], "reports", ["reports"])

    def test_with_an_api_key_as_the_login(self, sim: Simulator, key: KeyTask) -> None:
        manager = sim.cohesity_key_create("manager")
        assert key(username=None, password=None, api_key=manager["secret"])["actions"] == ["created"]
        assert transcript(sim) == [ME, LIST, CREATE]

    def test_where_sessions_replace_tokens(self, sim: Simulator, key: KeyTask) -> None:
        sim.set(cohesity_session_management=True)
        assert key()["actions"] == ["created"]
        assert sim.state()["cohesity"]["sessions"] == []

    def test_a_run_logs_in_once(self, sim: Simulator, key: KeyTask) -> None:
        memory = Memory({})
        for name in ("one", "two"):
            params = {**key.defaults, "name": name}
            sim.clear_requests()
            key.module.run(full_params(key.module, **params), False, key.warnings.append, memory=memory)
        assert transcript(sim) == [ME, LIST, CREATE]


class TestRotate:
    def test_rotated_needs_no_further_permission(self, key: KeyTask) -> None:
        first = key()["api_key"]
        result = key.predicted_and_done(state="rotated")
        assert (result["actions"], result["replaced_id"]) == (["recreated"], first["id"])
        (left,) = key.live()
        assert left["secret"] == result["api_key"]["api_key"] != first["api_key"]

    def test_rotated_creates_what_is_not_there(self, key: KeyTask) -> None:
        assert key.predicted_and_done(state="rotated")["actions"] == ["created"]

    def test_the_cluster_s_own_rotation_is_never_called(self, key: KeyTask) -> None:
        key()
        key(state="rotated")
        assert not [call for call in key.requests if "rotate" in call]

    def test_rotate_after(self, sim: Simulator, key: KeyTask) -> None:
        key()
        sim.advance(29 * DAY)
        assert key(rotate_after="30d")["changed"] is False
        sim.advance(DAY)
        assert key.predicted_and_done(rotate_after="30d")["actions"] == ["recreated"]
        assert key(rotate_after="30d")["changed"] is False

    def test_the_age_counts_from_a_rotation(self, sim: Simulator, key: KeyTask) -> None:
        made = key()["api_key"]
        sim.advance(31 * DAY)
        sim.cohesity_key_edit(made["id"], rotated=int(sim.now() - DAY) * 1000)
        assert key(rotate_after="30d")["changed"] is False

    @pytest.mark.parametrize("never", [None, 0, "created", "absent"])
    def test_whatever_a_key_that_was_never_rotated_looks_like(self, sim: Simulator, key: KeyTask, never: object) -> None:
        sim.set(cohesity_api_key_never_rotated=never)
        assert key()["api_key"]["rotated_at"] is None
        sim.advance(31 * DAY)
        assert key(rotate_after="30d")["actions"] == ["recreated"]

    def test_a_successor_is_worth_no_more(self, key: KeyTask) -> None:
        first = key(active=False, expires="90d")["api_key"]
        second = key(state="rotated")["api_key"]
        assert (second["active"], second["expires_at"]) == (False, first["expires_at"])

    def test_an_expired_key_needs_permission(self, sim: Simulator, key: KeyTask) -> None:
        key(expires="1h")
        sim.advance(2 * 3600)
        assert "set recreate: state_change" in key.fails(expires="1h").message
        assert "set expires for its successor" in key.fails(recreate="state_change").message
        assert key.predicted_and_done(recreate="state_change", expires="1h")["actions"] == ["recreated"]
        assert key.names() == ["exporter"]

    def test_an_expired_key_that_has_the_declared_end(self, sim: Simulator, key: KeyTask) -> None:
        """The end is as declared, so it is not the declaration that is wrong."""
        end = iso(int(sim.now()) + 3600)
        key(expires=end)
        sim.advance(2 * 3600)
        assert "expired at" in key.fails(expires=end).message
        assert "set recreate: state_change" in key.fails(expires=end).message
        assert "is not in the future" in key.fails(expires=end, recreate="state_change").message

    def test_names_that_are_unique_on_the_server(self, sim: Simulator, key: KeyTask) -> None:
        sim.set(cohesity_api_key_names="unique")
        key()
        assert key.predicted_and_done(state="rotated")["actions"] == ["recreated"]


class TestAbsent:
    def test_a_key_is_deleted(self, key: KeyTask) -> None:
        made = key()["api_key"]
        result = key.predicted_and_done(state="absent")
        assert (result["actions"], result["api_key"], result["diff"]["after"]) == (["revoked"], None, {})
        assert key.requests == [LIST, f"DELETE {KEYS}/{made['id']}"]
        assert key.live() == []
        assert key.predicted_and_done(state="absent")["changed"] is False

    @pytest.mark.parametrize("code", [403, 404, 405])
    def test_an_id_that_is_gone_where_the_keys_of_all_users_cannot_be_listed(self, sim: Simulator, key: KeyTask, code: int) -> None:
        made = key()["api_key"]
        sim.fault("status", method="GET", path="v2/api-keys$", code=code, times=0)
        assert key(state="absent", id=made["id"], name=None)["actions"] == ["revoked"]
        assert key.predicted_and_done(state="absent", id=made["id"], name=None)["changed"] is False

    def test_an_id_that_is_gone_and_a_cluster_in_trouble(self, sim: Simulator, key: KeyTask) -> None:
        sim.fault("status", method="GET", path="v2/api-keys$", code=500, times=0)
        assert key.fails(state="absent", id="4711", name=None, retries=0).status == 500

    def test_one_that_goes_meanwhile_is_what_was_wanted(self, sim: Simulator, key: KeyTask) -> None:
        key()
        sim.fault("status_after", method="DELETE", code=500)
        assert key(state="absent")["actions"] == ["revoked"]


class TestOwners:
    @pytest.mark.parametrize("wish", [{"owner": "ad-backup", "owner_domain": "CORP"}, {"owner": " ad-backup ", "owner_domain": "corp"}, {"owner_sid": OTHER}])
    def test_a_key_for_another_user(self, key: KeyTask, wish: dict[str, Any]) -> None:
        result = key.predicted_and_done(**wish)
        assert (result["api_key"]["owner"], result["api_key"]["owner_sid"]) == ("ad-backup", OTHER)
        assert key(**wish)["changed"] is False
        assert key.requests[-1] == f"GET /v2/users/{OTHER}/api-keys"

    @pytest.mark.parametrize("stored", [False, True])
    def test_a_sid_in_another_case(self, sim: Simulator, key: KeyTask, tmp_path: Path, stored: bool) -> None:
        task = KeyTask(sim, FileStore(tmp_path / "keys"), owner_sid=OTHER.lower()) if stored else KeyTask(sim, owner_sid=OTHER.lower())
        assert task.predicted_and_done()["actions"] == ["created"]
        assert task.predicted_and_done()["changed"] is False
        assert task.predicted_and_done(state="rotated")["actions"] == ["recreated"]
        assert task.predicted_and_done(state="absent")["actions"] == ["revoked"]
        assert key.live() == []

    def test_only_keys_of_others_in_a_list_of_the_owner_s(self, sim: Simulator, key: KeyTask) -> None:
        """Whatever that cluster means by it: taken for no key at all, it would lead to a second one."""
        sim.set(cohesity_api_key_list="all")
        sim.cohesity_key_create("exporter", username="viewer")
        for state in ("present", "absent"):
            error = key.fails(state=state)
            assert f"lists API keys of other users only, and none of {SID}, so nothing was changed" in error.message
        assert key.names() == ["exporter"]
        mine = sim.cohesity_key_create("exporter")
        assert key(state="absent")["actions"] == ["revoked"]
        assert mine["id"] not in [one["id"] for one in key.live()]

    def test_a_name_of_another_user_is_not_taken(self, sim: Simulator, key: KeyTask) -> None:
        theirs = sim.cohesity_key_create("exporter", username="ad-backup", domain="CORP")
        assert key(state="absent")["changed"] is False
        assert key()["actions"] == ["created"]
        assert key(state="rotated")["actions"] == ["recreated"]
        assert sim.check_cohesity(theirs["secret"])

    @pytest.mark.parametrize("state", ["present", "rotated", "absent"])
    def test_another_s_key_is_refused_by_its_id(self, key: KeyTask, state: str) -> None:
        made = key(owner_sid=OTHER)["api_key"]
        error = key.fails(id=made["id"], name=None, state=state)
        assert f"belongs to user 'ad-backup' ({OTHER})" in error.message
        assert "name its owner with owner or owner_sid" in error.message
        assert len(key.live()) == 1
        assert key(id=made["id"], name=None, state=state, owner_sid=OTHER)["actions"] == {"present": [], "rotated": ["recreated"], "absent": ["revoked"]}[state]

    def test_who_is_no_administrator(self, key: KeyTask) -> None:
        assert key(**VIEWER)["api_key"]["owner"] == "viewer"
        assert "must be an administrator" in key.fails(**VIEWER, owner_sid=SID).message
        assert "give owner_sid in the place of owner" in key.fails(**VIEWER, owner="backup").message

    def test_users_that_are_not_there(self, key: KeyTask) -> None:
        assert "There is no user 'nobody' in domain 'LOCAL'" in key.fails(owner="nobody").message
        assert "Check owner_sid" in key.fails(owner_sid="SID-LOCAL-nobody").message

    def test_several_keys_of_one_name(self, sim: Simulator, key: KeyTask) -> None:
        numbers = [sim.cohesity_key_create("exporter")["id"] for _number in range(2)]
        error = key.fails(state="absent")
        assert all(f"id {number} " in error.message for number in numbers)
        assert "select one with owner_sid or id" in error.message


class TestRefused:
    @pytest.mark.parametrize(
        ("wish", "words"),
        [
            ({"name": None}, "name (or the id of an existing API key) is required"),
            ({"name": " "}, "name (or the id of an existing API key) is required"),
            ({"id": "1/../2"}, "is not the id of an API key"),
            ({"owner": "a", "owner_sid": "S-1"}, "owner and owner_sid exclude each other"),
            ({"owner_sid": "a/b"}, "is not a SID"),
            ({"owner": "a", "owner_domain": ""}, "owner_domain is empty"),
            ({"rotate_after": "0s"}, "rotate_after must be more than 0"),
            ({"rotate_after": "monthly"}, "rotate_after: 'monthly' is not a duration"),
            ({"overlap": "1d"}, "overlap needs a store"),
            ({"expires": "soon"}, "expires: 'soon' is neither"),
            ({"api_key": "with a\nbreak"}, "api_key: it is empty, or holds characters"),
            ({"api_key": {"api_key": "canary", "headers": {}}}, "api_key takes the secret itself"),
        ],
    )
    def test_before_anything_is_sent(self, sim: Simulator, key: KeyTask, wish: dict[str, Any], words: str) -> None:
        assert words in key.fails(**wish).message
        assert sim.requests() == []

    @pytest.mark.parametrize("exists", [False, True])
    @pytest.mark.parametrize("check_mode", [False, True])
    def test_an_expiry_in_the_past(self, sim: Simulator, key: KeyTask, exists: bool, check_mode: bool) -> None:
        if exists:
            key()
        before = key.every()
        error = key.fails(check_mode, expires=str(int(sim.now()) - MINUTE))
        assert "is not in the future" in error.message
        assert key.every() == before

    def test_without_a_login(self, sim: Simulator, key: KeyTask) -> None:
        assert "COHESITY_PASSWORD" in key.fails(password=None).message
        assert sim.requests() == []

    def test_a_key_that_may_not_manage_keys(self, sim: Simulator, key: KeyTask) -> None:
        sim.set(cohesity_api_key_may_create=False)
        manager = sim.cohesity_key_create("manager")
        assert "give username and password" in key.fails(username=None, password=None, api_key=manager["secret"]).message

    def test_a_dead_key_as_the_login(self, key: KeyTask) -> None:
        error = key.fails(api_key="6a4b3f0e-0000-4000-8000-000000000000", username=None, password=None)
        assert "check that it exists on this cluster" in error.message

    def test_too_many_keys(self, sim: Simulator, key: KeyTask) -> None:
        sim.set(cohesity_api_keys_per_user=1)
        sim.cohesity_key_create("another")
        assert "maximum number of API keys" in key.fails().message

    def test_an_id_that_is_not_there(self, key: KeyTask) -> None:
        assert "There is no API key with id 4711" in key.fails(id="4711").message

    def test_a_key_without_its_secret_and_a_rename_that_is_refused(self, sim: Simulator, key: KeyTask) -> None:
        key()
        sim.fault("status", method="PUT", code=403, times=0)
        error = key.fails(state="rotated")
        assert "must be renamed before its successor is created" in error.message
        assert key.names() == ["exporter"]


class TestScope:
    def test_a_tenant_goes_with_every_request_but_the_login(self, sim: Simulator, key: KeyTask) -> None:
        tenant = credentials.COHESITY_TENANTS[0]
        assert key(tenant=tenant["name"])["actions"] == ["created"]
        assert transcript(sim) == [LOGIN, "GET /irisservices/api/v1/public/tenants", ME, LIST, CREATE]
        assert [entry["headers"].get("x-impersonate-tenant-id") for entry in sim.requests()] == [None, None, *[tenant["tenantId"]] * 3]

    def test_a_cluster_behind_helios(self, sim: Simulator, key: KeyTask) -> None:
        sim.set(cohesity_helios=True)
        cluster = credentials.HELIOS_CLUSTERS[0]
        manager = sim.cohesity_key_create("manager")["secret"]
        assert key(api_key=manager, username=None, password=None, access_cluster=cluster["name"])["actions"] == ["created"]
        assert [entry["headers"].get("accessclusterid") for entry in sim.requests()] == [None, *[str(cluster["clusterId"])] * 3]

    def test_a_record_is_of_one_tenant(self, sim: Simulator, tmp_path: Path) -> None:
        first, second = credentials.COHESITY_TENANTS[:2]
        kept = KeyTask(sim, FileStore(tmp_path / "tokens"))
        kept(tenant=first["name"])
        assert kept(tenant=first["tenantId"])["actions"] == ["reused"]
        assert "holds the record of another credential" in kept.fails(tenant=second["name"]).message


class TestTrouble:
    def test_a_rename_that_reaches_nobody_is_no_refusal(self, sim: Simulator, key: KeyTask) -> None:
        key()
        sim.fault("status", method="GET", path="/api-keys/", code=500, times=0)
        error = key.fails(state="rotated", retries=0)
        assert error.status == 500
        assert "refused" not in error.message
        assert key.names() == ["exporter"]
