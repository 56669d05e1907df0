# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a call acts: on one cluster behind Helios, and for one tenant. Names are resolved to the ids that the headers carry."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator

from .._errors import ApiError
from .._http.client import Response

CLUSTER_LISTS = ("/mcm/clusters/connectionStatus", "/v2/mcm/cluster-config/clusters")
TENANTS_PATH = "/irisservices/api/v1/public/tenants"
CLUSTER_HEADER, TENANT_HEADER = "accessClusterId", "x-impersonate-tenant-id"
_MOST_NAMES = 10

Send = Callable[..., Response]
# A GET with the credential: path and headers to the JSON document.
Read = Callable[[str, t.Mapping[str, str]], t.Any]


class Place(t.NamedTuple):
    """What a list says of one cluster or tenant."""

    id: str
    name: str
    is_connected: bool


def scope_headers(read: Read, access_cluster: str | None, tenant: str | None) -> dict[str, str]:
    """The headers that bind a call to a cluster behind Helios and to a tenant; raises ApiError when one is not found.

    An id costs no request, a name costs one. The id of a cluster is a number; that of a tenant ends with a slash.
    """
    headers: dict[str, str] = {}
    if access_cluster:
        headers[CLUSTER_HEADER] = _cluster_id(read, access_cluster.strip())
    if tenant:
        headers[TENANT_HEADER] = _tenant_id(read, tenant.strip(), headers)
    return headers


class Scope:
    """Calls for one tenant and one cluster behind Helios; names are resolved once, before the first call."""

    def __init__(self, call: Send, access_cluster: str | None, tenant: str | None) -> None:
        self._call = call
        self._access_cluster = access_cluster
        self._tenant = tenant
        self._headers: dict[str, str] | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that bind a call to them; raises ApiError."""
        if self._headers is None:
            self._headers = scope_headers(lambda path, headers: self._call("GET", path, headers=headers).data, self._access_cluster, self._tenant)
        return self._headers

    def send(self, method: str, path: str, *, headers: t.Mapping[str, str] | None = None, **request: t.Any) -> Response:
        """Send a request there; the arguments are those of Cluster.call()."""
        return self._call(method, path, headers={**(headers or {}), **self.headers}, **request)


def _cluster_id(read: Read, wanted: str) -> str:
    if wanted.isascii() and wanted.isdigit():
        return wanted
    found = _find("access_cluster", wanted, _places(_cluster_list(read), ("clusterId", "id"), ("name", "clusterName")))
    if not found.is_connected:
        raise ApiError(f"access_cluster: {wanted!r} is not connected to Helios at the moment")
    return found.id


def _cluster_list(read: Read) -> t.Any:
    """The list of clusters behind Helios, from the older place or the newer one."""
    try:
        return read(CLUSTER_LISTS[0], {})
    except ApiError as error:
        if error.status != 404:
            raise
    try:
        return read(CLUSTER_LISTS[1], {})
    except ApiError as error:
        if error.status != 404:
            raise
        raise error.explained("This server has no list of clusters: access_cluster is for Helios only") from None


def _tenant_id(read: Read, wanted: str, headers: t.Mapping[str, str]) -> str:
    if wanted.endswith("/") and wanted.isascii() and wanted.isprintable():
        return wanted
    return _find("tenant", wanted, _places(read(TENANTS_PATH, headers), ("tenantId", "id"), ("name",))).id


def _places(document: t.Any, id_keys: tuple[str, ...], name_keys: tuple[str, ...]) -> list[Place]:
    """The entries of a list, which is the document itself or the only list in it. What has no usable id is left out."""
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        document = lists[0] if len(lists) == 1 else None
    return [place for entry in (document if isinstance(document, list) else []) for place in _place(entry, id_keys, name_keys)]


def _place(entry: t.Any, id_keys: tuple[str, ...], name_keys: tuple[str, ...]) -> Iterator[Place]:
    if isinstance(entry, dict):
        number = next((entry[key] for key in id_keys if isinstance(entry.get(key), (str, int)) and not isinstance(entry[key], bool)), "")
        name = next((entry[key] for key in name_keys if isinstance(entry.get(key), str)), "")
        identifier = str(number)
        if identifier.strip() and identifier.isascii() and identifier.isprintable():
            yield Place(identifier, name, entry.get("connectedToCluster") is not False)


def _find(option: str, wanted: str, places: list[Place]) -> Place:
    """The one place with this id or name; raises ApiError for none and for several."""
    found = [place for place in places if place.id == wanted] or [place for place in places if place.name.lower() == wanted.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        raise ApiError(f"{option}: {len(found)} have the name {wanted!r}; give the id of one: {', '.join(place.id for place in found[:_MOST_NAMES])}")
    names = ", ".join(sorted(repr(place.name) for place in places)[:_MOST_NAMES]) or "none that this user may see"
    raise ApiError(f"{option}: there is no {wanted!r}; there are: {names}")
