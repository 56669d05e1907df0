# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles, and the playbooks that call them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.constants import V2_LOGIN, VERIFY
from tests.openbao import OpenBao
from tests.playbook import Ansible, Run
from tests.simulator.credentials import COHESITY_PASSWORD, COHESITY_USERNAME, COMMANDCENTER_PASSWORD, COMMANDCENTER_USERNAME, SERVICE_ACCOUNT_ID
from tests.unit.helpers import transcript

MINTED = "MINTED-BY-THE-SERVER"


@pytest.fixture
def environment(ansible: Ansible) -> dict[str, str]:
    """What AWX would inject. Every secret that the server makes can be told by its beginning."""
    sim = ansible.sim
    sim.mark_secrets(MINTED)
    return {
        "COHESITY_USERNAME": COHESITY_USERNAME,
        "COHESITY_PASSWORD": COHESITY_PASSWORD,
        "COHESITY_CA_PATH": sim.ca_path,
        "COMMANDCENTER_URL": sim.url,
        "COMMANDCENTER_USERNAME": COMMANDCENTER_USERNAME,
        "COMMANDCENTER_PASSWORD": COMMANDCENTER_PASSWORD,
        "COMMANDCENTER_CA_PATH": sim.ca_path,
    }


def no_secret(run: Run) -> None:
    """Neither on the screen nor in what a callback is given, at the verbosity of the run."""
    written = run.screen + json.dumps(run.results)
    assert [secret for secret in (MINTED, COHESITY_PASSWORD, COMMANDCENTER_PASSWORD) if secret in written] == []


# cohesity_token

TWO_CLUSTERS = """
- hosts: remotes
  gather_facts: false
  vars:
    cohesity_token_cluster: "{{ address }}"
  tasks:
    - block:
        - include_role: {name: dataprotection.access.cohesity_token}
        - record: {first: "{{ cohesity_access_token }}", summary: "{{ cohesity_token_summary }}"}
        - include_role: {name: dataprotection.access.cohesity_token}
        - record: {second: "{{ cohesity_access_token }}"}
      always:
        - include_role: {name: dataprotection.access.cohesity_token, tasks_from: clean}
        - record: {left: "{{ [cohesity_access_token, cohesity_token_result | default({})] }}"}
"""


