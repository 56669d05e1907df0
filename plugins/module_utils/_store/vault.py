# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import contextlib
import ipaddress
import time
import typing as t
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from .._errors import ApiError
from .._http.addresses import check_url
from .._http.client import USER_AGENT
from .._http.connection import Connection, DeadlineExceeded
from .._http.messages import root_cause
from .._redact import Redactor
from .claims import Conflict
from .format import StoreError

try:
    import requests
except ImportError:
    # Who opens a store looks at REQUESTS_IMPORT_ERROR before.
    pass

_ATTEMPTS = 4


class VaultStorage:
    """One record in one path of a KV version 2 engine of HashiCorp Vault or OpenBao, written with check-and-set.

    There is no lock: a claim whose owner died is told from a living one by its age.
    """

    holds_lock = False

    def __init__(self, options: Mapping[str, t.Any], timeout: float, warn: Callable[[str], None]) -> None:
        self._hvac = _import_hvac()
        self._options = options
        self._url = _vault_url(options["url"])
        self._mount = (options["mount"] or "secret").strip("/")
        self._path = (options["path"] or "").strip("/")
        self.where = f"The store {self._url}, path {self._mount}/{self._path}"
        if not self._path:
            raise StoreError("store.vault.path is required: the path of the record below its mount")
        if not options["token"] and not (options["role_id"] and options["secret_id"]):
            raise StoreError("store.vault needs a token (or VAULT_TOKEN), or role_id and secret_id")
        self._timeout = timeout
        self._warn = warn
        self._redactor = Redactor([options["token"], options["secret_id"]])
        self._connection = Connection(
            self._url, validate_certs=options["validate_certs"], ca_path=options["ca_path"], use_proxy=True, headers={"User-Agent": USER_AGENT}
        )
        self._redactor.add(*self._connection.proxy_passwords())
        self._token = options["token"] or ""
        self._logged_in = False
        self._version = 0

    def __enter__(self) -> VaultStorage:
        if not self._options["token"]:
            answer = self._call("log in", lambda client: client.auth.approle.login(self._options["role_id"], self._options["secret_id"], use_token=False))
            self._token = answer["auth"]["client_token"]
            self._redactor.add(self._token)
            self._logged_in = True
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            if self._logged_in:
                self._call("log out", lambda client: client.auth.token.revoke_self())
        except StoreError as error:
            self._warn(f"The login of this task was not ended: {error.message}")
        finally:
            self._connection.close()

    def read(self) -> dict[str, t.Any] | None:
        """The document at the path, or None where there is none."""
        try:
            answer = self._retried(
                "read", lambda client: client.secrets.kv.v2.read_secret_version(self._path, mount_point=self._mount, raise_on_deleted_version=False)
            )
        except _NotThere:
            self._version = 0
            return None
        try:
            self._version = int(answer["data"]["metadata"]["version"])
            document = answer["data"]["data"]
        except (KeyError, TypeError, ValueError):
            raise StoreError(f"{self.where}: {self._mount} is not a key-value engine of version 2") from None
        # An empty document is what remove() leaves.
        return document if isinstance(document, dict) and document else None

    def write(self, document: Mapping[str, t.Any]) -> None:
        """Write the next version, if nobody else has; raises Conflict, or StoreError."""
        expected = self._version

        def put(client: t.Any) -> t.Any:
            return client.secrets.kv.v2.create_or_update_secret(self._path, dict(document), cas=expected, mount_point=self._mount)

        doubted = False
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._call("write", put)
                if isinstance(answer, dict):
                    self._version = int(answer["data"]["version"])
                    return
                # An engine of version 1 takes a write to any path, and answers with nothing.
                raise _NotThere("")
            except _NotThere:
                raise StoreError(f"{self.where}: there is no key-value engine of version 2 at {self._mount}") from None
            except (_Refused, _Unclear) as error:
                if isinstance(error, _Refused) and "check-and-set" in error.message:
                    # It may have been our own write, whose answer was lost, that made this one too late.
                    if doubted and self._holds(document, expected + 1):
                        return
                    raise Conflict(f"{self.where} was written by another run", maybe_applied=doubted) from None
                doubted = doubted or error.maybe_applied
                error.maybe_applied = doubted
                if isinstance(error, _Refused) or attempt == _ATTEMPTS:
                    raise
                time.sleep(0.25 * 2**attempt)

    def reserve(self) -> None:
        """The server has room or has not: there is nothing to set aside."""

    def remove(self) -> None:
        """Write an empty document, which is no record. Raises Conflict.

        A deletion of the latest version knows no check-and-set: carried out late, it would take the record that another run has written
        since. The empty version alone is deleted, by its number, where the policy allows that.
        """
        self.write({})
        version = self._version
        with contextlib.suppress(StoreError):
            self._call("delete", lambda client: client.secrets.kv.v2.delete_secret_versions(self._path, [version], mount_point=self._mount))

    def claim_is_dead(self, pending: Mapping[str, t.Any], now: float) -> bool:
        """Whether the owner of a claim has had its time, by the product's clock."""
        return bool(now - pending["since"] > pending["lease"])

    def _holds(self, document: Mapping[str, t.Any], version: int) -> bool:
        """Whether the latest version is this one, with this document: then the next write follows it."""
        expected = self._version
        try:
            if (self.read() or {}) == dict(document) and self._version == version:
                return True
        except StoreError as error:
            error.maybe_applied = True
            raise
        self._version = expected
        return False

    def _retried(self, what: str, work: Callable[[t.Any], t.Any]) -> t.Any:
        """For calls that may be sent twice."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._call(what, work)
            except _Unclear as error:
                if attempt == _ATTEMPTS:
                    raise
                self._warn(f"{error.message}; attempt {attempt + 1} of {_ATTEMPTS} follows")
                time.sleep(0.25 * 2**attempt)
        raise AssertionError("unreachable")

    def _call(self, what: str, work: Callable[[t.Any], t.Any]) -> t.Any:
        """One call through hvac; its errors as StoreError, with what to do about those that users meet."""

        def exchange(session: requests.Session) -> t.Any:
            # hvac looks for a token of its own (VAULT_TOKEN, ~/.vault-token) when it is given None.
            client = self._hvac.Client(
                url=self._url,
                token=self._token,
                namespace=self._options["namespace"],
                session=session,
                verify=session.verify,
                timeout=self._timeout,
                allow_redirects=False,
            )
            return work(client)

        vault_errors = self._hvac.exceptions
        try:
            answer = self._connection.run_until(exchange, time.monotonic() + self._timeout)
        except DeadlineExceeded:
            raise _Unclear(f"{self.where}: {what}: no complete answer within {self._timeout:g} s", maybe_applied=self._connection.sent) from None
        except (requests.exceptions.RequestException, OSError) as problem:
            words = self._redactor.redact(root_cause(problem))
            raise _Unclear(f"{self.where}: {what}: {words}{_hint(problem, words)}", maybe_applied=self._connection.sent) from None
        except vault_errors.InvalidPath:
            raise _NotThere(f"{self.where}: {what}: there is nothing") from None
        except (vault_errors.VaultDown, vault_errors.BadGateway, vault_errors.InternalServerError, vault_errors.RateLimitExceeded) as error:
            sealed = "sealed" in str(error.args[0]).lower()
            hint = "; it is sealed: unseal it first" if sealed else ""
            raise _Unclear(f"{self.where}: {what}: {self._words(error)}{hint}", maybe_applied=not sealed) from None
        except (vault_errors.Forbidden, vault_errors.Unauthorized) as error:
            policy = f"a policy with create, read and update on {self._mount}/data/{self._path}"
            raise _Refused(f"{self.where}: {what}: {self._words(error)}; the token must be valid and have {policy}") from None
        except vault_errors.VaultError as error:
            raise _Refused(f"{self.where}: {what}: {self._words(error)}") from None
        if isinstance(answer, requests.Response) and 300 <= answer.status_code < 400:
            raise _Refused(f"{self.where}: {what}: HTTP {answer.status_code}, a redirect, which was refused: give the address of the active node in url")
        return answer

    def _words(self, error: Exception) -> str:
        return self._redactor.redact(" ".join(str(error.args[0] or type(error).__name__).split())[:500])


class _Refused(StoreError):
    """The server said no."""


class _Unclear(StoreError):
    """No answer that tells whether the call was carried out."""


class _NotThere(StoreError):
    """Nothing stands at the path."""


def _hint(problem: Exception, words: str) -> str:
    """What to do about a connection that does not come about."""
    if "verify failed" in words:
        return "; give the CA that signed it in store.vault.ca_path"
    if isinstance(problem, requests.exceptions.ConnectionError) and not isinstance(problem, requests.exceptions.ProxyError):
        return "; is the address in store.vault.url right, and is the server up?"
    return ""


def _import_hvac() -> t.Any:
    """hvac, imported only by those who use it: not everybody has it, and that takes half as long as a whole token task without it."""
    try:
        import hvac
        import hvac.exceptions
    except ImportError:
        raise StoreError("store.vault needs the Python library hvac where the module runs; install it with: python3 -m pip install hvac") from None
    return hvac


def _vault_url(url: str | None) -> str:
    if not url:
        raise StoreError("store.vault.url is required (or VAULT_ADDR)")
    try:
        checked = check_url(url if "://" in url else f"https://{url}", "store.vault.url", allow_http=True)
    except ApiError as error:
        raise StoreError(error.message) from None
    parts = urlsplit(checked)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise StoreError(f"store.vault.url: {checked} would send secrets unencrypted; use https")
    return checked


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
