# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup stored_token: what it returns, what it refuses, and that it only reads."""

from __future__ import annotations

import json
import os
import re
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError

from ansible_collections.dataprotection.access.plugins.lookup import stored_token
from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, cohesity_api_key, commandcenter_access_token
from ansible_collections.dataprotection.access.plugins.plugin_utils import _secrets
from tests.openbao import OpenBao
from tests.simulator import Simulator
from tests.stores import FileStore, Store, VaultStore
from tests.unit.helpers import Task

LIVES = {"expires_in"}
CANARY = "canary-of-the-record-0123456789"


def look_up(store: Store | dict[str, Any], *terms: str, **options: Any) -> dict[str, Any]:
    place = store if isinstance(store, dict) else store.option
    (token,) = stored_token.LookupModule().run(list(terms), {}, **place, **options)
    return dict(token)


def refusal(store: Store | dict[str, Any], *terms: str, **options: Any) -> str:
    """The words of the lookup's error, which hold no secret."""
    with pytest.raises(AnsibleError) as caught:
        look_up(store, *terms, **options)
    words = str(caught.value)
    assert CANARY not in words
    return words


@pytest.fixture(params=["file", "vault"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FileStore(tmp_path / "tokens") if request.param == "file" else VaultStore(request.getfixturevalue("openbao"))


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "tokens")


@pytest.fixture
def named(sim: Simulator, store: Store) -> dict[str, Any]:
    """A named token, as the module returned it and keeps it in the store."""
    result = Task(commandcenter_access_token, **sim.commandcenter_login, name="ci", store=store.option)()
    return dict(result["token"])


@pytest.fixture
def filed(sim: Simulator, file_store: FileStore) -> dict[str, Any]:
    """The record of a named token in a file, with a canary in the place of each secret."""
    Task(commandcenter_access_token, **sim.commandcenter_login, name="ci", store=file_store.option)()
    record = {**dict(file_store.read() or {}), "access_token": CANARY, "refresh_token": CANARY}
    file_store.write(record)
    return record


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert {key: value for key, value in one.items() if key not in LIVES} == {key: value for key, value in other.items() if key not in LIVES}


def test_named_token_is_what_the_module_returned(sim: Simulator, store: Store, named: dict[str, Any]) -> None:
    sim.clear_requests()
    version, beside = store.version(), store.beside()
    found = look_up(store)
    same(found, named)
    assert found["headers"] == {"Authorization": f"Bearer {named['access_token']}"}
    assert sim.check(found["access_token"])
    assert sim.requests() == []
    assert (store.version(), store.beside()) == (version, beside)


def test_cohesity_token_is_what_the_module_returned(sim: Simulator, store: Store) -> None:
    made = Task(cohesity_access_token, **sim.cohesity_login, store=store.option)()["token"]
    sim.clear_requests()
    found = look_up(store)
    same(found, made)
    assert sim.check_cohesity(found["access_token"])
    assert sim.requests() == []


@pytest.mark.parametrize("expires", [None, "30d"])
def test_api_key_is_what_the_module_returned(sim: Simulator, store: Store, expires: str | None) -> None:
    made = Task(cohesity_api_key, **sim.cohesity_login, name="exporter", expires=expires, store=store.option)()["api_key"]
    sim.clear_requests()
    version = store.version()
    found = look_up(store)
    assert found == made
    assert sim.check_cohesity(found["headers"]["apiKey"])
    assert (sim.requests(), store.version()) == ([], version)
    assert found["api_key"] in secret_values(found)


def test_deactivated_api_key(sim: Simulator, file_store: FileStore) -> None:
    Task(cohesity_api_key, **sim.cohesity_login, name="exporter", active=False, store=file_store.option)()
    words = refusal(file_store)
    assert "its API key 'exporter' is deactivated: activate it with dataprotection.access.cohesity_api_key and active: true" in words


def secret_values(found: dict[str, Any]) -> set[str]:
    """What the lookup has masked in later output, where ansible-core can do that."""
    return set(_secrets.secret_outputs(found, stored_token.SECRET_RESULTS))


@pytest.mark.usefixtures("filed")
def test_no_lock_is_taken(file_store: FileStore) -> None:
    """A folder that the reader may not write to has no place for one, and a lock that somebody holds does not matter."""
    file_store.folder.joinpath("token.json.lock").unlink()
    assert look_up(file_store)["access_token"] == CANARY
    assert file_store.beside() == set()


PENDING = {"op": "renew", "run": "a", "since": 1, "lease": 300, "host": None, "ids": [1]}


@pytest.mark.parametrize("more", [{"pending": PENDING}, {"suspect_since": 1}, {"pending": PENDING, "suspect_since": 1, "suspect_until": 2}])
def test_unfinished_record_is_returned_while_its_token_lives(file_store: FileStore, filed: dict[str, Any], more: dict[str, Any]) -> None:
    file_store.write({**filed, **more})
    assert look_up(file_store)["access_token"] == CANARY


def in_seconds(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def test_min_validity_is_by_this_machine_s_clock(file_store: FileStore, filed: dict[str, Any]) -> None:
    file_store.write({**filed, "expires_at": in_seconds(90)})
    assert 80 < look_up(file_store)["expires_in"] <= 90
    assert look_up(file_store, min_validity="1m")["access_token"] == CANARY
    words = refusal(file_store, min_validity="5m")
    assert re.search(r"its credential expires at \S+Z, in (8\d|90) s, which is no more than min_validity \(300 s\)", words)
    assert "Run the task that keeps it (commandcenter_access_token) more often" in words


def test_expired_token(file_store: FileStore, filed: dict[str, Any]) -> None:
    file_store.write({**filed, "expires_at": in_seconds(-1)})
    words = refusal(file_store)
    assert "its credential expired at" in words
    assert "run the task that keeps the credential there (commandcenter_access_token with this store)" in words


def test_token_that_never_expires(file_store: FileStore, filed: dict[str, Any]) -> None:
    file_store.write({**filed, "expires_at": None})
    assert look_up(file_store, min_validity="1d")["expires_in"] is None


def test_no_record(store: Store) -> None:
    words = refusal(store)
    assert "holds no record: check that it is the right place, and run the task that keeps the credential there" in words
    assert store.beside() == set()


def test_record_without_a_token(file_store: FileStore, filed: dict[str, Any]) -> None:
    bare = {**filed, "access_token": None}
    file_store.write(bare)
    assert "holds no credential; run the task" in refusal(file_store)
    file_store.write({**bare, "pending": {**PENDING, "op": "create"}})
    assert "a run has been creating it since 1970-01-01T00:00:01Z. Try again when that run has ended" in refusal(file_store)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"kind": "other", "access_token": CANARY}, "holds something else than a record of commandcenter_access_token or cohesity_access_token"),
        ({"access_token": CANARY}, "holds something else"),
        ({"kind": ["a"], "access_token": CANARY}, "holds something else"),
        ({"kind": "commandcenter_access_token", "version": 2, "access_token": CANARY}, "has version 2 of the record"),
        ({"kind": "commandcenter_access_token", "version": 1, "access_token": [CANARY]}, "holds a damaged record (access_token)"),
        ({"kind": "cohesity_access_token", "version": 1, "access_token": CANARY, "expires_at": CANARY}, "holds a damaged record (expires_at)"),
    ],
)
def test_another_kind_and_a_damaged_record(store: Store, document: dict[str, Any], words: str) -> None:
    store.write(document)
    assert words in refusal(store)


