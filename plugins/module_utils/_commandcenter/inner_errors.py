# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that a Command Center sends with HTTP 200: where they stand in JSON and in XML, and pages that are no response of the API."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping
from xml.parsers import expat

from .._http.messages import error_details

Error = tuple[t.Union[str, int, None], str]

_NO_ERROR = (None, 0, "0", "")
# Lists of outcomes, one for each thing that the request was about (vendor's SDK).
_OUTCOMES = ("response", "errList")
_WORDS = ("errorMessage", "errorString", "errLogMessage")
_HTML_STARTS = (b"<!doctype html", b"<html")


def error_of_token_call(document: t.Any) -> Error | None:
    """The code and the words of the error in the response to a call about access tokens: nested, at the top, or beside the token."""
    if not isinstance(document, dict):
        return None
    return _first_error([document, {key: value for key, value in document.items() if key != "error"}, document.get("tokenInfo")])


def error_of_any_call(document: t.Any, status: int) -> Error | None:
    """The same for a call of which nothing is known: the error may be one of a list of outcomes, or have no code, too."""
    if not isinstance(document, dict):
        return None
    found = error_of_token_call(document) or _first_error({**outcome, "code": None} for outcome in _outcomes(document))
    if found is None and status == 200:
        # Beside 202, words say what the server waits for.
        words = _words_without_code(document)
        return (None, words) if words else None
    return found


def _first_error(places: Iterable[t.Any]) -> Error | None:
    return next(((code, words) for code, words in map(error_details, places) if code not in _NO_ERROR), None)


def _outcomes(document: Mapping[str, t.Any], *names: str) -> Iterator[dict[str, t.Any]]:
    for name in names or _OUTCOMES:
        value = document.get(name)
        yield from (outcome for outcome in (value if isinstance(value, list) else [value]) if isinstance(outcome, dict))


def _words_without_code(document: dict[str, t.Any]) -> str:
    """The words of an error that has no code: of one in the list of errors, or of a response that holds nothing else."""
    nested = document.get("error")
    whole = nested if isinstance(nested, dict) and len(document) == 1 else document
    alone = [whole] if set(whole) <= {*_WORDS, "errorCode"} else []
    for place in (*_outcomes(document, "errList"), *alone):
        if place.get("errorCode") is None:
            words = error_details({name: place.get(name) for name in _WORDS if place.get(name)})[1]
            if words:
                return words
    return ""


def xml_document(content: bytes) -> dict[str, t.Any] | None:
    """The attributes of the root of an XML document, and of each element right below it, by the names of these; None for anything else.

    A document that is cut off is read as far as it goes. One that declares entities is not read: they can be made to fill the memory.
    """
    root: dict[str, t.Any] = {}
    children: dict[str, t.Any] = {}
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth == 0:
            root.update(attributes)
        elif depth == 1 and name == "error":
            children[name] = attributes
        elif depth == 1:
            children.setdefault(name, []).append(attributes)
        depth += 1

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, _refuse_doctype
    try:
        parser.Parse(content, False)
    except (expat.ExpatError, ValueError):
        pass
    return {**root, **children} if root or children else None


def _refuse_doctype(*_declaration: t.Any) -> None:
    raise ValueError


def is_html(content: bytes, content_type: str) -> bool:
    """Whether a response is a page for people, such as that of a maintenance or a login."""
    start = content[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith(_HTML_STARTS) or ("html" in content_type.lower() and start.startswith(b"<"))
