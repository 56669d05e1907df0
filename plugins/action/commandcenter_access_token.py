# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.dataprotection.access.plugins.modules import commandcenter_access_token
from ansible_collections.dataprotection.access.plugins.plugin_utils._token_action import TokenAction


class ActionModule(TokenAction):
    module = commandcenter_access_token
    fact = "commandcenter_access_token"
