# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster means by refusing a login or a call: whether a login can help, which kind of login it wants, what to tell the user."""

from __future__ import annotations

from .._errors import ApiError
from .login import Login

MFA_SETUP_ONLY = "multi-factor authentication"
# What calls with an API key are told (seen in the field). No login replaces a key.
_API_KEY_WORDS = ("api key", "invalid header value")
# Where a cluster, or its release, does not know the request at all.
_MISSING_ENDPOINT = (404, 405, 501)


def cluster_words(error: ApiError) -> str:
    """What the cluster itself said, in lower case: the address before it may hold any word."""
    return error.message.partition(": HTTP ")[2].lower()


def is_curable(error: ApiError) -> bool:
    """Whether a new login can make the refused call work. Only HTTP 401 can mean an expired credential; its texts differ by release.

    Other meanings of 401 have been seen: a user who must first set up multi-factor authentication, and API keys that are not known.
    """
    words = cluster_words(error)
    return error.status == 401 and MFA_SETUP_ONLY not in words and not any(text in words for text in _API_KEY_WORDS)


def wants_other_login(error: ApiError) -> bool:
    """Whether a login failed because the cluster does not offer this kind of login, which says nothing about the password.

    With session management on, access tokens are refused with "Access denied" (v1 and field reports) or a sentence that names session
    management (v2); with it off, sessions are refused with "Access denied".
    """
    return error.status in _MISSING_ENDPOINT or _is_about_sessions(error)


def is_verdict(error: ApiError) -> bool:
    """Whether a login failed because of what was sent, so that the same login must not be sent again: repeated failed logins lock the account."""
    return error.status in (400, 401, 403) and not _is_about_sessions(error)


def explain_token_login(error: ApiError, login: Login, api_version: str) -> ApiError:
    """The error of a login for an access token, with what to do about it."""
    if error.status in _MISSING_ENDPOINT:
        other = {"v1": "v2", "v2": "v1"}[api_version]
        return error.explained(f"This cluster does not offer API {api_version}; try api_version: {other}")
    if _is_about_sessions(error):
        return error.explained(
            "Session management is enabled on this cluster, which switches access tokens off; the password was not judged. Use "
            "dataprotection.access.cohesity_session instead, or have session management disabled"
        )
    return _explain_refusal(error, login)


def explain_session_login(error: ApiError, login: Login) -> ApiError:
    """The error of a login for a session, with what to do about it."""
    if wants_other_login(error):
        return error.explained(
            "This cluster offers no sessions, because session management is disabled on it; the password was not judged. Use "
            "dataprotection.access.cohesity_access_token instead"
        )
    return _explain_refusal(error, login)


def explain_call(error: ApiError, kind: str) -> ApiError:
    """The error of a call whose credential was refused, with what to do about it. kind: of the credential."""
    if error.status != 401:
        return error
    if MFA_SETUP_ONLY in cluster_words(error):
        return error.explained(
            "This user must set up multi-factor authentication first: sign in to the cluster's web interface once, or use an API key. A new login does not help"
        )
    if kind == "API key":
        return error.explained("The API key was not accepted: check that it exists on this cluster, is active and has not expired")
    if not is_curable(error):
        return error.explained("A new login does not help")
    return error.explained(f"The {kind} was not accepted: it has expired, or was ended by somebody else")


def _is_about_sessions(error: ApiError) -> bool:
    words = cluster_words(error)
    return error.status == 400 and ("access denied" in words or "session management" in words)


def _explain_refusal(error: ApiError, login: Login) -> ApiError:
    words = cluster_words(error)
    if MFA_SETUP_ONLY in words and error.status == 401:
        return explain_call(error, "login")
    if "open id token" in words:
        return error.explained("Helios takes no user name and password: give api_key")
    if "session" in words and ("maximum" in words or "limit" in words):
        return error.explained(
            "Too many sessions are open: end those that nobody needs (dataprotection.access.cohesity_session with state: absent), or wait until they time out"
        )
    if "password" in words and "must be changed" in words:
        return error.explained("Change the password, or set skip_force_password_change: true")
    if error.status == 400 and "mandatory parameters" in words:
        return error.explained("Where multi-factor authentication is on, the login also needs otp_code")
    if "otp" in words:
        return error.explained("The one-time password was not accepted: check otp_code, otp_type and the clock of the device that made it")
    if error.status not in (400, 401, 403):
        return error
    sentence = f"The login of {login} was refused. It is not repeated, because repeated failed logins lock the account"
    if not login.certificate and any(mark in (login.username or "") for mark in "@\\"):
        sentence += ". A domain is not read from the user name: give the name alone in username, and the domain in domain"
    return error.explained(sentence)
