# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets leave texts, and nothing else does."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import ClassVar
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.dataprotection.access.plugins.module_utils._redact import PLACEHOLDER, Redactor

PROSE = "The password of user 'admin' in domain LOCAL is a bad one (1 of 5): api, app, apple; a-b a.b a_b."
SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=8).filter(lambda text: len(text.strip()) >= 8)


class TestShortSecrets:
    """Shorter than eight characters: cut out only where they stand alone, or a message would be full of holes that spell them."""

    @pytest.mark.parametrize(
        ("secret", "text", "shown"),
        [
            ("a", "a banana and a pear", "******** banana and ******** pear"),
            ("app", "app, apple and (app)", "********, apple and (********)"),
            ("ap-i", "ap-i, ap-is, xap-i", "********, ap-is, xap-i"),
            ("1", "HTTP 401, attempt 1 of 4", "HTTP 401, attempt ******** of 4"),
            ("ü", "ü über", "******** über"),
            ("secret1", "secret1 secret12", "******** secret12"),
            ("+1", "+1 at the start and at the end +1", "******** at the start and at the end ********"),
        ],
    )
    def test_words_stay_whole(self, secret: str, text: str, shown: str) -> None:
        assert Redactor([secret]).redact(text) == shown

    def test_their_encoded_forms_too(self) -> None:
        # "YWJj" is the base64 of "abc".
        assert Redactor(["abc"]).redact("YWJj XYWJjX YWJj=") == "******** XYWJjX ********="

    @pytest.mark.parametrize("secret", ["a", "b1", "61", "a&b", "ab", "abcd", "abcde"])
    def test_no_encoding_of_theirs_hits_anything_else(self, secret: str) -> None:
        text = "HTTP 401 at YWJjZGVm: R&amp;D and Q&A, x&lt;y, %3Cb%3E, 616263646566"
        assert Redactor([secret]).redact(text) == text

    @given(st.text("abcdefghij", min_size=1, max_size=7))
    def test_letters_within_words_stay(self, secret: str) -> None:
        text = f"x{secret}x"
        assert Redactor([secret]).redact(text) == text


