"""What is sent to machines on which this package may be missing, or another version: functions that need none of it.

They are made within functions, so that they travel as code and not as names to be imported; and what passes through
them is bytes, which nobody on the way has to understand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Board(Protocol):
    """A remote actor: tasks say there how far they are, and are told there to end."""

    tell: Any
    take: Any
    stop: Any


def board_class() -> type:
    """The class of the actor."""

    class Latest:
        def __init__(self) -> None:
            self.words: dict[int, bytes] = {}  # the latest of each shard
            self.is_over = False

        def tell(self, number: int, word: bytes) -> bool:
            self.words[number] = word
            return self.is_over

        def stop(self) -> None:
            self.is_over = True

        def take(self) -> dict[int, bytes]:
            taken, self.words = self.words, {}
            return taken

    return Latest


def task_function(version: str) -> Callable[[bytes, Any], bytes | str]:
    """What a task does: `cluster.worker.work`, or to say in words why this machine cannot."""

    def pack_shard(assignment: bytes, board: Any) -> bytes | str:
        import socket  # noqa: PLC0415
        import sys  # noqa: PLC0415

        try:
            import gpu_im2rec  # noqa: PLC0415
            from gpu_im2rec.cluster.worker import work  # noqa: PLC0415
        except ImportError as error:
            return f"{socket.gethostname()}: {sys.executable} cannot load gpu-im2rec: {error}"
        if gpu_im2rec.__version__ != version:
            return f"{socket.gethostname()} has gpu-im2rec {gpu_im2rec.__version__}, this machine {version}"
        result: bytes = work(assignment, board)
        return result

    return pack_shard
