# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A write whose answer is lost may have been done or not: the list settles it, and at the end there is exactly one live token."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from tests.constants import CREATE, CREATED, DAY, LIST, LOGIN, LOGOUT, revoke, update
from tests.simulator import Simulator
from tests.unit.commandcenter.conftest import logins, names, tokens
from tests.unit.helpers import SHORT, TOO_LONG, Task, patience, transcript

NO_SECRET = {"tokenInfo": {"accessToken": {"__delete__": True}}}
# Ways to lose the answer to a write: the fault, and whether the work was done.
LOST: list[tuple[str, dict[str, Any], bool]] = [
    ("cut_before", {}, False),
    ("cut_after", {}, True),
    ("truncate", {}, True),
    ("empty", {}, False),
    ("empty_after", {}, True),
    ("html", {}, False),
    ("html_after", {}, True),
    ("big_after", {"bytes": 17 * 2**20}, True),
    ("status", {"code": 500}, False),
    ("status_after", {"code": 500}, True),
    ("status_after", {"code": 504}, True),
    ("status_after", {"code": 408}, True),
    ("delay_after", {"seconds": TOO_LONG}, True),
]
# And ways to make nothing of a creation's answer.
USELESS: list[tuple[str, dict[str, Any], bool]] = [
    ("json_after", {"value": {}}, True),
    ("json_after", {"value": []}, True),
    ("json_after", {"value": {"error": {"errorCode": 0}, "tokenInfo": None}}, True),
    ("patch", {"changes": NO_SECRET}, True),
    ("patch", {"changes": {"tokenInfo": {"accessToken": 5}}}, True),
    ("patch", {"changes": {"tokenInfo": {"accessToken": "can\r\nary"}}}, True),
    ("patch", {"changes": {"tokenInfo": {"refreshToken": ["canary"]}}}, True),
    ("patch", {"changes": {"tokenInfo": {"accessTokenId": None}}}, True),
    ("patch", {"changes": {"tokenInfo": {"accessTokenId": "x"}}}, True),
]


def ids(value: Any) -> str:
    return "-".join(map(str, value.values()))[:40] if isinstance(value, dict) else str(value)


def settled(sim: Simulator, result: dict[str, Any]) -> None:
    """One live token, the one in the result, and no login left."""
    (live,) = tokens(sim)
    assert (live["name"], live["id"], live["access_token"]) == ("ci", result["token"]["id"], result["token"]["access_token"])
    assert live["refresh_token"] == result["token"]["refresh_token"]
    assert logins(sim) == []


@pytest.mark.parametrize(("kind", "args", "done"), LOST + USELESS, ids=ids)
class TestCreate:
    def test_is_settled(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any], done: bool) -> None:
        sim.fault(kind, method="POST", path="AccessToken$", **args)
        result = token(timeout=patience(kind))
        assert (result["changed"], result["actions"], result["secret_available"]) == (True, ["created"], True)
        orphan = [revoke(101)] if done else []
        assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, *orphan, CREATE, LOGOUT]
        settled(sim, result)
        assert len(token.warnings) == 1
        assert ("what was created without its secret was revoked" in token.warnings[0]) == done
        assert token.warnings[0].endswith("the token is created again")
        assert "canary" not in token.warnings[0]


