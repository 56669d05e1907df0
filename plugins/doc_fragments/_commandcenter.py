# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that connect to Command Center."""

from __future__ import annotations


class ModuleDocFragment:
    # COMMANDCENTER_SPEC in module_utils/_options.py, without the options of the transport.
    DOCUMENTATION = r"""
options:
  url:
    description:
      - The Command Center server, as a host name, C(host:port), or a URL with or without the path of its API.
      - If there is no path, V(/commandcenter/api) is added, except for C(api.metallic.io), which has its API at the root.
      - The address of the web interface, such as V(https://commandcenter.example.com/commandcenter/#/dashboard) or V(/adminconsole), is replaced by that
        of the API.
      - If not set, the environment variable E(COMMANDCENTER_URL) is used.
    type: str
    required: true
    aliases: [webserver_hostname]
  username:
    description:
      - The user to log in with.
      - Required unless O(auth_token) is given.
      - If not set, the environment variable E(COMMANDCENTER_USERNAME) is used.
    type: str
    aliases: [commcell_username]
  password:
    description:
      - The user's password.
      - Required unless O(auth_token) is given.
      - If not set, the environment variable E(COMMANDCENTER_PASSWORD) is used.
    type: str
    aliases: [commcell_password]
  domain:
    description:
      - The user's domain.
      - If not set, the environment variable E(COMMANDCENTER_DOMAIN) is used.
    type: str
  otp_code:
    description:
      - The one-time password (PIN) of a user with two-factor authentication. It is appended to the password.
      - If not set, the environment variable E(COMMANDCENTER_OTP_CODE) is used.
    type: str
  auth_token:
    description:
      - The complete token of an existing login, for example C(QSDK) followed by the token itself. The module then neither logs in nor logs out.
      - This cannot be an access token. Command Center does not let access tokens manage access tokens.
      - If not set, the environment variable E(COMMANDCENTER_AUTH_TOKEN) is used.
    type: str
  allow_http:
    description:
      - Whether an O(url) that starts with C(http://) is allowed. It sends the credentials unencrypted.
    type: bool
    default: false
notes:
  - A wrong password is sent once. A refused login is never repeated, because repeated failed logins lock the account.
  - The module logs in for each task and logs out at its end, even after a failure.
  - Access tokens require Command Center 11.38 or later.
  - All times are measured by the clock of the Command Center server, so a wrong clock on the controller does no harm.
"""
