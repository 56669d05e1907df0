# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`: time, memory and requests of the token modules, beside ansible.builtin.uri, set_fact and ping.

All runs are against one simulator, a process of its own on this machine. `make bench ARGS=--write` puts the ratios into the documentation.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import certifi

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "build" / "collections")]

from tests.tree import link  # noqa: E402

link()

from goals import Figures, verdicts  # noqa: E402
from operations import counts  # noqa: E402
from plays import DECLARED_TOKENS, FLEET, LARGE, LISTED, LOCAL, Stores, rows  # noqa: E402
from report import page, text  # noqa: E402
from runs import Runs  # noqa: E402

from tests.cas import folder_with  # noqa: E402
from tests.openbao import OpenBao  # noqa: E402
from tests.simulator import Simulator  # noqa: E402
from tests.simulator.credentials import COHESITY_PASSWORD, COHESITY_USERNAME  # noqa: E402

PAGE = ROOT / "docs" / "docsite" / "rst" / "performance.rst"
LISTED_TOKENS = 10_000
LOAD_LIMIT = 0.7  # above this, a run competes with others for the processors
VERSIONS = "import ansible.release, platform; print('ansible-core', ansible.release.__version__, 'on Python', platform.python_version())"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="a Python with ansible-core and requests, whose ansible is measured (default: this one)")
    parser.add_argument("--tasks", type=int, default=20, help="tasks on one host (default: 20)")
    parser.add_argument("--hosts", type=int, default=200, help="hosts of the fleet (default: 200)")
    parser.add_argument("--large", type=int, default=2000, help="hosts of the large fleet, which is run once (default: 2000)")
    parser.add_argument("--rounds", type=int, default=7, help="how often the quick rows are run (default: 7)")
    parser.add_argument("--seconds", type=float, default=600, help="no further run after so long (default: 600)")
    parser.add_argument("--rows", default="", help="only these rows of the table, as the keys in benchmarks/plays.py with commas between them")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    versions = subprocess.run([options.python, "-c", VERSIONS], capture_output=True, text=True, check=True).stdout.strip()
    load = os.getloadavg()[0]
    busy = f", busy with something else (load {load:.0f})" if load > LOAD_LIMIT else ""
    machine = f"{versions}, {os.cpu_count()} processors{busy}, {time.strftime('%Y-%m-%d')}"
    print(f"{machine}. The simulator runs on the same machine.")
    if busy:
        print("Times are longer than they should be, and their ratios uncertain.")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Simulator() as sim, OpenBao() as bao:
        folder = Path(name)
        kept = stores(folder, sim, bao)

        def forget() -> None:
            Path(kept.file["file"]).unlink(missing_ok=True)
            bao.call("DELETE", "secret/metadata/bench")

        numbers = {LOCAL: options.tasks, LISTED: DECLARED_TOKENS, FLEET: options.hosts, LARGE: options.large}
        runs = Runs(sim, options.python, folder, numbers, forget)
        chosen = options.rows.split(",") if options.rows else []
        compared = [row for row in rows(sim, kept) if not chosen or row.key in chosen]
        # Not measured: it lets Python compile what it will only read from then on.
        for row in compared[1:4]:
            runs.run(row)
        for line in runs.repeat(compared, options.rounds, options.seconds):
            print(line, file=sys.stderr, flush=True)
        figures = measured(sim, runs, folder, options)
        counted = counts(sim, folder)
    print("\n".join(text(figures, compared, counted)))
    if options.write:
        if chosen:
            raise SystemExit("--write needs all rows")
        if not all(runs.samples.values()) or any(verdict.task is None or verdict.processor is None for verdict in verdicts(figures)):
            raise SystemExit(f"{PAGE.relative_to(ROOT)} is left as it is: not every row was measured; give more --seconds, or a machine that is less busy")
        PAGE.write_text(page(figures, counted, machine), encoding="utf-8")


def measured(sim: Simulator, runs: Runs, folder: Path, options: argparse.Namespace) -> Figures:
    """The figures of the runs, with those that are measured inside of one process."""
    sim.reset()
    body = {"username": COHESITY_USERNAME, "password": COHESITY_PASSWORD, "domain": "LOCAL"}
    login = child(options.python, "login", {"url": f"{sim.url}/v2/access-tokens", "body": body, "ca_path": sim.ca_path})
    sim.commandcenter_fill(LISTED_TOKENS)
    listed = child(options.python, "list", sim.commandcenter_login)
    if listed["tokens"] != LISTED_TOKENS:
        raise SystemExit(f"the list has {listed['tokens']} tokens")
    lookup = child(options.python, "lookup", {**sim.cohesity_login, "store": {"file": str(folder / "lookup.json")}})
    return Figures(runs.samples, runs.numbers, login["seconds"], listed["seconds"], listed["mib"], lookup["seconds"])


def stores(folder: Path, sim: Simulator, bao: OpenBao) -> Stores:
    """Stores for tokens, and the public CAs with the simulator's, as a bundle and as a hashed folder."""
    end = "-----END CERTIFICATE-----\n"
    certificates = [text + end for text in Path(certifi.where()).read_text(encoding="utf-8").split(end)[:-1]]
    bundle, hashed = folder / "bundle.pem", folder / "hashed"
    bundle.write_text("".join([*certificates, Path(sim.ca_path).read_text(encoding="utf-8")]), encoding="utf-8")
    folder_with(sim.ca_path, hashed)
    for number, certificate in enumerate(certificates):
        # Nobody asks for these; what they are called does not matter.
        (hashed / f"{number:08x}.0").write_text(certificate, encoding="utf-8")
    vault = {"url": bao.tls_url, "token": bao.token, "ca_path": bao.ca_path, "path": "bench"}
    return Stores({"file": str(folder / "store.json")}, {"vault": vault}, str(bundle), str(hashed))


def child(python: str, what: str, options: dict[str, Any]) -> dict[str, Any]:
    """What child.py measures."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(link()), "ANSIBLE_COLLECTIONS_PATH": str(link()), "LC_ALL": "C.UTF-8"}
    command = [python, str(Path(__file__).with_name("child.py")), what]
    run = subprocess.run(command, input=json.dumps(options), env=environment, stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return dict(json.loads(run.stdout))


if __name__ == "__main__":
    main()
