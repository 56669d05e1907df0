# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where credentials may go: the address that was given, over TLS, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.cluster import cluster_url
from ansible_collections.dataprotection.access.plugins.module_utils._commandcenter.server import commandcenter_url
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._http.addresses import check_url
from ansible_collections.dataprotection.access.plugins.module_utils._http.body import MAX_BODY_BYTES
from tests.simulator import Simulator
from tests.unit.http.conftest import PATH, Client, Make


@pytest.mark.parametrize("end", ["#", "?", "/#", "/?", "#x", "?x=1"])
@pytest.mark.parametrize("given", ["cluster.example", "cluster.example:8443", "https://cluster.example"])
def test_a_query_or_a_fragment_is_refused_even_when_it_is_empty(given: str, end: str) -> None:
    with pytest.raises(ApiError) as caught:
        cluster_url(given + end)
    assert caught.value.message == "cluster: an address with a query or a fragment is refused"


class TestAccepted:
    @pytest.mark.parametrize(
        ("given", "url"),
        [
            ("cluster.example", "https://cluster.example"),
            (" cluster.example:8443 ", "https://cluster.example:8443"),
            ("https://cluster.example/", "https://cluster.example"),
            ("192.0.2.7", "https://192.0.2.7"),
            ("[2001:db8::7]:8443", "https://[2001:db8::7]:8443"),
            ("2001:db8::7", "https://[2001:db8::7]"),
        ],
    )
    def test_clusters(self, given: str, url: str) -> None:
        assert cluster_url(given) == url

    @pytest.mark.parametrize(
        ("given", "url"),
        [
            ("cc.example", "https://cc.example/commandcenter/api"),
            (" https://cc.example/ ", "https://cc.example/commandcenter/api"),
            ("cc.example:8443", "https://cc.example:8443/commandcenter/api"),
            ("https://cc.example/webconsole/api/", "https://cc.example/webconsole/api"),
            ("cc.example/SearchSvc/CVWebService.svc", "https://cc.example/SearchSvc/CVWebService.svc"),
            ("https://m123.metallic.io/commandcenter/api", "https://m123.metallic.io/commandcenter/api"),
            ("https://api.metallic.io", "https://api.metallic.io"),
            ("API.Metallic.io", "https://API.Metallic.io"),
            # What a browser shows.
            *[
                (f"{host}{shown}", "https://cc.example/commandcenter/api")
                for host in ("cc.example", "https://cc.example")
                for shown in (
                    "/commandcenter",
                    "/commandcenter/",
                    "/CommandCenter/#/jobs",
                    "/commandcenter/?lang=en#/dashboard",
                    "/adminconsole",
                    "/adminconsole/#/",
                )
            ],
            ("https://cc.example:8443/commandcenter/#/", "https://cc.example:8443/commandcenter/api"),
            ("cc.example/commandcenter/api", "https://cc.example/commandcenter/api"),
            ("cc.example/commandcenter/elsewhere", "https://cc.example/commandcenter/elsewhere"),
        ],
    )
    def test_command_centers(self, given: str, url: str) -> None:
        assert commandcenter_url(given, allow_http=False) == url

    def test_http_where_it_is_allowed(self) -> None:
        assert commandcenter_url("http://cc.example:81/SearchSvc/CVWebService.svc", allow_http=True) == "http://cc.example:81/SearchSvc/CVWebService.svc"

    def test_ipv6_on_the_wire(self, sim: Simulator, make: Make) -> None:
        if sim.ipv6_host is None:
            pytest.skip("this machine has no IPv6")
        assert make(cluster_url(sim.ipv6_host))().status == 200


