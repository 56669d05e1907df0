# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a rotated secret reaches its consumers: the playbooks of the AWX guide, as jobs beside the rotation."""

from __future__ import annotations

import pytest

from tests.awx.conftest import Awx, assert_succeeded
from tests.awx.job import Ended
from tests.awx.small_awx import SmallAwx
from tests.awx.small_kubernetes import SmallKubernetes
from tests.openbao import AppRole, OpenBao
from tests.tree import HERE, link
from tests.unit.documentation.collection import snippets

GUIDE = HERE / "docs" / "docsite" / "rst" / "guide_awx.rst"
PLAYBOOKS = {snippet.caption: snippet.text for snippet in snippets(GUIDE) if "hosts:" in snippet.text}
PATH = "tokens/monitoring"
KUBERNETES_TOKEN, CONTROLLER_TOKEN = "canary-kubernetes-token", "canary-controller-token"


@pytest.fixture(scope="module")
def role(openbao: OpenBao) -> AppRole:
    return openbao.approle("*")


class Consumers:
    """The rotation of the guide's token, and the playbooks that hand it on."""

    def __init__(self, awx: Awx) -> None:
        self.awx = awx
        # One path of the guide, for every test.
        awx.openbao.delete(PATH)
        awx.path = PATH
        awx.canaries.update({"token of Kubernetes": KUBERNETES_TOKEN, "token of AWX": CONTROLLER_TOKEN})

    def rotate(self) -> str:
        """Keep the token, or renew it; returns its secret."""
        playbook = "rotate.yml" if self.awx.openbao.read(PATH)[0] else "commandcenter_tokens.yml"
        assert_succeeded(self.awx.tokens(playbook, name="monitoring").run())
        record = self.awx.openbao.read(PATH)[0]
        assert record
        return str(record["access_token"])

    def run(self, caption: str, environment: dict[str, str] | None = None, *, logs_in: bool = True) -> Ended:
        server = self.awx.commandcenter if logs_in else {**self.awx.commandcenter, "username": "", "password": ""}
        job = self.awx.job(caption, {"vault": self.awx.vault, "commandcenter": server}, environment=environment)
        (job.runner / "project" / caption).write_text(PLAYBOOKS[caption], encoding="utf-8")
        return job.run()


@pytest.fixture
def consumers(awx: Awx) -> Consumers:
    return Consumers(awx)


def test_every_playbook_of_the_guide_is_run_here() -> None:
    assert set(PLAYBOOKS) == {"list_clients.yml", "tell_kubernetes.yml", "tell_awx.yml"}


def test_a_playbook_uses_it(consumers: Consumers) -> None:
    """Without a login to Command Center; the renewed one is found the next time."""
    for _number in range(2):
        secret = consumers.rotate()
        consumers.awx.sim.clear_requests()
        ended = consumers.run("list_clients.yml", logs_in=False)
        assert_succeeded(ended)
        assert "clients" in ended.words
        (request,) = consumers.awx.sim.requests()
        assert request["method"] == "GET"
        assert secret in str(request["headers"])


def test_kubernetes(consumers: Consumers) -> None:
    with SmallKubernetes(KUBERNETES_TOKEN) as kubernetes:
        environment = {"K8S_AUTH_HOST": kubernetes.url, "K8S_AUTH_API_KEY": KUBERNETES_TOKEN}
        first = consumers.rotate()
        for patches in (1, 1):
            ended = consumers.run("tell_kubernetes.yml", environment)
            assert_succeeded(ended)
            assert (kubernetes.value("token"), kubernetes.patches) == (first, patches)
        assert ended.changed() == 0

        # A delivery that fails is repeated by the next job, until it has succeeded.
        second = consumers.rotate()
        assert second != first
        kubernetes.failures = 1
        assert consumers.run("tell_kubernetes.yml", environment).rc != 0
        assert kubernetes.value("token") == first
        for patches in (3, 3):
            assert_succeeded(consumers.run("tell_kubernetes.yml", environment))
            assert (kubernetes.value("token"), kubernetes.patches) == (second, patches)
        assert second not in str(kubernetes.secret["metadata"])


def test_another_credential_of_awx(consumers: Consumers) -> None:
    with SmallAwx() as server:
        kind = server.add("credential_types", name="Monitoring", inputs={}, injectors={}, kind="cloud", managed=False)
        number = server.add("credentials", name="Monitoring of Command Center", description="", credential_type=kind, inputs={})
        credential = server.items["credentials"][number]
        environment = {
            "CONTROLLER_HOST": server.url,
            "CONTROLLER_OAUTH_TOKEN": CONTROLLER_TOKEN,
            "ANSIBLE_COLLECTIONS_PATH": f"{link()}:{HERE / 'build' / 'ansible'}",
        }
        for writes in (1, 1, 2):
            secret = credential["inputs"]["token"] if server.writes and writes == 1 else consumers.rotate()
            assert_succeeded(consumers.run("tell_awx.yml", environment))
            assert credential["inputs"] == {"token": secret}
            assert len(server.writes) == writes
        assert secret not in credential["description"]
