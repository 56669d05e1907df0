# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations, moments and timestamps: what users write, and what servers send."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._time import (
    LAST_TIMESTAMP,
    Moment,
    check_moment,
    from_api,
    from_iso,
    iso,
    parse_duration,
    parse_moment,
)

NOW = 1_800_000_000  # 2027-01-15T08:00:00Z
DIGITS = st.text("0123456789²⑨٣Ⅷ", min_size=1)
ANYTHING = st.one_of(st.text(), DIGITS, st.text("0123456789wdhmsTZ:+-. ", max_size=30), DIGITS.map(lambda text: text + "d"))
TIMESTAMPS = st.integers(0, LAST_TIMESTAMP)


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("90d", 7776000),
            ("24h", 86400),
            ("5m", 300),
            ("30s", 30),
            ("2w", 1209600),
            ("1d12h", 129600),
            ("1W2D", 777600),
            (" 5m ", 300),
            ("300", 300),
            ("0", 0),
        ],
    )
    def test_good(self, text: str, seconds: int) -> None:
        assert parse_duration(text, "lifetime") == seconds

    @pytest.mark.parametrize("text", ["", " ", "d", "5 m", "5x", "-5m", "1.5h", "5m-", "P1D", "five minutes", "²", "²d", "9" * 5000, "9" * 5000 + "d"])
    def test_bad(self, text: str) -> None:
        with pytest.raises(ApiError) as caught:
            parse_duration(text, "lifetime")
        assert caught.value.message.startswith("lifetime: ")
        assert caught.value.message.endswith(" is not a duration; write for example 90d, 12h, 5m, 1d12h or a number of seconds")

    @pytest.mark.parametrize("text", ["999999999999999", "365001d", "9" * 15 + "w"])
    def test_too_long_for_any_calendar(self, text: str) -> None:
        with pytest.raises(ApiError, match=f"lifetime: '{text}' is longer than a thousand years"):
            parse_duration(text, "lifetime")

    @given(st.tuples(*[st.integers(0, 999)] * 5))
    def test_units_add_up(self, numbers: tuple[int, ...]) -> None:
        text = "".join(f"{number}{unit}" for number, unit in zip(numbers, "wdhms", strict=True))
        expected = timedelta(**dict(zip(("weeks", "days", "hours", "minutes", "seconds"), numbers, strict=True)))
        assert parse_duration(text, "x") == expected.total_seconds()

    @given(ANYTHING)
    def test_anything_is_seconds_or_an_error(self, text: str) -> None:
        try:
            assert parse_duration(text, "x") >= 0
        except ApiError:
            pass


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("90d", Moment(7776000, True)),
            (" 1d12h ", Moment(129600, True)),
            ("1800000000", Moment(NOW, False)),
            ("2027-01-15T08:00:00Z", Moment(NOW, False)),
            ("2027-01-15T08:00:00z", Moment(NOW, False)),
            ("2027-01-15T08:00:00", Moment(NOW, False)),
            ("2027-01-15 08:00:00+00:00", Moment(NOW, False)),
            ("2027-01-15T10:00:00+02:00", Moment(NOW, False)),
            ("2027-01-15T08:00:00.999Z", Moment(NOW, False)),
            ("2027-01-15", Moment(NOW - 8 * 3600, False)),
        ],
    )
    def test_good(self, text: str, moment: Moment) -> None:
        assert parse_moment(text, "expires") == moment

    @pytest.mark.parametrize("text", ["", "tomorrow", "2027-13-01", "2027-01-15T25:00:00Z", "90 days", "-5d", "²²²²²²²²²", "9" * 5000, "9" * 5000 + "d"])
    def test_bad(self, text: str) -> None:
        with pytest.raises(ApiError) as caught:
            parse_moment(text, "expires")
        assert caught.value.message.startswith("expires: ")
        assert "is neither a duration (90d), nor an ISO 8601 time (2027-01-31T00:00:00Z), nor an epoch in seconds" in caught.value.message

    @pytest.mark.parametrize("text", ["90", "0", "20270115"])
    def test_a_number_that_is_no_epoch_was_meant_as_days(self, text: str) -> None:
        with pytest.raises(ApiError, match=f"too small for an epoch; a duration needs a unit, for example {text}d"):
            parse_moment(text, "expires")

    @given(st.integers(10**8, LAST_TIMESTAMP))
    def test_all_ways_to_write_a_time_agree(self, seconds: int) -> None:
        written = [str(seconds), str(iso(seconds)), datetime.fromtimestamp(seconds, timezone(timedelta(hours=5, minutes=30))).isoformat()]
        assert {parse_moment(text, "x") for text in written} == {Moment(seconds, False)}

    @given(ANYTHING)
    def test_anything_is_a_moment_or_an_error(self, text: str) -> None:
        try:
            check_moment(parse_moment(text, "x"), "x", NOW)
        except ApiError:
            pass


