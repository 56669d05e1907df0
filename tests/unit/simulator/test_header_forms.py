# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which headers carry an access token, and the sticky balancer in front of the logins."""

from __future__ import annotations

import pytest

from tests.simulator import Simulator
from tests.unit.simulator.clients import CommandCenter


def headers(form: str, token: str) -> dict[str, str]:
    forms = {"bearer": {"Authorization": f"Bearer {token}"}, "authtoken": {"Authtoken": token}, "authtoken_bearer": {"Authtoken": f"Bearer {token}"}}
    return forms.get(form, {})


def takes(accepted: str | list[str], form: str) -> bool:
    return form in accepted if isinstance(accepted, list) else accepted in ("any", form)


FORMS = ["bearer", "authtoken", "authtoken_bearer", "none"]


@pytest.mark.parametrize("accepted", ["any", *FORMS, ["authtoken", "none"]])
@pytest.mark.parametrize("refused", [401, 403])
def test_renew_takes_the_forms_it_is_set_to_and_does_not_rotate_otherwise(
    commandcenter: CommandCenter, sim: Simulator, accepted: str | list[str], refused: int
) -> None:
    sim.set(commandcenter_renew_auth=accepted, commandcenter_auth_refused=refused)
    for form in FORMS:
        pair = commandcenter.created(form)
        status = CommandCenter(sim).renew(pair, headers=headers(form, pair["accessToken"])).status_code
        taken = takes(accepted, form)
        assert status == (200 if taken else refused), form
        assert bool(sim.state()["commandcenter"]["tokens"][-1]["chain"]) == taken


@pytest.mark.parametrize("accepted", ["any", "bearer", "authtoken", "authtoken_bearer", ["bearer", "authtoken"]])
@pytest.mark.parametrize("refused", [401, 403])
def test_ordinary_calls_take_the_forms_they_are_set_to(commandcenter: CommandCenter, sim: Simulator, accepted: str | list[str], refused: int) -> None:
    token = commandcenter.created()["accessToken"]
    sim.set(commandcenter_use_auth=accepted, commandcenter_auth_refused=refused)
    for form in FORMS[:3]:
        for method, path in (("GET", "/client"), ("POST", "/WhoAmI")):
            status = CommandCenter(sim)(method, path, headers=headers(form, token)).status_code
            taken = takes(accepted, form)
            assert status == (200 if taken else refused), form
    assert commandcenter("GET", "/client").status_code == 200  # a login is not concerned


class TestStickyBalancer:
    def test_a_login_works_with_its_cookie_only(self, sim: Simulator) -> None:
        sim.set(commandcenter_sticky=True)
        client = CommandCenter(sim)
        assert client.login().cookies
        assert client("GET", "/client").status_code == 200
        client.session.cookies.clear()
        assert client("GET", "/client").status_code == 401
        assert client("POST", "/Logout").status_code == 401
        assert len(sim.state()["commandcenter"]["logins"]) == 1

    def test_the_cookie_ends_it_and_access_tokens_need_none(self, sim: Simulator) -> None:
        sim.set(commandcenter_sticky=True)
        client = CommandCenter(sim)
        client.login()
        token = client.created()["accessToken"]
        assert client("POST", "/Logout").status_code == 200
        client.session.cookies.clear()
        assert client.use(token) == 200


def test_the_state_tells_every_login_and_its_end(sim: Simulator) -> None:
    sim.set(commandcenter_login_lifetime=60)
    clients = [CommandCenter(sim) for _dummy in range(2)]
    for client in clients:
        client.login()
    clients[0]("POST", "/Logout")
    sim.advance(61)
    ends = [(login["owner"], login["alive"], login["death"]) for login in sim.state()["commandcenter"]["all_logins"]]
    assert ends[2:] == [("svc-ansible", False, "logout"), ("svc-ansible", False, "expired")]
    assert all(alive for _owner, alive, _death in ends[:2])  # from another sign-on
