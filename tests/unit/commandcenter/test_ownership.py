# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose token it is: nothing is renamed, changed or revoked that was only found, and a proof costs a request only where one is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.simulator import Simulator
from tests.unit.commandcenter.conftest import logins, names, tokens, writes
from tests.unit.helpers import Task, transcript

OTHER_USER = 8


def asked(sim: Simulator) -> int:
    """How often the server was asked whose login this is."""
    return len(sim.requests("WhoAmI"))


class TestWhenItIsAsked:
    def test_never_for_a_creation(self, sim: Simulator, token: Task) -> None:
        token()
        assert asked(sim) == 0

    def test_never_where_nothing_changes(self, sim: Simulator, token: Task) -> None:
        sim.commandcenter_create("ci")
        token()
        assert asked(sim) == 0

    @pytest.mark.parametrize("arguments", [{"state": "absent"}, {"recreate": "always"}, {"scope": "hyperscale"}])
    def test_once_before_something_that_was_found_is_touched(self, sim: Simulator, token: Task, arguments: dict[str, Any]) -> None:
        sim.commandcenter_create("ci")
        for check_mode in (True, False):
            sim.clear_requests()
            assert token(check_mode, **arguments)["changed"] is True
            assert asked(sim) == 1
        first_write = next(entry["number"] for entry in sim.requests("AccessToken") if entry["method"] != "GET")
        assert sim.requests("WhoAmI")[0]["number"] < first_write
        assert logins(sim) == []

    @pytest.mark.parametrize("whose", [{"user_id": 7}, {"id": 101}])
    def test_never_where_the_task_says_it(self, sim: Simulator, token: Task, whose: dict[str, int]) -> None:
        sim.commandcenter_create("ci")
        token(state="absent", **whose)
        assert (asked(sim), names(sim)) == (0, [])


@pytest.mark.parametrize("arguments", [{"state": "absent"}, {"recreate": "always"}, {"recreate": "state_change", "scope": "ms_scim"}, {"scope": "hyperscale"}])
class TestOneOtherUserInTheList:
    """An administrator's list that shows nothing but the tokens of one other user."""

    def test_is_left_alone(self, sim: Simulator, token: Task, arguments: dict[str, Any]) -> None:
        sim.set(commandcenter_list_all="all")
        theirs = sim.commandcenter_create("ci", user_id=OTHER_USER)
        left = sim.commandcenter_create("x", user_id=OTHER_USER)["id"]
        sim.commandcenter_edit(left, name=f"ci.replaced-{left}")
        token(**arguments)
        assert [one["id"] for one in tokens(sim) if one["user_id"] == OTHER_USER] == [theirs["id"], left]
        assert sim.check(theirs["access_token"])


@pytest.mark.parametrize("arguments", [{"state": "absent"}, {"recreate": "always"}, {"scope": "hyperscale"}])
class TestAServerThatDoesNotTell:
    def test_is_refused_with_a_sentence(self, sim: Simulator, token: Task, arguments: dict[str, Any]) -> None:
        made = sim.commandcenter_create("ci")
        sim.fault("status", path="WhoAmI", code=403, times=0)
        for check_mode in (True, False):
            message = token.fails(check_mode, **arguments).message
            assert f"so the token 'ci' (id {made['id']}, of user id 7) may belong to somebody else" in message
            assert "The server does not report which user this login is" in message
            assert "set user_id, or select the token with id" in message
        assert writes(sim) == []
        assert token(user_id=7, **arguments)["changed"] is True

    def test_but_its_list_of_users_may(self, sim: Simulator, token: Task, arguments: dict[str, Any]) -> None:
        sim.commandcenter_create("ci")
        sim.fault("patch", path="WhoAmI", changes={"user": {"userId": {"__delete__": True}}}, times=0)
        assert token(**arguments)["changed"] is True
        assert len(sim.requests("v4/user")) == 1


