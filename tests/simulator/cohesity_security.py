# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's security configuration, which shows and sets some of the switches."""

from __future__ import annotations

from typing import Any

from .answers import Answer, json_answer
from .cohesity_asking import V2, Asking, Route
from .cohesity_refusal import RefusedError, fields_of, forbidden
from .switches import Switches

NEEDED = {"SECURITY_ADVISOR_VIEW", "TENANT_VIEW"}


class Security:
    def __init__(self, switches: Switches) -> None:
        self.switches = switches

    def routes(self) -> list[Route]:
        return [("GET", V2 + "/security-config", self.get), ("PUT", V2 + "/security-config", self.put)]

    def get(self, asking: Asking) -> Answer:
        if self.switches["cohesity_security_config"] == "privileged" and not set(asking.who.privileges) >= NEEDED:
            raise forbidden("The user lacks the privileges SECURITY_ADVISOR_VIEW and TENANT_VIEW.")
        return json_answer(self._shown())

    def put(self, asking: Asking) -> Answer:
        minutes = fields_of(asking.call).get("authTokenTimeoutMinutes")
        if not isinstance(minutes, int) or minutes <= 0:
            raise RefusedError("authTokenTimeoutMinutes must be a positive number.")
        self.switches.set({"cohesity_lifetime": minutes * 60})
        return json_answer(self._shown())

    def _shown(self) -> dict[str, Any]:
        switches = self.switches
        # What is not limited is left out: the vendor's client wants numbers from 1.
        sessions = {
            "absoluteTimeout": int(switches["cohesity_session_lifetime"]),
            "inactivityTimeout": int(switches["cohesity_session_inactivity"]),
            "sessionLimitPerUser": int(switches["cohesity_sessions_per_user"]),
            "sessionLimitSystemWide": int(switches["cohesity_sessions_in_all"]),
        }
        limited = bool(sessions["sessionLimitPerUser"] or sessions["sessionLimitSystemWide"])
        return {
            "authTokenTimeoutMinutes": int(switches["cohesity_lifetime"] // 60),
            "sessionManagementEnabled": switches["cohesity_session_management"],
            "sessionConfiguration": {"limitSessions": limited, **{name: value for name, value in sessions.items() if value}},
            "accountLockout": {
                "maxFailedLoginAttempts": switches["cohesity_lockout_attempts"],
                "failedLoginLockTimeDurationMins": int(switches["cohesity_lockout_seconds"] // 60),
            },
        }
