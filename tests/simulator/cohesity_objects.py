# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that the cluster keeps, each tenant's and cluster's apart: list, get, create, replace, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .answers import Answer, json_answer
from .cohesity_asking import Asking, Route
from .cohesity_paging import page
from .cohesity_refusal import RefusedError, fields_of
from .switches import Switches

Object = dict[str, Any]


class Objects:
    """One kind of object. `key` is where the list stands (None: the answer is the list, unpaged)."""

    def __init__(self, path: str, key: str | None, switches: Switches, new_id: Callable[[int], Any], needed: tuple[str, ...] = ("name",)) -> None:
        self.path, self.key, self.switches, self.new_id, self.needed = path, key, switches, new_id, needed
        self.cookie_name = "paginationCookie"
        self.reset()

    def reset(self) -> None:
        self.spaces: dict[str, dict[str, Object]] = {}
        self._count = 0

    def routes(self) -> list[Route]:
        one = self.path + r"/([^/]+)"
        return [
            ("GET", self.path, self.list),
            ("POST", self.path, self.create),
            ("GET", one, self.get),
            ("PUT", one, self.replace),
            ("DELETE", one, self.delete),
        ]

    def of(self, space: str) -> dict[str, Object]:
        return self.spaces.setdefault(space, {})

    def add(self, space: str, fields: Object) -> Object:
        self._count += 1
        made = {**fields, "id": self.new_id(self._count)}
        self.of(space)[str(made["id"])] = made
        return made

    def find(self, asking: Asking, number: str) -> Object:
        found = self.of(asking.space).get(number)
        if found is None:
            raise RefusedError("The object does not exist.", self.switches["cohesity_unknown_id"], "KNotFound")
        return found

    def list(self, asking: Asking) -> Answer:
        query, items = asking.call.query, list(self.of(asking.space).values())
        for key, name in (("ids", "id"), ("names", "name")):
            if query.get(key):
                items = [item for item in items if str(item.get(name)) in query[key].split(",")]
        if self.key is None:
            return json_answer(items)
        shown, more = page(items, query, self.cookie_name, self.switches)
        return json_answer({self.key: shown, **more})

    def get(self, asking: Asking, number: str) -> Answer:
        return json_answer(self.find(asking, number))

    def create(self, asking: Asking) -> Answer:
        return json_answer(self.add(asking.space, self._whole(asking)), 201)

    def replace(self, asking: Asking, number: str) -> Answer:
        """Put the body in the place of the whole object: what it leaves out is gone."""
        old = self.find(asking, number)
        new = {**self._whole(asking), "id": old["id"]}
        self.of(asking.space)[number] = new
        return json_answer(new)

    def _whole(self, asking: Asking) -> Object:
        fields = fields_of(asking.call)
        missing = [name for name in self.needed if not fields.get(name)]
        if missing:
            raise RefusedError(f"{', '.join(missing)} must be specified.")
        return fields

    def delete(self, asking: Asking, number: str) -> Answer:
        self.find(asking, number)
        del self.of(asking.space)[number]
        return Answer(204)
