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
  auth_header:
    description:
      - In which form access tokens are sent. Servers differ in the forms that they accept.
      - V(bearer) is C(Authorization) with C(Bearer) before the token, V(authtoken) is C(Authtoken) with the token alone, and V(authtoken_bearer) is
        C(Authtoken) with C(Bearer) before the token.
      - V(auto) is V(bearer) until the server refuses that form and accepts another one for the same token. With a store, that is remembered.
      - If not set, the environment variable E(COMMANDCENTER_AUTH_HEADER) is used.
    type: str
    choices: [auto, bearer, authtoken, authtoken_bearer]
    default: auto
  allow_http:
    description:
      - Whether an O(url) that starts with C(http://) is allowed. It sends the credentials unencrypted.
    type: bool
    default: false
notes:
  - A task sends a password once and never repeats a refused login, because repeated failed logins lock the account. Each host, loop item and attempt of
    C(until) is a task of its own.
  - The module logs in for each task and logs out at its end, even after a failure.
  - Access tokens require Command Center 11.38 or later.
  - All times are measured by the clock of the Command Center server, so a wrong clock on the controller does no harm.
"""

    # COMMANDCENTER_TOKEN_SPEC in module_utils/_options.py, for modules that call with a credential.
    CREDENTIALS = r"""
options:
  token:
    description:
      - A token that M(dataprotection.access.commandcenter_access_token) has returned, as it was returned.
      - A token of another server is refused.
    type: dict
    suboptions:
      access_token:
        description: The access token itself. Without it, as in check mode, there is no token.
        type: str
      refresh_token:
        description: Ignored, because only a token out of O(store) is ever renewed.
        type: str
      token_type:
        description: Ignored.
        type: str
      headers:
        description: Ignored; it is computed again.
        type: dict
      auth_header:
        description: The form in which the token was last accepted.
        type: str
      server:
        description: The base address of the API of the server that has issued the token.
        type: str
      id:
        description: The id of the token.
        type: int
      name:
        description: The name of the token.
        type: str
      scope:
        description: The scope of the token.
        type: str
      user_id:
        description: The id of the user whose token it is.
        type: int
      api_endpoints:
        description: The endpoints that the token may call.
        type: list
        elements: str
      allowed_ips:
        description: The addresses from which the token may be used.
        type: list
        elements: str
      expires_at:
        description: Until when the access token is valid, in ISO 8601.
        type: str
      expires_in:
        description: Ignored.
        type: raw
      created_at:
        description: When the token was created, in ISO 8601.
        type: str
      last_used_at:
        description: When the token was last used, in ISO 8601.
        type: str
      renewable_until:
        description: Until when the token can be renewed, in ISO 8601.
        type: str
      refresh_expires_at:
        description: Until when the refresh token is valid, in ISO 8601.
        type: str
"""
