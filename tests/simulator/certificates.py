# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Throw-away certificates: our CA, a foreign CA, good and bad server certificates, a client pair."""

from __future__ import annotations

import datetime
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

HERE = ("127.0.0.1", "localhost", "::1")


@dataclass
class Certificates:
    ca_path: str
    other_ca_path: str
    client_cert_path: str
    client_key_path: str
    client_cert: str
    client_key: str
    good: ssl.SSLContext
    expired: ssl.SSLContext
    wrong_name: ssl.SSLContext


def issue(folder: Path) -> Certificates:
    """Issue everything anew and write what clients need below `folder`."""
    ca = trustme.CA(organization_name="dataprotection.access simulator")
    client = ca.issue_cert("certificate@corp.example", common_name="certificate")
    client_cert = client.cert_chain_pems[0].bytes().decode()
    client_key = client.private_key_pem.bytes().decode()
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    month_before = yesterday - datetime.timedelta(days=30)
    return Certificates(
        ca_path=_write(folder / "ca.pem", ca.cert_pem.bytes().decode()),
        other_ca_path=_write(folder / "other-ca.pem", trustme.CA().cert_pem.bytes().decode()),
        client_cert_path=_write(folder / "client.pem", client_cert),
        client_key_path=_write(folder / "client.key", client_key),
        client_cert=client_cert,
        client_key=client_key,
        good=_context(ca.issue_cert(*HERE)),
        expired=_context(ca.issue_cert(*HERE, not_before=month_before, not_after=yesterday)),
        wrong_name=_context(ca.issue_cert("another-host.example")),
    )


def _write(path: Path, text: str) -> str:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    return str(path)


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
