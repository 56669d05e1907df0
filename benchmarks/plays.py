# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plays that are compared: the same job done in different ways."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.simulator import Simulator
from tests.simulator.credentials import COHESITY_PASSWORD, COHESITY_USERNAME, COMMANDCENTER_PASSWORD, COMMANDCENTER_USERNAME

NAMED_TOKEN = "exporter"
LOCAL, FLEET, LARGE, LISTED = "one host", "fleet", "large fleet", "declared list"
DECLARED_TOKENS = 100
DECLARED_NAME = "declared"
LOOPED_OPTIONS = ("state", "scope", "api_endpoints", "renewable_until", "expires", "allowed_ips", "user_id", "recreate", "overlap", "min_validity", "store")
REST_PATH = "/v2/data-protect/protection-groups"

# What a token task returns, so that set_fact stores as much as the token tasks do.
FACT = {
    "access_token": "x" * 43,
    "token_type": "Bearer",
    "headers": {"Authorization": "Bearer " + "x" * 43},
    "expires_at": "2027-01-31T00:00:00Z",
    "expires_in": 86400,
    "cluster": "cohesity.example.com",
    "username": "backup",
    "domain": "LOCAL",
    "api_version": "v2",
    "privileges": ["CLUSTER_VIEW", "PROTECTION_VIEW"],
}


class Row(NamedTuple):
    """One way to do a job. requests: what one operation sends to the simulator, and first: the first one beyond that; checked after every run.

    before: what comes before the operations, once.
    """

    key: str
    label: str
    scenario: str
    operation: list[dict[str, Any]]
    requests: int
    environment: tuple[tuple[str, str], ...] = ()
    first: int = 0
    before: tuple[dict[str, Any], ...] = ()


class Stores(NamedTuple):
    """Where tokens and CA certificates are. file, vault: options of a store that no run finds; bundle, folder: the same CAs in both forms."""

    file: dict[str, Any]
    vault: dict[str, Any]
    bundle: str
    folder: str


def rows(sim: Simulator, stores: Stores) -> list[Row]:
    """The rows of all scenarios, cheap ones first."""
    nothing = Row("nothing", "nothing (start-up of ansible-playbook)", LOCAL, [], 0)
    set_fact = Row("set_fact", "set_fact", LOCAL, [{"ansible.builtin.set_fact": {"cohesity_access_token": FACT}}], 0)
    ours = Row("ours", "cohesity_access_token", LOCAL, [_cohesity(sim)], 1)
    named = Row("named", "commandcenter_access_token, unchanged", LOCAL, [_commandcenter(sim, NAMED_TOKEN)], 3)
    # The first of them creates the token.
    kept = {"store": stores.file}
    reused = Row("reused", "commandcenter_access_token, reused from a store", LOCAL, [_commandcenter(sim, "kept", **kept)], 3, first=1)
    renewed = Row("renewed", "commandcenter_access_token, renewed in a store", LOCAL, [_commandcenter(sim, "kept", **kept, state="renewed")], 4)
    # Reused without a question to the cluster: all that is left is the store.
    from_file = Row("from_file", "cohesity_access_token, from a file, verify: false", LOCAL, [_cohesity(sim, store=stores.file, verify=False)], 0, first=1)
    from_vault = Row("from_vault", "cohesity_access_token, from Vault, verify: false", LOCAL, [_cohesity(sim, store=stores.vault, verify=False)], 0, first=1)
    by_default = [_cohesity(sim, ca_path=None)]
    folder = Row("folder", "cohesity_access_token, CAs in a hashed folder", LOCAL, by_default, 1, (("SSL_CERT_DIR", stores.folder),))
    bundle = Row("bundle", "cohesity_access_token, CAs in one bundle file", LOCAL, by_default, 1, (("SSL_CERT_FILE", stores.bundle),))
    ping = Row("ping", "ping", LOCAL, [{"ansible.builtin.ping": {}}], 0)
    # Any environment makes the action ship its module, as a remote connection or become does.
    shipped = Row("shipped", "cohesity_access_token, shipped as a module", LOCAL, [{**_cohesity(sim), "environment": {"SHIP": "it"}}], 1)
    uri = Row("uri", "uri: the same login", LOCAL, [_uri_login(sim)], 1)
    piped = uri._replace(key="piped", label="uri: the same login, with pipelining", environment=(("ANSIBLE_PIPELINING", "true"),))
    # One login for all calls of the run: ours remembers it, uri is handed it.
    rest = Row("rest", "cohesity_rest: a call, one login for all", LOCAL, [_rest(sim)], 1, first=1)
    uri_rest = Row("uri_rest", "uri: the same call, one login for all", LOCAL, [_uri_call(sim)], 1, first=1, before=({**_uri_login(sim), "register": "login"},))
    uri_named = Row("uri_named", "uri: log in, list, log out", LOCAL, _uri_list(sim), 3)
    one_host = [nothing, set_fact, ours, folder, bundle, from_file, from_vault, named, reused, renewed, ping, rest, piped, uri, uri_rest, shipped, uri_named]
    fleet = [row._replace(scenario=FLEET) for row in (nothing, set_fact, ours, named, ping, uri, shipped)]
    # An operation is one token; the server has all of them.
    listed = Row("listed", "commandcenter_access_tokens", LISTED, [_commandcenter_list(sim)], 0, first=3)
    looped = Row("looped", "commandcenter_access_token in a loop", LISTED, [_commandcenter_loop(sim)], 3)
    of_list = [nothing._replace(scenario=LISTED), listed, looped]
    return [*one_host, *of_list, *fleet, *(row._replace(scenario=LARGE) for row in (nothing, set_fact, ours))]


