# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Cohesity session: what a login returns where session management replaces access tokens; and its public form."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from .._errors import ApiError
from .._http.messages import check_secret, is_header_text
from .._time import from_api, from_iso, iso
from .credential import returned_secret
from .login import Account, account_of


@dataclass(frozen=True)
class Session:
    """A session of one account. created_at: epoch seconds on the cluster's clock, or None when it is not known."""

    kind: t.ClassVar[str] = "session"
    session_id: str = field(repr=False)
    account: Account
    created_at: int | None = None

    def __post_init__(self) -> None:
        # An empty header would turn "end this session" into a request without a session.
        if not is_header_text(self.session_id):
            raise ApiError("session: session_id is empty, or holds characters that cannot stand in a header")

    @property
    def secret(self) -> str:
        return self.session_id

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the session, ready for ansible.builtin.uri."""
        return {"session-id": self.session_id}

    @classmethod
    def from_wire(cls, response: t.Any, account: Account, now: float, call: str) -> Session:
        """The session in the response to a login at this time; raises ApiError when there is none."""
        if not isinstance(response, dict):
            raise ApiError(f"{call}: the response is not a JSON object", maybe_applied=True)
        return cls(check_secret(response.get("sessionId"), "sessionId", call), account, from_api(now))

    @classmethod
    def from_values(cls, values: Mapping[str, t.Any] | None) -> Session | None:
        """The session in a dict as public() wrote it, of whatever account; None when a part that it needs is missing.

        Raises ApiError when a header cannot carry it.
        """
        values = values or {}
        session_id = returned_secret(values, "session_id", "session")
        account = account_of(values)
        if account is None or session_id is None:
            return None
        return cls(session_id, account, from_api(from_iso(values.get("created_at"))))

    def public(self) -> dict[str, t.Any]:
        """The session as users get it; times in ISO 8601."""
        return {"session_id": self.session_id, "headers": self.headers, **self.account.identity(), "created_at": iso(self.created_at)}
