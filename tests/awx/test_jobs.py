# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook of the AWX kit as a job runs it: it does its work, leaves no secret behind, and takes a bad answer for what it is."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.awx.job import Ended, Job
from tests.awx.kit import PLAYBOOKS, SURVEYS, TEMPLATES
from tests.constants import NEARLY_A_LIFETIME
from tests.leaks.canaries import MINTED, all_canaries
from tests.leaks.searcher import Searcher
from tests.openbao import AppRole, OpenBao
from tests.simulator import Simulator
from tests.simulator.credentials import COHESITY_PASSWORD, COMMANDCENTER_PASSWORD, COMMANDCENTER_USERNAME

ALL_PLAYBOOKS = {"cohesity_token.yml", "commandcenter_tokens.yml", "rotate.yml"}


class Awx:
    """Launches jobs against the simulator and a Vault, and searches what they write for secrets."""

    def __init__(self, folder: Path, sim: Simulator, openbao: OpenBao, role: AppRole) -> None:
        self.folder, self.sim, self.openbao = folder, sim, openbao
        sim.mark_secrets(MINTED)
        self.searcher = Searcher(all_canaries(sim, openbao, role))
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
        return self._job("cohesity_token.yml", {"cohesity": self.cohesity}, hosts=hosts, groups={"clusters": clusters}, variables=variables, answers=given)

    def tokens(self, playbook: str = "commandcenter_tokens.yml", commandcenter: dict[str, t.Any] | None = None, **answers: t.Any) -> Job:
        declared = [{"name": "ci", "scope": "custom", "api_endpoints": ["/client"], "store": {"vault": {"path": self.path}}}]
        credentials = {"commandcenter": self.commandcenter if commandcenter is None else commandcenter, "vault": self.vault}
        return self._job(playbook, credentials, variables={"commandcenter_tokens": declared}, answers=answers)

    def _job(self, playbook: str, credentials: dict[str, dict[str, t.Any]], **more: t.Any) -> Job:
        job = Job(self.folder / f"job-{len(self.jobs) + 1}", playbook, credentials, **more)
        self.jobs.append(job)
        return job

    def check_for_leaks(self) -> None:
        hits = self.searcher.search([path for job in self.jobs for path in job.written()])
        assert not hits, "\n".join(map(str, hits[:20]))
        assert self.searcher.octets > 1000 * len(self.jobs)


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


def test_every_playbook_is_run_here() -> None:
    assert set(PLAYBOOKS) == ALL_PLAYBOOKS


def test_fleet(awx: Awx) -> None:
    ended = awx.fleet(awx.clusters).run()
    assert_succeeded(ended)
    summaries = ended.facts("Sum up without secrets")
    assert {host: facts["cohesity_token_summary"]["kind"] for host, facts in summaries.items()} == dict.fromkeys(awx.clusters, "token")
    # What the fact cache holds would go to AWX's database.
    assert [path for path in (awx.jobs[0].runner / "artifacts").rglob("fact_cache/*") if "oken" in path.read_text(encoding="utf-8")] == []


def test_slices_do_what_the_whole_does(awx: Awx) -> None:
    """AWX gives each slice a part of the hosts."""
    slices: dict[str, t.Any] = {}
    for cluster in awx.clusters:
        ended = awx.fleet([cluster]).run()
        assert_succeeded(ended)
        slices |= ended.facts("Sum up without secrets")
    whole = awx.fleet(awx.clusters).run().facts("Sum up without secrets")
    assert set(slices) == set(whole) == set(awx.clusters)
    for host in awx.clusters:
        for key in ("cluster", "kind", "username", "actions"):
            assert slices[host]["cohesity_token_summary"][key] == whole[host]["cohesity_token_summary"][key]


def test_tokens_are_created_kept_and_rotated(awx: Awx) -> None:
    first = awx.tokens(commandcenter_tokens_purge="no").run()
    assert_succeeded(first)
    assert first.changed() == 1
    assert awx.openbao.read(awx.path)[0]
    second = awx.tokens(commandcenter_tokens_purge="no").run()
    assert_succeeded(second)
    assert second.changed() == 0
    before = awx.openbao.read(awx.path)[0]
    third = awx.tokens("rotate.yml").run()
    assert_succeeded(third)
    assert third.changed() == 1
    after = awx.openbao.read(awx.path)[0]
    assert before
    assert after
    assert before["access_token"] != after["access_token"]


