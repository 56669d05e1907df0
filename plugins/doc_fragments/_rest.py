# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that describe one call of an API."""

from __future__ import annotations


class ModuleDocFragment:
    # rest_spec() in module_utils/_options.py, without paging_style.
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
      - It cannot lead to another server or outside the API. An absolute URL, two slashes at the start, a segment C(.) or C(..), a backslash, and encoded
        slashes are refused. So are a query and a fragment. Use O(query) for the query.
    type: str
    required: true
  query:
    description:
      - The query as a dict of names and values. A list repeats the name for each element. V(null) is left out.
    type: dict
  headers:
    description:
      - Additional headers. Headers that carry a credential, or that select the user, the tenant or the cluster of a call, have options of their own and are
        refused here.
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
  body_strategy:
    description:
      - What to do with O(body). V(send) sends it as it is, and counts as a change when the server accepts it. Check mode does not send it.
      - V(compare) reads O(path) first, with the same O(query), and sends O(body) only if a value in it differs.
      - V(merge) reads O(path) first and sends the whole object with O(body) merged into it, if that makes a difference. Use it for APIs that
        replace the whole object with what they receive. Dicts are merged at every level. Lists and all other values are replaced.
      - With V(compare) and V(merge), check mode reads and predicts. They need O(method=PUT), O(method=PATCH) or O(method=POST), a O(body) that is a dict, and
        a O(path) that returns the object.
    type: str
    choices: [send, compare, merge]
    default: send
  dest:
    description:
      - A file for the response, on the machine where the module runs. It is written as the response arrives, so the response may be of any size, and
        O(timeout) then limits the time without new data from the server.
      - The file is written as a whole or not at all, with mode C(0600). The folder must exist. A symbolic link, and anything else that is not a regular file,
        is refused.
      - It counts as a change when the content differs. In check mode, nothing is sent or written.
      - It can only be used with O(method=GET) and O(method=POST).
    type: path
  status_code:
    description:
      - Statuses that are accepted in addition to 200 to 299, for APIs that put data into a 404 or a 409. Such a response is returned, and does not
        count as a change.
      - V(401) cannot be accepted, because it says that the credential is not valid. Neither can redirects.
    type: list
    elements: int
    default: []
  paging:
    description:
      - V(all) reads all pages of a list and returns their objects together in RV(objects). Each page is one request with O(method=GET).
      - A list that is not complete, or that does not end, is an error. So are three pages in a row that are empty and not the last one.
    type: str
    choices: [none, all]
    default: none
  page_size:
    description:
      - How many objects to ask for in one request. Servers may return fewer.
    type: int
  objects_key:
    description:
      - The key of the response that holds the list. If not set, the response itself is used if it is a list, and otherwise the only list at its top level.
        Several lists are an error.
    type: str
  max_items:
    description:
      - How many objects the list may have with O(paging=all). A longer list is an error.
    type: int
    default: 10000
"""
