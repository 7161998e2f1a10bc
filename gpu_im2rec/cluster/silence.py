"""No task says anything: for how long, and what a person is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from gpu_im2rec.cluster.sharing import Machine, Needs

_LONG_SECONDS = 15.0  # processes may take that long to start


class Silence:
    """Begins anew with every word."""

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice: Callable[[str], None] | None = notice  # until it was called
        self.ends()

    def ends(self) -> None:
        """Something was heard."""
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """That it has lasted."""
        return time.monotonic() - self._since

    def explain(self, needs: Needs, machines: Sequence[Machine]) -> None:
        """Say once, where it lasts long, why that may be."""
        if self._notice and self.seconds > _LONG_SECONDS:
            has_room = needs.places(machines) > 0
            why = "other work may have the cluster's cores" if has_room else f"no machine of the cluster has {needs}"
            self._notice(f"no shard is at work: {why}; waiting (`ray status` shows more)")
            self._notice = None
