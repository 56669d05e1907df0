# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration for `make docs`."""

from __future__ import annotations

project = title = html_title = "dataprotection.access"
copyright = "2026, the dataprotection.access authors"
extensions = ["sphinx_antsibull_ext"]
html_theme = "furo"
html_show_sphinx = False
html_copy_source = False
html_use_index = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
# Pages of other collections and of ansible itself are not part of this site.
# Highlighting that fails costs colours only.
suppress_warnings = ["ref.ref", "ref.any", "misc.highlighting_failure"]