def test_each_host_gets_the_token_of_its_cluster(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(TWO_CLUSTERS, "-vvvvv", environment=environment, address=ansible.sim.host)
    assert run.rc == 0, run.screen
    tokens = [run.value("first", host)["access_token"] for host in ("remote", "remote2")]
    assert len(set(tokens)) == 2
    assert all(ansible.sim.check_cohesity(token) for token in tokens)
    assert run.value("first", "remote")["headers"] == {"Authorization": f"Bearer {tokens[0]}"}
    summary = run.value("summary", "remote")
    assert (summary["cluster"], summary["username"], summary["actions"]) == (ansible.sim.host, COHESITY_USERNAME, ["created"])
    assert MINTED not in json.dumps(summary)
    no_secret(run)


def test_role_reuses_the_host_s_token_and_clean_forgets_it(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(TWO_CLUSTERS, "--limit", "remote", environment=environment, address=ansible.sim.host)
    assert run.value("second")["access_token"] == run.value("first")["access_token"]
    assert transcript(ansible.sim) == [V2_LOGIN, VERIFY]
    assert run.value("left") == [{}, {}]


def test_fact_of_the_role_is_in_no_cache(ansible: Ansible, environment: dict[str, str]) -> None:
    cache = ansible.folder / "facts"
    more = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(cache)}
    run = ansible.play(TWO_CLUSTERS, environment={**environment, **more}, address=ansible.sim.host)
    assert run.rc == 0, run.screen
    assert run.value("first", "remote")["access_token"].startswith(MINTED)
    assert "not published" not in run.words
    assert [path for path in cache.rglob("*") if path.is_file() and MINTED in path.read_text(encoding="utf-8")] == []


def test_wrong_password_is_sent_once_and_leaves_no_token(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(TWO_CLUSTERS, "--limit", "remote", environment={**environment, "COHESITY_PASSWORD": "wrong"}, address=ansible.sim.host)
    assert run.rc == 2
    assert "was refused; it was not tried again" in run.words
    assert transcript(ansible.sim) == [V2_LOGIN]
    assert run.value("left") == [{}, {}]


def test_later_tasks_can_be_checked_without_a_login(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(TWO_CLUSTERS, "--check", "--limit", "remote", environment=environment, address=ansible.sim.host)
    assert run.rc == 0, run.screen
    assert run.value("first")["headers"] == {}
    assert transcript(ansible.sim) == []


def test_playbook_of_cohesity_tokens(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(
        "dataprotection.access.cohesity_token",
        environment=environment,
        cohesity_token_hosts="remotes",
        cohesity_token_serial=[1, "100%"],
        cohesity_token_cluster=ansible.sim.host,
    )
    assert run.rc == 0, run.screen
    assert transcript(ansible.sim) == [V2_LOGIN, V2_LOGIN]
    assert run.screen.count('"cohesity_token_summary"') == 2
    no_secret(run)


# commandcenter_tokens

PURGE = {"commandcenter_tokens_purge": True, "commandcenter_tokens_purge_prefix": "ci-"}


def keep(
    ansible: Ansible,
    environment: dict[str, str],
    tokens: list[dict[str, t.Any]],
    *arguments: str,
    playbook: str = "commandcenter_tokens",
    **more: t.Any,
) -> Run:
    """Run a playbook of the collection on this list; the simulator's record begins anew."""
    ansible.sim.clear_requests()
    ansible.variables = {}
    return ansible.play(f"dataprotection.access.{playbook}", *arguments, environment=environment, commandcenter_tokens=tokens, **more)


def summary(run: Run) -> list[dict[str, t.Any]]:
    return list(run.result("Show what became of each token")["commandcenter_tokens_summary"])


def live(ansible: Ansible) -> set[str]:
    return {token["name"] for token in ansible.sim.state()["commandcenter"]["tokens"] if token["alive"]}


def test_list_is_kept_as_declared(ansible: Ansible, environment: dict[str, str]) -> None:
    declared = [
        {"name": "ci-all", "renewable_until": "90d"},
        {"name": "ci-custom", "scope": "custom", "api_endpoints": ["/client"]},
        {"name": "ci-scim", "scope": "ms_scim", "expires": "30d"},
        {"name": "ci-service", "user_id": SERVICE_ACCOUNT_ID},
        {"name": "ci-gone", "state": "absent"},
    ]
    ansible.sim.commandcenter_create("ci-gone")
    check = keep(ansible, environment, declared, "--check", "--diff")
    assert check.rc == 0, check.screen
    assert live(ansible) == {"ci-gone"}

    first = keep(ansible, environment, declared, "-vvvvv")
    assert first.rc == 0, first.screen
    assert live(ansible) == {"ci-all", "ci-custom", "ci-scim", "ci-service"}
    shown = summary(first)
    assert [(one["name"], one.get("scope"), one["actions"]) for one in shown] == [
        ("ci-all", "all", ["created"]),
        ("ci-custom", "custom", ["created"]),
        ("ci-scim", "ms_scim", ["created"]),
        ("ci-service", "all", ["created"]),
        ("ci-gone", None, ["revoked"]),
    ]
    no_secret(first)

    second = keep(ansible, environment, declared)
    assert "changed=0" in second.words
    assert ansible.sim.requests(path="accesstoken", method="POST|PUT|DELETE") == []


@pytest.mark.parametrize("kind", ["file", "vault"])
def test_secrets_of_a_store_are_never_shown(ansible: Ansible, environment: dict[str, str], openbao: OpenBao, kind: str) -> None:
    """Not even at -vvvvv, though the list of tokens holds the store's credentials."""
    place = {"file": {"file": str(ansible.folder / "ci.json")}, "vault": {"vault": {"url": openbao.url, "path": "role/ci", "token": openbao.token}}}
    run = keep(ansible, environment, [{"name": "ci", "store": place[kind]}], "-vvvvv", "--diff")
    assert run.rc == 0, run.screen
    assert openbao.token not in run.screen + json.dumps(run.results)
    no_secret(run)
    assert "changed=0" in keep(ansible, environment, [{"name": "ci", "store": place[kind]}]).words


def test_secrets_are_in_the_result_in_the_order_of_the_list(ansible: Ansible, environment: dict[str, str]) -> None:
    playbook = """
    - hosts: local
      gather_facts: false
      roles:
        - dataprotection.access.commandcenter_tokens
      post_tasks:
        - record: {tokens: "{{ commandcenter_tokens_result.results | map(attribute='token') | list }}"}
    """
    run = ansible.play(playbook, environment=environment, commandcenter_tokens=[{"name": "ci-1"}, {"name": "ci-2"}])
    assert [token["name"] for token in run.value("tokens")] == ["ci-1", "ci-2"]
    assert all(ansible.sim.check(token["access_token"]) for token in run.value("tokens"))


def test_purge_revokes_what_has_the_prefix_and_is_not_declared(ansible: Ansible, environment: dict[str, str]) -> None:
    for name in ("ci-old", "ci-kept", "ci-kept.replaced-7", "ci-old.replaced-8", "ci-keptnot", "other", "my-ci-old"):
        ansible.sim.commandcenter_create(name)
    before = live(ansible)
    by_id = ansible.sim.commandcenter_create("ci-by-id")["id"]
    declared = [{"name": "ci-kept"}, {"id": by_id}]
    doomed = {"ci-old", "ci-old.replaced-8", "ci-keptnot"}

    check = keep(ansible, environment, declared, "--check", **PURGE)
    assert check.rc == 0, check.screen
    shown = summary(check)
    assert {one["name"] for one in shown if one["actions"] == ["revoked"]} == doomed
    assert live(ansible) == before | {"ci-by-id"}

    run = keep(ansible, environment, declared, **PURGE)
    assert run.rc == 0, run.screen
    assert live(ansible) == (before | {"ci-by-id"}) - doomed
    assert "changed=0" in keep(ansible, environment, declared, **PURGE).words


def test_purge_of_an_empty_list_stays_within_its_prefix(ansible: Ansible, environment: dict[str, str]) -> None:
    for name in ("ci-old", "other"):
        ansible.sim.commandcenter_create(name)
    run = keep(ansible, environment, [], **PURGE)
    assert run.rc == 0, run.screen
    assert live(ansible) == {"other"}


def test_purge_of_another_user(ansible: Ansible, environment: dict[str, str]) -> None:
    ansible.sim.commandcenter_create("ci-mine")
    ansible.sim.commandcenter_create("ci-service", user_id=SERVICE_ACCOUNT_ID)
    run = keep(ansible, environment, [], **PURGE, commandcenter_tokens_purge_user_ids=[SERVICE_ACCOUNT_ID])
    assert run.rc == 0, run.screen
    assert live(ansible) == {"ci-mine"}


@pytest.mark.parametrize("prefix", ["", "  "])
def test_purge_needs_a_prefix(ansible: Ansible, environment: dict[str, str], prefix: str) -> None:
    ansible.sim.commandcenter_create("other")
    run = keep(ansible, environment, [], commandcenter_tokens_purge=True, commandcenter_tokens_purge_prefix=prefix)
    assert run.rc == 2
    assert "commandcenter_tokens_purge needs commandcenter_tokens_purge_prefix" in run.words
    assert ansible.sim.requests() == []


def test_a_run_without_its_list_fails(ansible: Ansible, environment: dict[str, str]) -> None:
    ansible.sim.commandcenter_create("ci-old")
    ansible.variables = {}
    run = ansible.play("dataprotection.access.commandcenter_tokens", environment=environment, **PURGE)
    assert run.rc == 2
    assert "missing required arguments: commandcenter_tokens" in run.words
    assert ansible.sim.requests() == []


def test_wrong_password_is_sent_once_for_a_whole_list(ansible: Ansible, environment: dict[str, str]) -> None:
    run = keep(ansible, {**environment, "COMMANDCENTER_PASSWORD": "wrong"}, [{"name": "ci-1"}, {"name": "ci-2"}, {"name": "ci-3"}])
    assert run.rc == 2
    assert transcript(ansible.sim) == [V2_LOGIN]


def test_rotate_renews_what_can_be_renewed(ansible: Ansible, environment: dict[str, str]) -> None:
    folder = ansible.folder
    declared = [
        {"name": "ci-stored", "store": {"file": str(folder / "stored.json")}},
        {"name": "ci-scim", "scope": "ms_scim", "store": {"file": str(folder / "scim.json")}},
        {"name": "ci-bare"},
        {"name": "ci-gone", "state": "absent", "store": {"file": str(folder / "gone.json")}},
    ]
    assert keep(ansible, environment, declared).rc == 0
    before = secret(folder / "stored.json")
    predicted = keep(ansible, environment, declared, "--check", playbook="rotate")
    assert secret(folder / "stored.json") == before
    run = keep(ansible, environment, declared, playbook="rotate")
    for one in (predicted, run):
        shown = summary(one)
        assert [(token["name"], token["actions"]) for token in shown] == [("ci-stored", ["renewed"]), ("ci-scim", ["reused"]), ("ci-bare", []), ("ci-gone", [])]
    assert secret(folder / "stored.json") != before
    assert ansible.sim.check(secret(folder / "stored.json"))
    assert not ansible.sim.check(before)
    no_secret(run)


def secret(path: Path) -> str:
    return str(json.loads(path.read_text(encoding="utf-8"))["access_token"])
