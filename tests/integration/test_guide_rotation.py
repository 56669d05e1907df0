# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide to a scheduled rotation, followed as written in an empty folder: its files are its files, its commands are run in its order."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.openbao import OpenBao
from tests.simulator import Simulator, credentials
from tests.tree import HERE, link
from tests.unit.documentation.collection import snippets

GUIDE = HERE / "docs" / "docsite" / "rst" / "guide_rotation.rst"
# The collection and its libraries come from the machine that runs the tests; a login is typed in.
PREPARED = re.compile(r"pip install|ansible-galaxy collection install|\. venv/bin/activate|export BAO_ADDR=")
CREDENTIALS = "rotation.env, the rest of it"
SCHEDULE = "crontab -e"


def blocks() -> list[tuple[str, str, str]]:
    """Each block of the guide in its order: language, caption, text."""
    return [(snippet.language, snippet.caption or "", snippet.text) for snippet in snippets(GUIDE) if snippet.not_run is None]


def script(sim: Simulator) -> str:
    """The guide as one shell script."""
    lines = ["set -eu"]
    login = {
        "COMMANDCENTER_URL": sim.url,
        "COMMANDCENTER_USERNAME": credentials.COMMANDCENTER_USERNAME,
        "COMMANDCENTER_PASSWORD": credentials.COMMANDCENTER_PASSWORD,
        "COMMANDCENTER_CA_PATH": sim.ca_path,
    }
    for language, caption, text in blocks():
        if caption == CREDENTIALS:
            assert [line.partition("=")[0] for line in text.splitlines()] == list(login)[:3]
            lines += [f"echo {shlex.quote(f'{name}={value}')} >> rotation.env" for name, value in login.items()]
        elif caption and caption != SCHEDULE:
            lines.append(f"cat > {caption} <<'END_OF_FILE'\n{text}END_OF_FILE")
        elif language == "console":
            lines += [command(line) for line in text.splitlines()]
        else:
            assert caption == SCHEDULE, f"nothing runs this block:\n{text}"
    return "\n".join(lines) + "\n"


def command(line: str) -> str:
    assert line.startswith("$ "), line
    text = line[2:]
    if PREPARED.search(text):
        return f"# {text}"
    if text == "python3 -m venv venv":
        return f"mkdir -p venv/bin && ln -s {shlex.quote(str(Path(sys.executable).parent))}/ansible-playbook venv/bin/"
    if text == "bao login":
        return 'printf %s "$TYPED_IN" | bao login -no-print -'
    return f"echo {shlex.quote('==> ' + text)}\n{text}"


def test_from_nothing_to_a_rotation(sim: Simulator, tmp_path: Path) -> None:
    with OpenBao() as server:
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(link()),
            "BAO_ADDR": server.url,
            "TYPED_IN": server.token,
        }
        run = subprocess.run(["bash"], input=script(sim), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=150, check=False)
        output = run.stdout + run.stderr
        assert run.returncode == 0, output

    recaps = [" ".join(line.split()) for line in output.splitlines() if re.match(r"localhost\s*:", line)]
    assert [re.search(r"changed=(\d)", line)[1] for line in recaps] == ["1", "1", "0", "1"], output
    assert not any(state in output for state in ("failed=1", "unreachable=1"))

    (token,) = sim.state()["commandcenter"]["tokens"]
    assert (token["name"], token["api_endpoints"], token["death"]) == ("exporter", ["/client"], "revoked")
    folder = tmp_path / "rotation"
    secret = (folder / "exporter.token").read_text(encoding="utf-8").strip()
    assert secret == token["access_token"]
    for path in (folder / "exporter.token", folder / "rotation.env"):
        assert path.stat().st_mode & 0o077 == 0
    assert secret not in output
    assert credentials.COMMANDCENTER_PASSWORD not in output
