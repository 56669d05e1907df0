# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's ways to say no."""

from __future__ import annotations

from typing import Any

from .answers import Answer, Call, json_answer

MANDATORY = "Please specify the mandatory parameters."
# What an expired token is told: by the vendor's document, by what its SDKs look for, and as a user reported.
EXPIRY_TEXTS = {
    1: "Token expired",
    2: "The access token is invalid.",
    3: "Neither session cookie nor token is present in the request",
}
MFA_TEXT = "StatusUnauthorized: Only Multi-factor Authentication (MFA) related operations are allowed in this state."
KEY_TEXTS = {1: "API Key does not exist", 2: "invalid header value"}


class RefusedError(Exception):
    """An error answer."""

    def __init__(self, message: str, status: int = 400, code: str = "KValidationError") -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def answer(self, v2: bool) -> Answer:
        error = {"errorCode": self.code, "message": str(self)}
        if v2:
            error["taskLogId"] = ""
        # Real clusters end their error bodies with a newline.
        return json_answer(error, self.status, end="\n")


def unauthorized(message: str) -> RefusedError:
    return RefusedError(message, 401, "KStatusUnauthorized")


def forbidden(message: str) -> RefusedError:
    return RefusedError(message, 403, "KForbidden")


def fields_of(call: Call) -> dict[str, Any]:
    if not isinstance(call.body, dict):
        raise RefusedError("The request body is not a JSON object.")
    return call.body
