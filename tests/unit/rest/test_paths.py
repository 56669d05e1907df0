# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A path can name nothing outside of the API."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._rest.paths import join

REFUSED = {
    "": "names nothing",
    "/": "names nothing",
    "//evil.example.com/v2": "two slashes",
    "https://evil.example.com/": "absolute URL",
    "HTTP://evil.example.com": "absolute URL",
    "/v2/../v1": ". or ..",
    "..": ". or ..",
    "/v2/./x": ". or ..",
    "/v2/%2e%2E/x": ". or ..",
    "/v2/.%2e/x": ". or ..",
    "/v2/%252e%252e/x": ". or ..",
    "/v2/..;a=b/x": ". or ..",
    "/v2/a%2Fb": "encoded slash",
    "/v2/a%252fb": "encoded slash",
    "/v2/a%5cb": "encoded slash",
    "/v2/%0d%0aHost:x": "control character",
    "/v2/a\\b": "backslash",
    "/v2\r\nHost: evil": "line break",
    "/v2\nx": "line break",
    "/v2/x ": "blank",
    "/v2?a=b": "query",
    "/v2#x": "fragment",
    "/v2/100%": "encodes nothing",
}


@pytest.mark.parametrize(("path", "reason"), REFUSED.items())
def test_refused(path: str, reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        join(path)
    assert reason in caught.value.message
    assert "nothing was sent" in caught.value.message


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("v2/clusters", "/v2/clusters"),
        ("/v2/clusters", "/v2/clusters"),
        ("/V4//AccessToken", "/V4//AccessToken"),
        ("/v2/groups/1:2:3", "/v2/groups/1:2:3"),
        ("/v2/a%20b", "/v2/a%20b"),
        ("/v2/a b", "/v2/a b"),
        ("/v2/...", "/v2/..."),
        ("/v2/größe", "/v2/größe"),
        ("/v2/http:x", "/v2/http:x"),
    ],
)
def test_accepted(path: str, sent: str) -> None:
    assert join(path) == sent


@given(st.text(alphabet="/.%25eEfF\\:@?#;a\r\n ", max_size=14))
def test_any_path_stays_below_the_base(path: str) -> None:
    try:
        sent = join(path)
    except ApiError:
        return
    parts = urlsplit(f"https://cluster.example.com/base{sent}")
    assert (parts.netloc, parts.query, parts.fragment) == ("cluster.example.com", "", "")
    assert parts.path.startswith("/base/")
    assert ".." not in parts.path.split("/")
