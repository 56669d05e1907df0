# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX makes of a credential before a job: its environment and its files, by AWX's own code."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path
from types import SimpleNamespace

from tests.awx.kit import INJECTORS, INPUTS
from tests.tree import HERE

# `make awx` puts it there, apart from the Pythons that run the tests: it asks for 3.11.
AWX = HERE / "build" / "awx"


class Rendered(t.NamedTuple):
    """environment: what the job gets; paths are below its private data directory. shown: what AWX keeps of it in its database."""

    environment: dict[str, str]
    shown: dict[str, str]


def render(name: str, inputs: t.Mapping[str, t.Any], folder: Path) -> Rendered:
    """Inject a credential of one of the kit's types, whose files go to folder/env."""
    if str(AWX) not in sys.path:
        sys.path.append(str(AWX))
    from awx_plugins.interfaces._temporary_private_credential_api import Credential
    from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

    (folder / "env").mkdir(parents=True, exist_ok=True)
    kind = SimpleNamespace(inputs=INPUTS[name], injectors=INJECTORS[name], managed=False, custom_injectors=None)
    environment: dict[str, str] = {}
    shown: dict[str, str] = {}
    arguments: list[str] = []
    inject_credential(kind, Credential(dict(inputs)), environment, shown, arguments, str(folder))
    assert arguments == []
    # Here there is no container that has the folder as /runner.
    return Rendered({name: value.replace("/runner/", f"{folder}/") for name, value in environment.items()}, shown)
