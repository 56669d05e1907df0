# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m tests.simulator`: serve both products on loopback until stopped."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

from . import credentials
from .certificates import issue
from .server import SimulatorServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of the main https listener (default: any free one)")
    parser.add_argument("--ready-file", type=Path, help="write where and how to log in as JSON to this file")
    parser.add_argument("--data", type=Path, help="folder for the certificates (default: a temporary one)")
    parser.add_argument("--max-seconds", type=float, default=3600, help="stop after this time (default: 3600)")
    parser.add_argument("--parent", type=int, help="stop when this is no longer the parent process")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    options = parser.parse_args()
    folder = options.data or Path(tempfile.mkdtemp(prefix="simulator-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(serve(options, folder))
    finally:
        # A parent that was killed cannot clear up after us.
        if options.data is None or _orphaned(options.parent):
            shutil.rmtree(folder, ignore_errors=True)


async def serve(options: argparse.Namespace, folder: Path) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    certificates = issue(folder)
    server = SimulatorServer(certificates)
    ready = {
        **await server.start(options.port),
        "ca_path": certificates.ca_path,
        "other_ca_path": certificates.other_ca_path,
        "client_cert_path": certificates.client_cert_path,
        "client_key_path": certificates.client_key_path,
        "pid": os.getpid(),
        "credentials": credentials.summary(),
    }
    if not options.quiet:
        print(banner(ready), flush=True)
    if options.ready_file:
        write_whole(options.ready_file, json.dumps(ready, indent=2))
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_end(stopped, options.parent), options.max_seconds)
    await server.stop()


async def _end(stopped: asyncio.Event, parent: int | None) -> None:
    """Wait for a signal or, with `parent`, until that process is gone."""
    while not stopped.is_set():
        if _orphaned(parent):
            return
        try:
            await asyncio.wait_for(stopped.wait(), 0.5)
        except asyncio.TimeoutError:
            continue


def _orphaned(parent: int | None) -> bool:
    return parent is not None and os.getppid() != parent


def write_whole(path: Path, text: str) -> None:
    """Write so that a reader sees all of it or nothing."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def banner(ready: dict[str, Any]) -> str:
    cohesity, commandcenter = ready["credentials"]["cohesity"], ready["credentials"]["commandcenter"]
    viewer = next(user for user in cohesity["users"] if user["username"] == "viewer")
    return f"""\
Simulated Cohesity cluster and Command Center (test data only)
  Cohesity        {ready["host"]}
                  username {cohesity["username"]}, password {cohesity["password"]}, domain {cohesity["domain"]}
                  username {viewer["username"]}, password {viewer["password"]}, may only view
  Command Center  {ready["host"]}   (API below /commandcenter/api)
                  username {commandcenter["username"]}, password {commandcenter["password"]}
  CA              {ready["ca_path"]}
  Bad listeners   expired certificate {ready["expired_url"]}, wrong name {ready["wrong_name_url"]}
                  plain http {ready["http_url"]}, refused {ready["refused_url"]}, silent {ready["silent_url"]}
  Control         {ready["http_url"]}/_simulator/   (see tests/simulator/README.md)"""


if __name__ == "__main__":
    main()
