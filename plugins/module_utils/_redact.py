# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

PLACEHOLDER = "********"

# A shorter secret is only taken out where it stands alone: replacing every "a" because somebody's password is "a"
# would tell the reader the password and make the message unreadable.
WHOLE_WORD_BELOW = 8  # characters

# Credentials that a server may put into its own words although nobody sent them in this run. What is shorter is a word: "basic authentication".
_CREDENTIAL = re.compile(r"\b(QSDK|Bearer|Basic)\s+[^\s\"',;<>]{16,}", re.IGNORECASE)

# Where both products put secrets into their answers.
_SECRET_KEYS = ("accessToken", "refreshToken", "token", "authToken", "sessionId")


def _encodings(secret: str) -> Iterator[str]:
    """The secret as it is, and in base64, JSON, HTML and URL encoding, and as Python shows it and the JSON of a module's options."""
    # A password out of an environment that is not UTF-8 holds surrogates.
    octets = secret.encode("utf-8", "surrogatepass")
    yield secret
    for encoded in (base64.b64encode(octets).decode(), base64.urlsafe_b64encode(octets).decode()):
        yield encoded
        yield encoded.rstrip("=")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    for text in (secret, json.dumps(secret)[1:-1]):
        yield repr(text)[1:-1]
        # With quotation marks of both kinds around, Python escapes the single one.
        yield repr(text + "'\"")[1:-4]
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    for quoted in (quote(octets, safe=""), quote(octets), quote_plus(octets)):
        yield quoted
        yield re.sub("%..", lambda code: code.group().lower(), quoted)


class Redactor:
    """Takes the secrets that it was told about out of texts that are going to be shown.

    Every secret is also recognised in the encodings in which servers quote requests back.
    """

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        self.secrets: set[str] = set()
        self._forms: set[str] = set()
        self.add(*secrets)

    def add(self, *secrets: str | None) -> None:
        """Remember more secrets; empty ones and None are ignored."""
        for secret in secrets:
            if secret and secret.strip():
                plain = secret.strip()
                self.secrets.add(plain)
                # Of a private key, also each line: servers quote one of them, or all with other breaks between.
                lines = (line.strip() for line in plain.splitlines() if len(line.strip()) >= WHOLE_WORD_BELOW)
                for part in (plain, *lines):
                    self._forms.update(_encodings(part))

    def learn(self, answer: object) -> None:
        """Remember the secrets that a server's document hands out: it may quote them in its own words, too."""
        parts = [answer, *answer.values()] if isinstance(answer, dict) else []
        for part in parts:
            if isinstance(part, dict):
                self.add(*(part[key] for key in _SECRET_KEYS if isinstance(part.get(key), str)))

    def redact(self, text: str) -> str:
        """Return the text with every known secret, and everything that looks like a credential, replaced."""
        for form in sorted(self._forms, key=len, reverse=True):
            if form in text:
                if len(form) >= WHOLE_WORD_BELOW:
                    text = text.replace(form, PLACEHOLDER)
                else:
                    text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", PLACEHOLDER, text)
        return _CREDENTIAL.sub(rf"\1 {PLACEHOLDER}", text)
