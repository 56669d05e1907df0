# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that outlive their credential: it ends between two tasks, in a loop, in an `until` and between pages. Logins are counted at the server."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.playbook import MODULE_DEFAULTS, Ansible, Run

REST = "dataprotection.access.cohesity_rest"
CALL = "dataprotection.access.commandcenter_rest"
A_DAY = 86401
HALF_AN_HOUR = 1801


class Api(t.NamedTuple):
    """Where a version of Cohesity's API has what these plays use. status: the status of a run in what poll returned, as an expression."""

    seeded: str
    objects: str
    start: str
    poll: str
    status: str
    done: str
    pages: str
    pages_kind: str


COHESITY = {
    "v1": Api(
        "jobs",
        "/irisservices/api/v1/public/protectionJobs",
        "/irisservices/api/v1/public/protectionJobs/run/{{ seeded }}",
        '/irisservices/api/v1/public/protectionRuns, query: {jobId: "{{ seeded }}"}',
        "(polled.json | first).backupRun.status",
        "kSuccess",
        "/irisservices/api/v1/public/restore/vms/directoryList",
        "files",
    ),
    "v2": Api(
        "groups",
        "/v2/data-protect/protection-groups",
        "/v2/data-protect/protection-groups/{{ seeded }}/runs",
        '"/v2/data-protect/protection-groups/{{ seeded }}/runs"',
        "(polled.json.runs | first).localBackupInfo.status",
        "Succeeded",
        "/v2/file-services/views",
        "views",
    ),
}


def succeed(run: Run) -> Run:
    assert run.rc == 0, run.screen
    return run


def statuses(ansible: Ansible, path: str, method: str = "GET") -> list[int]:
    return [entry["status"] for entry in ansible.sim.requests(path=path, method=method)]


def advance(seconds: int, path: str, after: int, method: str = "GET") -> str:
    """A task after which the clock moves on just before one of the requests to come, `after` of them later."""
    return f"simulate: {{fault: {{kind: operation, name: advance, arguments: {{seconds: {seconds}}}, path: '{path}$', method: {method}, after: {after}}}}}"


def cohesity_tasks(api: Api, options: str, login: str, logout: str) -> str:
    """Calls whose credential ends four times. options: what each call has beside its path. login, logout: tasks around each of the four."""
    return f"""
    {login}
    - name: First
      {REST}: {{path: {api.objects}, {options}}}
    - simulate: {{advance: {{seconds: {A_DAY}}}}}
    - name: After the expiry
      {REST}: {{path: {api.objects}, {options}}}
    {logout}

    {login}
    - {advance(A_DAY, api.objects, 3, "POST")}
    - name: Create
      {REST}: {{path: {api.objects}, method: POST, body: {{name: "object {{{{ item }}}}"}}, {options}}}
      loop: [0, 1, 2, 3, 4, 5]
    {logout}

    {login}
    - name: Start
      {REST}: {{path: "{api.start}", method: POST, body: {{runType: kRegular}}, {options}}}
    - {advance(A_DAY + 60, "protectionRuns" if api is COHESITY["v1"] else "/runs", 2)}
    - name: Poll
      {REST}: {{path: {api.poll}, {options}}}
      register: polled
      until: {api.status} == '{api.done}'
      retries: 8
      delay: 0
    {logout}

    {login}
    - {advance(A_DAY, api.pages, 2)}
    - name: List
      {REST}: {{path: {api.pages}, paging: all, {options}}}
    - name: Last
      {REST}: {{path: {api.objects}, {options}}}
    {logout}
    """


def run_cohesity(ansible: Ansible, way: dict[str, t.Any], api: Api, options: str, login: str = "", logout: str = "") -> Run:
    sim = ansible.sim
    (seeded,) = sim.cohesity_seed(api.seeded)
    sim.cohesity_seed(api.pages_kind, 10)
    sim.set(cohesity_run_seconds=A_DAY, cohesity_page_size=2 if api.pages_kind == "views" else 3)
    return succeed(ansible.tasks(cohesity_tasks(api, options, login, logout), way, "-vvv", seeded=seeded))


def no_secret(ansible: Ansible, run: Run) -> None:
    cohesity = ansible.sim.state()["cohesity"]
    for credential in (*cohesity["tokens"], *cohesity["all_sessions"]):
        assert credential["secret"] not in run.screen
        assert credential["secret"] not in str(run.results)


