# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All pages of a list: how each style asks for the next one, how the style is found out, and when the list is complete."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from .._errors import ApiError

_DEFAULT_SIZE = 100
_SIZE_WITH_COOKIES = "maxResultCount"
_TOTALS = {"limit_offset": "totalRecordsWithoutPaging", "limit_page": "totalRecordsWithoutPaging", "paging_info": "totalRecords"}
# Of the styles with cookies, where a server names it.
_TOTAL_WITH_COOKIES = "totalCount"
# A filter may leave a page empty that has others behind it. So many of them in a row are a server that never ends.
_MOST_EMPTY_PAGES = 3
_INCOMPLETE = "paging: the list is not complete, because a page"
_COOKIES = {"pagination_cookie": "paginationCookie", "cookie": "cookie"}


class Asking(t.NamedTuple):
    """What a request has to carry to get a page, beside what the user gives."""

    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}


class Wishes(t.NamedTuple):
    """styles: those of the product. style: one of them, or None to find it out. size: of a page, None for the usual one."""

    styles: tuple[str, ...]
    style: str | None = None
    size: int | None = None
    objects_key: str | None = None
    max_items: int = 10000


def read_wishes(
    styles: tuple[str, ...], method: str, *, paging_style: str, paging: str, page_size: int | None, objects_key: str | None, max_items: int
) -> Wishes | None:
    """What the options say of pages, None where only one response is wanted. Raises ApiError for sizes that no list can have."""
    if paging == "none":
        return None
    if method != "GET":
        raise ApiError(f"paging: all goes with method GET, not with {method}")
    for name, value in (("page_size", page_size), ("max_items", max_items)):
        if value is not None and value < 1:
            raise ApiError(f"{name} must be at least 1")
    return Wishes(styles, None if paging_style == "auto" else paging_style, page_size, objects_key or None, max_items)


def read_all(get: Callable[[Asking], t.Any], wishes: Wishes) -> list[t.Any]:
    """The objects of all pages. get: one request, its JSON document. Raises ApiError for a list that is not complete, or does not end."""
    document = get(first_page(wishes))
    page = objects_of(document, wishes.objects_key)
    key = wishes.objects_key or _only_list(document)
    pages = _Pages(wishes.style or found_style(document, wishes.styles), wishes.size, page)
    objects = list(page)
    while True:
        asking = pages.next(document, page, len(objects))
        _check_size(len(objects), wishes.max_items, asking is not None)
        if asking is None:
            return objects
        document, before = get(asking), page
        # A server with cookies that has more to come, or has had it, sends the list, be it empty.
        page = objects_of(document, key, may_be_missing=pages.style not in _COOKIES, label=_INCOMPLETE)
        pages.check_overlap(before, page)
        if not (page and page == before and pages.is_same_page_wrong()):
            objects += page


def first_page(wishes: Wishes) -> Asking:
    """What the first request carries. Where the style is not known, it asks in all styles that are told by headers, which harm nobody."""
    size = wishes.size or _DEFAULT_SIZE
    style = wishes.style
    if wishes.styles[0] in _COOKIES:
        return Asking(_size_with_cookies(wishes.size))
    if style == "start_limit":
        return Asking({"start": "0", "limit": str(size)})
    by_offset = {"limit": str(size), "offset": "0"} if style in (None, "limit_offset", "limit_page") else {}
    by_number = {"pagingInfo": f"0,{size}"} if style in (None, "paging_info") else {}
    return Asking({}, {**by_offset, **by_number})


def _size_with_cookies(size: int | None) -> dict[str, str]:
    return {_SIZE_WITH_COOKIES: str(size)} if size else {}


def found_style(document: t.Any, styles: tuple[str, ...]) -> str:
    """The style that the first page speaks of; where it says nothing, the one that needs no words."""
    names = document if isinstance(document, Mapping) else {}
    if styles[0] in _COOKIES:
        return "cookie" if names.get("cookie") and not names.get("paginationCookie") else "pagination_cookie"
    return next((style for style in styles if _TOTALS.get(style) in names), "start_limit")


def objects_of(document: t.Any, key: str | None, may_be_missing: bool = False, label: str = "objects_key: the response") -> list[t.Any]:
    """The objects on a page. may_be_missing: as on a page behind the end, which some servers send without the list. Raises ApiError.

    label: what the message says of a response that has no list under the key.
    """
    if isinstance(document, list) and key is None:
        return document
    if not isinstance(document, Mapping):
        raise ApiError("paging: the response is not a JSON object with a list in it; set paging: none")
    name = _only_list(document) if key is None else key
    if name is None:
        lists = sorted(other for other, value in document.items() if isinstance(value, list))
        has = f"has several lists ({', '.join(lists)})" if lists else "has no list at its top level"
        raise ApiError(f"paging: the response {has}; set objects_key to the key of the list")
    value = document.get(name)
    if value is None and (may_be_missing or name in document):
        return []
    if not isinstance(value, list):
        others = ", ".join(sorted(other for other, one in document.items() if isinstance(one, list))) or "none"
        raise ApiError(f"{label} has no list {name!r}; its lists are: {others}")
    return value


