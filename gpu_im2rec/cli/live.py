"""Showing how far a command is: on a terminal by a live bar, elsewhere by a plain line now and then."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from gpu_im2rec.cli.output import say

T = TypeVar("T")

_PLAIN_SECONDS = 10.0
_CANNOT_DRAW = ("dumb", "unknown")  # kinds of terminals


@contextmanager
def live_or_plain(
    bar: Callable[[], AbstractContextManager[Callable[[T], None]]],
    words: Callable[[T], str],
    seconds: Callable[[T], float],
) -> Iterator[Callable[[T], None]]:
    """What to call with each moment: that of ``bar``, or else what says its ``words`` every ten ``seconds``."""
    if sys.stderr and sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in _CANNOT_DRAW:
        with bar() as update:
            yield update
        return
    due = _PLAIN_SECONDS

    def tell(moment: T) -> None:
        nonlocal due
        if seconds(moment) >= due:
            due = seconds(moment) + _PLAIN_SECONDS
            say(words(moment))

    yield tell