def test_file_that_is_not_json(file_store: FileStore) -> None:
    file_store.path.write_text(CANARY, encoding="utf-8")
    file_store.path.chmod(0o600)
    assert "token.json is damaged (it is not JSON), so its secret is lost; run the task that keeps the credential there" in refusal(file_store)
    assert file_store.beside() == set()
    file_store.path.write_text(json.dumps([CANARY]), encoding="utf-8")
    assert "holds JSON that is not a record" in refusal(file_store)


@pytest.mark.usefixtures("filed")
def test_file_that_the_module_refuses(file_store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    link = file_store.folder / "link.json"
    link.symlink_to(file_store.path)
    assert "is a symbolic link" in refusal({"file": str(link)})
    file_store.path.chmod(0o640)
    assert "is open to others (mode 0640)" in refusal(file_store)
    file_store.path.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert f"belongs to user id {file_store.path.stat().st_uid}, this run is user id 4711" in refusal(file_store)
    monkeypatch.undo()
    file_store.folder.chmod(0o777)
    assert "everybody may write to its folder" in refusal(file_store)
    assert stat.S_IMODE(file_store.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "one of the following is required: file, vault"),
        ({"file": "/a", "vault": {"path": "a", "url": "https://vault.example", "token": CANARY}}, "parameters are mutually exclusive: file|vault"),
        ({"file": "/a", "min_validty": "5m"}, "Did you mean min_validity instead of min_validty?"),
        ({"file": "/a", "min_validity": "soon"}, "min_validity: 'soon' is not a duration"),
        ({"vault": "tokens/ci"}, "vault"),
        ({"vault": ["tokens/ci"]}, "vault must be a dictionary"),
        ({"vault": {"token": CANARY}}, "missing required arguments: path found in vault"),
        ({"vault": {"path": "a", "token": CANARY, "url": "http://vault.example"}}, "would send secrets unencrypted"),
        ({"vault": {"path": "a", "token": CANARY}}, "store.vault.url is required (or VAULT_ADDR)"),
    ],
)
def test_options(options: dict[str, Any], words: str) -> None:
    assert words in refusal(options)


