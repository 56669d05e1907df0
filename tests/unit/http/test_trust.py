# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates are trusted: the order of the stores, and what a bad certificate is told."""

from __future__ import annotations

import hashlib
import shutil
import ssl
from pathlib import Path

import pytest
import requests
from cryptography import x509

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._http import trust as _trust
from ansible_collections.dataprotection.access.plugins.module_utils._http.client import HttpClient
from ansible_collections.dataprotection.access.plugins.module_utils._http.trust import trust_store
from tests.simulator import Simulator
from tests.unit.http.conftest import Make

DISTRUSTED = "unable to get local issuer certificate"


def der(tag: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def subject_hash(certificate: Path) -> str:
    """The name under which OpenSSL looks a CA up in a folder: a hash of its subject in canonical form."""
    oids = {"2.5.4.3": "550403", "2.5.4.10": "55040a", "2.5.4.11": "55040b"}
    canonical = b""
    for attribute in x509.load_pem_x509_certificate(certificate.read_bytes()).subject:
        value = der(0x0C, " ".join(str(attribute.value).lower().split()).encode())
        canonical += der(0x31, der(0x30, der(0x06, bytes.fromhex(oids[attribute.oid.dotted_string])) + value))
    return f"{int.from_bytes(hashlib.sha1(canonical).digest()[:4], 'little'):08x}"


def folder_with(certificate: str, folder: Path) -> str:
    """A folder of CAs as OpenSSL wants it."""
    folder.mkdir()
    shutil.copy(certificate, folder / f"{subject_hash(Path(certificate))}.0")
    return str(folder)


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

    @pytest.mark.parametrize(("variable", "named"), [(None, "ca_path"), ("REQUESTS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"), ("SSL_CERT_FILE", "SSL_CERT_FILE")])
    def test_a_store_that_is_missing(self, sim: Simulator, monkeypatch: pytest.MonkeyPatch, variable: str | None, named: str) -> None:
        if variable:
            monkeypatch.setenv(variable, "/nowhere/ca.pem")
        with pytest.raises(ApiError, match="does not exist") as caught:
            HttpClient(sim.url, ca_path=None if variable else "/nowhere/ca.pem")
        assert named in caught.value.message

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
        assert "give the CA that signed the server's certificate in ca_path" in error.message
        assert not error.maybe_applied
        assert sim.requests() == []

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
