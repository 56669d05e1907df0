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
    assert "was refused. It is not repeated" in run.words
    # Newer releases of ansible-core head the failure of a task with failed_when with these words, instead of the reason.
    assert "A 'failed_when' expression" not in run.words
    failures = [one["result"] for one in run.results if one["event"] == "failed"]
    assert [failure["msg"].partition(": HTTP 400 ")[0] for failure in failures] == [f"POST {ansible.sim.url}/v2/access-tokens"]
    assert transcript(ansible.sim) == [V2_LOGIN]
    assert run.value("left") == [{}, {}]


def test_later_tasks_can_be_checked_without_a_login(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(TWO_CLUSTERS, "--check", "--limit", "remote", environment=environment, address=ansible.sim.host)
    assert run.rc == 0, run.screen
    assert run.value("first")["headers"] == {}
    assert transcript(ansible.sim) == []


ONE_CLUSTER = """
- hosts: remote
  gather_facts: false
  vars:
    cohesity_token_cluster: "{{ address }}"
  tasks:
    - block:
        - include_role: {name: dataprotection.access.cohesity_token}
        - record: {headers: "{{ cohesity_token_headers }}", summary: "{{ cohesity_token_summary }}"}
        - uri: {url: "https://{{ address }}/irisservices/api/v1/public/nodes", headers: "{{ cohesity_token_headers }}", ca_path: "{{ ca_path }}"}
          delegate_to: localhost
          no_log: true
          when: not ansible_check_mode
        - include_role: {name: dataprotection.access.cohesity_token}
        - record: {again: "{{ cohesity_token_summary.actions }}"}
      always:
        - include_role: {name: dataprotection.access.cohesity_token, tasks_from: clean}
        - record: {left: "{{ [cohesity_access_token, cohesity_session, cohesity_token_headers] }}"}
"""
NODES = "GET /irisservices/api/v1/public/nodes"
OPEN, END = "POST /v2/users/sessions", "DELETE /v2/users/sessions"


def one_cluster(ansible: Ansible, environment: dict[str, str], *arguments: str, **variables: t.Any) -> Run:
    return ansible.play(ONE_CLUSTER, *arguments, environment=environment, address=ansible.sim.host, ca_path=ansible.sim.ca_path, **variables)


def nulls(values: dict[str, t.Any]) -> set[str]:
    """The keys that are null, and not an empty text, on every release of ansible-core."""
    return {key for key, value in values.items() if value is None}


@pytest.mark.parametrize("login", ["auto", "session"])
def test_session_where_the_cluster_wants_one(ansible: Ansible, environment: dict[str, str], login: str) -> None:
    ansible.sim.set(cohesity_session_management=True)
    run = one_cluster(ansible, environment, "-vvvvv", cohesity_token_login=login)
    assert run.rc == 0, run.screen
    assert transcript(ansible.sim) == [*([V2_LOGIN] if login == "auto" else []), OPEN, NODES, VERIFY, END]
    assert set(run.value("headers")) == {"session-id"}
    assert (run.value("summary")["kind"], run.value("summary")["actions"], run.value("again")) == ("session", ["created"], ["reused"])
    assert nulls(run.value("summary")) == {"expires_at", "expires_source", "privileges"}
    assert run.value("left") == [{}, {}, {}]
    assert ansible.sim.state()["cohesity"]["sessions"] == []
    assert ansible.sim.state()["cohesity"]["bare_session_deletes"] == []
    no_secret(run)


def test_session_where_access_tokens_are_unknown(ansible: Ansible, environment: dict[str, str]) -> None:
    ansible.sim.set(cohesity_sessions_always=True)
    ansible.sim.fault("status", path="access-tokens", code=404, times=0)
    run = one_cluster(ansible, environment)
    assert run.rc == 0, run.screen
    assert run.value("summary")["kind"] == "session"


@pytest.mark.parametrize(("login", "words"), [("token", "use dataprotection.access.cohesity_session instead"), ("session", "cohesity_access_token instead")])
def test_one_kind_only(ansible: Ansible, environment: dict[str, str], login: str, words: str) -> None:
    ansible.sim.set(cohesity_session_management=login == "token")
    run = one_cluster(ansible, environment, cohesity_token_login=login)
    assert run.rc == 2
    assert words in run.words.lower()
    assert transcript(ansible.sim) == [V2_LOGIN if login == "token" else OPEN]


@pytest.mark.parametrize("given", ["variable", "environment"])
def test_api_key_needs_no_login(ansible: Ansible, environment: dict[str, str], given: str) -> None:
    key = ansible.sim.cohesity_key_create("ci")["secret"]
    if given == "variable":
        run = one_cluster(ansible, environment, "-vvv", cohesity_token_api_key=key)
    else:
        run = one_cluster(ansible, {**environment, "COHESITY_API_KEY": key}, "-vvv")
    assert run.rc == 0, run.screen
    assert transcript(ansible.sim) == [NODES]
    assert run.value("headers") == {"apiKey": key}
    assert (run.value("summary")["kind"], run.value("summary")["cluster"]) == ("api_key", ansible.sim.host)
    assert nulls(run.value("summary")) == {"username", "domain", "expires_at", "expires_source", "privileges"}
    assert run.value("left") == [{}, {}, {}]
    assert key not in run.screen + json.dumps(run.results)


def test_key_of_the_environment_does_not_count_beside_a_password(ansible: Ansible, environment: dict[str, str]) -> None:
    run = one_cluster(ansible, {**environment, "COHESITY_API_KEY": "canary-no-key"}, cohesity_token_password=COHESITY_PASSWORD)
    assert run.rc == 0, run.screen
    assert run.value("summary")["kind"] == "token"


UNENDED = """
- hosts: remote
  gather_facts: false
  vars: {cohesity_token_cluster: "{{ address }}"}
  tasks:
    - include_role: {name: dataprotection.access.cohesity_token}
    - block:
        - include_role: {name: dataprotection.access.cohesity_token, tasks_from: clean}
      rescue:
        - record: {left: "{{ [cohesity_access_token, cohesity_session, cohesity_token_headers] }}", reason: "{{ ansible_failed_result.msg }}"}
"""


def test_facts_are_emptied_where_the_session_cannot_be_ended(ansible: Ansible, environment: dict[str, str]) -> None:
    ansible.sim.set(cohesity_session_management=True)
    ansible.sim.fault("status", method="DELETE", code=400)
    run = ansible.play(UNENDED, "-vvv", environment=environment, address=ansible.sim.host)
    assert run.rc == 0, run.screen
    assert run.value("left") == [{}, {}, {}]
    assert run.value("reason").endswith("/v2/users/sessions: HTTP 400")
    assert len(ansible.sim.state()["cohesity"]["sessions"]) == 1
    no_secret(run)


def test_localhost_of_the_inventory_is_not_reached_through_ssh(ansible: Ansible, environment: dict[str, str]) -> None:
    """An inventory that names localhost takes the implicit one's connection away."""
    named = ansible.folder / "named"
    named.write_text("localhost\n", encoding="utf-8")
    run = one_cluster(ansible, {**environment, "ANSIBLE_SSH_EXECUTABLE": "/bin/false"}, "-i", str(named))
    # uri is the test's own task, and goes the way of the inventory.
    assert run.value("summary")["actions"] == ["created"]
    assert transcript(ansible.sim)[0] == V2_LOGIN


def test_connection_that_the_inventory_gives_localhost_is_kept(ansible: Ansible, environment: dict[str, str]) -> None:
    named = ansible.folder / "named"
    named.write_text("localhost ansible_connection=ssh\n", encoding="utf-8")
    run = one_cluster(ansible, {**environment, "ANSIBLE_SSH_EXECUTABLE": "/bin/false"}, "-i", str(named))
    assert run.rc != 0
    assert transcript(ansible.sim) == []


PLAYBOOK = "dataprotection.access.cohesity_token"


def test_playbook_of_cohesity_tokens(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(
        PLAYBOOK,
        environment=environment,
        cohesity_token_hosts="remotes",
        cohesity_token_serial=[1, "100%"],
        cohesity_token_cluster=ansible.sim.host,
    )
    assert run.rc == 0, run.screen
    assert transcript(ansible.sim) == [V2_LOGIN, V2_LOGIN]
    assert run.screen.count('"cohesity_token_summary"') == 2
    no_secret(run)


def test_playbook_ends_its_sessions(ansible: Ansible, environment: dict[str, str]) -> None:
    ansible.sim.set(cohesity_session_management=True)
    run = ansible.play(PLAYBOOK, environment=environment, cohesity_token_hosts="remotes", cohesity_token_cluster=ansible.sim.host)
    assert run.rc == 0, run.screen
    assert transcript(ansible.sim).count(OPEN) == transcript(ansible.sim).count(END) == 2
    assert ansible.sim.state()["cohesity"]["sessions"] == []


def test_playbook_needs_its_hosts(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(PLAYBOOK, environment=environment)
    assert run.rc == 2
    assert "cohesity_token_hosts is missing: name the group of your Cohesity clusters" in run.words
    assert transcript(ansible.sim) == []
    assert ansible.play(PLAYBOOK, "--syntax-check").rc == 0
    # Limited to other hosts, the first play has none.
    limited = ansible.play(PLAYBOOK, "--limit", "remotes", environment=environment)
    assert "no hosts matched" in limited.words
    assert transcript(ansible.sim) == []


def test_playbook_needs_hosts_that_exist(ansible: Ansible, environment: dict[str, str]) -> None:
    run = ansible.play(PLAYBOOK, environment=environment, cohesity_token_hosts="cluster")
    assert run.rc == 2
    assert "cohesity_token_hosts: no host of the inventory matches 'cluster'; check the name of the group" in run.words
    assert transcript(ansible.sim) == []


IMPORTED = """
- import_playbook: dataprotection.access.cohesity_token
  vars: {cohesity_token_hosts: remote, cohesity_token_keep: true}
- hosts: remote
  gather_facts: false
  tasks:
    - record: {headers: "{{ cohesity_token_headers }}"}
    - include_role: {name: dataprotection.access.cohesity_token, tasks_from: clean}
"""


def test_imported_playbook_leaves_the_facts(ansible: Ansible, environment: dict[str, str]) -> None:
    ansible.sim.set(cohesity_session_management=True)
    run = ansible.play(IMPORTED, environment=environment, cohesity_token_cluster=ansible.sim.host)
    assert run.rc == 0, run.screen
    assert set(run.value("headers")) == {"session-id"}
    assert ansible.sim.state()["cohesity"]["sessions"] == []


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
        - record: {tokens: "{{ commandcenter_tokens_result.tokens | map(attribute='token') | list }}"}
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


KEYS = {"id", "name", "scope", "user_id", "expires_at", "renewable_until", "actions", "changes", "changed", "secret_available", "failed"}


def test_summary_has_the_same_keys_for_every_entry(ansible: Ansible, environment: dict[str, str]) -> None:
    """Also for what is gone, purged or failed; it names the attributes that changed. One login, one list and one logout serve all of them."""
    for name in ("ci-updated", "ci-gone", "ci-old", "ci-failing"):
        ansible.sim.commandcenter_create(name)
    declared = [
        {"name": "ci-updated", "scope": "custom", "api_endpoints": ["/client"]},
        {"name": "ci-gone", "state": "absent"},
        {"name": "ci-failing", "scope": "ms_scim"},
        {"name": "ci-new", "auth_header": "authtoken"},
    ]
    playbook = """
    - hosts: local
      gather_facts: false
      tasks:
        - block:
            - include_role: {name: dataprotection.access.commandcenter_tokens}
          rescue:
            - record: {summary: "{{ commandcenter_tokens_summary }}", message: "{{ ansible_failed_result.msg }}"}
    """
    run = ansible.play(playbook, "-v", environment=environment, commandcenter_tokens=declared, **PURGE)
    assert run.rc == 0, run.screen
    shown = run.value("summary")
    assert [set(one) for one in shown] == [KEYS] * 5
    assert [(one["name"], one["actions"], one["changed"], one["failed"]) for one in shown] == [
        ("ci-updated", ["updated"], True, False),
        ("ci-gone", ["revoked"], True, False),
        ("ci-failing", [], False, True),
        ("ci-new", ["created"], True, False),
        ("ci-old", ["revoked"], True, False),
    ]
    assert shown[0]["changes"] == {"scope": {"before": "all", "after": "custom"}, "api_endpoints": {"before": [], "after": ["/client"]}}
    assert "ci-failing: The token 'ci-failing' (id " in run.value("message")
    assert live(ansible) == {"ci-updated", "ci-failing", "ci-new"}
    assert [line for line in transcript(ansible.sim) if line.endswith(("/Login", "/Logout"))] == ["POST /Login", "POST /Logout"]
    no_secret(run)


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
    assert transcript(ansible.sim) == ["POST /Login"]


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
