# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cohesity_access_token with a store: one login serves every run until its token is about to end."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token
from tests.constants import HOUR, V2_LOGIN, VERIFY
from tests.simulator import Simulator, credentials
from tests.stores import FileStore, Store
from tests.unit.helpers import Task, transcript


class Login(Task):
    """As the default user, with a store; transcript() shows the last run alone."""

    def __init__(self, sim: Simulator, store: Store) -> None:
        super().__init__(cohesity_access_token, **sim.cohesity_login, store=store.option)
        self.sim, self.store = sim, store

    def __call__(self, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
        self.sim.clear_requests()
        return super().__call__(check_mode, **arguments)

    @property
    def requests(self) -> list[str]:
        return transcript(self.sim)


@pytest.fixture
def login(sim: Simulator, store: Store) -> Login:
    return Login(sim, store)


class TestReuse:
    def test_one_login_serves_all(self, login: Login) -> None:
        first = login()
        assert login.requests == [V2_LOGIN]
        assert (first["changed"], first["actions"]) == (True, ["created"])
        version = login.store.version()
        for _run in range(3):
            again = login()
            assert login.requests == [VERIFY]
            assert (again["changed"], again["actions"]) == (False, ["reused"])
            assert {**again["token"], "expires_in": 0} == {**first["token"], "expires_in": 0}
        assert login.store.version() == version
        assert login.sim.check_cohesity(again["token"]["access_token"])

    def test_without_verification_nothing_is_asked(self, login: Login) -> None:
        first = login(verify=False)
        again = login(verify=False)
        assert login.requests == []
        assert again["actions"] == ["reused"]
        assert again["token"]["access_token"] == first["token"]["access_token"]

    def test_until_min_validity(self, login: Login, sim: Simulator) -> None:
        first = login(min_validity="1h")
        sim.advance(22 * HOUR)
        assert login(min_validity="1h")["actions"] == ["reused"]
        sim.advance(HOUR + 5)
        second = login(min_validity="1h")
        assert second["actions"] == ["created"]
        assert second["token"]["access_token"] != first["token"]["access_token"]
        assert login(min_validity="1h")["token"]["access_token"] == second["token"]["access_token"]

    def test_without_verification_the_record_tells_the_end(self, login: Login) -> None:
        login()
        login.store.write({**(login.store.read() or {}), "expires_at": "2026-01-01T00:00:00Z"})
        assert login(verify=False)["actions"] == ["created"]
        assert login.requests == [V2_LOGIN]

    @pytest.mark.parametrize("text", [1, 2, 3])
    def test_a_token_that_the_cluster_refuses(self, login: Login, sim: Simulator, text: int) -> None:
        sim.set(cohesity_expiry_text=text)
        first = login()
        login.store.write({**(login.store.read() or {}), "access_token": "of-another-life"})
        result = login()
        assert login.requests == [VERIFY, V2_LOGIN]
        assert result["actions"] == ["created"]
        assert result["token"]["access_token"] != first["token"]["access_token"]
        assert (login.store.read() or {})["access_token"] == result["token"]["access_token"]
        assert login()["actions"] == ["reused"]

    def test_a_cluster_in_trouble_is_no_reason_to_log_in(self, login: Login, sim: Simulator) -> None:
        login()
        before = login.store.read()
        sim.fault("status", path="sessionUser", times=0, code=500)
        login.fails(retries=0)
        assert login.requests == [VERIFY]
        assert login.store.read() == before

    @pytest.mark.parametrize(("first", "second"), [("v1", "v2"), ("v2", "v1")])
    def test_tokens_of_both_apis_are_the_same(self, login: Login, first: str, second: str) -> None:
        login(api_version=first)
        assert login(api_version=second)["actions"] == ["reused"]

    def test_token_and_store_exclude_each_other(self, login: Login) -> None:
        assert "token and store exclude each other" in login.fails(token={"access_token": "x"}).message


class TestRecord:
    def test_what_it_holds(self, login: Login, sim: Simulator) -> None:
        token = login()["token"]
        record = login.store.read()
        assert record is not None
        assert (record["version"], record["kind"]) == (1, "cohesity_access_token")
        for key in ("access_token", "token_type", "expires_at", "privileges"):
            assert record[key] == token[key]
        assert record["identity"] == {"cluster": sim.host, "username": "backup", "domain": "LOCAL", "certificate_sha256": None}
        assert credentials.COHESITY_PASSWORD not in str(record)
        if isinstance(login.store, FileStore):
            assert stat.S_IMODE(os.lstat(login.store.path).st_mode) == 0o600

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"username": "ad-backup", "password": "canary-cohesity-ad-password"}, "username 'backup', not 'ad-backup'"),
            ({"domain": "CORP"}, "domain 'LOCAL', not 'CORP'"),
        ],
    )
    def test_another_login_gets_nothing(self, login: Login, changes: dict[str, Any], key: str) -> None:
        login()
        before = login.store.read()
        message = login.fails(**changes).message
        assert f"holds the record of another credential ({key}); use a separate file or path for each credential" in message
        assert login.requests == []
        assert login.store.read() == before

    def test_another_cluster_gets_nothing(self, login: Login, sim: Simulator) -> None:
        login()
        message = login.fails(cluster=sim.host.replace("127.0.0.1", "localhost")).message
        assert "holds the record of another credential (cluster " in message

    def test_another_certificate_gets_nothing(self, login: Login, sim: Simulator) -> None:
        certificate = {"username": None, "password": None, "certificate": sim.client_cert, "private_key": sim.client_key}
        login(**certificate)
        assert login(**certificate)["actions"] == ["reused"]
        assert "certificate_sha256" in login.fails(**{**certificate, "certificate": "-----BEGIN CERTIFICATE-----\nother\n"}).message
        assert "holds the record of another credential" in login.fails().message

    def test_of_the_other_product(self, login: Login) -> None:
        login.store.write({"version": 1, "kind": "commandcenter_access_token", "access_token": "x"})
        assert "something other than a record of cohesity_access_token" in login.fails().message

    def test_lost(self, login: Login) -> None:
        login()
        login.store.lose()
        assert login()["actions"] == ["created"]

    @pytest.mark.parametrize("store", ["file"], indirect=True)
    def test_damaged(self, login: Login) -> None:
        login()
        assert isinstance(login.store, FileStore)
        login.store.path.write_text('{"access_', encoding="utf-8")
        assert login()["actions"] == ["created"]
        assert any("was damaged and is kept as" in warning for warning in login.warnings)

    def test_a_lifetime_that_can_never_serve_twice(self, login: Login) -> None:
        login(lifetime="5m", min_validity="10m")
        assert any("this token will never be reused" in warning for warning in login.warnings)


