# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which CA certificates are trusted, where that store was named, and the TLS context that holds them."""

from __future__ import annotations

import contextlib
import os
import ssl
import typing as t

from .._errors import ApiError

try:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    # Whoever opens a connection checks REQUESTS_IMPORT_ERROR first.
    create_urllib3_context = None  # type: ignore[assignment]

# The environment variables of the option ca_path, in which AWX for instance names a file.
_OPTION_VARIABLES = ("COHESITY_CA_PATH", "COMMANDCENTER_CA_PATH")
# The environment variables that name a store; the first one that is set counts.
_FILE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
CA_VARIABLES = (*_FILE_VARIABLES, "SSL_CERT_DIR")
# Where the distributions keep the system's trust store, for Python builds whose OpenSSL looks elsewhere.
_SYSTEM_CA_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)

# Contexts with their CA certificates loaded, by the identity of the file or folder. Parsing a bundle takes longer than a whole login.
_contexts: dict[tuple[t.Any, ...], ssl.SSLContext] = {}
# Contexts without CA certificates, made before ansible forks; each of them becomes the context of one store, in one process.
_blank_contexts: list[ssl.SSLContext] = []


class TrustStore(t.NamedTuple):
    """A file or folder of CA certificates, and who named it: an option, an environment variable, the system, or certifi."""

    path: str
    source: str


def trust_store(ca_path: str | None) -> TrustStore:
    """The CA certificates to trust: the given ones, the environment's, the system's, certifi's. Raises ApiError when they cannot be read."""
    named = {"ca_path": ca_path, **{variable: os.environ.get(variable) for variable in _FILE_VARIABLES}}
    source, path = next(((source, path) for source, path in named.items() if path), ("", None))
    if path:
        if not os.access(path, os.R_OK):
            raise ApiError(f"{source}: {path} does not exist or cannot be read")
        return TrustStore(path, source)
    system = ssl.get_default_verify_paths()
    for source, folder in (("SSL_CERT_DIR", os.environ.get("SSL_CERT_DIR")), ("the system's store", system.openssl_capath)):
        # A folder is searched by hashed names, and so without parsing all the others.
        if folder and os.path.isdir(folder) and _has_hashed_names(folder, source):
            return TrustStore(folder, source)
    file = next((path for path in (system.openssl_cafile, *_SYSTEM_CA_FILES) if os.path.isfile(path)), None)
    return TrustStore(file, "the system's store") if file else TrustStore(DEFAULT_CA_BUNDLE_PATH, "certifi")


def _has_hashed_names(folder: str, source: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".0") for entry in entries)
    except OSError as error:
        if source != "SSL_CERT_DIR":
            # Nobody has named it, and there may be a bundle beside it.
            return False
        raise ApiError(f"{source}: the folder {folder} cannot be read ({error.strerror}); correct its permissions, name another one, or set ca_path") from None


def ssl_context(store: TrustStore) -> ssl.SSLContext | None:
    """The TLS context that trusts this store alone, made once until the store changes; None when the store cannot be read.

    urllib3's own kind of context: a plain one makes urllib3 1.26 refuse every host that is given as an IP address.
    """
    try:
        found = os.stat(store.path)
        key = (store.path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if key not in _contexts:
            context = _blank_contexts.pop() if _blank_contexts else _blank_context()
            if os.path.isdir(store.path):
                context.load_verify_locations(capath=store.path)
            else:
                context.load_verify_locations(cafile=store.path)
            _contexts[key] = context
        return _contexts[key]
    except (OSError, ValueError):
        # requests fails on it in its own way, with its own words.
        return None


def _blank_context() -> ssl.SSLContext:
    return create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)


def preload() -> None:
    """Make the TLS contexts for the stores that this environment names, so that processes forked from this one inherit them, and a blank one.

    Never raises: what is wrong with a store is told by the task that needs it.
    """
    if create_urllib3_context is not None:
        for ca_path in dict.fromkeys([*map(os.environ.get, _OPTION_VARIABLES), None]):
            with contextlib.suppress(ApiError, OSError):
                ssl_context(trust_store(ca_path))
        # For a store that only the task will name.
        _blank_contexts[:] = [_blank_context()]
