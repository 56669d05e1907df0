# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One declared Cohesity API key of a task: the engine with the product's calls, record and result."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._cohesity.api_key import KEY_KIND, NamedKey, with_sid
from .._cohesity.api_keys import ApiKeys
from .declared import Kept, Task, outcome_result, reconcile_declared
from .desired_key import DesiredKey
from .execute import Outcome


def reconcile_key(keys: ApiKeys, desired: DesiredKey, store: Mapping[str, t.Any] | None, scope: Mapping[str, str | None], task: Task) -> Outcome:
    """Bring one key to its desired state, with its secret in the store that the option names; raises ApiError.

    scope: the tenant and the cluster behind Helios that it is a key of, as the options name them.
    """
    whose = {"cluster": keys.cluster.name, "name": desired.name, "owner_sid": desired.user_id, **scope}

    def read(document: Mapping[str, t.Any]) -> NamedKey | None:
        key = KEY_KIND.read(document)
        return key and with_sid(key, desired.user_id)

    return reconcile_declared(keys, desired, Kept(KEY_KIND._replace(read=read), whose), store, task)


def key_result(outcome: Outcome, keys: ApiKeys) -> dict[str, t.Any]:
    """The result for one key, its secret among it."""
    return outcome_result(outcome, "api_key", lambda key: key.public(keys.cluster.name))
