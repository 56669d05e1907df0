# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a browser shows of each page of the documentation, in a wide window and on a phone."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urldefrag

import pytest

from .conftest import PAGES, Visitor

# What Sphinx, docutils and the themes paint for something wrong in a page; a theme may do it by its style sheet alone.
ERROR_BOXES = """
() => [...document.querySelectorAll("body *")].filter(element => {
    if (!element.getClientRects().length) return false;
    const painted = ["::before", "::after"].map(part => getComputedStyle(element, part).content).join(" ");
    return element.matches(".system-message, .problematic, .admonition.error") || /\\bERROR\\b/.test(painted);
}).map(element => element.outerHTML.slice(0, 200))
"""
# What reaches beyond the window's right edge and cannot be scrolled to inside of a box of its own. A theme can hide that the whole page
# is too wide: so each element that has text is looked at.
CUT_OFF = """
() => {
    const scrolls = element => /auto|scroll/.test(getComputedStyle(element).overflowX);
    const boxed = element => { for (let at = element; at && at !== document.body; at = at.parentElement) if (scrolls(at)) return true; };
    const main = document.querySelector("[role=main]");
    return [...main.querySelectorAll("*")].filter(element => {
        const range = document.createRange();
        return [...element.childNodes].some(node => {
            if (node.nodeType !== Node.TEXT_NODE || !node.textContent.trim()) return false;
            range.selectNodeContents(node);
            return [...range.getClientRects()].some(box => box.right > innerWidth + 1 && box.width > 1);
        }) && !boxed(element);
    }).map(element => element.outerHTML.slice(0, 200));
}
"""
LINKS = "() => [...document.querySelectorAll('a[href]')].map(link => link.href)"
ANCHORS = "() => [...document.querySelectorAll('[id], a[name]')].map(element => element.id || element.name)"


@pytest.fixture(scope="session")
def anchors(windows: dict[str, Visitor], site: str) -> dict[str, set[str]]:
    """The anchors of each page, by the page's address."""
    return {f"{site}/{path}": set(windows["wide"].go(path).evaluate(ANCHORS)) for path in PAGES}


@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole(visitor: Visitor, path: str) -> None:
    """No error box, and nothing beyond the window's right edge."""
    page = visitor.go(path)
    assert page.evaluate(ERROR_BOXES) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(windows: dict[str, Visitor], anchors: dict[str, Any], site: str, path: str) -> None:
    """Inside of the site to a page and an anchor that exist. Other hosts are not asked: only that they are told over TLS."""
    links = windows["wide"].go(path).evaluate(LINKS)
    assert links
    for link in links:
        address, anchor = urldefrag(link)
        if not address.startswith(site):
            assert address.startswith("https://"), link
        elif address.endswith(".html"):
            assert address in anchors, link
            assert not anchor or unquote(anchor) in anchors[address], link


def test_the_pages_are_there() -> None:
    """The list above was not made from an empty folder, nor from a part of the site."""
    assert {"index.html", "search.html", "docsite/guide_start.html", "cohesity_access_token_module.html"} <= set(PAGES)


@pytest.mark.parametrize(
    ("words", "page"),
    [("Troubleshooting", "docsite/guide_errors.html"), ("lock_timeout", "commandcenter_access_token_module.html"), ("OpenBao", "docsite/guide_rotation.html")],
)
def test_search_finds(visitor: Visitor, words: str, page: str) -> None:
    window = visitor.go("index.html")
    if window.locator("[data-toggle=wy-nav-top]").first.is_visible():
        window.locator("i[data-toggle=wy-nav-top]").click()  # the menu of a phone
    window.get_by_placeholder("Search docs").fill(words)
    window.get_by_placeholder("Search docs").press("Enter")
    window.locator("#search-results ul.search a").first.wait_for(timeout=10_000)
    found = [
        urldefrag(link)[0].partition("?")[0] for link in window.locator("#search-results ul.search a").evaluate_all("links => links.map(link => link.href)")
    ]
    assert f"{visitor.site}/{page}" in found


def test_the_menu_opens_on_a_phone(windows: dict[str, Visitor]) -> None:
    window = windows["phone"].go("docsite/guide_start.html")
    entry = window.locator(".wy-menu-vertical a").first
    assert not entry.is_visible() or (entry.bounding_box() or {"x": 0})["x"] < 0
    window.locator("i[data-toggle=wy-nav-top]").click()
    window.wait_for_function("document.querySelector('.wy-menu-vertical a').getBoundingClientRect().x >= 0")
