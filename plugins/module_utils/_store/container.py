# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says when a file store would be removed together with the container that the job runs in."""

from __future__ import annotations

import os
import typing as t
from collections.abc import Callable, Mapping

# ansible-runner names the folder of the job's artifacts there. In an execution environment, that folder is below /runner; without one, it is
# wherever the user wants it.
_ARTIFACTS = "AWX_ISOLATED_DATA_DIR"
_RUNNER = "/runner"
# What the container itself is made of. Anything else that is mounted is taken for a volume that the user brought.
_ENDS_WITH_JOB = ("/", _RUNNER)

WARNING = (
    "This job runs in an execution environment, a container that is removed when the job ends, and a store.file of this task is inside it. "
    "It does not outlive the job: the next job finds a token whose secret nobody has. Use store.vault, or a folder on a volume that is mounted "
    "into the execution environment"
)


def warn_if_lost_with_job(store: Mapping[str, t.Any], warn: Callable[[str], None], environment: Mapping[str, str] | None = None) -> None:
    """Warn of a file store that does not outlive the job. The sentence is the same for each file, so that it is shown once."""
    artifacts = (os.environ if environment is None else environment).get(_ARTIFACTS, "")
    if store["file"] and artifacts.startswith(f"{_RUNNER}/") and _mount_point(store["file"]) in _ENDS_WITH_JOB:
        warn(WARNING)


def _mount_point(path: str) -> str:
    """Where the file system that holds the path is mounted; the file itself need not be there."""
    folder = os.path.dirname(os.path.realpath(path))
    while not os.path.ismount(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder
