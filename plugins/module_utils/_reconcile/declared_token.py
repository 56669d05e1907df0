# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One declared Command Center token of a task: the engine with the product's calls, record and result."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._commandcenter.access_tokens import AccessTokens
from .._commandcenter.stored import OPTIONAL_IDENTITY, RECORD_KIND, identity
from .declared import Kept, Task, outcome_result, reconcile_declared
from .desired_token import DesiredToken
from .execute import Outcome


def reconcile_token(tokens: AccessTokens, desired: DesiredToken, store: Mapping[str, t.Any] | None, task: Task) -> Outcome:
    """Bring one token to its desired state, with its secret in the store that the option names; raises ApiError."""
    whose = identity(tokens.server.url, desired.name or "", desired.user_id, task.username, task.domain)
    return reconcile_declared(tokens, desired, Kept(RECORD_KIND, whose, OPTIONAL_IDENTITY), store, task)


def token_result(outcome: Outcome, tokens: AccessTokens) -> dict[str, t.Any]:
    """The result for one token, its secrets among them."""
    server = tokens.server
    return outcome_result(outcome, "token", lambda token: token.public(server.server_time(), server.url, server.auth_header))