class TestCreateAndRetry:
    @pytest.mark.parametrize("style", ["http200", "http200 nested", "http200 flat", "http400"])
    def test_the_client_s_own_retry_meets_the_name(self, sim: Simulator, token: Task, style: str) -> None:
        """Done, then 503; sent again, then "name already present": that is our own orphan, and nobody else's token."""
        sim.set(commandcenter_error_style=style)
        sim.fault("status_after", method="POST", path="AccessToken$", code=503, headers={"Retry-After": "0"})
        result = token()
        assert transcript(sim) == [LOGIN, LIST, CREATE, CREATE, LIST, revoke(101), CREATE, LOGOUT]
        settled(sim, result)

    def test_a_retry_of_what_was_not_done(self, sim: Simulator, token: Task) -> None:
        sim.fault("status", method="POST", path="AccessToken$", code=503, headers={"Retry-After": "0"})
        settled(sim, token())
        assert transcript(sim) == [LOGIN, LIST, CREATE, CREATE, LOGOUT]

    def test_done_late(self, sim: Simulator, token: Task) -> None:
        """The server carries it out after we gave up and created once more: it meets the name."""
        sim.fault("delay", method="POST", path="AccessToken$", seconds=SHORT + 1)
        result = token(timeout=SHORT)
        assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, CREATE, LOGOUT]
        time.sleep(1.2)
        settled(sim, result)

    def test_done_just_before_we_create_once_more(self, sim: Simulator, token: Task) -> None:
        """The list does not show it yet, and the second creation meets its name: the third one has it."""
        sim.fault("delay", method="POST", path="AccessToken$", seconds=SHORT + 0.3)
        sim.fault("delay", method="POST", path="AccessToken$", seconds=SHORT - 0.3)
        result = token(timeout=SHORT)
        assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, CREATE, LIST, revoke(101), CREATE, LOGOUT]
        settled(sim, result)

    def test_twice(self, sim: Simulator, token: Task) -> None:
        sim.fault("cut_after", method="POST", path="AccessToken$", times=2)
        result = token()
        assert transcript(sim) == [LOGIN, LIST, *[CREATE, LIST, revoke(101)], *[CREATE, LIST, revoke(102)], CREATE, LOGOUT]
        settled(sim, result)

    @pytest.mark.parametrize(("kind", "args", "done"), [LOST[0], LOST[1], LOST[3], USELESS[0], USELESS[3]], ids=ids)
    def test_every_time(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any], done: bool) -> None:
        """It gives up after the third time, and leaves nothing behind."""
        sim.fault(kind, method="POST", path="AccessToken$", times=0, **args)
        error = token.fails()
        assert len([line for line in transcript(sim) if line == CREATE]) == 3
        assert tokens(sim) == []
        assert logins(sim) == []
        # What was revoked is settled. What was never seen may still come.
        assert error.maybe_applied == (not done)

    def test_the_list_fails_too(self, sim: Simulator, token: Task) -> None:
        """Nothing is known: the error says so, for those who keep a record."""
        sim.fault("cut_after", method="POST", path="AccessToken$")
        sim.fault("status", method="GET", path="AccessToken$", code=400, after=1)
        error = token.fails()
        assert error.maybe_applied
        assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, LOGOUT]

    def test_the_orphan_cannot_be_revoked(self, sim: Simulator, token: Task) -> None:
        sim.fault("cut_after", method="POST", path="AccessToken$")
        sim.fault("status", method="DELETE", path="AccessToken/", code=403)
        error = token.fails()
        assert "HTTP 403" in error.message
        assert error.maybe_applied

    def test_tokens_that_were_there_before_are_not_touched(self, sim: Simulator, token: Task) -> None:
        sim.set(commandcenter_list_all="all")
        others = [sim.commandcenter_create(name)["id"] for name in ("ci2", "CI", "ci.replaced-4711")]
        sim.fault("cut_after", method="POST", path="AccessToken$")
        token()
        assert [one["id"] for one in tokens(sim)][:3] == others

    @pytest.mark.parametrize("shift", [-400 * DAY, 400 * DAY])
    def test_a_clock_that_is_wrong_here_does_not_matter(self, sim: Simulator, token: Task, shift: int) -> None:
        sim.advance(shift)
        sim.fault("cut_after", method="POST", path="AccessToken$")
        settled(sim, token())

    def test_for_a_service_account(self, sim: Simulator, token: Task) -> None:
        sim.fault("cut_after", method="POST", path="AccessToken$")
        settled(sim, token(user_id=42))
        assert [entry["query"] for entry in sim.requests("AccessToken$", "GET")] == [{"userId": "42"}] * 2


