# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file as a backend: what a write may replace, what an interruption leaves, whose claim is whose, and who waits for whom."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._store.backends import open_store
from ansible_collections.dataprotection.access.plugins.module_utils._store.errors import Conflict, Locked, StoreError
from ansible_collections.dataprotection.access.plugins.module_utils._store.file import FileBackend
from ansible_collections.dataprotection.access.plugins.module_utils._time import boot_id
from tests.stores import FileStore
from tests.unit.helpers import Task
from tests.unit.store.conftest import StoredToken

OLD, NEW, OTHER = {"access_token": "canary-old"}, {"access_token": "canary-new"}, {"access_token": "canary-other"}


class Interrupted(BaseException):
    """Stands for the exceptions that come from outside: Ctrl-C, a task's time limit."""


class Place:
    """A path in a folder of its own, and the runs that use it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.path = folder / "token.json"
        self.lock_path = folder / "token.json.lock"
        self.warnings: list[str] = []

    def backend(self, check_mode: bool = False) -> FileBackend:
        """One run's."""
        option = {"file": str(self.path), "vault": None, "lock_timeout": 60}
        backend = open_store(option, timeout=30, retries=3, use_proxy=True, check_mode=check_mode, warn=self.warnings.append)
        assert isinstance(backend, FileBackend)
        return backend

    def put(self, document: Any) -> None:
        """Write as somebody who knows nothing of locks and clocks."""
        self.path.write_text(json.dumps(document), encoding="utf-8")
        self.path.chmod(0o600)

    def document(self) -> Any:
        return json.loads(self.path.read_text(encoding="utf-8"))

    def files(self) -> set[str]:
        return {entry.name for entry in self.path.parent.iterdir()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "tokens")


@pytest.fixture
def backend(place: Place) -> Iterator[FileBackend]:
    with place.backend() as backend:
        yield backend


@pytest.fixture
def store(file_store: FileStore) -> FileStore:
    return file_store


