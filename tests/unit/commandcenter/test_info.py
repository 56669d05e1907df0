# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""commandcenter_access_token_info lists tokens without secrets."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._time import iso
from tests.constants import LIST, LOGIN, UNCHANGED
from tests.simulator import Simulator, credentials
from tests.simulator.tokens import CUSTOM, ONE_TOUCH
from tests.unit.commandcenter.conftest import logins
from tests.unit.helpers import Task, connections, transcript


def listed(result: dict[str, Any]) -> list[str]:
    return [token["name"] for token in result["tokens"]]


@pytest.fixture
def several(sim: Simulator) -> dict[str, int]:
    """Tokens by name, with their ids: two users, three scopes."""
    made = [
        sim.commandcenter_create("web-2"),
        sim.commandcenter_create("web-1", type=CUSTOM, api_endpoints=["/client"]),
        sim.commandcenter_create("app", type=ONE_TOUCH),
        sim.commandcenter_create("theirs", user_id=42),
    ]
    return {token["name"]: token["id"] for token in made}


@pytest.mark.parametrize("check_mode", [False, True])
def test_all_of_the_login_s_own_sorted_by_name(sim: Simulator, info: Task, several: dict[str, int], check_mode: bool) -> None:
    result = info(check_mode)
    assert transcript(sim) == UNCHANGED
    assert connections(sim) == 1
    assert result["changed"] is False
    assert listed(result) == ["app", "web-1", "web-2"]
    assert [token["id"] for token in result["tokens"]] == [several[name] for name in listed(result)]
    assert logins(sim) == []


def test_what_is_told_of_each(sim: Simulator, info: Task) -> None:
    sim.set(clock_frozen=True, commandcenter_list_allowed_ips=True)
    made = sim.commandcenter_create("web", type=CUSTOM, api_endpoints=["/client"], allowed_ips=["127.0.0.1"])
    (token,) = info()["tokens"]
    assert token.pop("expires_in") in (1799, 1800)
    assert token == {
        "id": made["id"],
        "name": "web",
        "scope": "custom",
        "user_id": 7,
        "api_endpoints": ["/client"],
        "allowed_ips": ["127.0.0.1"],
        "created_at": iso(made["created"]),
        "last_used_at": None,
        "expires_at": iso(made["access_expires"]),
        "renewable_until": iso(made["renewable_until"]),
        "refresh_expires_at": None,
    }


@pytest.mark.usefixtures("several")
def test_no_secrets(sim: Simulator, info: Task) -> None:
    shown = json.dumps(info())
    secrets = [token[key] for token in sim.state()["commandcenter"]["tokens"] for key in ("access_token", "refresh_token")]
    assert not any(secret in shown for secret in secrets if secret)


def test_when_it_was_used(sim: Simulator, info: Task) -> None:
    sim.commandcenter_create("web", last_used=1_700_000_000)
    assert info()["tokens"][0]["last_used_at"] == "2023-11-14T22:13:20Z"


@pytest.mark.usefixtures("several")
class TestFilters:
    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"name": "web-1"}, ["web-1"]),
            ({"name": "WEB-1"}, []),
            ({"name": "web"}, []),
            ({"name_prefix": "web"}, ["web-1", "web-2"]),
            ({"name_prefix": ""}, ["app", "web-1", "web-2"]),
            ({"name_prefix": "x"}, []),
            ({"name_prefix": "web", "name": "app"}, []),
            ({"id": 4711}, []),
            ({"expires_within": "1h"}, ["web-1", "web-2"]),
            ({"expires_within": "29m"}, []),
            ({"expires_within": "7d"}, ["app", "web-1", "web-2"]),
            ({"expires_within": "0"}, []),
            ({"expires_within": "1h", "name_prefix": "web-2"}, ["web-2"]),
            ({"user_id": 42}, ["theirs"]),
            ({"user_id": 42, "name": "app"}, []),
            ({"user_id": 7, "name": "app"}, ["app"]),
        ],
        ids=str,
    )
    def test_all_must_match(self, info: Task, filters: dict[str, Any], found: list[str]) -> None:
        assert listed(info(**filters)) == found

    def test_by_id(self, info: Task, several: dict[str, int]) -> None:
        assert listed(info(id=several["app"])) == ["app"]

    def test_the_user_is_asked_for(self, sim: Simulator, info: Task) -> None:
        info(user_id=42)
        assert sim.requests("AccessToken$")[0]["query"] == {"userId": "42"}

    def test_what_has_expired_expires_within_anything(self, sim: Simulator, info: Task) -> None:
        sim.advance(3600)
        assert listed(info(expires_within="0")) == ["web-1", "web-2"]
        assert {token["expires_in"] for token in info(expires_within="0")["tokens"]} == {0}

    def test_a_server_that_lists_all_users(self, sim: Simulator, info: Task) -> None:
        sim.set(commandcenter_list_all="all")
        assert listed(info()) == ["app", "theirs", "web-1", "web-2"]
        assert listed(info(user_id=42)) == ["theirs"]


