# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server says: JSON or a clear error, in its own words, with no secret and not too many of them."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._http.body import MAX_BODY_BYTES
from ansible_collections.dataprotection.access.plugins.module_utils._http.messages import check_secret
from tests.simulator import Simulator
from tests.simulator.faults import MAINTENANCE
from tests.unit.http.conftest import PATH, Client, Make

HINT = "is this the address of the API, and is no maintenance page or proxy in front of it?"


class TestSuccess:
    @pytest.mark.parametrize("value", [{"a": "ü"}, [], [1], "text", 5, None, True])
    def test_any_json_is_handed_on(self, sim: Simulator, client: Client, value: Any) -> None:
        sim.fault("json", value=value)
        assert client().data == value

    def test_text_where_text_is_wanted(self, sim: Simulator, client: Client) -> None:
        sim.fault("html", body="<b>ü</b>")
        assert client(text=True).data == "<b>ü</b>"

    @pytest.mark.parametrize("kind", ["html", "html_after"])
    def test_html(self, sim: Simulator, client: Client, kind: str) -> None:
        sim.fault(kind)
        error = client.fails()
        assert error.message == f"GET {sim.url}{PATH}: HTTP 200 with {len(MAINTENANCE)} bytes of text/html that are not JSON; {HINT}"
        assert error.status == 200
        # A maintenance page is not asked for again: it lasts longer than a task.
        assert len(sim.requests()) == 1

    def test_an_empty_body(self, sim: Simulator, client: Client) -> None:
        sim.fault("empty")
        assert client.fails().message == f"GET {sim.url}{PATH}: HTTP 200 with an empty body; {HINT}"

    @pytest.mark.parametrize("body", ['{"accessToken": "canary', "{'accessToken': 'canary'}", "canary", "[" * 100_000], ids=lambda body: body[:20])
    def test_what_only_looks_like_json_is_not_quoted(self, sim: Simulator, client: Client, body: str) -> None:
        sim.fault("html", body=body)
        error = client.fails()
        assert "that are not JSON" in error.message
        assert "canary" not in error.message
        assert "[[" not in error.message

    def test_half_an_answer(self, make: Make, sim: Simulator) -> None:
        sim.fault("truncate")
        message = make(retries=0).fails().message
        assert re.search(r"the connection broke before the response was complete: [0-9]+ of [0-9]+ bytes arrived$", message)


class TestSize:
    def test_just_small_enough(self, sim: Simulator, client: Client) -> None:
        sim.fault("big", bytes=MAX_BODY_BYTES)
        assert len(client().data["padding"]) == MAX_BODY_BYTES - 15

    @pytest.mark.parametrize("args", [{"bytes": MAX_BODY_BYTES + 1}, {"bytes": 40 * 2**20}, {"bytes": 60 * 2**20, "gzip": True}])
    def test_too_large(self, sim: Simulator, client: Client, args: dict[str, Any]) -> None:
        sim.fault("big", **args)
        error = client.fails()
        assert error.message == f"GET {sim.url}{PATH}: the response is larger than 16 MiB and was refused"
        assert len(sim.requests()) == 1
        assert client().status == 200

    def test_of_an_error(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=400, body="x" * (MAX_BODY_BYTES + 1))
        assert "the response is larger than 16 MiB and was refused" in client.fails().message