@pytest.mark.parametrize(("answer", "left"), [("no", ["ci", "old-one"]), ("yes", ["ci"])])
def test_purge_understands_the_answers(awx: Awx, answer: str, left: list[str]) -> None:
    awx.sim.commandcenter_create("old-one")
    ended = awx.tokens(commandcenter_tokens_purge=answer, commandcenter_tokens_purge_prefix="old").run()
    assert_succeeded(ended)
    assert sorted(token["name"] for token in awx.sim.state()["commandcenter"]["tokens"] if token["alive"]) == left


def test_jobs_at_once_renew_once(awx: Awx) -> None:
    """Two schedules and a person."""
    assert_succeeded(awx.tokens(commandcenter_tokens_purge="no").run())
    awx.sim.advance(NEARLY_A_LIFETIME)
    awx.sim.clear_requests()
    jobs = [awx.tokens(commandcenter_tokens_purge="no") for _number in range(3)]
    processes = [job.start() for job in jobs]
    for job, process in zip(jobs, processes, strict=True):
        assert_succeeded(job.finish(process))
    assert len(awx.sim.requests(path="Renew")) == 1


# Bad input


def hostile(awx: Awx) -> tuple[str, Path]:
    """An answer that would leave a file, if it were a template."""
    path = awx.folder / "executed"
    return f"{{{{ lookup('ansible.builtin.pipe', 'touch {path}') }}}}", path


@pytest.mark.parametrize("question", [one["variable"] for one in SURVEYS["cohesity_token"]["spec"]])
def test_hostile_answer_about_the_fleet(awx: Awx, question: str) -> None:
    answer, path = hostile(awx)
    ended = awx.fleet(awx.clusters, **{question: answer}).run()
    assert not path.exists()
    # As a pattern it matches no host; as a kind of login it is refused.
    assert awx.sim.requests() == []
    assert (ended.rc == 0) == (question == "cohesity_token_hosts"), ended.screen[-3000:]


@pytest.mark.parametrize("question", [one["variable"] for one in SURVEYS["commandcenter_tokens"]["spec"]])
def test_hostile_answer_about_the_tokens(awx: Awx, question: str) -> None:
    awx.sim.commandcenter_create("old-one")
    answer, path = hostile(awx)
    answers = {"commandcenter_tokens_purge": "yes", "commandcenter_tokens_purge_prefix": "", question: answer}
    awx.tokens(**answers).run()
    assert not path.exists()
    assert "old-one" in [token["name"] for token in awx.sim.state()["commandcenter"]["tokens"] if token["alive"]]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"cohesity_token_hosts": ""}, "cohesity_token_hosts is missing"),
        ({"cohesity_token_login": "ticket"}, "cohesity_token_login must be one of: auto, token, session"),
    ],
)
def test_bad_answer_about_the_fleet(awx: Awx, answers: dict[str, t.Any], sentence: str) -> None:
    ended = awx.fleet(awx.clusters, **answers).run()
    assert ended.rc != 0
    assert sentence in ended.words
    assert awx.sim.requests() == []


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"commandcenter_tokens_purge": "perhaps"}, "commandcenter_tokens_purge"),
        ({"commandcenter_tokens_purge": "yes", "commandcenter_tokens_purge_prefix": ""}, "commandcenter_tokens_purge needs commandcenter_tokens_purge_prefix"),
    ],
)
def test_bad_answer_about_the_tokens(awx: Awx, answers: dict[str, t.Any], sentence: str) -> None:
    ended = awx.tokens(**answers).run()
    assert ended.rc != 0
    assert sentence in ended.words
    assert awx.sim.requests() == []


@pytest.mark.parametrize(("missing", "sentence"), [("url", "missing required arguments: url"), ("password", "give username and password")])
def test_credential_without_a_field(awx: Awx, missing: str, sentence: str) -> None:
    ended = awx.tokens(commandcenter={**awx.commandcenter, missing: ""}).run()
    assert ended.rc != 0
    assert sentence in ended.words, ended.screen[-3000:]
    assert awx.sim.requests() == []
