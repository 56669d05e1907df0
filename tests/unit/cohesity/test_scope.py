# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cluster behind Helios, and which tenant, a call is for: an id costs no request, a name one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.cluster import Cluster
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.credential import ApiKey
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.login import Login
from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.scope import scope_headers
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from tests.simulator import Simulator, credentials
from tests.unit.helpers import transcript

CONNECTION_STATUS = "GET /mcm/clusters/connectionStatus"
CLUSTERS = "GET /v2/mcm/cluster-config/clusters"
TENANTS = "GET /irisservices/api/v1/public/tenants"


class Asker:
    """Resolves names with the credential of one connection."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def read(self, path: str, headers: Mapping[str, str]) -> Any:
        return self.cluster.call("GET", path, headers=headers).data

    def __call__(self, access_cluster: str | None = None, tenant: str | None = None) -> dict[str, str]:
        return scope_headers(self.read, access_cluster, tenant)

    def fails(self, **wanted: str) -> str:
        with pytest.raises(ApiError) as caught:
            self(**wanted)
        return caught.value.message


@pytest.fixture
def helios(sim: Simulator) -> Iterator[Asker]:
    sim.set(cohesity_helios=True)
    key = sim.cohesity_key_create("ci")["secret"]
    with Cluster(sim.host, Login(), credential=ApiKey(key), ca_path=sim.ca_path, retries=0) as cluster:
        yield Asker(cluster)


@pytest.fixture
def plain(sim: Simulator) -> Iterator[Asker]:
    login = Login(username=credentials.COHESITY_USERNAME, password=credentials.COHESITY_PASSWORD)
    with Cluster(sim.host, login, ca_path=sim.ca_path, retries=0) as cluster:
        cluster.credential = cluster.create_token()
        sim.clear_requests()
        yield Asker(cluster)


def test_nothing_asked_for(sim: Simulator, plain: Asker) -> None:
    assert plain() == plain("", "") == {}
    assert transcript(sim) == []


class TestAccessCluster:
    def test_an_id_costs_no_request(self, sim: Simulator, helios: Asker) -> None:
        assert helios("1001") == {"accessClusterId": "1001"}
        assert transcript(sim) == []

    @pytest.mark.parametrize("name", ["cluster-two", "CLUSTER-Two", " cluster-two "])
    def test_a_name_costs_one(self, sim: Simulator, helios: Asker, name: str) -> None:
        headers = helios(name)
        assert headers == {"accessClusterId": "1002"}
        assert transcript(sim) == [CONNECTION_STATUS]
        assert helios.read("/irisservices/api/v1/public/cluster", headers)["name"] == "cluster-two"

    def test_the_newer_list(self, sim: Simulator, helios: Asker) -> None:
        sim.fault("status", path="connectionStatus", code=404)
        assert helios("cluster-two") == {"accessClusterId": "1002"}
        assert transcript(sim) == [CONNECTION_STATUS, CLUSTERS]

    def test_one_that_is_not_connected(self, helios: Asker) -> None:
        assert helios.fails(access_cluster="cluster-three") == "access_cluster: 'cluster-three' is not connected to Helios at the moment"

    def test_one_that_is_not_there(self, helios: Asker) -> None:
        assert helios.fails(access_cluster="nowhere") == "access_cluster: there is no 'nowhere'; there are: 'cluster-one', 'cluster-three', 'cluster-two'"

    def test_two_of_one_name(self, sim: Simulator, helios: Asker) -> None:
        sim.fault("json", path="connectionStatus", value=[{"name": "a", "clusterId": 1}, {"name": "a", "clusterId": 2}])
        assert helios.fails(access_cluster="a") == "access_cluster: 2 have the name 'a'; give the id of one: 1, 2"

    def test_a_server_that_is_not_helios(self, plain: Asker) -> None:
        assert plain.fails(access_cluster="cluster-one").endswith("This server has no list of clusters: access_cluster is for Helios only")

    def test_a_server_in_trouble(self, sim: Simulator, helios: Asker) -> None:
        sim.fault("status", path="connectionStatus", code=500)
        assert "HTTP 500" in helios.fails(access_cluster="cluster-one")
        assert transcript(sim) == [CONNECTION_STATUS]


class TestTenant:
    def test_an_id_costs_no_request(self, sim: Simulator, plain: Asker) -> None:
        assert plain(tenant="finance/") == {"x-impersonate-tenant-id": "finance/"}
        assert transcript(sim) == []

    @pytest.mark.parametrize("name", ["Finance", "finance"])
    def test_a_name_costs_one(self, sim: Simulator, plain: Asker, name: str) -> None:
        assert plain(tenant=name) == {"x-impersonate-tenant-id": "finance/"}
        assert transcript(sim) == [TENANTS]

    def test_one_that_is_not_there(self, plain: Asker) -> None:
        assert plain.fails(tenant="nowhere") == "tenant: there is no 'nowhere'; there are: 'Finance', 'Research'"

    def test_of_a_cluster_behind_helios(self, sim: Simulator, helios: Asker) -> None:
        assert helios("cluster-one", "Research") == {"accessClusterId": "1001", "x-impersonate-tenant-id": "research/"}
        assert transcript(sim) == [CONNECTION_STATUS, TENANTS]
        assert sim.requests("tenants")[0]["headers"]["accessclusterid"] == "1001"

    @pytest.mark.parametrize("value", [None, 5, "x", [], {}, [None, [], {"name": "a"}], [{"name": 5, "tenantId": {}}], {"a": [], "b": []}])
    def test_strange_lists_hold_nothing(self, sim: Simulator, plain: Asker, value: Any) -> None:
        sim.fault("json", path="tenants", value=value)
        assert plain.fails(tenant="a").startswith("tenant: there is no 'a'; there are: none that this user may see")
