# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a call sends, and what is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._rest.message import Message, read_message


def message(**options: Any) -> Message:
    return read_message(**{"method": "POST", "path": "/x", "query": None, "headers": None, "body": None, "body_format": "json", **options})


def refusal(**options: Any) -> str:
    with pytest.raises(ApiError) as caught:
        message(**options)
    return caught.value.message


@pytest.mark.parametrize(
    ("body_format", "body", "content", "content_type"),
    [
        ("json", {"a": [1, None]}, b'{"a": [1, null]}', "application/json"),
        ("json", '{"a": 1}', b'{"a": 1}', "application/json"),
        ("json", {}, b"{}", "application/json"),
        ("form", {"a": [1, True], "b": "x y", "c": None}, b"a=1&a=true&b=x+y", "application/x-www-form-urlencoded"),
        ("xml", "<a>ü</a>", "<a>ü</a>".encode(), "application/xml"),
        ("raw", "plain", b"plain", "application/octet-stream"),
    ],
)
def test_bodies(body_format: str, body: Any, content: bytes, content_type: str) -> None:
    sent = message(body_format=body_format, body=body)
    assert (sent.content, sent.headers) == (content, {"Content-Type": content_type})


def test_no_body() -> None:
    assert (message().content, message().headers) == (None, {})


def test_the_user_s_content_type_wins() -> None:
    assert message(body="x", body_format="raw", headers={"content-type": "text/csv"}).headers == {"content-type": "text/csv"}


@pytest.mark.parametrize(
    ("body_format", "body", "words"),
    [
        ("json", "no json", "is not JSON"),
        ("json", {"a": {1, 2}}, "no word for"),
        ("form", "a=b", "takes a dict"),
        ("form", {"a": {"b": 1}}, "a is a dict"),
        ("xml", {"a": 1}, "takes a text, and this is a dict"),
        ("raw", [1], "takes a text, and this is a list"),
    ],
)
def test_bodies_that_are_refused(body_format: str, body: Any, words: str) -> None:
    assert words in refusal(body_format=body_format, body=body)


def test_query() -> None:
    assert message(query={"a": 1, "b": [True, "x"], "c": None}).query == [("a", "1"), ("b", "true"), ("b", "x")]


@pytest.mark.parametrize("query", [{"a": "x\r\nHost: evil"}, {"a\n": "x"}, {"a": ["x\0"]}])
def test_line_breaks_in_a_query(query: dict[str, Any]) -> None:
    assert "control character" in refusal(query=query)


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authtoken",
        "apiKey",
        "session-id",
        "Cookie",
        "Host",
        "content-length",
        "accessClusterId",
        "x-impersonate-tenant-id",
        "Transfer-Encoding",
    ],
)
def test_headers_that_are_refused(name: str) -> None:
    assert refusal(headers={name: "canary-value"}).startswith(f"headers: {name} cannot be given")
    assert "canary-value" not in refusal(headers={name: "canary-value"})


@pytest.mark.parametrize("headers", [{"X-A": "b\r\nHost: evil"}, {"X A": "b"}, {"X-A\n": "b"}, {"": "b"}, {"X-A": None}, {"X-A": ["b"]}, {"X-A": "ü"}])
def test_headers_that_break_the_request(headers: dict[str, Any]) -> None:
    assert refusal(headers=headers).startswith("headers: ")


def test_headers() -> None:
    assert message(headers={"X-A": 1, "Accept": "text/plain"}).headers == {"X-A": "1", "Accept": "text/plain"}
