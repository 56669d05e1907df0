# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand. `server.py` applies them; this file chooses and builds them.

Kinds of one group form a queue: a request takes the first of each group that
matches. Different groups combine (a delay and a 503, say).
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from dataclasses import dataclass, field
from typing import Any

from .answers import HTML, TEXT, Answer, Call, json_answer

# These replace the answer without doing the work; with `_after` the work is done first.
REPLACING = ("html", "redirect", "status", "empty", "json", "big")
GROUPS = {
    "delay": "delay",
    "delay_after": "delay_after",
    "gate": "gate",
    "gate_after": "gate_after",
    "operation": "operation",
    "operation_after": "operation_after",
    "drip": "pace",
    "drip_headers": "pace",
    "no_date": "no_date",
    "patch": "patch",
    **dict.fromkeys(("cut_before", "cut_after", "truncate"), "answer"),
    **dict.fromkeys(REPLACING, "answer"),
    **dict.fromkeys((f"{kind}_after" for kind in REPLACING), "answer"),
}
# kind: (arguments it needs, arguments it may have); for `_after` kinds the same.
ARGUMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "delay": (("seconds",), ()),
    "truncate": ((), ("at",)),
    "gate": (("name",), ("seconds",)),
    "operation": (("name",), ("arguments",)),
    "drip": (("bytes_per_second",), ()),
    "drip_headers": (("bytes_per_second",), ()),
    "html": ((), ("body",)),
    "redirect": (("location",), ("status",)),
    "status": (("code",), ("body", "headers")),
    "patch": (("changes",), ("code", "headers")),
    "empty": ((), ("code",)),
    "json": (("value",), ("code",)),
    "big": (("bytes",), ("gzip",)),
}
# What every replacing kind may have too: seconds until the answer goes out, and seconds from then until the work is done.
TIMES = ("delay", "work_in")
MAINTENANCE = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Under maintenance</body></html>"
GATE_LIMIT = 30.0  # seconds a request waits at a gate at most, unless the fault says otherwise


@dataclass
class Fault:
    kind: str
    method: str | None
    path: str | None
    times: int  # 0: until they are cleared
    after: int
    args: dict[str, Any] = field(default_factory=dict)

    @property
    def group(self) -> str:
        return GROUPS[self.kind]

    @property
    def works(self) -> bool:
        """Whether the request's work is done before the fault strikes."""
        return self.kind.endswith("_after") or self.kind == "truncate"

    def matches(self, call: Call) -> bool:
        if self.method and self.method.upper() != call.method:
            return False
        return not self.path or re.search(self.path, call.path, re.IGNORECASE) is not None


class Faults:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.waiting: list[Fault] = []

    def add(
        self,
        kind: str,
        method: str | None = None,
        path: str | None = None,
        times: int = 1,
        after: int = 0,
        **args: Any,
    ) -> Fault:
        if kind not in GROUPS:
            raise ValueError(f"no such fault: {kind}; there are {', '.join(sorted(GROUPS))}")
        needed, possible = _arguments(kind)
        if not set(needed) <= args.keys() <= {*needed, *possible}:
            raise ValueError(f"fault {kind} needs {list(needed)} and may have {list(possible)}, not {sorted(args)}")
        re.compile(path or "")
        fault = Fault(kind, method, path, times, after, args)
        self.waiting.append(fault)
        return fault

    def take(self, call: Call) -> dict[str, Fault]:
        """The faults that strike this request, by group."""
        if not self.waiting:
            return {}
        taken: dict[str, Fault] = {}
        for fault in list(self.waiting):
            if not fault.matches(call):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.group in taken:
                continue
            taken[fault.group] = fault
            if fault.times == 1:
                self.waiting.remove(fault)
            elif fault.times > 1:
                fault.times -= 1
        return taken


