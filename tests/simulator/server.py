# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP server: one handler behind all listeners; records requests, applies faults, asks the products."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import socket
import ssl
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from . import wire
from .answers import Answer, Call
from .certificates import Certificates
from .control import Control
from .faults import Fault, patched, replacement

CONTROL = "/_simulator/"
MAX_BODY = 64 * 1024 * 1024


class CountingServer(web.Server):
    """Numbers the TCP connections."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._count = itertools.count(1)
        self.numbers: dict[Any, int] = {}

    def connection_made(self, handler: Any, transport: Any) -> None:
        super().connection_made(handler, transport)
        self.numbers[handler] = next(self._count)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self.numbers.pop(handler, None)


class SimulatorServer:
    def __init__(self, certificates: Certificates) -> None:
        self.certificates = certificates
        self.control = Control(certificates.client_cert)
        self._reserved: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> dict[str, Any]:
        """Listen, and return where."""
        self.server = CountingServer(self.handle, access_log=None, keepalive_timeout=600, request_factory=_request)
        self.runner = web.ServerRunner(self.server, shutdown_timeout=0.5)
        await self.runner.setup()
        good = self.certificates.good
        main = await self._listen("127.0.0.1", port, good)
        places: dict[str, Any] = {
            "url": f"https://127.0.0.1:{main}",
            "host": f"127.0.0.1:{main}",
            "ipv6_host": await self._listen_ipv6(main, good),
            "expired_url": f"https://127.0.0.1:{await self._listen('127.0.0.1', 0, self.certificates.expired)}",
            "wrong_name_url": f"https://127.0.0.1:{await self._listen('127.0.0.1', 0, self.certificates.wrong_name)}",
            "http_url": f"http://127.0.0.1:{await self._listen('127.0.0.1', 0, None)}",
            "proxy_url": f"http://127.0.0.1:{await self.control.proxy.start()}",
            "refused_url": f"https://127.0.0.1:{self._reserve(listen=False)}",
            "silent_url": f"https://127.0.0.1:{self._reserve(listen=True)}",
        }
        return places

    async def _listen(self, host: str, port: int, context: ssl.SSLContext | None) -> int:
        site = web.TCPSite(self.runner, host, port, ssl_context=context)
        await site.start()
        assert site._server is not None
        return int(site._server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]

    async def _listen_ipv6(self, port: int, context: ssl.SSLContext) -> str | None:
        """The same server on ::1, where the machine has it."""
        try:
            return f"[::1]:{await self._listen('::1', port, context)}"
        except OSError:
            return None

    def _reserve(self, listen: bool) -> int:
        """A port of ours that refuses connections, or (`listen`) takes them and never says a word."""
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        if listen:
            sock.listen(64)
        self._reserved.append(sock)
        return int(sock.getsockname()[1])

    async def stop(self) -> None:
        self.control.gates.reset()
        self.control.proxy.stop()
        for task in self._tasks:
            task.cancel()
        await self.runner.cleanup()
        for sock in self._reserved:
            sock.close()

    # Requests

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        raw_path = request.raw_path
        if raw_path.startswith(CONTROL):
            return await self._control(request)
        control = self.control
        call = await _call(request)
        connection = self.server.numbers.get(request.protocol, 0)
        entry = control.recorder.add(call, raw_path, connection, control.clock.now())
        faults = control.faults.take(call)
        try:
            answer = await self._answer(call, entry, faults, control.generation)
        except wire.CutError:
            return wire.cut(request)
        entry["status"] = answer.status
        date = control.clock.http_date(control.switches["date_offset"]) if control.switches["date_header"] and "no_date" not in faults else None
        if date is None or wire.needs_raw(faults):
            return await wire.raw(request, answer, date, faults)
        return wire.proper(answer, date)

    async def _answer(self, call: Call, entry: dict[str, Any], faults: dict[str, Fault], generation: int) -> Answer:
        """Do the work and find the answer, with the faults' say in both. Raises CutError."""
        fault = faults.get("answer")
        await self._hold(faults, "", generation)
        if fault is not None and not fault.works:
            await self._answer_early(fault, call, entry, generation)
            if fault.kind == "cut_before":
                raise wire.CutError
            return replacement(fault, self._success(call))
        answer = self._work(call, entry)
        await self._hold(faults, "_after", generation)
        if fault is not None and fault.kind == "cut_after":
            raise wire.CutError
        if fault is not None and fault.kind != "truncate":
            await asyncio.sleep(fault.args.get("delay", 0))
            answer = replacement(fault, answer.status)
        if "patch" in faults:
            answer = patched(answer, **faults["patch"].args)
        return answer

    def _work(self, call: Call, entry: dict[str, Any]) -> Answer:
        """What the product does with the request."""
        product = self.control.cohesity if self.control.cohesity.owns(call.path) else self.control.commandcenter
        answer = product.answer(call)
        entry["done"] = True
        return answer

    async def _answer_early(self, fault: Fault, call: Call, entry: dict[str, Any], generation: int) -> None:
        """Wait for the answer's time; with `work_in`, let the product do the work that many seconds after the answer."""
        await asyncio.sleep(fault.args.get("delay", 0))
        if generation != self.control.generation:
            raise wire.CutError
        if "work_in" in fault.args:
            self.control.late_work += 1
            task = asyncio.create_task(self._work_later(call, entry, fault.args["work_in"], generation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work_later(self, call: Call, entry: dict[str, Any], seconds: float, generation: int) -> None:
        await asyncio.sleep(seconds)
        if generation == self.control.generation:
            self._work(call, entry)
            self.control.late_work -= 1

    async def _hold(self, faults: dict[str, Fault], when: str, generation: int) -> None:
        """Operations, delays and gates before the work (`when` is "") or after it."""
        operation, delay, gate = (faults.get(name + when) for name in ("operation", "delay", "gate"))
        if operation is not None:
            self.control.operations[operation.args["name"]](**operation.args.get("arguments", {}))
        if delay is not None:
            await asyncio.sleep(delay.args["seconds"])
        if gate is not None and not await self.control.gates.wait(**gate.args):
            raise wire.CutError
        if generation != self.control.generation:
            raise wire.CutError  # a reset came between; this request belongs to a former life

    def _success(self, call: Call) -> int:
        """The status that this call would have on success."""
        if call.method == "POST" and self.control.cohesity.owns(call.path):
            return int(self.control.switches["cohesity_status"])
        return 200

    async def _control(self, request: web.BaseRequest) -> web.Response:
        name = request.raw_path.removeprefix(CONTROL).partition("?")[0]
        operation = self.control.operations.get(name)
        if operation is None:
            return web.json_response({"error": f"no such operation: {name}"}, status=404)
        try:
            arguments = json.loads(await request.read() or b"{}")
            return web.json_response({"result": operation(**arguments)})
        except (ValueError, TypeError, KeyError, re.error) as error:
            return web.json_response({"error": f"{name}: {error}"}, status=400)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)


async def _call(request: web.BaseRequest) -> Call:
    path, _mark, query = request.raw_path.partition("?")
    text = (await request.read()).decode("utf-8", "replace")
    return Call(
        method=request.method,
        path=re.sub("/+", "/", path),
        query=_query(query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=_parsed(text),
        client=request.remote or "",
    )


def _query(text: str) -> dict[str, str]:
    """The query; values of one name are joined with commas, as clients write lists both ways."""
    values: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _parsed(text: str) -> Any:
    """The body as JSON whatever its content type says (a vendor client posts JSON as a form); else as text."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
