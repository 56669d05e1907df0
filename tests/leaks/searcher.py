# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds secrets in whatever was written, also encoded, wrapped and folded."""

from __future__ import annotations

import base64
import json
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

# Shorter texts occur by chance.
SHORTEST = 6


class Hit(t.NamedTuple):
    """A secret that was found: its name, the form it had, the file, and what stands around it."""

    secret: str
    form: str
    path: Path
    around: str

    def __str__(self) -> str:
        return f"{self.secret} as {self.form} in {self.path.name}: …{self.around}…"


def forms(secret: str) -> Iterator[tuple[str, str]]:
    """Every form in which a secret may be written, with a name for it."""
    octets = secret.encode()
    yield "plain text", secret
    yield "JSON", json.dumps(secret)[1:-1]
    yield "JSON in JSON", json.dumps(json.dumps(secret)[1:-1])[1:-1]
    yield "JSON with umlauts", json.dumps(secret, ensure_ascii=False)[1:-1]
    yield "Python", repr(secret)[1:-1]
    yield "hex", octets.hex()
    yield "HEX", octets.hex().upper()
    for quoted in (quote(octets, safe=""), quote(octets), quote_plus(octets)):
        yield "URL encoding", quoted
        yield "url encoding", re.sub("%..", lambda code: code.group().lower(), quoted)
    yield "backwards", secret[::-1]
    for name, encode in (("base64", base64.b64encode), ("URL-safe base64", base64.urlsafe_b64encode)):
        yield f"{name} alone", encode(octets).decode().rstrip("=")
        yield f"{name} of it in base64", encode(base64.b64encode(octets)).decode().rstrip("=")[:-1]
        # Inside of a longer text, at each of the three alignments: what the characters beside it cannot change.
        for before in range(3):
            text = encode(b"\0" * before + octets).decode().rstrip("=")
            last = len(text) - (1 if (before + len(octets)) % 3 else 0)
            yield f"{name} within", text[(before * 8 + 5) // 6 : last]


class Searcher:
    """Searches files for secrets, given by name, and counts what it has searched."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.names = sorted(secrets)
        self.files = 0
        self.octets = 0
        self._forms: dict[str, tuple[str, str]] = {}
        for name, secret in secrets.items():
            for kind, form in forms(secret):
                # Without white space: a screen wraps long words and YAML folds long lines, in the middle of a secret.
                squeezed = "".join(form.split())
                if len(squeezed) >= SHORTEST:
                    self._forms.setdefault(squeezed, (name, kind))
        # The longest first, so that the most telling name is shown.
        self._pattern = re.compile("|".join(map(re.escape, sorted(self._forms, key=len, reverse=True))))

    def search_text(self, text: str, path: Path) -> list[Hit]:
        squeezed = "".join(text.split())
        hits = []
        for match in self._pattern.finditer(squeezed):
            name, kind = self._forms[match.group()]
            hits.append(Hit(name, kind, path, squeezed[max(match.start() - 60, 0) : match.end() + 20]))
        return hits

    def search(self, paths: Iterable[Path]) -> list[Hit]:
        """Every hit in these files and in everything below these folders, names of files included."""
        hits: list[Hit] = []
        for path in paths:
            hits += self.search_text(path.name, path)
            if path.is_dir() and not path.is_symlink():
                hits += self.search(sorted(path.iterdir()))
            elif path.is_file():
                content = path.read_bytes()
                self.files += 1
                self.octets += len(content)
                hits += self.search_text(content.decode("utf-8", "replace"), path)
        return hits
