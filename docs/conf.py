# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration for `make docs`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = title = html_title = "dataprotection.access"
copyright = "2026, the dataprotection.access authors"
extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_theme_options = {"show_extranav": False, "show_rtd_ethical_ads": False, "display_version": False}
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
# Highlighting that fails costs colours only. A reference that leads nowhere fails the build.
suppress_warnings = ["misc.highlighting_failure"]

# Ansible's own pages are not part of this site: references to them become links to these addresses.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
PLUGIN_LABEL = re.compile(r"ansible_collections\.(?!dataprotection\.access\.)(\w+)\.(\w+)\.(\w+?)(?:__((?:parameter|return)-.+))?$")


def address_at_ansible(label: str) -> str | None:
    """The address of a label of Ansible's documentation; None for what is not one."""
    if label in ANSIBLE_PAGES:
        return f"{ANSIBLE}/{ANSIBLE_PAGES[label]}"
    match = PLUGIN_LABEL.match(label)
    if not match:
        return None
    namespace, collection, plugin, anchor = match.groups()
    return f"{ANSIBLE}/collections/{namespace}/{collection}/{plugin}.html" + (f"#{anchor}" if anchor else "")


def link_to_ansible(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> nodes.reference | None:
    """Resolve what this site has no label for. Sphinx reports the reference when this returns None."""
    address = address_at_ansible(node["reftarget"])
    return nodes.reference("", "", content, internal=False, refuri=address) if address else None


def restore_name(app: Sphinx, page: str, source: list[str]) -> None:
    """antsibull-docs writes the collection's name as a title: nobody can type it like that."""
    source[0] = source[0].replace(project.title(), project)


def setup(app: Sphinx) -> None:
    app.connect("source-read", restore_name)
    app.connect("missing-reference", link_to_ansible)
