# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that connect to a Cohesity cluster."""

from __future__ import annotations


class ModuleDocFragment:
    # COHESITY_SPEC in module_utils/_options.py, without the options of the transport.
    DOCUMENTATION = r"""
options:
  cluster:
    description:
      - The Cohesity cluster, as C(host), C(host:port), C([v6address]:port) or an C(https) URL without a path.
      - Required, here or in the environment variable E(COHESITY_CLUSTER).
    type: str
    aliases: [cohesity_server]
  username:
    description:
      - The name of the user who logs in, without a domain. The domain goes into O(domain); a C(@) or a backslash in the name has no special meaning.
      - Required for a login, unless O(certificate) is given.
      - If not set, the environment variable E(COHESITY_USERNAME) is used.
    type: str
    aliases: [cohesity_admin]
  password:
    description:
      - The user's password.
      - Required for a login, unless O(certificate) is given.
      - If not set, the environment variable E(COHESITY_PASSWORD) is used.
    type: str
    aliases: [cohesity_password]
  domain:
    description:
      - The user's domain. For a user of Active Directory, this is its full DNS name.
      - If not set, the environment variable E(COHESITY_DOMAIN) is used.
    type: str
    default: LOCAL
  certificate:
    description:
      - A client certificate to log in with instead of a user name and a password, as PEM text. A path is refused; read the file with the lookup
        P(ansible.builtin.file#lookup).
      - Requires O(private_key). When both are given, O(username) and O(password) are not sent.
    type: str
  private_key:
    description:
      - The private key of O(certificate), as PEM text.
    type: str
  otp_code:
    description:
      - The one-time password of a user with multi-factor authentication. It works for one login.
      - If not set, the environment variable E(COHESITY_OTP_CODE) is used.
    type: str
  otp_type:
    description:
      - Where O(otp_code) comes from. V(totp) is an authenticator app, V(email) is a message that the cluster has sent.
    type: str
    choices: [totp, email]
    default: totp
  skip_force_password_change:
    description:
      - Whether a user whose password must be changed may log in without changing it.
      - Only sent to the cluster when V(true).
    type: bool
    default: false
  api_key:
    description:
      - An API key, for modules that call the API. It needs no login and is used instead of O(username) and O(password).
      - Modules that log in have no use for it and ignore it.
      - If not set, the environment variable E(COHESITY_API_KEY) is used.
    type: str
  api_version:
    description:
      - The version of the cluster's API to log in with for an access token. The tokens of both versions are interchangeable.
    type: str
    choices: [v1, v2]
    default: v2
  tenant:
    description:
      - The tenant to act for, by its name or its ID, for modules that call the API.
      - Modules that only log in or out ignore it.
    type: str
  access_cluster:
    description:
      - The cluster behind Helios to act on, by its name or its ID, for modules that call the API. In that case, O(cluster) is the address of Helios.
      - Modules that only log in or out ignore it.
    type: str
notes:
  - A password is sent once for each login. A refused login is never repeated, because repeated failed logins lock the account.
"""
