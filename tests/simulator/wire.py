# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts answers on the wire, properly or with the faults that need raw bytes."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import web

from .answers import Answer
from .faults import Fault

SERVER = "simulator"


class CutError(Exception):
    """The connection is to be closed without an answer."""


def proper(answer: Answer, date: str) -> web.Response:
    headers = {"Date": date, "Server": SERVER, **answer.headers}
    if answer.body or answer.status != 204:
        headers["Content-Type"] = answer.content_type
    return web.Response(status=answer.status, body=answer.body or None, headers=headers)


def cut(request: web.BaseRequest) -> web.Response:
    """Close the connection at once; what is returned never leaves."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def needs_raw(faults: dict[str, Fault]) -> bool:
    answering = faults.get("answer")
    return "pace" in faults or (answering is not None and answering.kind == "truncate")


async def raw(request: web.BaseRequest, answer: Answer, date: str | None, faults: dict[str, Fault]) -> web.Response:
    """Write an answer by hand, slowly or in part, and close the connection."""
    head, body = _head(answer, date), answer.body
    answering, pace = faults.get("answer"), faults.get("pace")
    if answering is not None and answering.kind == "truncate":
        body = body[: answering.args.get("at", len(body) // 2)]
    rate = pace.args["bytes_per_second"] if pace else None
    slow_head = pace is not None and pace.kind == "drip_headers"
    await _write(request, head, rate if slow_head else None)
    await _write(request, body, rate if not slow_head else None)
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _head(answer: Answer, date: str | None) -> bytes:
    phrase = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else "Unknown"
    headers: dict[str, Any] = {"Server": SERVER, "Content-Type": answer.content_type, **answer.headers}
    headers["Content-Length"] = len(answer.body)
    headers["Connection"] = "close"
    if date is not None:
        headers["Date"] = date
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _write(request: web.BaseRequest, data: bytes, rate: float | None) -> None:
    """Write all at once, or `rate` bytes a second; stops when the client has gone."""
    size = len(data) if rate is None else max(1, int(rate / 10))
    for start in range(0, len(data), max(1, size)):
        transport = request.transport
        if transport is None or transport.is_closing():
            return
        transport.write(data[start : start + size])
        if rate is not None:
            await asyncio.sleep(size / rate)