class TestCheckMoment:
    @pytest.mark.parametrize(
        ("moment", "at"), [(Moment(60, True), NOW + 60), (Moment(NOW + 1, False), NOW + 1), (Moment(LAST_TIMESTAMP, False), LAST_TIMESTAMP)]
    )
    def test_good(self, moment: Moment, at: int) -> None:
        assert check_moment(moment, "expires", NOW) == at

    @pytest.mark.parametrize("moment", [Moment(NOW, False), Moment(NOW - 1, False), Moment(0, True), Moment(-(10**14), False)])
    def test_past(self, moment: Moment) -> None:
        with pytest.raises(ApiError, match="is not in the future; the server's time is 2027-01-15T08:00:00Z"):
            check_moment(moment, "expires", NOW)

    @pytest.mark.parametrize("moment", [Moment(LAST_TIMESTAMP + 1, False), Moment(LAST_TIMESTAMP, True), Moment(10**30, False), Moment(10**400, True)])
    def test_beyond_what_the_server_can_store(self, moment: Moment) -> None:
        with pytest.raises(ApiError, match="is later than 2038-01-19T03:14:07Z, the last moment that the server can store"):
            check_moment(moment, "expires", NOW)


class TestWritten:
    @pytest.mark.parametrize(("epoch", "text"), [(NOW, "2027-01-15T08:00:00Z"), (NOW + 0.9, "2027-01-15T08:00:00Z"), (0, "1970-01-01T00:00:00Z"), (None, None)])
    def test_iso(self, epoch: float | None, text: str | None) -> None:
        assert iso(epoch) == text

    @given(TIMESTAMPS)
    def test_back_and_forth(self, seconds: int) -> None:
        assert from_iso(iso(seconds)) == seconds

    @pytest.mark.parametrize("text", ["2027-01-15T08:00:00Z", "2027-01-15T08:00:00", "2027-01-15T09:00:00+01:00"])
    def test_no_zone_means_utc_whatever_this_machine_s_zone(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        try:
            assert from_iso(text) == NOW
        finally:
            monkeypatch.undo()
            time.tzset()

    @given(st.one_of(ANYTHING, st.none(), st.integers(), st.datetimes().map(str)))
    @example("0001-01-01T00:00:00")
    @example("9999-12-31T23:59:59-23:59")
    def test_anything_is_a_time_or_nothing(self, value: Any) -> None:
        assert isinstance(from_iso(value), (float, type(None)))


class TestServers:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            (NOW, NOW),
            (str(NOW), NOW),
            (float(NOW), NOW),
            (2147483647, 2147483647),
            (0, None),
            (-1, None),
            (None, None),
            (True, None),
            ("", None),
            ("soon", None),
            ([NOW], None),
            ({}, None),
            (float("nan"), None),
            (float("inf"), None),
            (10**18, None),
            (10**400, None),
        ],
    )
    def test_from_api(self, value: Any, seconds: int | None) -> None:
        assert from_api(value) == seconds

    @given(st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), DIGITS), st.lists))
    def test_anything_can_be_shown(self, value: Any) -> None:
        iso(from_api(value))
