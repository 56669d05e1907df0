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
      - Every request is sent again when no connection could be established, or the name of the server could not be resolved. All except
        logins, renewals and the creation of API keys are also sent again on HTTP 429, 502 and 503.
      - A write of M(dataprotection.access.cohesity_rest) and M(dataprotection.access.commandcenter_rest) is only sent again when it has certainly not been
        carried out, which is when no connection could be established, on HTTP 429, and on HTTP 503 with C(Retry-After).
      - Requests that only read are also sent again on HTTP 500 and 504, and when the response did not arrive.
      - The C(Retry-After) of the server is honored as far as O(timeout) allows.
      - A login is also sent again on HTTP 429, and on HTTP 503 with C(Retry-After). Otherwise, a login, a renewal or the creation of an API key that may have
        reached the server is not sent again, because repeated failed logins lock the account, a pair that is sent twice ends its token, and a second key
        would be created.
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
