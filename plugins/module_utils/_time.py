# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times: durations and moments that users write, ISO 8601 at the edges, and the clock that says when a task began."""

from __future__ import annotations

import functools
import re
import time
import typing as t
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from ._errors import ApiError

# Seconds by which two times of one server may differ that stand for one moment: they are whole, and taken one after the other.
CLOCK_SLACK = 5
# The timestamps of Command Center are signed 32-bit numbers (vendor document): 2038-01-19T03:14:07Z is the last one.
LAST_TIMESTAMP = 2**31 - 1

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
# As many digits as any sensible number has, and no digits but ours: int() refuses some that isdigit() accepts.
_NUMBER = re.compile(r"[0-9]{1,15}")
_DURATION = re.compile(r"(?:[0-9]{1,15}[wdhms])+")
_PART_OF_DURATION = re.compile(r"([0-9]+)([wdhms]?)")
_LONGEST_DURATION = 1000 * 365 * 86400
# The last second that has a date: 9999-12-31T23:59:59Z.
LAST_DATE = 253402300799


def parse_duration(value: str, option: str) -> int:
    """Seconds of a duration such as 5m, 1d12h or 300; raises ApiError."""
    text = str(value).strip().lower()
    if not (_NUMBER.fullmatch(text) or _DURATION.fullmatch(text)):
        raise ApiError(f"{option}: {value!r} is not a duration; write for example 90d, 12h, 5m, 1d12h or a number of seconds")
    seconds = sum(int(number) * _UNITS[unit or "s"] for number, unit in _PART_OF_DURATION.findall(text))
    if seconds > _LONGEST_DURATION:
        raise ApiError(f"{option}: {value!r} is longer than a thousand years")
    return seconds


class Moment(t.NamedTuple):
    """A moment that a user asked for: epoch seconds, or seconds from the moment in which a token is made."""

    seconds: int
    relative: bool

    def at(self, now: float) -> int:
        """The moment in epoch seconds, for a token that is made now."""
        return int(now) + self.seconds if self.relative else self.seconds


def parse_moment(value: str, option: str) -> Moment:
    """Read a duration (90d), an ISO 8601 time (UTC where it names no zone) or an epoch; raises ApiError."""
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        if len(text) < 9:
            raise ApiError(f"{option}: {value!r} is too small for an epoch; a duration needs a unit, for example {text}d")
        return Moment(int(text), relative=False)
    if _DURATION.fullmatch(text.lower()):
        return Moment(parse_duration(text, option), relative=True)
    try:
        moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    except ValueError:
        raise ApiError(f"{option}: {value!r} is neither a duration (90d), nor an ISO 8601 time (2027-01-31T00:00:00Z), nor an epoch in seconds") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return Moment(int(moment.timestamp()), relative=False)


def check_moment(moment: Moment, option: str, now: float, last: int = LAST_TIMESTAMP) -> int:
    """The moment in epoch seconds; raises ApiError when it has passed, or is later than the last one that the server can store."""
    at = moment.at(now)
    if at > last:
        raise ApiError(f"{option}: {iso_or_number(at)} is later than {iso(last)}, the last moment that the server can store")
    if at <= now:
        raise ApiError(f"{option}: {iso_or_number(at)} is not in the future; the server's time is {iso(now)}")
    return at


@functools.lru_cache(maxsize=1024)
def iso(epoch: float | None) -> str | None:
    """ISO 8601 in UTC with a Z, or None for None."""
    return None if epoch is None else datetime.fromtimestamp(int(epoch), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_number(epoch: int) -> str:
    """Like iso, and the bare number where it is no date."""
    try:
        return str(iso(epoch))
    except (OverflowError, ValueError, OSError):
        return str(epoch)


def from_iso(text: t.Any) -> float | None:
    """Epoch seconds of a time that iso() wrote, or one like it (UTC where it names no zone); None for anything else."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def from_http_date(text: str) -> float:
    """Epoch seconds of the date in an HTTP header, which is in UTC where it names no zone; raises ValueError."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (TypeError, OverflowError) as problem:
        raise ValueError(text) from problem


def from_api(value: t.Any) -> int | None:
    """Epoch seconds out of a server's document; None when it is no date, or zero or negative, which the server writes for "never"."""
    if isinstance(value, bool):
        return None
    try:
        seconds = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 < seconds <= LAST_DATE else None


# When a task began


def boottime() -> float:
    """Seconds since this machine's kernel started, those in which it was suspended included: the same clock for all of its processes."""
    try:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    except (AttributeError, OSError):
        return time.monotonic()


@functools.cache
def boot_id() -> str | None:
    """Names this start of this kernel: its processes, containers included, share boottime() and the locks of files. None where there is no such name."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return file.read().strip() or None
    except (OSError, ValueError):
        return None


_task_began: float | None = None


def begin_task(began: float | None = None) -> None:
    """Note that a task has begun, now or at that moment of boottime(): before imports and forks, by whoever knows."""
    global _task_began  # noqa: PLW0603 -- one process runs one task at a time
    _task_began = boottime() if began is None else began


def task_began() -> float:
    """When the task began, by boottime(); now, where nobody has noted it since the last call."""
    global _task_began
    began, _task_began = _task_began, None
    return boottime() if began is None else began
