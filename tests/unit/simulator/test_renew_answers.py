# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real servers answer to Renew."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.simulator import Simulator
from tests.unit.simulator.clients import CommandCenter, message


def token(sim: Simulator) -> dict[str, Any]:
    return dict(sim.state()["commandcenter"]["tokens"][0])


def test_broken_json_holds_the_new_pair(commandcenter: CommandCenter, sim: Simulator) -> None:
    sim.set(commandcenter_renew_answer="broken")
    text = commandcenter.renew(commandcenter.created()).text
    with pytest.raises(ValueError, match=r".+"):
        json.loads(text)
    assert 'tokenExpiryTimes}amp"' in text
    assert "\r" in text
    pair = {key: re.findall(rf'"{key}": "([^"]+)"', text) for key in ("accessToken", "refreshToken")}
    assert pair == {"accessToken": [token(sim)["access_token"]], "refreshToken": [token(sim)["refresh_token"]]}
    assert len(token(sim)["chain"]) == 1


def test_expires_in_stands_in_place_of_the_time(commandcenter: CommandCenter, sim: Simulator) -> None:
    sim.set(commandcenter_renew_answer="expires_in", commandcenter_access_lifetime=600)
    answer = commandcenter.renew(commandcenter.created()).json()
    assert "tokenExpiryTimestamp" not in answer
    assert 598 <= answer["expiresIn"] <= 601


@pytest.mark.parametrize("part", ["accessToken", "refreshToken", "tokenExpiryTimestamp"])
def test_a_part_can_be_taken_away(commandcenter: CommandCenter, sim: Simulator, part: str) -> None:
    pair = commandcenter.created()
    sim.fault("patch", path="Renew", changes={part: {"__delete__": True}})
    assert part not in commandcenter.renew(pair).json()
    assert len(token(sim)["chain"]) == 1


@pytest.mark.parametrize("status", [200, 450, 500])
def test_too_late(commandcenter: CommandCenter, sim: Simulator, status: int) -> None:
    sim.set(commandcenter_renew_late=status)
    pair = commandcenter.created()
    sim.advance(15 * 86400)
    response = commandcenter.renew(pair)
    assert (response.status_code, message(response)) == (status, "Renew request placed after the permissible time limit")
    assert (token(sim)["chain"], token(sim)["alive"]) == ([], True)


def test_an_unknown_pair_can_be_404(commandcenter: CommandCenter, sim: Simulator) -> None:
    unknown = {"accessToken": "canary", "refreshToken": "canary"}
    assert commandcenter.renew(unknown).status_code == 200
    sim.set(commandcenter_renew_unknown=404)
    assert commandcenter.renew(unknown).status_code == 404


def test_the_access_token_can_come_back_unchanged(commandcenter: CommandCenter, sim: Simulator) -> None:
    sim.set(commandcenter_renew_access="same")
    pair = commandcenter.created()
    sim.advance(900)
    first = commandcenter.renew(pair).json()
    assert first["accessToken"] == pair["accessToken"]
    assert first["refreshToken"] != pair["refreshToken"]
    assert first["tokenExpiryTimestamp"] > pair["tokenExpiryTimestamp"]
    assert message(commandcenter.renew(first)) == ""
    commandcenter.renew(pair)  # an older refresh token kills the chain all the same
    assert token(sim)["death"] == "chain"


def test_the_old_refresh_token_can_go_on_working(commandcenter: CommandCenter, sim: Simulator) -> None:
    sim.set(commandcenter_renew_refresh="absent")
    pair = commandcenter.created()
    answer = commandcenter.renew(pair).json()
    assert not any(key.startswith("refresh") for key in answer)
    again = commandcenter.renew({"accessToken": answer["accessToken"], "refreshToken": pair["refreshToken"]})
    assert message(again) == ""
    assert token(sim)["alive"]