class TestErrorText:
    @pytest.mark.parametrize(
        ("body", "code", "words"),
        [
            (
                {"errorCode": "KValidationError", "message": "Invalid Username or Password specified."},
                "KValidationError",
                "Invalid Username or Password specified.",
            ),
            ({"errorCode": 5, "errorMessage": "Access denied"}, 5, "Access denied"),
            ({"error": {"errorCode": 22, "errorMessage": "Nested"}}, 22, "Nested"),
            ({"error": {"errorCode": 22, "errorString": "Two\n lines"}}, 22, "Two lines"),
            ({"errorCode": None, "message": "No code"}, None, "No code"),
            ({"errorCode": {"deep": 1}, "message": ["no", "text"]}, None, ""),
            ({"errorCode": "KOnly"}, "KOnly", ""),
            (["a", "list"], None, ""),
            ("Too Many Requests", None, "Too Many Requests"),
            ("<html><head><title>\n Service &amp; Maintenance </title></head></html>", None, 'an HTML page with the title "Service & Maintenance"'),
            ("<h1>oops</h1>", None, "an HTML page"),
            (None, None, ""),
        ],
    )
    def test_the_server_s_own_words(self, sim: Simulator, client: Client, body: Any, code: Any, words: str) -> None:
        sim.fault("status", code=400, body=body)
        error = client.fails("POST")
        label = "HTTP 400" if code is None else f"HTTP 400 {code}"
        assert error.message == f"POST {sim.url}{PATH}: {label}" + (f": {words}" if words else "")
        assert (error.status, error.code) == (400, code)

    def test_without_the_query(self, sim: Simulator, client: Client) -> None:
        sim.fault("status", code=400)
        assert client.fails("GET", PATH + "?userId=42").message == f"GET {sim.url}{PATH}: HTTP 400"

    @pytest.mark.parametrize("body", ["y" * 100_000, {"errorMessage": "y" * 100_000}, {"errorCode": "y" * 100_000}, f"<title>{'y' * 60_000}</title>"])
    def test_not_too_many(self, sim: Simulator, client: Client, body: Any) -> None:
        sim.fault("status", code=400, body=body)
        error = client.fails()
        assert "y" * 400 in error.message
        assert len(error.message) < 600
        assert len(str(error.code)) <= 500

    @pytest.mark.parametrize("style", ["text", "json", "html"])
    def test_nothing_for_a_terminal_to_obey(self, sim: Simulator, client: Client, style: str) -> None:
        words = "a\x1b[2Jb\x07c\r\nd\u202ee"
        body = {"text": words, "json": {"errorMessage": words}, "html": f"<title>{words}</title>"}[style]
        sim.fault("status", code=400, body=body)
        message = client.fails().message
        assert message.isprintable()
        assert "a [2Jb c d e" in message


# In it every encoding differs from the others.
SECRET = 'p"ä/ss\\w&rd + 1>>?~'


def echoes(secret: str) -> dict[str, str]:
    """The ways in which servers have been seen to give a secret back."""
    encoded = secret.encode()
    return {
        "plain": secret,
        "base64": base64.b64encode(encoded).decode(),
        "base64 for URLs": base64.urlsafe_b64encode(encoded).decode(),
        "base64 unpadded": base64.b64encode(encoded).decode().rstrip("="),
        "url-encoded": quote(secret, safe=""),
        "url-encoded path": quote(secret),
        "url-encoded in lower case": re.sub("%..", lambda code: code.group().lower(), quote(secret, safe="")),
        "form": quote(secret, safe="").replace("%20", "+"),
        "json": json.dumps(secret)[1:-1],
        "json in UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "html": secret.replace("&", "&amp;").replace('"', "&quot;").replace(">", "&gt;"),
    }


