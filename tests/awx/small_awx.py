# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API as awx.awx calls to create, compare, link and delete objects. It checks nothing: that is for rules.py."""

from __future__ import annotations

import itertools
import json
import typing as t
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from tests.awx.small_server import Answer, SmallServer

SINGULAR = {"inventories": "inventory", "unified_job_templates": "unified_job_template"}
SECRETS = {"password", "secret_id", "token", "api_key", "otp_code", "auth_token"}
Item = dict[str, t.Any]


class SmallAwx(SmallServer):
    """`items` is its database, `writes` what was asked to change it."""

    def __init__(self) -> None:
        self.items: dict[str, dict[int, Item]] = {}
        self.links: dict[str, list[int]] = {}
        self.surveys: dict[str, Item] = {}
        self.writes: list[str] = []
        self._numbers = itertools.count(1)
        super().__init__()

    def add(self, collection: str, /, **fields: t.Any) -> int:
        """An object, with what AWX adds to each; returns its id."""
        number = next(self._numbers)
        url = f"/api/v2/{collection}/{number}/"
        base = {"scm_revision": "1", "summary_fields": {}, "related": {name: f"{url}{name}/" for name in ("survey_spec", "hosts", "children")}}
        self.items.setdefault(collection, {})[number] = {**base, "type": SINGULAR.get(collection, collection.rstrip("s")), **fields, "id": number, "url": url}
        return number

    def named(self, kind: str) -> dict[str, Item]:
        return {item.get("name", item.get("identifier")): item for item in self.items.get(kind, {}).values()}

    def linked(self, kind: str, name: str, link: str) -> list[int]:
        """The ids that an object is associated with."""
        return self.links.get(f"{self.named(kind)[name]['url']}{link}/", [])

    def handle(self, method: str, target: str, _headers: Mapping[str, str], content: bytes) -> Answer:
        body: Item = json.loads(content or b"{}")
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        kind, *rest = path.removeprefix("/api/v2/").strip("/").split("/")
        if method != "GET":
            self.writes.append(f"{method} {path}")
        if not rest:
            if method == "GET":
                return 200, self._list(self._found(kind, query))
            number = self.add(kind, **body)
            return 201, self._shown(self.items[kind][number])
        number = int(rest[0])
        if number not in self.items.get(kind, {}):
            return 404, {"detail": "Not found."}
        if len(rest) > 1:
            return self._related(method, path, rest[1], body)
        if method == "DELETE":
            del self.items[kind][number]
            return 204, {}
        if method == "PATCH":
            self.items[kind][number].update(body)
        return 200, self._shown(self.items[kind][number])

    def _related(self, method: str, path: str, name: str, body: Item) -> tuple[int, t.Any]:
        if name == "survey_spec":
            if method == "POST":
                self.surveys[path] = body
            return 200, self.surveys.get(path, {})
        linked = self.links.setdefault(path, [])
        if method == "GET":
            return 200, self._list([{"id": number} for number in linked])
        if body.get("disassociate"):
            linked.remove(body["id"])
        else:
            linked.append(body["id"])
        return 204, {}

    def _found(self, kind: str, query: dict[str, str]) -> list[Item]:
        kinds = ("job_templates", "workflow_job_templates") if kind == "unified_job_templates" else (kind,)
        items = [item for one in kinds for item in self.items.get(one, {}).values()]
        # What an object was not given matches: a job template has the organization of its project.
        return [item for item in items if all(str(item.get(key, value)) == value for key, value in query.items() if key not in ("page", "page_size"))]

    def _list(self, items: list[Item]) -> Item:
        return {"count": len(items), "next": None, "results": [self._shown(item) for item in items]}

    @staticmethod
    def _shown(item: Item) -> Item:
        """Secrets of credentials are never shown."""
        if item.get("type") != "credential":
            return item
        return {**item, "inputs": {key: "$encrypted$" if key in SECRETS else value for key, value in item.get("inputs", {}).items()}}
