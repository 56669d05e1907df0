# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user reads in the cases that users really meet: case by case, the whole message. Each says what, where, why and what to do next."""

from __future__ import annotations

from inspect import getsource
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.dataprotection.access.plugins.module_utils._module import failure
from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token, commandcenter_access_token
from ansible_collections.dataprotection.access.plugins.plugin_utils._arguments import validation_message, without_no_log
from tests.constants import BASE
from tests.simulator import Simulator
from tests.unit.helpers import Task

MODULES = {"cohesity": cohesity_access_token, "commandcenter": commandcenter_access_token}
WRONG = "canary-wrong-password"
REFUSED = "was refused. It is not repeated, because repeated failed logins lock the account"
CODE = "If multi-factor authentication is enabled for this user, otp_code is required"
COMMANDCENTER_DOMAIN = "If the user belongs to a directory, set username to the name alone and domain to the domain"
COHESITY_DOMAIN = "A domain is not read from the user name: give the name alone in username, and the domain in domain"
NOT_VALID = "POST {url}/commandcenter/api/Login: HTTP 200: Invalid Username or Password."
LOGIN_NEEDED = "managing access tokens needs a login: username and password, or auth_token;"
COHESITY_LOGIN_NEEDED = "a login needs username and password, or certificate and private_key:"

# How well a message says what, where, why and what to do next: 5 all four, 4 all that a user needs, 3 something is missing, 1 a riddle.
LOWEST_GRADE = 4

# (grade, product, the task's arguments, the message)
OPTIONS: list[tuple[int, str, dict[str, Any], str]] = [
    # A login that was refused.
    (5, "commandcenter", {"password": WRONG}, f"{NOT_VALID} The login of user 'svc-ansible' {REFUSED}. {CODE}"),
    (
        5,
        "commandcenter",
        {"username": "mfa", "password": "canary-commandcenter-mfa-password"},
        f"POST {{url}}/commandcenter/api/Login: HTTP 200: Two-factor authentication is enabled: add the PIN to the password. "
        f"The login of user 'mfa' {REFUSED}. {CODE}",
    ),
    (
        5,
        "commandcenter",
        {"username": "svc@corp.example", "password": WRONG},
        f"{NOT_VALID} The login of user 'svc@corp.example' {REFUSED}. {COMMANDCENTER_DOMAIN}. {CODE}",
    ),
    (
        5,
        "commandcenter",
        {"username": "CORP\\svc", "password": WRONG},
        f"{NOT_VALID} The login of user 'CORP\\\\svc' {REFUSED}. {COMMANDCENTER_DOMAIN}. {CODE}",
    ),
    (
        5,
        "cohesity",
        {"username": "backup@corp.example", "password": WRONG},
        "POST {url}/v2/access-tokens: HTTP 400 KValidationError: Invalid Username or Password specified. "
        f"The login of user 'backup@corp.example' in domain 'LOCAL' {REFUSED}. {COHESITY_DOMAIN}",
    ),
    # What is missing or empty.
    (5, "commandcenter", {"url": ""}, "url is missing or empty: give the option url, or set the environment variable COMMANDCENTER_URL"),
    (5, "cohesity", {"cluster": ""}, "cluster is missing or empty: give the option cluster, or set the environment variable COHESITY_CLUSTER"),
    (5, "cohesity", {"cluster": None}, "cluster is missing or empty: give the option cluster, or set the environment variable COHESITY_CLUSTER"),
    (5, "commandcenter", {"password": ""}, f"{LOGIN_NEEDED} password (or COMMANDCENTER_PASSWORD) is missing or empty"),
    (
        5,
        "commandcenter",
        {"username": None, "password": None},
        f"{LOGIN_NEEDED} username (or COMMANDCENTER_USERNAME) and password (or COMMANDCENTER_PASSWORD) are missing or empty",
    ),
    (5, "cohesity", {"password": ""}, f"{COHESITY_LOGIN_NEEDED} password (or COHESITY_PASSWORD) is missing or empty"),
    # The other product's address.
    *[
        (
            4,
            "cohesity",
            {"cluster": f"https://cc.example{path}"},
            "cluster: this is the address of a Commvault Command Center, not of a Cohesity cluster; its modules are dataprotection.access.commandcenter_*",
        )
        for path in ("/commandcenter/#/dashboard", "/adminconsole", "/webconsole/api")
    ],
    *[
        (
            4,
            "commandcenter",
            {"url": f"https://cluster.example{path}"},
            "url: this is the address of a Cohesity cluster, not of a Command Center; its modules are dataprotection.access.cohesity_*",
        )
        for path in ("/irisservices/api/v1/public", "/v2")
    ],
    # A token that cannot be found, or kept.
    (
        5,
        "commandcenter",
        {"name": "ci", "id": 4711},
        "There is no token with id 4711: it was revoked, or this login may not see it. For another user's token, set user_id; "
        "to create a token, set name without id",
    ),
    (
        5,
        "commandcenter",
        {"store": {"file": "/dev/null/tokens/ci.json"}},
        "The store file /dev/null/tokens/ci.json: a part of the path of its folder is a file, so there cannot be such a folder; choose another path",
    ),
    (
        5,
        "commandcenter",
        {"store": {"file": "/nonexistent/tokens/ci.json"}},
        "The store file /nonexistent/tokens/ci.json: its folder cannot be used (No such file or directory); "
        "create one with: install -d -m 700 /nonexistent/tokens",
    ),
]

