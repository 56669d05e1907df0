# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients under test, and what they warn of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._http.client import HttpClient, Response
from tests.simulator import Simulator
from tests.unit.http.wire import Authority, Reply, Scripted, serving

# Answers anybody with a small JSON document.
PATH = "/irisservices/api/v1/public/basicClusterInfo"

Make = Callable[..., "Client"]
Script = Callable[..., tuple["Client", Scripted]]


class Client:
    """An HttpClient that keeps its warnings."""

    def __init__(self, url: str, **options: Any) -> None:
        self.warnings: list[str] = []
        self.http = HttpClient(url, warn=self.warnings.append, **options)

    def __call__(self, method: str = "GET", path: str = PATH, **options: Any) -> Response:
        return self.http.request(method, path, **options)

    def fails(self, method: str = "GET", path: str = PATH, **options: Any) -> ApiError:
        with pytest.raises(ApiError) as caught:
            self(method, path, **options)
        return caught.value


@pytest.fixture
def make(sim: Simulator) -> Iterator[Make]:
    """Makes clients for the simulator (or `url`) that trust its CA; they are closed after the test."""
    made: list[Client] = []

    def make_client(url: str | None = None, **options: Any) -> Client:
        client = Client(url or sim.url, **{"ca_path": sim.ca_path, "timeout": 10, **options})
        made.append(client)
        return client

    yield make_client
    for client in made:
        client.http.close()


@pytest.fixture
def client(make: Make) -> Client:
    return make()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def script(make: Make, authority: Authority) -> Iterator[Script]:
    """Makes a server that gives these replies, and a client for it."""
    with ExitStack() as stack:

        def start(*replies: Reply, **options: Any) -> tuple[Client, Scripted]:
            server = Scripted(authority.context, list(replies))
            port = stack.enter_context(serving(server))
            return make(f"https://127.0.0.1:{port}", **{"ca_path": authority.ca_path, **options}), server

        yield start
