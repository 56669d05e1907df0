# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a traceback may show of the types that carry secrets."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.token import Token
from ansible_collections.dataprotection.access.plugins.module_utils._http.client import Response
from ansible_collections.dataprotection.access.plugins.module_utils._http.exchange import Request
from ansible_collections.dataprotection.access.plugins.module_utils._memory import MemoryKey, RunCredential
from ansible_collections.dataprotection.access.plugins.module_utils._store.file_folder import Content
from ansible_collections.dataprotection.access.plugins.module_utils._store.vault import _Version

CANARY = "canary-in-a-repr"
CARRIERS: list[Any] = [
    Token(access_token=CANARY, refresh_token=CANARY),
    Response(200, {"accessToken": CANARY}, content=CANARY.encode()),
    Request("POST", "https://cluster/login?x=1", {"json": {"password": CANARY}}, bool, io.BytesIO(), 1, 1.0, 1.0),
    MemoryKey("cluster", "backup", None, None, (), (CANARY,), CANARY),
    RunCredential("token", CANARY, {}),
    Content(CANARY.encode(), {"access_token": CANARY}, 0.0),
    _Version(1, {"access_token": CANARY}, None),
]


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: type(carrier).__name__)
def test_holds_no_secret(carrier: Any) -> None:
    assert CANARY not in f"{carrier!r} {carrier!s}"