ROLE = "Check that the role of the user, or the scope of the token, allows this call."
RATE = "The server limits the rate of requests: try again later, or run fewer of these tasks at the same time."
BROKEN = "The server failed by itself: try again, and if it keeps failing, look at its log."
SLOW = "If the server is only slow, raise timeout; otherwise check its load and the network in between."

# (grade, the simulator's fault, its arguments, what follows the request)
SERVER: list[tuple[int, str, dict[str, Any], str]] = [
    (5, "status", {"code": 403, "body": {"errorCode": 403, "errorMessage": "Forbidden"}}, f"HTTP 403: Forbidden. {ROLE}"),
    (5, "status", {"code": 429, "body": "Too many", "headers": {"Retry-After": "60"}}, f"HTTP 429: Too many (the server asks to wait 60 s). {RATE}"),
    (5, "status", {"code": 500, "body": {"errorCode": 500, "errorMessage": "Oops"}}, f"HTTP 500: Oops. {BROKEN}"),
    (4, "delay", {"seconds": 5}, f"no complete response within 0.5 s. {SLOW}"),
]

# (grade, product, the task's arguments, what the message holds)
VALIDATION: list[tuple[int, str, dict[str, Any], str]] = [
    (4, "commandcenter", {"name": "ci"}, "missing required arguments: url (or the environment variable COMMANDCENTER_URL)"),
    (4, "commandcenter", {"url": "cc", "renewable_util": "90d"}, "Did you mean renewable_until instead of renewable_util?"),
    (4, "cohesity", {"cluster": "c", "min_validty": "5m"}, "Did you mean min_validity instead of min_validty?"),
    (4, "cohesity", {"cluster": "c", "store": "/a/file.json"}, "store takes a dict: for example {file: /path/to/token.json}"),
]


# The messages of the tests below that stand alone, graded like those of the tables.
ALONE = {
    "a login that is refused by status": 5,
    "a pair that can no longer be renewed": 5,
    "an address without a Command Center": 5,
    "a name that belongs to somebody else": 4,
    "a token whose secret the store does not hold": 5,
    "a stale pair": 5,
}
TELLS = "told(task"
GRADES = {
    **{f"{product} {arguments}": grade for grade, product, arguments, _message in [*OPTIONS, *VALIDATION]},
    **{f"{kind} {details}": grade for grade, kind, details, _rest in SERVER},
    **ALONE,
}


def test_grades() -> None:
    """A message that says less than its user needs is rewritten, not recorded."""
    assert {case: grade for case, grade in GRADES.items() if not LOWEST_GRADE <= grade <= 5} == {}


def test_each_message_is_graded() -> None:
    """A test of a message that stands alone has its case among the grades."""
    cases = {name.removeprefix("test_").replace("_", " ") for name, test in globals().items() if name.startswith("test_") and TELLS in getsource(test)}
    tables = {"options", "the server"}
    assert cases - tables == {case.lower() for case in ALONE}


def task_of(product: str, sim: Simulator) -> Task:
    logins = {"cohesity": sim.cohesity_login, "commandcenter": {**sim.commandcenter_login, "name": "ci"}}
    return Task(MODULES[product], **logins[product])


def told(task: Task, **arguments: Any) -> str:
    """What the task's result tells its user, which holds no secret."""
    message = str(failure(task.fails(**arguments))["msg"])
    secrets = [value for value in (WRONG, task.defaults["password"], arguments.get("password")) if value]
    assert [secret for secret in secrets if secret in message] == []
    return message


