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

# What cohesity_access_token returns, so that it can be passed in again as it is. The whole dict is not no_log: its user name and address are no
# secrets, and would be masked wherever they stand.
COHESITY_TOKEN_SPEC: dict[str, t.Any] = {
    "access_token": {"type": "str", "no_log": True},
    "token_type": {"type": "str", "no_log": False},
    "headers": {"type": "dict", "no_log": True},
    "expires_at": {"type": "str"},
    # Ignored, so of any type: ansible-core breaks where it cannot make an integer of a value.
    "expires_in": {"type": "raw"},
    "expires_source": {"type": "str"},
    "cluster": {"type": "str"},
    "username": {"type": "str"},
    "domain": {"type": "str"},
    "certificate_sha256": {"type": "str"},
    "api_version": {"type": "str"},
    "privileges": {"type": "list", "elements": "str"},
}

# What cohesity_session returns, so that it can be passed in again as it is.
COHESITY_SESSION_SPEC: dict[str, t.Any] = {
    "session_id": {"type": "str", "no_log": True},
    "headers": {"type": "dict", "no_log": True},
    "cluster": {"type": "str"},
    "username": {"type": "str"},
    "domain": {"type": "str"},
    "certificate_sha256": {"type": "str"},
    "created_at": {"type": "str"},
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

# What commandcenter_access_token returns.
COMMANDCENTER_TOKEN_SPEC: dict[str, t.Any] = {
    "access_token": {"type": "str", "no_log": True},
    "refresh_token": {"type": "str", "no_log": True},
    "token_type": {"type": "str", "no_log": False},
    "headers": {"type": "dict", "no_log": True},
    "auth_header": {"type": "str"},
    "server": {"type": "str"},
    "id": {"type": "int"},
    "name": {"type": "str"},
    "scope": {"type": "str"},
    "user_id": {"type": "int"},
    "api_endpoints": {"type": "list", "elements": "str"},
    "allowed_ips": {"type": "list", "elements": "str"},
    "expires_at": {"type": "str"},
    # Ignored, so of any type: ansible-core breaks where it cannot make an integer of a value.
    "expires_in": {"type": "raw"},
    "created_at": {"type": "str"},
    "last_used_at": {"type": "str"},
    "renewable_until": {"type": "str"},
    "refresh_expires_at": {"type": "str"},
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

# One call of an API, whichever product's: the values of _rest.message.read_message, and the statuses that are accepted.
REST_MESSAGE_SPEC: dict[str, t.Any] = {
    "method": {"type": "str", "choices": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "default": "GET"},
    "path": {"type": "str", "required": True},
    "query": {"type": "dict"},
    "headers": {"type": "dict"},
    "body": {"type": "raw"},
    "body_format": {"type": "str", "choices": ["json", "form", "xml", "raw"], "default": "json"},
}

# The values of _rest.paging.Wishes, and whether there are any.
REST_PAGING_SPEC: dict[str, t.Any] = {
    "paging": {"type": "str", "choices": ["none", "all"], "default": "none"},
    "page_size": {"type": "int"},
    "objects_key": {"type": "str", "no_log": False},
    "max_items": {"type": "int", "default": 10000},
}

# The rest of _rest.call.read_call.
REST_CALL_SPEC: dict[str, t.Any] = {
    "status_code": {"type": "list", "elements": "int", "default": []},
    "body_strategy": {"type": "str", "choices": ["send", "compare", "merge"], "default": "send"},
    "dest": {"type": "path"},
}


def rest_spec(*paging_styles: str) -> dict[str, t.Any]:
    """The argument spec of one call. paging_styles: those of the product."""
    return {
        **REST_MESSAGE_SPEC,
        **REST_PAGING_SPEC,
        "paging_style": {"type": "str", "choices": ["auto", *paging_styles], "default": "auto"},
        **REST_CALL_SPEC,
    }