@pytest.mark.parametrize("text", [1, 2, 3])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_one_login_for_each_expiry_of_a_token(ansible: Ansible, way: dict[str, t.Any], version: str, text: int) -> None:
    """Four expiries, four logins beside the first one, and each write is done once."""
    api = COHESITY[version]
    ansible.sim.set(cohesity_expiry_text=text)
    run = run_cohesity(ansible, way, api, f"api_version: {version}")
    assert [entry["path"] for entry in ansible.sim.requests(path="access-?tokens")] == [
        "/irisservices/api/v1/public/accessTokens" if version == "v1" else "/v2/access-tokens"
    ] * 5
    assert statuses(ansible, f"{api.objects}$") == [200, 401, 200, 200]
    assert statuses(ansible, f"{api.objects}$", "POST") == [201] * 3 + [401] + [201] * 3
    assert statuses(ansible, "protectionRuns$" if version == "v1" else "/runs$") == [200, 200, 401, 200]
    assert statuses(ansible, f"{api.pages}$").count(401) == 1
    assert len(run.result("List")["objects"]) == 10
    assert [run.result(name)["actions"] for name in ("First", "After the expiry", "List", "Last")] == [["authenticated"], *[["reauthenticated"]] * 2, []]
    no_secret(ansible, run)


# How a call gets the session: as an option, or out of the run's memory, where cohesity_session has left it.
SESSIONS = {"given": 'session: "{{ opened.session }}"', "remembered": "timeout: 30"}
OPEN_SESSION = "- {dataprotection.access.cohesity_session: , register: opened}"
# As the clean-up of the role does: without a login.
END_SESSION = '- {dataprotection.access.cohesity_session: {username: "", password: "", session: "{{ opened.session }}", state: absent}}'


@pytest.mark.parametrize("text", [1, 2, 3])
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("options", SESSIONS.values(), ids=SESSIONS)
def test_one_login_for_each_expiry_of_a_session(ansible: Ansible, way: dict[str, t.Any], version: str, text: int, options: str) -> None:
    """Four sessions, four expiries, four logins beside those of the sessions; who ends a session ends what replaced it, and no other one."""
    api = COHESITY[version]
    ansible.sim.set(cohesity_expiry_text=text, cohesity_session_management=True)
    run = run_cohesity(ansible, way, api, options, OPEN_SESSION, END_SESSION)
    assert statuses(ansible, f"{api.objects}$") == [200, 401, 200, 200]
    assert statuses(ansible, f"{api.objects}$", "POST") == [201] * 3 + [401] + [201] * 3
    assert statuses(ansible, "protectionRuns$" if version == "v1" else "/runs$") == [200, 200, 401, 200]
    assert statuses(ansible, f"{api.pages}$").count(401) == 1
    assert len(run.result("List")["objects"]) == 10
    assert [run.result(name)["actions"] for name in ("First", "After the expiry", "List", "Last")] == [[], *[["reauthenticated"]] * 2, []]
    assert statuses(ansible, "users/sessions$", "POST") == [201] * (4 + 4)
    assert statuses(ansible, "users/sessions$", "DELETE") == [401, 204] * 4
    deaths = [session["death"] for session in ansible.sim.state()["cohesity"]["all_sessions"]]
    assert deaths == ["expired", "current"] * 4
    assert ansible.sim.requests(path="access-?tokens") == []
    no_secret(ansible, run)


@pytest.mark.parametrize("strategy", ["linear", "free"])
@pytest.mark.parametrize("is_shared", [True, False], ids=["one_session", "a_session_each"])
def test_hosts_whose_session_ends_together(ansible: Ansible, strategy: str, is_shared: bool) -> None:
    """Two hosts at once, with one session or with one each: one login for the expiry, and nothing is left open."""
    sim = ansible.sim
    sim.set(cohesity_session_management=True)
    session = "{{ hostvars['one'].opened.session }}" if is_shared else "{{ opened.session }}"
    call = {REST: {"path": "/v2/data-protect/protection-groups", "session": session}}
    opening = {"dataprotection.access.cohesity_session": {}, "register": "opened", "when": "inventory_hostname == 'one'" if is_shared else True}
    ending = {"dataprotection.access.cohesity_session": {"session": session, "state": "absent"}}
    both = {"hosts": "both", "gather_facts": False, "strategy": strategy, "module_defaults": MODULE_DEFAULTS}
    plays = [
        {
            "hosts": "local",
            "gather_facts": False,
            "tasks": [{"add_host": {"name": "{{ item }}", "groups": "both", "ansible_connection": "local"}, "loop": ["one", "two"]}],
        },
        {**both, "tasks": [opening]},
        {"hosts": "local", "gather_facts": False, "tasks": [{"simulate": {"advance": {"seconds": A_DAY}}}]},
        {**both, "tasks": [{**call, "loop": [1, 2, 3]}, call]},
        {**both, "tasks": [ending]},
    ]
    run = succeed(ansible.play(json.dumps(plays, indent=1)))
    assert run.words.count("failed=0") == 3
    assert len(sim.requests(path="users/sessions", method="POST")) == (1 if is_shared else 2) + 1
    assert sim.state()["cohesity"]["sessions"] == []
    no_secret(ansible, run)


