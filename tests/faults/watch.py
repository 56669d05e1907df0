# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches a run from below: what it sends, what comes back, and what it does to the files of one folder.

Each such effect is written to a trace before it happens, and the process can be killed there, frozen, or the effect made to fail. The
standard library is wrapped, in the process of the run only; the product knows nothing of it.
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAUSE = 0.02  # seconds: what a sleep of the product between two attempts is cut down to
# How far the clocks of this process have been put forward, in seconds.
_ahead = {"monotonic": 0.0, "time": 0.0}


class Watch:
    """The effects of this process, numbered from 0.

    folder, vault (host:port): which files are watched, and which connections are called "vault" in labels.
    kill: the number of the effect before which the process is killed, or how its label begins. torn: the number of a write of which half is done first.
    fail: {"at": number, "errno": what it fails with, "for_good": whether all later ones do so too}; of effects on files alone.
    freeze: {"at": as kill, "seconds": n}: before that effect the process stops itself, once; when it is woken, its clocks are n seconds later.
    slow: how many seconds each response seems to take, by the clocks of the process.
    """

    def __init__(
        self,
        trace: str,
        folder: str = "/nowhere",
        vault: str = "",
        kill: int | str | None = None,
        torn: int | None = None,
        fail: dict[str, Any] | None = None,
        freeze: dict[str, Any] | None = None,
        slow: float = 0,
    ) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._write = os.write
        self._folder = os.path.realpath(folder)
        self._vault = vault
        self._kill = kill
        self._torn = torn
        self._fail = fail
        self._freeze = freeze
        self._slow = slow
        self._count = 0

    def effect(self, label: str, **more: Any) -> None:
        """Note the effect that comes next; perhaps this is where the process ends."""
        number = self._count
        self._count += 1
        self._write(self._trace, (json.dumps({"number": number, "label": label, **more}) + "\n").encode())
        if _meant(self._kill, number, label):
            os.kill(os.getpid(), signal.SIGKILL)
        freeze = self._freeze
        if freeze and _meant(freeze["at"], number, label):
            self._freeze = None
            os.kill(os.getpid(), signal.SIGSTOP)
            _jump(freeze["seconds"])
        fail = self._fail
        if fail and not label.startswith(("send ", "answer ", "end")) and (number == fail["at"] or (fail["for_good"] and number > fail["at"])):
            raise OSError(fail["errno"], os.strerror(fail["errno"]))

    def install(self) -> None:
        self._watch_paths()
        self._watch_descriptors()
        self._watch_http()
        self._watch_clocks()

    # Clocks

    def _watch_clocks(self) -> None:
        """A sleep takes as long as it is meant to by the monotonic clock, by which the product waits and insists, and next to no time in truth."""
        real_sleep, real_monotonic, real_time = time.sleep, time.monotonic, time.time

        def sleep(seconds: float) -> None:
            real_sleep(min(seconds, PAUSE))
            _ahead["monotonic"] += max(seconds - PAUSE, 0)

        time.sleep = sleep
        time.monotonic = lambda: real_monotonic() + _ahead["monotonic"]
        time.time = lambda: real_time() + _ahead["time"]

    # Files

    def _named(self, path: Any) -> str | None:
        """The file's name, when it is in the folder; the folder itself is "."."""
        try:
            text = os.path.abspath(os.fsdecode(path)) if not isinstance(path, int) else os.readlink(f"/proc/self/fd/{path}")
        except (OSError, TypeError):
            return None
        if text == self._folder:
            return "."
        return os.path.basename(text) if os.path.dirname(text) == self._folder else None

    def _watch_paths(self) -> None:
        watch = self
        real_open, real_replace = os.open, os.replace

        @functools.wraps(real_open)
        def watched_open(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            name = watch._named(path)
            if name is not None and flags & os.O_CREAT:
                watch.effect(f"make {name}")
            return real_open(path, flags, *args, **kwargs)

        @functools.wraps(real_replace)
        def watched_replace(source: Any, target: Any, **kwargs: Any) -> None:
            name = watch._named(target)
            if name is not None:
                watch.effect(f"replace {name}", content=Path(source).read_text(encoding="utf-8", errors="replace"))
            real_replace(source, target, **kwargs)

        def watched(real: Callable[..., Any], word: str) -> Callable[..., Any]:
            @functools.wraps(real)
            def call(path: Any, *args: Any, **kwargs: Any) -> Any:
                name = watch._named(path)
                if name is not None and (word == "rename" or os.path.lexists(path)):
                    watch.effect(f"{word} {name}")
                return real(path, *args, **kwargs)

            return call

        os.open, os.replace = watched_open, watched_replace
        os.rename, os.unlink, os.remove = watched(os.rename, "rename"), watched(os.unlink, "unlink"), watched(os.remove, "unlink")

    def _watch_descriptors(self) -> None:
        watch = self
        real_write = os.write

        @functools.wraps(real_write)
        def watched_write(descriptor: int, data: Any) -> int:
            name = watch._named(descriptor)
            if name is not None:
                if watch._count == watch._torn:
                    real_write(descriptor, bytes(data)[: len(data) // 2])
                    os.kill(os.getpid(), signal.SIGKILL)
                watch.effect(f"write {name}")
            return real_write(descriptor, data)

        def watched(real: Callable[..., Any], word: str) -> Callable[..., Any]:
            @functools.wraps(real)
            def call(descriptor: int, *args: Any) -> Any:
                name = watch._named(descriptor)
                if name is not None:
                    watch.effect(f"{word} {name}")
                return real(descriptor, *args)

            return call

        os.write = watched_write
        os.ftruncate, os.fsync = watched(os.ftruncate, "ftruncate"), watched(os.fsync, "fsync")
        os.posix_fallocate = watched(os.posix_fallocate, "fallocate")

    # The wire

    def _watch_http(self) -> None:
        """ "send" comes before a request's first byte leaves; "answer" when its answer is there and the product has not seen it yet."""
        watch = self
        cls = http.client.HTTPConnection
        real_putrequest, real_endheaders, real_getresponse = cls.putrequest, cls.endheaders, cls.getresponse

        def putrequest(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> None:
            server = "vault " if f"{self.host}:{self.port}" == watch._vault else ""
            self.watched_call = f"{server}{method} {url}"
            real_putrequest(self, method, url, *args, **kwargs)

        def endheaders(self: Any, *args: Any, **kwargs: Any) -> None:
            watch.effect(f"send {self.watched_call}")
            real_endheaders(self, *args, **kwargs)

        def getresponse(self: Any, *args: Any, **kwargs: Any) -> Any:
            response = real_getresponse(self, *args, **kwargs)
            if watch._slow:
                _jump(watch._slow)
            watch.effect(f"answer {self.watched_call}")
            return response

        cls.putrequest, cls.endheaders, cls.getresponse = putrequest, endheaders, getresponse  # type: ignore[method-assign]


def _meant(wanted: int | str | None, number: int, label: str) -> bool:
    """Whether this effect is the one that is wanted, by its number or by how its label begins."""
    return number == wanted if not isinstance(wanted, str) else label.startswith(wanted)


def _jump(seconds: float) -> None:
    """Have the clocks of this process go on by so many seconds at once."""
    for clock in _ahead:
        _ahead[clock] += seconds
