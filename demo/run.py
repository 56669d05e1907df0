# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: run tokens.yml against the simulator five times, and check what each run shows against what the servers saw.

Ends with 1 when a check fails, or when ansible is about to show a secret.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.simulator import Simulator  # noqa: E402
from tests.simulator.credentials import COHESITY_PASSWORD, COHESITY_USERNAME, COMMANDCENTER_PASSWORD, COMMANDCENTER_USERNAME  # noqa: E402

RUN_LIMIT = 120  # seconds
# Every password of the simulator, and every token that it issues here, starts with this word; the second is its start in base64.
SECRET_MARKS = ("canary", "Y2FuYXJ5")
SUMMARY_TASK = "TASK [What was done]"
# Counters that are zero in every run, and make the recap wider than a screen.
IDLE_COUNTERS = re.compile(r" +(unreachable|skipped|rescued|ignored)=0")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class DemoError(Exception):
    """The demo does not show what it claims to show."""


class Demo:
    def __init__(self, sim: Simulator, home: str) -> None:
        self.sim = sim
        self.home = Path(home)
        # Nothing of the caller's own set-up is used. SSL_CERT_FILE stands in for a system that trusts the company's CA.
        self.environment = {
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(ROOT / "build" / "installed")),
            "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
            "ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty()),
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "COHESITY_USERNAME": COHESITY_USERNAME,
            "COHESITY_PASSWORD": COHESITY_PASSWORD,
            "COMMANDCENTER_USERNAME": COMMANDCENTER_USERNAME,
            "COMMANDCENTER_PASSWORD": COMMANDCENTER_PASSWORD,
            "HOME": home,
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "SSL_CERT_FILE": sim.ca_path,
        }

    def play(self, playbook: str, brief: bool = False) -> str:
        """Run a playbook, show what ansible prints (brief: from its last task on), and return it."""
        self.sim.clear_requests()
        replaced = ["-e", f"cluster={self.sim.host}", "-e", f"commandcenter={self.sim.url}"]
        command = [str(Path(sys.executable).with_name("ansible-playbook")), f"demo/{playbook}", *replaced]
        run = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=RUN_LIMIT,
            check=False,
        )
        output = run.stdout
        if any(mark in output for mark in SECRET_MARKS):
            raise DemoError("ansible-playbook printed a secret, so its output is not shown")
        start = output.find(SUMMARY_TASK) if brief and run.returncode == 0 else 0
        print(f"$ ansible-playbook demo/{playbook}", end="\n\n")
        print(IDLE_COUNTERS.sub("", output[max(start, 0) :].strip()), end="\n\n")
        check(run.returncode == 0, "ansible-playbook succeeded and printed no secret")
        return COLOUR.sub("", output)

    def live(self) -> list[dict[str, Any]]:
        """The named tokens that work at Command Center now, as the server knows them."""
        return [token for token in self.sim.state()["commandcenter"]["tokens"] if token["alive"] and token["name"] == "exporter"]

    def logins(self) -> int:
        """How many tokens the last playbook had the Cohesity cluster issue."""
        return len(self.sim.requests("access-tokens", "POST"))

    def calls(self) -> list[str]:
        """What the last playbook asked of Command Center to manage the token, in order."""
        wanted = "/Login|/Logout|/AccessToken"
        return [f"{request['method']} {request['path'].removeprefix('/commandcenter/api')}" for request in self.sim.requests(wanted)]


def check(holds: bool, sentence: str) -> None:
    if not holds:
        raise DemoError(f"this is not true: {sentence}")
    print(f"  checked: {sentence}")


def title(number: int, text: str) -> None:
    print(f"\n\n=== {number}. {text}\n", flush=True)


