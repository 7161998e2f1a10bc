"""What tasks say while they work, heard without ever waiting for it: a cluster packs on, also where nobody hears."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

from gpu_im2rec.cluster.remote import Board, board_class
from gpu_im2rec.cluster.worker import Word

_MOST_UNHEARD = 1000  # words on their way, of one task


class Listener:
    """Asks the board for the latest words, one question at a time."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        actor = ray.remote(num_cpus=0, max_restarts=-1, max_pending_calls=_MOST_UNHEARD)(board_class())
        self.board: Board = actor.remote()
        self._answer: Any = None

    def words(self, wait: float = 0.0) -> Iterator[tuple[int, Word]]:
        """By shard, what was said since; nothing where no answer is there in ``wait`` seconds, or the board is gone."""
        try:
            if self._answer is None:
                self._answer = self.board.take.remote()
            ready, _ = self._ray.wait([self._answer], timeout=wait)
            if not ready:
                return
            answer, self._answer = self._answer, None
            taken: dict[int, bytes] = self._ray.get(answer)
        except self._ray.exceptions.RayError:  # it is started anew, by Ray, if that is possible
            self._answer = None
            return
        for number, word in taken.items():
            yield number, pickle.loads(word)

    def stop(self) -> None:
        """Tell all tasks to end. To be said again, as the board may be another one than before."""
        self.board.stop.remote()

    def close(self) -> None:
        """Nobody listens any more."""
        self._ray.kill(self.board)
