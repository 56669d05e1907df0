# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook of the AWX kit as a job runs it: it does its work, leaves no secret behind, and takes a bad answer for what it is."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.awx.conftest import Awx, assert_succeeded
from tests.awx.job import LOCALHOST, Ended, Job
from tests.awx.kit import OBJECTS, PLAYBOOKS, SURVEYS
from tests.constants import NEARLY_A_LIFETIME
from tests.waiting import wait_until

PATIENCE = 90  # seconds: for five jobs that start at the same time on a busy machine
ALL_PLAYBOOKS = {"cohesity_token.yml", "commandcenter_tokens.yml", "rotate.yml"}


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
    """AWX gives each slice a part of the hosts, and runs the slices at the same time."""
    summaries = [at_once(awx.fleet([cluster]) for cluster in awx.clusters)]
    requests = [sorted(requests_of(awx))]
    awx.sim.clear_requests()
    summaries.append(at_once([awx.fleet(awx.clusters)]))
    requests.append(sorted(requests_of(awx)))
    assert len(summaries[0]) == len(awx.clusters)
    assert summaries[0] == summaries[1]
    assert requests[0] == requests[1]
    assert len([request for request in requests[0] if request == "POST /v2/access-tokens"]) == len(awx.clusters)


def at_once(jobs: Iterable[Job]) -> dict[str, t.Any]:
    """What the jobs say of each cluster, without the times."""
    found: dict[str, t.Any] = {}
    for ended in run_all(list(jobs)):
        assert_succeeded(ended)
        for host, facts in ended.facts("Sum up without secrets").items():
            found[host] = {key: facts["cohesity_token_summary"][key] for key in ("cluster", "kind", "username", "actions")}
    return found


def requests_of(awx: Awx) -> list[str]:
    return [f"{request['method']} {request['path']}" for request in awx.sim.requests()]


def run_all(jobs: Sequence[Job]) -> list[Ended]:
    processes = [job.start() for job in jobs]
    return [job.finish(process) for job, process in zip(jobs, processes, strict=True)]


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
    """Two slices, two schedules and a workflow, on two AWX instances: the first renewal is held until each of them has begun."""
    assert_succeeded(awx.tokens(commandcenter_tokens_purge="no").run())
    awx.sim.advance(NEARLY_A_LIFETIME)
    awx.sim.clear_requests()
    awx.sim.fault("gate", path="Renew", name="renewal", seconds=PATIENCE)
    patient = {"commandcenter_tokens_timeout": PATIENCE}
    (schedule,) = [one["extra_data"] for one in OBJECTS["schedules"] if "commandcenter_tokens_purge" in one["extra_data"]]
    sliced = {"commandcenter_tokens_hosts": "all", **patient}
    jobs = [
        *(awx.tokens(hosts={name: LOCALHOST["localhost"]}, variables=sliced, commandcenter_tokens_purge="no") for name in ("one", "two")),
        *(awx.tokens(variables=patient, **schedule) for _number in range(2)),
        awx.tokens("rotate.yml", variables=patient),
    ]
    processes = [job.start() for job in jobs]
    awx.sim.wait_for("renewal", seconds=PATIENCE)
    assert wait_until(lambda: all(job.has_begun("Bring the tokens to their declared state") for job in jobs), PATIENCE)
    # From the event to the first line of the task's own process.
    time.sleep(2)
    awx.sim.open_gate("renewal")
    all_ended = [job.finish(process) for job, process in zip(jobs, processes, strict=True)]
    for ended in all_ended:
        assert_succeeded(ended)
    assert sum(ended.changed() for ended in all_ended) == 1
    assert len(awx.sim.requests(path="Renew")) == 1
    (token,) = [token for token in awx.sim.state()["commandcenter"]["tokens"] if token["alive"]]
    assert token["name"] == "ci"


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
        ({"cohesity_token_hosts": 7}, "cohesity_token_hosts"),
        ({"cohesity_token_login": ""}, "cohesity_token_login must be one of: auto, token, session"),
        ({"cohesity_token_login": ["auto", "token"]}, "cohesity_token_login must be one of: auto, token, session"),
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
        ({"commandcenter_tokens_purge": ""}, "commandcenter_tokens_purge"),
        ({"commandcenter_tokens_purge": ["yes"]}, "commandcenter_tokens_purge"),
        ({"commandcenter_tokens_purge": "yes", "commandcenter_tokens_purge_prefix": ""}, "commandcenter_tokens_purge needs commandcenter_tokens_purge_prefix"),
    ],
)
def test_bad_answer_about_the_tokens(awx: Awx, answers: dict[str, t.Any], sentence: str) -> None:
    ended = awx.tokens(**answers).run()
    assert ended.rc != 0
    assert sentence in ended.words
    assert awx.sim.requests() == []


@pytest.mark.parametrize(
    ("missing", "sentence"), [("url", "missing required arguments: url"), ("password", "password (or COMMANDCENTER_PASSWORD) is missing or empty")]
)
def test_credential_without_a_field(awx: Awx, missing: str, sentence: str) -> None:
    ended = awx.tokens(commandcenter={**awx.commandcenter, missing: ""}).run()
    assert ended.rc != 0
    assert sentence in ended.words, ended.screen[-3000:]
    assert awx.sim.requests() == []
