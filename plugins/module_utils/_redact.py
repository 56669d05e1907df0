# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes known secrets, in every encoding that servers use, from text that is about to be shown."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping
from html.entities import codepoint2name
from urllib.parse import quote, quote_plus

PLACEHOLDER = "********"

# A shorter secret is only removed where it is a word by itself: replacing every "a" because somebody's password is "a" would give
# the password away and make the message unreadable.
WHOLE_WORD_BELOW = 8  # characters

# Credentials that a server may put into its own words although nobody sent them in this run. What is shorter is a word: "basic authentication".
_CREDENTIAL = re.compile(r"\b(QSDK|Bearer|Basic)\s+[^\s\"',;<>]{16,}", re.IGNORECASE)
# A JSON web token.
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")
# What a server labels as a secret: accessToken=…, "refresh_token": "…", <token>…, also where quotation marks are escaped.
_LABELLED = re.compile(
    r"""((?:(?:access|refresh|auth|client|login|bearer)[ _-]?)?token|(?:session|secret)[ _-]?id|api[ _-]?key|secret|password)"""
    r"""((?:[\\"']|&quot;)*\s*[:=>]\s*(?:[\\"']|&quot;)*|\s+["']|\s+(?:is|was)\s+(?=\S*[0-9]))((?:(?:QSDK|Bearer|Basic)\s+)?[^\s\\"',;<>&]{8,})""",
    re.IGNORECASE,
)
# A word that nobody says: it is long, and holds both letters and digits.
_OPAQUE = r"(?<![\w/+=-])(?=[\w+=-]*[0-9])(?=[\w+=-]*[A-Za-z])[\w+=-]{32,}"
# The same, or the id of a request, which support will ask for.
_OPAQUE_OR_REQUEST_ID = re.compile(
    r"""(?P<kept>(?<![\w-])[\w-]{0,16}?(?:request|trace|correlation)[ _-]?id(?:[\s\\"':=>(]|&quot;|\bis\b|\bwas\b){1,16}"""
    rf"""[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}(?![\w/+=-]))|{_OPAQUE}""",
    re.IGNORECASE,
)
# What users give names to: between quotation marks, a short word after one of these is such a name.
_NAMED = re.compile(r"token|key", re.IGNORECASE)
_OPAQUE_WHERE_LABELLED = re.compile(rf"(?:QSDK|Bearer|Basic)\s.*|(?=[\w+/=]*[0-9])(?=[\w+/=]*[A-Za-z])[\w+/=]{{16,}}|{_OPAQUE}", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"[A-Za-z]{8,31}[.!?)]?")
# What no text format has to encode.
_NEVER_ENCODED = re.compile(r"[A-Za-z0-9_.-]*")
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
_SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_PERCENT_CODE = re.compile("%..")


def one_line(text: str) -> str:
    """The text on one line, without characters that could play tricks on a terminal."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _encodings(secret: str) -> Iterator[str]:
    """The secret as it is; in base64, JSON, HTML and URL encoding; and as Python shows it and the JSON of a module's options."""
    # A password from an environment that is not UTF-8 holds surrogates.
    octets = secret.encode("utf-8", "surrogatepass")
    yield secret
    for encoded in (base64.b64encode(octets).decode(), base64.urlsafe_b64encode(octets).decode()):
        yield encoded
        yield encoded.rstrip("=")
    if _NEVER_ENCODED.fullmatch(secret):
        return
    # As it reads once a server's words were put on one line.
    yield one_line(secret)
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


class _Spelling(t.NamedTuple):
    """Ways to write a secret that only a regular expression can tell. part: lower-case text that each of them contains; "" for none.

    A regular expression takes longer to compile than a whole task does otherwise, and almost no text needs it.
    """

    part: str
    secret: str
    is_hexadecimal: bool

    def removed_from(self, text: str, lowered: str) -> str:
        """The text without them. lowered: the same text in lower case, or as it was before something was removed from it."""
        if self.part not in lowered:
            return text
        expression = f"(?i:{self.part})" if self.is_hexadecimal else _any_spelling(self.secret)
        return re.sub(expression if len(self.secret) >= WHOLE_WORD_BELOW else rf"(?<!\w){expression}(?!\w)", PLACEHOLDER, text)


