# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How clusters differ in their tokens, their refusals, their tenants, and what Helios does."""

from __future__ import annotations

import base64
import json

import pytest

from tests.simulator import Simulator
from tests.unit.simulator.clients import SESSION_USER, V1_TOKENS, V2_TOKENS, Cohesity

CLUSTER = "/irisservices/api/v1/public/cluster"
GROUPS = "/v2/data-protect/protection-groups"


class TestTokens:
    @pytest.mark.parametrize(("switch", "kind"), [("text", str), ("number", int), ("absent", type(None))])
    def test_a_jwt_tells_its_end(self, cluster: Cohesity, sim: Simulator, switch: str, kind: type) -> None:
        sim.set(cohesity_token_style="jwt", cohesity_jwt_expiry=switch, cohesity_lifetime=600, clock_frozen=True)
        token = cluster.token()
        _head, claims, _signature = token.split(".")
        claim = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        assert (claim["username"], claim["user-sid"]) == ("backup", "SID-LOCAL-backup")
        assert isinstance(claim.get("expiration-time"), kind)
        assert int(claim.get("expiration-time", int(sim.now()) + 600)) == int(sim.now()) + 600
        assert cluster.get(SESSION_USER, token).status_code == 200

    def test_a_long_one(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.set(cohesity_token_style="long")
        token = cluster.token()
        assert len(token) == 708
        assert cluster.get(SESSION_USER, token).status_code == 200

    def test_401_with_the_mfa_text_is_not_cured_by_a_login(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.set(cohesity_mfa_only=True)
        for _dummy in range(2):
            response = cluster.get(SESSION_USER, cluster.token())
            assert response.status_code == 401
            assert response.json()["message"].startswith("StatusUnauthorized: Only Multi-factor Authentication (MFA) related")

    def test_the_security_configuration_can_need_privileges(self, cluster: Cohesity, sim: Simulator) -> None:
        sim.set(cohesity_security_config="privileged")
        assert cluster.get("/v2/security-config", cluster.token()).status_code == 403
        sim.set(cohesity_privileges=["SECURITY_ADVISOR_VIEW", "TENANT_VIEW"])
        shown = cluster.get("/v2/security-config", cluster.token()).json()
        assert shown["sessionConfiguration"]["absoluteTimeout"] == 86400

    @pytest.mark.parametrize("path", [V1_TOKENS, V2_TOKENS])
    def test_a_forced_password_change_can_be_skipped(self, cluster: Cohesity, sim: Simulator, path: str) -> None:
        sim.set(cohesity_force_password_change=True)
        assert cluster.login(path).status_code == 400
        assert cluster.login(path, skipForcePasswordChange=True).status_code == 201


class TestTenants:
    def test_the_header_shows_the_tenants_own_objects(self, cluster: Cohesity, sim: Simulator) -> None:
        cluster.session.headers["Authorization"] = f"Bearer {cluster.token()}"
        finance = cluster("GET", "/irisservices/api/v1/public/tenants").json()[0]
        sim.cohesity_seed("groups", 2)
        sim.cohesity_seed("groups", 1, tenant=finance["tenantId"])
        header = {"x-impersonate-tenant-id": finance["tenantId"]}
        assert len(cluster("GET", GROUPS).json()["protectionGroups"]) == 2
        assert len(cluster("GET", GROUPS, headers=header).json()["protectionGroups"]) == 1
        assert cluster("GET", SESSION_USER, headers=header).json()["tenantId"] == "finance/"

    def test_an_unknown_tenant_and_a_user_without_the_right(self, cluster: Cohesity) -> None:
        viewer = cluster.token(username="viewer", password="canary-cohesity-viewer-password")
        for token, tenant in ((cluster.token(), "nobody/"), (viewer, "finance/")):
            headers = {"Authorization": f"Bearer {token}", "x-impersonate-tenant-id": tenant}
            assert cluster("GET", GROUPS, headers=headers).status_code == 403


class TestHelios:
    @pytest.fixture
    def helios(self, sim: Simulator) -> Cohesity:
        sim.set(cohesity_helios=True)
        client = Cohesity(sim)
        client.session.headers["apiKey"] = sim.cohesity_key_create("helios")["secret"]
        return client

    @pytest.mark.parametrize("path", [V1_TOKENS, V2_TOKENS, "/v2/users/sessions"])
    def test_a_password_login_is_refused(self, helios: Cohesity, path: str) -> None:
        response = helios.login(path)
        assert (response.status_code, response.json()["message"]) == (401, "No open ID token found in header")

    def test_a_call_goes_to_the_cluster_of_its_header(self, helios: Cohesity, sim: Simulator) -> None:
        clusters = helios("GET", "/mcm/clusters/connectionStatus").json()
        assert [cluster["name"] for cluster in clusters] == ["cluster-one", "cluster-two", "cluster-three"]
        assert helios("GET", "/v2/mcm/cluster-config/clusters").status_code == 200
        sim.cohesity_seed("groups", 3, cluster="1002")
        counts = {}
        for cluster in clusters[:2]:
            header = {"accessClusterId": str(cluster["clusterId"])}
            assert helios("GET", CLUSTER, headers=header).json()["name"] == cluster["name"]
            counts[cluster["name"]] = len(helios("GET", GROUPS, headers=header).json()["protectionGroups"])
        assert counts == {"cluster-one": 0, "cluster-two": 3}

    @pytest.mark.parametrize(("cluster", "status"), [(None, 400), ("1003", 503), ("4711", 404)])
    def test_no_cluster_an_unconnected_and_an_unknown_one(self, helios: Cohesity, cluster: str | None, status: int) -> None:
        assert helios("GET", GROUPS, headers={"accessClusterId": cluster}).status_code == status

    def test_a_cluster_itself_knows_nothing_of_it(self, cluster: Cohesity) -> None:
        assert cluster.get("/mcm/clusters/connectionStatus", cluster.token()).status_code == 404
