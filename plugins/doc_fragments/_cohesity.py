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
      - If not set, the environment variable E(COHESITY_CLUSTER) is used.
    type: str
    required: true
    aliases: [cohesity_server]
  username:
    description:
      - The user to log in with. A C(@) in it has no meaning of its own; the domain goes into O(domain).
      - Required unless O(certificate) is given.
      - If not set, the environment variable E(COHESITY_USERNAME) is used.
    type: str
    aliases: [cohesity_admin]
  password:
    description:
      - The user's password.
      - Required unless O(certificate) is given.
      - If not set, the environment variable E(COHESITY_PASSWORD) is used.
    type: str
    aliases: [cohesity_password]
  domain:
    description:
      - The user's domain.
      - If not set, the environment variable E(COHESITY_DOMAIN) is used.
    type: str
    default: LOCAL
  certificate:
    description:
      - A client certificate to log in with instead of a user name and a password, as PEM text.
      - Goes together with O(private_key). When both are given, O(username) and O(password) are not sent.
    type: str
  private_key:
    description:
      - The private key of O(certificate), as PEM text.
    type: str
  otp_code:
    description:
      - The one-time password of a user with multi-factor authentication.
      - If not set, the environment variable E(COHESITY_OTP_CODE) is used.
    type: str
  otp_type:
    description:
      - Where O(otp_code) comes from. V(totp) is an authenticator, V(email) is a message of the cluster.
    type: str
    choices: [totp, email]
    default: totp
  api_version:
    description:
      - The cluster's API to log in with. The tokens of both are interchangeable.
    type: str
    choices: [v1, v2]
    default: v2
notes:
  - A wrong password is sent once. A refused login is never tried again, because repeated bad logins lock a user.
  - Cohesity has no way to revoke, list or examine tokens. A token ends with its lifetime.
"""
