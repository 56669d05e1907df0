# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cohesity_access_token leaves in the run's memory, and which login it leaves it under."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.memory import from_memory, memory_key, to_memory
from ansible_collections.dataprotection.access.plugins.module_utils._memory import Memory
from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token
from tests.simulator import Simulator
from tests.unit.helpers import full_params

LOGIN = {"cluster": "cluster.example.com", "username": "backup", "password": "canary"}


def key(**arguments: Any) -> Any:
    return memory_key(full_params(cohesity_access_token, **{**LOGIN, **arguments}))


def run(sim: Simulator, memory: Memory, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
    params = full_params(cohesity_access_token, **{**sim.cohesity_login, **arguments})
    return dict(cohesity_access_token.run(params, check_mode, lambda _message: None, memory))


def test_a_new_token_is_remembered_whole(sim: Simulator) -> None:
    memory = Memory()
    token = run(sim, memory)["token"]
    known = memory.get("token")
    assert known is not None
    assert known.secret == token["access_token"]
    assert known.secret not in str(known.details)
    assert from_memory(known) == {name: value for name, value in token.items() if name not in ("headers", "expires_in")}


def test_check_mode_leaves_nothing(sim: Simulator) -> None:
    memory = Memory()
    run(sim, memory, check_mode=True)
    assert memory.get("token") is None


def test_a_session_is_remembered_whole() -> None:
    session = {"session_id": "canary-session", "headers": {"session-id": "canary-session"}, "cluster": "c", "created_at": None}
    known = to_memory(session)
    assert (known.kind, known.secret) == ("session", "canary-session")
    assert "canary" not in str(known.details)
    assert from_memory(known) == {"session_id": "canary-session", "cluster": "c", "created_at": None}


def test_the_same_login_written_in_another_way() -> None:
    assert key(cluster="https://cluster.example.com/") == key()
    assert key(api_version="v1", timeout=5) == key()


@pytest.mark.parametrize(
    "other",
    [
        {"cluster": "other.example.com"},
        {"username": "viewer"},
        {"password": "another"},
        {"domain": "CORP"},
        {"validate_certs": False},
        {"ca_path": "/a"},
        {"use_proxy": False},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_login(other: dict[str, Any]) -> None:
    assert key(**other) != key()


def test_options_without_a_login() -> None:
    assert key(password="") is None
    assert key(username=None, password=None) is None
    assert key(username=None, password=None, certificate="c", private_key="k") is not None
