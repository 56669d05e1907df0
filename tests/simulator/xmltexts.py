# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's XML: answers written as attributes and elements, bodies read back."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import quoteattr

from .answers import XML, Answer, Call
from .refusal import RefusedError


def wants_xml(call: Call, switch: str) -> bool:
    """Whether this request is answered in XML, by the switch `commandcenter_xml`."""
    accept = call.headers.get("accept")
    return (switch == "no accept" and accept is None) or (switch == "unless json" and "json" not in (accept or ""))


def xml_answer(name: str, value: dict[str, Any], status: int) -> Answer:
    return Answer(status, ("<?xml version='1.0' encoding='UTF-8'?>" + _element(name, value)).encode(), XML)


def _element(name: str, value: dict[str, Any]) -> str:
    """Scalars become attributes, dicts and lists of dicts elements."""
    attributes, inner = "", ""
    for key, one in value.items():
        if isinstance(one, dict):
            inner += _element(key, one)
        elif isinstance(one, list):
            inner += "".join(_element(key, item if isinstance(item, dict) else {"val": item}) for item in one)
        else:
            attributes += f" {key}={quoteattr(str(one))}"
    return f"<{name}{attributes}>{inner}</{name}>"


def body_fields(call: Call) -> dict[str, Any]:
    """The fields of a JSON body, or the attributes of an XML body's root, which must say that it is XML."""
    if isinstance(call.body, dict):
        return call.body
    text = call.body if isinstance(call.body, str) else ""
    if not text.lstrip().startswith("<"):
        raise RefusedError("The request body is not a JSON object", 22, status=400)
    if not call.headers.get("content-type", "").startswith(XML):
        raise RefusedError("An XML body needs Content-Type: application/xml", 22, status=415)
    match = re.search(r"<[A-Za-z_][\w.-]*((?:\s+[\w.:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>", text)
    if match is None:
        raise RefusedError("The request body is not XML", 22, status=400)
    return {name: value[1:-1] for name, value in re.findall(r"([\w.:-]+)\s*=\s*(\"[^\"]*\"|'[^']*')", match[1])}
