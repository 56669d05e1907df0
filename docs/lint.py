# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""antsibull-docs, with temporary folders whose names never end in an underscore: it writes them into RST, where that is a reference to nowhere."""

from __future__ import annotations

import sys
import tempfile

from antsibull_docs.cli.antsibull_docs import main

if __name__ == "__main__":
    names = tempfile._RandomNameSequence  # type: ignore[attr-defined]
    names.characters = names.characters.rstrip("_")
    sys.exit(main())
