# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who logs in to the cluster: passwords, one-time passwords, certificates, lockout."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from . import credentials
from .answers import Answer, Call
from .clock import Clock
from .cohesity_refusal import MANDATORY, RefusedError, fields_of
from .cohesity_users import find_user
from .lockout import Lockout
from .switches import Switches

BAD_LOGIN = "Invalid Username or Password specified."


class CohesityLogin:
    def __init__(self, clock: Clock, switches: Switches, client_cert: str) -> None:
        self.clock, self.switches = clock, switches
        self.client_cert = x509.load_pem_x509_certificate(client_cert.encode())
        self.lockout = Lockout()
        self.reset()

    def reset(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.lockout.reset()

    def check(self, body: dict[str, Any], otp: tuple[str, str] | None) -> dict[str, Any]:
        if body.get("certificate") or body.get("privateKey"):
            return self._certificate_login(body)
        username, password = body.get("username"), body.get("password")
        if not username or not password:
            raise RefusedError(MANDATORY)
        if not isinstance(username, str) or not isinstance(password, str):
            raise RefusedError("Username and password must be strings.")
        domain = str(body.get("domain") or "LOCAL").upper()
        account = (domain, username.lower())
        now = self.clock.now()
        if self.lockout.remaining(account, now):
            raise RefusedError("The account is locked because of too many failed logins.")
        user = find_user(username, domain)
        if user is None or user["password"] != password:
            self._failed(account, now)
            raise RefusedError(BAD_LOGIN)
        if user.get("mfa"):
            self._check_otp(account, now, otp)
        self.lockout.succeeded(account)
        if self.switches["cohesity_force_password_change"] and body.get("skipForcePasswordChange") is not True:
            raise RefusedError("The password has expired and must be changed.")
        return user

    def _failed(self, account: tuple[str, str], now: float) -> None:
        # Only local users lock here; a directory has rules of its own.
        if account[0] == "LOCAL":
            switches = self.switches
            self.lockout.failed(account, now, switches["cohesity_lockout_attempts"], switches["cohesity_lockout_seconds"])

    def _check_otp(self, account: tuple[str, str], now: float, otp: tuple[str, str] | None) -> None:
        if otp is None:
            raise RefusedError(MANDATORY)
        code, kind = otp
        wanted = credentials.EMAIL_CODE if kind == "email" else credentials.TOTP_CODE
        if code != wanted:
            self._failed(account, now)
            raise RefusedError("Invalid email OTP code." if kind == "email" else "Invalid TOTP code.")

    def _certificate_login(self, body: dict[str, Any]) -> dict[str, Any]:
        if not body.get("certificate") or not body.get("privateKey"):
            raise RefusedError(MANDATORY)
        try:
            certificate = x509.load_pem_x509_certificate(body["certificate"].encode())
            key = load_pem_private_key(body["privateKey"].encode(), password=None)
        except (ValueError, TypeError, AttributeError) as error:
            raise RefusedError("Invalid certificate or private key specified.") from error
        if key.public_key() != certificate.public_key() or certificate != self.client_cert:
            raise RefusedError("Invalid certificate or private key specified.")
        user = find_user("certificate", "LOCAL")
        assert user is not None
        if body.get("username") not in (None, "", user["username"]):
            raise RefusedError(BAD_LOGIN)
        return user

    def mail_otp(self, call: Call) -> Answer:
        user = self.check(fields_of(call), (credentials.EMAIL_CODE, "email"))
        self.mails.append({"username": user["username"], "code": credentials.EMAIL_CODE, "at": self.clock.now()})
        return Answer(204)


def otp_v1(body: dict[str, Any]) -> tuple[str, str] | None:
    """v1: flat, types capitalised."""
    return otp_of(body, ("Totp", "Email"))


def otp_v2(body: dict[str, Any]) -> tuple[str, str] | None:
    """v2: nested in mfaParams, types in lower case. Flat fields are not looked at."""
    return otp_of(body.get("mfaParams"), ("totp", "email", "salesforce"))


def otp_of(holder: Any, kinds: tuple[str, ...]) -> tuple[str, str] | None:
    if not isinstance(holder, dict) or not holder.get("otpCode"):
        return None
    kind = holder.get("otpType") or kinds[0]
    if kind not in kinds:
        raise RefusedError(f"otpType must be one of {', '.join(kinds)}.")
    return str(holder["otpCode"]), kind.lower()
