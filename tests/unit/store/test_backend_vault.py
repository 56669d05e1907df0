# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vault as a backend, behind a front that answers in its place: what was done, what was not, and what is to be repeated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._store import vault_client
from ansible_collections.dataprotection.access.plugins.module_utils._store.backends import open_store
from ansible_collections.dataprotection.access.plugins.module_utils._store.errors import Conflict, StoreError
from ansible_collections.dataprotection.access.plugins.module_utils._store.vault import VaultBackend
from tests.openbao import OpenBao
from tests.stores import VaultStore
from tests.unit.store.conftest import StoredToken
from tests.unit.store.front import HTML, Fault, Front, refusal

OLD, NEW, OTHER = {"access_token": "canary-old-secret"}, {"access_token": "canary-new-secret"}, {"access_token": "canary-other-secret"}

# Written down from the contract, once more than in the product: these alone prove that a write was not done.
NOT_DONE = (400, 401, 403, 404, 405, 413, 415, 422, 429)
UNKNOWN = (408, 409, 412, 418, 425, 450, 499, 500, 501, 502, 503, 504, 507, 508, 520, 521, 522, 524, 525, 530, 599)
# Responses that do not say what was done, although they may have come after the work.
STRANGE = {
    "html with 200": Fault(200, body=HTML, content_type="text/html"),
    "empty with 200": Fault(200, body=b""),
    "204": Fault(204, body=b""),
    "half of a document": Fault(200, body=b'{"data":{"ver'),
    "another document": Fault(200, body=b'{"ok":true}'),
    "a list": Fault(200, body=b"[]"),
    "another version": Fault(200, body=b'{"data":{"version":99}}'),
    "a version that is none": Fault(200, body=b'{"data":{"version":true}}'),
    "a redirect": Fault(307, headers={"Location": "https://elsewhere.example/"}),
    "a cut line": Fault(0),
    "a line cut in the response": Fault(-1),
}
AFTER = [pytest.param(Fault(status), id=str(status)) for status in UNKNOWN] + [pytest.param(fault, id=name) for name, fault in STRANGE.items()]
# Of these, what nobody could read.
UNREADABLE = ("html with 200", "empty with 200", "half of a document", "a list", "a cut line")
BEFORE = [parameter for parameter in AFTER if parameter.id != "a line cut in the response"]


@pytest.fixture
def store(openbao: OpenBao) -> VaultStore:
    return VaultStore(openbao)


@pytest.fixture
def front(openbao: OpenBao) -> Iterator[Front]:
    with Front(openbao.url) as front:
        yield front


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def opened(store: VaultStore, front: Front, warnings: list[str]) -> Callable[..., VaultBackend]:
    """A backend behind the front."""

    def opened(retries: int = 3, timeout: float = 10, check_mode: bool = False, use_proxy: bool = True, **changes: Any) -> VaultBackend:
        option = dict.fromkeys(("namespace", "mount", "role_id", "secret_id", "ca_path"))
        option.update({"validate_certs": True, **store.option["vault"], "url": front.url, **changes})
        place = {"file": None, "vault": option, "lock_timeout": 60}
        backend = open_store(place, timeout=timeout, retries=retries, use_proxy=use_proxy, check_mode=check_mode, warn=warnings.append)
        assert isinstance(backend, VaultBackend)
        return backend

    return opened


@pytest.fixture
def backend(opened: Callable[..., VaultBackend]) -> Iterator[VaultBackend]:
    with opened() as backend:
        yield backend


@pytest.fixture
def prepared(backend: VaultBackend, front: Front) -> VaultBackend:
    """A record is there, and was read."""
    backend.write(OLD)
    assert backend.read() == OLD
    front.forget()
    return backend


Opened = Callable[..., VaultBackend]


