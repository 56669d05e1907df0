# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that describe one call of an API."""

from __future__ import annotations


class ModuleDocFragment:
    # REST_SPEC in module_utils/_options.py.
    DOCUMENTATION = r"""
options:
  method:
    description:
      - The HTTP method. V(GET) and V(HEAD) read, every other method counts as a write.
    type: str
    choices: [GET, HEAD, POST, PUT, PATCH, DELETE]
    default: GET
  path:
    description:
      - The path below the address of the API.
      - It can name no other place. An absolute URL, two slashes at the start, a part C(.) or C(..), a backslash, and encoded slashes are refused. So are a
        query and a fragment; the query goes into O(query).
    type: str
    required: true
  query:
    description:
      - The query as a dict of names and values. A list gives its name once for each element, V(null) is left out.
    type: dict
  headers:
    description:
      - Further headers. Those that carry a credential, or say for whom or where a call is, have options of their own and are refused here.
    type: dict
  body:
    description:
      - The body of the request, in the format of O(body_format). Without it, no body is sent.
    type: raw
  body_format:
    description:
      - V(json) takes a dict, a list, or a text that is JSON. V(form) takes a dict. V(xml) and V(raw) take a text.
      - It sets the header C(Content-Type), unless O(headers) does.
    type: str
    choices: [json, form, xml, raw]
    default: json
  status_code:
    description:
      - Statuses that are accepted in addition to 200 to 299, for APIs that put data into a 404 or a 409. Such a response is returned, and counts as no
        change.
      - V(401) cannot be accepted, because it says that the credential is not valid. Redirects cannot either.
    type: list
    elements: int
    default: []
  paging:
    description:
      - V(all) reads all pages of a list and returns their objects together in RV(objects). Each page is one request with O(method=GET).
      - A list that is not complete, or that does not end, is an error.
    type: str
    choices: [none, all]
    default: none
  page_size:
    description:
      - How many objects to ask for in one request. Servers may return fewer.
    type: int
  objects_key:
    description:
      - Under which key of a response the list is. Without it, a response that is a list is the list itself, and otherwise the only list at its top level is
        meant. Several lists are an error.
    type: str
  max_items:
    description:
      - How many objects the list may have with O(paging=all). A longer list is an error.
    type: int
    default: 10000
"""
