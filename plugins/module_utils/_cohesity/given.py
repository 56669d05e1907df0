# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credential a task hands over, and whether it belongs to the cluster and the login that the task names."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._errors import ApiError
from .credential import ApiKey, Credential
from .login import Login
from .session import Session
from .token import Token


def given_credential(
    api_key: str | None, token: Mapping[str, t.Any] | None, session: Mapping[str, t.Any] | None, login: Login, cluster: str
) -> Credential | None:
    """The credential in the options, None where they hold none; one without its secret, as check mode predicts it, counts as none.

    cluster: host and port. Raises ApiError for two, and for one of another cluster or user: nothing has been sent by then.
    """
    found: dict[str, Credential | None] = {
        "api_key": ApiKey(api_key) if api_key else None,
        "token": Token.from_values(token),
        "session": Session.from_values(session),
    }
    _check_is_whole("token", "access_token", token, found["token"])
    _check_is_whole("session", "session_id", session, found["session"])
    given = [name for name, credential in found.items() if credential is not None]
    if len(given) > 1:
        raise ApiError(f"{' and '.join(given)} exclude each other: give one credential")
    credential = next((one for one in found.values() if one is not None), None)
    if isinstance(credential, (Token, Session)):
        check_account(given[0], credential, login, cluster)
    return credential


def check_account(option: str, credential: Token | Session, login: Login, cluster: str) -> None:
    """Raise ApiError unless the credential is of this cluster and, where there is a login beside it, of the same user.

    A secret goes to the server that has issued it, and to no other. A login that replaces the credential must not act as somebody else.
    """
    account = credential.account
    if account.cluster != cluster:
        raise ApiError(f"{option}: it belongs to cluster {account.cluster!r}, not to {cluster!r}, so nothing was sent")
    difference = login.account(cluster).difference(account.identity()) if login.is_given else None
    if difference:
        raise ApiError(f"{option}: it belongs to {difference}, so nothing was sent; give the login of the same user, or none")


def _check_is_whole(option: str, key: str, given: Mapping[str, t.Any] | None, credential: Credential | None) -> None:
    if credential is None and (given or {}).get(key):
        raise ApiError(f"{option}: a part is missing, so it is not known where it belongs; hand back what the module has returned")
