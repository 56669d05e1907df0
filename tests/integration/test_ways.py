# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task runs: in ansible's own process, or shipped to a target."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playbook import IN_PROCESS, SHIPPED, SHIPPED_LOCALLY, Ansible, Run, make_python, provide

GET_TOKEN = """
- name: Get a token
  dataprotection.access.cohesity_access_token:
  register: got
- record:
    token: "{{ got.token }}"
"""


def assert_token(ansible: Ansible, run: Run) -> None:
    assert run.rc == 0, run.screen
    assert ansible.sim.check_cohesity(run.value("token")["access_token"])


def runs_requests(python: str) -> bool:
    """Whether a Python is there and can use requests as we have it."""
    if not os.access(python, os.X_OK):
        return False
    with tempfile.TemporaryDirectory() as name:
        environment = {"PYTHONPATH": str(provide(Path(name), "requests"))}
        return subprocess.run([python, "-c", "import requests"], env=environment, capture_output=True, timeout=20, check=False).returncode == 0


def was_shipped(run: Run) -> bool:
    """Whether a module was sent somewhere: the connection plugins tell at -vvv."""
    return "AnsiballZ_cohesity_access_token.py" in run.screen


def test_local_connection_runs_in_process(ansible: Ansible) -> None:
    run = ansible.tasks(GET_TOKEN, IN_PROCESS, "-vvv")
    assert_token(ansible, run)
    assert not was_shipped(run)
    assert not (ansible.home / ".ansible" / "tmp").exists() or not list((ansible.home / ".ansible" / "tmp").glob("ansible-tmp*"))


@pytest.mark.parametrize("hosts", ["localhost", "127.0.0.1"])
def test_implicit_localhost_runs_in_process(ansible: Ansible, hosts: str) -> None:
    run = ansible.tasks(GET_TOKEN, {"hosts": hosts}, "-vvv")
    assert_token(ansible, run)
    assert not was_shipped(run)


def test_play_can_make_the_connection_local(ansible: Ansible) -> None:
    run = ansible.tasks(GET_TOKEN, {"hosts": "remote", "connection": "local"}, "-vvv")
    assert_token(ansible, run)
    assert not was_shipped(run)


def test_ssh_ships_the_module(ansible: Ansible) -> None:
    run = ansible.tasks(GET_TOKEN, SHIPPED, "-vvv")
    assert_token(ansible, run)
    assert was_shipped(run)


def test_an_environment_ships_the_module(ansible: Ansible) -> None:
    run = ansible.tasks(GET_TOKEN, SHIPPED_LOCALLY, "-vvv")
    assert_token(ansible, run)
    assert was_shipped(run)


def test_an_empty_environment_does_not(ansible: Ansible) -> None:
    run = ansible.tasks(GET_TOKEN, {"hosts": "local", "environment": {}}, "-vvv")
    assert_token(ansible, run)
    assert not was_shipped(run)


# Other users


def can_become() -> str | None:
    """The become method that works here without a password."""
    if os.geteuid() == 0 and shutil.which("su"):
        return "su"
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, timeout=20, check=False).returncode == 0:
        return "sudo"
    return None


BECOME = can_become()
needs_become = pytest.mark.skipif(BECOME is None, reason="neither root with su, nor sudo without a password")


@needs_become
def test_become_ships_the_module(ansible: Ansible) -> None:
    run = ansible.tasks(GET_TOKEN, {"hosts": "local", "become": True, "become_method": BECOME, "become_user": getpass.getuser()}, "-vvv")
    assert_token(ansible, run)
    assert was_shipped(run)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may read: pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@needs_become
def test_module_runs_as_another_user(ansible: Ansible, open_folder: Path) -> None:
    if not runs_requests("/usr/bin/python3"):
        pytest.skip("no Python that every user may run, new enough for requests")
    provide(open_folder / "packages", "requests", copy=True)
    for name, mode in (("public.pem", 0o644), ("private.pem", 0o600)):
        shutil.copy(ansible.sim.ca_path, open_folder / name)
        (open_folder / name).chmod(mode)
    ansible.target_python = "/usr/bin/python3"
    keywords = {
        "hosts": "local",
        "become": True,
        "become_method": BECOME,
        "become_user": "nobody",
        "environment": {"PYTHONPATH": str(open_folder / "packages"), "HOME": "/", "TMPDIR": "/tmp"},
        # nobody has no login shell, and no home for temporary files.
        "vars": {"ansible_become_flags": "-s /bin/sh" if BECOME == "su" else "-H -S -n", "ansible_remote_tmp": "/var/tmp"},
    }
    tasks = f"""
    - dataprotection.access.cohesity_access_token:
        ca_path: {open_folder}/public.pem
      register: got
    - name: Read a CA file of somebody else
      dataprotection.access.cohesity_access_token:
        ca_path: {open_folder}/private.pem
      ignore_errors: true
    - ansible.builtin.command: id -un
      register: who
    - record:
        token: "{{{{ got.token }}}}"
        who: "{{{{ who.stdout }}}}"
    """
    run = ansible.tasks(tasks, keywords)
    assert_token(ansible, run)
    assert run.value("who") == "nobody"
    assert run.result("Read a CA file of somebody else")["msg"] == f"ca_path: {open_folder}/private.pem does not exist or cannot be read"


# Other Pythons


def other_python() -> str:
    """A Python of another release that runs requests as we have it, or another installation of ours."""
    for minor in range(14, 8, -1):
        version = f"3.{minor}"
        if version == f"3.{sys.version_info.minor}":
            continue
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        for candidate in [*pyenv.glob(f"{version}*/bin/python{version}"), shutil.which(f"python{version}")]:
            if candidate and runs_requests(str(candidate)):
                return str(candidate)
    return sys.executable


@pytest.mark.parametrize("way", [SHIPPED, SHIPPED_LOCALLY], ids=["shipped", "shipped_locally"])
def test_module_runs_on_another_python(ansible: Ansible, tmp_path: Path, way: dict[str, t.Any]) -> None:
    ansible.target_python = make_python(tmp_path / "python", "requests", base=other_python())
    run = ansible.tasks(GET_TOKEN, way, "-vvv")
    assert_token(ansible, run)
    assert was_shipped(run)
    assert f"{ansible.target_python} " in run.screen


def test_target_without_requests_is_told_so(ansible: Ansible, tmp_path: Path) -> None:
    ansible.target_python = make_python(tmp_path / "python")
    run = ansible.tasks(GET_TOKEN, SHIPPED)
    assert run.rc != 0
    assert "Failed to import the required Python library (requests) on" in run.words
    assert ansible.target_python in run.words
    assert ansible.sim.requests() == []


@pytest.fixture
def controller_without_requests(ansible: Ansible, tmp_path: Path) -> Ansible:
    ansible.python = make_python(tmp_path / "controller", "ansible-core")
    return ansible


def test_controller_without_requests_ships_the_module(controller_without_requests: Ansible) -> None:
    run = controller_without_requests.tasks(GET_TOKEN, IN_PROCESS, "-vvv")
    assert_token(controller_without_requests, run)
    assert was_shipped(run)


def test_controller_and_target_without_requests_are_told_so(controller_without_requests: Ansible) -> None:
    controller_without_requests.target_python = controller_without_requests.python
    run = controller_without_requests.tasks(GET_TOKEN, IN_PROCESS)
    assert run.rc != 0
    assert "Failed to import the required Python library (requests) on" in run.words
