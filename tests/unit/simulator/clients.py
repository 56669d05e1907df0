# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small clients for the tests of the simulator: verified HTTPS, nothing from the environment."""

from __future__ import annotations

import base64
from typing import Any

import requests

from tests.simulator import Simulator, credentials

V1_TOKENS = "/irisservices/api/v1/public/accessTokens"
V2_TOKENS = "/v2/access-tokens"
SESSION_USER = "/irisservices/api/v1/public/sessionUser"
NODES = "/irisservices/api/v1/public/nodes"


class Client:
    """One connection, one user agent; answers are `requests` responses."""

    def __init__(self, sim: Simulator, base: str = "", url: str | None = None) -> None:
        self.sim = sim
        self.url = (url or sim.url) + base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = sim.ca_path
        self.session.headers["User-Agent"] = "simulator-tests"

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        options.setdefault("allow_redirects", False)
        options.setdefault("timeout", 20)
        return self.session.request(method, self.url + path, json=body, **options)


class Cohesity(Client):
    def login(self, path: str = V2_TOKENS, **changes: Any) -> requests.Response:
        body = {
            "username": credentials.COHESITY_USERNAME,
            "password": credentials.COHESITY_PASSWORD,
            "domain": "LOCAL",
            **changes,
        }
        return self("POST", path, body)

    def token(self, **changes: Any) -> str:
        return str(self.login(**changes).json()["accessToken"])

    def get(self, path: str, token: str) -> requests.Response:
        return self("GET", path, headers={"Authorization": f"Bearer {token}"})


class CommandCenter(Client):
    def __init__(self, sim: Simulator, base: str = "/commandcenter/api", url: str | None = None) -> None:
        super().__init__(sim, base, url)

    def login(
        self,
        username: str = credentials.COMMANDCENTER_USERNAME,
        password: str = credentials.COMMANDCENTER_PASSWORD,
        **more: Any,
    ) -> requests.Response:
        """Log in; on success later requests carry the login."""
        encoded = base64.b64encode(password.encode()).decode()
        body = {"username": username, "password": encoded, "mode": 4, "clientType": 30, **more}
        response = self("POST", "/Login", body)
        token = response.json().get("token") or response.json().get("data", {}).get("authToken")
        if token:
            self.session.headers["Authtoken"] = token
        return response

    def create(self, name: str = "ci", **fields: Any) -> requests.Response:
        return self("POST", "/V4/AccessToken", {"tokenName": name, **fields})

    def created(self, name: str = "ci", **fields: Any) -> dict[str, Any]:
        """Create and return tokenInfo; fails when the server refuses."""
        answer = self.create(name, **fields).json()
        assert answer["error"]["errorCode"] == 0, answer
        return dict(answer["tokenInfo"])

    def update(self, number: int, **fields: Any) -> requests.Response:
        return self("PUT", f"/V4/AccessToken/{number}", fields)

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        return list(self("GET", f"/V4/AccessToken{query}").json()["tokens"])

    def revoke(self, number: int) -> requests.Response:
        return self("DELETE", f"/V4/AccessToken/{number}")

    def renew(self, pair: dict[str, Any], **options: Any) -> requests.Response:
        body = {"accessToken": pair["accessToken"], "refreshToken": pair["refreshToken"]}
        return self("POST", "/V4/AccessToken/Renew", body, **options)

    def use(self, access_token: str, path: str = "/client", method: str = "GET") -> int:
        """The status that this access token gets, without a login beside it."""
        headers = {"Authorization": f"Bearer {access_token}", "Authtoken": None}
        return self(method, path, headers=headers).status_code


def message(response: requests.Response) -> str:
    """The error message, nested or flat; empty when there is none."""
    answer = response.json()
    error = answer.get("error", answer)
    return str(error["errorMessage"]) if error["errorCode"] else ""
