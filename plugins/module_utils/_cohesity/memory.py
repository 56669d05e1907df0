# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins to Cohesity in the run's memory: which login the options stand for, and how tokens and sessions are kept there."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._memory import MemoryKey, RunCredential
from .cluster import cluster_url

# The secret by itself, what repeats it, and what is wrong a second later.
_LEFT_OUT = ("access_token", "session_id", "headers", "expires_in")


def memory_key(params: Mapping[str, t.Any]) -> MemoryKey | None:
    """The login that a module's options stand for; None when they hold none. Raises ApiError when the address is none."""
    if not params["certificate"] and not (params["username"] and params["password"]):
        return None
    return MemoryKey(
        server=cluster_url(params["cluster"]),
        username=params["username"],
        domain=params["domain"],
        tenant=params.get("tenant"),
        tls=(params["validate_certs"], params["ca_path"], params["use_proxy"]),
        credentials=(params["password"], params["certificate"], params["private_key"]),
        one_time=params["otp_code"],
    )


def to_memory(public: Mapping[str, t.Any]) -> RunCredential:
    """A token or session as modules return it, for the run's memory."""
    kind, secret = ("session", public["session_id"]) if "session_id" in public else ("token", public["access_token"])
    return RunCredential(kind, secret, {key: value for key, value in public.items() if key not in _LEFT_OUT})


def from_memory(credential: RunCredential) -> dict[str, t.Any]:
    """What to_memory() was given, without headers and expires_in."""
    return {**credential.details, "session_id" if credential.kind == "session" else "access_token": credential.secret}
