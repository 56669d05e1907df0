# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection of a task to its cluster, from the options that all modules which call one have."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from .._memory import Memory
from .._options import TRANSPORT_OPTIONS, pick
from .cluster import Cluster
from .credential import Credential
from .login import Login
from .memory import newest_session, sharing
from .session import Session


def connect(
    params: Mapping[str, t.Any], login: Login, credential: Credential | None, memory: Memory | None, warn: Callable[[str], None], login_with: str = "auto"
) -> Cluster:
    """The cluster that the options name, for calls with the credential or, where there is none, with the login that the run shares.

    login_with: as in Cluster. Raises ApiError where the address is none.
    """
    carried = newest_session(memory, credential) if isinstance(credential, Session) else credential
    options = {"credential": carried, "api_version": params["api_version"], "login_with": login_with, **sharing(memory, credential)}
    return Cluster(params["cluster"], login, **options, warn=warn, **pick(params, TRANSPORT_OPTIONS))