@pytest.fixture
def patient() -> None:
    """For a test that measures the pauses."""


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Pauses are short, except where they are what is tested."""
    if "patient" not in request.fixturenames:
        pause = time.sleep
        monkeypatch.setattr(time, "sleep", lambda seconds: pause(min(seconds, 0.02)))


class TestWritesOfWhichNobodyKnows:
    @pytest.mark.parametrize("fault", AFTER)
    def test_done(self, prepared: VaultBackend, front: Front, store: VaultStore, fault: Fault) -> None:
        """It is found out that it was done; nothing is written twice, and the next write follows it."""
        front.add(fault._replace(work="before", method="POST"))
        prepared.write(NEW)
        assert (prepared.seen, store.read()) == (NEW, NEW)
        assert (front.count("POST"), front.count("GET"), store.version()) == (1, 1, 2)
        prepared.write(OTHER)
        assert (store.read(), store.version()) == (OTHER, 3)

    @pytest.mark.parametrize("fault", BEFORE)
    def test_not_done(self, opened: Opened, front: Front, store: VaultStore, fault: Fault) -> None:
        """It is repeated, unless that is known to end in the same way."""
        with opened() as backend:
            backend.write(OLD)
            front.add(fault._replace(method="POST"))
            if fault.status == 307:
                with pytest.raises(StoreError, match="a redirect, which was refused: give the address of the active node in url") as caught:
                    backend.write(NEW)
                assert caught.value.maybe_applied
            else:
                backend.write(NEW)
                assert (backend.seen, store.read(), store.version()) == (NEW, NEW, 2)

    @pytest.mark.parametrize("status", [504, 524, 0])
    def test_done_late(self, prepared: VaultBackend, front: Front, store: VaultStore, status: int) -> None:
        """The server is still at work when the front gives up: whichever of the two writes comes first, it is ours."""
        front.add(Fault(status, work="late", method="POST", work_delay=0.0), Fault(503, method="GET"))
        prepared.write(NEW)
        time.sleep(0.3)
        assert (store.read(), store.version()) == (NEW, 2)
        prepared.write(OTHER)
        assert store.read() == OTHER

    @pytest.mark.parametrize("work", ["before", "never"])
    def test_and_the_store_cannot_be_read_either(self, opened: Opened, front: Front, work: str) -> None:
        with opened(retries=1) as backend:
            backend.write(OLD)
            front.add(Fault(504, work=work, method="POST"), Fault(500, times=0))
            with pytest.raises(StoreError) as caught:
                backend.write(NEW)
            assert caught.value.maybe_applied
            assert not isinstance(caught.value, Conflict)

    @pytest.mark.parametrize("work", ["before", "never"])
    def test_and_another_run_writes(self, prepared: VaultBackend, front: Front, store: VaultStore, work: str) -> None:
        """Over ours, whose secret may have been used; or in its place, which shows that ours was not and will not be done."""
        front.add(Fault(504, work=work, method="POST"))
        taken = front.take

        def take(method: str, path: str) -> Fault | None:
            if method == "GET" and store.read() != OTHER:
                store.write(OTHER)
            return taken(method, path)

        front.take = take  # type: ignore[method-assign]
        with pytest.raises(Conflict) as caught:
            prepared.write(NEW)
        assert caught.value.maybe_applied == (work == "before")
        assert store.read() == OTHER

    def test_a_mismatch_after_it(self, prepared: VaultBackend, front: Front, store: VaultStore) -> None:
        """The first write was done, nobody could read that, and the second one is refused because of the first."""
        front.add(Fault(502, work="before", method="POST"), Fault(502, method="GET"))
        prepared.write(NEW)
        assert (store.read(), store.version(), front.count("POST")) == (NEW, 2, 2)

    def test_a_removal(self, prepared: VaultBackend, front: Front, store: VaultStore) -> None:
        front.add(Fault(408, work="before", method="POST"))
        prepared.remove()
        assert (prepared.seen, prepared.read(), store.read()) == (None, None, None)
        prepared.write(NEW)
        assert store.read() == NEW


class TestRefusedWrites:
    @pytest.mark.parametrize("status", [status for status in NOT_DONE if status != 429])
    def test_it_was_not_done(self, prepared: VaultBackend, front: Front, store: VaultStore, status: int) -> None:
        front.add(Fault(status, method="POST", body=refusal("no")))
        with pytest.raises(StoreError, match=f"HTTP {status}: no") as caught:
            prepared.write(NEW)
        assert not caught.value.maybe_applied
        assert not isinstance(caught.value, Conflict)
        assert (front.calls, store.read(), prepared.seen) == ([f"POST /v1/secret/data/{store.path}"], OLD, OLD)

    def test_another_run_has_written(self, prepared: VaultBackend, front: Front, store: VaultStore) -> None:
        store.write(OTHER)
        with pytest.raises(Conflict, match="was written by another run") as caught:
            prepared.write(NEW)
        assert not caught.value.maybe_applied
        assert front.count("POST") == 1
        assert store.read() == OTHER
        assert prepared.read() == OTHER
        prepared.write(NEW)
        assert store.read() == NEW

    @pytest.mark.parametrize(
        ("body", "maybe_applied"), [(refusal("Vault is sealed"), False), (b"Vault is sealed", True), (refusal("Vault is sealed", "x"), True)]
    )
    def test_sealed(self, opened: Opened, front: Front, store: VaultStore, body: bytes, maybe_applied: bool) -> None:
        """In Vault's own words alone."""
        with opened(retries=1) as backend:
            front.add(Fault(503, body=body, method="POST", times=0))
            with pytest.raises(StoreError, match="it is sealed: unseal it first") as caught:
                backend.write(NEW)
        assert caught.value.maybe_applied is maybe_applied
        assert store.version() == 0

    @pytest.mark.parametrize("body", [HTML, b'{"errors":["no"]}'])
    def test_after_one_of_which_nobody_knows(self, prepared: VaultBackend, front: Front, body: bytes) -> None:
        """What the second response proves says nothing about the first write."""
        front.add(Fault(504, method="POST"), Fault(403, body=body, method="POST", times=0), Fault(500, method="GET", times=0))
        with pytest.raises(StoreError) as caught:
            prepared.write(NEW)
        assert caught.value.maybe_applied

    def test_a_page_of_the_fronts_is_no_verdict(self, prepared: VaultBackend, front: Front, store: VaultStore) -> None:
        """A front that has lost its server for a moment answers 404 with a page of its own."""
        front.add(Fault(404, body=HTML, content_type="text/html", method="POST", times=2))
        prepared.write(NEW)
        assert store.read() == NEW

    def test_a_front_that_quotes_what_it_refuses(self, prepared: VaultBackend, front: Front) -> None:
        front.add(Fault(413, body=refusal('too large: {"access_token": "canary-new-secret"}'), method="POST"))
        with pytest.raises(StoreError) as caught:
            prepared.write(NEW)
        assert "too large" in caught.value.message
        assert "canary" not in caught.value.message

    def test_check_mode(self, opened: Opened, store: VaultStore) -> None:
        with opened(check_mode=True) as backend, pytest.raises(RuntimeError):
            backend.write(NEW)
        assert store.version() == 0


