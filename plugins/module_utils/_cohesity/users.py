# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the users of a cluster are: the security identifier (SID) of the login's own user, and of one that a task names."""

from __future__ import annotations

import typing as t
from urllib.parse import urlencode

from .._errors import ApiError
from .cluster import VERIFY_PATH
from .scope import Send

USERS_PATH = "/v2/users"


def check_owner(owner: str | None, owner_domain: str, owner_sid: str | None) -> None:
    """Raise ApiError unless the options name at most one owner, in a form that can be looked up."""
    if owner and owner_sid:
        raise ApiError("owner and owner_sid exclude each other: name the owner in one way")
    if owner_sid and not is_sid(owner_sid):
        raise ApiError(f"owner_sid: {owner_sid!r} is not a SID, such as S-1-100-21-12345678-87654321-1")
    if owner and not owner_domain.strip():
        raise ApiError("owner_domain is empty: give the domain of owner, which is LOCAL for the cluster's own users")


def owner_of(send: Send, owner: str | None, owner_domain: str, owner_sid: str | None) -> str:
    """The SID of the user that the options name, or of the login's own one; at most one request. Raises ApiError."""
    if owner_sid:
        return owner_sid
    return sid_of(send, owner.strip(), owner_domain.strip()) if owner else own_sid(send)


def own_sid(send: Send) -> str:
    """The SID of the user that the credential belongs to; raises ApiError."""
    user = send("GET", VERIFY_PATH).data
    sid = _sid_of(user)
    if sid is None:
        raise ApiError("The cluster does not report which user this login is: set owner_sid to the key's owner")
    return sid


def sid_of(send: Send, name: str, domain: str) -> str:
    """The SID of a user by name and domain; raises ApiError where there is not exactly one."""
    query = urlencode({"usernames": name, "domain": domain})
    try:
        document = send("GET", f"{USERS_PATH}?{query}").data
    except ApiError as error:
        if error.status == 403:
            raise error.explained("This login may not look users up: give owner_sid in the place of owner") from None
        raise
    users = document.get("users") if isinstance(document, dict) else document
    found = {_sid_of(user) for user in (users if isinstance(users, list) else []) if _is_user(user, name, domain)} - {None}
    if len(found) != 1:
        what = "There is no user" if not found else "There are several users"
        raise ApiError(f"owner: {what} {name!r} in domain {domain!r} on this cluster, so nothing was changed; check owner and owner_domain, or give owner_sid")
    return str(found.pop())


def is_sid(value: t.Any) -> bool:
    """Whether the value can stand in a path as a SID."""
    return isinstance(value, str) and bool(value) and value.isascii() and value.replace("-", "").replace("_", "").replace(".", "").isalnum()


def _sid_of(user: t.Any) -> str | None:
    sid = user.get("sid") if isinstance(user, dict) else None
    return sid if is_sid(sid) and str(sid).strip(".") else None


def _is_user(user: t.Any, name: str, domain: str) -> bool:
    """Whether it is that user: clusters were seen to take a name as the beginning of one. A domain that is not told is the one asked for."""
    return isinstance(user, dict) and _folded(user.get("username")) == _folded(name) and _folded(user.get("domain") or domain) == _folded(domain)


def _folded(text: t.Any) -> str:
    return str(text or "").strip().casefold()
