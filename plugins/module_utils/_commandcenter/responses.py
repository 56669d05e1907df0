# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the responses of Command Center prove: that a list is one, and that a refusal is the server's own."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Mapping

from .._http.messages import error_details

_TOTALS = ("totalRecords", "totalRecordsWithoutPaging")
_DENIED_CODE = 5
_DENIED_WORDS = "access denied"

_SECRET_FIELD = re.compile(r'"(?:access|refresh)Token"\s*:\s*["\[]')


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


def holds_secret(body: str | None) -> bool:
    """Whether a part of a pair stands in a body, also one that cannot be used."""
    return _SECRET_FIELD.search(body or "") is not None


def _parsed(text: str) -> t.Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