def failing(number: int) -> Any:
    def call(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(number, os.strerror(number))

    return call


class TestReading:
    @pytest.mark.parametrize("check_mode", [True, False])
    def test_nothing_is_written(self, place: Place, check_mode: bool) -> None:
        with place.backend(check_mode) as backend:
            assert (backend.read(), backend.seen, backend.age()) == (None, None, 0.0)
            place.put(OLD)
            assert (backend.read(), backend.seen) == (OLD, OLD)
            place.path.write_text("{", encoding="utf-8")
            assert (backend.read(), backend.seen) == (None, None)
            assert backend.read() is None
        assert place.files() == {"token.json"}
        assert len(place.warnings) == 1

    def test_check_mode_cannot_write(self, place: Place) -> None:
        with place.backend(check_mode=True) as backend:
            for effect in (lambda: backend.write(OLD), backend.remove, backend.preallocate, lambda: backend.lock(1)):
                with pytest.raises(RuntimeError):
                    effect()
        assert place.files() == set()

    def test_a_held_lock_stops_nobody(self, place: Place, backend: FileBackend) -> None:
        backend.write(OLD)
        backend.lock(0)
        begin = time.monotonic()
        with place.backend() as other:
            assert other.read() == OLD
            assert other.age() < 60
            assert not other.owner_is_gone({"host": other.host})
        assert time.monotonic() - begin < 1

    def test_eighty_at_once_beside_a_run_at_work(self, task: StoredToken, file_store: FileStore) -> None:
        """Their lock_timeout is 0, and the lock is held all the time."""
        task()
        others = [Task(task.module, **{**task.defaults, "store": {**file_store.option, "lock_timeout": 0}}) for _number in range(80)]
        with (file_store.folder / "token.json.lock").open("rb") as lock, ThreadPoolExecutor(16) as pool:
            fcntl.flock(lock, fcntl.LOCK_EX)
            results = list(pool.map(lambda other: other(), others))
        assert [result["actions"] for result in results] == [["reused"]] * 80


class TestComparedBeforeTheRename:
    """Another host, whose locks do not reach this one, writes between two steps of ours."""

    @pytest.mark.parametrize("before", [None, OLD])
    @pytest.mark.parametrize("other", [OTHER, {**OLD, "pending": {}}])
    def test_conflict(self, place: Place, backend: FileBackend, before: Any, other: Any) -> None:
        if before:
            place.put(before)
        assert backend.read() == before
        backend.lock(1)
        place.put(other)
        with pytest.raises(Conflict) as caught:
            backend.write(NEW)
        assert not caught.value.maybe_applied
        with pytest.raises(Conflict):
            backend.remove()
        assert place.document() == other
        assert backend.seen == before
        assert backend.read() == other
        backend.write(NEW)
        assert place.document() == NEW

    def test_never_read(self, place: Place, backend: FileBackend) -> None:
        place.put(OTHER)
        with pytest.raises(Conflict):
            backend.write(NEW)

    def test_it_was_removed(self, place: Place, backend: FileBackend) -> None:
        place.put(OLD)
        backend.read()
        place.path.unlink()
        for effect in (lambda: backend.write(NEW), backend.remove):
            with pytest.raises(Conflict):
                effect()
        assert not place.path.exists()

    def test_between_the_temporary_file_and_the_rename(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        backend.write(OLD)
        real = os.fsync

        def fsync(descriptor: int) -> None:
            real(descriptor)
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                place.put(OTHER)

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(Conflict):
            backend.write(NEW)
        assert place.document() == OTHER

    def in_the_middle(self, monkeypatch: pytest.MonkeyPatch, event: Callable[[], object]) -> None:
        """Something happens once, when a write has filled its temporary file and has not renamed it."""
        real, events = os.fsync, [event]

        def fsync(descriptor: int) -> None:
            real(descriptor)
            if events and stat.S_ISREG(os.fstat(descriptor).st_mode):
                events.pop()()

        monkeypatch.setattr(os, "fsync", fsync)

    def test_two_hosts_write_under_names_of_their_own(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        """One host's lock is not the other one's, so both may be in the middle of a write."""
        backend.lock(1)
        with monkeypatch.context() as patch:
            patch.setattr("ansible_collections.dataprotection.access.plugins.module_utils._store.file.boot_id", lambda: "of-another-host")
            other = place.backend()

        def interfere() -> None:
            place.lock_path.unlink()
            other.lock(1)
            other.preallocate()

        with other:
            self.in_the_middle(monkeypatch, interfere)
            backend.write(NEW)
            assert place.document() == NEW
            with pytest.raises(Conflict):
                other.write(OTHER)

    def test_a_temporary_file_that_another_run_took_for_left(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        """On the same host, after somebody has deleted the lock file."""
        backend.lock(1)

        def interfere() -> None:
            place.lock_path.unlink()
            with place.backend() as other:
                other.lock(1)

        self.in_the_middle(monkeypatch, interfere)
        backend.write(NEW, time.monotonic() + 30)
        assert place.document() == NEW


class TestDeletedLock:
    def test_it_is_taken_again(self, place: Place, backend: FileBackend) -> None:
        backend.lock(1)
        place.lock_path.unlink()
        backend.write(NEW)
        assert place.document() == NEW
        with place.backend() as other, pytest.raises(Locked):
            other.lock(0)

    def test_another_run_holds_the_new_one(self, place: Place, backend: FileBackend) -> None:
        backend.write(OLD)
        backend.lock(1)
        place.lock_path.unlink()
        with place.backend() as other:
            other.lock(1)
            with pytest.raises(Locked, match=r"was deleted during this run, and another run holds the new one. Do not delete the lock file"):
                backend.write(NEW, time.monotonic() + 0.3)
            assert place.document() == OLD

    def test_a_new_secret_waits_for_it(self, place: Place, backend: FileBackend) -> None:
        backend.write(OLD)
        backend.lock(1)
        place.lock_path.unlink()
        with place.backend() as other, ThreadPoolExecutor() as pool:
            other.lock(1)
            writing = pool.submit(backend.write, NEW, time.monotonic() + 30)
            time.sleep(0.3)
            assert not writing.done()
            other.unlock()
            writing.result(30)
        assert place.document() == NEW


class TestInterrupted:
    """Once the rename is done the record is written, whatever comes after; and before, it is not."""

    @pytest.mark.parametrize("kind", [Interrupted, KeyboardInterrupt])
    def test_in_the_synchronisation_of_the_folder(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]) -> None:
        backend.write(OLD)
        backend.lock(1)
        real = os.fsync

        def fsync(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise kind
            real(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fsync)
            with pytest.raises(kind):
                backend.write(NEW)
            assert place.document() == backend.seen == NEW
            with pytest.raises(kind):
                backend.remove()
        assert not place.path.exists()
        assert backend.seen is None
        backend.write(OTHER)
        assert place.document() == OTHER

    @pytest.mark.parametrize("done", [True, False])
    @pytest.mark.parametrize("call", ["replace", "unlink"])
    def test_around_the_change_itself(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch, call: str, done: bool) -> None:
        """A signal is handled between two lines: right after the system call, or right before it."""
        backend.write(OLD)
        backend.lock(1)
        real = getattr(os, call)

        def interrupted(*args: Any) -> None:
            if done:
                real(*args)
            raise Interrupted

        with monkeypatch.context() as patch:
            patch.setattr(os, call, interrupted)
            with pytest.raises(Interrupted):
                backend.write(NEW) if call == "replace" else backend.remove()
        expected = OLD if not done else NEW if call == "replace" else None
        assert backend.seen == expected
        assert (place.document() if place.path.exists() else None) == expected
        backend.write(OTHER)
        assert place.document() == OTHER
        backend.unlock()
        assert place.files() == {"token.json", "token.json.lock"}

    def test_by_a_real_signal_at_any_moment(self, place: Place, backend: FileBackend) -> None:
        """What is "seen" is what is there, wherever in write() the signal was handled."""

        def handler(_number: int, _frame: Any) -> None:
            raise Interrupted

        before = signal.signal(signal.SIGALRM, handler)
        try:
            backend.lock(1)
            struck = 0
            for number in range(300):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.00002 * (number % 30 + 1))
                    backend.write({"access_token": f"canary-{number}"})
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except Interrupted:
                    struck += 1
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                assert backend.seen == (place.document() if place.path.exists() else None)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert struck

    @pytest.mark.parametrize("call", ["replace", "unlink"])
    def test_a_failure_of_what_was_done(self, backend: FileBackend, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
        """A file server that restarts reports the repetition of a request that it had carried out."""
        backend.write(OLD)
        backend.lock(1)
        real = getattr(os, call)

        def failed(*args: Any) -> None:
            real(*args)
            failing(errno.ENOENT)()

        with monkeypatch.context() as patch:
            patch.setattr(os, call, failed)
            backend.write(NEW) if call == "replace" else backend.remove()
        assert backend.seen == (NEW if call == "replace" else None)

    def test_a_module_whose_time_is_up(self, task: StoredToken, file_store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """`timeout:` of a task, between the rename of the renewed pair and the synchronisation of the folder."""
        first = task()["token"]["access_token"]
        real = os.fsync

        def fsync(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode) and first not in file_store.path.read_text(encoding="utf-8"):
                raise Interrupted
            real(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fsync)
            with pytest.raises(Interrupted):
                task(state="renewed")
        (token,) = task.live()
        record = task.store.read()
        assert record
        assert record["access_token"] == token["access_token"] != first


class TestOwner:
    def claim(self, backend: FileBackend) -> dict[str, Any]:
        pending = {"host": backend.host}
        backend.write({**OLD, "pending": pending})
        return pending

    def test_gone(self, place: Place, backend: FileBackend) -> None:
        backend.lock(1)
        pending = self.claim(backend)
        with place.backend() as other:
            other.read()
            assert not other.owner_is_gone(pending)
            backend.unlock()
            assert other.owner_is_gone(pending)
            other.lock(1)
            assert other.owner_is_gone(pending)
            with place.backend() as third:
                third.read()
                assert not third.owner_is_gone(pending)

    @pytest.mark.parametrize("pending", [{}, {"host": None}, {"host": "another"}])
    def test_another_machines(self, backend: FileBackend, pending: dict[str, Any]) -> None:
        backend.lock(1)
        self.claim(backend)
        assert not backend.owner_is_gone(pending)

    def test_the_lock_was_deleted(self, place: Place, backend: FileBackend) -> None:
        """Its owner may be at work all the same, and the free lock be another one."""
        backend.lock(1)
        pending = self.claim(backend)
        place.lock_path.unlink()
        time.sleep(0.05)
        with place.backend() as other:
            other.read()
            assert not other.owner_is_gone(pending)
            other.lock(1)
            assert not other.owner_is_gone(pending)

    def test_looking_does_not_keep_others_out(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who looks whether the lock is free holds it for a moment: no reason to give up, with whatever lock_timeout."""
        with place.lock_path.open("w") as look:
            fcntl.flock(look, fcntl.LOCK_SH)
            monkeypatch.setattr(time, "sleep", lambda _seconds: look.close())
            backend.lock(0)

    def test_the_age_of_a_record(self, place: Place, backend: FileBackend) -> None:
        backend.write(OLD)
        os.utime(place.path, (time.time() - 500, time.time() - 500))
        backend.read()
        for _locked in (False, True):
            assert 499 <= backend.age() < 560  # the kernel stamps files with a coarser clock
            assert abs(backend.now() - time.time()) < 60
            if not _locked:
                backend.lock(1)
        backend.write(NEW)
        assert backend.age() < 60

    def test_a_machine_without_a_name(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        real = open

        def nothing(path: Any, *args: Any, **kwargs: Any) -> Any:
            if str(path).endswith("boot_id"):
                failing(errno.ENOENT)()
            return real(path, *args, **kwargs)

        boot_id.cache_clear()
        try:
            monkeypatch.setattr("builtins.open", nothing)
            with place.backend() as backend:
                assert backend.host is None
                backend.write(OLD)
                assert not backend.owner_is_gone({"host": None})
        finally:
            boot_id.cache_clear()


class TestInsisting:
    @pytest.mark.parametrize("call", ["write", "replace", "fsync"])
    @pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EMFILE])
    def test_until_it_is_done(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
        backend.lock(1)
        with ThreadPoolExecutor() as pool, monkeypatch.context() as patch:
            patch.setattr(os, call, failing(number))
            writing = pool.submit(backend.write, NEW, time.monotonic() + 30)
            time.sleep(0.4)
            # A folder that cannot be synchronised is no reason to write again.
            patch.undo()
            writing.result(30)
        assert place.document() == NEW
        assert any("this is repeated for up to" in warning for warning in place.warnings)

    @pytest.mark.parametrize(("number", "insist", "low"), [(errno.EACCES, 0.5, 0.5), (errno.EIO, 0.5, 0.5), (errno.ELOOP, 60.0, 0.0)])
    def test_not_for_ever(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch, number: int, insist: float, low: float) -> None:
        backend.write(OLD)
        begin = time.monotonic()
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", failing(number))
            with pytest.raises(StoreError) as caught:
                backend.write(NEW, begin + insist)
        assert not caught.value.maybe_applied
        assert ("is a symbolic link" if number == errno.ELOOP else os.strerror(number)) in caught.value.message
        assert low <= time.monotonic() - begin < 10
        assert place.document() == backend.seen == OLD

    @pytest.mark.parametrize("call", ["open", "lstat", "listdir"])
    def test_where_even_the_lock_cannot_be_opened(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
        """Under a lock that this run holds, and without one."""
        backend.write(OLD)
        for held in (True, False):
            if held:
                backend.lock(1)
            with ThreadPoolExecutor() as pool, monkeypatch.context() as patch:
                patch.setattr(os, call, failing(errno.EACCES))
                writing = pool.submit(backend.write, NEW if held else OTHER, time.monotonic() + 30)
                time.sleep(0.3)
                patch.undo()
                writing.result(30)
            backend.unlock()
        assert place.document() == OTHER

    @pytest.mark.parametrize("held", [True, False])
    @pytest.mark.parametrize("back", ["moved back", "made anew", "replaced at once"])
    def test_a_folder_that_goes_away(self, place: Place, backend: FileBackend, held: bool, back: str) -> None:
        """A new secret in memory is worth more than the record that went with it."""
        backend.write(OLD)
        if held:
            backend.lock(1)
        folder, aside = place.path.parent, place.path.parent.with_name("aside")
        folder.rename(aside)
        if back == "replaced at once":
            folder.mkdir(mode=0o700)
        with ThreadPoolExecutor() as pool:
            writing = pool.submit(backend.write, NEW, time.monotonic() + 30)
            if back != "replaced at once":
                time.sleep(0.3)
                assert not writing.done()
                assert not folder.exists()
                aside.rename(folder) if back == "moved back" else folder.mkdir(mode=0o700)
            writing.result(30)
        assert (place.document(), backend.seen) == (NEW, NEW)
        backend.write(OTHER)
        assert place.document() == OTHER

    def test_a_folder_that_stays_away(self, place: Place, backend: FileBackend) -> None:
        """Nothing is made in its place, and the error says what to do."""
        backend.write(OLD)
        backend.lock(1)
        folder = place.path.parent
        folder.rename(folder.with_name("aside"))
        with pytest.raises(StoreError) as caught:
            backend.write(NEW, time.monotonic() + 0.5)
        assert f"could not be written: No such file or directory; its folder is gone: bring it back, or create one with: install -d -m 700 {folder}" in str(
            caught.value
        )
        assert not caught.value.maybe_applied
        assert not folder.exists()

    def test_another_run_has_written_in_the_new_folder(self, place: Place, backend: FileBackend) -> None:
        backend.write(OLD)
        backend.lock(1)
        folder = place.path.parent
        folder.rename(folder.with_name("aside"))
        folder.mkdir(mode=0o700)
        place.put(OTHER)
        with pytest.raises(Conflict):
            backend.write(NEW, time.monotonic() + 30)
        assert place.document() == OTHER

    @pytest.mark.parametrize("corrected", [True, False])
    def test_a_new_folder_that_is_open_to_all(self, place: Place, backend: FileBackend, corrected: bool) -> None:
        backend.write(OLD)
        folder = place.path.parent
        folder.rename(folder.with_name("aside"))
        folder.mkdir()
        folder.chmod(0o777)
        with ThreadPoolExecutor() as pool:
            writing = pool.submit(backend.write, NEW, time.monotonic() + (30 if corrected else 0.5))
            time.sleep(0.3)
            assert not writing.done()
            if corrected:
                folder.chmod(0o700)
                writing.result(30)
                assert place.document() == NEW
            else:
                with pytest.raises(StoreError, match="everybody may write to its folder"):
                    writing.result(30)
                assert not place.path.exists()
        (warning,) = place.warnings
        assert "everybody may write to its folder; fix that with: chmod o-w" in warning
        assert "this is repeated for up to" in warning

    @pytest.mark.parametrize("number", [errno.ENOENT, errno.ESTALE, errno.EIO, errno.EACCES])
    def test_a_new_folder_that_cannot_be_looked_at_for_a_moment(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        backend.write(OLD)
        folder = place.path.parent
        folder.rename(folder.with_name("aside"))
        folder.mkdir(mode=0o700)
        real, check = os.stat, backend._folder.check
        checks: list[int] = []

        def check_folder() -> None:
            checks.append(number)
            with monkeypatch.context() as patch:
                if len(checks) < 3:
                    patch.setattr(os, "stat", lambda path, **rest: failing(number)() if path == str(folder) else real(path, **rest))
                check()

        monkeypatch.setattr(backend._folder, "check", check_folder)
        backend.write(NEW, time.monotonic() + 30)
        assert len(checks) == 3
        assert (place.document(), backend.seen) == (NEW, NEW)

    def test_a_record_with_wrong_permissions_until_they_are_corrected(self, place: Place, backend: FileBackend) -> None:
        backend.write(OLD)
        place.path.chmod(0o644)
        with ThreadPoolExecutor() as pool:
            writing = pool.submit(backend.write, NEW, time.monotonic() + 30)
            time.sleep(0.3)
            assert not writing.done()
            place.path.chmod(0o600)
            writing.result(30)
        assert place.document() == NEW

    def test_a_record_that_somebody_removed_is_a_conflict(self, place: Place, backend: FileBackend) -> None:
        backend.write(OLD)
        place.path.unlink()
        with pytest.raises(Conflict):
            backend.write(NEW, time.monotonic() + 30)

    def test_a_short_time_unless_told(self, backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "replace", failing(errno.EIO))
        begin = time.monotonic()
        with pytest.raises(StoreError):
            backend.write(NEW)
        assert time.monotonic() - begin < 1


class TestHousekeeping:
    def test_nothing_stays(self, place: Place, backend: FileBackend) -> None:
        backend.lock(1)
        backend.preallocate()
        assert len(place.files()) == 2
        backend.unlock()
        backend.unlock()
        assert place.files() == {"token.json.lock"}

    def test_only_temporary_files_are_removed(self, place: Place, backend: FileBackend) -> None:
        boot = (backend.host or "")[:8]
        kept = {".token.json.new", f".token.json.{boot}.new", f".other.json.{boot}.0123456789abcdef.new", f".token.json.{boot}.0123456789abcdeg.new"}
        for name in (*kept, f".token.json.{boot}.0123456789abcdef.new"):
            (place.path.parent / name).touch(mode=0o600)
        backend.lock(1)
        assert place.files() == {*kept, "token.json.lock"}

    def test_what_could_not_be_removed_at_first(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        left = place.path.with_name(f".token.json.{(backend.host or '')[:8]}.0123456789abcdef.new")
        left.touch(mode=0o600)
        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", failing(errno.EIO))
            backend.lock(1)
        assert left.exists()
        backend.unlock()
        assert place.files() == {"token.json.lock"}

    def test_the_lock_is_not_taken_twice(self, backend: FileBackend) -> None:
        backend.lock(1)
        with pytest.raises(RuntimeError):
            backend.lock(1)

    def test_without_preallocation(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "posix_fallocate")
        backend.preallocate()
        backend.write(OLD)
        assert place.document() == OLD

    def test_an_unwritable_lock(self, place: Place, backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
        with pytest.raises(StoreError, match="could not be locked"):
            backend.lock(1)
        with contextlib.suppress(StoreError):
            backend.write(OLD)
        assert not place.path.exists()
