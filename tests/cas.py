# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of CA certificates as OpenSSL wants them, without its command line."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from cryptography import x509


def _der(tag: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def subject_hash(certificate: Path) -> str:
    """The name under which OpenSSL looks a CA up in a folder: a hash of its subject in canonical form."""
    oids = {"2.5.4.3": "550403", "2.5.4.10": "55040a", "2.5.4.11": "55040b"}
    canonical = b""
    for attribute in x509.load_pem_x509_certificate(certificate.read_bytes()).subject:
        value = _der(0x0C, " ".join(str(attribute.value).lower().split()).encode())
        canonical += _der(0x31, _der(0x30, _der(0x06, bytes.fromhex(oids[attribute.oid.dotted_string])) + value))
    return f"{int.from_bytes(hashlib.sha1(canonical).digest()[:4], 'little'):08x}"


def folder_with(certificate: str, folder: Path) -> str:
    """A folder of CAs with this one in it."""
    folder.mkdir()
    shutil.copy(certificate, folder / f"{subject_hash(Path(certificate))}.0")
    return str(folder)
