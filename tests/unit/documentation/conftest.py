# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation as ansible-doc shows it: with the fragments in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.tree import link

from .collection import COLLECTION, MODULES


@pytest.fixture(scope="session")
def documented() -> dict[str, dict[str, Any]]:
    """doc, examples and return of each module, by its short name."""
    names = [f"{COLLECTION}.{name}" for name in MODULES]
    run = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--json", *names],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(link())},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return {name.removeprefix(f"{COLLECTION}."): page for name, page in json.loads(run.stdout).items()}
