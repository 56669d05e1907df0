# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's pages: a cookie leads to the next one, and no page is longer than the cluster likes."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from .cohesity_refusal import RefusedError
from .switches import ABSENT, Switches

SIZES = ("maxResultCount", "maxCount", "pageCount", "pageSize", "numRuns")
MARK = b"\xfb\xef\xff"  # gives a cookie with + and /, which must be quoted in a query


def page(items: list[Any], query: dict[str, str], cookie_name: str, switches: Switches) -> tuple[list[Any], dict[str, Any]]:
    """The items of the page that the query asks for, and what the answer has to have beside them."""
    cap = int(switches["cohesity_page_size"])
    asked = next((int(query[name]) for name in SIZES if query.get(name, "").isdigit()), cap)
    sent = query.get(cookie_name, "")
    start = _offset(sent) if sent else 0
    end = start + max(1, min(asked, cap))
    if end < len(items):
        repeated = sent and switches["cohesity_cookie"] == "repeat"
        return items[start:end], {cookie_name: sent if repeated else _cookie(end)}
    last = switches["cohesity_last_cookie"]
    return items[start:end], {} if last == ABSENT else {cookie_name: last}


def _cookie(offset: int) -> str:
    return base64.b64encode(MARK + str(offset).encode()).decode()


def _offset(cookie: str) -> int:
    try:
        return int(base64.b64decode(cookie, validate=True).removeprefix(MARK))
    except (binascii.Error, ValueError) as error:
        raise RefusedError("The pagination cookie is not valid.", 400, "KQueryParamParseError") from error
