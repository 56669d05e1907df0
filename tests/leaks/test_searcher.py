# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The searcher finds what it has to find: secrets in every form, and the leaks of playbooks that leak on purpose."""

from __future__ import annotations

import base64
import json
import random
import textwrap
import typing as t
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import yaml

from tests.leaks.conftest import Hunt
from tests.leaks.scenarios import playbook
from tests.leaks.searcher import Searcher
from tests.playbook import CORE

SECRETS = {"password": 'canary "with" \\ev\'ery thïng %&/+', "token": "canary-abcdefgh-0123456789"}
WRITTEN = {
    "as it is": lambda secret: f"before{secret}after",
    "JSON": lambda secret: json.dumps({"key": f"x{secret}"}),
    "JSON in JSON": lambda secret: json.dumps(json.dumps([secret])),
    "JSON with umlauts": lambda secret: json.dumps([secret], ensure_ascii=False),
    "Python": lambda secret: str({"key": [secret]}),
    "YAML": lambda secret: yaml.safe_dump({"some key": f"some words before {secret}"}, allow_unicode=True),
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
    "backwards": lambda secret: secret[::-1],
    "a query": lambda secret: f"https://host/?a={quote_plus(secret)}&b",
    "a path": lambda secret: f"https://host/{quote(secret)}",
    "a lower-case path": lambda secret: f"https://host/{quote(secret, safe='').lower()}" if secret.islower() else quote(secret),
    "a narrow screen": lambda secret: "\n".join(textwrap.wrap(f"[WARNING]: {secret}", 11)),
    "base64 in base64": lambda secret: base64.b64encode(base64.b64encode(secret.encode())).decode(),
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("form", WRITTEN)
def test_every_form_is_found(tmp_path: Path, name: str, form: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text(f"other words\n{WRITTEN[form](SECRETS[name])}\nother words", encoding="utf-8")
    assert {hit.secret for hit in Searcher(SECRETS).search([tmp_path])} == {name}


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_found_at_every_alignment(tmp_path: Path, encode: t.Callable[[bytes], bytes]) -> None:
    chance = random.Random(1)
    searcher = Searcher(SECRETS)
    for before in range(12):
        for after in range(6):
            text = encode(chance.randbytes(before) + SECRETS["password"].encode() + chance.randbytes(after)).decode()
            assert searcher.search_text(text, tmp_path), (before, after, text)


def test_names_of_files_are_searched(tmp_path: Path) -> None:
    (tmp_path / f"log of {SECRETS['token']}").mkdir()
    assert len(Searcher(SECRETS).search([tmp_path])) == 1


def test_other_words_are_not_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("canary-abcdefgh-0123456780 canary with every thing", encoding="utf-8")
    searcher = Searcher(SECRETS)
    assert searcher.search([tmp_path]) == []
    assert (searcher.files, searcher.octets) == (1, 50)


# Playbooks that leak on purpose

GET_TOKEN = {"name": "ok: get a token", "dataprotection.access.cohesity_access_token": {}, "register": "got"}


def leak(hunt: Hunt, *tasks: dict[str, t.Any], hosts: str = "local", **more: t.Any) -> set[str]:
    """The files in which the tasks' leaks were found."""
    run = hunt.play(playbook([GET_TOKEN, *tasks], hosts=hosts), **more)
    assert run.rc == 0, run.screen
    return {hit.path.name for hit in hunt.hits()}


def test_leak_on_the_screen_is_found(hunt: Hunt) -> None:
    log = {"ANSIBLE_LOG_PATH": str(hunt.folder / "ansible.log")}
    found = leak(hunt, {"ansible.builtin.debug": {"var": "got"}}, environment=log)
    # From ansible-core 2.22 on, the token is masked wherever it is printed, in a careless task too.
    assert found == ({"stdout-1", "results-1.jsonl", "ansible.log"} if CORE < (2, 22) else set())


def test_encoded_leak_is_found(hunt: Hunt) -> None:
    """What no core masks."""
    log = {"ANSIBLE_LOG_PATH": str(hunt.folder / "ansible.log")}
    found = leak(hunt, {"ansible.builtin.debug": {"msg": "{{ got.token.access_token | b64encode }}"}}, environment=log)
    assert found == {"stdout-1", "results-1.jsonl", "ansible.log"}


def test_leak_into_the_fact_cache_is_found(hunt: Hunt) -> None:
    cache = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(hunt.folder / "cache")}
    found = leak(hunt, {"ansible.builtin.set_fact": {"mine": "{{ got.token }}", "cacheable": True}, "no_log": True}, environment=cache)
    (name,) = found
    assert name.endswith("local")


@pytest.mark.parametrize("hosts", ["local", "remote"])
def test_leak_into_a_file_of_the_target_is_found(hunt: Hunt, hosts: str) -> None:
    home = hunt.home if hosts == "local" else hunt.remote_home
    copy = {"ansible.builtin.copy": {"content": "{{ got.token | to_json }}", "dest": f"{home}/.ansible/token", "mode": "0600"}, "no_log": True}
    (home / ".ansible").mkdir(exist_ok=True)
    assert leak(hunt, copy, hosts=hosts) == {"token"}


def test_file_of_a_module_that_is_kept_is_found(hunt: Hunt) -> None:
    leak(hunt, hosts="remote", environment={"ANSIBLE_KEEP_REMOTE_FILES": "1"})
    assert "AnsiballZ_cohesity_access_token.py" in {path.name for path in hunt.left_over()}