class TestLongSecrets:
    @given(SECRETS, st.text(max_size=5), st.text(max_size=5))
    @example("pass word", "", "")
    @example("********", "x", "x")
    def test_nothing_of_them_is_left_wherever_they_stand(self, secret: str, before: str, after: str) -> None:
        stripped = secret.strip()
        encoded = base64.b64encode(stripped.encode()).decode()
        in_json = json.dumps(stripped)[1:-1]
        # As the options of a module stand in the file that is sent to a target: in JSON, in a literal of Python.
        in_python = {repr(text)[1:-1] for text in (stripped, in_json)} | {repr(f"{text}'\"")[1:-4] for text in (stripped, in_json)}
        forms = {stripped, encoded, encoded.rstrip("="), quote(stripped, safe=""), quote_plus(stripped), in_json, *in_python}
        redactor = Redactor([secret])
        for form in forms:
            shown = redactor.redact(f"{before}{form}{after}")
            assert PLACEHOLDER in shown
            assert form not in shown.replace(PLACEHOLDER, "")

    def test_the_longer_of_two_goes_first(self) -> None:
        redactor = Redactor(["password", "password-and-pin"])
        assert redactor.redact("it is password-and-pin") == "it is ********"

    def test_a_key_of_several_lines(self) -> None:
        redactor = Redactor(["-----BEGIN-----\nline-one-of-it\nline-two-of-it\nend\n-----END-----\n"])
        assert redactor.redact("bad line-two-of-it in it") == "bad ******** in it"
        shown = redactor.redact("bad key -----BEGIN----- line-one-of-it line-two-of-it end -----END-----")
        assert "line-" not in shown

    @pytest.mark.parametrize(
        "form",
        [
            "can&lt;ary&amp;'x>\"y\\z",
            "can&#60;ary&#38;&#39;x&#62;&#34;y&#92;z",
            "can&#x3C;ary&#x26;&apos;x&gt;&quot;y&#x5c;z",
            "can&amp;lt;ary&amp;amp;'x&amp;gt;&amp;quot;y\\z",
            "can\\u003cary\\u0026\\u0027x\\u003E\\u0022y\\u005cz".replace("\\u005c", "\\\\"),
            "can%3cary%26%27x%3E%22y%5Cz",
            "can%253Cary%2526'x%253E%2522y%255Cz",
        ],
    )
    def test_in_the_spelling_of_any_format(self, form: str) -> None:
        redactor = Redactor(["can<ary&'x>\"y\\z"])
        assert redactor.redact(f"it is {form}.") == "it is ********."
        assert redactor.masked({"said": f"it is {form}."}) == {"said": "it is ********."}

    @given(SECRETS)
    @example('pass"wo\\rd')
    @example("pa\\\\ss\\'wörd\n1")
    def test_json_within_json_and_hexadecimal(self, secret: str) -> None:
        stripped = secret.strip()
        once = json.dumps(stripped)[1:-1]
        twice = json.dumps(once)[1:-1]
        readable = json.dumps(json.dumps(stripped, ensure_ascii=False)[1:-1], ensure_ascii=False)[1:-1]
        redactor = Redactor([secret])
        for form in (twice, json.dumps(twice)[1:-1], readable, stripped.encode().hex(), stripped.encode().hex().upper()):
            assert redactor.redact(f"<{form}>") == f"<{PLACEHOLDER}>", form

    @pytest.mark.parametrize("user", ["", "a", "ab", "abc", "backup", "CORP\\backup"])
    @pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
    def test_inside_of_a_word_in_base64(self, user: str, encode: Callable[[bytes], bytes]) -> None:
        redactor = Redactor(["canary-pässword?>"])
        for end in ("", "x", "xy", "xyz"):
            word = encode(f"{user}:canary-pässword?>{end}".encode()).decode()
            shown = redactor.redact(f"auth {word}, said the server")
            assert PLACEHOLDER in shown
            # At most what stands beside the secret may be left.
            left, right = shown.removeprefix("auth ").removesuffix(", said the server").split(PLACEHOLDER)
            assert base64.b64decode(left).decode() in (f"{user}:", "")
            assert base64.b64decode(right).decode() in (end, "")

    def test_not_in_quadratic_time(self) -> None:
        redactor = Redactor(["canary-secret", 'can"ary' * 20, "\\" * 50, "=" * 40])
        begin = time.monotonic()
        for text in (
            "A1" * 32_768,
            "\\" * 65_536,
            "=" * 65_536,
            "token" * 13_000,
            "token: " * 9_000,
            "request-id" * 7_000,
            "x-" * 33_000,
            "&amp;" * 13_000,
            " " * 65_536,
        ):
            redactor.redact_words(text)
        assert time.monotonic() - begin < 5

    def test_two_beside_each_other(self) -> None:
        assert Redactor(["canary-one", "canary-two"]).redact("canary-onecanary-two") == "****************"

    @given(st.text())
    def test_a_text_without_them_stays(self, text: str) -> None:
        if "canary-secret" not in text:
            assert Redactor(["canary-secret"]).redact(text) == text or any(word in text.lower() for word in ("qsdk", "bearer", "basic"))


class TestWhatIsNoSecret:
    @pytest.mark.parametrize("nothing", [None, "", "   ", "\n"])
    def test_nothing(self, nothing: str | None) -> None:
        redactor = Redactor([nothing])
        redactor.add(nothing)
        assert redactor.secrets == set()
        assert redactor.redact(PROSE) == PROSE

    def test_white_space_around_one(self) -> None:
        """A file's last line ends with a newline, a server's echo does not."""
        assert Redactor(["canary-secret\n"]).redact("canary-secret") == PLACEHOLDER

    def test_one_that_no_encoding_holds(self) -> None:
        """Out of an environment that is not UTF-8."""
        secret = b"p\xe4ssw\xf6rd-secret".decode("utf-8", "surrogateescape")
        assert Redactor([secret]).redact(f"it is {secret}") == "it is ********"

    def test_known_later(self) -> None:
        redactor = Redactor()
        redactor.add("canary-one", "canary-two")
        assert redactor.redact("canary-one canary-two") == "******** ********"
        assert redactor.secrets == {"canary-one", "canary-two"}


