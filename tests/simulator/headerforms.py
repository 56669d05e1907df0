# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms in which a request can carry an access token."""

from __future__ import annotations

from .answers import Call


def carried(call: Call) -> tuple[str, str]:
    """(form, secret) of the access token that a request carries; the form is `none` when there is none.

    A login's Authtoken is no access token. "Bearer" may be left out of Authorization, which is then a form of its own: `plain`.
    """
    authtoken, authorization = call.headers.get("authtoken", ""), call.headers.get("authorization", "")
    if authtoken and not authtoken.startswith(("QSDK ", "SAML ")):
        scheme, _space, secret = authtoken.partition(" ")
        return ("authtoken_bearer", secret) if scheme.lower() == "bearer" else ("authtoken", authtoken)
    if authorization:
        scheme, _space, secret = authorization.partition(" ")
        return ("bearer", secret) if scheme.lower() == "bearer" else ("plain", authorization)
    return "none", ""


def takes(accepted: str | list[str], form: str) -> bool:
    """Whether a server with this switch takes the form."""
    return accepted == "any" or form in ([accepted] if isinstance(accepted, str) else accepted)