class TestRefused:
    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://cc.example", "unencrypted; use https, or set allow_http"),
            ("ftp://cc.example", "is not a host name or https address"),
            ("https://", "is not a host name or https address"),
            ("https://cc.example:0", "is not a host name or https address"),
            ("https://cc.example:port", "this is not a valid address"),
            ("https://cc.example:99999", "this is not a valid address"),
            ("https://[::1", "this is not a valid address"),
            ("cc.example /x", "is not a host name or https address"),
            ("https://cc.ex\nample", "is not a host name or https address"),
            ("https://cc.example\\@evil.example", "credentials in the address are refused"),
            ("https://cc.example/api?x=1", "a query or a fragment"),
            ("https://cc.example/api#x", "a query or a fragment"),
        ],
    )
    def test_command_centers(self, url: str, words: str) -> None:
        with pytest.raises(ApiError) as caught:
            commandcenter_url(url, allow_http=False)
        assert caught.value.message.startswith("url: ")
        assert words in caught.value.message

    @pytest.mark.parametrize(
        ("cluster", "words"),
        [
            ("http://cluster.example", "unencrypted; use https"),
            ("cluster.example/v2", "has a path"),
            ("https://cluster.example/irisservices/api/v1", "has a path"),
        ],
    )
    def test_clusters(self, cluster: str, words: str) -> None:
        with pytest.raises(ApiError) as caught:
            cluster_url(cluster)
        assert words in caught.value.message
        assert "allow_http" not in caught.value.message

    @pytest.mark.parametrize(
        "address",
        [
            "https://admin:hunter2-secret@cc.example",
            "https://hunter2-secret@cc.example/api",
            "admin:hunter2-secret@cc.example",
            "https://admin:hunter2-secret@cc.example:99999",
            # What is meant as a password, but is read as a port and a path.
            "https://admin:12/hunter2-secret@cc.example",
            "admin:12/hunter2-secret@cc.example",
            "//admin:hunter2-secret@cc.example",
            "http://admin:hunter2-secret@cc.example",
            "ftp://admin:hunter2-secret@cc.example",
            "https://admin:x?hunter2-secret@cc.example",
            "https://admin:x#hunter2-secret@cc.example",
            "https://admin:x:y:hunter2-secret@cc.example",
            "admin:12/commandcenter/#hunter2-secret@cc.example",
            "admin:12/v2/hunter2-secret@cc.example",
        ],
    )
    def test_credentials_in_the_address_are_refused_and_not_shown(self, address: str) -> None:
        for read in (cluster_url, lambda text: commandcenter_url(text, True), lambda text: check_url(text, "url", True)):
            with pytest.raises(ApiError) as caught:
                read(address)
            assert "hunter2" not in caught.value.message

    def test_a_name_that_cannot_be_looked_up(self, make: Make) -> None:
        error = make("https://cc..example", retries=0).fails()
        assert f"GET https://cc..example{PATH}: " in error.message
        assert not error.maybe_applied


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_they_are_refused_and_the_target_gets_nothing(self, sim: Simulator, client: Client, method: str, status: int) -> None:
        sim.fault("redirect", status=status, location=sim.http_url + "/elsewhere")
        error = client.fails(method, body={"password": "secret"} if method == "POST" else None)
        assert f"{method} {sim.url}{PATH}: HTTP {status} redirects to {sim.http_url}/elsewhere, which was refused" in error.message
        assert "give the final address instead" in error.message
        assert (error.status, error.maybe_applied) == (status, True)
        assert [entry["path"] for entry in sim.requests()] == [PATH]
        assert client.warnings == []

    def test_also_to_the_same_host(self, sim: Simulator, client: Client) -> None:
        sim.fault("redirect", location="/elsewhere")
        assert "redirects to /elsewhere, which was refused" in client.fails().message
        assert len(sim.requests()) == 1

    @pytest.mark.parametrize(
        ("location", "shown"),
        [
            ("https://user:canary@other.example:8443/login?password=canary#canary", "https://other.example:8443/login,"),
            ("https://other.example/canary/api", "https://other.example/********/api,"),
            ("http://[::1", "an unnamed address,"),
            ("", "an unnamed address,"),
            ("https://other.example/" + "x" * 5000, f"https://other.example/{'x' * 478},"),
        ],
    )
    def test_the_target_is_shown_without_secrets(self, sim: Simulator, client: Client, location: str, shown: str) -> None:
        client.http.redactor.add("canary")
        sim.fault("redirect", location=location)
        error = client.fails()
        assert shown in error.message
        assert "canary" not in error.message

    def test_its_body_is_limited_like_any_other(self, sim: Simulator, client: Client) -> None:
        body = "x" * (MAX_BODY_BYTES + 1)
        sim.fault("status", code=307, body=body, headers={"Location": sim.http_url})
        assert "the response is larger than 16 MiB and was refused" in client.fails().message


class TestNetrc:
    @pytest.fixture
    def netrc(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n", encoding="utf-8")
        (tmp_path / ".netrc").chmod(0o600)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    @pytest.mark.usefixtures("netrc")
    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ours"}])
    def test_it_is_ignored(self, sim: Simulator, client: Client, headers: dict[str, Any]) -> None:
        client(headers=headers)
        assert sim.requests()[0]["headers"].get("authorization") == headers.get("Authorization")
