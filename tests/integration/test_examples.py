# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents tell users to write, run as written: only addresses, folders and a user's name are replaced."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.openbao import OpenBao
from tests.playbook import Ansible
from tests.simulator import credentials
from tests.tree import link
from tests.unit.documentation.collection import COLLECTION, MODULES, PAGES, document_kind, snippets

COHESITY = {user["username"]: user["password"] for user in credentials.COHESITY_USERS}
COMMANDCENTER = {user["username"]: user["password"] for user in credentials.COMMANDCENTER_USERS}
# These guides have tests of their own.
RUN_PAGES = [page for page in PAGES if page.stem not in ("guide_rest", "guide_rotation")]


class Reader:
    """A user who has what the documents take for granted, and runs what they say."""

    def __init__(self, ansible: Ansible, openbao: OpenBao) -> None:
        sim = ansible.sim
        self.ansible = ansible
        # An extra variable would win over a registered one of the same name.
        ansible.variables = {}
        self.role = openbao.approle("tokens/*")
        tokens = ansible.folder / "tokens"
        tokens.mkdir(mode=0o700)
        (ansible.input / "backup.pem").write_text(sim.client_cert, encoding="utf-8")
        (ansible.input / "backup.key").write_text(sim.client_key, encoding="utf-8")
        self.replaced = {
            "https://cohesity.example.com": sim.url,
            "cohesity.example.com": sim.host,
            "https://commandcenter.example.com": sim.url,
            "https://vault.example.com:8200": openbao.url,
            "/var/lib/tokens": str(tokens),
            "/etc/pki/company-ca.pem": sim.ca_path,
            "domain: corp.example.com": "domain: CORP",
        }
        self.variables = {
            "cohesity_password": COHESITY["backup"],
            "cohesity_ad_password": COHESITY["ad-backup"],
            "cohesity_api_key": sim.cohesity_key_create("documented")["secret"],
            "cohesity_mfa_password": COHESITY["mfa"],
            "cohesity_totp": credentials.TOTP_CODE,
            "cohesity_mailed_code": credentials.EMAIL_CODE,
            "commandcenter_password": COMMANDCENTER["svc-ansible"],
            "commandcenter_tokens": [{"name": "ci-listed", "scope": "one_touch"}],
            "commandcenter_domain_password": COMMANDCENTER["svc-domain"],
            "commandcenter_mfa_password": COMMANDCENTER["mfa"],
            "commandcenter_pin": credentials.PIN,
            "commandcenter_auth_token": credentials.QSDK_AUTH_TOKEN,
            "commandcenter_token_id": sim.commandcenter_create("renamed")["id"],
            "vault_role_id": self.role.role_id,
            "vault_secret_id": self.role.secret_id,
        }
        # Beside the system's store of certificates, which this stands for, the examples need nothing of the environment.
        self.environment = {"SSL_CERT_FILE": sim.ca_path}
        # The pages lean on what AWX would inject.
        self.injected = {
            "COHESITY_USERNAME": credentials.COHESITY_USERNAME,
            "COHESITY_PASSWORD": credentials.COHESITY_PASSWORD,
            "VIEWER_PASSWORD": COHESITY["viewer"],
            "COMMANDCENTER_URL": sim.url,
            "COMMANDCENTER_USERNAME": credentials.COMMANDCENTER_USERNAME,
            "COMMANDCENTER_PASSWORD": credentials.COMMANDCENTER_PASSWORD,
            "VAULT_ADDR": openbao.url,
            "VAULT_ROLE_ID": self.role.role_id,
            "VAULT_SECRET_ID": self.role.secret_id,
        }

    def clusters(self) -> str:
        """An inventory whose one host is a cluster, under the name that a playbook uses for it. Only a program may put a port into a name."""
        path = self.ansible.folder / "clusters"
        path.write_text(f"#!/bin/sh\necho '{json.dumps({'clusters': {'hosts': [self.ansible.sim.host]}, '_meta': {'hostvars': {}}})}'\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def run(self, plays: list[t.Any], *arguments: str, **injected: str) -> str:
        """Run plays, and return what was on the screen; they must not fail."""
        run = self.ansible.play(yaml.safe_dump(plays) + "\n", "-i", self.clusters(), *arguments, environment={**self.environment, **injected}, **self.variables)
        assert run.rc == 0, run.screen
        return run.screen

    def shell(self, commands: list[str], **injected: str) -> str:
        """Run commands in one shell, and return what was on the screen; none may fail."""
        environment = {**self.ansible.environment(), **self.environment, **injected}
        run = subprocess.run(
            ["bash", "-eu"],
            input="\n".join(commands),
            cwd=self.ansible.input,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=self.ansible.time_limit,
            check=False,
        )
        assert run.returncode == 0, run.stdout
        return run.stdout

    def replace(self, text: str) -> str:
        for example, real in self.replaced.items():
            text = text.replace(example, real)
        return text

    def read(self, text: str) -> t.Any:
        return yaml.safe_load(self.replace(text))


@pytest.fixture
def reader(ansible: Ansible, openbao: OpenBao) -> Reader:
    return Reader(ansible, openbao)


@pytest.mark.parametrize("arguments", [(), ("--check", "--diff")], ids=["run", "check"])
@pytest.mark.parametrize("module", MODULES)
def test_examples_of_the_module(reader: Reader, module: str, arguments: tuple[str, ...]) -> None:
    name = f"{COLLECTION}.{module}"
    command = [sys.executable, "-m", "ansible", "doc", "--json", name]
    shown = subprocess.run(command, env={**reader.ansible.environment(), "ANSIBLE_COLLECTIONS_PATH": str(link())}, check=True, capture_output=True, timeout=60)
    tasks = reader.read(json.loads(shown.stdout)[name]["examples"])
    reader.ansible.sim.set(cohesity_session_management=module == "cohesity_session")
    reader.run([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], *arguments)
    if arguments:
        assert reader.ansible.sim.requests(path="accesstoken", method="POST|PUT|DELETE") == []


def has(page: Path, language: str) -> bool:
    return any(snippet.language == language and snippet.not_run is None for snippet in snippets(page))


@pytest.mark.parametrize("page", [page for page in RUN_PAGES if has(page, "yaml")], ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_playbooks_of_the_page(reader: Reader, page: Path) -> None:
    """All plays of a page in their order, and its loose tasks in plays of their own between them."""
    plays: list[t.Any] = []
    for snippet in snippets(page):
        if snippet.language != "yaml" or snippet.not_run is not None:
            continue
        document = reader.read(snippet.text)
        kind = document_kind(document)
        if kind == "plays":
            plays += document
        elif kind == "tasks":
            plays.append({"hosts": "localhost", "gather_facts": False, "tasks": document})
        else:
            reader.variables.update(document)
    assert plays
    reader.run(plays, **reader.injected)
    assert reader.ansible.sim.requests()


@pytest.mark.parametrize("page", [page for page in RUN_PAGES if has(page, "console")], ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_commands_of_the_page(reader: Reader, page: Path) -> None:
    """All commands of a page in their order, in a folder that has the page's files under the names in their captions."""
    commands: list[str] = []
    for snippet in snippets(page):
        if snippet.not_run is None and snippet.language == "console":
            commands += [line.removeprefix("$ ") for line in reader.replace(snippet.text).splitlines()]
        elif snippet.not_run is None and snippet.caption:
            (reader.ansible.input / snippet.caption).write_text(reader.replace(snippet.text), encoding="utf-8")
    screen = reader.shell(commands, **reader.injected)
    assert reader.ansible.sim.requests()
    for secret in (*COHESITY.values(), *COMMANDCENTER.values()):
        assert not secret or secret not in screen
