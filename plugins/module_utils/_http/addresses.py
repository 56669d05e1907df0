# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where requests may go: the check of an address, and the proxy on the way to it."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from .._errors import ApiError

try:
    from requests.utils import select_proxy, should_bypass_proxies
except ImportError:
    # Whoever opens a connection checks REQUESTS_IMPORT_ERROR first.
    pass

_NEVER_IN_AN_ADDRESS = re.compile(r"[\s\\\x00-\x1f]")


def check_url(url: str, option: str, allow_http: bool = False) -> str:
    """Return the URL without a trailing slash; raise ApiError unless credentials may be sent to it."""
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ApiError(f"{option}: this is not a valid address") from None
    # Anywhere in the text: in user:12/34@host, everything from the slash on would be parsed as a path.
    if "@" in url:
        # The address is not repeated: it holds a password.
        raise ApiError(f"{option}: credentials in the address are refused; give them in their own options")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid or _NEVER_IN_AN_ADDRESS.search(url):
        raise ApiError(f"{option}: {url!r} is not a host name or https address")
    # Anywhere in the text, because an empty one leaves no trace in its parts.
    if "?" in url or "#" in url:
        raise ApiError(f"{option}: an address with a query or a fragment is refused")
    if parts.scheme == "http" and not allow_http:
        raise ApiError(f"{option}: {url} would send the credentials unencrypted; use https" + (", or set allow_http" if option == "url" else ""))
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether the host name or IP address is this machine's own."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxies_for(base_url: str) -> dict[str, str]:
    """The proxy that the environment names for this server, as requests wants it; raises ApiError when that is no address."""
    parts = urlsplit(base_url)
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        # Unencrypted, what is meant to stay on this machine would cross the network.
        return {}
    proxies = getproxies_environment()
    proxy = None if not proxies or should_bypass_proxies(base_url, no_proxy=None) else select_proxy(base_url, proxies)
    if not proxy:
        return {}
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        # The address is not repeated: it may hold a password.
        raise ApiError("HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: this is not the address of a proxy (use_proxy: false ignores it)")
    return {"all": proxy}
