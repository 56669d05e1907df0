# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every kind of store can do, and how the options' one is opened."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from .._errors import ApiError
from .container import warn_if_lost_with_job


class Backend(t.Protocol):
    """One record in one place, opened and closed by `with`.

    __enter__ raises StoreError for a place that cannot be used: a missing folder, a refused login. What can be wrong with a record, and
    who may work on it, is not decided here.
    """

    location: str
    """The place in words, to begin a message with: "The store file /x", "The store https://v:8200, path secret/x"."""

    host: str | None
    """The machine that a claim notes as its owner's: runs with the same one share the locks of files. None where there are no locks."""

    @property
    def seen(self) -> Mapping[str, t.Any] | None:
        """The document that this run last read or wrote; None when there was none. The next write replaces this one, or none.

        It is the new document as soon as a write has been done, also when the call ended with an exception after that (a task's time
        limit, Ctrl-C). Whoever cleans up after an exception looks here for what the store holds.
        """

    def __enter__(self) -> Backend:
        """Open the store."""

    def __exit__(self, *_exception: object) -> None:
        """End what the run holds in the store: its lock and its login."""

    def read(self) -> dict[str, t.Any] | None:
        """Return the newest document, or None when there is none, and remember it as seen. Needs no lock, and writes nothing.

        Raises StoreError for a place that cannot be read, or that is not safe to use.
        """

    def lock(self, wait: float) -> None:
        """Take the lock of the record within `wait` seconds, or raise Locked; it is not re-entrant. Nothing happens where there are no locks."""

    def unlock(self) -> None:
        """Give the lock back, if this run holds it."""

    def write(self, document: Mapping[str, t.Any], insist_until: float | None = None) -> None:
        """Replace the document that was last seen.

        insist_until: a moment of time.monotonic(). While the store cannot be reached, or does not say whether the write was done, it is
        repeated until then; it cannot be done twice. None: for a few seconds, as often as `retries` says.
        Raises Conflict when another run has written since, and StoreError, whose maybe_applied says whether the write may have been done.
        """

    def remove(self, insist_until: float | None = None) -> None:
        """Remove the document that was last seen, by the same rules as write()."""

    def preallocate(self) -> None:
        """Set aside the room that the next write takes. Raises StoreError when there is none."""

    def now(self) -> float:
        """The time by the store's own clock, in epoch seconds."""

    def age(self) -> float:
        """For how many seconds, by the store's own clock, the document that was last seen has been there; 0 when there is none."""

    def owner_is_gone(self, pending: Mapping[str, t.Any]) -> bool:
        """Whether the run that wrote the claim `pending` is known to have ended. False when that cannot be known: then its age decides."""


def open_store(
    store: Mapping[str, t.Any], *, timeout: float, retries: int, use_proxy: bool, check_mode: bool, warn: Callable[[str], None], read_only: bool = False
) -> Backend:
    """The store that the option `store` names, to be used with `with`; raises ApiError for options that cannot be.

    timeout: seconds for each exchange with a server. retries: further attempts of a call. warn: is called with one sentence for each
    thing that a user should know. check_mode: nothing is going to be written. read_only: nor would it be without check mode, so it does not
    matter how long the store lasts. The code for a kind of store is only loaded when it is used.
    """
    if store["lock_timeout"] < 0:
        raise ApiError("store.lock_timeout must not be negative")
    if not read_only:
        warn_if_lost_with_job(store, warn)
    if store["file"]:
        from .file import FileBackend

        return FileBackend(store["file"], check_mode=check_mode, warn=warn)
    from .vault import VaultBackend

    return VaultBackend(store["vault"], timeout=timeout, retries=retries, use_proxy=use_proxy, check_mode=check_mode, warn=warn)
