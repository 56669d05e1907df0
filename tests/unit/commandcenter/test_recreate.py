# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only a new token can give: replaced when recreate allows it, in an order in which the old one works to the end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.constants import CREATE, DAY, LIST, LOGIN, LOGOUT, UNCHANGED, revoke, update
from tests.simulator import Simulator
from tests.simulator.tokens import ALL, CUSTOM, HYPERSCALE, MS_SCIM, ONE_TOUCH
from tests.unit.commandcenter.conftest import names, predicted_and_done, tokens
from tests.unit.helpers import Task, bodies, transcript

TYPES = {"all": ALL, "custom": CUSTOM, "hyperscale": HYPERSCALE, "ms_scim": MS_SCIM, "one_touch": ONE_TOUCH}
HINT = ". To replace it with a new one, set recreate: state_change"


def replacement(number: int) -> list[str]:
    return [LOGIN, LIST, update(number), CREATE, revoke(number), LOGOUT]


def existing(sim: Simulator, scope: str = "all", **fields: Any) -> dict[str, Any]:
    if scope == "custom":
        fields.setdefault("api_endpoints", ["/client"])
    return sim.commandcenter_create("ci", type=TYPES[scope], **fields)


class TestOrder:
    def test_rename_create_revoke(self, sim: Simulator, token: Task) -> None:
        old = existing(sim)
        result = predicted_and_done(sim, token, recreate="always")
        assert transcript(sim) == replacement(old["id"])
        assert bodies(sim, "PUT", "AccessToken/") == [{"tokenName": f"ci.replaced-{old['id']}"}]
        (new,) = tokens(sim)
        assert (new["name"], new["id"] != old["id"]) == ("ci", True)
        assert (result["changed"], result["actions"], result["replaced_id"]) == (True, ["recreated"], old["id"])
        assert (result["token"]["access_token"], result["secret_available"]) == (new["access_token"], True)
        assert result["diff"]["before"]["secret"] != result["diff"]["after"]["secret"]
        assert not sim.check(old["access_token"])

    def test_the_old_one_works_until_the_new_one_is_there(self, sim: Simulator, token: Task) -> None:
        """At each request of the replacement one of the two secrets is good."""
        old = existing(sim)
        token(recreate="always")
        events = [(event["event"], event["id"] == old["id"]) for event in sim.state()["commandcenter"]["events"]]
        assert events == [("created by administrator", True), ("updated", True), ("created", False), ("revoked", True)]

    def test_every_time(self, sim: Simulator, token: Task) -> None:
        secrets = {token(recreate="always")["token"]["access_token"] for _round in range(3)}
        assert len(secrets) == 3
        assert names(sim) == ["ci"]

    def test_of_nothing_is_a_creation(self, sim: Simulator, token: Task) -> None:
        result = predicted_and_done(sim, token, recreate="always")
        assert (result["actions"], "replaced_id" in result) == (["created"], False)
        assert transcript(sim) == [LOGIN, LIST, CREATE, LOGOUT]

    def test_by_id_under_a_new_name(self, sim: Simulator, token: Task) -> None:
        old = existing(sim)
        result = token(id=old["id"], name="deploy", recreate="always")
        assert bodies(sim, "PUT", "AccessToken/") == [{"tokenName": f"deploy.replaced-{old['id']}"}]
        assert (names(sim), result["replaced_id"]) == (["deploy"], old["id"])

    def test_by_id_under_its_own_name(self, sim: Simulator, token: Task) -> None:
        old = existing(sim)
        assert token(id=old["id"], name=None, recreate="always")["token"]["name"] == "ci"
        assert names(sim) == ["ci"]


class TestSuccessor:
    """It has what is asked for, then what the old one had: it is never worth more."""

    def test_inherits(self, sim: Simulator, token: Task) -> None:
        sim.set(commandcenter_list_allowed_ips=True)
        existing(sim, "custom", api_endpoints=["/job"], allowed_ips=["127.0.0.1"])
        predicted_and_done(sim, token, recreate="always")
        assert bodies(sim, "POST", "AccessToken$") == [{"tokenName": "ci", "tokenType": 3, "apiEndpoints": ["/job"], "allowedIPs": ["127.0.0.1"]}]

    def test_overrules(self, sim: Simulator, token: Task) -> None:
        existing(sim, "custom", api_endpoints=["/job"])
        token(recreate="always", scope="custom", api_endpoints=["/client"])
        assert bodies(sim, "POST", "AccessToken$") == [{"tokenName": "ci", "tokenType": 3, "apiEndpoints": ["/client"]}]

    def test_of_another_user(self, sim: Simulator, token: Task) -> None:
        sim.commandcenter_create("ci", user_id=42)
        token(recreate="always", user_id=42)
        assert [(one["name"], one["user_id"]) for one in tokens(sim)] == [("ci", 42)]


