# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run's memory between processes that are forked, as ansible's workers are: killed ones, a full map, damaged entries, locks."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._memory import Memory, MemoryKey, RunCredential
from ansible_collections.dataprotection.access.plugins.plugin_utils import _run_memory
from ansible_collections.dataprotection.access.plugins.plugin_utils._run_memory import SLOT_BYTES, RunMap, RunMemory
from tests.waiting import wait_until

KEY = MemoryKey("cluster", "backup", "LOCAL", None, (True, None), ("a password",))
TOKEN = RunCredential("token", "canary-token", {"token_type": "Bearer"})


@pytest.fixture
def run_map() -> RunMap:
    return RunMap()


def fork(work: Callable[[], None]) -> int:
    """Do work in a forked process, which exits with 0 when it went well; its id."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def ended_well(process: int) -> bool:
    return os.waitpid(process, 0)[1] == 0


def refuse() -> RunCredential:
    raise ApiError("wrong password", 401)


def never() -> RunCredential:
    raise AssertionError("a login was sent")


def log_in(memory: Memory, login: Callable[[], RunCredential] = never, refused: RunCredential | None = None) -> RunCredential:
    return memory.login_once(("token",), login, lambda error: error.status == 401, refused)


def test_a_worker_s_credential_reaches_the_others(run_map: RunMap) -> None:
    assert ended_well(fork(lambda: RunMemory(KEY, run_map=run_map).put(TOKEN)))
    assert RunMemory(KEY, run_map=run_map).get("token") == TOKEN
    assert log_in(RunMemory(KEY, run_map=run_map)) == TOKEN
    assert RunMemory(KEY, run_map=run_map).get("session") is None


def test_a_refused_credential_is_replaced_once(run_map: RunMap) -> None:
    memory = RunMemory(KEY, run_map=run_map)
    memory.put(TOKEN)
    newer = TOKEN._replace(secret="canary-newer")
    assert log_in(memory, lambda: newer, refused=TOKEN) == newer
    assert log_in(memory, refused=TOKEN) == newer


@pytest.mark.parametrize(
    "other",
    [
        {"server": "other"},
        {"username": "viewer"},
        {"domain": "CORP"},
        {"tenant": "one"},
        {"tls": (False, None)},
        {"credentials": ("another password",)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_login_shares_nothing(run_map: RunMap, other: dict[str, object]) -> None:
    RunMemory(KEY, run_map=run_map).put(TOKEN)
    assert RunMemory(KEY._replace(**other), run_map=run_map).get("token") is None
    assert RunMemory(KEY, ("ssh", "other host"), run_map).get("token") is None
    assert RunMemory(KEY._replace(one_time="123456"), run_map=run_map).get("token") == TOKEN


def test_four_workers_need_one_login(run_map: RunMap) -> None:
    counter_read, counter_write = os.pipe()

    def login() -> RunCredential:
        os.write(counter_write, b"x")
        time.sleep(0.3)
        return TOKEN

    processes = [fork(lambda: log_in(RunMemory(KEY, run_map=run_map), login)) for _number in range(4)]
    assert [ended_well(process) for process in processes] == [True] * 4
    os.close(counter_write)
    assert os.read(counter_read, 100) == b"x"
    os.close(counter_read)


def test_the_lock_of_a_killed_worker_is_free(run_map: RunMap) -> None:
    begun_read, begun_write = os.pipe()

    def login() -> RunCredential:
        os.write(begun_write, b"x")
        time.sleep(60)
        return TOKEN

    process = fork(lambda: log_in(RunMemory(KEY, run_map=run_map), login))
    os.read(begun_read, 1)
    os.kill(process, signal.SIGKILL)
    started = time.monotonic()
    assert log_in(RunMemory(KEY, run_map=run_map), lambda: TOKEN) == TOKEN
    assert time.monotonic() - started < 10
    assert not ended_well(process)


def test_the_wait_for_a_login_is_bounded(run_map: RunMap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in vain logs in by itself."""
    monkeypatch.setattr(_run_memory, "LOGIN_SECONDS", 0.2)
    begun_read, begun_write = os.pipe()

    def login() -> RunCredential:
        os.write(begun_write, b"x")
        time.sleep(60)
        return TOKEN

    process = fork(lambda: log_in(RunMemory(KEY, run_map=run_map), login))
    os.read(begun_read, 1)
    assert log_in(RunMemory(KEY, run_map=run_map), lambda: TOKEN) == TOKEN
    os.kill(process, signal.SIGKILL)
    assert not ended_well(process)


def test_a_refusal_is_remembered_until_the_login_works(run_map: RunMap) -> None:
    with pytest.raises(ApiError, match=r"^wrong password$"):
        log_in(RunMemory(KEY, run_map=run_map), refuse)
    with pytest.raises(ApiError, match=r"^wrong password\. This is the response to an earlier task of this run") as caught:
        log_in(RunMemory(KEY, run_map=run_map))
    assert caught.value.status == 401
    assert log_in(RunMemory(KEY._replace(one_time="123456"), run_map=run_map), lambda: TOKEN) == TOKEN
    RunMemory(KEY, run_map=run_map).put(TOKEN)
    RunMemory(KEY, run_map=run_map).forget("token", TOKEN.secret)
    assert log_in(RunMemory(KEY, run_map=run_map), lambda: TOKEN) == TOKEN


def test_an_error_that_is_no_verdict_is_not_remembered(run_map: RunMap) -> None:
    def fail() -> RunCredential:
        raise ApiError("busy", 503)

    with pytest.raises(ApiError, match="busy"):
        log_in(RunMemory(KEY, run_map=run_map), fail)
    assert log_in(RunMemory(KEY, run_map=run_map), lambda: TOKEN) == TOKEN


