# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that a Command Center sends with HTTP 200: where they stand in JSON and in XML, and pages that are no response of the API."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from .._http.messages import error_details

_NO_ERROR = (None, 0, "0", "")
# Lists of outcomes, one for each thing that the request was about (vendor's SDK).
_OUTCOMES = ("response", "errList")
_WORDS = ("errorMessage", "errorString", "errLogMessage")
_HTML_STARTS = (b"<!doctype html", b"<html")


def error_in(document: t.Any, status: int) -> tuple[str | int | None, str] | None:
    """The code and the words of the error in a response with a status of success; None where there is none."""
    if not isinstance(document, dict):
        return None
    for code, words in map(error_details, _places(document)):
        if code not in _NO_ERROR:
            return code, words
    # Beside 202, words say what the server waits for.
    words = _words_without_code(document) if status == 200 else ""
    return (None, words) if words else None


def _places(document: dict[str, t.Any]) -> Iterator[t.Any]:
    """Where a response may name an error: nested, at the top, beside the token, or in a list of outcomes."""
    yield document
    yield {key: value for key, value in document.items() if key != "error"}
    yield document.get("tokenInfo")
    for outcome in _outcomes(document):
        yield {key: value for key, value in outcome.items() if key != "code"}


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
