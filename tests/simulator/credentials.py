# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users both products know. Obvious test values; none is a real secret."""

from __future__ import annotations

from typing import Any

COHESITY_USERNAME = "backup"
COHESITY_PASSWORD = "canary-cohesity-password"
COHESITY_DOMAIN = "LOCAL"
TOTP_CODE = "246810"
EMAIL_CODE = "135791"

# The certificate user has no password: it logs in with the pair that the simulator issues at start. `admin` may act for other users.
COHESITY_USERS: list[dict[str, Any]] = [
    {"username": COHESITY_USERNAME, "password": COHESITY_PASSWORD, "domain": "LOCAL", "admin": True},
    {"username": "ad-backup", "password": "canary-cohesity-ad-password", "domain": "CORP"},
    {"username": "mfa", "password": "canary-cohesity-mfa-password", "domain": "LOCAL", "mfa": True},
    {"username": "viewer", "password": "canary-cohesity-viewer-password", "domain": "LOCAL", "privileges": []},
    {"username": "certificate", "password": None, "domain": "LOCAL"},
]

COHESITY_TENANTS: list[dict[str, Any]] = [
    {"tenantId": "finance/", "name": "Finance", "deleted": False},
    {"tenantId": "research/", "name": "Research", "deleted": False},
]
# What Helios manages, when the simulator plays it.
HELIOS_CLUSTERS: list[dict[str, Any]] = [
    {"name": "cluster-one", "clusterId": 1001, "connectedToCluster": True, "softwareVersion": "7.1.2_u1_release"},
    {"name": "cluster-two", "clusterId": 1002, "connectedToCluster": True, "softwareVersion": "7.2.1_release"},
    {"name": "cluster-three", "clusterId": 1003, "connectedToCluster": False, "softwareVersion": "6.8.2_release"},
]

COMMANDCENTER_USERNAME = "svc-ansible"
COMMANDCENTER_PASSWORD = "canary-commandcenter-password"
COMMANDCENTER_USER_ID = 7
SERVICE_ACCOUNT_ID = 42
# Appended to the password of a user with multi-factor authentication.
PIN = "975310"

# `admin` may act for other users; a service account has no password and cannot log in.
COMMANDCENTER_USERS: list[dict[str, Any]] = [
    {"id": 7, "username": COMMANDCENTER_USERNAME, "password": COMMANDCENTER_PASSWORD, "admin": True},
    {"id": 8, "username": "operator", "password": "canary-commandcenter-operator-password"},
    {"id": 9, "username": "mfa", "password": "canary-commandcenter-mfa-password", "pin": PIN},
    {"id": 10, "username": "umlaut", "password": "canary-£-pässwörd"},
    {"id": 11, "username": "svc-domain", "password": "canary-commandcenter-domain-password", "domain": "CORP"},
    {"id": SERVICE_ACCOUNT_ID, "username": "exporter", "password": None},
]

# Tokens of COMMANDCENTER_USERNAME that exist from the start, as another sign-on would have issued them.
QSDK_AUTH_TOKEN = "QSDK canary-commandcenter-qsdk-auth-token"
SAML_AUTH_TOKEN = "SAML canary-commandcenter-saml-auth-token"


def summary() -> dict[str, Any]:
    """The credentials as the ready file shows them."""
    return {
        "cohesity": {
            "username": COHESITY_USERNAME,
            "password": COHESITY_PASSWORD,
            "domain": COHESITY_DOMAIN,
            "totp_code": TOTP_CODE,
            "email_code": EMAIL_CODE,
            "users": COHESITY_USERS,
        },
        "commandcenter": {
            "username": COMMANDCENTER_USERNAME,
            "password": COMMANDCENTER_PASSWORD,
            "user_id": COMMANDCENTER_USER_ID,
            "service_account_id": SERVICE_ACCOUNT_ID,
            "pin": PIN,
            "auth_token": QSDK_AUTH_TOKEN,
            "saml_auth_token": SAML_AUTH_TOKEN,
            "users": COMMANDCENTER_USERS,
        },
    }
