# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What REST calls work on at Command Center: lists in its three styles of paging, jobs that take their time, objects with errors inside 200."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .answers import Answer, Call, json_answer
from .clock import Clock
from .commandcenter_paging import by_headers, by_paging_info, by_query
from .refusal import RefusedError
from .switches import Switches
from .xmltexts import body_fields

Handler = Callable[..., Answer]
NOT_FOUND = 2  # the error code of an object that is not there
# path: (where the list stands, the style of its pages). What `seed` adds to.
LISTS: dict[str, tuple[str, Callable[[list[Any], Call, Switches], tuple[list[Any], dict[str, Any]]]]] = {
    "/vm": ("vmStatusInfoList", by_paging_info),
    "/events": ("commservEvents", by_paging_info),
    "/v4/plan/summary": ("plans", by_query),
    "/v4/triggeredalerts": ("alertsTriggered", by_query),
    "/cr/reportsplusengine/datasets/1/data": ("records", by_query),
}
# What getid finds; a name that is there twice is a conflict.
IDS = {"server-01": [101], "twice": [102, 103]}


class Resources:
    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.clock, self.switches = clock, switches
        self.reset()

    def reset(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {path: [] for path in LISTS}
        self.jobs: dict[int, float] = {}  # when each was started
        self.objects: dict[str, dict[int, dict[str, Any]]] = {"clientgroup": {}, "plan": {}}
        self._next_id = 1001

    def answer(self, call: Call, path: str) -> Answer | None:
        """The answer, or None where this file has nothing under this path (lower case, without the base)."""
        if call.method == "GET" and path in LISTS:
            key, paged = LISTS[path]
            items, totals = paged(self.lists[path], call, self.switches)
            return json_answer({key: items, **totals})
        for method, pattern, handler in self._routes():
            match = re.fullmatch(pattern, path)
            if match and method == call.method:
                return handler(call, *match.groups())
        return None

    def _routes(self) -> list[tuple[str, str, Handler]]:
        objects: list[tuple[str, str, Handler]] = []
        for kind, path in (("clientgroup", "/clientgroup"), ("plan", "/v2/plan")):
            one = path + r"/(\d+)"
            objects += [
                ("GET", path, self._of(self._all, kind)),
                ("POST", path, self._of(self._create, kind)),
                ("GET", one, self._of(self._get, kind)),
                ("PUT", one, self._of(self._replace, kind)),
                ("DELETE", one, self._of(self._delete, kind)),
            ]
        return [
            ("GET", "/job", self._job_list),
            ("GET", r"/job/(\d+)", self._job),
            ("POST", "/createtask", self._start),
            ("GET", "/getid", self._getid),
            *objects,
        ]

    @staticmethod
    def _of(handler: Callable[..., Answer], kind: str) -> Handler:
        return lambda call, *groups: handler(call, kind, *groups)

    def seed(self, path: str, count: int) -> int:
        """Add that many entries to a list, or jobs; answers how many there are."""
        lowered = path.lower()
        if lowered == "/job":
            for _dummy in range(count):
                self._new_job()
            return len(self.jobs)
        entries = self.lists[lowered]
        name = LISTS[lowered][0]
        entries.extend({"id": number, "name": f"{name}-{number:04d}"} for number in range(len(entries) + 1, len(entries) + count + 1))
        return len(entries)

    # Jobs

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _new_job(self) -> int:
        number = self._new_id()
        self.jobs[number] = self.clock.now()
        return number

    def _start(self, _call: Call) -> Answer:
        number = self._new_job()
        return json_answer({"taskId": number, "jobIds": [str(number)]})

    def _shown_job(self, number: int) -> dict[str, Any]:
        done = min(1.0, (self.clock.now() - self.jobs[number]) / max(1e-9, self.switches["commandcenter_job_seconds"]))
        status = self.switches["commandcenter_job_outcome"] if done >= 1 else "Running"
        return {"jobSummary": {"jobId": number, "status": status, "percentComplete": int(done * 100), "jobType": "Backup"}}

    def _job_list(self, call: Call) -> Answer:
        numbers, totals = by_headers(sorted(self.jobs, reverse=True), call, self.switches)
        return json_answer({**totals, "jobs": [self._shown_job(number) for number in numbers]})

    def _job(self, _call: Call, number: str) -> Answer:
        if int(number) not in self.jobs:
            raise RefusedError("Job not found", NOT_FOUND)
        return json_answer({"totalRecordsWithoutPaging": 1, "jobs": [self._shown_job(int(number))]})

    # Objects: client groups write their errors flat, plans nest them

    def _refused(self, kind: str, message: str) -> Answer:
        return RefusedError(message, NOT_FOUND).answer(self.switches["commandcenter_error_style"], nested=kind == "plan")

    def _all(self, _call: Call, kind: str) -> Answer:
        return json_answer({f"{kind}s": list(self.objects[kind].values())})

    def _create(self, call: Call, kind: str) -> Answer:
        fields = body_fields(call)
        if not fields.get("name"):
            return self._refused(kind, "A name is required")
        number = self._new_id()
        self.objects[kind][number] = {**fields, "id": number}
        return json_answer({"errorCode": 0, "errorMessage": "", kind: self.objects[kind][number]})

    def _get(self, _call: Call, kind: str, number: str) -> Answer:
        found = self.objects[kind].get(int(number))
        return json_answer(found) if found else self._refused(kind, f"The {kind} does not exist")

    def _replace(self, call: Call, kind: str, number: str) -> Answer:
        """Put the body in the place of the whole object: what it leaves out is gone."""
        fields = body_fields(call)
        if int(number) not in self.objects[kind]:
            return self._refused(kind, f"The {kind} does not exist")
        if not fields.get("name"):
            return self._refused(kind, "A name is required")
        self.objects[kind][int(number)] = {**fields, "id": int(number)}
        return json_answer({"errorCode": 0, "errorMessage": ""})

    def _delete(self, _call: Call, kind: str, number: str) -> Answer:
        if self.objects[kind].pop(int(number), None) is None:
            return self._refused(kind, f"The {kind} does not exist")
        return json_answer({"errorCode": 0, "errorMessage": ""})

    def _getid(self, call: Call) -> Answer:
        """Data inside 404 and 409, as the vendor's client expects of this call."""
        name = call.query.get("clientName", "")
        found = IDS.get(name, [])
        status = {0: 404, 1: 200}.get(len(found), 409)
        return json_answer({"name": name, "ids": found, "id": found[0] if found else 0}, status)
