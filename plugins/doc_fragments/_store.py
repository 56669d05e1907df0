# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option store."""

from __future__ import annotations


class ModuleDocFragment:
    # STORE_SPEC in module_utils/_options.py.
    DOCUMENTATION = r"""
options:
  store:
    description:
      - Where the token and its secret are kept between runs.
      - Exactly one of O(store.file) and O(store.vault) is required. Use a separate file or path for each token.
      - A store that holds the record of another credential, or something else, is left as it is, and the task fails.
    type: dict
    suboptions:
      file:
        description:
          - The path of a JSON file on the machine where the module runs, which is the controller unless the task says otherwise.
          - The folder must exist. It should have mode C(0700) and must not be writable by everybody, unless it is sticky, as C(/tmp) is.
          - The file is written with mode C(0600), and as a whole or not at all. A file that is a symbolic link, belongs to another user or is open to
            others is refused.
          - The file C(PATH.lock) beside it keeps runs from working on the same token at the same time, and stays there. Do not delete it. Locks may not reach
            other hosts through NFS and similar file systems; use a vault for runs on several hosts.
        type: path
      vault:
        description:
          - A path in HashiCorp Vault or OpenBao, in a key-value engine of version 2. This needs the Python library C(hvac).
          - O(timeout), O(retries) and O(use_proxy) also apply to this server. C(http) never goes through a proxy.
          - The record is written with check-and-set. The token needs a policy with C(create), C(read) and C(update) on C(MOUNT/data/PATH). With C(update) on
            C(MOUNT/delete/PATH) as well, removing a record leaves nothing behind; otherwise it leaves an empty document.
        type: dict
        suboptions:
          url:
            description:
              - The address of the server. C(http) is only allowed for the machine itself.
              - If not set, the environment variable E(VAULT_ADDR) or E(BAO_ADDR) is used.
            type: str
          mount:
            description:
              - Where the key-value engine is mounted.
            type: str
            default: secret
          path:
            description:
              - The path of the record below O(store.vault.mount).
            type: str
            required: true
          token:
            description:
              - The token to authenticate with. Required unless O(store.vault.role_id) and O(store.vault.secret_id) are given.
              - If not set, the environment variable E(VAULT_TOKEN) or E(BAO_TOKEN) is used.
            type: str
          role_id:
            description:
              - The role to log in with, for the authentication method AppRole at its default path. Ignored when there is a O(store.vault.token).
              - If not set, the environment variable E(VAULT_ROLE_ID) is used.
            type: str
          secret_id:
            description:
              - The secret of O(store.vault.role_id).
              - If not set, the environment variable E(VAULT_SECRET_ID) is used.
            type: str
          namespace:
            description:
              - The namespace.
              - If not set, the environment variable E(VAULT_NAMESPACE) or E(BAO_NAMESPACE) is used.
            type: str
          validate_certs:
            description:
              - Whether to verify the certificate of the server.
            type: bool
            default: true
          ca_path:
            description:
              - A file or folder with the certificates of the certificate authorities to trust for this server.
              - If not set, the environment variable E(VAULT_CACERT) or E(BAO_CACERT) is used; then the same as for O(ca_path).
            type: path
      lock_timeout:
        description:
          - How many seconds to wait for another run that works on the same token. If it ends in time, its result is used.
          - Reading does not wait. A run that has nothing to change is not held up by another one.
        type: int
        default: 60
requirements:
  - hvac (for O(store.vault))
"""
