# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the dataprotection.access collection: it may change without notice.

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._file_store import FileStorage
from ansible_collections.dataprotection.access.plugins.module_utils._http import environment
from ansible_collections.dataprotection.access.plugins.module_utils._vault_store import VaultStorage

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


def open_store(params: Mapping[str, t.Any], check_mode: bool, warn: Callable[[str], None]) -> FileStorage | VaultStorage:
    """The store that the options name, to be used as a context manager."""
    store = params["store"]
    if store["lock_timeout"] < 0:
        raise ApiError("store.lock_timeout must not be negative")
    if store["file"]:
        return FileStorage(store["file"], store["lock_timeout"], check_mode, warn)
    return VaultStorage(store["vault"], params["timeout"], warn)