class TestReads:
    @pytest.mark.parametrize("fault", [Fault(status) for status in (*UNKNOWN, 429)] + [STRANGE[name] for name in UNREADABLE])
    def test_repeated(self, prepared: VaultBackend, front: Front, fault: Fault) -> None:
        front.add(fault._replace(method="GET", times=2))
        assert prepared.read() == OLD
        assert front.count("GET") == 3

    @pytest.mark.parametrize("name", sorted(set(STRANGE) - set(UNREADABLE) - {"a line cut in the response"}))
    def test_what_is_no_record(self, prepared: VaultBackend, front: Front, name: str) -> None:
        """Never taken for one, nor for the lack of one."""
        front.add(STRANGE[name]._replace(method="GET"))
        with pytest.raises(StoreError) as caught:
            prepared.read()
        assert not caught.value.maybe_applied
        assert (front.count("GET"), prepared.seen) == (1, OLD)

    @pytest.mark.parametrize(("retries", "calls"), [(0, 1), (1, 2), (3, 4)])
    def test_as_often_as_retries_says(self, opened: Opened, front: Front, warnings: list[str], retries: int, calls: int) -> None:
        with opened(retries) as backend:
            front.add(Fault(500, times=0))
            with pytest.raises(StoreError) as caught:
                backend.read()
            assert (front.count("GET"), len(warnings), caught.value.maybe_applied) == (calls, retries, False)
            front.calls.clear()
            with pytest.raises(StoreError):
                backend.write(NEW)
            assert front.count("POST") == calls

    @pytest.mark.parametrize("status", [200, 404])
    def test_a_page_is_never_taken_for_no_record(self, prepared: VaultBackend, front: Front, status: int) -> None:
        front.add(Fault(status, body=HTML, content_type="text/html", times=0))
        with pytest.raises(StoreError) as caught:
            prepared.read()
        assert 'an HTML page with the title "Back soon"' in caught.value.message
        assert prepared.seen == OLD
        if status == 200:
            assert "HTTP 200" in caught.value.message
            assert "which is not from Vault; is this the address of Vault's API" in caught.value.message

    @pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[]", b'{"errors":"none"}', b'{"errors":["no handler for route"]}'])
    def test_a_404_that_is_not_vaults_word_for_nothing(self, prepared: VaultBackend, front: Front, body: bytes) -> None:
        front.add(Fault(404, body=body, times=0))
        with pytest.raises(StoreError, match="HTTP 404"):
            prepared.read()

    def test_a_deleted_version(self, prepared: VaultBackend, store: VaultStore, openbao: OpenBao) -> None:
        openbao.call("DELETE", f"secret/data/{store.path}")
        assert (prepared.read(), prepared.seen) == (None, None)
        prepared.write(NEW)
        assert (store.read(), store.version()) == (NEW, 2)

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_token_that_may_not(self, prepared: VaultBackend, front: Front, status: int) -> None:
        front.add(Fault(status, body=refusal("permission denied"), times=0))
        with pytest.raises(StoreError, match="the token must be valid and have a policy with create, read and update on secret/data/"):
            prepared.read()
        assert len(front.calls) == 1