class TestAServersOwnWords:
    """They may hold a secret that nobody here knows: one that the server has just made, or somebody else's."""

    @pytest.mark.parametrize(
        ("words", "shown"),
        [
            ("token=canary-new", "token=********"),
            ("accessToken: canary-new was not kept", "accessToken: ******** was not kept"),
            ('{"accessToken":"canarynew","refreshToken" : "canary-new"} is cut off', '{"accessToken":"********","refreshToken" : "********"} is cut off'),
            ('{\\"token\\":\\"canary-new\\"}', '{\\"token\\":\\"********\\"}'),
            ("&quot;authToken&quot;:&quot;canary-new&quot;", "&quot;authToken&quot;:&quot;********&quot;"),
            ("<accessToken>canary-new</accessToken>", "<accessToken>********</accessToken>"),
            ("the new access token is canary1new", "the new access token is ********"),
            ("access token '4f9a0c17b2e84d7c' is revoked", "access token '********' is revoked"),
            ("API key 'b2f7c1d0-3c55-4a2e-8b1d-5a6c7d8e9f00' does not exist", "API key '********' does not exist"),
            ("unknown token 'QSDK canary-new'", "unknown token '********'"),
            ("password 'canary-new' is wrong", "password '********' is wrong"),
            ("token=b2f7c1d0-3c55-4a2e-8b1d-5a6c7d8e9f00, requestId=b2f7c1d0", "token=********, requestId=b2f7c1d0"),
            ("request id 3aBcD4canary40123456789abcdefghijkl", "request id ********"),
            ("request b2f7c1d0-3c55-4a2e-8b1d-5a6c7d8e9f00", "request ********"),
            ("trace id b2f7c1d0-3c55-4a2e-8b1d-5a6c7d8e9f00canary", "trace id ********"),
            ("session id 'S-4711-canary' is gone", "session id '********' is gone"),
            ("api_key=0123-canary&x=1", "api_key=********&x=1"),
            ("made eyJhbGciOiJIUzI1NiJ9.eyJkb21haW4iOiJMT0NBTCJ9.sig-canary for you", "made ******** for you"),
            ("pair 3aBcD-canary-0123456789-abcdefghijkl was issued", "pair ******** was issued"),
        ],
    )
    def test_what_looks_like_one(self, words: str, shown: str) -> None:
        assert Redactor().redact_words(words) == shown

    @pytest.mark.parametrize(
        "words",
        [
            PROSE,
            "Token expired",
            "The access token is invalid.",
            "token: expired, please log in",
            "Neither session cookie nor token is present in the request",
            "This endpoint is unavailable when session management is enabled",
            "Renew request placed after the permissible time limit",
            "Refresh token was used already; the token has been revoked",
            "no such path: /commandcenter/api/V4/AccessToken/Renew on 127.0.0.1:43211",
            "certificate verify failed: unable to get local issuer certificate (_ssl.c:1129)",
            "Access token 'prod-exporter-1' already present",
            'An API key named "backup-2026" or access token "prod exporter 1" exists; API key \'prod-exporter-2\' is active',
            "see request id 6a4b3f0e-0011-4c22-8d33-0123456789ab",
            "Internal error (Request-Id: 6a4b3f0e-0011-4c22-8d33-0123456789ab)",
            '{"requestId":"6a4b3f0e-0011-4c22-8d33-0123456789ab","trace_id" : "6A4B3F0E-0011-4C22-8D33-0123456789AB"}',
            "X-Correlation-ID=6a4b3f0e-0011-4c22-8d33-0123456789ab&traceId=6a4b3f0e-0011-4c22-8d33-0123456789ab",
            "the correlation id is 6a4b3f0e-0011-4c22-8d33-0123456789ab",
            "permission denied on secret/data/automation/commandcenter/exporter-of-the-production",
        ],
    )
    def test_what_does_not(self, words: str) -> None:
        assert Redactor().redact_words(words) == words

    def test_a_known_secret_is_no_request_id(self) -> None:
        secret = "6a4b3f0e-0011-4c22-8d33-0123456789ab"
        assert Redactor([secret]).redact_words(f"request id {secret}") == "request id ********"

    def test_only_there(self) -> None:
        """What users and other programs say is left as it is."""
        assert Redactor().redact("token=canary-new") == "token=canary-new"


class TestResponses:
    """Whoever talks to a product says where its responses hold secrets."""

    DOCUMENT: ClassVar = {"accessToken": "canary-one", "tokenInfo": {"refreshToken": "canary-two", "name": "not-a-secret"}, "list": [1], "refreshToken": 5}

    def test_secrets_under_the_declared_keys(self) -> None:
        redactor = Redactor(secret_keys=("accessToken", "refreshToken"))
        redactor.learn(self.DOCUMENT)
        assert redactor.redact("canary-one canary-two not-a-secret 5") == "******** ******** not-a-secret 5"

    def test_at_any_depth(self) -> None:
        redactor = Redactor(secret_keys=("accessToken",))
        redactor.learn({"data": [{"deeper": {"accessToken": "canary-one"}}]})
        assert redactor.redact("canary-one") == PLACEHOLDER

    def test_nothing_is_a_secret_by_itself(self) -> None:
        redactor = Redactor()
        redactor.learn(self.DOCUMENT)
        assert redactor.secrets == set()

    @pytest.mark.parametrize("document", [None, [], "canary-one", 5, {"accessToken": None}, {"accessToken": {"a": "b"}}])
    def test_any_document(self, document: object) -> None:
        redactor = Redactor(secret_keys=("accessToken",))
        redactor.learn(document)
        assert redactor.secrets == set()
