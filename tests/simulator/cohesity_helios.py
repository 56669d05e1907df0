# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helios: keys only, a list of clusters, and calls to one of them."""

from __future__ import annotations

from . import credentials
from .answers import Answer, Call, json_answer
from .cohesity_asking import V1, V2, Asking, Route
from .cohesity_refusal import RefusedError

NO_LOGIN = "No open ID token found in header"
# What Helios answers for itself, without accessClusterId.
OWN = (V2 + "/api-keys", V2 + "/users", V2 + "/mcm", "/mcm/", V1 + "/public/users", V1 + "/public/sessionuser")


def routes() -> list[Route]:
    return [("GET", "/mcm/clusters/connectionstatus", _status), ("GET", V2 + "/mcm/cluster-config/clusters", _clusters)]


def _status(_asking: Asking) -> Answer:
    return json_answer(credentials.HELIOS_CLUSTERS)


def _clusters(_asking: Asking) -> Answer:
    return json_answer({"clusters": credentials.HELIOS_CLUSTERS})


def chosen_cluster(call: Call) -> str:
    """The id of the cluster that a call is for; empty for Helios itself."""
    wanted = call.headers.get("accessclusterid", "")
    if not wanted:
        if call.path.lower().startswith(OWN):
            return ""
        raise RefusedError("The header accessClusterId is missing.")
    for cluster in credentials.HELIOS_CLUSTERS:
        if str(cluster["clusterId"]) == wanted:
            if not cluster["connectedToCluster"]:
                raise RefusedError("The cluster is not connected.", 503, "KUnavailable")
            return wanted
    raise RefusedError("The cluster does not exist.", 404, "KNotFound")


def cluster_name(cluster_id: str) -> str:
    """The name of a cluster of Helios, or of the only one there is."""
    names = {str(cluster["clusterId"]): str(cluster["name"]) for cluster in credentials.HELIOS_CLUSTERS}
    return names.get(cluster_id, "simulated")