def first_run(demo: Demo) -> dict[str, Any]:
    title(1, "Both tokens are created, over verified TLS, and used")
    output = demo.play("tokens.yml")
    check("changed=2 " in output and "Cohesity token: created" in output, "two changes: one token of each product was created")
    (token,) = demo.live()
    check(demo.logins() == 1 and demo.sim.check(token["access_token"]), "each server issued one token and accepts it")
    modes = {path.name: path.stat().st_mode & 0o777 for path in demo.home.glob("*-token.json")}
    check(set(modes.values()) == {0o600}, f"they are kept in {' and '.join(f'~/{name}' for name in sorted(modes))}, readable by their owner only")
    return token


def second_run(demo: Demo, token: dict[str, Any]) -> None:
    title(2, "The same playbook again: nothing changes")
    output = demo.play("tokens.yml")
    check("changed=0 " in output, "changed=0")
    check(demo.logins() == 0 and demo.live()[0]["access_token"] == token["access_token"], "the servers issued nothing; the same tokens were used")
    check(demo.calls() == ["POST /Login", "GET /V4/AccessToken", "POST /Logout"], "it took three requests to Command Center to find that out")


def later(demo: Demo, token: dict[str, Any]) -> dict[str, Any]:
    title(3, "26 minutes later the token of Command Center has 4 minutes left: it is renewed")
    demo.sim.advance(26 * 60)
    output = demo.play("tokens.yml", brief=True)
    check("changed=1 " in output and f"exporter, id {token['id']}: renewed" in output, "one change: renewed")
    (renewed,) = demo.live()
    check(renewed["id"] == token["id"] and not demo.sim.check(token["access_token"]), "it is the same token with a new secret; the old secret no longer works")
    return renewed


def revoked(demo: Demo, token: dict[str, Any]) -> None:
    title(4, "An administrator has revoked the token: a new one is created")
    demo.sim.commandcenter_revoke(token["id"])
    output = demo.play("tokens.yml", brief=True)
    (successor,) = demo.live()
    check("changed=1 " in output and f"exporter, id {successor['id']}: recreated" in output, "one change: recreated")
    check(successor["id"] != token["id"] and demo.sim.check(successor["access_token"]), "the server accepts the new token, and has exactly one of that name")


def removed(demo: Demo) -> None:
    title(5, "Neither is needed any more")
    output = demo.play("remove.yml", brief=True)
    check("exporter: revoked" in output and not demo.live(), "Command Center has no token of that name any more")
    check(not list(demo.home.glob("*-token.json")), "no secret is left in a file")


def main() -> int:
    print(f"A simulated Cohesity cluster and Command Center, and ansible-core {version('ansible-core')} with the collection as users install it.")
    print("The playbook is demo/tokens.yml. The addresses of the simulator replace its two variables.")
    try:
        with Simulator(max_seconds=600) as sim, tempfile.TemporaryDirectory(prefix="demo-") as home:
            sim.mark_secrets("canary-")
            demo = Demo(sim, home)
            token = first_run(demo)
            second_run(demo, token)
            renewed = later(demo, token)
            revoked(demo, renewed)
            removed(demo)
    except DemoError as error:
        print(f"\n  FAILED: {error}", file=sys.stderr)
        return 1
    print("""

=== With your own products

Install the collection where your ansible-core 2.16 or later runs, and the library requests for the Python that it uses:

  $ ansible-galaxy collection install build/dataprotection-access-*.tar.gz
  $ pip install requests

Put the credentials into the environment, and replace the two variables. The user of Command Center must be allowed to manage access tokens:

  $ export COHESITY_USERNAME=... COHESITY_PASSWORD=...
  $ export COMMANDCENTER_USERNAME=... COMMANDCENTER_PASSWORD=...
  $ ansible-playbook demo/tokens.yml -e cluster=HOST -e commandcenter=https://HOST

If a company CA signed the certificates, also: export SSL_CERT_FILE=/path/to/ca.pem
To revoke the token and remove both files at the end:

  $ ansible-playbook demo/remove.yml -e commandcenter=https://HOST""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
