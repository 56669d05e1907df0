# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's pages: by request headers, by the header pagingInfo, and by the query."""

from __future__ import annotations

from typing import Any

from .answers import Call
from .switches import Switches

DEFAULT_SIZE = 20


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default


def _cut(items: list[Any], start: int, size: int, switches: Switches) -> list[Any]:
    return items[start : start + min(size, int(switches["commandcenter_page_size"]))]


def by_headers(items: list[Any], call: Call, switches: Switches) -> tuple[list[Any], dict[str, Any]]:
    """`limit` and `offset`, which counts records or pages."""
    size = _number(call.headers.get("limit"), DEFAULT_SIZE)
    offset = _number(call.headers.get("offset"), 0)
    start = offset * size if switches["commandcenter_offset"] == "pages" else offset
    return _cut(items, start, size, switches), {"totalRecordsWithoutPaging": len(items)}


def by_paging_info(items: list[Any], call: Call, switches: Switches) -> tuple[list[Any], dict[str, Any]]:
    """`pagingInfo: page,size`; a page before the first one is the first one."""
    page, _comma, size = call.headers.get("paginginfo", "").partition(",")
    length = _number(size.strip(), DEFAULT_SIZE)
    number = _number(page.strip(), 0) - switches["commandcenter_first_page"]
    return _cut(items, max(0, number) * length, length, switches), {"totalRecords": len(items)}


def by_query(items: list[Any], call: Call, switches: Switches) -> tuple[list[Any], dict[str, Any]]:
    """`start` or `offset`, which count records, and `limit`."""
    start = _number(call.query.get("start", call.query.get("offset")), 0)
    return _cut(items, start, _number(call.query.get("limit"), DEFAULT_SIZE), switches), {}
