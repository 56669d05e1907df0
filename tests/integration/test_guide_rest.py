# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to REST calls: each of its examples is run as written, and what it promises is looked up at the server."""

from __future__ import annotations

import asyncio
import threading
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import yaml

from tests.playbook import Ansible, Run
from tests.simulator import Simulator, credentials
from tests.tree import HERE
from tests.unit.documentation.collection import document_kind, snippets

GUIDE = HERE / "docs" / "docsite" / "rst" / "guide_rest.rst"
GROUPS = "/v2/data-protect/protection-groups"
A_DAY = 86400
CLUSTERS = 100
# The name of the first play or task of each example; a test below runs each of them. (An API key that is rotated monthly goes here, too.)
PAGES = "List all protection groups"
MERGE = "Find the protection group"
UNTIL = "Find the protection group, 2"
JOBS = "List the jobs of the last day"
CUSTOM = "Keep a token that may read jobs, and nothing else"
FLEET = "Find protection groups that are not active, on every cluster"
TWO = "Compare the policies of two clusters"
REFRESHER = "Refresh the token for its readers"
READERS = "Read with the token"
EXAMPLES = (PAGES, MERGE, UNTIL, JOBS, CUSTOM, FLEET, TWO, REFRESHER, READERS)


def examples(replaced: dict[str, str]) -> dict[str, list[dict[str, t.Any]]]:
    """The plays of each example. Loose tasks are in a play with the keywords of the play before them."""
    found: dict[str, list[dict[str, t.Any]]] = {}
    keywords: dict[str, t.Any] = {}
    for snippet in snippets(GUIDE):
        assert (snippet.language, snippet.not_run) == ("yaml", None)
        text = snippet.text
        for example, real in replaced.items():
            text = text.replace(example, real)
        document = yaml.safe_load(text)
        name = document[0]["name"]
        if document_kind(document) == "plays":
            keywords = {key: value for key, value in document[0].items() if key not in ("name", "tasks")}
            plays = document
        else:
            plays = [{"name": name, **keywords, "tasks": document}]
        found[f"{name}, 2" if name in found else name] = plays
    return found


def test_each_example_is_run_by_a_test() -> None:
    assert tuple(examples({})) == EXAMPLES


class Guide:
    """Runs examples. replaced: what stands for a reader's own servers and folders."""

    def __init__(self, ansible: Ansible) -> None:
        sim = ansible.sim
        # An extra variable would win over a registered one of the same name.
        ansible.variables = {}
        self.ansible, self.sim = ansible, sim
        self.tokens = ansible.folder / "tokens"
        self.tokens.mkdir(mode=0o700)
        self.replaced = {
            "cohesity.example.com": sim.host,
            "https://commandcenter.example.com": sim.url,
            "/var/lib/tokens": str(self.tokens),
            "delay: 60": "delay: 0",
        }
        self.hosts: dict[str, list[str]] = {}

    def run(self, *names: str, arguments: tuple[str, ...] = (), **variables: t.Any) -> Run:
        """Run examples in one go; they must not fail, nor show a secret."""
        inventory = self.ansible.input / "guide.yml"
        inventory.write_text(yaml.safe_dump({name: {"hosts": dict.fromkeys(hosts)} for name, hosts in self.hosts.items()}), encoding="utf-8")
        known = examples(self.replaced)
        passwords = {"cohesity_password": credentials.COHESITY_PASSWORD, "commandcenter_password": credentials.COMMANDCENTER_PASSWORD}
        # Beside the system's store of certificates, which this stands for, the examples need nothing of the environment.
        environment = {"SSL_CERT_FILE": self.sim.ca_path}
        plays = [play for name in names for play in known[name]]
        run = self.ansible.play(
            yaml.safe_dump(plays, sort_keys=False) + "\n", "-i", str(inventory), *arguments, environment=environment, **passwords, **variables
        )
        assert run.rc == 0, run.screen
        state = self.sim.state()
        for token in state["cohesity"]["tokens"]:
            assert token["secret"] not in run.screen + str(run.results)
        for token in state["commandcenter"]["tokens"]:
            assert token["access_token"] not in run.screen + str(run.results)
        return run

    def statuses(self, path: str, method: str = "GET") -> list[int]:
        return [entry["status"] for entry in self.sim.requests(path=path, method=method)]

    def logins(self) -> int:
        return len(self.sim.requests(path="access-tokens$|/Login$", method="POST"))


@pytest.fixture
def guide(ansible: Ansible) -> Guide:
    return Guide(ansible)


@contextmanager
def doors(sim: Simulator, count: int) -> Iterator[list[str]]:
    """Further addresses of the simulator, as host and port: to a client, that many clusters."""
    loop = asyncio.new_event_loop()
    host, port = sim.host.rsplit(":", 1)

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection(host, int(port))
        await asyncio.gather(copy(reader, here), copy(there, writer))

    async def listen() -> list[str]:
        servers = [await asyncio.start_server(connect, host, 0) for _number in range(count)]
        return [f"{host}:{server.sockets[0].getsockname()[1]}" for server in servers]

    addresses = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield addresses
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def test_all_pages(guide: Guide) -> None:
    guide.sim.cohesity_seed("groups", 250, isPaused=True)
    run = guide.run(PAGES)
    assert len(run.result("Fetch all pages")["objects"]) == 250
    assert len(run.result("Show the names of the groups that are paused")["msg"]) == 250
    assert guide.logins() == 1
    assert guide.statuses(GROUPS) == [200, 200, 200]