class TestLostCreation:
    def test_another_users_token_appears_meanwhile(self, sim: Simulator, token: Task) -> None:
        """Of two tokens that appeared under the name, only the login's own is taken back."""
        sim.set(commandcenter_list_all="all")
        sim.fault("cut_after", method="POST", path="AccessToken$")
        sim.fault("operation_after", method="POST", path="AccessToken$", name="commandcenter_create", arguments={"name": "ci", "user_id": OTHER_USER})
        result = token()
        assert result["actions"] == ["created"]
        assert sorted(one["user_id"] for one in tokens(sim)) == [7, OTHER_USER]

    def test_nobody_can_be_asked(self, sim: Simulator, token: Task) -> None:
        sim.fault("cut_after", method="POST", path="AccessToken$")
        sim.fault("status", path="WhoAmI", code=403, times=0)
        error = token.fails()
        assert "was created in the meantime and may belong to somebody else" in error.message
        assert error.maybe_applied
        assert names(sim) == ["ci"]

    @pytest.mark.parametrize("code", [409, 425, 451, 499, 507, 520, 522, 524, 599])
    def test_every_status_that_is_no_verdict(self, sim: Simulator, token: Task, code: int) -> None:
        sim.fault("status_after", method="POST", path="AccessToken$", code=code)
        result = token()
        (live,) = tokens(sim)
        assert (result["actions"], result["token"]["access_token"]) == (["created"], live["access_token"])

    @pytest.mark.parametrize("secret", [True, False])
    def test_an_error_code_after_the_work(self, sim: Simulator, token: Task, secret: bool) -> None:
        """With the secret beside it, the token is kept; without, it is revoked, and the server's words are shown."""
        changes: dict[str, Any] = {"error": {"errorCode": 77, "errorMessage": "Strange"}}
        if not secret:
            changes["tokenInfo"] = {"accessToken": {"__delete__": True}, "refreshToken": {"__delete__": True}}
        sim.fault("patch", method="POST", path="AccessToken$", changes=changes)
        if secret:
            result = token()
            (live,) = tokens(sim)
            assert result["token"]["access_token"] == live["access_token"]
        else:
            assert "HTTP 200 error 77: Strange" in token.fails().message
            assert tokens(sim) == []
        assert transcript(sim)[-1] == "POST /Logout"


class TestAResponseAboutAnotherUser:
    """The response to a creation names somebody else's user id: wrong, or about somebody else's token."""

    @pytest.fixture
    def stored(self, token: Task, tmp_path: Path) -> Task:
        folder = tmp_path / "tokens"
        folder.mkdir(mode=0o700)
        token.defaults["store"] = {"file": str(folder / "token.json")}
        return token

    def record(self, task: Task) -> dict[str, Any]:
        path = Path(task.defaults["store"]["file"])
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    @pytest.mark.parametrize("arguments", [{}, {"store": None}], ids=["stored", "not stored"])
    def test_than_the_one_that_was_asked_for(self, sim: Simulator, stored: Task, arguments: dict[str, Any]) -> None:
        sim.fault("patch", method="POST", path="AccessToken$", changes={"tokenInfo": {"userId": OTHER_USER}})
        error = stored.fails(user_id=7, **arguments)
        assert f"for user id 7, and its response is about one of user id {OTHER_USER} (id 101)" in error.message
        assert "so it was neither stored nor revoked" in error.message
        assert [write for write in writes(sim) if not write.startswith("POST")] == []
        assert "access_token" not in self.record(stored)

    def test_than_the_record_and_the_login(self, sim: Simulator, stored: Task) -> None:
        """The replaced token works on, and the record keeps its secret."""
        first = stored()["token"]
        sim.fault("patch", method="POST", path="AccessToken$", changes={"tokenInfo": {"userId": OTHER_USER}})
        assert "may belong to somebody else" in stored.fails(recreate="always").message
        assert self.record(stored)["access_token"] == first["access_token"]
        assert sim.check(first["access_token"])
        assert stored()["token"]["user_id"] == 7

    @pytest.mark.parametrize("arguments", [{}, {"recreate": "always"}, {"state": "absent"}], ids=str)
    def test_believed_once_it_opens_nothing_that_was_only_found(self, sim: Simulator, stored: Task, arguments: dict[str, Any]) -> None:
        """Nobody had said whose login this is; the record has the wrong user id, and the list shows that user's tokens."""
        sim.set(commandcenter_list_all="all")
        sim.fault("patch", method="POST", path="AccessToken$", changes={"tokenInfo": {"userId": OTHER_USER}})
        stored()
        theirs = sim.commandcenter_create("ci", user_id=OTHER_USER)
        left = sim.commandcenter_create("x", user_id=OTHER_USER)["id"]
        sim.commandcenter_edit(left, name=f"ci.replaced-{left}")
        for _run in range(2):
            try:
                stored(**arguments)
            except ApiError as error:
                assert error.message  # noqa: PT017 -- refused or not, what counts is what lives
            sim.clear_faults()
        assert [one["id"] for one in tokens(sim) if one["user_id"] == OTHER_USER] == [theirs["id"], left]
        assert sim.check(theirs["access_token"])
