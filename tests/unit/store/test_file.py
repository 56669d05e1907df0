# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file: for its owner's eyes only, whole or not at all, and locked while a run writes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.stores import FileStore
from tests.unit.store.conftest import StoredToken
from tests.unit.store.test_suspect import left_behind

NOBODY = 65534
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
LEFT = f".token.json.{BOOT}.0123456789abcdef.new"  # what a run of this machine that was killed leaves
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def store(file_store: FileStore) -> FileStore:
    return file_store


def path_of(task: StoredToken) -> Path:
    assert isinstance(task.store, FileStore)
    return task.store.path


def fix(message: str) -> None:
    """Do what the message says after "with:"."""
    subprocess.run(message.rpartition("with: ")[2], shell=True, check=True, timeout=10)


class TestContent:
    def test_for_its_owner_alone(self, task: StoredToken) -> None:
        umask = os.umask(0)
        try:
            task()
            task(state="renewed")
        finally:
            os.umask(umask)
        for name in ("token.json", "token.json.lock"):
            found = os.lstat(path_of(task).with_name(name))
            assert (stat.S_ISREG(found.st_mode), stat.S_IMODE(found.st_mode)) == (True, 0o600)

    def test_other_programs_find_the_token_at_the_top(self, task: StoredToken) -> None:
        result = task()
        document = json.loads(path_of(task).read_text(encoding="utf-8"))
        assert document["access_token"] == result["token"]["access_token"]
        assert document["expires_at"] == result["token"]["expires_at"]
        assert path_of(task).read_text(encoding="utf-8").endswith("}\n")

    def test_nothing_else_stays(self, task: StoredToken) -> None:
        task()
        task(state="renewed")
        task(recreate="always")
        task(scope="hyperscale")
        assert task.store.beside() == {"token.json.lock"}
        task(state="absent")
        assert task.store.beside() == {"token.json.lock"}
        assert not path_of(task).exists()

    def test_what_a_killed_run_left_is_cleared(self, task: StoredToken) -> None:
        """By the next run that writes."""
        task()
        left = path_of(task).with_name(LEFT)
        left.write_text('{"access_token": "half a sec', encoding="utf-8")
        left.chmod(0o600)
        assert task()["actions"] == ["reused"]
        assert task(state="renewed")["actions"] == ["renewed"]
        assert task.store.beside() == {"token.json.lock"}

    def test_what_another_host_may_be_writing_is_left_alone(self, task: StoredToken) -> None:
        theirs = [path_of(task).with_name(f".token.json.{host}.0123456789abcdef.new") for host in ("00000000", "unknown0")]
        for path in theirs:
            path.touch(mode=0o600)
        os.utime(theirs[0], (time.time() - 3601, time.time() - 3601))
        task()
        assert [path.exists() for path in theirs] == [False, True]

    @pytest.mark.parametrize("name", ["with space.json", "ümlaut", "'quote$(id).json", "-rf"])
    def test_every_name(self, task: StoredToken, name: str) -> None:
        other = FileStore(path_of(task).parent, name)
        task(store=other.option)
        assert task(store=other.option)["actions"] == ["reused"]
        assert other.read() is not None

    def test_a_relative_path(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(path_of(task).parent)
        task(store={"file": "token.json"})
        assert task()["actions"] == ["reused"]


class TestRefused:
    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o601])
    def test_open_to_others(self, task: StoredToken, mode: int) -> None:
        task()
        path_of(task).chmod(mode)
        message = task.fails().message
        assert f"is open to others (mode {mode:04o}): treat its secret as compromised" in message
        assert task.requests == []
        fix(message)
        assert task()["actions"] == ["reused"]

    def test_a_symbolic_link(self, task: StoredToken) -> None:
        task()
        link = path_of(task).with_name("link.json")
        link.symlink_to(path_of(task))
        message = task.fails(store={"file": str(link)}).message
        assert "is a symbolic link, which is refused" in message
        assert link.is_symlink()

    def test_a_dangling_link(self, task: StoredToken, tmp_path: Path) -> None:
        path_of(task).symlink_to(tmp_path / "elsewhere")
        assert "is a symbolic link" in task.fails().message
        assert not (tmp_path / "elsewhere").exists()

    def test_a_link_in_the_place_of_the_lock_file(self, task: StoredToken, tmp_path: Path) -> None:
        target = tmp_path / "elsewhere"
        target.write_text("precious", encoding="utf-8")
        path_of(task).with_name("token.json.lock").symlink_to(target)
        assert "is a symbolic link" in task.fails().message
        assert target.read_text(encoding="utf-8") == "precious"
        assert task.live() == []

    @needs_root
    def test_of_another_owner(self, task: StoredToken) -> None:
        task()
        os.chown(path_of(task), NOBODY, NOBODY)
        message = task.fails().message
        assert f"belongs to user id {NOBODY}, this run is user id 0" in message
        fix(message)
        assert task()["actions"] == ["reused"]

    @pytest.mark.parametrize("kind", ["link", pytest.param("file", marks=needs_root)])
    def test_a_prepared_temporary_file(self, task: StoredToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        """Somebody who may write to the folder waits there for the secret, and has even guessed the name."""
        monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID("0123456789abcdef0123456789abcdef"))
        waiting, target = path_of(task).with_name(LEFT), tmp_path / "elsewhere"
        target.write_text("precious", encoding="utf-8")
        if kind == "link":
            waiting.symlink_to(target)
        else:
            waiting.touch(mode=0o600)
            os.chown(waiting, NOBODY, NOBODY)
        assert ("is a symbolic link" if kind == "link" else f"belongs to user id {NOBODY}") in task.fails().message
        assert target.read_text(encoding="utf-8") == "precious"
        assert task.live() == []

    @pytest.mark.parametrize("kind", ["folder", "pipe"])
    def test_no_regular_file(self, task: StoredToken, kind: str) -> None:
        if kind == "folder":
            path_of(task).mkdir()
        else:
            os.mkfifo(path_of(task), 0o600)
        assert "is not a regular file" in task.fails().message

    def test_no_folder(self, task: StoredToken, tmp_path: Path) -> None:
        place = {"file": str(tmp_path / "not there" / "token.json")}
        message = task.fails(store=place).message
        assert "its folder cannot be used (No such file or directory)" in message
        fix(message)
        assert stat.S_IMODE((tmp_path / "not there").stat().st_mode) == 0o700
        assert task(store=place)["actions"] == ["created"]

    def test_a_folder_for_everybody(self, task: StoredToken) -> None:
        folder = path_of(task).parent
        folder.chmod(0o777)
        message = task.fails().message
        assert "everybody may write to its folder" in message
        fix(message)
        assert task()["actions"] == ["created"]

    def test_a_sticky_folder(self, task: StoredToken) -> None:
        path_of(task).parent.chmod(0o1777)
        assert task()["actions"] == ["created"]

    def test_json_that_is_no_record(self, task: StoredToken) -> None:
        path_of(task).write_text("[1, 2]", encoding="utf-8")
        path_of(task).chmod(0o600)
        assert "holds JSON that is not a record, and was not changed; use a separate file for each token" in task.fails().message
        assert path_of(task).read_text(encoding="utf-8") == "[1, 2]"