class TestSecrets:
    def test_the_forms_differ(self) -> None:
        forms = echoes(SECRET)
        assert len(set(forms.values())) == len(forms)

    @pytest.mark.parametrize("form", sorted(echoes("")))
    @pytest.mark.parametrize("place", ["text", "message", "code", "title"])
    def test_an_echo_is_redacted(self, sim: Simulator, client: Client, form: str, place: str) -> None:
        client.http.redactor.add(SECRET)
        echo = echoes(SECRET)[form]
        body = {
            "text": f"rejected: x{echo}x",
            "message": {"errorMessage": f"rejected: x{echo}x"},
            "code": {"errorCode": f"x{echo}x"},
            "title": f"<title>x{echo}x</title>",
        }[place]
        sim.fault("status", code=400, body=body)
        error = client.fails("POST")
        assert "x********x" in error.message
        for shown in (error.message, str(error.code), str(error)):
            assert not any(other in shown for other in echoes(SECRET).values())

    @pytest.mark.parametrize("form", ["base64 for URLs", "base64 unpadded", "url-encoded", "url-encoded path", "url-encoded in lower case", "form"])
    def test_an_echo_in_a_redirect_is_redacted(self, sim: Simulator, client: Client, form: str) -> None:
        client.http.redactor.add(SECRET)
        sim.fault("redirect", location=f"https://other.example/x{echoes(SECRET)[form]}x")
        assert "redirects to https://other.example/x********x, which" in client.fails("POST").message

    def test_an_echo_in_what_is_retried_is_redacted_in_the_warning(self, sim: Simulator, client: Client) -> None:
        client.http.redactor.add("canary-secret")
        sim.fault("status", code=503, body="busy with canary-secret", headers={"Retry-After": "0"})
        client()
        assert "busy with ********" in client.warnings[0]

    def test_an_echo_at_the_edge_of_what_is_quoted(self, sim: Simulator, client: Client) -> None:
        client.http.redactor.add("canary-secret")
        sim.fault("status", code=400, body="x" * 495 + "canary-secret")
        assert "canary" not in client.fails().message

    @pytest.mark.parametrize("header", ["QSDK of-somebody-else-0123456789", "Bearer eyJhbGciOi.J9-of_somebody.else", "basic YWRtaW46aHVudGVyMjEyMw=="])
    def test_credentials_of_others(self, sim: Simulator, client: Client, header: str) -> None:
        sim.fault("status", code=400, body=f"who is {header}, please?")
        scheme, _space, secret = header.partition(" ")
        message = client.fails().message
        assert f"who is {scheme} ********, please?" in message
        assert secret not in message

    @pytest.mark.parametrize("words", ["Basic authentication is not supported.", "A bearer token is required.", "Bearer tokens expire after 24 hours"])
    def test_words_that_are_no_credentials(self, sim: Simulator, client: Client, words: str) -> None:
        sim.fault("status", code=400, body=words)
        assert client.fails().message.endswith(words)

    @pytest.mark.parametrize("header", ["QSDK canary\n", "QSDK can\r\nary: x", "QSDK canary€"])
    def test_a_secret_that_cannot_stand_in_a_header(self, sim: Simulator, client: Client, header: str) -> None:
        client.http.redactor.add(header)
        error = client.fails("POST", headers={"Authtoken": header})
        assert f"POST {sim.url}{PATH}: the request could not be made: " in error.message
        assert "canary" not in error.message
        assert not error.maybe_applied
        assert sim.requests() == []


class TestCheckSecret:
    @pytest.mark.parametrize("value", [None, "", "  ", 5, True, ["x"], {"x": 1}])
    def test_missing(self, value: Any) -> None:
        with pytest.raises(ApiError) as caught:
            check_secret(value, "accessToken", "POST https://x/y")
        assert caught.value.message == "POST https://x/y: the response holds no accessToken"
        assert caught.value.maybe_applied

    @pytest.mark.parametrize("value", ["canary\n", "can\x00ary", "canary\x7f", "canäry", "can\u202eary", " canary", "canary ", "\tcanary"])
    def test_not_for_a_header(self, value: str) -> None:
        with pytest.raises(ApiError) as caught:
            check_secret(value, "accessToken", "POST https://x/y")
        assert caught.value.message == "POST https://x/y: the accessToken in the response holds characters that cannot be sent in a header"
        assert caught.value.maybe_applied

    def test_good(self) -> None:
        assert check_secret("abc-_.=/+~", "accessToken", "POST https://x/y") == "abc-_.=/+~"


class TestClock:
    def test_the_server_s_date_rules(self, sim: Simulator, client: Client) -> None:
        sim.advance(-10 * 365 * 86400)
        client()
        assert abs(client.http.server_time() - sim.now()) < 2

    def test_also_of_a_refusal(self, sim: Simulator, client: Client) -> None:
        sim.advance(10 * 365 * 86400)
        sim.fault("status", code=400)
        client.fails()
        assert abs(client.http.server_time() - sim.now()) < 2

    def test_this_machine_s_time_where_there_is_none(self, sim: Simulator, client: Client) -> None:
        sim.advance(-10 * 365 * 86400)
        sim.fault("no_date")
        client()
        assert abs(client.http.server_time() - (sim.now() + 10 * 365 * 86400)) < 2