def play(row: Row, tasks: int) -> list[dict[str, Any]]:
    """The playbook of a row: on one host the operation `tasks` times, over a list once, over the fleet once for each host."""
    hosts, times = {LOCAL: ("localhost", tasks), LISTED: ("localhost", 1)}.get(row.scenario, ("all", 1))
    numbered = [{"name": f"{row.label}, {number}", **task} for number in range(times) for task in row.operation]
    before = [{"name": f"{row.label}, before", **task} for task in row.before]
    return [{"name": row.label, "hosts": hosts, "gather_facts": False, "tasks": [*before, *numbered]}]


def _cohesity(sim: Simulator, **options: Any) -> dict[str, Any]:
    given = {**sim.cohesity_login, **options}
    return {"dataprotection.access.cohesity_access_token": {name: value for name, value in given.items() if value is not None}}


def _commandcenter(sim: Simulator, name: str, **options: Any) -> dict[str, Any]:
    return {"dataprotection.access.commandcenter_access_token": {**sim.commandcenter_login, "name": name, **options}}


def declared() -> list[dict[str, str]]:
    """The declared list, with the names that the simulator gives to what it is filled with."""
    return [{"name": f"{DECLARED_NAME}-{number:05d}"} for number in range(DECLARED_TOKENS)]


def _commandcenter_list(sim: Simulator) -> dict[str, Any]:
    return {"dataprotection.access.commandcenter_access_tokens": {**sim.commandcenter_login, "tokens": declared()}}


def _commandcenter_loop(sim: Simulator) -> dict[str, Any]:
    """The same list with the module for one token, as a playbook does it whose list may hold any of the options."""
    options = {option: f"{{{{ item.{option} | default(omit) }}}}" for option in LOOPED_OPTIONS}
    return {**_commandcenter(sim, "{{ item.name }}", **options), "loop": declared(), "loop_control": {"label": "{{ item.name }}"}}


def _rest(sim: Simulator) -> dict[str, Any]:
    return {"dataprotection.access.cohesity_rest": {**sim.cohesity_login, "path": REST_PATH}}


def _uri_call(sim: Simulator) -> dict[str, Any]:
    return _uri(sim, REST_PATH, headers={"Authorization": "Bearer {{ login.json.accessToken }}"})


def _uri_login(sim: Simulator) -> dict[str, Any]:
    body = {"username": COHESITY_USERNAME, "password": COHESITY_PASSWORD, "domain": "LOCAL"}
    return _uri(sim, "/v2/access-tokens", method="POST", body=body, status_code=201)


def _uri_list(sim: Simulator) -> list[dict[str, Any]]:
    """What the named token's task asks: is it there?"""
    api = "/commandcenter/api"
    password = f"{{{{ '{COMMANDCENTER_PASSWORD}' | b64encode }}}}"
    body = {"username": COMMANDCENTER_USERNAME, "password": password, "mode": 4, "clientType": 30}
    headers = {"Authtoken": "{{ login.json.token }}"}
    return [
        {**_uri(sim, f"{api}/Login", method="POST", body=body), "register": "login"},
        _uri(sim, f"{api}/V4/AccessToken", headers=headers),
        _uri(sim, f"{api}/Logout", method="POST", headers=headers),
    ]


def _uri(sim: Simulator, path: str, **options: Any) -> dict[str, Any]:
    return {"ansible.builtin.uri": {"url": sim.url + path, "ca_path": sim.ca_path, "body_format": "json", **options}}
