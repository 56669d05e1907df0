# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret in anything that ansible writes, whatever goes right or wrong, however much it is asked to tell."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from pathlib import Path

import ansible_runner
import pytest

from tests.leaks.canaries import MINTED, PROXY_PASSWORD, WRONG_PASSWORD
from tests.leaks.conftest import Hunt
from tests.leaks.scenarios import COHESITY, INFO, bad_tasks, every_fault_everywhere, every_fault_somewhere, good_tasks, playbook
from tests.playbook import IN_PROCESS, SHIPPED, SHIPPED_LOCALLY, Run, make_python

WAYS = {"in_process": IN_PROCESS, "shipped": SHIPPED, "shipped_locally": SHIPPED_LOCALLY}


def callbacks() -> dict[str, dict[str, str]]:
    """How results are shown."""
    return {
        "yaml": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"},
        "json": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_CALLBACK_FORMAT_PRETTY": "true"},
        "minimal": {"ANSIBLE_STDOUT_CALLBACK": "minimal"},
        "oneline": {"ANSIBLE_STDOUT_CALLBACK": "oneline"},
        **{name: {"ANSIBLE_STDOUT_CALLBACK": name} for name in ("ansible.posix.json", "ansible.posix.jsonl", "community.general.yaml")},
        # What AWX has in place of a screen: files of events, which go into its database.
        "awx": {"ANSIBLE_STDOUT_CALLBACK": "awx_display", "ANSIBLE_CALLBACK_PLUGINS": f"{Path(ansible_runner.__file__).parent}/display_callback/callback"},
    }