def test_only_the_ended_credential_is_forgotten(run_map: RunMap) -> None:
    memory = RunMemory(KEY, run_map=run_map)
    memory.put(TOKEN)
    memory.forget("token", "an older one")
    assert memory.get("token") == TOKEN
    memory.forget("token", TOKEN.secret)
    assert memory.get("token") is None


def test_what_ends_with_its_task_is_not_shared(run_map: RunMap) -> None:
    session = RunCredential("session", "canary-session", {}, shared=False)
    assert RunMemory(KEY, run_map=run_map).login_once(("session",), lambda: session, lambda _error: True) == session
    assert RunMemory(KEY, run_map=run_map).get("session") is None


# The map


def test_two_thousand_hosts_fit() -> None:
    run_map = RunMap()
    digests = [run_map.digest(number) for number in range(2000)]
    text = "x" * 2000
    assert [digest for number, digest in enumerate(digests) if not run_map.write(digest, f"{number}{text}")] == []
    assert all(run_map.read(digest) == f"{number}{text}" for number, digest in enumerate(digests))


def test_a_full_map_keeps_what_it_has() -> None:
    run_map = RunMap(slots=8)
    digests = [run_map.digest(number) for number in range(20)]
    written = [run_map.write(digest, "text") for digest in digests]
    assert written.count(True) == 8
    assert [run_map.read(digest) for digest in digests] == ["text" if done else None for done in written]
    memory = RunMemory(KEY, run_map=run_map)
    assert log_in(memory, lambda: TOKEN) == TOKEN
    assert memory.get("token") is None


def test_a_text_that_is_too_long_forgets_the_older_one(run_map: RunMap) -> None:
    digest = run_map.digest("one")
    assert run_map.write(digest, "short")
    assert not run_map.write(digest, "x" * SLOT_BYTES)
    assert run_map.read(digest) is None
    assert run_map.write(digest, "short again")
    assert run_map.read(digest) == "short again"


@pytest.mark.parametrize("position", [0, 10, 20, 26, 30])
def test_a_torn_entry_is_no_entry(position: int) -> None:
    """Whichever byte of it is wrong; the next write repairs it."""
    run_map = RunMap(slots=1)
    digest = run_map.digest("one")
    run_map.write(digest, "canary-text")
    assert run_map._map is not None
    run_map._map[position] ^= 0xFF
    assert run_map.read(digest) is None
    assert run_map.write(digest, "newer")
    assert run_map.read(digest) == "newer"


def test_without_such_memory_each_task_logs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_run_memory, "fcntl", None)
    memory = RunMemory(KEY, run_map=RunMap())
    assert log_in(memory, lambda: TOKEN) == TOKEN
    assert memory.get("token") is None
    assert memory.copy_out() == '{"token": {}, "session": {}, "refusal": {}}'


def test_no_password_is_in_the_map(run_map: RunMap) -> None:
    memory = RunMemory(KEY, run_map=run_map)
    memory.put(TOKEN)
    assert run_map._map is not None
    content = run_map._map[:]
    assert b"canary-token" in content
    assert b"a password" not in content
    assert b"backup" not in content


def test_the_locks_file_holds_nothing(run_map: RunMap) -> None:
    RunMemory(KEY, run_map=run_map).put(TOKEN)
    assert os.fstat(run_map._locks).st_size == 0
    assert os.fstat(run_map._locks).st_nlink == 0 or os.readlink(f"/proc/self/fd/{run_map._locks}").startswith("/memfd:")


# The copy that a shipped module gets


def test_a_copy_goes_to_a_shipped_module_and_its_additions_come_back(run_map: RunMap) -> None:
    run_memory = RunMemory(KEY, run_map=run_map)
    run_memory.put(TOKEN)
    shipped = Memory(run_memory.copy_out())
    assert log_in(shipped) == TOKEN
    assert shipped.additions() == "{}"
    newer = TOKEN._replace(secret="canary-newer")
    assert log_in(shipped, lambda: newer, refused=TOKEN) == newer
    run_memory.copy_in(shipped.additions())
    assert run_memory.get("token") == newer


def test_a_refusal_comes_back_too(run_map: RunMap) -> None:
    shipped = Memory(RunMemory(KEY, run_map=run_map).copy_out())
    with pytest.raises(ApiError):
        log_in(shipped, refuse)
    RunMemory(KEY, run_map=run_map).copy_in(shipped.additions())
    with pytest.raises(ApiError, match="was not sent again"):
        log_in(RunMemory(KEY, run_map=run_map))


@pytest.mark.parametrize("text", ["", None, "{", "[]", '{"token": 1}', '{"other": {}}', '{"token": {"secret": 1, "details": {}}}', 5])
def test_a_damaged_copy_is_an_empty_one(text: object) -> None:
    assert Memory(text).get("token", "session") is None  # type: ignore[arg-type]


def test_waiting_is_by_record_locks_not_by_shared_state() -> None:
    """A lock that another process of this map holds is seen; one that this process holds is its own."""
    run_map = RunMap()
    held_read, held_write = os.pipe()

    def hold() -> None:
        with run_map.lock(7, 1) as is_locked:
            os.write(held_write, b"y" if is_locked else b"n")
            time.sleep(60)

    process = fork(hold)
    assert os.read(held_read, 1) == b"y"
    with run_map.lock(7, 0.1) as is_locked:
        assert not is_locked
    with run_map.lock(8, 0.1) as is_locked:
        assert is_locked
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)

    def is_free() -> bool:
        with run_map.lock(7, 0.1) as is_locked:
            return is_locked

    assert wait_until(is_free, 5)