VERDICTS = [Fault(status, body=refusal("no")) for status in (400, 401, 403, 404, 405, 413, 415, 422)] + [STRANGE["a redirect"]]


class TestInsisting:
    """A server that changes its leader, is sealed or limits the rate right when a new secret is to be stored."""

    SEALED = Fault(503, body=refusal("Vault is sealed"))

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(500, body=refusal("local node not active but active cluster node not found")),
            Fault(503),
            SEALED,
            Fault(502, body=HTML, content_type="text/html"),
            Fault(404, body=HTML, content_type="text/html"),
            Fault(429),
            Fault(0),
            Fault(412),
            Fault(200, body=HTML, content_type="text/html"),
        ],
    )
    def test_a_change_of_leader(self, prepared: VaultBackend, front: Front, store: VaultStore, warnings: list[str], fault: Fault) -> None:
        front.add(fault._replace(times=0))
        with ThreadPoolExecutor() as pool:
            writing = pool.submit(prepared.write, NEW, time.monotonic() + 60)
            time.sleep(0.02)
            pause = time.monotonic() + 0.5
            while time.monotonic() < pause:
                time.sleep(0.02)
            assert not writing.done()
            front.forget()
            writing.result(30)
        assert (store.read(), store.version(), prepared.seen) == (NEW, 2, NEW)
        (warning,) = warnings
        assert "this is repeated for up to 60 s" in warning

    def test_nobody_listens(self, openbao: OpenBao, opened: Opened, store: VaultStore) -> None:
        with opened() as backend:
            backend.write(OLD)
            front = Front(openbao.url)
            gone = front.url
            front._server.server_close()
            reachable, backend._client._url = backend._client._url, gone
            with ThreadPoolExecutor() as pool:
                writing = pool.submit(backend.write, NEW, time.monotonic() + 60)
                for _number in range(10):
                    time.sleep(0.02)
                assert not writing.done()
                backend._client._url = reachable
                writing.result(30)
        assert store.read() == NEW

    def test_not_for_ever(self, prepared: VaultBackend, front: Front) -> None:
        front.add(Fault(503, times=0))
        begin = time.monotonic()
        with pytest.raises(StoreError) as caught:
            prepared.write(NEW, begin + 0.5)
        assert 0.5 <= time.monotonic() - begin < 5
        assert caught.value.maybe_applied

    @pytest.mark.parametrize("fault", VERDICTS)
    def test_a_verdict_that_passes(self, prepared: VaultBackend, front: Front, store: VaultStore, warnings: list[str], fault: Fault) -> None:
        """A policy that is being replaced, an engine that is being moved, a standby that names its leader."""
        front.add(fault._replace(method="POST", times=3))
        prepared.write(NEW, time.monotonic() + 60)
        assert (store.read(), store.version(), front.count("POST")) == (NEW, 2, 4)
        (warning,) = warnings
        assert "this is repeated for up to 60 s" in warning

    @pytest.mark.parametrize("fault", VERDICTS)
    def test_a_verdict_that_stays(self, prepared: VaultBackend, front: Front, store: VaultStore, fault: Fault) -> None:
        front.add(fault._replace(times=0))
        begin = time.monotonic()
        with pytest.raises(StoreError, match=f"HTTP {fault.status}") as caught:
            prepared.write(NEW, begin + 0.5)
        assert 0.5 <= time.monotonic() - begin < 5
        assert caught.value.maybe_applied is (fault.status == 307)
        assert store.read() == OLD

    @pytest.mark.parametrize("body", [b'{"ok":true}', b"{}"])
    def test_a_front_that_answers_reads_with_nonsense(self, prepared: VaultBackend, front: Front, store: VaultStore, body: bytes) -> None:
        front.add(Fault(504, method="POST"), Fault(200, body=body, method="GET"))
        prepared.write(NEW, time.monotonic() + 60)
        assert store.read() == NEW

    def test_another_run_writes_meanwhile(self, prepared: VaultBackend, front: Front, store: VaultStore) -> None:
        front.add(Fault(503, times=3, method="POST"))
        store.write(OTHER)
        with pytest.raises(Conflict):
            prepared.write(NEW, time.monotonic() + 60)
        assert store.read() == OTHER

    @pytest.mark.usefixtures("patient")
    @pytest.mark.parametrize(("header", "insist", "low", "high"), [("1", False, 1.0, 5.0), ("1", True, 1.0, 5.0), ("", False, 0.5, 4.0)])
    def test_the_pause_that_the_server_asks_for(
        self, prepared: VaultBackend, front: Front, store: VaultStore, header: str, insist: bool, low: float, high: float
    ) -> None:
        front.add(Fault(429, method="POST", headers={"Retry-After": header}))
        begin = time.monotonic()
        prepared.write(NEW, begin + 60 if insist else None)
        assert low <= time.monotonic() - begin < high
        assert store.read() == NEW
        assert front.count("GET") == 0

    def test_a_pause_that_is_too_long(self, prepared: VaultBackend, front: Front) -> None:
        front.add(Fault(429, headers={"Retry-After": "3600"}))
        with pytest.raises(StoreError, match="the server asks to wait 3600 s") as caught:
            prepared.write(NEW)
        assert (len(front.calls), caught.value.maybe_applied) == (1, False)

    def test_really_sealed(self, openbao: OpenBao, prepared: VaultBackend, store: VaultStore) -> None:
        with ThreadPoolExecutor() as pool:
            openbao.seal()
            try:
                writing = pool.submit(prepared.write, NEW, time.monotonic() + 60)
                for _number in range(20):
                    time.sleep(0.02)
                assert not writing.done()
                with pytest.raises(StoreError, match="it is sealed: unseal it first"):
                    prepared.read()
            finally:
                openbao.unseal()
            writing.result(60)
        assert store.read() == NEW


