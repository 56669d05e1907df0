# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: run the playbooks of this folder against the simulator, and check what each run shows against what the servers saw.

Ends with 1 when a check fails, or when ansible is about to show a secret.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.metadata import version
from typing import Any

from show import Demo, DemoError, Simulator, check, title

GROUPS = ("VMs daily", "Databases hourly", "Mail", "File servers", "Laptops")
A_DAY = 24 * 3600  # seconds, the life of a Cohesity token
PREFIX = "ansible-demo-"  # of the tokens in list.yml


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


def calls(demo: Demo) -> None:
    title(5, "REST calls, without no_log: the Cohesity token expires in the middle of a loop")
    for name in GROUPS:
        demo.sim.cohesity_seed("groups", name=name)
    demo.sim.set(cohesity_page_size=2)
    demo.sim.fault("operation", name="advance", arguments={"seconds": A_DAY}, path="/runs$", after=2)
    output = demo.play("rest.yml")
    check("changed=0 " in output and f"logged in again for: {GROUPS[2]}" in output, "the third call of the loop met the expired token, and succeeded")
    check(demo.logins() == 2, "the cluster saw one login at the start, and one more for the expiry")
    statuses = [request["status"] for request in demo.sim.requests("/runs$")]
    check(statuses == [200, 200, 401, 200, 200, 200], "it answered 401 once, and each call of the loop was done once")
    check(len(demo.sim.requests("protection-groups$")) == 3, "five protection groups came in three pages")
    check(demo.calls() == ["POST /V4/AccessToken/Renew"], "the stored token of Command Center had expired too: it was renewed once, without a login")


def declared(demo: Demo) -> None:
    title(6, "A list of tokens is kept as declared")
    output = demo.play("list.yml", brief=True)
    check("changed=2 " in output and len(demo.live(PREFIX)) == 3, "three tokens were created, and the folder for their stores")
    check(demo.calls().count("POST /Login") == 1, "one login was enough")
    first, second, third = demo.live(PREFIX)
    demo.sim.commandcenter_edit(first["id"], api_endpoints=["/"])
    demo.sim.commandcenter_revoke(second["id"])
    demo.sim.commandcenter_create(f"{PREFIX}forgotten")
    print("\nNow somebody opens everything to the first one, revokes the second one, and creates one that is not declared:\n")
    output = demo.play("list.yml", brief=True)
    tokens = {token["name"]: token for token in demo.live(PREFIX)}
    check("changed=1 " in output and f"revoked, because not declared: {PREFIX}forgotten" in output, "the difference was found and removed")
    check(set(tokens) == {first["name"], second["name"], third["name"]}, "the server has the three declared tokens, and no other one")
    check(tokens[first["name"]]["api_endpoints"] == first["api_endpoints"], "the first one may call what is declared, and nothing else")
    print("\nThe same once more:\n")
    output = demo.play("list.yml", brief=True)
    check("changed=0 " in output, "changed=0")
    check(demo.calls() == ["POST /Login", "GET /V4/AccessToken", "POST /Logout"], "for the whole list, that took three requests")


def read(demo: Demo) -> None:
    title(7, "Three readers look up the token that another playbook keeps valid; they have no login")
    (token,) = demo.live()
    output = demo.play("read.yml -i reader1,reader2,reader3", login=False)
    check(output.count("failed=0") == 3 and output.count("HTTP 200") == 3, "each reader was served")
    requests = demo.sim.requests()
    check([request["path"].rpartition("/")[2] for request in requests] == ["Client"] * 3, "the readers sent nothing but their own three calls")
    used = {request["headers"]["authorization"] for request in requests}
    check(used == {f"Bearer {token['access_token']}"}, "all three used the newest secret")


def rotated(demo: Demo) -> None:
    title(8, "An API key is replaced every month; the old one works for another day")
    demo.play("key.yml", brief=True)
    (old,) = demo.keys()
    demo.sim.advance(30 * A_DAY + 60)
    print("\nA month later:\n")
    output = demo.play("key.yml", brief=True)
    both = demo.keys()
    check("changed=1 " in output and "recreated" in output and len(both) == 2, "a new key was created, and the old one still works")
    demo.sim.advance(A_DAY + 60)
    print("\nAnother day later:\n")
    output = demo.play("key.yml", brief=True)
    (new,) = demo.keys()
    check("changed=1 " in output and "revoked" in output and new["id"] != old["id"], "the old key was deleted, and the new one stayed as it is")


def removed(demo: Demo) -> None:
    title(9, "Nothing of this is needed any more")
    output = demo.play("remove.yml", brief=True)
    check("API key: revoked" in output and not demo.keys(), "the cluster has no API key any more")
    check("exporter: revoked" in output and not demo.live() and not demo.live(PREFIX), "Command Center has none of these tokens any more")
    check(not list(demo.home.rglob("*.json")), "no secret is left in a file")


def main() -> int:
    print(f"A simulated Cohesity cluster and Command Center, and ansible-core {version('ansible-core')} with the collection as users install it.")
    print("The playbooks are in the folder demo. The addresses of the simulator replace their two variables.")
    try:
        with Simulator(max_seconds=600) as sim, tempfile.TemporaryDirectory(prefix="demo-") as home:
            sim.mark_secrets("canary-")
            demo = Demo(sim, home)
            token = first_run(demo)
            second_run(demo, token)
            renewed = later(demo, token)
            revoked(demo, renewed)
            calls(demo)
            declared(demo)
            read(demo)
            rotated(demo)
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
  $ ansible-playbook demo/rest.yml -e cluster=HOST -e commandcenter=https://HOST

If a company CA signed the certificates, also: export SSL_CERT_FILE=/path/to/ca.pem
To revoke the tokens and remove their files at the end:

  $ ansible-playbook demo/remove.yml -e cluster=HOST -e commandcenter=https://HOST

More REST calls, each of them run by a test: docs/docsite/rst/guide_rest.rst
For AWX, extensions/awx has credential types, surveys, a project, an execution environment and schedules.
One playbook sets all of it up: docs/docsite/rst/guide_awx.rst""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
