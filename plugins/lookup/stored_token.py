# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup stored_token: a token out of a store, for readers that neither renew nor write."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stored_token
short_description: Read a token from its store
version_added: 1.0.0
author:
  - The dataprotection.access authors (!UNKNOWN)
description:
  - Returns the token or API key that P(dataprotection.access.commandcenter_access_token#module), P(dataprotection.access.cohesity_access_token#module)
    or P(dataprotection.access.cohesity_api_key#module) keeps in a file or in a vault, as the dict that the module returned, with C(headers) ready for a
    REST call.
  - It only reads. It takes no lock, writes nothing, and sends no request to Cohesity or Command Center, so any number of readers may work beside the
    one playbook that keeps the token valid. They need no login of the product, and in a vault only the right to read one path.
  - A token is returned as long as it is valid, also while a run is at work on it.
  - It runs on the controller, as all lookups do, and a validity is measured by the clock of the controller.
options:
  _terms:
    description:
      - There are none. The store is named by O(file) or O(vault).
  file:
    description:
      - The path of the store's file on the controller. Exactly one of O(file) and O(vault) is required.
      - A file that is a symbolic link, belongs to another user than the one who runs the playbook, or is open to others is refused.
    type: path
  vault:
    description:
      - The path of the record in HashiCorp Vault or OpenBao. This needs the Python library C(hvac).
      - The token needs a policy with C(read) on C(MOUNT/data/PATH).
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
          - The path of the record below O(vault.mount).
        type: str
        required: true
      token:
        description:
          - The token to authenticate with. Required unless O(vault.role_id) and O(vault.secret_id) are given.
          - If not set, the environment variable E(VAULT_TOKEN) or E(BAO_TOKEN) is used.
        type: str
      role_id:
        description:
          - The role to log in with, for the authentication method AppRole at its default path. Ignored when there is a O(vault.token).
          - If not set, the environment variable E(VAULT_ROLE_ID) is used.
        type: str
      secret_id:
        description:
          - The secret of O(vault.role_id).
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
          - If not set, the environment variable E(VAULT_CACERT) or E(BAO_CACERT) is used; then E(REQUESTS_CA_BUNDLE), E(SSL_CERT_FILE) and
            E(SSL_CERT_DIR); then the system's own trust store.
        type: path
  min_validity:
    description:
      - How much validity the token must have left. A duration such as V(5m), or a number of seconds. Otherwise the lookup fails.
    type: str
    default: 0s
  timeout:
    description:
      - The time limit in seconds for one exchange with the vault.
    type: float
    default: 30
  retries:
    description:
      - How often a request to the vault that failed for a temporary reason is sent again. Each further attempt is a warning.
    type: int
    default: 3
  use_proxy:
    description:
      - Whether to use the proxies that the environment variables E(HTTPS_PROXY), E(ALL_PROXY) and E(NO_PROXY) name.
    type: bool
    default: true
requirements:
  - requests
  - hvac (for O(vault))
notes:
  - The result holds a secret, and a task shows its own options. Set C(no_log) to true for tasks of other collections that use it. With ansible-core
    2.22 and later, the secrets are masked in all output as well.
  - Ansible evaluates a lookup each time the variable or option that holds it is used, so a long play always gets the newest secret.
  - After HTTP 401, look the token up again; it may have been renewed since.
seealso:
  - module: dataprotection.access.commandcenter_access_token
  - module: dataprotection.access.cohesity_access_token
  - module: dataprotection.access.cohesity_api_key
  - name: Choosing a credential
    description: One refresher, many readers.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_credentials.html
  - name: Tokens in a store, and what to do at three in the morning
    description: How a store keeps tokens safe, and what to do when something goes wrong.
    link: https://ansible-collections.github.io/dataprotection.access/docsite/guide_store.html
"""

EXAMPLES = r"""
- name: List the clients with a token that another playbook keeps valid
  ansible.builtin.uri:
    url: https://commandcenter.example.com/commandcenter/api/client
    headers: "{{ lookup('dataprotection.access.stored_token', file='/var/lib/tokens/exporter.json').headers }}"
  no_log: true # the headers hold the token

- name: Read the token from a vault, with at least five minutes left
  ansible.builtin.uri:
    url: "{{ token.server }}/job"
    headers: "{{ token.headers }}"
  vars:
    token: "{{ lookup('dataprotection.access.stored_token', vault=token_vault, min_validity='5m') }}"
    token_vault:
      url: https://vault.example.com:8200
      path: tokens/exporter
      role_id: "{{ reader_role_id }}"
      secret_id: "{{ reader_secret_id }}"
  no_log: true

- name: Show how long a Cohesity token is valid
  ansible.builtin.debug:
    msg: "{{ lookup('dataprotection.access.stored_token', file='/var/lib/tokens/cluster1.json').expires_at }}"
"""

RETURN = r"""
_raw:
  description:
    - One dict, the token as the module returned it. Its keys are those of
      RV(dataprotection.access.commandcenter_access_token#module:token), RV(dataprotection.access.cohesity_access_token#module:token) or
      RV(dataprotection.access.cohesity_api_key#module:api_key).
  type: list
  elements: dict
"""

import os
import time
import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleLookupError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ..module_utils._cohesity import api_key
from ..module_utils._cohesity import stored as cohesity
from ..module_utils._commandcenter import stored as commandcenter
from ..module_utils._errors import ApiError
from ..module_utils._options import STORE_SPEC, pick, transport_spec
from ..module_utils._redact import Redactor
from ..module_utils._store.backends import open_store
from ..module_utils._store.errors import StoreError
from ..module_utils._store.format import Contents, Kind, from_document
from ..module_utils._time import iso, parse_duration
from ..plugin_utils._arguments import environment_fallbacks, unreadable, validation_message, without_no_log
from ..plugin_utils._secrets import mask, secret_inputs, secret_outputs

try:
    import requests
except ImportError:
    requests = None  # type: ignore[assignment]

display = Display()

_PLACES = pick(STORE_SPEC["store"]["options"], ("file", "vault"))
ARGUMENT_SPEC: dict[str, t.Any] = {**_PLACES, "min_validity": {"type": "str", "default": "0s"}, **pick(transport_spec(""), ("timeout", "retries", "use_proxy"))}
SECRET_RESULTS = ("access_token", "refresh_token", "api_key", "headers")

_NAME = "dataprotection.access.stored_token"
_VALIDATOR = ArgumentSpecValidator(without_no_log(ARGUMENT_SPEC), mutually_exclusive=[list(_PLACES)], required_one_of=[list(_PLACES)])
# How the token of each kind of record is given to the user.
_KINDS: dict[str, tuple[Kind, Callable[[Contents, float], dict[str, t.Any]]]] = {
    kind.name: (kind, public)
    for kind, public in (
        (commandcenter.RECORD_KIND, commandcenter.public),
        (cohesity.RECORD_KIND, cohesity.public),
        (api_key.KEY_KIND, api_key.public),
    )
}


class LookupModule(LookupBase):
    """Reads one token; every error says what to do, and holds no secret."""

    def run(self, terms: t.Any, variables: Mapping[str, t.Any] | None = None, **kwargs: t.Any) -> list[dict[str, t.Any]]:
        given = {name: value for name, value in kwargs.items() if value is not None}
        arguments = {**given, **environment_fallbacks(ARGUMENT_SPEC, given, os.environ)}
        redactor = Redactor(secret_inputs(ARGUMENT_SPEC, arguments))
        mask(redactor.secrets)
        try:
            if terms:
                raise ApiError("it takes no terms: name the store with file='/path/to/token.json' or vault={'path': 'path/to/token'}")
            token = read_token(_validated(arguments))
        except ApiError as error:
            raise AnsibleLookupError(f"{_NAME}: {redactor.redact(error.text)}") from None
        mask(secret_outputs(token, SECRET_RESULTS))
        return [token]


def read_token(options: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The token in the store, as the module returned it; raises ApiError where there is none that is valid for long enough."""
    min_validity = parse_duration(options["min_validity"], "min_validity")
    # A file that is not JSON is a warning to those who are going to replace it.
    damages: list[str] = []
    warn = damages.append if options["file"] else display.warning
    store = {**pick(options, _PLACES), "lock_timeout": 0}
    with open_store(store, **pick(options, ("timeout", "retries", "use_proxy")), check_mode=True, warn=warn, read_only=True) as backend:
        document = backend.read()
    if damages:
        raise StoreError(f"{backend.location} is damaged (it is not JSON), so its secret is lost; {_refresh()}")
    if document is None:
        raise StoreError(f"{backend.location} holds no record: check that it is the right place, and {_refresh()}")
    if str(document.get("kind")) not in _KINDS:
        raise StoreError(f"{backend.location} holds something else than a record of {' or '.join(_KINDS)}: is it the right place?")
    kind, public = _KINDS[document["kind"]]
    contents = from_document(document, backend.location, kind)
    now = time.time()
    _check(contents, backend.location, kind, min_validity, now)
    return public(contents, now)


def _check(contents: Contents, location: str, kind: Kind, min_validity: int, now: float) -> None:
    """Raise StoreError unless the record holds a token that is valid for longer than min_validity, in seconds."""
    pending = contents.pending
    if contents.token is None and pending:
        raise StoreError(f"{location} holds no credential yet: a run has been creating it since {iso(pending.since)}. Try again when that run has ended")
    if contents.token is None:
        raise StoreError(f"{location} holds no credential; {_refresh(kind)}")
    if getattr(contents.token, "active", True) is False:
        raise StoreError(f"{location}: its API key {contents.token.name!r} is deactivated: activate it with dataprotection.access.{kind.name} and active: true")
    expires_at = contents.token.expires_at
    if expires_at is None or expires_at - now > min_validity:
        return
    if expires_at <= now:
        raise StoreError(f"{location}: its credential expired at {iso(expires_at)}, and it is {iso(now)} by the controller's clock; {_refresh(kind)}")
    raise StoreError(
        f"{location}: its credential expires at {iso(expires_at)}, in {int(expires_at - now)} s, which is no more than min_validity ({min_validity} s). "
        f"Run the task that keeps it ({kind.name}) more often, or with a longer min_validity of its own"
    )


def _refresh(kind: Kind | None = None) -> str:
    return f"run the task that keeps the credential there ({kind.name if kind else ' or '.join(_KINDS)} with this store)"


def _validated(arguments: dict[str, t.Any]) -> dict[str, t.Any]:
    """The options, checked and with their defaults; raises ApiError."""
    if requests is None:
        raise ApiError("it needs the Python library requests on the controller; install it with: python3 -m pip install requests")
    unread = unreadable(ARGUMENT_SPEC, arguments)
    validation = _VALIDATOR.validate({name: value for name, value in arguments.items() if name not in unread})
    message = validation_message(_NAME, ARGUMENT_SPEC, arguments, [*unread.values(), *(() if unread else validation.errors)], "lookup")
    if message:
        raise ApiError(message)
    return dict(validation.validated_parameters)