def _arguments(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The arguments that a kind needs and those that it may have."""
    plain = kind.removesuffix("_after")
    needed, possible = ARGUMENTS.get(plain, ((), ()))
    if plain in REPLACING:
        # After the work was done, it cannot be done later.
        possible += TIMES if kind == plain else ("delay",)
    return needed, possible + (("work_in",) if kind == "cut_before" else ())


class Gates:
    """Named places where requests wait until a test lets them go on."""

    def __init__(self) -> None:
        self._gates: dict[str, asyncio.Future[bool]] = {}
        self._waiting: dict[str, int] = {}

    def close(self, name: str) -> None:
        gate = self._gates.get(name)
        if gate is None or gate.done():
            self._gates[name] = asyncio.get_running_loop().create_future()

    def open(self, name: str, drop: bool = False) -> int:
        """Let go who waits at the gate (or drop the connections); answers how many."""
        count = self.waiting(name)
        gate = self._gates.get(name)
        if gate is not None and not gate.done():
            gate.set_result(not drop)
        return count

    def open_all(self, drop: bool = False) -> None:
        for name in list(self._gates):
            self.open(name, drop)

    def reset(self) -> None:
        self.open_all(drop=True)
        self._gates = {}

    def waiting(self, name: str) -> int:
        return self._waiting.get(name, 0)

    async def wait(self, name: str, seconds: float = GATE_LIMIT) -> bool:
        """Whether the request may go on; false when it was dropped or waited too long."""
        if name not in self._gates:
            self.close(name)
        self._waiting[name] = self.waiting(name) + 1
        try:
            return await asyncio.wait_for(asyncio.shield(self._gates[name]), seconds)
        except asyncio.TimeoutError:
            return False
        finally:
            self._waiting[name] -= 1


def replacement(fault: Fault, success: int) -> Answer:
    """The answer that a fault of a replacing kind gives; `success` is the status the request would have had."""
    kind, args = fault.kind.removesuffix("_after"), fault.args
    if kind == "html":
        return Answer(200, str(args.get("body") or MAINTENANCE).encode(), HTML)
    if kind == "redirect":
        return Answer(args.get("status", 307), b"", TEXT, {"Location": args["location"]})
    if kind == "status":
        return _status(args)
    if kind == "empty":
        return Answer(args.get("code", success))
    if kind == "json":
        return json_answer(args["value"], args.get("code", success))
    return _big(args, success)


def _status(args: dict[str, Any]) -> Answer:
    body, headers = args.get("body"), args.get("headers") or {}
    if body is None:
        return Answer(args["code"], b"", TEXT, headers)
    if isinstance(body, str):
        return Answer(args["code"], body.encode(), HTML if body.lstrip().startswith("<") else TEXT, headers)
    answer = json_answer(body, args["code"])
    answer.headers = headers
    return answer


def _big(args: dict[str, Any], success: int) -> Answer:
    """A JSON answer of `bytes` bytes; with `gzip` that is the size after decompression."""
    body = b'{"padding": "%s"}' % (b"a" * max(0, args["bytes"] - 15))
    if args.get("gzip"):
        return Answer(success, gzip.compress(body), headers={"Content-Encoding": "gzip"})
    return Answer(success, body)


def patched(answer: Answer, changes: Any, code: int | None = None, headers: dict[str, str] | None = None) -> Answer:
    """The answer with `changes` merged into its JSON; also with another status and more headers."""
    answer.body = json.dumps(merge(json.loads(answer.body), changes)).encode()
    answer.status = code or answer.status
    answer.headers = {**answer.headers, **(headers or {})}
    return answer


def merge(value: Any, changes: Any) -> Any:
    """Merge dicts key by key; `{"__delete__": true}` removes a key; all else replaces."""
    if not isinstance(changes, dict) or not isinstance(value, dict):
        return changes
    merged = dict(value)
    for key, change in changes.items():
        if isinstance(change, dict) and change.get("__delete__"):
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), change)
    return merged
