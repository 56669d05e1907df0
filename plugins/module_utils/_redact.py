# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes known secrets, in every encoding that servers use, from text that is about to be shown."""

from __future__ import annotations

import base64
import html
import json
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

PLACEHOLDER = "********"

# A shorter secret is only removed where it is a word by itself: replacing every "a" because somebody's password is "a" would give
# the password away and make the message unreadable.
WHOLE_WORD_BELOW = 8  # characters

# Credentials that a server may put into its own words although nobody sent them in this run. What is shorter is a word: "basic authentication".
_CREDENTIAL = re.compile(r"\b(QSDK|Bearer|Basic)\s+[^\s\"',;<>]{16,}", re.IGNORECASE)
_PERCENT_CODE = re.compile("%..")


def one_line(text: str) -> str:
    """The text on one line, without characters that could play tricks on a terminal."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _encodings(secret: str) -> Iterator[str]:
    """The secret as it is; in base64, JSON, HTML and URL encoding; and as Python shows it and the JSON of a module's options."""
    # A password from an environment that is not UTF-8 holds surrogates.
    octets = secret.encode("utf-8", "surrogatepass")
    yield secret
    # As it reads once a server's words were put on one line.
    yield one_line(secret)
    for encoded in (base64.b64encode(octets).decode(), base64.urlsafe_b64encode(octets).decode()):
        yield encoded
        yield encoded.rstrip("=")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    for text in (secret, json.dumps(secret)[1:-1]):
        yield repr(text)[1:-1]
        # Between quotation marks of both kinds, Python escapes the single one.
        yield repr(text + "'\"")[1:-4]
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    for quoted in (quote(octets, safe=""), quote(octets), quote_plus(octets)):
        yield quoted
        yield _PERCENT_CODE.sub(lambda code: code.group().lower(), quoted)


class Redactor:
    """Removes the secrets that it knows from text that is about to be shown, also in the encodings in which servers quote requests.

    secret_keys: under which keys responses hold secrets; see learn().
    """

    def __init__(self, secrets: Iterable[str | None] = (), secret_keys: Iterable[str] = ()) -> None:
        self.secrets: set[str] = set()
        self._secret_keys = tuple(secret_keys)
        # The encodings are only worked out when something is to be shown; most tasks show nothing.
        self._forms: list[str] | None = None
        self.add(*secrets)

    def add(self, *secrets: str | None) -> None:
        """Remember more secrets; empty ones and None are ignored."""
        for secret in secrets:
            if secret and secret.strip():
                self.secrets.add(secret.strip())
                self._forms = None

    def learn(self, document: object) -> None:
        """Remember the secrets under secret_keys in a server's document, at its top or one level below: the server may quote them later."""
        parts = [document, *document.values()] if isinstance(document, Mapping) else []
        for part in parts:
            if isinstance(part, Mapping):
                self.add(*(part[key] for key in self._secret_keys if isinstance(part.get(key), str)))

    def redact(self, text: str) -> str:
        """Return the text with every known secret, and everything that looks like a credential, replaced."""
        if self._forms is None:
            self._forms = sorted(_forms(self.secrets), key=len, reverse=True)
        for form in self._forms:
            if form in text:
                if len(form) >= WHOLE_WORD_BELOW:
                    text = text.replace(form, PLACEHOLDER)
                else:
                    text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", PLACEHOLDER, text)
        return _CREDENTIAL.sub(rf"\1 {PLACEHOLDER}", text)

    def masked(self, value: t.Any) -> t.Any:
        """Return a document with every known secret replaced, at any depth, and nothing else.

        It is the user's own data, so short secrets, which may be ordinary words, are left alone.
        """
        forms = [form for form in sorted(_forms(self.secrets), key=len, reverse=True) if len(form) >= WHOLE_WORD_BELOW]
        return _without(value, forms)


def _without(value: t.Any, forms: list[str]) -> t.Any:
    if isinstance(value, str):
        for form in forms:
            value = value.replace(form, PLACEHOLDER)
        return value
    if isinstance(value, Mapping):
        return {_without(key, forms): _without(inner, forms) for key, inner in value.items()}
    return [_without(inner, forms) for inner in value] if isinstance(value, (list, tuple)) else value


def _forms(secrets: Iterable[str]) -> set[str]:
    forms: set[str] = set()
    for secret in secrets:
        # Of a private key, also each line: servers quote one of them, or all of them with other line breaks.
        lines = (line.strip() for line in secret.splitlines() if len(line.strip()) >= WHOLE_WORD_BELOW)
        for part in (secret, *lines):
            forms.update(_encodings(part))
    return forms