def all_output(hunt: Hunt) -> dict[str, str]:
    """Everything that can be switched on beside the screen."""
    return {
        "ANSIBLE_LOG_PATH": str(hunt.folder / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(hunt.folder / "cache"),
        "ANSIBLE_CALLBACKS_ENABLED": "recorder,ansible.builtin.junit,ansible.builtin.tree",
        "JUNIT_OUTPUT_DIR": str(hunt.folder / "junit"),
        "ANSIBLE_CALLBACK_TREE_DIR": str(hunt.folder / "tree"),
    }


def assert_nothing_leaked(hunt: Hunt) -> None:
    hits = hunt.hits()
    assert not hits, "\n".join(map(str, hits[:40]))
    assert hunt.left_over() == []


def assert_ended_as_named(run: Run, tasks: list[dict[str, t.Any]]) -> None:
    """Every task ran, and ended as its name says; a playbook that stops half-way leaks nothing either."""
    ended = {one["task"]: one["event"] for one in run.results if not one["event"].startswith("item") and one["event"] != "retry"}
    wanted = {task["name"]: task["name"].partition(":")[0] for task in tasks}
    unlike = {name: ended.get(name) for name, how in wanted.items() if ended.get(name) not in {"ok": ["ok"], "fails": ["failed"], "any": ["ok", "failed"]}[how]}
    assert not unlike, f"{unlike}\n{run.screen[-6000:]}"


def assert_secrets_were_used(hunt: Hunt) -> None:
    """The servers have seen the right and the wrong passwords, and have made tokens."""
    state = hunt.sim.state()
    assert len(state["cohesity"]["tokens"]) > 5
    assert all(token["secret"].startswith(MINTED) for token in state["cohesity"]["tokens"])
    assert all(token["access_token"].startswith(MINTED) for token in state["commandcenter"]["tokens"])
    sent = [request["body"].get("password") for request in hunt.sim.requests(path="access-tokens") if isinstance(request["body"], dict)]
    assert WRONG_PASSWORD in sent


@pytest.mark.parametrize("way", WAYS)
def test_loudest_run(hunt: Hunt, way: str) -> None:
    tasks = [*good_tasks(), *bad_tasks()]
    if way != "shipped_locally":
        tasks += every_fault_somewhere()
    run = hunt.play(playbook(tasks, **WAYS[way]), "-vvvvv", "--diff", environment=all_output(hunt))
    assert_nothing_leaked(hunt)
    assert_ended_as_named(run, tasks)
    assert_secrets_were_used(hunt)
    for name in ("ansible.log", "junit", "tree", "cache"):
        assert (hunt.folder / name).exists()


def test_every_fault_at_every_call(hunt: Hunt) -> None:
    tasks = every_fault_everywhere()
    run = hunt.play(playbook(tasks, **IN_PROCESS), "-vvv", environment={"ANSIBLE_LOG_PATH": str(hunt.folder / "ansible.log")})
    assert_nothing_leaked(hunt)
    assert_ended_as_named(run, tasks)


@pytest.mark.parametrize("way", ["in_process", "shipped"])
def test_check_mode(hunt: Hunt, way: str) -> None:
    tasks = [*good_tasks(), *bad_tasks()]
    run = hunt.play(playbook(tasks, **WAYS[way]), "-vvvvv", "--check", "--diff", environment=all_output(hunt))
    assert_nothing_leaked(hunt)
    assert len({one["task"] for one in run.results}) == len(tasks)


# How a result came about hardly matters to who shows it.
@pytest.mark.parametrize(("way", "callback"), [*(("in_process", name) for name in callbacks()), ("shipped", "awx"), ("shipped", "yaml")])
def test_callback(hunt: Hunt, way: str, callback: str) -> None:
    environment = callbacks()[callback]
    if "ANSIBLE_CALLBACK_PLUGINS" in environment:
        environment["ANSIBLE_CALLBACK_PLUGINS"] += f":{hunt.environment()['ANSIBLE_CALLBACK_PLUGINS']}"
    environment["AWX_ISOLATED_DATA_DIR"] = str(hunt.folder / "awx")
    (hunt.folder / "awx" / "job_events").mkdir(parents=True)
    tasks = [*good_tasks(), *bad_tasks()]
    if way == "shipped":
        tasks = [*tasks[:12], *(task for task in tasks if "loop" in task)]
    run = hunt.play(playbook(tasks, **WAYS[way]), "-vvv", "--diff", environment=environment)
    assert_nothing_leaked(hunt)
    assert_ended_as_named(run, tasks)
    if callback == "awx":
        events = [path.read_text(encoding="utf-8") for path in (hunt.folder / "awx" / "job_events").iterdir()]
        assert len([event for event in events if '"event": "runner_on_failed"' in event]) >= 4


def test_modules_sent_through_a_pipe(hunt: Hunt) -> None:
    """With pipelining the options of a module go to the target's Python without a file."""
    tasks = [*good_tasks(), *bad_tasks()]
    run = hunt.play(playbook(tasks, **SHIPPED), "-vvvvv", environment={"ANSIBLE_PIPELINING": "1"})
    assert_nothing_leaked(hunt)
    assert_ended_as_named(run, tasks)


# Targets on which things go wrong

LOOP = {
    COHESITY: {"username": "{{ item.username }}", "password": "{{ item.password }}"},
    "loop": "{{ wrong_logins + logins }}",
}
RENEW = {
    "dataprotection.access.commandcenter_access_token": {
        "state": "renewed",
        "access_token": "{{ dead.token }}",
        "refresh_token": "{{ dead.refresh_token }}",
    }
}


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def broken_pythons(hunt: Hunt) -> Mapping[str, str]:
    """Pythons that break, with all that they were given in what they say. The module's file holds its options."""
    options = 'grep -a ANSIBLE_MODULE_ARGS "$1"'
    run = f'"{hunt.target_python}" "$@"'
    return {
        "garbage instead of a result": f"{options}; {options} >&2; exit 1",
        "garbage, and success": f"{options}; {options} >&2",
        "a traceback": f"echo 'Traceback (most recent call last):'; {options}; echo 'Traceback (most recent call last):' >&2; {options} >&2; exit 3",
        "garbage before the result": f"{options} >&2; {options}; exec {run}",
        "half a result": f"{run} | head -c 60; {options}",
        "a result, and garbage": f"{run}; {options}; {options} >&2",
        "killed": "kill -9 $$",
        "nothing at all": "exit 0",
    }


def test_broken_targets(hunt: Hunt) -> None:
    pythons = broken_pythons(hunt)
    for number, text in enumerate(pythons.values()):
        hunt.target_python, before = script(hunt.folder / "input" / f"python{number}", text), hunt.target_python
        tasks = [
            {"name": "any: token", COHESITY: {}},
            {"name": "any: wrong", COHESITY: {"password": "{{ password.wrong }}"}},
            {"name": "any: loop", **LOOP},
            {"name": "any: renew", **RENEW},
            {"name": "any: list", INFO: {}},
        ]
        run = hunt.play(playbook(tasks, **SHIPPED), "-vvvvv", environment=all_output(hunt))
        assert_ended_as_named(run, tasks)
        hunt.target_python = before
    assert_nothing_leaked(hunt)
    assert len(pythons) * len(tasks) <= hunt.counts["results"]


def test_unreachable_target(hunt: Hunt) -> None:
    dead = script(hunt.folder / "input" / "ssh", "echo 'ssh: connect to host remote port 22: No route to host' >&2; exit 255\n")
    tasks = [{"name": "token", COHESITY: {}}, {"name": "loop", **LOOP}, {"name": "renew", **RENEW}]
    run = hunt.play(playbook(tasks, **SHIPPED, ignore_unreachable=True), "-vvvvv", environment={**all_output(hunt), "ANSIBLE_SSH_EXECUTABLE": dead})
    assert_nothing_leaked(hunt)
    assert [one["event"] for one in run.results if not one["event"].startswith("item")] == ["unreachable"] * 3


def test_controller_without_requests(hunt: Hunt, tmp_path: Path) -> None:
    hunt.python = make_python(tmp_path / "controller", "ansible-core")
    tasks = [*good_tasks()[:6], *bad_tasks()[:6]]
    run = hunt.play(playbook(tasks, **IN_PROCESS), "-vvvvv", environment=all_output(hunt))
    assert_nothing_leaked(hunt)
    assert_ended_as_named(run, tasks)


JOURNAL = """
def sendv(*fields): _write(fields)
def send(*message, **fields): _write((message, fields))
def _write(what):
    with open({path!r}, "a", encoding="utf-8") as journal:
        journal.write(str(what) + chr(10))
"""


def test_log_of_the_target(hunt: Hunt, tmp_path: Path) -> None:
    """Modules write their options to the target's journal, where they find one."""
    hunt.target_python = make_python(tmp_path / "python", "requests")
    (site,) = (tmp_path / "python").glob("lib/python*/site-packages")
    (site / "systemd").mkdir()
    (site / "systemd" / "__init__.py").touch()
    (site / "systemd" / "journal.py").write_text(JOURNAL.format(path=str(hunt.folder / "journal")), encoding="utf-8")
    (site / "systemd" / "daemon.py").write_text("def booted(): return True\n", encoding="utf-8")
    other = {"name": "ok: another module", "ansible.builtin.command": {"cmd": "echo is-in-the-journal"}}
    tasks = [other, *good_tasks()[:6], *bad_tasks()[:6]]
    run = hunt.play(playbook(tasks, **SHIPPED))
    assert_nothing_leaked(hunt)
    assert_ended_as_named(run, tasks)
    assert "is-in-the-journal" in (hunt.folder / "journal").read_text(encoding="utf-8")


def test_proxy_with_a_password(hunt: Hunt) -> None:
    """The environment names a proxy, in an address with credentials: one that works, one that does not."""
    tasks = [{"name": "any: token", COHESITY: {"retries": 1, "timeout": 10}}, {"name": "any: list", INFO: {"retries": 1, "timeout": 10}}]
    for address in (hunt.sim.proxy_url, hunt.sim.refused_url, hunt.sim.silent_url):
        proxy = f"http://operator:{PROXY_PASSWORD}@{address.partition('://')[2]}"
        names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")
        run = hunt.play(playbook([*tasks], **IN_PROCESS), "-vvvvv", environment={**dict.fromkeys(names, proxy), **all_output(hunt)})
        assert_ended_as_named(run, tasks)
        run = hunt.play(playbook([*tasks], **SHIPPED_LOCALLY), "-vvvvv", environment={**dict.fromkeys(names, proxy), **all_output(hunt)})
        assert_ended_as_named(run, tasks)
    assert len(hunt.sim.proxied()) == 4
    assert_nothing_leaked(hunt)
