# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a status proves about a write, for the judges: written from the contract, and on purpose not imported from the product."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.faults.gateway import Passed

# I6, a closed list: the server has looked at the request and has not done it, or has not looked at it at all. Everything else, known or not,
# HTTP 200 with a body that nobody can read included, leaves open whether the write was done.
PROVES_NOT_DONE = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 429, 450})

# Statuses that servers, balancers and proxies were seen to answer, or may.
STATUSES = (408, 409, 412, 425, 429, 449, 450, 451, 499, 500, 501, 502, 503, 504, 507, 511, 520, 521, 522, 523, 524, 525, 527, 530, 599)


def may_have_been_done(status: int | None) -> bool:
    """Whether a client that was sent this status (None: none, the line was cut) must reckon with the write having been done."""
    return status not in PROVES_NOT_DONE


def check_no_pair_sent_again(passed: Iterable[Passed], sent: dict[Any, int | None] | None = None) -> None:
    """I1, as clients see it: once a pair may have been rotated, neither half of it goes to Renew again.

    sent: by secret, the status that an earlier Renew was answered; what was sent here is added.
    """
    sent = {} if sent is None else sent
    for request in passed:
        if request.method == "POST" and request.path.lower().endswith("/renew") and isinstance(request.body, dict):
            for secret in request.body.values():
                assert secret not in sent, f"I1: a pair was sent to Renew again that may have been rotated when the answer was {sent[secret]}"
            if may_have_been_done(request.status) and not _is_refusal(request):
                sent.update(dict.fromkeys(request.body.values(), request.status))


def _is_refusal(request: Passed) -> bool:
    """Whether it was the server itself that said, in words that can be read, that it will not renew."""
    answer = request.answer
    return request.genuine and request.status == 200 and isinstance(answer, dict) and "accessToken" not in answer and bool(answer)
