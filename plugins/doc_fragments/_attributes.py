# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that every module has: its attributes, and what facts and info modules add."""

from __future__ import annotations


class ModuleDocFragment:
    # What all modules have in common.
    DOCUMENTATION = r"""
attributes:
  action:
    support: full
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    details:
      - With a connection of type P(ansible.builtin.local#connection), without C(become) and without C(environment), the task runs in the process
        that runs the play. Otherwise the module is sent to the target, which then needs the requirements, and gets the values of the environment
        variables from the controller.
  async:
    support: none
    description: Supports being used with the C(async) keyword.
  check_mode:
    support: full
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  platform:
    support: full
    platforms: posix
    description: Target OS/families that can be operated against.
"""

    # For the modules that return a token, which is also a fact.
    FACTS = r"""
attributes:
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    details:
      - The difference never holds a secret.
  facts:
    support: full
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    details:
      - See O(publish_facts).
"""

    # For the modules that send one request of the user's.
    REST = r"""
attributes:
  check_mode:
    details:
      - Requests that read are sent. Requests that write are not, and their result is predicted.
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    details:
      - There is a difference for O(body_strategy=compare) and O(body_strategy=merge).
"""

    # For the modules that only read.
    INFO_MODULE = r"""
attributes:
  check_mode:
    details:
      - This module changes nothing.
  diff_mode:
    support: N/A
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    details:
      - This module changes nothing.
"""

    ACTIONGROUP_COHESITY = r"""
attributes:
  action_group:
    support: full
    membership:
      - dataprotection.access.all
      - dataprotection.access.cohesity
    description: Use C(group/dataprotection.access.cohesity) or C(group/dataprotection.access.all) in C(module_defaults) to set defaults for this module.
"""

    ACTIONGROUP_COMMANDCENTER = r"""
attributes:
  action_group:
    support: full
    membership:
      - dataprotection.access.all
      - dataprotection.access.commandcenter
    description: Use C(group/dataprotection.access.commandcenter) or C(group/dataprotection.access.all) in C(module_defaults) to set defaults for this module.
"""