class TestASecretInAnyResponse:
    """The server shows it once: it is kept, whatever the status of its response, and nothing is sent again."""

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 450, 500, 502, 503, 504, 524])
    @pytest.mark.parametrize("changes", [{}, {"error": {"errorCode": 7, "errorMessage": "try again"}}], ids=["as it is", "beside an error"])
    def test_of_a_creation(self, sim: Simulator, token: Task, status: int, changes: dict[str, Any]) -> None:
        sim.fault("patch", method="POST", path="AccessToken$", changes=changes, code=status, headers={"Retry-After": "0"})
        result = token()
        assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, LOGOUT]
        assert result["actions"] == ["created"]
        settled(sim, result)
        assert not any(tokens(sim)[0]["access_token"] in warning for warning in token.warnings)

    def test_the_list_cannot_be_read_then(self, sim: Simulator, token: Task) -> None:
        """Only a list without the token would say that there is none."""
        sim.fault("patch", method="POST", path="AccessToken$", changes={}, code=429, headers={"Retry-After": "0"})
        sim.fault("status", method="GET", path="AccessToken$", code=400, after=1)
        settled(sim, token())

    def test_the_server_has_taken_it_back(self, sim: Simulator, token: Task) -> None:
        sim.fault("patch", method="POST", path="AccessToken$", changes={}, code=500)
        sim.fault("operation_after", method="POST", path="AccessToken$", name="commandcenter_revoke", arguments={"id": 101})
        result = token()
        assert transcript(sim) == [LOGIN, LIST, CREATE, LIST, LIST, CREATE, LOGOUT]
        settled(sim, result)

    def test_deeper_in_the_document(self, sim: Simulator, token: Task) -> None:
        pair = {"accessTokenId": 101, "accessToken": "canary-access", "refreshToken": "canary-refresh"}
        sim.fault("json_after", method="POST", path="AccessToken$", value={"data": [{"tokenInfo": pair}]})
        assert token()["token"]["access_token"] == "canary-access"

    def test_of_a_document_cut_off_anywhere(self, sim: Simulator, token: Task) -> None:
        """Only what has arrived whole counts: neither a part of a secret, nor the beginning of an id, which may be the id of another token."""
        sim.set(commandcenter_list_all="all")
        for at in itertools.count(step=9):
            sim.clear_requests()
            sim.fault("truncate", method="POST", path="AccessToken$", at=at)
            made = token()["token"]
            (live,) = tokens(sim)
            assert (made["id"], made["access_token"]) == (live["id"], live["access_token"]), at
            assert made["refresh_token"] in (live["refresh_token"], None), at
            if transcript(sim) == [LOGIN, LIST, CREATE, LOGOUT]:
                break
            sim.commandcenter_revoke(live["id"])
        assert at > len(live["access_token"])

    @pytest.mark.parametrize(
        "text",
        [
            '{"tokenInfo":{"accessToken":"canary-access","accessTokenId":10',
            '{"tokenInfo":{"accessToken":"canary-access","accessTokenId":"10',
            '{"tokenInfo":{"accessToken":"canary-access","accessTokenId":10}}',
            '{"tokenInfo":{"accessToken":"canary-access","accessTokenId":12,"userId":1',
            '{"tokenInfo":{"accessToken":"canary-access","accessTokenId":13,"userId":17,"to',
            '{"tokenInfo":{"accessTokenId":101,"accessToken":"canary-acc',
        ],
    )
    def test_not_with_the_id_of_another_token(self, sim: Simulator, token: Task, text: str) -> None:
        """10 was there before; 12 has appeared meanwhile under another name, and 13 for another user."""
        sim.set(commandcenter_list_all="all")
        sim.commandcenter_create("other", id=10)
        sim.fault("status_after", method="POST", path="AccessToken$", code=500, body=text)
        appearing = [{"id": 12, "name": "another"}, {"id": 13, "name": "ci", "user_id": 42}]
        sim.fault("operation", method="POST", path="AccessToken$", name="commandcenter_seed", arguments={"tokens": appearing})
        made = token()["token"]
        assert made["id"] not in (10, 12, 13)
        assert sim.check(made["access_token"])

    def test_of_a_document_cut_off(self, sim: Simulator, token: Task) -> None:
        """With a slash escaped as JSON allows it."""
        text = '{"tokenInfo":{"accessTokenId":101,"accessToken":"canary\\/access","refreshToken":"canary\\u002frefresh","tok'
        sim.fault("status_after", method="POST", path="AccessToken$", code=429, body=text, headers={"Retry-After": "0"})
        made = token()["token"]
        assert (made["id"], made["access_token"], made["refresh_token"]) == (101, "canary/access", "canary/refresh")