def test_none_is_not_given(file_store: FileStore, filed: dict[str, Any]) -> None:
    assert look_up({"file": str(file_store.path), "vault": None}, min_validity=None)["name"] == filed["name"]


def test_terms_are_refused() -> None:
    assert "it takes no terms: name the store with file=" in refusal({"file": "/a"}, "/var/lib/tokens/a.json")


def test_vault_of_the_environment(named: dict[str, Any], store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(store, VaultStore):
        monkeypatch.setenv("VAULT_ADDR", store.url)
        monkeypatch.setenv("VAULT_TOKEN", store.server.token)
        same(look_up({"vault": {"path": store.path}}), named)


def test_reader_s_role_may_only_read(sim: Simulator, openbao: OpenBao) -> None:
    """The policy of a reader is `read` on one path, and the login that the lookup made is ended."""
    store = VaultStore(openbao)
    made = Task(commandcenter_access_token, **sim.commandcenter_login, name="ci", store=store.option)()["token"]
    role = openbao.approle(store.path, capabilities=["read"])
    place = {"vault": {"url": store.url, "path": store.path, "role_id": role.role_id, "secret_id": role.secret_id}}
    same(look_up(place), made)
    elsewhere = {"vault": {**place["vault"], "path": f"{store.path}-other"}}
    words = refusal(elsewhere)
    assert "HTTP 403" in words
    assert "a policy with read on" in words
    assert role.secret_id not in words


def test_secrets_are_registered(filed: dict[str, Any], file_store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    registered: set[str] = set()
    monkeypatch.setattr(_secrets, "register_secrets", registered.update)
    file_store.write({**filed, "refresh_token": "canary-to-renew-0123"})
    look_up(file_store)
    assert registered == {CANARY, "canary-to-renew-0123"}
    registered.clear()
    refusal({"vault": {"path": "a", "token": "canary-vault-token", "secret_id": "canary-secret-id", "url": "http://vault.example"}})
    assert registered == {"canary-vault-token", "canary-secret-id"}


@pytest.mark.usefixtures("filed")
def test_lookup_in_a_file_is_fast(file_store: FileStore) -> None:
    look_up(file_store)
    began = time.process_time()
    for _time in range(20):
        look_up(file_store)
    assert (time.process_time() - began) / 20 <= 0.002
