# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that `make docs` built, on a web server of this machine, and a browser to look at them."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright

from tests.tree import HERE

HTML = HERE / "build" / "docs" / "html"
PAGES = sorted(str(path.relative_to(HTML)) for path in HTML.rglob("*.html") if "_static" not in path.parts)
SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium refuses its sandbox to root and in most containers; what it shows here is our own.
ARGUMENTS = ["--no-sandbox"]


class Site(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the tests look at what the browser got."""


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the pages' folder."""
    if not PAGES:
        pytest.fail(f"there are no pages in {HTML}: use make docs-check")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=str(HTML))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def launch(playwright: Playwright) -> Browser:
    """Playwright's own Chromium if it was installed, else the system's."""
    if Path(playwright.chromium.executable_path).exists():
        return playwright.chromium.launch(args=ARGUMENTS)
    for name in SYSTEM_BROWSERS:
        path = shutil.which(name)
        if path:
            return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    pytest.skip(f"no browser: neither `playwright install chromium` was run, nor is one of {', '.join(SYSTEM_BROWSERS)} on PATH")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


class Visitor:
    """One window of the browser, and what went wrong in it."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("requestfailed", self._note_failure)
        page.on("request", lambda request: self._judge(request.url))
        page.on("response", lambda response: self.problems.append(f"{response.status}: {response.url}") if response.status >= 400 else None)

    def _note_failure(self, request: Request) -> None:
        # The browser itself gives up what is still under way when it goes on to the next page.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"not loaded: {request.url}: {request.failure}")

    def _judge(self, url: str) -> None:
        if not url.startswith((self.site, "data:")):
            self.problems.append(f"the page asks another host: {url}")

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.site}/{path}")
        return self.page


@pytest.fixture(scope="session")
def windows(browser: Browser, site: str) -> Iterator[dict[str, Visitor]]:
    """A wide window and one of a phone's size, opened once: a new one for each page takes longer than the page."""
    sizes = {"wide": (1280, 900), "phone": (390, 844)}
    opened = {name: Visitor(browser.new_page(viewport={"width": width, "height": height}), site) for name, (width, height) in sizes.items()}
    yield opened
    for visitor in opened.values():
        visitor.page.close()


@pytest.fixture(params=["wide", "phone"])
def visitor(windows: dict[str, Visitor], request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Each test leaves no problem behind that the browser noticed on its own."""
    visitor = windows[request.param]
    visitor.problems.clear()
    yield visitor
    assert visitor.problems == []