class TestDamaged:
    @pytest.mark.parametrize("keep", [0, 1, 100])
    def test_kept_aside(self, task: StoredToken, keep: int) -> None:
        """What is not JSON is kept for a person to look at, and the secret counts as lost."""
        task()
        content = path_of(task).read_bytes()[:keep]
        path_of(task).write_bytes(content)
        message = task.fails().message
        assert "does not hold its secret" in message
        (warning,) = task.warnings
        assert "is damaged (it is not JSON), so its secret is lost" in warning
        # Reading changes nothing.
        assert task.store.beside() == {"token.json.lock"}
        assert path_of(task).read_bytes() == content
        result = task(recreate="state_change")
        assert result["actions"] == ["recreated"]
        (aside,) = path_of(task).parent.glob("token.json.damaged-*")
        assert f"was damaged and is kept as {aside}: its secret is lost" in task.warnings[-1]
        assert aside.read_bytes() == content
        assert stat.S_IMODE(aside.stat().st_mode) == 0o600
        assert task.store.beside() == {"token.json.lock", aside.name}
        task.settled(result)

    def test_without_hard_links(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch) -> None:
        def link(*_args: Any, **_kwargs: Any) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        path_of(task).write_text("{", encoding="utf-8")
        path_of(task).chmod(0o600)
        monkeypatch.setattr(os, "link", link)
        task.settled(task())
        (aside,) = path_of(task).parent.glob("token.json.damaged-*")
        assert aside.read_text(encoding="utf-8") == "{"

    def test_binary(self, task: StoredToken) -> None:
        task()
        path_of(task).write_bytes(os.urandom(300))
        assert task(recreate="state_change")["actions"] == ["recreated"]

    def test_check_mode_only_says_so(self, task: StoredToken) -> None:
        task()
        path_of(task).write_text("{", encoding="utf-8")
        predicted = task(check_mode=True, recreate="state_change")
        assert predicted["actions"] == ["recreated"]
        assert any("is damaged (it is not JSON)" in warning for warning in task.warnings)
        assert path_of(task).read_text(encoding="utf-8") == "{"

    def test_twice_in_one_second(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch) -> None:
        """The second one does not take the place of the first."""
        monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
        for content in ("first", "second"):
            path_of(task).write_text(content, encoding="utf-8")
            path_of(task).chmod(0o600)
            task(recreate="state_change")
        kept = {path.read_text(encoding="utf-8") for path in path_of(task).parent.glob("token.json.damaged-*")}
        assert kept == {"first", "second"}


