"""A process with a transcoder in it, as its parent sees it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Protocol

from cpu_fallback.child_main import PICTURE, READY, REASONS, RESULT
from cpu_fallback.watch import Watch
from gpu_im2rec.transcode import Encoded, Failure, Source

if sys.platform == "linux":
    from fcntl import F_SETPIPE_SZ, fcntl

_SECONDS_TO_END = 5.0
_PIPE_BYTES = 256 << 10
# Not a module's name for -m: wherever the parent has found its modules, the child must.
_PROGRAM = "import sys; sys.path[:] = {path!a}; from cpu_fallback.child_main import main; main()"


class Transcodes(Protocol):
    """What works in a child."""

    def transcode(self, source: Source) -> Encoded | Failure:
        """See ``Transcoder``."""
        ...


class Child:
    """Transcodes one picture at a time with what ``make`` makes there; killed when one takes more than ``seconds``.

    ``make`` must be picklable. Raises OSError or RuntimeError where the system has no process or no thread to give.
    """

    def __init__(self, make: Callable[[], Transcodes], seconds: float) -> None:
        first = pickle.dumps((make, seconds))
        self._watch = Watch(seconds, self.kill)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM.format(path=[str(folder) for folder in sys.path])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={"OPENBLAS_NUM_THREADS": "1"} | os.environ,  # else each child starts a thread a core
                start_new_session=True,  # out of reach of the terminal's Ctrl-C and Ctrl-Z
            )
        except BaseException:
            self._watch.end()
            raise
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        _widen(self._to)
        self._send(first)

    @property
    def was_late(self) -> bool:
        """Whether it was killed for taking too long."""
        return self._watch.acted

    def wait_until_ready(self) -> bool:
        """False where it has died instead."""
        with self._watch:
            return self._from.read(1) == READY

    def transcode(self, source: Source) -> Encoded | Failure | None:
        """None where it has died."""
        with self._watch:
            self._send(PICTURE.pack(source.key, len(source.data)), source.data)
            head = self._from.read(RESULT.size)
            if len(head) < RESULT.size:
                return None
            place, truncated, size = RESULT.unpack(head)
            content = self._from.read(size)
        if len(content) < size or self.was_late:
            return None
        if reason := REASONS[place]:
            return Failure(reason, content.decode("utf-8", "surrogatepass"))
        return Encoded(content, truncated=truncated)

    def kill(self) -> None:
        """End it at once. Any thread may."""
        self._process.kill()

    def wait(self) -> int:
        """The exit code of one that has died or was killed, when nothing of it is left."""
        self._watch.end()
        try:
            return self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()
        finally:
            for pipe in (self._to, self._from):
                with suppress(OSError):
                    pipe.close()

    def _send(self, *parts: bytes) -> None:
        with suppress(OSError):  # it has died, as what it does not send will tell
            self._to.writelines(parts)
            self._to.flush()


def _widen(pipe: IO[bytes]) -> None:
    """Let most files pass in one piece, where the system has memory for that; else processes change for each 64 kB."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl(pipe, F_SETPIPE_SZ, _PIPE_BYTES)
