# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one judge of "a single token lives, and the store holds its newest secret". It asks the simulator, never our own code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulator import Simulator

Token = Mapping[str, Any]
SECRETS = ("access_token", "refresh_token")


def secrets_of(document: Mapping[str, Any]) -> tuple[str, str | None]:
    """The pair of a token of the simulator, of a record, or of a result."""
    return document["access_token"], document["refresh_token"]


def check_claims_ended(record: Mapping[str, Any]) -> None:
    """No run is at work on the token, and nothing is left for the next run to settle."""
    assert (record["pending"], record["suspect_since"]) == (None, None)


def check_one_token(sim: Simulator, live: Sequence[Token], record: Mapping[str, Any] | None, name: str, returned: Mapping[str, Any] | None = None) -> Token:
    """I2, at rest: of the tokens under test one lives, under its name, and works; the store holds its pair, and so does `returned`, where given.

    live: the tokens under test that the simulator knows as alive. Returns that token.
    """
    assert record is not None, "the store holds no record"
    check_claims_ended(record)
    assert len(live) == 1, f"{len(live)} live tokens: {[(token['id'], token['name']) for token in live]}"
    (token,) = live
    assert token["name"] == name
    truth = (token["id"], *secrets_of(token))
    assert (record["id"], *secrets_of(record)) == truth, f"the store does not hold the newest secret of token {token['id']}"
    if returned is not None:
        assert (returned["id"], *secrets_of(returned)) == truth, f"the run did not return the newest secret of token {token['id']}"
    assert works(sim, token["access_token"])
    return token


def works(sim: Simulator, secret: str) -> bool:
    """Whether the secret opens its server, of whichever product."""
    return sim.check(secret) or sim.check_cohesity(secret)


def check_no_chain_died(sim: Simulator) -> None:
    """I1, as the server sees it: nobody sent an older pair to Renew, which would have deleted the whole chain."""
    state = sim.state()["commandcenter"]
    assert not state["mails"], state["mails"]
    assert not [token["id"] for token in state["tokens"] if token["death"] == "chain"]
