# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the AWX kit, read as AWX's loader reads them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import yaml

from tests.tree import HERE

KIT = HERE / "extensions" / "awx"
PROJECT = KIT / "project"


def read_yaml(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


OBJECTS: dict[str, t.Any] = read_yaml(KIT / "objects.yml")
INPUTS: dict[str, dict[str, t.Any]] = {path.parent.name: read_yaml(path) for path in sorted(KIT.glob("credential_types/*/inputs.yml"))}
INJECTORS: dict[str, dict[str, t.Any]] = {path.parent.name: read_yaml(path) for path in sorted(KIT.glob("credential_types/*/injectors.yml"))}
SURVEYS: dict[str, dict[str, t.Any]] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(KIT.glob("surveys/*.json"))}
TEMPLATES: dict[str, dict[str, t.Any]] = {template["key"]: template for template in OBJECTS["job_templates"]}
PLAYBOOKS = sorted(path.name for path in PROJECT.glob("*.yml"))