class TestLock:
    def test_held_by_another_run(self, task: StoredToken) -> None:
        task()
        with path_of(task).with_name("token.json.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            begin = time.monotonic()
            message = task.fails(store={"file": str(path_of(task)), "lock_timeout": 1}, state="renewed").message
            assert "is locked by another run; waited 1 s (lock_timeout)" in message
            assert 0.9 < time.monotonic() - begin < 10
            assert task.sim.requests("Renew$") == []
            # Who only reads has no use for the lock.
            begin = time.monotonic()
            assert task()["actions"] == ["reused"]
            assert task(check_mode=True)["actions"] == ["reused"]
            assert time.monotonic() - begin < 10
        assert task(state="renewed")["actions"] == ["renewed"]

    def test_no_patience(self, task: StoredToken) -> None:
        assert "must not be negative" in task.fails(store={"file": str(path_of(task)), "lock_timeout": -1}).message
        assert task(store={"file": str(path_of(task)), "lock_timeout": 0})["actions"] == ["created"]

    def test_check_mode_beside_a_run_at_work(self, task: StoredToken) -> None:
        """A claim under a held lock is of the living: what it ends with is not foreseen, and nothing is taken for suspect."""
        task()
        left_behind(task, "renew", age=10)
        with path_of(task).with_name("token.json.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert task(check_mode=True)["actions"] == ["reused"]
        assert task(check_mode=True)["actions"] == ["recreated"]

    def test_the_lock_file_was_removed_while_somebody_waited(self, task: StoredToken) -> None:
        """The lock of a file that is no longer there is worth nothing: the next run locks another one."""
        task()
        lock_path = path_of(task).with_name("token.json.lock")
        with ThreadPoolExecutor() as pool:
            with lock_path.open("rb") as first:
                fcntl.flock(first, fcntl.LOCK_EX)
                waiting = pool.submit(task, state="renewed")
                time.sleep(0.3)
                lock_path.unlink()
                second = lock_path.open("w")
                fcntl.flock(second, fcntl.LOCK_EX)
            time.sleep(0.5)
            assert (waiting.done(), task.sim.requests("Renew$")) == (False, [])
            second.close()
            assert waiting.result(10)["actions"] == ["renewed"]


@pytest.mark.usefixtures("short_lease")
class TestFailingDisk:
    """A write that fails leaves what was there; a secret that cannot be stored is not kept alive."""

    def failing(self, monkeypatch: pytest.MonkeyPatch, name: str, after: int = 0) -> None:
        """The call os.NAME fails like a full disk, from its (after + 1)th time on."""
        real, count = getattr(os, name), 0

        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count > after:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*args, **kwargs)

        monkeypatch.setattr(os, name, call)

    @pytest.mark.parametrize("call", ["write", "replace", "posix_fallocate", "ftruncate"])
    def test_before_the_server_is_asked(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
        first = task()
        with monkeypatch.context() as patch:
            self.failing(patch, call)
            assert "No space left on device" in task.fails(state="renewed").message
        assert task.sim.requests("Renew$") == []
        task.settled(first)
        assert task()["actions"] == ["reused"]

    @needs_root
    def test_a_disk_that_is_really_full(self, task: StoredToken, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(disk)], check=False, timeout=10).returncode:
            pytest.skip("this root may not mount")
        request.addfinalizer(lambda: subprocess.run(["umount", str(disk)], check=True, timeout=10))
        store = FileStore(disk)
        first = task(store=store.option)
        with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(b"x" * 4096)
        assert task(store=store.option)["actions"] == ["reused"]
        assert "No space left on device" in task.fails(store=store.option, state="renewed").message
        assert task.sim.requests("Renew$") == []
        (disk / "ballast").unlink()
        # Nothing had happened to the pair, so nothing is made of it.
        second = task(store=store.option)
        assert (second["actions"], second["token"]["access_token"]) == (["reused"], first["token"]["access_token"])

    @pytest.mark.parametrize("call", ["write", "replace"])
    def test_after_a_creation(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
        with monkeypatch.context() as patch:
            self.failing(patch, call, after=1)
            message = task.fails().message
        assert "The new credential was not stored, so it was revoked" in message
        assert task.live() == []
        task.settled(task())

    @pytest.mark.parametrize("call", ["write", "replace"])
    def test_after_a_replacement(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
        first = task()["token"]
        with monkeypatch.context() as patch:
            self.failing(patch, call, after=1)
            assert "the previous one, if any, still works" in task.fails(recreate="always").message
        assert [token["id"] for token in task.live()] == [101]
        assert task.names() == ["ci"]
        assert task.sim.check(first["access_token"])
        result = task()
        assert result["actions"] == ["recreated"]
        task.settled(result)

    @pytest.mark.parametrize("call", ["write", "replace"])
    def test_after_a_renewal(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
        task()
        with monkeypatch.context() as patch:
            self.failing(patch, call, after=1)
            assert "The renewed token was not stored: the next run that can write to the store replaces it" in task.fails(state="renewed").message
        result = task()
        assert result["actions"] == ["recreated"]
        assert len(task.sim.requests("Renew$")) == 0
        task.settled(result)

    def test_a_folder_that_cannot_be_synchronised(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.fsync

        def call(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", call)
        task.settled(task())
        assert any("could not be synchronised" in warning for warning in task.warnings)
