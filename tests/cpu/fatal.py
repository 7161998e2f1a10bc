"""Transcoders that really die, and who is left of them."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_im2rec.transcode import Encoded, Failure, Reason, Source


class Fatal:
    """Does what a file says: ``b"segfault"``, for example; any other comes back."""

    poisoned = False

    def transcode(self, source: Source) -> Encoded | Failure:
        word = source.data[:20].decode("latin-1").split(" ")[0]
        if self.poisoned:
            ctypes.string_at(0)
        return getattr(self, f"_{word}", self._done)(source)

    def _done(self, source):
        return Encoded(source.data)

    def _fails(self, source):
        return Failure(Reason.CORRUPT, f"no picture \udcff {source.key}")

    def _pid(self, source):
        return Encoded(b"%d" % os.getpid())

    def _poison(self, source):
        self.poisoned = True
        return Encoded(b"poisoned")

    def _prints(self, source):
        for stream in (1, 2):
            os.write(stream, b"a warning\n")
        return Encoded(b"printed")

    def _segfault(self, source):
        ctypes.string_at(0)

    def _abort(self, source):
        os.abort()

    def _exit(self, source):
        os._exit(3)

    def _killed(self, source):
        os.kill(os.getpid(), signal.SIGKILL)

    def _realtime(self, source):
        os.kill(os.getpid(), signal.SIGRTMIN + 3)

    def _memory(self, source):
        raise MemoryError

    def _cut(self, source):
        """Half a result, on the way that results take."""
        os.write(4, b"\0\xff")
        os._exit(0)

    def _lingers(self, source):
        """Tells nothing more, but does not end."""
        os.close(4)
        time.sleep(1000)

    def _loop(self, source):
        while True:
            time.sleep(0.001)

    def _spin(self, source):
        """In C, and no other thread of the process gets a turn."""
        re.match(r"(a+)+$", "a" * 64 + "b")

    def _freeze(self, source):
        os.kill(os.getpid(), signal.SIGSTOP)

    def _freezes(self, source):
        """Soon after its answer."""
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGSTOP)).start()
        return Encoded(b"frozen soon")


def dies_at_start() -> Fatal:
    os._exit(7)


def hangs_at_start() -> Fatal:
    time.sleep(1000)


def children(parent: int) -> set[int]:
    """Processes whose parent is ``parent``, zombies among them; not what multiprocessing keeps for itself."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        if int(after_name[1]) == parent and b"resource_tracker" not in command:
            found.add(int(stat.parent.name))
    return found


def wait_until(condition: Callable[[], object], seconds: float = 30) -> bool:
    """Whether ``condition`` came true in time."""
    deadline = time.monotonic() + seconds
    while not (is_true := bool(condition())) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_true


@contextmanager
def no_child_left() -> Iterator[None]:
    """Fails where a process that began in here outlives it. Others may keep one that starts their children."""
    before = children(os.getpid())
    yield
    assert children(os.getpid()) <= before


def is_running(pid: int) -> bool:
    """Zombies are not: nobody here reaps orphans."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