IMPOSSIBLE = [
    ("all", {"scope": "ms_scim"}),
    ("all", {"scope": "one_touch"}),
    ("custom", {"scope": "ms_scim"}),
    ("hyperscale", {"scope": "one_touch", "expires": "10d"}),
    ("ms_scim", {"scope": "all"}),
    ("ms_scim", {"scope": "custom", "api_endpoints": ["/client"]}),
    ("ms_scim", {"scope": "one_touch"}),
    ("one_touch", {"scope": "hyperscale"}),
    ("one_touch", {"scope": "ms_scim", "expires": "100d"}),
]


@pytest.mark.parametrize(("scope", "arguments"), IMPOSSIBLE, ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value)
class TestChangesOfScope:
    def test_never(self, sim: Simulator, token: Task, scope: str, arguments: dict[str, Any]) -> None:
        old = existing(sim, scope)
        for check_mode in (True, False):
            error = token.fails(check_mode, **arguments)
            assert error.message == (f"The token 'ci' (id {old['id']}) has the scope {scope}, and the server cannot change it to {arguments['scope']}{HINT}")
        assert transcript(sim) == UNCHANGED * 2
        assert [one["access_token"] for one in tokens(sim)] == [old["access_token"]]

    def test_state_change(self, sim: Simulator, token: Task, scope: str, arguments: dict[str, Any]) -> None:
        old = existing(sim, scope)
        result = predicted_and_done(sim, token, recreate="state_change", **arguments)
        assert transcript(sim) == replacement(old["id"])
        assert (result["actions"], result["replaced_id"]) == (["recreated"], old["id"])
        assert [(one["name"], one["type"]) for one in tokens(sim)] == [("ci", TYPES[arguments["scope"]])]
        sim.clear_requests()
        assert token(recreate="state_change", **arguments)["changed"] is False
        assert transcript(sim) == UNCHANGED


class TestTheEnd:
    """A token that has ended, and that no renewal brings back."""

    @pytest.mark.parametrize(("scope", "days"), [("ms_scim", 31), ("one_touch", 8)])
    def test_of_a_fixed_one(self, sim: Simulator, token: Task, scope: str, days: int) -> None:
        old = existing(sim, scope)
        sim.advance(days * DAY)
        error = token.fails()
        assert f"The token 'ci' (id {old['id']}) expired at " in error.message
        assert error.message.endswith(f"Z and cannot be renewed{HINT}")
        assert predicted_and_done(sim, token, recreate="state_change")["actions"] == ["recreated"]
        assert [(one["id"] != old["id"], one["type"]) for one in tokens(sim)] == [(True, TYPES[scope])]

    def test_of_a_renewable_one(self, sim: Simulator, token: Task) -> None:
        old = existing(sim)
        sim.advance(91 * DAY)
        error = token.fails()
        assert f"The token 'ci' (id {old['id']}) could only be renewed until " in error.message
        assert error.message.endswith(f"Z{HINT}")
        assert predicted_and_done(sim, token, recreate="state_change")["actions"] == ["recreated"]

    def test_is_not_there_a_second_before(self, sim: Simulator, token: Task) -> None:
        existing(sim, "one_touch")
        sim.advance(7 * DAY - 60)
        assert token(recreate="state_change")["changed"] is False

    def test_of_one_that_is_to_be_removed_anyway(self, sim: Simulator, token: Task) -> None:
        existing(sim, "one_touch")
        sim.advance(8 * DAY)
        assert token(state="absent")["actions"] == ["revoked"]


def test_state_change_leaves_a_good_token_alone(sim: Simulator, token: Task) -> None:
    old = existing(sim)
    result = token(recreate="state_change", scope="hyperscale")
    assert (result["actions"], result["token"]["id"]) == (["updated"], old["id"])
    sim.clear_requests()
    assert token(recreate="state_change", scope="hyperscale")["changed"] is False
    assert transcript(sim) == UNCHANGED


