# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a product answers, before it is put on the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
TEXT = "text/plain"
HTML = "text/html"
XML = "application/xml"


@dataclass
class Answer:
    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(value: Any, status: int = 200, end: str = "") -> Answer:
    return Answer(status, (json.dumps(value) + end).encode())


def text_answer(text: str, status: int = 200, content_type: str = TEXT) -> Answer:
    return Answer(status, text.encode(), content_type)


@dataclass
class Call:
    """One request as the products see it."""

    method: str
    path: str  # runs of slashes collapsed, the base path kept
    query: dict[str, str]
    headers: dict[str, str]  # lower-case names
    body: Any  # parsed JSON where it is JSON, else text
    client: str  # the peer's address