def _spellings(secret: str) -> Iterator[_Spelling]:
    octets = secret.encode("utf-8", "surrogatepass").hex()
    if len(octets) >= WHOLE_WORD_BELOW:
        yield _Spelling(octets, secret, is_hexadecimal=True)
    if _NEVER_ENCODED.fullmatch(secret) is None:
        # Letters and digits are never encoded.
        yield _Spelling(max(_ALPHANUMERIC.findall(secret), key=len, default="").lower(), secret, is_hexadecimal=False)


def _any_spelling(secret: str) -> str:
    """A regular expression for the secret where each of its characters may be written in any way that text formats know, several deep.

    Servers differ in which characters they encode: XML needs & and < only, JSON inside JSON doubles each backslash.
    """
    return "".join(_run(character, len(list(run))) for character, run in itertools.groupby(secret))


def _run(character: str, count: int) -> str:
    if character == "\\":
        # Each layer of JSON or of Python doubles them.
        return rf"(?:\\{{{count},{count * 8}}}|(?:{'|'.join(_entities(character))}|%(?:25)*5(?i:c)){{{count}}})"
    if character.isalnum() and character.isascii():
        return character * count
    code = ord(character)
    ways = [rf"\\{{0,8}}{re.escape(character)}", *_entities(character), _escaped(character)]
    if character in _SHORT_ESCAPES:
        ways.append(rf"\\{{1,8}}{_SHORT_ESCAPES[character]}")
    if code < 0x80:
        ways.append(f"%(?:25)*(?i:{code:02x})")
    else:
        ways.append("".join(f"%(?:25)*(?i:{octet:02x})" for octet in character.encode("utf-8", "surrogatepass")))
    if character == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join(ways)})" + (f"{{{count}}}" if count > 1 else "")


def _entities(character: str) -> list[str]:
    """The character as an entity of XML or HTML, also where its & was encoded once more."""
    code = ord(character)
    names = [codepoint2name[code]] if code in codepoint2name else []
    if character == "'":
        names.append("apos")
    return [f"&(?:amp;)*(?:{'|'.join([*names, f'#0*{code}', f'#(?i:x0*{code:x})'])});"]


