# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One authenticated request as the cluster's parts see it, and how a part names its calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .answers import Answer, Call
from .cohesity_credentials import Credential

V1 = "/irisservices/api/v1"
V2 = "/v2"


@dataclass
class Asking:
    call: Call
    who: Credential
    tenant: str = ""  # from x-impersonate-tenant-id
    cluster: str = ""  # from accessClusterId, on Helios

    @property
    def v2(self) -> bool:
        return self.call.path.lower().startswith(V2 + "/")

    @property
    def space(self) -> str:
        """Which cluster's and tenant's objects the request works on."""
        return f"{self.cluster}|{self.tenant}"


# (method, regex for the whole path in any case, handler): the groups of the regex follow the asking.
Route = tuple[str, str, Callable[..., Answer]]
