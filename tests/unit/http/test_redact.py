# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets leave texts, and nothing else does."""

from __future__ import annotations

import base64
import json
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


class TestResponses:
    """Whoever talks to a product says where its responses hold secrets."""

    DOCUMENT: ClassVar = {"accessToken": "canary-one", "tokenInfo": {"refreshToken": "canary-two", "name": "not-a-secret"}, "list": [1], "refreshToken": 5}

    def test_secrets_under_the_declared_keys(self) -> None:
        redactor = Redactor(secret_keys=("accessToken", "refreshToken"))
        redactor.learn(self.DOCUMENT)
        assert redactor.redact("canary-one canary-two not-a-secret 5") == "******** ******** not-a-secret 5"

    def test_nothing_is_a_secret_by_itself(self) -> None:
        redactor = Redactor()
        redactor.learn(self.DOCUMENT)
        assert redactor.secrets == set()

    @pytest.mark.parametrize("document", [None, [], "canary-one", 5, {"accessToken": None}, {"other": {"deeper": {"accessToken": "canary-one"}}}])
    def test_any_document(self, document: object) -> None:
        redactor = Redactor(secret_keys=("accessToken",))
        redactor.learn(document)
        assert redactor.secrets == set()