def _escaped(character: str) -> str:
    r"""The character as \\u00e4, as a pair of those, or as \\xe4."""
    units = character.encode("utf-16-be", "surrogatepass")
    wide = "".join(rf"\\{{1,8}}u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2))
    octets = "".join(rf"\\{{1,8}}x(?i:{octet:02x})" for octet in character.encode("utf-8", "surrogatepass"))
    narrow = [rf"\\{{1,8}}x(?i:{ord(character):02x})"] if ord(character) < 0x100 else []
    return "|".join([wide, octets, *narrow])


def _inside_base64(secret: str) -> Iterator[str]:
    """What stands in every word in base64 in the middle of which the secret is: of "user:password", or of a whole document.

    Three octets make four characters, so the secret looks different by where it begins; what its neighbours have a part in is left out.
    """
    octets = secret.encode("utf-8", "surrogatepass")
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + octets).decode()
        core = text[-(-offset * 8 // 6) : (offset + len(octets)) * 8 // 6]
        if len(core) >= WHOLE_WORD_BELOW:
            yield core
            yield core.replace("+", "-").replace("/", "_")


class _Needles(t.NamedTuple):
    """What gives secrets away. forms: literal, the longest first. cores: parts of words in base64."""

    forms: list[str]
    spellings: list[_Spelling]
    cores: list[str]

    def removed_from(self, text: str) -> str:
        """The text without them; a short form is only taken for one where it is a word by itself."""
        lowered = text.lower()
        for spelling in self.spellings:
            text = spelling.removed_from(text, lowered)
        for form in self.forms:
            if form in text:
                if len(form) >= WHOLE_WORD_BELOW:
                    text = text.replace(form, PLACEHOLDER)
                else:
                    text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", PLACEHOLDER, text)
        # Last, because it takes with it what stands beside a secret.
        for core in self.cores:
            text = _without_words_around(core, text)
        return text


def _needles(secrets: Iterable[str]) -> _Needles:
    secrets = set(secrets)
    longest_first = sorted(secrets, key=len, reverse=True)
    spellings = [spelling for secret in longest_first for spelling in _spellings(secret)]
    cores = sorted({core for secret in longest_first for core in _inside_base64(secret)}, key=len, reverse=True)
    return _Needles(sorted(_forms(secrets), key=len, reverse=True), spellings, cores)


def _without_words_around(core: str, text: str) -> str:
    """The text without the words in base64 that hold core. Not by a regular expression: that would take quadratic time in a long one."""
    at = text.find(core)
    while at >= 0:
        start, end = at, at + len(core)
        while start > 0 and text[start - 1] in _BASE64:
            start -= 1
        while end < len(text) and text[end] in _BASE64:
            end += 1
        text = text[:start] + PLACEHOLDER + text[end:]
        at = text.find(core, start + len(PLACEHOLDER))
    return text


class Redactor:
    """Removes the secrets that it knows from text that is about to be shown, also in the encodings in which servers quote requests.

    secret_keys: under which keys responses hold secrets; see learn().
    """

    def __init__(self, secrets: Iterable[str | None] = (), secret_keys: Iterable[str] = ()) -> None:
        self.secrets: set[str] = set()
        self._secret_keys = tuple(secret_keys)
        # The encodings are only worked out when something is to be shown; most tasks show nothing.
        self._needles: _Needles | None = None
        self._needles_in_data: _Needles | None = None
        self.add(*secrets)

    def add(self, *secrets: str | None) -> None:
        """Remember more secrets; empty ones and None are ignored."""
        for secret in secrets:
            if secret and secret.strip():
                self.secrets.add(secret.strip())
                self._needles = self._needles_in_data = None

    def learn(self, document: object) -> None:
        """Remember the secrets under secret_keys in a server's document, at any depth: the server may quote them later."""
        if not self._secret_keys:
            return
        parts = [document]
        while parts:
            part = parts.pop()
            if isinstance(part, Mapping):
                self.add(*(part[key] for key in self._secret_keys if isinstance(part.get(key), str)))
                parts.extend(part.values())
            elif isinstance(part, list):
                parts.extend(part)

    def redact(self, text: str) -> str:
        """Return the text with every known secret, and everything that looks like a credential, replaced."""
        if self._needles is None:
            self._needles = _needles(self.secrets)
        text = self._needles.removed_from(text)
        return _JWT.sub(PLACEHOLDER, _CREDENTIAL.sub(rf"\1 {PLACEHOLDER}", text))

    def redact_words(self, text: str) -> str:
        """The same for a server's own words, which may hold a secret that nobody here knows: what is labelled as one, or looks like one."""
        text = _LABELLED.sub(_masked_unless_word, self.redact(text))
        return _OPAQUE_OR_REQUEST_ID.sub(lambda found: found["kept"] or PLACEHOLDER, text)

    def masked(self, value: t.Any) -> t.Any:
        """Return a document with every known secret replaced, at any depth, and nothing else.

        It is the user's own data, so short secrets, which may be ordinary words, are left alone.
        """
        if self._needles_in_data is None:
            needles = _needles(secret for secret in self.secrets if len(secret) >= WHOLE_WORD_BELOW)
            # Of short secrets, the encodings that are long enough to be nothing else.
            forms = [form for form in _forms(self.secrets) if len(form) >= WHOLE_WORD_BELOW]
            self._needles_in_data = needles._replace(forms=sorted(forms, key=len, reverse=True))
        return _without(value, self._needles_in_data)


def _without(value: t.Any, needles: _Needles) -> t.Any:
    if isinstance(value, str):
        return needles.removed_from(value)
    if isinstance(value, Mapping):
        return {_without(key, needles): _without(inner, needles) for key, inner in value.items()}
    return [_without(inner, needles) for inner in value] if isinstance(value, (list, tuple)) else value


def _masked_unless_word(found: re.Match[str]) -> str:
    """A labelled value replaced, but for a word of a sentence, as in "token: expired", and for a name, as in "token 'exporter-1' exists"."""
    label, between, value = found.groups()
    is_word = _PLAIN_WORD.fullmatch(value) is not None and between[-1:] in (" ", "'")
    is_name = between.strip() in ("'", '"') and _NAMED.search(label) is not None and _OPAQUE_WHERE_LABELLED.fullmatch(value) is None
    return found.group() if is_word or is_name else f"{label}{between}{PLACEHOLDER}"


def _forms(secrets: Iterable[str]) -> set[str]:
    forms: set[str] = set()
    for secret in secrets:
        # Of a private key, also each line: servers quote one of them, or all of them with other line breaks.
        lines = (line.strip() for line in secret.splitlines() if len(line.strip()) >= WHOLE_WORD_BELOW)
        for part in (secret, *lines):
            forms.update(_encodings(part))
    return forms
