# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..modules import commandcenter_access_token
from ..plugin_utils._token_action import TokenAction


class ActionModule(TokenAction):
    module = commandcenter_access_token
    fact = "commandcenter_access_token"
