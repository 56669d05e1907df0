# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's sessions: opened, counted, limited and ended."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .answers import Answer, Call, json_answer
from .clock import Clock
from .cohesity_asking import V2, Asking, Route
from .cohesity_credentials import Credential, credential_of
from .cohesity_login import CohesityLogin, otp_of
from .cohesity_refusal import RefusedError, fields_of
from .minting import Mint
from .switches import Switches


class Sessions:
    def __init__(self, clock: Clock, switches: Switches, mint: Mint, login: CohesityLogin) -> None:
        self.clock, self.switches, self.mint, self.login = clock, switches, mint, login
        self.reset()

    def reset(self) -> None:
        self.ever: dict[str, Credential] = {}
        self.bare_deletes: list[dict[str, Any]] = []

    def state(self) -> dict[str, Any]:
        every = [session.as_dict(self.clock.now(), self.inactivity) for session in self.ever.values()]
        return {
            "sessions": [session for session in every if session["alive"]],
            "all_sessions": every,
            # A DELETE without arguments ends every session on the system. No client of ours may ever send it.
            "bare_session_deletes": self.bare_deletes,
        }

    def routes(self) -> list[Route]:
        return [
            ("GET", V2 + "/users/sessions", self.count),
            ("DELETE", V2 + "/users/sessions", self.delete),
            (".*", V2 + "/users/sessions", self.wrong_method),
        ]

    @property
    def inactivity(self) -> float:
        return float(self.switches["cohesity_session_inactivity"])

    def end_of(self, session: Credential) -> str | None:
        return session.end(self.clock.now(), self.inactivity)

    def live(self) -> list[Credential]:
        return [session for session in self.ever.values() if self.end_of(session) is None]

    def create(self, call: Call) -> Answer:
        if not (self.switches["cohesity_session_management"] or self.switches["cohesity_sessions_always"]):
            raise RefusedError("Access denied")
        body = fields_of(call)
        # Sessions take the code flat, but spell its type as the rest of v2 does.
        user = self.login.check(body, otp_of(body, ("totp", "email", "salesforce")))
        lifetime = self.switches["cohesity_session_lifetime"]
        session = credential_of(user, self.mint.secret(), self.switches, self.clock.now(), lifetime, api_version="v2", kind="session")
        self._check_limits(session)
        self.ever[session.secret] = session
        return json_answer({"sessionId": session.secret}, 201)

    def _check_limits(self, session: Credential) -> None:
        switches, live = self.switches, self.live()
        mine = sum(1 for one in live if one.sid == session.sid)
        for limit, count in ((switches["cohesity_sessions_per_user"], mine), (switches["cohesity_sessions_in_all"], len(live))):
            if limit and count >= limit:
                status = switches["cohesity_session_limit_status"]
                raise RefusedError("The maximum number of active sessions has been reached.", status)

    def count(self, _asking: Asking) -> Answer:
        live = self.live()
        counts = Counter((one.sid, one.username) for one in live)
        users = [{"sid": sid, "username": name, "sessionsCount": count} for (sid, name), count in counts.items()]
        return json_answer({"sessionsPerUser": users, "totalSessionsCount": len(live)})

    def delete(self, asking: Asking) -> Answer:
        query, who = asking.call.query, asking.who
        if query.get("current", "").lower() == "true":
            ended, why = [one for one in self.live() if one.secret == who.secret], "current"
        elif query.get("sid"):
            ended, why = [one for one in self.live() if one.sid == query["sid"]], "sid"
        else:
            ended, why = self.live(), "bare"
            self.bare_deletes.append({"at": self.clock.now(), "by": who.username, "ended": len(ended)})
        for session in ended:
            session.death = why
        return Answer(204)

    def wrong_method(self, _asking: Asking) -> Answer:
        raise RefusedError("Method not allowed.", 405, "KMethodNotAllowed")
