# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates are trusted: the order of the stores, and what a bad certificate is told."""

from __future__ import annotations

import errno
import os
import shutil
import ssl
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._http import trust as _trust
from ansible_collections.dataprotection.access.plugins.module_utils._http.client import HttpClient
from ansible_collections.dataprotection.access.plugins.module_utils._http.trust import TrustStore, preload, ssl_context, trust_store
from tests.cas import folder_with
from tests.simulator import Simulator
from tests.unit.http.conftest import Make
from tests.unit.http.wire import Authority, Relay, serving

DISTRUSTED = "unable to get local issuer certificate"


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """A machine whose system store is where the test says: the keys are openssl_cafile and openssl_capath."""
    paths = {"openssl_cafile": str(tmp_path / "missing.pem"), "openssl_capath": str(tmp_path / "missing")}
    real = ssl.get_default_verify_paths()
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: real._replace(**paths))
    monkeypatch.setattr(_trust, "_SYSTEM_CA_FILES", ())
    return paths


class TestOrder:
    def test_ca_path_as_a_file(self, sim: Simulator, make: Make) -> None:
        assert make(ca_path=sim.ca_path)().status == 200

    def test_ca_path_as_a_folder(self, sim: Simulator, make: Make, tmp_path: Path) -> None:
        assert make(ca_path=folder_with(sim.ca_path, tmp_path / "cas"))().status == 200

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
    def test_the_environment_s_bundle(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
        monkeypatch.setenv(variable, sim.ca_path)
        assert make(ca_path=None)().status == 200

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
    def test_ca_path_beats_the_environment(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
        monkeypatch.setenv(variable, sim.ca_path)
        assert DISTRUSTED in make(ca_path=sim.other_ca_path).fails().message

    def test_requests_ca_bundle_beats_ssl_cert_file(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", sim.other_ca_path)
        monkeypatch.setenv("SSL_CERT_FILE", sim.ca_path)
        assert DISTRUSTED in make(ca_path=None).fails().message

    def test_the_environment_s_folder(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("SSL_CERT_DIR", folder_with(sim.ca_path, tmp_path / "cas"))
        assert make(ca_path=None)().status == 200

    def test_the_system_s_file_and_not_certifi(self, sim: Simulator, make: Make, system: dict[str, str]) -> None:
        system["openssl_cafile"] = sim.ca_path
        assert make(ca_path=None)().status == 200

    def test_the_system_s_folder(self, sim: Simulator, make: Make, system: dict[str, str], tmp_path: Path) -> None:
        system["openssl_capath"] = folder_with(sim.ca_path, tmp_path / "cas")
        assert make(ca_path=None)().status == 200

    def test_a_system_folder_without_hashed_names_is_passed_over(self, sim: Simulator, make: Make, system: dict[str, str], tmp_path: Path) -> None:
        shutil.copy(sim.other_ca_path, tmp_path / "ca.pem")
        system.update(openssl_capath=str(tmp_path), openssl_cafile=sim.ca_path)
        assert make(ca_path=None)().status == 200

    def test_a_distribution_s_file_where_openssl_looks_elsewhere(
        self, sim: Simulator, make: Make, system: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert not Path(system["openssl_cafile"]).exists()
        monkeypatch.setattr(_trust, "_SYSTEM_CA_FILES", ("/nowhere/ca.pem", sim.ca_path))
        assert make(ca_path=None)().status == 200

    def test_certifi_where_there_is_nothing_else(self, make: Make, system: dict[str, str]) -> None:
        assert not Path(system["openssl_capath"]).exists()
        assert trust_store(None) == (requests.certs.where(), "certifi")
        assert DISTRUSTED in make(ca_path=None).fails().message

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
    def test_the_error_names_the_environment_s_store(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
        store = folder_with(sim.other_ca_path, tmp_path / "cas") if variable == "SSL_CERT_DIR" else sim.other_ca_path
        monkeypatch.setenv(variable, store)
        assert f"verified against {store} (from {variable}): " in make(ca_path=None).fails().message

    def test_the_error_names_the_system_s_store(self, sim: Simulator, make: Make, system: dict[str, str]) -> None:
        system["openssl_cafile"] = sim.other_ca_path
        assert f"verified against {sim.other_ca_path} (from the system's store): " in make(ca_path=None).fails().message

    @pytest.mark.parametrize(("variable", "named"), [(None, "ca_path"), ("REQUESTS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"), ("SSL_CERT_FILE", "SSL_CERT_FILE")])
    def test_a_store_that_is_missing(self, sim: Simulator, monkeypatch: pytest.MonkeyPatch, variable: str | None, named: str) -> None:
        if variable:
            monkeypatch.setenv(variable, "/nowhere/ca.pem")
        with pytest.raises(ApiError, match="does not exist") as caught:
            HttpClient(sim.url, ca_path=None if variable else "/nowhere/ca.pem")
        assert named in caught.value.message

    @pytest.mark.parametrize("named", [True, False])
    def test_a_folder_that_may_not_be_read(
        self, sim: Simulator, make: Make, system: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: bool
    ) -> None:
        """Of what somebody has named it is said; the system's own is passed over for its bundle."""
        real = os.scandir

        def scandir(folder: str) -> Any:
            if folder == str(tmp_path):
                raise PermissionError(errno.EACCES, "Permission denied")
            return real(folder)

        monkeypatch.setattr(os, "scandir", scandir)
        system.update(openssl_capath=str(tmp_path), openssl_cafile=sim.ca_path)
        if not named:
            assert make(ca_path=None)().status == 200
            return
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        with pytest.raises(ApiError) as caught:
            HttpClient(sim.url, ca_path=None)
        assert caught.value.message == (
            f"SSL_CERT_DIR: the folder {tmp_path} cannot be read (Permission denied); correct its permissions, name another one, or set ca_path"
        )

    def test_a_store_that_holds_no_certificate(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text("not a certificate", encoding="utf-8")
        error = make(ca_path=str(tmp_path / "ca.pem")).fails()
        assert "ca.pem (from ca_path) holds no certificate" in error.message
        assert not error.maybe_applied


class TestBadCertificates:
    def test_unknown_ca(self, sim: Simulator, make: Make) -> None:
        error = make(ca_path=sim.other_ca_path).fails("POST", "/v2/access-tokens", body={"password": "secret"})
        assert f"POST {sim.url}/v2/access-tokens: TLS failed:" in error.message
        assert DISTRUSTED in error.message
        assert f"verified against {sim.other_ca_path} (from ca_path): give the CA that signed the server's certificate in ca_path" in error.message
        assert not error.maybe_applied
        assert sim.requests() == []

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
    def test_unknown_ca_of_a_variable(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.setenv(variable, sim.other_ca_path)
        message = make(ca_path=None).fails().message
        where = f"verified against {sim.other_ca_path} (from {variable}): "
        assert message.endswith(f"{where}give the CA that signed the server's certificate in ca_path, or unset or change {variable}")

    def test_expired(self, sim: Simulator, make: Make) -> None:
        error = make(sim.expired_url).fails("POST")
        assert "certificate has expired" in error.message
        assert "have the server's certificate renewed" in error.message
        assert not error.maybe_applied
        assert sim.requests() == []

    def test_wrong_name(self, sim: Simulator, make: Make) -> None:
        error = make(sim.wrong_name_url).fails("POST")
        assert "certificate is not valid for '127.0.0.1'" in error.message
        assert "use a name that appears in the server's certificate" in error.message
        assert not error.maybe_applied
        assert sim.requests() == []

    def test_a_bad_certificate_is_not_tried_again(self, sim: Simulator, make: Make) -> None:
        client = make(sim.expired_url, retries=3)
        client.fails()
        assert client.warnings == []

    def test_a_port_that_does_not_speak_tls(self, sim: Simulator, make: Make) -> None:
        error = make(sim.http_url.replace("http://", "https://")).fails()
        assert "is this the port that speaks TLS?" in error.message
        assert sim.requests() == []

    @pytest.mark.parametrize("place", ["url", "expired_url", "wrong_name_url"])
    def test_no_validation_takes_all_of_them(self, sim: Simulator, make: Make, place: str) -> None:
        assert make(getattr(sim, place), validate_certs=False, ca_path=None)().status == 200

    def test_the_environment_does_not_switch_validation_on_again(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", sim.other_ca_path)
        assert make(validate_certs=False, ca_path=None)().status == 200


def handshakes(store: str) -> int:
    """How many connections were made with the TLS context of this store."""
    context = ssl_context(TrustStore(store, "test"))
    assert context is not None
    return context.session_stats()["connect_good"]


@pytest.fixture
def bundle(sim: Simulator, tmp_path: Path) -> Path:
    """A file of CAs that no other test uses."""
    return Path(shutil.copy(sim.ca_path, tmp_path / "bundle.pem"))


class TestContext:
    """CA certificates are parsed once for each store, before ansible forks; a store that changes is read again."""

    def test_one_for_all_connections(self, make: Make, bundle: Path) -> None:
        for number in (1, 2, 3):
            assert make(ca_path=str(bundle))().status == 200
            assert handshakes(str(bundle)) == number

    def test_nothing_is_loaded_after_it_was_made(self, make: Make, bundle: Path) -> None:
        """Neither by requests, which would say that the file is gone, nor by urllib3."""
        client = make(ca_path=str(bundle))
        assert client().status == 200
        context = ssl_context(TrustStore(str(bundle), "test"))
        assert context is not None
        client.http.close()
        bundle.unlink()
        assert client().status == 200
        assert context.session_stats()["connect_good"] == 2

    def test_nothing_is_loaded_for_a_task_that_asks_nothing(self, make: Make, bundle: Path) -> None:
        known = len(_trust._contexts)
        client = make(ca_path=str(bundle))
        assert len(_trust._contexts) == known
        assert client().status == 200
        assert len(_trust._contexts) == known + 1

    def test_a_folder(self, sim: Simulator, make: Make, tmp_path: Path) -> None:
        folder = folder_with(sim.ca_path, tmp_path / "cas")
        assert make(ca_path=folder)().status == 200
        assert handshakes(folder) == 1

    def test_a_ca_that_is_added_meanwhile(self, sim: Simulator, make: Make, tmp_path: Path) -> None:
        bundle = Path(shutil.copy(sim.other_ca_path, tmp_path / "bundle.pem"))
        assert DISTRUSTED in make(ca_path=str(bundle)).fails().message
        with bundle.open("ab") as file:
            file.write(Path(sim.ca_path).read_bytes())
        assert make(ca_path=str(bundle))().status == 200

    def test_a_store_that_is_replaced_by_one_of_the_same_size(self, sim: Simulator, make: Make, tmp_path: Path) -> None:
        good, other = Path(sim.ca_path).read_bytes(), Path(sim.other_ca_path).read_bytes()
        size = max(len(good), len(other)) + 1
        bundle, new = tmp_path / "bundle.pem", tmp_path / "new.pem"
        bundle.write_bytes(other.ljust(size, b"\n"))
        new.write_bytes(good.ljust(size, b"\n"))
        os.utime(new, ns=(bundle.stat().st_atime_ns, bundle.stat().st_mtime_ns))
        assert DISTRUSTED in make(ca_path=str(bundle)).fails().message
        new.replace(bundle)
        assert make(ca_path=str(bundle))().status == 200

    def test_a_store_s_cas_are_not_trusted_by_another_s_task(self, sim: Simulator, make: Make, authority: Authority) -> None:
        assert make(ca_path=sim.ca_path)().status == 200
        assert DISTRUSTED in make(ca_path=authority.ca_path).fails().message
        assert make(ca_path=sim.ca_path)().status == 200

    def test_no_validation_leaves_it_alone(self, sim: Simulator, make: Make, bundle: Path) -> None:
        assert make(ca_path=str(bundle))().status == 200
        assert make(sim.expired_url, validate_certs=False, ca_path=str(bundle))().status == 200
        context = ssl_context(TrustStore(str(bundle), "test"))
        assert context is not None
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert handshakes(str(bundle)) == 1
        assert "certificate has expired" in make(sim.expired_url, ca_path=str(bundle)).fails().message

    def test_names_are_checked(self, sim: Simulator, make: Make, bundle: Path) -> None:
        assert make(sim.url.replace("127.0.0.1", "localhost"), ca_path=str(bundle))().status == 200
        # The library's own words differ between its releases.
        assert "use a name that appears in the server's certificate" in make(sim.wrong_name_url, ca_path=str(bundle)).fails().message

    @pytest.mark.parametrize(("variable", "ca_path"), [("SSL_CERT_FILE", False), ("COHESITY_CA_PATH", True), ("COMMANDCENTER_CA_PATH", True)])
    def test_made_beforehand(self, make: Make, monkeypatch: pytest.MonkeyPatch, bundle: Path, variable: str, ca_path: bool) -> None:
        preload()
        monkeypatch.setenv(variable, str(bundle))
        known = len(_trust._contexts)
        preload()
        assert len(_trust._contexts) == known + 1
        assert make(ca_path=str(bundle) if ca_path else None)().status == 200
        assert len(_trust._contexts) == known + 1

    def test_a_blank_one_serves_one_store(self, make: Make, bundle: Path, authority: Authority) -> None:
        preload()
        (blank,) = _trust._blank_contexts
        assert make(ca_path=str(bundle))().status == 200
        assert ssl_context(TrustStore(str(bundle), "test")) is blank
        assert DISTRUSTED in make(ca_path=authority.ca_path).fails().message
        assert ssl_context(TrustStore(authority.ca_path, "test")) is not blank

    @pytest.mark.parametrize("content", [None, "", "no certificate"])
    def test_a_store_that_cannot_be_read_is_the_task_s_problem(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None) -> None:
        store = tmp_path / "ca.pem"
        if content is not None:
            store.write_text(content, encoding="utf-8")
        monkeypatch.setenv("SSL_CERT_FILE", str(store))
        preload()
        assert ssl_context(TrustStore(str(store), "test")) is None

    def test_inherited_by_a_forked_process(self, make: Make, bundle: Path) -> None:
        before = handshakes(str(bundle))
        context = ssl_context(TrustStore(str(bundle), "test"))
        child = os.fork()
        if child == 0:
            status = 1
            try:
                same = ssl_context(TrustStore(str(bundle), "test")) is context
                status = 0 if same and make(ca_path=str(bundle))().status == 200 and handshakes(str(bundle)) == before + 1 else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def test_through_a_proxy(self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, bundle: Path) -> None:
        monkeypatch.setenv("HTTPS_PROXY", sim.proxy_url)
        assert make(ca_path=str(bundle))().status == 200
        assert handshakes(str(bundle)) == 1

    def test_a_proxy_over_tls_is_left_to_requests(
        self, sim: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch, authority: Authority, tmp_path: Path
    ) -> None:
        both = tmp_path / "both.pem"
        both.write_bytes(Path(sim.ca_path).read_bytes() + authority.pem)
        with serving(Relay(int(sim.proxy_url.rpartition(":")[2]), authority.context)) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{port}")
            assert make(ca_path=str(both))().status == 200
            assert DISTRUSTED in make(ca_path=sim.ca_path, retries=0).fails().message
        assert handshakes(str(both)) == 0