@pytest.mark.parametrize(("kind", "args", "done"), LOST, ids=ids)
class TestUpdate:
    """The same change twice is one change: it is sent once more."""

    def test_is_sent_once_more(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any], done: bool) -> None:
        made = sim.commandcenter_create("ci")
        sim.fault(kind, method="PUT", path="AccessToken/", **args)
        result = token(scope="hyperscale", timeout=patience(kind))
        assert transcript(sim) == [LOGIN, LIST, update(made["id"]), update(made["id"]), LOGOUT]
        assert (result["actions"], result["token"]["scope"]) == (["updated"], "hyperscale")
        assert [one["type"] for one in tokens(sim)] == [5]
        assert [entry["done"] for entry in sim.requests("AccessToken/", "PUT")] == [done, True]
        assert len(token.warnings) == 1
        assert token.warnings[0].endswith("; the change is sent again")


def test_an_update_that_is_lost_twice(sim: Simulator, token: Task) -> None:
    sim.commandcenter_create("ci")
    sim.fault("cut_before", method="PUT", path="AccessToken/", times=2)
    error = token.fails(scope="hyperscale")
    assert error.maybe_applied
    assert logins(sim) == []
    assert token(scope="hyperscale")["actions"] == ["updated"]


@pytest.mark.parametrize(("kind", "args", "done"), LOST, ids=ids)
class TestReplace:
    """Whichever answer is lost, the name has one live token at the end, and a secret that works all the time."""

    def test_the_rename(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any], done: bool) -> None:
        old = sim.commandcenter_create("ci")
        sim.fault(kind, method="PUT", path="AccessToken/", **args)
        if done:
            result = token(recreate="always", timeout=patience(kind))
            assert transcript(sim) == [LOGIN, LIST, update(old["id"]), LIST, CREATE, revoke(old["id"]), LOGOUT]
            settled(sim, result)
        else:
            token.fails(recreate="always", timeout=patience(kind))
            assert transcript(sim) == [LOGIN, LIST, update(old["id"]), LIST, LOGOUT]
            assert names(sim) == ["ci"]
            settled(sim, token(recreate="always"))

    def test_the_creation(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any], done: bool) -> None:
        old = sim.commandcenter_create("ci")
        sim.fault(kind, method="POST", path="AccessToken$", **args)
        result = token(recreate="always", timeout=patience(kind))
        orphan = [revoke(old["id"] + 1)] if done else []
        assert transcript(sim) == [LOGIN, LIST, update(old["id"]), CREATE, LIST, *orphan, CREATE, revoke(old["id"]), LOGOUT]
        assert (result["actions"], result["replaced_id"]) == (["recreated"], old["id"])
        settled(sim, result)

    def test_the_revocation(self, sim: Simulator, token: Task, kind: str, args: dict[str, Any], done: bool) -> None:
        old = sim.commandcenter_create("ci")
        sim.fault(kind, method="DELETE", path="AccessToken/", **args)
        result = token(recreate="always", timeout=patience(kind))
        assert transcript(sim) == [LOGIN, LIST, update(old["id"]), CREATE, revoke(old["id"]), LIST, LOGOUT]
        assert (result["actions"], result["replaced_id"]) == (["recreated"], old["id"])
        if done:
            settled(sim, result)
            assert token.warnings == []
        else:
            assert "was not revoked and still works" in token.warnings[0]
            settled(sim, token(recreate="always"))


class TestReplaceInterrupted:
    def test_the_creation_is_lost_every_time(self, sim: Simulator, token: Task) -> None:
        """Every orphan is gone; the old token has its name back and its secret works."""
        old = sim.commandcenter_create("ci")
        sim.fault("cut_after", method="POST", path="AccessToken$", times=0)
        token.fails(recreate="always")
        assert [(one["id"], one["name"]) for one in tokens(sim)] == [(old["id"], "ci")]
        assert sim.check(old["access_token"])

    def test_it_is_not_known_whether_there_is_a_new_one(self, sim: Simulator, token: Task) -> None:
        """Then the old one keeps out of the way, works on, and the next run ends it."""
        old = sim.commandcenter_create("ci")
        sim.fault("cut_before", method="POST", path="AccessToken$", times=0)
        error = token.fails(recreate="always")
        assert error.maybe_applied
        assert names(sim) == [f"ci.replaced-{old['id']}"]
        assert sim.check(old["access_token"])
        sim.clear_faults()
        sim.clear_requests()
        result = token(recreate="always")
        assert transcript(sim) == [*CREATED[:-1], revoke(old["id"]), LOGOUT]
        settled(sim, result)