class TestClock:
    @pytest.mark.parametrize("offset", [0, 7200, -7200, 86400 * 400])
    def test_the_age_by_the_servers_clock(self, prepared: VaultBackend, front: Front, offset: int) -> None:
        front.replaced_headers["Date"] = formatdate(time.time() + offset, usegmt=True)
        prepared.read()
        assert abs(prepared.now() - time.time() - offset) < 30
        assert prepared.age() == pytest.approx(max(offset, 0), abs=30)

    def test_this_machines_clock_does_not_matter(self, prepared: VaultBackend, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(time, "time", lambda: 1.0)
        prepared.read()
        assert prepared.age() < 30
        assert prepared.now() > 1_000_000_000

    @pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Jan 2030 00:00:00 GMT", "Thu, 01 Jan 99999 00:00:00 GMT"])
    def test_without_a_date(self, prepared: VaultBackend, front: Front, date: str) -> None:
        front.replaced_headers["Date"] = date
        prepared.read()
        assert prepared.age() < 30
        assert abs(prepared.now() - time.time()) < 30

    @pytest.mark.parametrize(
        ("written", "age"),
        [
            ("2026-01-02T03:04:05.123456789Z", 55),
            ("2026-01-02T03:04:05.1Z", 55),
            ("2026-01-02T03:04:05Z", 55),
            ("2026-01-02T05:04:05+02:00", 55),
            ("2026-01-02T03:05:30Z", 0),
            ("", 0),
            (5, 0),
            (None, 0),
            ("soon", 0),
        ],
    )
    def test_times_in_every_form(self, prepared: VaultBackend, front: Front, written: Any, age: int) -> None:
        quoted = f'"{written}"' if isinstance(written, str) else "null" if written is None else str(written)
        body = f'{{"data":{{"data":{{"a":1}},"metadata":{{"version":1,"created_time":{quoted}}}}}}}'.encode()
        front.add(Fault(200, body=body, headers={"Date": "Fri, 02 Jan 2026 03:05:00 GMT"}))
        prepared.read()
        assert prepared.age() == pytest.approx(age, abs=10)

    def test_no_record(self, backend: VaultBackend) -> None:
        assert backend.read() is None
        assert backend.age() == 0.0

    def test_nobody_knows_who_lives(self, prepared: VaultBackend) -> None:
        assert prepared.host is None
        assert not prepared.owner_is_gone({"host": None})
        prepared.lock(0)
        prepared.lock(0)
        prepared.unlock()
        prepared.preallocate()


def accessors(openbao: OpenBao) -> set[str]:
    """What names the logins that live."""
    return set(openbao.call("LIST", "auth/token/accessors")["data"]["keys"])


def end_logins(openbao: OpenBao, but: set[str]) -> None:
    for accessor in accessors(openbao) - but:
        openbao.call("POST", "auth/token/revoke-accessor", {"accessor": accessor})


class TestLogin:
    @pytest.fixture
    def role(self, openbao: OpenBao, store: VaultStore) -> dict[str, Any]:
        role = openbao.approle(store.path)
        return {"token": None, "role_id": role.role_id, "secret_id": role.secret_id}

    @pytest.mark.parametrize("fault", [Fault(503), Fault(429), Fault(0), Fault(200, body=HTML, content_type="text/html")])
    def test_repeated(self, opened: Opened, front: Front, role: dict[str, Any], fault: Fault) -> None:
        front.add(fault._replace(part="/login"))
        with opened(**role) as backend:
            assert backend.read() is None

    def test_not_without_retries(self, opened: Opened, front: Front, role: dict[str, Any]) -> None:
        front.add(Fault(503, part="/login"))
        with pytest.raises(StoreError, match="log in: HTTP 503"), opened(retries=0, **role):
            pass
        assert len(front.calls) == 1

    @pytest.mark.parametrize("body", [b"{}", b'{"auth":null}', b'{"auth":{"client_token":5}}', b'{"auth":{"client_token":""}}'])
    def test_without_a_token(self, opened: Opened, front: Front, role: dict[str, Any], body: bytes) -> None:
        front.add(Fault(200, body=body, part="/login", times=0))
        with pytest.raises(StoreError, match="log in: the response holds no token"), opened(**role):
            pass
        front.forget()
        front.add(Fault(200, body=body, part="/login"))
        with opened(**role) as backend:
            assert backend.read() is None

    @pytest.mark.parametrize("fault", [Fault(400, body=refusal("no")), Fault(503), Fault(200, body=b"{}")])
    def test_that_fails_closes_the_connection(self, opened: Opened, front: Front, role: dict[str, Any], fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
        closed: list[str] = []
        front.add(fault._replace(part="/login"))
        backend = opened(retries=0, **role)
        monkeypatch.setattr(backend._client._connection, "close", lambda: closed.append("closed"))
        with pytest.raises(StoreError), backend:
            pass
        assert closed == ["closed"]

    def test_that_ends_in_the_middle_of_the_run(self, opened: Opened, front: Front, role: dict[str, Any], openbao: OpenBao, store: VaultStore) -> None:
        before = accessors(openbao)
        with opened(**role) as backend:
            backend.write(OLD)
            for document in (NEW, OTHER):
                end_logins(openbao, before)
                backend._client._next_login = 0.0
                backend.write(document)
                end_logins(openbao, before)
                backend._client._next_login = 0.0
                assert backend.read() == document
        assert store.read() == OTHER
        assert [call.rpartition("/")[2] for call in front.calls].count("login") == 5
        assert accessors(openbao) == before

    def test_that_ends_right_before_the_new_secret(self, task: StoredToken, openbao: OpenBao, store: VaultStore, front: Front, role: dict[str, Any]) -> None:
        """The claim was written, the pair is rotated, and the login has ended."""
        place = {"vault": {**store.option["vault"], "url": front.url, **role}}
        task(store=place)
        before = accessors(openbao)
        taken, writes = front.take, []

        def take(method: str, path: str) -> Fault | None:
            if method == "POST" and "/data/" in path:
                writes.append(path)
                if len(writes) == 2:
                    end_logins(openbao, before)
            return taken(method, path)

        front.take = take  # type: ignore[method-assign]
        result = task(store=place, state="renewed")
        assert result["actions"] == ["renewed"]
        task.settled(result)
        assert len(writes) == 3

    @pytest.mark.parametrize("ended", [True, False])
    def test_a_new_login_without_a_token_ends_no_insisted_write(
        self, opened: Opened, front: Front, role: dict[str, Any], openbao: OpenBao, store: VaultStore, monkeypatch: pytest.MonkeyPatch, ended: bool
    ) -> None:
        """The refused login is only ended once there is another one: its refusal may be for a moment."""
        monkeypatch.setattr(vault_client, "_LOGIN_PAUSE", 0.0)
        before = accessors(openbao)
        with opened(**role) as backend:
            backend.write(OLD)
            front.forget()
            front.add(Fault(200, body=b'{"auth":null}', part="/login"))
            if ended:
                end_logins(openbao, before)
            else:
                front.add(Fault(403, body=refusal("permission denied"), method="POST"))
            backend.write(NEW, time.monotonic() + 30)
            assert [call.rpartition("/")[2] for call in front.calls].count("login") == 1 + ended
            assert any(call.endswith("/revoke-self") for call in front.calls) == ended
        assert store.read() == NEW
        assert accessors(openbao) == before

    def test_a_removal_without_the_right_to_delete_costs_no_login(self, opened: Opened, front: Front, role: dict[str, Any], store: VaultStore) -> None:
        with opened(**role) as backend:
            backend.write(OLD)
            front.forget()
            front.add(Fault(403, body=refusal("permission denied"), part="/delete/", times=0))
            backend.remove()
            assert [call.partition("/secret/")[2].partition("/")[0] for call in front.calls] == ["data", "delete"]
        assert store.read() == {}

    @pytest.mark.parametrize("insist", [None, 1.0])
    def test_a_role_that_may_not_is_not_asked_for_ever(self, opened: Opened, front: Front, role: dict[str, Any], insist: float | None) -> None:
        with opened(**role) as backend:
            front.forget()
            front.add(Fault(403, body=refusal("permission denied"), times=0))
            with pytest.raises(StoreError, match="HTTP 403: permission denied"):
                backend.write(NEW, insist and time.monotonic() + insist)
            assert len([call for call in front.calls if call.endswith("/login")]) == 1

    @pytest.mark.parametrize("login", [Fault(400, body=refusal("invalid role or secret ID")), Fault(403, body=refusal("permission denied"))])
    def test_a_role_that_is_refused_is_not_tried_again(self, opened: Opened, front: Front, role: dict[str, Any], login: Fault) -> None:
        """Repeated failed logins lock the role, and other programs use it."""
        with opened(**role) as backend:
            front.forget()
            front.add(login._replace(part="/login", times=0), Fault(403, body=refusal("permission denied"), times=0))
            for _write in range(3):
                backend._client._next_login = 0.0
                with pytest.raises(StoreError, match="HTTP 403: permission denied"):
                    backend.write(NEW)
            assert len([call for call in front.calls if call.endswith("/login")]) == 1

    def test_a_front_is_no_reason_to_log_in(self, opened: Opened, front: Front, role: dict[str, Any], store: VaultStore) -> None:
        with opened(**role) as backend:
            front.forget()
            front.add(Fault(403, body=HTML, content_type="text/html", method="POST"))
            backend.write(NEW)
            assert not any(call.endswith("/login") for call in front.calls)
        assert store.read() == NEW

    @pytest.mark.parametrize("fault", [Fault(403, body=refusal("permission denied")), Fault(500), Fault(0), Fault(200, body=HTML, content_type="text/html")])
    def test_a_logout_that_fails_is_a_warning(self, opened: Opened, front: Front, warnings: list[str], role: dict[str, Any], fault: Fault) -> None:
        front.add(fault._replace(part="/revoke-self"))
        with opened(**role) as backend:
            backend.write(NEW)
        (warning,) = warnings
        assert warning.startswith("The login of this task was not ended: ")

    @pytest.mark.parametrize("token", ["canary\ntoken", "canary-tökén-€"])
    def test_a_token_that_cannot_be_sent(self, opened: Opened, token: str) -> None:
        with opened(token=token) as backend, pytest.raises(StoreError) as caught:
            backend.read()
        assert "canary" not in caught.value.message


class TestProxy:
    """The proxy that the environment names is a server that nobody listens at: a request that goes through it fails."""

    @pytest.mark.parametrize("use_proxy", [True, False])
    def test_none_for_this_machine(self, task: StoredToken, monkeypatch: pytest.MonkeyPatch, use_proxy: bool) -> None:
        """Plain http would be read by it: the store's token, and the record."""
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        task.settled(task(use_proxy=use_proxy))

    def test_use_proxy_is_for_the_store_too(self, opened: Opened, openbao: OpenBao, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        with opened(url=openbao.tls_url, ca_path=openbao.ca_path, use_proxy=False) as backend:
            assert backend.read() is None
        with opened(url=openbao.tls_url, ca_path=openbao.ca_path, retries=0) as backend, pytest.raises(StoreError, match=r"proxy|refused"):
            backend.read()


class TestWholeRuns:
    """What a task makes of it."""

    @pytest.mark.parametrize("fault", [Fault(504), Fault(408), Fault(412), Fault(524), STRANGE["html with 200"], STRANGE["a cut line"]])
    @pytest.mark.parametrize("arguments", [{"state": "renewed"}, {"recreate": "always"}])
    def test_the_front_fails_after_the_new_token_was_stored(
        self, task: StoredToken, front: Front, store: VaultStore, fault: Fault, arguments: dict[str, Any]
    ) -> None:
        task()
        place = {"vault": {**store.option["vault"], "url": front.url}}
        # The first write is the claim, the second one the result.
        front.add(Fault(-2, method="POST"), fault._replace(work="before", method="POST"))
        result = task(store=place, **arguments)
        task.settled(result)
        assert task(store=place)["actions"] == ["reused"]
