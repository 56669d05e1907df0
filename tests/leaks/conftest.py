# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hunt for leaks needs, and the count of what it has searched."""

from __future__ import annotations

import collections
import shutil
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaks.canaries import MINTED, all_canaries, login_variables
from tests.leaks.searcher import Hit, Searcher
from tests.openbao import AppRole, OpenBao
from tests.playbook import Ansible, Run
from tests.simulator import Simulator
from tests.tree import HERE

# `make leaks` puts them there.
OTHER_COLLECTIONS = HERE / "build" / "ansible"
MORE_PLUGINS = HERE / "tests" / "integration" / "plugins"


class Hunt(Ansible):
    """Runs playbooks that hold every secret, keeps all that they write, and searches it."""

    time_limit = 600

    def __init__(self, folder: Path, sim: Simulator, bao: OpenBao, role: AppRole) -> None:
        super().__init__(folder, sim)
        self.stores = folder.with_name(folder.name + "-stores")
        self.stores.mkdir(mode=0o700)
        self.variables = login_variables(sim, bao, role, str(self.stores))
        self.searcher = Searcher(all_canaries(sim, bao, role))
        self.counts: collections.Counter[str] = collections.Counter()
        sim.mark_secrets(MINTED)
        # Wrong passwords are sent by the dozen.
        sim.set(cohesity_lockout_attempts=0, commandcenter_lockout_attempts=0)

    def environment(self) -> dict[str, str]:
        base = super().environment()
        return {
            **base,
            "ANSIBLE_COLLECTIONS_PATH": f"{base['ANSIBLE_COLLECTIONS_PATH']}:{OTHER_COLLECTIONS}",
            "ANSIBLE_KEEP_REMOTE_FILES": "0",
            # The module that takes part in the run's memory for credentials.
            "ANSIBLE_ACTION_PLUGINS": f"{base['ANSIBLE_ACTION_PLUGINS']}:{MORE_PLUGINS / 'action'}",
            "ANSIBLE_LIBRARY": str(MORE_PLUGINS / "modules"),
        }

    def play(self, playbook: str, *arguments: str, **more: t.Any) -> Run:
        run = super().play(playbook, *arguments, **more)
        for name, text in (("stdout", run.stdout), ("stderr", run.stderr)):
            (self.folder / f"{name}-{self._runs}").write_text(text, encoding="utf-8")
        self.counts["runs"] += 1
        self.counts["results"] += len(run.results)
        return run

    def hits(self) -> list[Hit]:
        """Every secret in anything that was written, but for what the tests themselves wrote and the stores, whose job it is."""
        found = self.searcher.search([self.temporary, *(path for path in sorted(self.folder.iterdir()) if path != self.input)])
        self.counts["secrets"] = len(self.searcher.names)
        self.counts["files"], self.counts["octets"] = self.searcher.files, self.searcher.octets
        return found

    def left_over(self) -> list[Path]:
        """Files of shipped modules, which hold every option."""
        return [path for path in (self.folder / "remote-tmp").rglob("*") if path.is_file()]


@pytest.fixture(scope="session")
def bao() -> Iterator[OpenBao]:
    with OpenBao() as server:
        yield server


@pytest.fixture(scope="session")
def role(bao: OpenBao) -> AppRole:
    return bao.approle()


@pytest.fixture
def hunt(tmp_path: Path, sim: Simulator, bao: OpenBao, role: AppRole, record_property: t.Callable[[str, t.Any], None]) -> Iterator[Hunt]:
    one = Hunt(tmp_path / "ansible", sim, bao, role)
    yield one
    record_property("leaks", dict(one.counts))
    # Some megabytes each.
    shutil.rmtree(tmp_path, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: t.Any) -> None:
    """Say how much was searched: a hunt that has seen nothing finds nothing."""
    total: collections.Counter[str] = collections.Counter()
    # The fixture counts when its test is over.
    over = [report for reports in terminalreporter.stats.values() for report in reports if getattr(report, "when", None) == "teardown"]
    for counts in [dict(report.user_properties).get("leaks", {}) for report in over]:
        total["secrets"] = max(total["secrets"], counts.pop("secrets", 0))
        total.update(counts)
    if total["runs"]:
        terminalreporter.write_line(
            f"leaks: {total['secrets']} secrets, {total['runs']} runs of ansible-playbook, {total['results']} results, "
            f"{total['files']} files with {total['octets']} bytes searched"
        )
