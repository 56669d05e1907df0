# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment of a test and of the processes it starts: without anything that this machine adds."""

from __future__ import annotations

import os
import re

# A machine's certificate and proxy settings, and the environment fallbacks of our own options.
FOREIGN = re.compile(
    r"REQUESTS_CA_BUNDLE|SSL_CERT_FILE|SSL_CERT_DIR|CURL_CA_BUNDLE|.*_PROXY|(COHESITY|COMMANDCENTER|VAULT|BAO)_.*",
    re.IGNORECASE,
)


def clean_environment(**more: str) -> dict[str, str]:
    """The environment of this process without what is foreign, and with what is given."""
    return {**{name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)}, **more}
