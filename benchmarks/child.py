# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured inside of one process: `python child.py list|login|lookup`, with its arguments as JSON on stdin, answers in JSON.

It runs on the Python that is measured, which need not have what the bench itself needs.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import tracemalloc
from typing import Any

REPEATS = 3
FORKS = 15
LOOKUPS = 200


def measure_list(options: dict[str, Any]) -> dict[str, Any]:
    """The shortest time and the memory of run() of commandcenter_access_token_info; the options are the module's."""
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    from ansible_collections.dataprotection.access.plugins.modules import commandcenter_access_token_info as module

    params = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(options).validated_parameters
    times = []
    for _repeat in range(REPEATS):
        started = time.perf_counter()
        result = module.run(params, False, print)
        times.append(time.perf_counter() - started)
    tokens = len(result["tokens"])
    del result
    # A run of its own, because it takes several times as long while it is watched.
    tracemalloc.start()
    module.run(params, False, print)
    return {"seconds": min(times), "mib": tracemalloc.get_traced_memory()[1] / 2**20, "tokens": tokens}


def measure_login(options: dict[str, Any]) -> dict[str, Any]:
    """The processor time of one bare login with requests in a process that was forked for it, as ansible forks one for each task."""
    import requests

    times = []
    for _fork in range(FORKS):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                started = time.process_time()
                with requests.Session() as session:
                    session.trust_env = False
                    session.post(options["url"], json=options["body"], verify=options["ca_path"], timeout=30).raise_for_status()
                os.write(writer, repr(time.process_time() - started).encode())
            finally:
                os._exit(0)
        os.close(writer)
        times.append(float(os.read(reader, 100)))
        os.close(reader)
        os.waitpid(child, 0)
    return {"seconds": statistics.median(times)}


def measure_lookup(options: dict[str, Any]) -> dict[str, Any]:
    """The median time of a lookup in a file, as a template finds and runs it; the options are those of cohesity_access_token, which fills the store."""
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible.plugins.loader import init_plugin_loader, lookup_loader

    # Before anything of the collection is imported, which is then found as ansible finds it.
    init_plugin_loader()
    from ansible_collections.dataprotection.access.plugins.modules import cohesity_access_token as module

    module.run(ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(options).validated_parameters, False, print)
    times = []
    for _lookup in range(LOOKUPS):
        started = time.perf_counter()
        (token,) = lookup_loader.get("dataprotection.access.stored_token").run([], {}, file=options["store"]["file"])
        times.append(time.perf_counter() - started)
        if not token["access_token"]:
            raise RuntimeError("the lookup found no token")
    return {"seconds": statistics.median(times)}


if __name__ == "__main__":
    measure = {"list": measure_list, "login": measure_login, "lookup": measure_lookup}[sys.argv[1]]
    print(json.dumps(measure(json.load(sys.stdin))))
