# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the responses of Command Center prove: that a list is one, and that a refusal is the server's own."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Iterator, Mapping

from .._http.messages import error_details

_TOTALS = ("totalRecords", "totalRecordsWithoutPaging")
_DENIED_CODE = 5
_DENIED_WORDS = "access denied"
_MOST_LEVELS = 8

_SECRET_FIELD = re.compile(r'"(?:access|refresh)Token"\s*:\s*["\[]')
# Secrets and times out of a response that is no JSON: field clients read them out of the text because of such servers.
_PAIR = re.compile(r'"(accessToken|refreshToken)"\s*:\s*("[^"\s]+")')
_NUMBERS = re.compile(r'"(accessTokenId|userId|tokenExpiryTimestamp|refreshTokenExpiryTimestamp|renewableUntilTimestamp)"\s*:\s*"?([0-9]{1,12})\b')


def listed_entries(document: Mapping[str, t.Any]) -> list[dict[str, t.Any]] | str:
    """The entries of a list of tokens; or why it is none, as a part of a sentence.

    Whoever takes a list that is missing for an empty one takes every token for one that was revoked. Documented is a list under "tokens",
    which an honest server without tokens returns too, as [].
    """
    entries = document.get("tokens")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return "the response has no list under tokens"
    totals = [total for total in map(document.get, _TOTALS) if isinstance(total, int) and total > len(entries)]
    if totals:
        return f"the response says that there are {totals[0]} tokens and lists {len(entries)}"
    if not entries and (document.get("errList") or _has_words_without_a_code(document)):
        return "the list is empty, and an error stands beside it"
    return entries


def _has_words_without_a_code(document: Mapping[str, t.Any]) -> bool:
    return any(words and code is None for code, words in (error_details(document), error_details({**document, "error": None})))


def is_denial(body: str | None) -> bool:
    """Whether a body is the documented refusal of an authorization: {"errorMessage": "Access denied", "errorCode": 5}, flat or nested."""
    code, words = error_details(_parsed(body or ""))
    return str(code) == str(_DENIED_CODE) or _DENIED_WORDS in words.lower()


def is_refusal(body: str | None) -> bool:
    """Whether a body is a refusal in the server's own words: a JSON document with an error code or an error message."""
    code, words = error_details(_parsed(body or ""))
    return bool(words) or code not in (None, 0, "", "0")


def secrets_in(body: str | None) -> dict[str, t.Any]:
    """The fields of the token whose secret a body holds, whatever else it says and however broken it is; {} where it holds none."""
    text = body or ""
    for found in _objects(_parsed(text)):
        if isinstance(found.get("accessToken"), str) and found["accessToken"]:
            return dict(found)
    pair: dict[str, t.Any] = {}
    for key, quoted in _PAIR.findall(text):
        try:
            pair[key] = json.loads(quoted)
        except ValueError:
            continue
    return {**pair, **{key: int(value) for key, value in _NUMBERS.findall(text)}} if pair.get("accessToken") else {}


def holds_secret(body: str | None) -> bool:
    """Whether a part of a pair stands in a body, also one that cannot be used."""
    return _SECRET_FIELD.search(body or "") is not None


def _parsed(text: str) -> t.Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _objects(value: t.Any, level: int = 0) -> Iterator[Mapping[str, t.Any]]:
    """Every object in a document, the outer ones first."""
    if level > _MOST_LEVELS:
        return
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner, level + 1)
