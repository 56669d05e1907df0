# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cohesity_api_key_info lists keys, and never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._time import iso
from ansible_collections.dataprotection.access.plugins.modules import cohesity_api_key_info
from tests.constants import DAY
from tests.simulator import Simulator
from tests.unit.cohesity.keys import LIST, LOGIN, SID
from tests.unit.helpers import Task, transcript


@pytest.fixture
def info(sim: Simulator) -> Task:
    return Task(cohesity_api_key_info, **sim.cohesity_login, timeout=10)


@pytest.fixture
def three(sim: Simulator) -> list[dict[str, Any]]:
    """One that sleeps, one that expires in a day, one of another user."""
    end = int(sim.now() + DAY) * 1000
    return [
        sim.cohesity_key_create("sleeping", is_active=False),
        sim.cohesity_key_create("ending", expires=end),
        sim.cohesity_key_create("theirs", username="ad-backup", domain="CORP"),
    ]


def names(result: dict[str, Any]) -> list[str]:
    return [key["name"] for key in result["api_keys"]]


def test_the_whole_result(sim: Simulator, info: Task) -> None:
    sim.set(clock_frozen=True)
    made = sim.cohesity_key_create("exporter")
    for check_mode in (False, True):
        sim.clear_requests()
        result = info(check_mode)
        assert result == {
            "changed": False,
            "api_keys": [
                {
                    "id": made["id"],
                    "name": "exporter",
                    "active": True,
                    "owner": "backup",
                    "owner_sid": SID,
                    "expires_at": None,
                    "created_at": iso(sim.now()),
                    "rotated_at": None,
                    "cluster": sim.host,
                }
            ],
        }
        assert transcript(sim) == [LOGIN, "GET /v2/api-keys"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["ending", "sleeping"]),
        ({"name": "ending"}, ["ending"]),
        ({"name_prefix": "s"}, ["sleeping"]),
        ({"active": True}, ["ending"]),
        ({"active": False}, ["sleeping"]),
        ({"expires_within": "2d"}, ["ending"]),
        ({"expires_within": "1h"}, []),
        ({"older_than": "1h"}, []),
        ({"owner": "ad-backup", "owner_domain": "CORP"}, ["theirs"]),
        ({"owner_sid": SID}, ["ending", "sleeping"]),
        ({"id": "4711"}, []),
    ],
)
def test_filters(info: Task, three: list[dict[str, Any]], filters: dict[str, Any], found: list[str]) -> None:
    result = info(**filters)
    assert names(result) == found
    assert not any(key["secret"] in json.dumps(result) for key in three)


def test_the_age_of_secrets(sim: Simulator, info: Task, three: list[dict[str, Any]]) -> None:
    sim.advance(2 * DAY)
    sim.cohesity_key_edit(three[0]["id"], rotated=int(sim.now()) * 1000)
    assert names(info(older_than="1d")) == ["ending"]


def test_one_owner_costs_one_request(sim: Simulator, info: Task) -> None:
    info(owner_sid=SID)
    assert transcript(sim) == [LOGIN, LIST]


@pytest.mark.parametrize(("options", "words"), [({"older_than": "old"}, "older_than"), ({"owner": "a", "owner_sid": "b"}, "exclude each other")])
def test_bad_input(sim: Simulator, info: Task, options: dict[str, Any], words: str) -> None:
    assert words in info.fails(**options).message
    assert sim.requests() == []


def test_no_list(sim: Simulator, info: Task) -> None:
    sim.fault("json", path="api-keys", value={"apiKeys": "none"})
    assert "holds no list of API keys" in info.fails().message