@pytest.mark.parametrize("text", [1, 2])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_no_login_replaces_an_api_key(ansible: Ansible, way: dict[str, t.Any], version: str, text: int) -> None:
    """Although there is a login beside it: one request and one clear error for each call after the end of the key."""
    api, sim = COHESITY[version], ansible.sim
    (seeded,) = sim.cohesity_seed(api.seeded)
    sim.set(cohesity_api_key_text=text)
    key = sim.cohesity_key_create("ci")
    sim.fault("operation", name="cohesity_key_delete", arguments={"id": key["id"]}, path=f"{api.objects}$", method="POST", after=3)
    tasks = f"""
    - name: Create
      {REST}: {{path: {api.objects}, method: POST, body: {{name: "object {{{{ item }}}}"}}, api_key: "{{{{ key }}}}"}}
      loop: [0, 1, 2, 3, 4]
      ignore_errors: true
      register: created
    - record: {{messages: "{{{{ created.results | map(attribute='msg', default='') | list }}}}"}}
    - name: Poll
      {REST}: {{path: {api.poll}, api_key: "{{{{ key }}}}"}}
      register: polled
      until: polled is success
      retries: 1
      delay: 0
      ignore_errors: true
    - record: {{polled: "{{{{ polled.msg }}}}"}}
    - name: Next
      {REST}: {{path: {api.objects}, api_key: "{{{{ key }}}}"}}
      ignore_errors: true
    """
    run = succeed(ansible.tasks(tasks, way, "-vvv", seeded=seeded, key=key["secret"]))
    assert statuses(ansible, f"{api.objects}$", "POST") == [201] * 3 + [401] * 2
    assert statuses(ansible, "protectionRuns$" if version == "v1" else "/runs$") == [401, 401]
    assert statuses(ansible, f"{api.objects}$") == [401]
    assert sim.requests(path="access-?tokens|users/sessions") == []
    failures = [*run.value("messages")[3:], run.value("polled"), run.result("Next")["msg"]]
    assert run.value("messages")[:3] == ["", "", ""]
    for message in failures:
        assert ": HTTP 401" in message
        assert "The API key was not accepted" in message
        assert ("API Key does not exist" if text == 1 else "invalid header value") in message
    assert key["secret"] not in run.screen + str(run.results)


# Command Center


def commandcenter_tasks(options: str, login: str = "") -> str:
    """The same for Command Center."""
    return f"""
    {login}
    - name: First
      {CALL}: {{path: /ClientGroup, {options}}}
    - simulate: {{advance: {{seconds: {HALF_AN_HOUR}}}}}
    - name: After the expiry
      {CALL}: {{path: /ClientGroup, {options}}}

    {login}
    - {advance(HALF_AN_HOUR, "/ClientGroup", 3, "POST")}
    - name: Create
      {CALL}: {{path: /ClientGroup, method: POST, body: {{name: "group {{{{ item }}}}"}}, {options}}}
      loop: [0, 1, 2, 3, 4, 5]

    {login}
    - name: Start
      {CALL}: {{path: /CreateTask, method: POST, body: {{}}, {options}}}
      register: started
    - {advance(HALF_AN_HOUR, "/Job/[0-9]+", 2)}
    - name: Poll
      {CALL}: {{path: "/Job/{{{{ started.json.jobIds[0] }}}}", {options}}}
      register: job
      until: job.json.jobs[0].jobSummary.status == 'Completed'
      retries: 8
      delay: 0

    {login}
    - {advance(HALF_AN_HOUR, "/VM", 2)}
    - name: List
      {CALL}: {{path: /VM, paging: all, {options}}}
    - name: Read
      {CALL}: {{path: /ClientGroup, {options}}}
      register: found
    - record: {{names: "{{{{ found.json.clientgroups | map(attribute='name') | list }}}}"}}
    """


