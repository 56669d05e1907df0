# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that everything below a module's main() raises."""

from __future__ import annotations


class ApiError(Exception):
    """A request, or the response to it, went wrong; the text is ready for the user and holds no secret.

    status: the HTTP status, or None when no response was read. code: the server's own error code, or None.
    maybe_applied: the server may have carried out the request although no usable response came back.
    body: the text of the response as far as it arrived, or None. It may hold secrets: parse it, never show it.
    hint: one sentence on what to do next, for want of a better one; the message does not include it, `text` does.
    """

    def __init__(
        self, message: str, status: int | None = None, code: str | int | None = None, maybe_applied: bool = False, *, body: str | None = None, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.maybe_applied = maybe_applied
        self.body = body
        self.hint = hint

    @property
    def text(self) -> str:
        """The message, with the hint where there is one: what the user reads."""
        return f"{self.message.rstrip('.')}. {self.hint}" if self.hint else self.message

    def explained(self, sentence: str) -> ApiError:
        """The same error with one plain sentence on what to do about it, which replaces the hint."""
        return ApiError(f"{self.message.rstrip('.')}. {sentence}", self.status, self.code, self.maybe_applied, body=self.body)
