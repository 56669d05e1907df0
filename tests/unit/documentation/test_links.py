# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links under SEE ALSO lead to pages that the documentation's site has: ansible-doc resolves no labels of a collection."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tree import HERE

from .collection import MODULES, read_yaml

SITE = f"{read_yaml(HERE / 'galaxy.yml')['documentation']}docsite/"


@pytest.mark.parametrize("module", MODULES)
def test_see_also(module: str, documented: dict[str, Any]) -> None:
    entries = documented[module]["doc"]["seealso"]
    assert [entry for entry in entries if "ref" in entry] == []
    links = [entry["link"] for entry in entries if "link" in entry]
    assert links
    for link in links:
        assert link.startswith(SITE)
        assert (HERE / "docs" / "docsite" / "rst" / link.removeprefix(SITE).replace(".html", ".rst")).is_file(), link
