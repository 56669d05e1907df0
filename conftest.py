# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let tests import and run the working tree as `dataprotection.access`, whether make or pytest was called."""

from __future__ import annotations

import os
from pathlib import Path

from tests.tree import link

# Before ansible is imported: it reads its settings once.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(link())
os.environ["ANSIBLE_CONFIG"] = str(Path(__file__).with_name("tests") / "ansible.cfg")

from ansible.plugins.loader import init_plugin_loader

# Before the first import from ansible_collections: what python imported on its own, ansible would not know as a collection.
init_plugin_loader()