def _only_list(document: t.Any) -> str | None:
    lists = [name for name, value in document.items() if isinstance(value, list)] if isinstance(document, Mapping) else []
    return lists[0] if len(lists) == 1 else None


def _check_size(count: int, max_items: int, goes_on: bool) -> None:
    if count > max_items or (goes_on and count >= max_items):
        raise ApiError(f"paging: the list is longer than max_items ({max_items}); raise max_items, or narrow the list with query")


class _Pages:
    """Where in a list the next page begins. A short page is not the end: servers return less than they were asked for."""

    def __init__(self, style: str, size: int | None, first: list[t.Any]) -> None:
        self.style = style
        self._cookies_query = _size_with_cookies(size)
        # Pages that are counted are as long as the first one: what the server leaves out of a page, it does not put on the next one.
        self._size = len(first) if style in ("paging_info", "limit_page") and first else size or _DEFAULT_SIZE
        self._number = 0
        self._seen: set[str] = set()
        self._empty_pages = 0
        self._announced: int | None = None

    def next(self, document: t.Any, page: list[t.Any], count: int) -> Asking | None:
        """How to ask for the page after this one, None at the end. count: objects so far."""
        self._number += 1
        if self.style in _COOKIES:
            return self._by_cookie(document, _COOKIES[self.style], page, count)
        if self.style == "start_limit":
            # Only an empty page is known to be behind the end.
            return Asking({"start": str(count), "limit": str(self._size)}) if page else None
        total = _total(document, _TOTALS[self.style])
        if total is None:
            raise ApiError(f"paging: the response has no {_TOTALS[self.style]}, so this is not paging_style {self.style}")
        if count > total:
            raise ApiError(
                f"paging: the server has returned {count} objects, but its {_TOTALS[self.style]} is {total}, so paging_style {self.style} does not get the "
                "list as it is; set another paging_style"
            )
        if count == total:
            return None
        if not page:
            raise ApiError(f"paging: the list ended after {count} of {total} objects{_other_style(self.style)}")
        if self.style == "paging_info":
            return Asking({}, {"pagingInfo": f"{self._number},{self._size}"})
        offset = self._number if self.style == "limit_page" else count
        return Asking({}, {"limit": str(self._size), "offset": str(offset)})

    def _by_cookie(self, document: t.Any, name: str, page: list[t.Any], count: int) -> Asking | None:
        value = document.get(name) if isinstance(document, Mapping) else None
        total = _total(document, _TOTAL_WITH_COOKIES)
        self._announced = self._announced if total is None else total
        if not value:
            if self._announced is not None and count < self._announced:
                raise ApiError(f"paging: the list ended after {count} of {self._announced} objects, which the server counts in {_TOTAL_WITH_COOKIES}")
            return None
        self._empty_pages = 0 if page else self._empty_pages + 1
        if self._empty_pages == _MOST_EMPTY_PAGES:
            raise ApiError(f"paging: {_MOST_EMPTY_PAGES} pages in a row were empty, each with another {name}, so the list may never end")
        cookie = str(value)
        if cookie in self._seen:
            raise ApiError(f"paging: the server has returned the same {name} twice, so the list would never end")
        self._seen.add(cookie)
        return Asking({**self._cookies_query, name: cookie})

    def check_overlap(self, before: list[t.Any], page: list[t.Any]) -> None:
        """Raise ApiError where the offset of a page was taken for a number of objects: each page then begins one object after the one before."""
        if self.style == "limit_page" and len(before) > 1 and page != before and page[: len(before) - 1] == before[1:]:
            raise ApiError("paging: the server has returned the same objects twice, so this is not paging_style limit_page; set paging_style: limit_offset")

    def is_same_page_wrong(self) -> bool:
        """Whether a page that equals the one before is to be left out: a server may count its pages from 1. Raises ApiError for one that is an error."""
        if self.style in _COOKIES:
            return False
        if self.style == "paging_info" and self._number == 1:
            return True
        raise ApiError(
            f"paging: the server has returned the same page twice, so this is not paging_style {self.style}; if it returns all at once: paging: none"
        )


def _total(document: t.Any, name: str) -> int | None:
    value = document.get(name) if isinstance(document, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _other_style(style: str) -> str:
    return "; where the header offset counts pages, set paging_style: limit_page" if style == "limit_offset" else ""
