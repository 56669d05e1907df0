# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make `build/collections`, where ansible and the tests find this working tree as `dataprotection.access`.

A folder of symlinks to the parts ansible reads, not one symlink to the whole tree: that one would contain itself.
"""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).parent.parent.resolve()
COLLECTIONS = HERE / "build" / "collections"
PARTS = ("README.md", "changelogs", "docs", "extensions", "galaxy.yml", "meta", "playbooks", "plugins", "roles")


def link() -> Path:
    """Make or mend the tree; return the folder for ANSIBLE_COLLECTIONS_PATH."""
    root = COLLECTIONS / "ansible_collections" / "dataprotection" / "access"
    root.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        target = os.path.relpath(HERE / part, root)
        place = root / part
        if not place.is_symlink() or os.readlink(place) != target:
            # Made aside and renamed, so that two runs at once never see it missing.
            aside = root / f".{part}.{os.getpid()}"
            aside.symlink_to(target)
            aside.replace(place)
    return COLLECTIONS


if __name__ == "__main__":
    print(link())