class TestCheckMode:
    def test_before_the_first_login(self, login: Login) -> None:
        result = login(check_mode=True)
        assert login.requests == []
        assert (result["changed"], result["actions"], result["token"]["access_token"]) == (True, ["created"], None)
        assert login.store.read() is None
        assert login.store.beside() == set()

    def test_with_a_good_token(self, login: Login) -> None:
        first = login()
        result = login(check_mode=True)
        assert login.requests == [VERIFY]
        assert (result["changed"], result["actions"]) == (False, ["reused"])
        assert result["token"]["access_token"] == first["token"]["access_token"]

    def test_with_one_that_is_about_to_end(self, login: Login, sim: Simulator) -> None:
        login()
        before = login.store.read(), login.store.version()
        sim.advance(24 * HOUR)
        result = login(check_mode=True)
        assert login.requests == [VERIFY]
        assert (result["changed"], result["actions"]) == (True, ["created"])
        assert (login.store.read(), login.store.version()) == before
        assert login()["actions"] == ["created"]


class TestFailures:
    def test_a_refused_login_changes_nothing(self, login: Login) -> None:
        login()
        before = login.store.read()
        login.store.write({**(before or {}), "access_token": "of-another-life"})
        before = login.store.read()
        login.fails(password="wrong")
        assert login.requests == [VERIFY, V2_LOGIN]
        assert login.store.read() == before

    @pytest.mark.parametrize("store", ["vault"], indirect=True)
    def test_two_logins_at_once_end_with_one_token(self, login: Login, sim: Simulator) -> None:
        """Vault has no lock: both log in, and the second takes what the first has stored."""
        other = Task(login.module, **login.defaults)
        sim.fault("gate_after", method="POST", path="access-tokens$", name="gate")
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(login)
            sim.wait_for("gate")
            quick = other()
            sim.open_gate("gate")
            result = slow.result(30)
        assert (quick["actions"], result["actions"]) == (["created"], ["reused"])
        assert result["token"]["access_token"] == quick["token"]["access_token"]
        assert (login.store.read() or {})["access_token"] == quick["token"]["access_token"]

    @pytest.mark.parametrize("store", ["vault"], indirect=True)
    def test_two_logins_at_once_that_can_never_serve_twice(self, login: Login, sim: Simulator) -> None:
        """Each needs a token of its own, and gets it."""
        short = {"lifetime": "5m", "min_validity": "10m"}
        login(**short)
        other = Task(login.module, **login.defaults)
        sim.fault("gate_after", method="POST", path="access-tokens$", name="first")
        sim.fault("gate_after", method="POST", path="access-tokens$", after=2, name="second")
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(login, **short)
            sim.wait_for("first")
            other(**short)
            sim.open_gate("first")
            sim.wait_for("second")
            other(**short)
            sim.open_gate("second")
            result = slow.result(30)
        assert result["secret_available"]
        assert sim.check_cohesity(result["token"]["access_token"])
