# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""HashiCorp Vault or OpenBao: how to get in, where the record stands, and what check-and-set is for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.constants import LEASE, NEARLY_A_LIFETIME
from tests.faults.gateway import Gateway, named
from tests.openbao import OpenBao
from tests.simulator import Simulator
from tests.stores import VaultStore
from tests.unit.helpers import Task
from tests.unit.store.conftest import StoredToken


@pytest.fixture
def store(openbao: OpenBao) -> VaultStore:
    return VaultStore(openbao)


@pytest.fixture
def vault(store: VaultStore) -> Callable[..., dict[str, Any]]:
    """The option store with changes to its vault part; None takes a key away."""

    def option(lock_timeout: int = 60, **changes: Any) -> dict[str, Any]:
        merged = {**store.option["vault"], **changes}
        return {"vault": {key: value for key, value in merged.items() if value is not None}, "lock_timeout": lock_timeout}

    return option


Vault = Callable[..., dict[str, Any]]


class TestLogin:
    def test_the_smallest_policy(self, task: StoredToken, store: VaultStore, openbao: OpenBao, vault: Vault) -> None:
        place = vault(token=openbao.token_for(openbao.policy(store.path)))
        task.settled(task(store=place))
        task.settled(task(store=place, state="renewed"))
        assert task(store=place)["actions"] == ["reused"]
        assert task(store=place, state="absent")["actions"] == ["revoked"]
        assert task.store.read() is None
        assert task(store=place)["actions"] == ["created"]

    def test_without_leave_to_delete(self, task: StoredToken, store: VaultStore, openbao: OpenBao, vault: Vault) -> None:
        """What stays is an empty document, which is as good as none."""
        name = openbao.policy(store.path)
        rule = f'path "secret/data/{store.path}" {{ capabilities = ["create", "read", "update"] }}'
        openbao.call("PUT", f"sys/policies/acl/{name}", {"policy": rule})
        place = vault(token=openbao.token_for(name))
        task(store=place)
        assert task(store=place, state="absent")["actions"] == ["revoked"]
        assert (task.store.read(), task.warnings) == ({}, [])
        assert task(store=place, state="absent")["actions"] == []
        task.settled(task(store=place))

    @pytest.mark.parametrize("capabilities", [["read"], ["create", "update"], ["create", "read", "delete"]])
    def test_too_small_a_policy(self, task: StoredToken, store: VaultStore, openbao: OpenBao, vault: Vault, capabilities: list[str]) -> None:
        task()
        task(state="absent")  # there is a version now, so create alone is not enough
        message = task.fails(store=vault(token=openbao.token_for(openbao.policy(store.path, capabilities)))).message
        assert f"a policy with create, read and update on secret/data/{store.path}" in message
        assert "permission denied" in message
        assert task.live() == []

    def test_a_token_that_has_ended(self, task: StoredToken, openbao: OpenBao, store: VaultStore, vault: Vault) -> None:
        token = openbao.token_for(openbao.policy(store.path))
        openbao.call("POST", "auth/token/revoke", {"token": token})
        message = task.fails(store=vault(token=token)).message
        assert "the token must be valid" in message
        assert token not in message
        assert task.requests == []

    def test_approle(self, task: StoredToken, store: VaultStore, openbao: OpenBao, vault: Vault) -> None:
        role = openbao.approle(store.path)
        place = vault(token=None, role_id=role.role_id, secret_id=role.secret_id)
        before = openbao.call("LIST", "auth/token/accessors")["data"]["keys"]
        task.settled(task(store=place))
        assert task(store=place)["actions"] == ["reused"]
        # Each run has ended its own login.
        assert openbao.call("LIST", "auth/token/accessors")["data"]["keys"] == before
        assert task.warnings == []

    def test_approle_ends_its_login_after_a_failure_too(self, task: StoredToken, store: VaultStore, openbao: OpenBao, vault: Vault) -> None:
        role = openbao.approle(store.path)
        openbao.write(store.path, {"other": "program"})
        before = openbao.call("LIST", "auth/token/accessors")["data"]["keys"]
        assert "something other" in task.fails(store=vault(token=None, role_id=role.role_id, secret_id=role.secret_id)).message
        assert openbao.call("LIST", "auth/token/accessors")["data"]["keys"] == before

    def test_a_wrong_secret_id(self, task: StoredToken, store: VaultStore, openbao: OpenBao, vault: Vault) -> None:
        role = openbao.approle(store.path)
        message = task.fails(store=vault(token=None, role_id=role.role_id, secret_id="wrong-secret-id")).message
        assert "log in" in message
        assert "wrong-secret-id" not in message
        assert task.requests == []

    def test_nothing_to_log_in_with(self, task: StoredToken, vault: Vault) -> None:
        assert task.fails(store=vault(token=None)).message == "store.vault needs a token (or VAULT_TOKEN), or role_id and secret_id"
        assert "needs a token" in task.fails(store=vault(token=None, role_id="x")).message

    def test_nobody_elses_token_is_taken(self, task: StoredToken, openbao: OpenBao, vault: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """hvac looks into the home directory on its own."""
        (tmp_path / ".vault-token").write_text(openbao.token, encoding="utf-8")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert "log in" in task.fails(store=vault(token=None, role_id="unknown", secret_id="unknown")).message

    @pytest.mark.parametrize("prefix", ["VAULT", "BAO"])
    def test_the_environment(self, task: StoredToken, openbao: OpenBao, vault: Vault, monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
        monkeypatch.setenv(f"{prefix}_ADDR", openbao.tls_url)
        monkeypatch.setenv(f"{prefix}_TOKEN", openbao.token)
        monkeypatch.setenv(f"{prefix}_CACERT", openbao.ca_path)
        task.settled(task(store=vault(url=None, token=None)))


class TestPlace:
    @pytest.mark.parametrize("path", ["flat", "a/b/c/d", "/leading", "trailing/", "with space", "ümlaut", "per%2Fcent", "question?mark", "hash#tag"])
    def test_every_path(self, task: StoredToken, openbao: OpenBao, vault: Vault, path: str) -> None:
        first = task(store=vault(path=path))
        assert task(store=vault(path=path))["actions"] == ["reused"]
        keys: list[str] = []
        folders = [""]
        while folders:
            folder = folders.pop()
            for key in openbao.call("LIST", f"secret/metadata/{folder}")["data"]["keys"]:
                (folders if key.endswith("/") else keys).append(folder + key)
        assert path.strip("/") in keys
        assert first["token"]["access_token"]
        assert task(store=vault(path=path), state="absent")["actions"] == ["revoked"]

    @pytest.mark.parametrize("path", ["", "/", "//"])
    def test_no_path(self, task: StoredToken, vault: Vault, path: str) -> None:
        assert "store.vault.path is required" in task.fails(store=vault(path=path)).message

    @pytest.mark.parametrize("written", ["{}", "/{}", "{}/", "/{}/"])
    def test_another_mount(self, task: StoredToken, openbao: OpenBao, store: VaultStore, vault: Vault, written: str) -> None:
        mount = openbao.mount(openbao.unused("team/kv"))
        first = task(store=vault(mount=written.format(mount)))
        document, version = openbao.read(store.path, mount=mount)
        assert document is not None
        assert (document["access_token"], version) == (first["token"]["access_token"], 2)
        assert store.read() is None

    def test_an_engine_of_version_1(self, task: StoredToken, openbao: OpenBao, vault: Vault) -> None:
        mount = openbao.mount(openbao.unused("old"), version=1)
        message = task.fails(store=vault(mount=mount)).message
        assert mount in message
        assert "version 2" in message
        assert task.live() == []

    def test_no_engine(self, task: StoredToken, vault: Vault) -> None:
        message = task.fails(store=vault(mount="nothing-here")).message
        assert "nothing-here" in message
        assert task.live() == []

    def test_a_namespace(self, task: StoredToken, openbao: OpenBao, store: VaultStore, vault: Vault) -> None:
        name = openbao.namespace(openbao.unused("team"))
        first = task(store=vault(namespace=name))
        assert task(store=vault(namespace=name))["actions"] == ["reused"]
        document, _version = openbao.read(store.path, namespace=name)
        assert document is not None
        assert document["access_token"] == first["token"]["access_token"]
        assert store.read() is None

    def test_approle_in_a_namespace(self, task: StoredToken, openbao: OpenBao, store: VaultStore, vault: Vault) -> None:
        name = openbao.namespace(openbao.unused("team"))
        role = openbao.approle(store.path, namespace=name)
        place = vault(token=None, role_id=role.role_id, secret_id=role.secret_id, namespace=name)
        task(store=place)
        assert task(store=place)["actions"] == ["reused"]

    def test_cas_required_by_the_engine(self, task: StoredToken, openbao: OpenBao, vault: Vault) -> None:
        mount = openbao.mount(openbao.unused("strict"))
        openbao.call("POST", f"{mount}/config", {"cas_required": True})
        task(store=vault(mount=mount))
        assert task(store=vault(mount=mount), state="renewed")["actions"] == ["renewed"]
        assert task(store=vault(mount=mount), state="absent")["actions"] == ["revoked"]
        assert task(store=vault(mount=mount))["actions"] == ["created"]

    def test_an_engine_that_keeps_one_version(self, task: StoredToken, openbao: OpenBao, vault: Vault) -> None:
        mount = openbao.mount(openbao.unused("short"))
        openbao.call("POST", f"{mount}/config", {"max_versions": 1})
        for state in ("present", "renewed", "present"):
            assert task(store=vault(mount=mount), state=state)["secret_available"]


class TestTransport:
    def test_tls(self, task: StoredToken, openbao: OpenBao, vault: Vault) -> None:
        task.settled(task(store=vault(url=openbao.tls_url, ca_path=openbao.ca_path)))

    def test_a_host_alone_means_https(self, task: StoredToken, openbao: OpenBao, vault: Vault) -> None:
        task.settled(task(store=vault(url=openbao.tls_url.removeprefix("https://"), ca_path=openbao.ca_path)))

    def test_the_ca_of_the_product_is_not_the_vaults(self, task: StoredToken, sim: Simulator, openbao: OpenBao, vault: Vault) -> None:
        for ca_path in (sim.ca_path, None):
            message = task.fails(store=vault(url=openbao.tls_url, ca_path=ca_path)).message
            assert "certificate verify failed" in message
            assert task.requests == []

    def test_no_validation(self, task: StoredToken, openbao: OpenBao, vault: Vault) -> None:
        task.settled(task(store=vault(url=openbao.tls_url, validate_certs=False)))

    @pytest.mark.parametrize("url", ["http://vault.example.com:8200", "http://10.0.0.1", "https://user:secret@vault.example.com"])
    def test_refused_addresses(self, task: StoredToken, vault: Vault, url: str) -> None:
        message = task.fails(store=vault(url=url)).message
        assert "store.vault.url: " in message
        assert "secret@" not in message

    def test_no_address(self, task: StoredToken, vault: Vault) -> None:
        assert "store.vault.url is required (or VAULT_ADDR)" in task.fails(store=vault(url=None)).message

    def test_a_redirect_is_not_followed(self, task: StoredToken, sim: Simulator, openbao: OpenBao, vault: Vault) -> None:
        """The token of a store goes to the address that was given."""
        sim.fault("redirect", path="^/v1/", times=0, location=f"{openbao.url}/v1/sys/health")
        message = task.fails(store=vault(url=sim.url, ca_path=sim.ca_path)).message
        assert "a redirect, which was refused: give the address of the active node in url" in message

    def test_nobody_there(self, task: StoredToken, sim: Simulator, vault: Vault) -> None:
        message = task.fails(store=vault(url=sim.refused_url)).message
        assert "Connection refused" in message
        assert task.requests == []

    def test_a_server_that_says_nothing(self, task: StoredToken, sim: Simulator, vault: Vault) -> None:
        message = task.fails(store=vault(url=sim.silent_url), timeout=0.3).message
        assert "no complete response within 0.3 s" in message

    def test_what_is_no_vault(self, task: StoredToken, sim: Simulator, vault: Vault) -> None:
        task.fails(store=vault(url=sim.url, ca_path=sim.ca_path))
        sim.fault("html", path="^/v1/", times=0)
        message = task.fails(store=vault(url=sim.url, ca_path=sim.ca_path)).message
        assert sim.url in message

    def test_sealed(self, task: StoredToken, openbao: OpenBao) -> None:
        first = task()
        openbao.seal()
        try:
            message = task.fails().message
            assert "it is sealed: unseal it first" in message
            assert task.requests == []
        finally:
            openbao.unseal()
        task.settled({**first})
        assert task()["actions"] == ["reused"]


class TestCheckAndSet:
    """Another run writes the record between two steps of ours."""

    @pytest.fixture
    def gateway(self, openbao: OpenBao) -> Iterator[Gateway]:
        """The way to OpenBao: its clock, by which claims grow old, is one that tests move."""
        with Gateway(openbao.url) as gateway:
            yield gateway

    @pytest.fixture
    def store(self, openbao: OpenBao, gateway: Gateway) -> VaultStore:
        return VaultStore(openbao, gateway.url)

    @pytest.fixture
    def pool(self) -> Iterator[ThreadPoolExecutor]:
        with ThreadPoolExecutor() as pool:
            yield pool

    @pytest.fixture
    def stopped(self, task: StoredToken, sim: Simulator, pool: ThreadPoolExecutor) -> Callable[..., Future[dict[str, Any]]]:
        """A run that was stopped at a request, before or after the server's work."""

        def start(method: str, path: str, after: bool = False, **arguments: Any) -> Future[dict[str, Any]]:
            sim.fault("gate_after" if after else "gate", method=method, path=path, name="gate")
            future = pool.submit(task, **arguments)
            sim.wait_for("gate")
            return future

        return start

    def other(self, task: StoredToken) -> Task:
        """Another run of the same play; it does not clear what was recorded."""
        return Task(task.module, **task.defaults)

    def test_two_creations(self, task: StoredToken, sim: Simulator, stopped: Callable[..., Future[dict[str, Any]]]) -> None:
        run = stopped("GET", "AccessToken$")
        second = self.other(task)()
        sim.open_gate("gate")
        first = run.result(30)
        assert sorted([first["actions"], second["actions"]]) == [["created"], ["reused"]]
        assert first["token"]["access_token"] == second["token"]["access_token"]
        task.settled(first)
        assert len(sim.requests("AccessToken$", "POST")) == 1

    def test_two_renewals(self, task: StoredToken, sim: Simulator, stopped: Callable[..., Future[dict[str, Any]]]) -> None:
        task()
        sim.advance(NEARLY_A_LIFETIME)
        run = stopped("GET", "AccessToken$")
        second = self.other(task)()
        sim.open_gate("gate")
        first = run.result(30)
        assert (first["actions"], second["actions"]) == (["reused"], ["renewed"])
        assert len(sim.requests("Renew$")) == 1
        task.settled(first)

    def test_a_loser_waits_for_the_winner(self, task: StoredToken, sim: Simulator, stopped: Callable[..., Future[dict[str, Any]]], vault: Vault) -> None:
        task()
        sim.advance(NEARLY_A_LIFETIME)
        run = stopped("POST", "Renew$", after=True)
        second = self.other(task)
        message = second.fails(store=vault(lock_timeout=0)).message
        assert "has been working on it (renew) since" in message
        assert "waited 0 s (lock_timeout)" in message
        sim.open_gate("gate")
        task.settled(run.result(30))
        assert second()["actions"] == ["reused"]

    def test_a_winner_that_is_taken_for_dead(self, task: StoredToken, sim: Simulator, gateway: Gateway, stopped: Callable[..., Future[dict[str, Any]]]) -> None:
        """The lease has passed while the renewal was under way: whoever comes makes a new token, and the late pair is nobody's."""
        task()
        sim.advance(NEARLY_A_LIFETIME)
        run = stopped("POST", "Renew$", after=True)
        gateway.advance(LEASE + 1)
        second = self.other(task)()
        assert second["actions"] == ["recreated"]
        sim.open_gate("gate")
        first = run.result(30)
        assert first["actions"] == ["reused"]
        assert first["token"]["access_token"] == second["token"]["access_token"]
        assert len(sim.requests("Renew$")) == 1
        task.settled(first)

    def test_a_creation_that_is_taken_for_dead(
        self, task: StoredToken, sim: Simulator, gateway: Gateway, stopped: Callable[..., Future[dict[str, Any]]]
    ) -> None:
        run = stopped("POST", "AccessToken$", after=True)
        gateway.advance(LEASE + 1)
        second = self.other(task)()
        sim.open_gate("gate")
        first = run.result(30)
        assert first["token"]["access_token"] == second["token"]["access_token"]
        task.settled(first)

    def test_a_failed_creation_leaves_what_another_run_has_made(
        self, task: StoredToken, sim: Simulator, gateway: Gateway, stopped: Callable[..., Future[dict[str, Any]]]
    ) -> None:
        """It takes back its own claim, and nothing else."""
        sim.fault("status", method="POST", path="AccessToken$", code=400, body={"errorMessage": "Not now", "errorCode": 9})
        run = stopped("POST", "AccessToken$")
        gateway.advance(LEASE + 1)
        second = self.other(task)()
        sim.open_gate("gate")
        with pytest.raises(ApiError, match="Not now"):
            run.result(30)
        task.settled(second)

    def test_a_late_revocation_leaves_what_another_run_has_made(
        self, task: StoredToken, sim: Simulator, gateway: Gateway, stopped: Callable[..., Future[dict[str, Any]]], vault: Vault
    ) -> None:
        task()
        run = stopped("DELETE", "AccessToken/101", after=True, state="absent", store=vault(lock_timeout=0))
        gateway.advance(LEASE + 1)
        second = self.other(task)()
        assert second["actions"] == ["recreated"]
        sim.open_gate("gate")
        with pytest.raises(ApiError, match="other runs keep writing the record"):
            run.result(30)
        task.settled(second)

    def test_a_late_update_changes_no_record(self, task: StoredToken, sim: Simulator, stopped: Callable[..., Future[dict[str, Any]]]) -> None:
        task()
        run = stopped("PUT", "AccessToken/101", after=True, allowed_ips=["127.0.0.1"])
        second = self.other(task)(state="renewed")
        sim.open_gate("gate")
        assert run.result(30)["actions"] == ["reused", "updated"]
        task.settled(second)

    @pytest.mark.parametrize("done", [True, False])
    def test_an_update_of_what_is_being_replaced(
        self, task: StoredToken, sim: Simulator, stopped: Callable[..., Future[dict[str, Any]]], pool: ThreadPoolExecutor, done: bool
    ) -> None:
        """The update comes too late for its token, and must not say so: there is another now, or will be."""
        task()
        sim.commandcenter_edit(101, name="old")
        run = stopped("PUT", "AccessToken/101")
        sim.fault("gate_after", method="POST", path="AccessToken$", name="replacing")
        replacement = pool.submit(self.other(task), recreate="always")
        sim.wait_for("replacing")
        if done:
            sim.open_gate("replacing")
            replacement.result(30)
        sim.open_gate("gate")
        time.sleep(0.5)
        sim.open_gate("replacing")
        first, second = run.result(30), replacement.result(30)
        assert first["token"]["access_token"] == second["token"]["access_token"]
        task.settled(first)

    def test_a_list_that_is_older_than_the_record(self, task: StoredToken, sim: Simulator, stopped: Callable[..., Future[dict[str, Any]]]) -> None:
        """Between a run's look at the store and its look at the server, another has replaced the token: no reason to fail."""
        task()
        run = stopped("GET", "AccessToken$")
        second = self.other(task)(recreate="always")
        sim.open_gate("gate")
        first = run.result(30)
        assert first["actions"] == ["reused"]
        assert first["token"]["access_token"] == second["token"]["access_token"]
        task.settled(first)

    def test_a_token_that_steps_aside_is_not_renamed_back(self, task: StoredToken, sim: Simulator, stopped: Callable[..., Future[dict[str, Any]]]) -> None:
        """Another run is in the middle of a replacement when ours reads the list: its token bears another name for a moment."""
        task()
        other = self.other(task)
        run = stopped("GET", "AccessToken$", after=False)
        sim.fault("gate_after", method="PUT", path="AccessToken/101", name="aside")
        with ThreadPoolExecutor() as pool:
            replacement = pool.submit(other, recreate="always")
            sim.wait_for("aside")
            sim.open_gate("gate")
            assert wait([run], timeout=1).not_done
            sim.open_gate("aside")
            second = replacement.result(30)
        first = run.result(30)
        assert second["actions"] == ["recreated"]
        assert first["token"]["access_token"] == second["token"]["access_token"]
        assert other.warnings == []
        task.settled(first)


class TestLostAnswers:
    def test_of_the_deletion_of_a_record(self, task: StoredToken, openbao: OpenBao, vault: Vault) -> None:
        """It is two writes to the store, of which each may have been carried out unseen."""
        task()
        with Gateway(openbao.url) as gateway:
            place = vault(url=gateway.url)
            for number, kind in ((3, "cut_after"), (3, "500_after"), (4, "cut_after")):
                gateway.begin(named(kind, number))
                assert task(store=place, state="absent")["actions"] == ["revoked"]
                # Read, claim, look whether the claim still stands, remove. After the write whose response was lost, the record is read to see
                # whether it was done.
                assert [call.split()[0] for call in gateway.calls][:5] == ["GET", "POST", "GET", "POST", "GET" if number == 3 else "POST"]
                assert task.store.read() is None
                gateway.begin()
                assert task(store=place)["actions"] == ["created"]
