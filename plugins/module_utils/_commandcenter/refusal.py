# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Command Center means by refusing a login, in the words of the server and with what to do about it."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.messages import error_details
from .._time import from_api

# Where there is no such path, or it takes no login: the server is another one.
_MISSING_ENDPOINT = (404, 405, 501)
_VERDICTS = (400, 401, 403)
# Where servers are known to have their API (vendor documents), in lower case. The root is the SaaS's.
_API_PATHS = ("", "/commandcenter/api", "/webconsole/api", "/searchsvc/cvwebservice.svc")


def missing_login(username: str | None, password: str | None) -> str:
    """The message for a task without a login, naming what is missing; "" where a user name and a password are given."""
    missing = [name for name, value in (("username", username), ("password", password)) if not value]
    if not missing:
        return ""
    options = " and ".join(f"{name} (or COMMANDCENTER_{name.upper()})" for name in missing)
    return f"managing access tokens needs a login: username and password, or auth_token; {options} {'is' if len(missing) == 1 else 'are'} missing or empty"


def login_refusal(answer: Mapping[str, t.Any], username: str | None, has_otp_code: bool, excerpt: Callable[[str], str]) -> str:
    """The message for a login whose response is HTTP 200 without a token. excerpt: makes a server's words fit to be shown."""
    errors = answer.get("errList")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    words = error_details(first)[1] or error_details(answer)[1]
    words = excerpt(words).rstrip(".") if words else "the response holds no token"
    if answer.get("isAccountLocked") or first.get("isAccountLocked"):
        seconds = from_api(answer.get("remainingLockTime") or first.get("remainingLockTime"))
        return f"{words}. The account of user {username!r} is locked" + (f" for another {seconds} s" if seconds else "; have an administrator unlock it")
    return f"{words}. {_what_to_do(username, has_otp_code)}"


def explain_login(error: ApiError, url: str, username: str | None, has_otp_code: bool) -> ApiError:
    """The error of a login whose response is another status than 200, with what to do about it. url: the base address of the API."""
    if error.status in _MISSING_ENDPOINT:
        return error.explained(
            "There is no Command Center API at this address: check url and its path. A Cohesity cluster goes into the option cluster of the "
            "modules dataprotection.access.cohesity_*"
        )
    if error.status not in _VERDICTS:
        return error
    return error.explained(_what_to_do(username, has_otp_code) + (_path_hint(url) if error.status == 401 else ""))


def _path_hint(url: str) -> str:
    """What to say of a path that may be the reason why a login is refused."""
    path = urlsplit(url).path
    if path.rstrip("/").lower() in _API_PATHS:
        return ""
    return f". Check url first: its path {path} is not a usual one for the Command Center API, and servers respond to unknown paths with 401 too"


def _what_to_do(username: str | None, has_otp_code: bool) -> str:
    """The sentence after a server's verdict. Some servers say the same for a missing one-time password as for a wrong password."""
    sentence = f"The login of user {username!r} was refused. It is not repeated, because repeated failed logins lock the account"
    if any(mark in (username or "") for mark in "@\\"):
        sentence += ". If the user belongs to a directory, set username to the name alone and domain to the domain"
    if has_otp_code:
        return f"{sentence}. A one-time password can be used once and expires quickly: set otp_code to a new one"
    return f"{sentence}. If multi-factor authentication is enabled for this user, otp_code is required"
