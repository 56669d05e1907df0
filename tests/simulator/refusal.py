# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command Center's ways to say no."""

from __future__ import annotations

from .answers import Answer, json_answer


class RefusedError(Exception):
    """An application error. With `status` it is that HTTP status and flat; without, the error style decides."""

    def __init__(self, message: str, code: int, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def answer(self, style: str, nested: bool) -> Answer:
        """`nested` is what the call itself does when the style leaves it open."""
        error = {"errorMessage": str(self), "errorCode": self.code}
        if self.status is not None:
            return json_answer(error, self.status)
        if style == "http400":
            return json_answer(error, 400)
        if style != "http200":
            nested = style == "http200 nested"
        return json_answer({"error": error} if nested else error)


ACCESS_DENIED = RefusedError("Access denied", 5, status=401)
