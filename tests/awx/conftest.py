# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches jobs of the AWX kit, and searches what they leave behind for secrets."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.awx.job import Ended, Job
from tests.awx.kit import TEMPLATES
from tests.leaks.canaries import MINTED, all_canaries
from tests.leaks.searcher import Searcher
from tests.openbao import AppRole, OpenBao
from tests.simulator import Simulator
from tests.simulator.credentials import COHESITY_PASSWORD, COMMANDCENTER_PASSWORD, COMMANDCENTER_USERNAME


class Awx:
    """Launches jobs against the simulator and a Vault, and searches what they write for secrets."""

    def __init__(self, folder: Path, sim: Simulator, openbao: OpenBao, role: AppRole) -> None:
        self.folder, self.sim, self.openbao = folder, sim, openbao
        sim.mark_secrets(MINTED)
        self.canaries = dict(all_canaries(sim, openbao, role))
        self.path = openbao.unused("awx/token")
        self.jobs: list[Job] = []
        certificate = Path(sim.ca_path).read_text(encoding="utf-8")
        # Fields that nobody filled in are empty texts, as the form of AWX may send them.
        self.cohesity = {"cluster": "", "username": "backup", "password": COHESITY_PASSWORD, "domain": "", "api_key": "", "ca_certificate": certificate}
        self.commandcenter = {"url": sim.url, "username": COMMANDCENTER_USERNAME, "password": COMMANDCENTER_PASSWORD, "ca_certificate": certificate}
        self.vault = {**role._asdict(), "url": openbao.url, "token": "", "vault_namespace": ""}

    @property
    def clusters(self) -> list[str]:
        """The same cluster under two names."""
        return [self.sim.host, self.sim.host.replace("127.0.0.1", "localhost")]

    def fleet(self, clusters: list[str], **answers: t.Any) -> Job:
        given = {"cohesity_token_hosts": "clusters", "cohesity_token_login": "auto", **answers}
        variables = TEMPLATES["cohesity_token"]["extra_vars"]
        hosts: dict[str, dict[str, t.Any]] = {name: {} for name in clusters}
        return self.job("cohesity_token.yml", {"cohesity": self.cohesity}, hosts=hosts, groups={"clusters": clusters}, variables=variables, answers=given)

    def tokens(
        self,
        playbook: str = "commandcenter_tokens.yml",
        *,
        commandcenter: dict[str, t.Any] | None = None,
        hosts: dict[str, dict[str, t.Any]] | None = None,
        variables: dict[str, t.Any] | None = None,
        name: str = "ci",
        **answers: t.Any,
    ) -> Job:
        declared = [{"name": name, "scope": "custom", "api_endpoints": ["/client"], "store": {"vault": {"path": self.path}}}]
        credentials = {"commandcenter": self.commandcenter if commandcenter is None else commandcenter, "vault": self.vault}
        return self.job(playbook, credentials, hosts=hosts, variables={"commandcenter_tokens": declared, **(variables or {})}, answers=answers)

    def job(self, playbook: str, credentials: dict[str, dict[str, t.Any]], **more: t.Any) -> Job:
        job = Job(self.folder / f"job-{len(self.jobs) + 1}", playbook, credentials, **more)
        self.jobs.append(job)
        return job

    def check_for_leaks(self) -> None:
        searcher = Searcher(self.canaries)
        hits = searcher.search([path for job in self.jobs for path in job.written()])
        assert not hits, "\n".join(map(str, hits[:20]))
        assert searcher.octets > 1000 * len(self.jobs)


@pytest.fixture(scope="module")
def role(openbao: OpenBao) -> AppRole:
    return openbao.approle("awx/*")


@pytest.fixture
def awx(tmp_path: Path, sim: Simulator, openbao: OpenBao, role: AppRole) -> Iterator[Awx]:
    """Every test ends with the search for secrets."""
    one = Awx(tmp_path, sim, openbao, role)
    yield one
    one.check_for_leaks()


def assert_succeeded(ended: Ended) -> None:
    assert ended.rc == 0, ended.screen[-4000:]
    assert ended.events
