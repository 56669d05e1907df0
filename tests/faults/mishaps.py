# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mishap: all that happens to one run, in its process, on its disk, on the lines to both servers and in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.faults.gateway import Fault, Gateway
from tests.simulator import Simulator


class Mishap(NamedTuple):
    """What happens to a run. group: the column it is counted in; name: what people call it; the rest is what happens."""

    group: str = ""
    name: str = ""
    # To the process, before an effect by its number or by how its label begins: see watch.Watch.
    kill: int | str | None = None
    torn: int | None = None
    fail: Mapping[str, Any] | None = None
    freeze: Mapping[str, Any] | None = None
    slow: float = 0
    # To its requests: faults of the simulator (arguments of Simulator.fault), of the gateway before the product, of the one before the store.
    server: tuple[Mapping[str, Any], ...] = ()
    product: tuple[Fault, ...] = ()
    vault: tuple[Fault, ...] = ()
    # Its sender is killed while this request is under way ("request" to the product, "write" to the store); it is carried out when the heir is done.
    late: tuple[str, int] | None = None

    def __str__(self) -> str:
        """The name that it is reported with and found by: the same in each run, whichever cell it was."""
        return re.sub("cell-[0-9]+-[0-9]+", "CELL", f"{self.group}: {self.name}")

    @property
    def happens(self) -> bool:
        return self[2:] != Mishap()[2:]

    @property
    def watch(self) -> dict[str, Any]:
        """Arguments of watch.Watch."""
        return {"kill": self.kill, "torn": self.torn, "fail": self.fail, "freeze": self.freeze, "slow": self.slow}

    @property
    def kills(self) -> bool:
        """Whether the run cannot survive it, if the moment comes."""
        return self.kill is not None or self.torn is not None

    def arm(self, sim: Simulator, vault: Gateway, product: Gateway | None = None) -> None:
        """Lay the faults of servers and lines; what was laid before is cleared."""
        sim.clear_faults()
        for fault in self.server:
            sim.fault(**fault)
        vault.begin(*self.vault)
        if product is not None:
            product.begin(*self.product)
        else:
            assert not self.product, "there is no gateway before the product"


NONE = Mishap()
