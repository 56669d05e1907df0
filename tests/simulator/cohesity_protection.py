# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster protects: groups, jobs, policies, views and files as objects, and runs that take their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .answers import Answer, json_answer
from .clock import Clock
from .cohesity_asking import V1, V2, Asking, Route
from .cohesity_objects import Objects
from .cohesity_paging import page
from .cohesity_refusal import RefusedError
from .switches import Switches

GROUPS = V2 + "/data-protect/protection-groups"
V1_OUTCOMES = {"Succeeded": "kSuccess", "SucceededWithWarning": "kWarning", "Failed": "kFailure", "Canceled": "kCanceled"}


@dataclass
class Run:
    id: str
    owner: str  # the id of the group or job
    kind: str
    started: float


class Protection:
    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.clock, self.switches = clock, switches
        files = Objects(V1 + "/public/restore/vms/directorylist", "entries", switches, str)
        files.cookie_name = "cookie"
        self.objects = {
            "groups": Objects(GROUPS, "protectionGroups", switches, lambda n: f"1001:1700000000000:{n}"),
            "jobs": Objects(V1 + "/public/protectionjobs", None, switches, int),
            "policies": Objects(V2 + "/data-protect/policies", "policies", switches, lambda n: f"1001:1700000000000:{n}"),
            "views": Objects(V2 + "/file-services/views", "views", switches, int),
            "files": files,
        }
        self.reset()

    def reset(self) -> None:
        for objects in self.objects.values():
            objects.reset()
        self.runs: list[Run] = []

    def routes(self) -> list[Route]:
        runs = GROUPS + r"/([^/]+)/runs"
        own: list[Route] = [
            ("POST", runs, self.start),
            ("GET", runs, self.list_runs),
            ("GET", runs + r"/([^/]+)", self.get_run),
            ("POST", V1 + r"/public/protectionjobs/run/([^/]+)", self.start_v1),
            ("GET", V1 + "/public/protectionruns", self.list_runs_v1),
        ]
        return own + [route for objects in self.objects.values() for route in objects.routes()]

    def seed(self, kind: str, count: int, tenant: str = "", cluster: str = "", **fields: Any) -> list[Any]:
        """Add that many objects; answers their ids."""
        default = {"policyId": "1001:1700000000000:1", "environment": "kVMware", "isActive": True, "priority": "kMedium"}
        start = len(self.objects[kind].of(f"{cluster}|{tenant}")) + 1
        names = ({"name": f"{kind}-{number:04d}"} for number in range(start, start + count))
        return [self.objects[kind].add(f"{cluster}|{tenant}", {**default, **name, **fields})["id"] for name in names]

    # Runs

    def _start(self, asking: Asking, kind: str, number: str, run_type: Any) -> Run:
        self.objects[kind].find(asking, number)
        now = self.clock.now()
        run = Run(f"{len(self.runs) + 1}:{int(now * 1e6)}", number, str(run_type or "kRegular"), now)
        self.runs.append(run)
        return run

    def start(self, asking: Asking, group: str) -> Answer:
        body = asking.call.body if isinstance(asking.call.body, dict) else {}
        self._start(asking, "groups", group, body.get("runType"))
        return json_answer({"protectionGroupId": group}, 201)

    def start_v1(self, asking: Asking, job: str) -> Answer:
        body = asking.call.body if isinstance(asking.call.body, dict) else {}
        self._start(asking, "jobs", job, body.get("runType"))
        return Answer(204)

    def _of(self, owner: str) -> list[Run]:
        return [run for run in reversed(self.runs) if run.owner == owner]

    def _status(self, run: Run) -> str:
        finished = self.clock.now() >= run.started + self.switches["cohesity_run_seconds"]
        return str(self.switches["cohesity_run_outcome"]) if finished else "Running"

    def _shown(self, run: Run) -> dict[str, Any]:
        status, started = self._status(run), int(run.started * 1e6)
        info = {"runType": run.kind, "status": status, "startTimeUsecs": started}
        if status != "Running":
            info["endTimeUsecs"] = started + int(self.switches["cohesity_run_seconds"] * 1e6)
        return {"id": run.id, "protectionGroupId": run.owner, "localBackupInfo": info}

    def list_runs(self, asking: Asking, group: str) -> Answer:
        self.objects["groups"].find(asking, group)
        runs = [self._shown(run) for run in self._of(group)]
        shown, more = page(runs, asking.call.query, "paginationCookie", self.switches)
        return json_answer({"runs": shown, "totalRuns": len(runs), **more})

    def get_run(self, asking: Asking, group: str, number: str) -> Answer:
        self.objects["groups"].find(asking, group)
        for run in self._of(group):
            if run.id == number:
                return json_answer(self._shown(run))
        raise RefusedError("The run does not exist.", self.switches["cohesity_unknown_id"], "KNotFound")

    def list_runs_v1(self, asking: Asking) -> Answer:
        job = asking.call.query.get("jobId", "")
        runs = [run for run in self._of(job) if job in self.objects["jobs"].of(asking.space)]
        shown, _more = page(runs, asking.call.query, "cookie", self.switches)
        return json_answer([{"jobId": int(job), "backupRun": self._shown_v1(run)} for run in shown])

    def _shown_v1(self, run: Run) -> dict[str, Any]:
        status = self._status(run)
        return {"jobRunId": int(run.id.split(":")[0]), "runType": run.kind, "status": V1_OUTCOMES.get(status, "kRunning")}
