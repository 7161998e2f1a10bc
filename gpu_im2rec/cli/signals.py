"""Being asked to end by other means than Ctrl-C: a scheduler's SIGTERM, a terminal that is closed."""

from __future__ import annotations

import signal
from types import FrameType


class Terminated(KeyboardInterrupt):
    """As good as Ctrl-C, but for the exit code."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


def heed() -> None:
    """Let these signals end the command as Ctrl-C does, unless whoever started it has them ignored (nohup)."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminate)


def _terminate(number: int, _: FrameType | None) -> None:
    raise Terminated(number)