class TestRolledBack:
    """Nothing new came into being, so the old token has its name back."""

    def refused(self, sim: Simulator, token: Task, old: dict[str, Any], **arguments: Any) -> str:
        error = token.fails(recreate="always", **arguments)
        # An error inside HTTP 200 may follow work that was done: the list tells.
        listed = [LIST] if "HTTP 200" in error.message else []
        assert transcript(sim) == [LOGIN, LIST, update(old["id"]), CREATE, *listed, update(old["id"]), LOGOUT]
        assert bodies(sim, "PUT", "AccessToken/") == [{"tokenName": f"ci.replaced-{old['id']}"}, {"tokenName": "ci"}]
        assert [(one["id"], one["name"], one["access_token"]) for one in tokens(sim)] == [(old["id"], "ci", old["access_token"])]
        assert token.warnings == []
        return error.message

    @pytest.mark.parametrize("style", ["http200", "http200 nested", "http200 flat", "http400"])
    def test_when_the_server_refuses(self, sim: Simulator, token: Task, style: str) -> None:
        sim.set(commandcenter_version="11.40", commandcenter_error_style=style)
        assert "Token type is not supported" in self.refused(sim, token, existing(sim), scope="hyperscale")

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
    def test_whatever_it_says(self, sim: Simulator, token: Task, status: int) -> None:
        old = existing(sim)
        sim.fault("status", method="POST", path="AccessToken$", code=status, headers={"Retry-After": "60"})
        assert f"HTTP {status}" in self.refused(sim, token, old)

    def test_a_time_that_the_server_s_clock_refuses_renames_nothing(self, sim: Simulator, token: Task) -> None:
        existing(sim)
        assert "is not in the future" in token.fails(recreate="always", renewable_until="2001-01-01").message
        assert transcript(sim) == UNCHANGED

    def test_and_if_it_cannot_there_is_a_warning(self, sim: Simulator, token: Task) -> None:
        old = existing(sim)
        sim.fault("status", method="POST", path="AccessToken$", code=400)
        sim.fault("status", method="PUT", path="AccessToken/", code=403, after=1)
        error = token.fails(recreate="always")
        assert "HTTP 400" in error.message
        assert len(token.warnings) == 1
        assert token.warnings[0].endswith(f"the token {old['id']} is still named 'ci.replaced-{old['id']}'")
        # The next run finds the name free, and ends what was left.
        result = token()
        assert result["actions"] == ["created"]
        assert names(sim) == ["ci"]
        assert not sim.check(old["access_token"])

    def test_a_rename_that_is_refused_changes_nothing(self, sim: Simulator, token: Task) -> None:
        old = existing(sim)
        sim.fault("status", method="PUT", path="AccessToken/", code=403, times=0)
        message = token.fails(recreate="always").message
        assert "HTTP 403" in message
        assert "must be renamed before its successor is created, and the server refused that; nothing else was changed" in message
        # The second name is for servers that do not take long ones.
        assert bodies(sim, "PUT", "AccessToken/") == [{"tokenName": f"ci.replaced-{old['id']}"}, {"tokenName": f"replaced-{old['id']}"}]
        assert transcript(sim) == [LOGIN, LIST, update(old["id"]), update(old["id"]), LOGOUT]
        assert names(sim) == ["ci"]


class TestRevokeFails:
    @pytest.mark.parametrize("status", [400, 403, 500])
    def test_the_new_token_is_returned_all_the_same(self, sim: Simulator, token: Task, status: int) -> None:
        old = existing(sim)
        sim.fault("status", method="DELETE", path="AccessToken/", code=status)
        result = token(recreate="always")
        assert (result["actions"], result["replaced_id"], result["secret_available"]) == (["recreated"], old["id"], True)
        assert sim.check(result["token"]["access_token"])
        assert sorted(names(sim)) == ["ci", f"ci.replaced-{old['id']}"]
        assert len(token.warnings) == 1
        assert token.warnings[0].endswith(f"the replaced token {old['id']} (ci.replaced-{old['id']}) was not revoked and still works")

    def left_over(self, sim: Simulator, token: Task) -> dict[str, Any]:
        old = existing(sim)
        sim.fault("status", method="DELETE", path="AccessToken/", code=403)
        token(recreate="always")
        sim.clear_requests()
        return old

    def test_the_next_replacement_ends_it(self, sim: Simulator, token: Task) -> None:
        old = self.left_over(sim, token)
        predicted_and_done(sim, token, recreate="always")
        assert revoke(old["id"]) in transcript(sim)
        assert names(sim) == ["ci"]

    def test_absent_ends_it(self, sim: Simulator, token: Task) -> None:
        self.left_over(sim, token)
        assert predicted_and_done(sim, token, state="absent")["actions"] == ["revoked"]
        assert names(sim) == []

    def test_a_run_without_a_secret_to_offer_leaves_it_to_its_users(self, sim: Simulator, token: Task) -> None:
        old = self.left_over(sim, token)
        token.warnings.clear()
        result = predicted_and_done(sim, token)
        assert (result["changed"], transcript(sim)) == (False, UNCHANGED)
        assert len(names(sim)) == 2
        assert token.warnings == [
            f"The token 'ci.replaced-{old['id']}' was replaced by an earlier run and still works; when nothing uses it any more, "
            f"revoke it with id: {old['id']} and state: absent"
        ]
        token(name=None, id=old["id"], state="absent")
        assert names(sim) == ["ci"]

    def test_a_name_that_only_looks_like_it_is_somebody_else_s(self, sim: Simulator, token: Task) -> None:
        other = sim.commandcenter_create("ci.replaced-4711")
        existing(sim)
        token(recreate="always")
        token(state="absent")
        assert [one["id"] for one in tokens(sim)] == [other["id"]]
