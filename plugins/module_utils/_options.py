# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs that several modules share: one for each documentation fragment, under the same name."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Iterable, Mapping

from ansible.module_utils.basic import AnsibleFallbackNotFound


def environment(*variables: str) -> str:
    """The fallback of an option: the first of these environment variables that is not empty. AWX injects fields that were left empty."""
    value = next((os.environ[variable] for variable in variables if os.environ.get(variable)), None)
    if value is None:
        raise AnsibleFallbackNotFound
    return value


def pick(params: Mapping[str, t.Any], spec: Iterable[str]) -> dict[str, t.Any]:
    """The validated options that a spec names, ready to be passed on by their names."""
    return {name: params[name] for name in spec}


def transport_spec(environment_prefix: str) -> dict[str, t.Any]:
    """The argument spec of the options that every module has; the prefix names their environment variables."""
    return {
        "validate_certs": {"type": "bool", "default": True, "fallback": (environment, [f"{environment_prefix}_VALIDATE_CERTS"])},
        "ca_path": {"type": "path", "fallback": (environment, [f"{environment_prefix}_CA_PATH"])},
        "timeout": {"type": "float", "default": 30},
        "retries": {"type": "int", "default": 3},
        "use_proxy": {"type": "bool", "default": True},
    }


TRANSPORT_OPTIONS = tuple(transport_spec(""))


# What a login is made of: the values of _cohesity.login.Login.
COHESITY_LOGIN_SPEC: dict[str, t.Any] = {
    "username": {"type": "str", "aliases": ["cohesity_admin"], "fallback": (environment, ["COHESITY_USERNAME"])},
    "password": {"type": "str", "no_log": True, "aliases": ["cohesity_password"], "fallback": (environment, ["COHESITY_PASSWORD"])},
    "domain": {"type": "str", "default": "LOCAL", "fallback": (environment, ["COHESITY_DOMAIN"])},
    "certificate": {"type": "str"},
    "private_key": {"type": "str", "no_log": True},
    "otp_code": {"type": "str", "no_log": True, "fallback": (environment, ["COHESITY_OTP_CODE"])},
    "otp_type": {"type": "str", "choices": ["totp", "email"], "default": "totp"},
    "skip_force_password_change": {"type": "bool", "default": False, "no_log": False},
}

COHESITY_SPEC: dict[str, t.Any] = {
    # Not required here, so that the message for a missing one can name the environment variable.
    "cluster": {"type": "str", "aliases": ["cohesity_server"], "fallback": (environment, ["COHESITY_CLUSTER"])},
    **COHESITY_LOGIN_SPEC,
    "api_key": {"type": "str", "no_log": True, "fallback": (environment, ["COHESITY_API_KEY"])},
    "api_version": {"type": "str", "choices": ["v1", "v2"], "default": "v2"},
    "tenant": {"type": "str"},
    "access_cluster": {"type": "str"},
    **transport_spec("COHESITY"),
}

COMMANDCENTER_SPEC: dict[str, t.Any] = {
    "url": {"type": "str", "required": True, "aliases": ["webserver_hostname"], "fallback": (environment, ["COMMANDCENTER_URL"])},
    "username": {"type": "str", "aliases": ["commcell_username"], "fallback": (environment, ["COMMANDCENTER_USERNAME"])},
    "password": {"type": "str", "no_log": True, "aliases": ["commcell_password"], "fallback": (environment, ["COMMANDCENTER_PASSWORD"])},
    "domain": {"type": "str", "fallback": (environment, ["COMMANDCENTER_DOMAIN"])},
    "otp_code": {"type": "str", "no_log": True, "fallback": (environment, ["COMMANDCENTER_OTP_CODE"])},
    "auth_token": {"type": "str", "no_log": True, "fallback": (environment, ["COMMANDCENTER_AUTH_TOKEN"])},
    "auth_header": {
        "type": "str",
        "choices": ["auto", "bearer", "authtoken", "authtoken_bearer"],
        "default": "auto",
        "fallback": (environment, ["COMMANDCENTER_AUTH_HEADER"]),
    },
    "allow_http": {"type": "bool", "default": False},
    **transport_spec("COMMANDCENTER"),
}

STORE_SPEC: dict[str, t.Any] = {
    "store": {
        "type": "dict",
        "options": {
            "file": {"type": "path"},
            "vault": {
                "type": "dict",
                "options": {
                    "url": {"type": "str", "fallback": (environment, ["VAULT_ADDR", "BAO_ADDR"])},
                    "mount": {"type": "str", "default": "secret"},
                    "path": {"type": "str", "required": True},
                    "token": {"type": "str", "no_log": True, "fallback": (environment, ["VAULT_TOKEN", "BAO_TOKEN"])},
                    "role_id": {"type": "str", "fallback": (environment, ["VAULT_ROLE_ID"])},
                    "secret_id": {"type": "str", "no_log": True, "fallback": (environment, ["VAULT_SECRET_ID"])},
                    "namespace": {"type": "str", "fallback": (environment, ["VAULT_NAMESPACE", "BAO_NAMESPACE"])},
                    "validate_certs": {"type": "bool", "default": True},
                    "ca_path": {"type": "path", "fallback": (environment, ["VAULT_CACERT", "BAO_CACERT"])},
                },
            },
            "lock_timeout": {"type": "int", "default": 60},
        },
        "mutually_exclusive": [["file", "vault"]],
        "required_one_of": [["file", "vault"]],
    },
}