def test_merge_changes_one_attribute_once(guide: Guide) -> None:
    (number,) = guide.sim.cohesity_seed("groups", name="VMs daily", description="kept")
    one = f"{GROUPS}/{number}$"
    task = "Give the protection group a high priority"
    predicted = guide.run(MERGE, arguments=("--check", "--diff"))
    assert predicted.result(task)["changed"] is True
    assert guide.statuses(one, "PUT") == []
    changed = guide.run(MERGE).result(task)
    assert (changed["changed"], changed["diff"]["before"]["priority"], changed["diff"]["after"]["priority"]) == (True, "kMedium", "kHigh")
    (sent,) = guide.sim.requests(path=one, method="PUT")
    assert (sent["body"]["priority"], sent["body"]["description"]) == ("kHigh", "kept")
    unchanged = guide.run(MERGE).result(task)
    assert (unchanged["changed"], unchanged["actions"]) == (False, [])
    assert guide.statuses(one, "PUT") == [200]


def test_a_run_is_longer_than_a_token_lives(guide: Guide) -> None:
    """The run before has succeeded, so a play that took it for the new one would end too early."""
    sim = guide.sim
    sim.cohesity_seed("groups", name="VMs daily")
    sim.set(cohesity_run_seconds=A_DAY + 1)
    sim.fault("operation", name="advance", arguments={"seconds": A_DAY + 60}, path="/runs$", method="GET", after=3)
    guide.run(UNTIL)
    assert guide.statuses("/runs$", "POST") == [201]
    assert guide.statuses("/runs$") == [200, 200, 200, 401, 200]
    assert guide.logins() == 2
    sim.clear_requests()
    sim.fault("operation", name="advance", arguments={"seconds": A_DAY + 60}, path="/runs$", method="GET", after=3)
    guide.run(UNTIL)
    assert guide.statuses("/runs$") == [200, 200, 200, 401, 200]
    assert guide.logins() == 2


def test_jobs_with_header_paging(guide: Guide) -> None:
    guide.sim.commandcenter_fill_list("/Job", 250)
    run = guide.run(JOBS)
    assert len(run.result("Fetch all pages")["objects"]) == 250
    pages = [(entry["headers"].get("limit"), entry["headers"].get("offset")) for entry in guide.sim.requests(path="/Job$")]
    assert pages == [("100", "0"), ("100", "100"), ("100", "200")]
    assert [entry["query"] for entry in guide.sim.requests(path="/Job$")] == [{"completedJobLookupTime": "86400"}] * 3
    assert len(guide.sim.requests(path="/Login$")) == len(guide.sim.requests(path="/Logout$")) == 1


def test_a_custom_token_gets_403_outside_its_endpoints(guide: Guide) -> None:
    run = guide.run(CUSTOM)
    assert run.result("Prove that it does not open the list of clients")["status"] == 403
    assert guide.statuses("/Job$") == [200]
    assert guide.statuses("/Client$") == [403]
    # The login is the one that has created the token.
    assert guide.logins() == 1
    assert guide.sim.requests(path="Renew$") == []


def test_a_hundred_clusters(guide: Guide) -> None:
    guide.sim.cohesity_seed("groups", 3, isActive=False)
    with doors(guide.sim, CLUSTERS) as addresses:
        # Only a variable can hold a port: a name cannot in every form of inventory.
        guide.replaced["{{ inventory_hostname }}"] = "{{ addresses[inventory_hostname] }}"
        names = {f"cluster{number:03d}": address for number, address in enumerate(addresses)}
        guide.hosts = {"clusters": list(names)}
        run = guide.run(FLEET, arguments=("--forks", "10"), addresses=names)
    assert run.words.count("failed=0") == CLUSTERS
    assert guide.logins() == CLUSTERS
    assert guide.statuses(f"{GROUPS}$") == [200] * CLUSTERS
    assert all(len(run.result("Fetch all protection groups", name)["objects"]) == 3 for name in names)


def test_two_clusters_under_one_host(guide: Guide) -> None:
    guide.sim.cohesity_seed("policies", 2)
    with doors(guide.sim, 1) as (second,):
        guide.replaced = {"cohesity-dr.example.com": second, **guide.replaced}
        run = guide.run(TWO)
    assert run.result("Show which policies the second cluster does not have")["msg"] == []
    used: dict[str, set[str]] = {}
    for entry in guide.sim.requests(path="policies$"):
        used.setdefault(entry["headers"]["host"], set()).add(entry["headers"]["authorization"])
    assert set(used) == {guide.sim.host, second}
    assert guide.logins() == 2
    assert len(used[guide.sim.host] | used[second]) == 2, "a token went to the other cluster"


def test_one_refresher_and_three_readers(guide: Guide) -> None:
    guide.sim.commandcenter_fill_list("/Job", 7)
    guide.hosts = {"readers": ["reader1", "reader2", "reader3"]}
    guide.run(REFRESHER)
    guide.sim.clear_requests()
    run = guide.run(READERS)
    assert [run.result("Show the number", host)["msg"] for host in guide.hosts["readers"]] == ["7 jobs"] * 3
    assert {entry["path"].rpartition("/")[2] for entry in guide.sim.requests()} == {"Job"}
    first = {entry["headers"]["authorization"] for entry in guide.sim.requests(path="/Job$")}
    # Later it is about to expire. The next run of the refresher renews it, and the readers find the new secret where the old one was.
    guide.sim.advance(1500)
    guide.run(REFRESHER)
    assert len(guide.sim.requests(path="Renew$")) == 1
    guide.sim.clear_requests()
    guide.run(READERS)
    assert guide.statuses("/Job$") == [200] * 3
    second = {entry["headers"]["authorization"] for entry in guide.sim.requests(path="/Job$")}
    assert (len(first), len(second), first & second) == (1, 1, set())
