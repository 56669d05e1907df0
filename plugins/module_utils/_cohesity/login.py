# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who logs in to a Cohesity cluster and with what: checks of the options, the bodies of the login requests, the account."""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from .._errors import ApiError

Body = dict[str, t.Any]


@dataclass(frozen=True)
class Account:
    """Whose credential it is. One of another cluster, user, domain or certificate is never used in its place."""

    cluster: str
    username: str | None
    domain: str
    certificate_sha256: str | None = None

    def identity(self) -> dict[str, t.Any]:
        """The account as part of a result or of a stored record."""
        return asdict(self)

    def difference(self, values: Mapping[str, t.Any]) -> str | None:
        """What in these values names another account, as "cluster 'a', not 'b'"; None when they name this one."""
        for key, ours in self.identity().items():
            if values.get(key) != ours:
                return f"{key} {values.get(key)!r}, not {ours!r}"
        return None


def account_of(values: Mapping[str, t.Any]) -> Account | None:
    """The account in a dict that a user hands back or a store holds; None when a part of it is missing or damaged."""
    cluster, username, domain, fingerprint = (values.get(key) for key in ("cluster", "username", "domain", "certificate_sha256"))
    if not isinstance(cluster, str) or not isinstance(domain, str):
        return None
    if not all(value is None or isinstance(value, str) for value in (username, fingerprint)):
        return None
    return Account(cluster, username, domain, fingerprint)


@dataclass(frozen=True)
class Login:
    """A user name and a password, or a certificate and its key, with what else a login request may carry.

    otp_type: "totp" or "email". Values that are missing or empty count as not given.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    domain: str = "LOCAL"
    certificate: str | None = None
    private_key: str | None = field(default=None, repr=False)
    otp_code: str | None = field(default=None, repr=False)
    otp_type: str = "totp"
    skip_force_password_change: bool = False

    @property
    def is_given(self) -> bool:
        """Whether there is something to log in with."""
        return bool(self.certificate or (self.username and self.password))

    @property
    def is_repeatable(self) -> bool:
        """Whether the same login can work a second time: a one-time password cannot."""
        return self.is_given and not self.otp_code

    @property
    def secrets(self) -> tuple[str | None, ...]:
        """What no message may show, also as a cluster, or what is in front of it, may put it together for basic authentication."""
        basic = (f"{who}:{self.password}" for who in (self.username, f"{self.domain}\\{self.username}", f"{self.username}@{self.domain}"))
        return (self.password, self.private_key, self.otp_code, *(basic if self.password else ()))

    def account(self, cluster: str) -> Account:
        """The account on this cluster (host and port)."""
        fingerprint = hashlib.sha256(self.certificate.strip().encode("utf-8", "surrogatepass")).hexdigest() if self.certificate else None
        return Account(cluster, self.username or None, self.domain, fingerprint)

    def check(self) -> None:
        """Raise ApiError unless there is something to log in with, in a form that a cluster can read."""
        if bool(self.certificate) != bool(self.private_key):
            missing = "private_key" if self.certificate else "certificate"
            raise ApiError(f"certificate and private_key belong together: give both or none ({missing} is missing or empty)")
        if self.certificate:
            _check_pem("certificate", self.certificate, "CERTIFICATE-----")
            _check_pem("private_key", self.private_key or "", "PRIVATE KEY-----")
            return
        missing_options = [name for name in ("username", "password") if not getattr(self, name)]
        if missing_options:
            options = " and ".join(f"{name} (or COHESITY_{name.upper()})" for name in missing_options)
            raise ApiError(
                "a login needs username and password, or certificate and private_key: "
                f"{options} {'is' if len(missing_options) == 1 else 'are'} missing or empty"
            )

    def token_body(self, api_version: str) -> Body:
        """The body of a request for an access token, for API v1 or v2."""
        body = self._body()
        if self.otp_code:
            # v1 has flat, capitalised values; v2 nests them and writes them in lower case (both seen in the vendor's SDKs).
            if api_version == "v1":
                body.update(otpCode=self.otp_code, otpType=self.otp_type.capitalize())
            else:
                body["mfaParams"] = {"otpCode": self.otp_code, "otpType": self.otp_type}
        return body

    def session_body(self) -> Body:
        """The body of a request for a session, which has the one-time password flat and in lower case (vendor's SDK)."""
        body = self._body()
        if self.otp_code:
            body.update(otpCode=self.otp_code, otpType=self.otp_type)
        return body

    def _body(self) -> Body:
        if self.certificate:
            body: Body = {"certificate": self.certificate, "privateKey": self.private_key}
        else:
            body = {"username": self.username, "password": self.password, "domain": self.domain}
        if self.skip_force_password_change:
            body["skipForcePasswordChange"] = True
        return body

    def __str__(self) -> str:
        """Who logs in, as a part of a sentence."""
        return f"the certificate in domain {self.domain}" if self.certificate else f"user {self.username!r} in domain {self.domain!r}"


def _check_pem(option: str, text: str, label: str) -> None:
    """Raise ApiError when the text holds no PEM block with this label. The text is not repeated: it may be the key."""
    if "-----BEGIN " not in text or label not in text:
        raise ApiError(
            f"{option}: this is not PEM text (-----BEGIN … {label}), so it was not sent. If it is a path, read the file: "
            f"{option}: \"{{{{ lookup('ansible.builtin.file', '/path/to/file.pem') }}}}\""
        )
