# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that takes part in the run's memory: it calls a Cohesity cluster, logs in where it has to, and says what it did."""

from __future__ import annotations

import time

try:
    import requests
except ImportError:
    # A controller may have none; the target then needs it.
    requests = None

from ansible_collections.dataprotection.access.plugins.module_utils._cohesity.memory import memory_key
from ansible_collections.dataprotection.access.plugins.module_utils._errors import ApiError
from ansible_collections.dataprotection.access.plugins.module_utils._memory import Memory, RunCredential
from ansible_collections.dataprotection.access.plugins.module_utils._module import run_shipped
from ansible_collections.dataprotection.access.plugins.module_utils._options import COHESITY_SPEC

ARGUMENT_SPEC = {
    **COHESITY_SPEC,
    "tenant": {"type": "str"},
    # What goes wrong in this task: it is slow while it logs in, or fails after the call.
    "mishap": {"type": "str", "choices": ["slow", "fails"]},
}
FACTS = {}
SECRET_RESULTS = ()
__all__ = ["memory_key"]


def run(params, _check_mode, _warn, memory=None):
    memory = memory or Memory()
    session = requests.Session()
    session.trust_env = False
    session.verify = params["ca_path"] if params["validate_certs"] else False
    actions = []

    def log_in():
        actions.append("login")
        if params["mishap"] == "slow":
            time.sleep(4)
        body = {name: params[name] for name in ("username", "password", "domain")}
        response = session.post(f"https://{params['cluster']}/v2/access-tokens", json=body, timeout=30)
        if response.status_code >= 300:
            raise ApiError(f"the login failed: HTTP {response.status_code}", response.status_code)
        return RunCredential("token", response.json()["accessToken"], {"token_type": "Bearer"})

    def call(credential):
        headers = {"Authorization": f"Bearer {credential.secret}"}
        return session.get(f"https://{params['cluster']}/irisservices/api/v1/public/sessionUser", headers=headers, timeout=30).status_code

    def is_verdict(error):
        return error.status in (400, 401)

    credential = memory.login_once(("token",), log_in, is_verdict)
    status = call(credential)
    if status == 401:
        credential = memory.login_once(("token",), log_in, is_verdict, refused=credential)
        status = call(credential)
    if params["mishap"] == "fails":
        raise ApiError("it went wrong after the call", status)
    return {"changed": False, "status": status, "actions": actions}


def main():
    run_shipped(run, ARGUMENT_SPEC, takes_memory=True)


if __name__ == "__main__":
    main()
