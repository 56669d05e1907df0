# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets that must show up nowhere: one for every input that takes one, and one beginning for all that the servers make."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from tests.openbao import AppRole, OpenBao
from tests.simulator import Simulator
from tests.simulator.credentials import COHESITY_PASSWORD, COHESITY_USERS, COMMANDCENTER_PASSWORD, COMMANDCENTER_USERS, QSDK_AUTH_TOKEN

# New for each session, so that nothing left over from an earlier one is found.
MARK = secrets.token_hex(4)
# Every secret that the simulator makes begins like this.
MINTED = f"canary-minted-{MARK}-"
# With all that quoting, escaping and encoding change.
WRONG_PASSWORD = f'canary "wrong" p\\ss\'wörd %41&/+{MARK}'
WRONG_CODE = str(secrets.randbelow(9 * 10**8) + 10**8)
DEAD_TOKEN = f"canary-dead-access-token-{MARK}"
DEAD_REFRESH_TOKEN = f"canary-dead-refresh-token-{MARK}"
DEAD_AUTH_TOKEN = f"QSDK canary-dead-auth-token-{MARK}"
ENVIRONMENT_PASSWORD = f"canary-environment-password-{MARK}"
PROXY_PASSWORD = f"canary-proxy-password-{MARK}"
URL_PASSWORD = f"canary-url-password-{MARK}"
WRONG_VAULT_TOKEN = f"canary-wrong-vault-token-{MARK}"
SECRET_OF_NOBODY = f"canary-secret-of-nobody-{MARK}"


def of_users() -> dict[str, str]:
    """The passwords that work."""
    users = [("Cohesity", user) for user in COHESITY_USERS] + [("Command Center", user) for user in COMMANDCENTER_USERS]
    return {f"{product} password of {user['username']}": user["password"] for product, user in users if user["password"]}


def all_canaries(sim: Simulator, bao: OpenBao, role: AppRole) -> Mapping[str, str]:
    """Every secret, by name."""
    return {
        **of_users(),
        "minted secret": MINTED,
        "wrong password": WRONG_PASSWORD,
        "wrong code": WRONG_CODE,
        "dead access token": DEAD_TOKEN,
        "dead refresh token": DEAD_REFRESH_TOKEN,
        "dead auth_token": DEAD_AUTH_TOKEN,
        "auth_token": QSDK_AUTH_TOKEN,
        "password in the environment": ENVIRONMENT_PASSWORD,
        "proxy password": PROXY_PASSWORD,
        "password in an address": URL_PASSWORD,
        "vault token": bao.token,
        "wrong vault token": WRONG_VAULT_TOKEN,
        "secret_id": role.secret_id,
        "wrong secret_id": SECRET_OF_NOBODY,
        # Any line of the key is as bad as the key.
        **{f"line {number} of the private key": line for number, line in enumerate(sim.client_key.splitlines()) if not line.startswith("-")},
    }


def login_variables(sim: Simulator, bao: OpenBao, role: AppRole, folder: str) -> dict[str, object]:
    """What the playbooks of scenarios.py read."""
    return {
        "sim": {"host": sim.host, "url": sim.url, "ca": sim.ca_path, "refused": sim.refused_url.removeprefix("https://")},
        "certificate": {"certificate": sim.client_cert, "private_key": sim.client_key},
        "password": {
            "cohesity": COHESITY_PASSWORD,
            "cohesity_mfa": of_users()["Cohesity password of mfa"],
            "commandcenter": COMMANDCENTER_PASSWORD,
            "commandcenter_mfa": of_users()["Command Center password of mfa"],
            "umlaut": of_users()["Command Center password of umlaut"],
            "wrong": WRONG_PASSWORD,
        },
        "wrong_code": int(WRONG_CODE),
        "auth_token": QSDK_AUTH_TOKEN,
        "dead": {"token": DEAD_TOKEN, "refresh_token": DEAD_REFRESH_TOKEN, "auth_token": DEAD_AUTH_TOKEN},
        "environment_password": ENVIRONMENT_PASSWORD,
        "url_password": URL_PASSWORD,
        "logins": [
            {"username": user["username"], "password": user["password"], "domain": user["domain"]}
            for user in COHESITY_USERS
            if user["password"] and not user.get("mfa")
        ],
        "wrong_logins": [{"username": name, "password": WRONG_PASSWORD, "domain": "LOCAL"} for name in ("anna", "berta")],
        "vault": {"url": bao.url, "token": bao.token, "role_id": role.role_id, "secret_id": role.secret_id},
        "wrong_vault": {"token": WRONG_VAULT_TOKEN, "secret_id": SECRET_OF_NOBODY},
        "stores": folder,
    }
