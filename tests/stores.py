# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both kinds of store as tests see them: what a task is given, and what is really in there."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.openbao import OpenBao


class FileStore:
    """A record in a file of its own folder."""

    kind = "file"

    def __init__(self, folder: Path, name: str = "token.json") -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.folder = folder
        self.path = folder / name

    def another(self) -> FileStore:
        """A second store of the same kind."""
        return FileStore(self.folder, f"{uuid.uuid4().hex}.json")

    @property
    def option(self) -> dict[str, Any]:
        return {"file": str(self.path)}

    def read(self) -> dict[str, Any] | None:
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else None

    def read_safely(self) -> dict[str, Any] | None:
        """The record, or None where it is damaged too."""
        try:
            return self.read()
        except ValueError:
            return None

    def write(self, document: Mapping[str, Any]) -> None:
        self.path.write_text(json.dumps(document), encoding="utf-8")
        self.path.chmod(0o600)

    def lose(self) -> None:
        """Remove the record, as a person who cleans up does."""
        self.path.unlink(missing_ok=True)

    def version(self) -> Any:
        """Another one after each write."""
        found = self.path.stat() if self.path.exists() else None
        return found and (found.st_ino, found.st_mtime_ns)

    def beside(self) -> set[str]:
        """What else stands in the folder."""
        return {path.name for path in self.folder.iterdir()} - {self.path.name}


class VaultStore:
    """A record at a path of its own in an OpenBao server."""

    kind = "vault"
    _numbers = itertools.count(1)

    def __init__(self, server: OpenBao, url: str | None = None) -> None:
        """url: how tasks reach the server, where that is not the server's own URL; tests always read past it."""
        self.server = server
        self.url = url or server.url
        self.path = f"tests/{uuid.uuid4().hex}/{next(self._numbers)}"

    def another(self) -> VaultStore:
        return VaultStore(self.server, self.url)

    @property
    def option(self) -> dict[str, Any]:
        return {"vault": {"url": self.url, "token": self.server.token, "path": self.path}}

    def read(self) -> dict[str, Any] | None:
        return self.server.read(self.path)[0]

    def read_safely(self) -> dict[str, Any] | None:
        return self.read() or None

    def write(self, document: Mapping[str, Any]) -> None:
        self.server.write(self.path, document)

    def lose(self) -> None:
        self.server.delete(self.path)

    def version(self) -> Any:
        return self.server.read(self.path)[1]

    def beside(self) -> set[str]:
        return set()


Store = FileStore | VaultStore
