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
  - A task sends a password once and never repeats a refused login, because repeated failed logins lock the account. Each host, loop item and attempt of
    C(until) is a task of its own.
"""

    # COHESITY_TOKEN_SPEC and COHESITY_SESSION_SPEC in module_utils/_options.py, for modules that call with a credential.
    CREDENTIALS = r"""
options:
  token:
    description:
      - A token that M(dataprotection.access.cohesity_access_token) has returned, as it was returned.
      - A token of another cluster is refused, and so is one of another user than O(username) when a login is given beside it.
      - When it has expired, it is replaced by a login for this task, if one is given.
    type: dict
    suboptions:
      access_token:
        description: The token itself. Without it, as in check mode, there is no token.
        type: str
      token_type:
        description: The type of the token, as the cluster has named it.
        type: str
      headers:
        description: Ignored; it is computed again.
        type: dict
      expires_at:
        description: Until when the token is valid, in ISO 8601.
        type: str
      expires_in:
        description: Ignored.
        type: raw
      expires_source:
        description: How the end of the validity is known.
        type: str
      cluster:
        description: The cluster that has issued the token.
        type: str
      username:
        description: The user that it was issued to.
        type: str
      domain:
        description: The user's domain.
        type: str
      certificate_sha256:
        description: The fingerprint of the certificate that it was issued to.
        type: str
      api_version:
        description: The version of the API that has issued it.
        type: str
      privileges:
        description: The privileges that the token comes with.
        type: list
        elements: str
  session:
    description:
      - A session that M(dataprotection.access.cohesity_session) has returned, as it was returned. The same rules apply as for O(token).
    type: dict
    suboptions:
      session_id:
        description: The session itself. Without it, as in check mode, there is no session.
        type: str
      headers:
        description: Ignored; it is computed again.
        type: dict
      cluster:
        description: The cluster that has opened the session.
        type: str
      username:
        description: The user that it was opened for.
        type: str
      domain:
        description: The user's domain.
        type: str
      certificate_sha256:
        description: The fingerprint of the certificate that it was opened with.
        type: str
      created_at:
        description: When it was opened, in ISO 8601.
        type: str
"""
