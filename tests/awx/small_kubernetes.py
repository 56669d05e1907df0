# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Secret of Kubernetes behind its API: as much as a delivery reads and patches (merge patch, RFC 7386)."""

from __future__ import annotations

import base64
import json
import typing as t
from collections.abc import Mapping

from tests.awx.small_server import Answer, SmallServer

PATH = "/api/v1/namespaces/monitoring/secrets/commandcenter"


def merged(old: t.Any, patch: t.Any) -> t.Any:
    if not isinstance(patch, dict):
        return patch
    before = old if isinstance(old, dict) else {}
    both = {key: merged(before.get(key), patch[key]) if key in patch else before[key] for key in {**before, **patch}}
    return {key: value for key, value in both.items() if value is not None}


class SmallKubernetes(SmallServer):
    """`failures`: how many of the next patches are answered with 503 and not done."""

    def __init__(self, token: str) -> None:
        self.secret: dict[str, t.Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "commandcenter"}, "data": {}}
        self.patches = 0
        self.failures = 0
        self._token = token
        super().__init__()

    def handle(self, method: str, target: str, headers: Mapping[str, str], content: bytes) -> Answer:
        if headers.get("Authorization") != f"Bearer {self._token}" or target != PATH:
            return 403, {"kind": "Status"}
        if method == "GET":
            return 200, self.secret
        if headers.get("Content-Type") != "application/merge-patch+json":
            return 415, {"kind": "Status"}
        self.patches += 1
        if self.failures:
            self.failures -= 1
            return 503, {"kind": "Status"}
        document = merged(self.secret, json.loads(content))
        # What is written as text is kept as base64.
        document["data"].update({key: base64.b64encode(value.encode()).decode() for key, value in document.pop("stringData", {}).items()})
        self.secret = document
        return 200, document

    def value(self, key: str) -> str | None:
        """What a container sees of the Secret."""
        return base64.b64decode(self.secret["data"][key]).decode() if key in self.secret["data"] else None