class TestTolerance:
    @pytest.mark.parametrize("style", ["int", "name"])
    @pytest.mark.parametrize("default", [0, 2])
    def test_scopes(self, sim: Simulator, info: Task, style: str, default: int) -> None:
        sim.set(commandcenter_type_style=style, commandcenter_default_type=default)
        for number in range(6):
            sim.commandcenter_create(f"t{number}", type=number, **({"api_endpoints": ["/x"]} if number == CUSTOM else {}))
        assert [token["scope"] for token in info()["tokens"]] == ["all", "ms_scim", "all", "custom", "one_touch", "hyperscale"]

    @pytest.mark.parametrize("forever", [0, -1, "absent"])
    def test_forever(self, sim: Simulator, info: Task, forever: Any) -> None:
        sim.set(commandcenter_forever=forever)
        sim.commandcenter_create("web", renewable_until=None)
        assert info()["tokens"][0]["renewable_until"] is None

    def test_entries_with_nothing_in_them(self, sim: Simulator, info: Task) -> None:
        sim.fault("json", path="AccessToken$", value={"tokens": [{}, {"tokenName": None, "accessTokenId": "x"}, {"tokenName": 5}, {"tokenName": "a"}]})
        assert [(token["name"], token["id"], token["expires_at"]) for token in info()["tokens"]] == [
            ("5", None, None),
            (None, None, None),
            (None, None, None),
            ("a", None, None),
        ]

    def test_none_of_them_expires(self, sim: Simulator, info: Task) -> None:
        sim.fault("json", path="AccessToken$", value={"tokens": [{"tokenName": "a", "tokenExpiryTimestamp": 0}]})
        assert info(expires_within="365d")["tokens"] == []


class TestLogins:
    def test_an_auth_token(self, sim: Simulator, info: Task) -> None:
        info(username=None, password=None, auth_token=credentials.SAML_AUTH_TOKEN)
        assert transcript(sim) == [LIST]

    def test_an_access_token_may_list(self, sim: Simulator, info: Task) -> None:
        made = sim.commandcenter_create("web")
        assert listed(info(username=None, password=None, auth_token=made["access_token"])) == ["web"]

    def test_none(self, sim: Simulator, info: Task) -> None:
        assert "managing access tokens needs a login" in info.fails(username=None, password=None).message
        assert transcript(sim) == []

    def test_a_wrong_password(self, sim: Simulator, info: Task) -> None:
        assert "Invalid Username or Password." in info.fails(password="hunter2-wrong").message
        assert transcript(sim) == [LOGIN]

    def test_logged_out_after_a_failure(self, sim: Simulator, info: Task) -> None:
        sim.fault("html", path="AccessToken$")
        info.fails()
        assert transcript(sim) == UNCHANGED
        assert logins(sim) == []

    def test_a_server_that_is_too_old(self, sim: Simulator, info: Task) -> None:
        sim.set(commandcenter_version="11.36")
        assert "This server has no access tokens (they require Command Center 11.38 or later)" in info.fails().message

    def test_bad_input(self, sim: Simulator, info: Task) -> None:
        assert "expires_within: 'soon' is not a duration" in info.fails(expires_within="soon").message
        assert transcript(sim) == []


def test_ten_thousand(sim: Simulator, info: Task) -> None:
    sim.commandcenter_fill(10_000)
    tracemalloc.start()
    result = info()
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(result["tokens"]) == 10_000
    assert transcript(sim) == UNCHANGED
    assert peak < 100 * 2**20