@pytest.mark.parametrize(("product", "arguments", "message"), [row[1:] for row in OPTIONS], ids=str)
def test_options(sim: Simulator, product: str, arguments: dict[str, Any], message: str) -> None:
    assert told(task_of(product, sim), **arguments) == message.replace("{url}", sim.url)


@pytest.mark.parametrize(("kind", "details", "rest"), [row[1:] for row in SERVER], ids=str)
def test_the_server(sim: Simulator, kind: str, details: dict[str, Any], rest: str) -> None:
    """A status is named once, also where the server repeats it as its code; and there is always something to do next."""
    sim.fault(kind, method="GET", path="AccessToken$", **details)
    message = told(task_of("commandcenter", sim), timeout=0.5 if kind == "delay" else 20, retries=0)
    assert message == f"GET {sim.url}{BASE}/V4/AccessToken: {rest}"


@pytest.mark.parametrize(("product", "arguments", "words"), [row[1:] for row in VALIDATION], ids=str)
def test_options_that_do_not_fit(product: str, arguments: dict[str, Any], words: str) -> None:
    spec = MODULES[product].ARGUMENT_SPEC
    errors = ArgumentSpecValidator(without_no_log(spec)).validate(arguments).errors
    assert words in validation_message("the_module", spec, arguments, errors)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_login_that_is_refused_by_status(sim: Simulator, status: int) -> None:
    sim.fault("status", path="/Login$", code=status, body="Access denied")
    assert told(task_of("commandcenter", sim)) == (
        f"POST {sim.url}{BASE}/Login: HTTP {status}: Access denied. The login of user 'svc-ansible' {REFUSED}. {CODE}"
    )


def test_a_pair_that_can_no_longer_be_renewed(sim: Simulator) -> None:
    task = task_of("commandcenter", sim)
    made = task()["token"]
    sim.advance(15 * 86400)
    message = told(task, name=None, state="renewed", access_token=made["access_token"], refresh_token=made["refresh_token"])
    assert message.endswith(
        ". The pair was not rotated. If it has been renewed before, use the newest one; otherwise create a new token "
        "(state: present with recreate: always, preferably with a store)"
    )


def test_an_address_without_a_command_center(sim: Simulator) -> None:
    sim.fault("status", path="/Login$", code=404, body="Not Found")
    assert told(task_of("commandcenter", sim)) == (
        f"POST {sim.url}{BASE}/Login: HTTP 404: Not Found. There is no Command Center API at this address: check url and its path. "
        "A Cohesity cluster goes into the option cluster of the modules dataprotection.access.cohesity_*"
    )


@pytest.mark.parametrize("shown", ["/commandcenter", "/commandcenter/#/dashboard", "/adminconsole"])
def test_the_address_that_a_browser_shows(sim: Simulator, shown: str) -> None:
    assert task_of("commandcenter", sim)(url=sim.url + shown)["actions"] == ["created"]


def test_a_name_that_belongs_to_somebody_else(sim: Simulator) -> None:
    sim.set(commandcenter_names="global")
    sim.commandcenter_create("ci", user_id=8)
    assert told(task_of("commandcenter", sim)) == (
        f"POST {sim.url}{BASE}/V4/AccessToken: HTTP 200 error 22: Token name already present. "
        "Another user's token, which this login cannot see, has this name. Choose another name"
    )


def test_a_token_whose_secret_the_store_does_not_hold(sim: Simulator, tmp_path: Path) -> None:
    made = sim.commandcenter_create("ci")
    assert told(task_of("commandcenter", sim), store={"file": str(tmp_path / "ci.json")}) == (
        f"The token 'ci' (id {made['id']}) exists, but the store does not hold its secret, which cannot be read again. "
        "To replace it with a new one, set recreate: state_change"
    )


def test_a_stale_pair(sim: Simulator) -> None:
    task = task_of("commandcenter", sim)
    made = task()["token"]
    pair = {"name": None, "state": "renewed", "access_token": made["access_token"], "refresh_token": made["refresh_token"]}
    task(**pair)
    message = told(task, **pair)
    assert not any(secret in message for secret in (made["access_token"], made["refresh_token"]))
    assert message == (
        f"POST {sim.url}{BASE}/V4/AccessToken/Renew: HTTP 200 error 22: Refresh token was used already; the token has been revoked. "
        "It is not known whether the pair was rotated. Do not send it again: sending a rotated pair ends every token of its chain. "
        "Create a new token instead (state: present with recreate: always, preferably with a store)"
    )
