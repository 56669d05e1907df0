# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that say how HTTPS is spoken."""

from __future__ import annotations


class ModuleDocFragment:
    # transport_spec() in module_utils/_options.py.
    DOCUMENTATION = r"""
options:
  validate_certs:
    description:
      - Whether to verify the server's certificate.
      - If not set, the environment variable E(COHESITY_VALIDATE_CERTS) (Cohesity modules) or E(COMMANDCENTER_VALIDATE_CERTS) (Command Center modules)
        is used.
    type: bool
    default: true
  ca_path:
    description:
      - A file with the certificates of the certificate authorities to trust, in PEM format, or a folder of such files with hashed names.
      - If not set, the environment variable E(COHESITY_CA_PATH) (Cohesity modules) or E(COMMANDCENTER_CA_PATH) (Command Center modules) is used; then
        E(REQUESTS_CA_BUNDLE), E(SSL_CERT_FILE) and E(SSL_CERT_DIR); then the system's own trust store.
    type: path
  timeout:
    description:
      - The time in seconds in which one whole exchange with the server must be complete, from the connection to the last byte of the response, and
        including its O(retries).
    type: float
    default: 30
  retries:
    description:
      - How often a request that failed for a temporary reason is sent again. Each further attempt is a warning.
      - Every request is sent again when no connection could be established, or the name of the server could not be resolved.
      - Requests that only read are also sent again on HTTP 429, 500, 502, 503 and 504, and when the response did not arrive.
      - Changes and deletions of tokens and API keys, which end the same however often they are sent, are also sent again on HTTP 429, 502 and 503.
      - Logins, the creation of access tokens of Command Center, and the writes of M(dataprotection.access.cohesity_rest) and
        M(dataprotection.access.commandcenter_rest) are only sent again when the server has certainly not carried them out, which is on HTTP 429, and on
        HTTP 503 with C(Retry-After).
      - A renewal or the creation of an API key that may have reached the server is not sent again, because a pair that is sent twice ends its token, and a
        second key would be created.
      - The C(Retry-After) of the server is honored as far as O(timeout) allows.
    type: int
    default: 3
  use_proxy:
    description:
      - Whether to use the proxies that the environment variables E(HTTPS_PROXY), E(HTTP_PROXY), E(ALL_PROXY) and E(NO_PROXY) name.
    type: bool
    default: true
notes:
  - Redirects are refused, so that credentials only go to the server that was named. C(~/.netrc) is not read.
requirements:
  - python >= 3.9
  - requests
"""