def run_commandcenter(ansible: Ansible, way: dict[str, t.Any], tasks: str) -> Run:
    sim = ansible.sim
    sim.set(commandcenter_job_seconds=HALF_AN_HOUR, commandcenter_page_size=3)
    sim.commandcenter_fill_list("/VM", 10)
    run = succeed(ansible.tasks(tasks, way, "-vvv"))
    assert run.value("names") == [f"group {number}" for number in range(6)]
    assert len(run.result("List")["objects"]) == 10
    assert statuses(ansible, "/Job/[0-9]+$") == [200, 200, 401, 200]
    assert statuses(ansible, "/VM$").count(401) == 1
    assert sim.state()["commandcenter"]["logins"] == []
    for token in sim.state()["commandcenter"]["tokens"]:
        assert token["access_token"] not in run.screen
    return run


def test_one_renewal_for_each_expiry_of_a_stored_token(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """No login beside it: the store is enough."""
    store = f"store: {{file: {ansible.folder}/ci.json}}"
    created = f"""
    - dataprotection.access.commandcenter_access_token: {{name: ci, {store}}}
    """
    run = run_commandcenter(ansible, way, created + commandcenter_tasks(f'username: "", password: "", {store}'))
    assert len(ansible.sim.requests(path="AccessToken/Renew$")) == 4
    assert len(ansible.sim.requests(path="/Login$")) == 1
    assert statuses(ansible, "ClientGroup$") == [200, 401, 200, 200]
    assert statuses(ansible, "ClientGroup$", "POST") == [200] * 3 + [401] + [200] * 3
    assert [run.result(name)["actions"] for name in ("First", "After the expiry", "List", "Read")] == [[], ["renewed"], ["renewed"], []]
    assert [token["alive"] for token in ansible.sim.state()["commandcenter"]["tokens"]] == [True]


def test_a_given_token_ends_beside_a_login(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """Each call that meets the end logs in once, for itself, and logs out. A token that is given is never renewed."""
    login = "- {dataprotection.access.commandcenter_access_token: {name: ci, recreate: always}, register: named}"
    run = run_commandcenter(ansible, way, commandcenter_tasks('token: "{{ named.token }}"', login))
    assert ansible.sim.requests(path="AccessToken/Renew$") == []
    assert statuses(ansible, "ClientGroup$") == [200, 401, 200, 401, 200]
    assert statuses(ansible, "ClientGroup$", "POST") == [200] * 3 + [401, 200] * 3
    # One for each token, and then: between two tasks one, in the loop three, in the until and between pages one each, and one for the last task.
    assert len(ansible.sim.requests(path="/Login$")) == 4 + (1 + 3 + 1 + 1 + 1)
    assert [run.result(name)["actions"] for name in ("First", "After the expiry", "List")] == [[], *[["reauthenticated"]] * 2]


def test_a_login_ends_between_pages(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """With a user and a password alone, a login lasts as long as its call: only there can it end too early."""
    ansible.sim.set(commandcenter_page_size=3)
    ansible.sim.commandcenter_fill_list("/Job", 10)
    ansible.sim.fault("operation", name="kill_logins", path="/Job$", after=2)
    run = succeed(ansible.tasks(f"- name: List\n  {CALL}: {{path: /Job, paging: all}}\n", way))
    assert len(run.result("List")["objects"]) == 10
    assert run.result("List")["actions"] == ["authenticated", "reauthenticated"]
    assert len(ansible.sim.requests(path="/Login$")) == 2
    assert ansible.sim.state()["commandcenter"]["logins"] == []


def test_a_token_alone_cannot_be_replaced(ansible: Ansible, way: dict[str, t.Any]) -> None:
    """With neither a store nor a login there is one request, and one error that says what is missing."""
    tasks = f"""
    - dataprotection.access.commandcenter_access_token: {{name: ci}}
      register: named
    - simulate: {{advance: {{seconds: {HALF_AN_HOUR}}}}}
    - name: Alone
      {CALL}: {{path: /Job, username: "", password: "", token: "{{{{ named.token }}}}"}}
      ignore_errors: true
    """
    run = succeed(ansible.tasks(tasks, way))
    assert "neither a store" in run.result("Alone")["msg"]
    assert statuses(ansible, "/Job$") == [401]
    assert len(ansible.sim.requests(path="/Login$")) == 1
