"""A transcoder whose process may die: then it costs a picture, not the run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from functools import partial

from cpu_fallback.child import Child, Transcodes
from gpu_im2rec.errors import IsolationError
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec

SECONDS = 60.0  # for one picture, or for a child to start


def isolated(spec: TranscodeSpec, seconds: float = SECONDS) -> Callable[[], SupervisedTranscoder]:
    """What makes the workers of a ``CpuEngine`` whose pictures may crash."""
    return partial(SupervisedTranscoder, partial(_transcoder, spec), seconds)


def _transcoder(spec: TranscodeSpec) -> Transcodes:
    from cpu_fallback.transcoder import Transcoder  # noqa: PLC0415 (codecs, which only the child needs)

    return Transcoder(spec)


class SupervisedTranscoder:
    """Transcodes in a child process, one picture at a time, and starts another child where one died.

    A picture that ends a child which has seen others is tried once more in a new one, for they may be to blame: so what
    becomes of a picture does not depend on those before it. ``make`` gives the child its transcoder; it is pickled.
    """

    def __init__(self, make: Callable[[], Transcodes], seconds: float = SECONDS) -> None:
        self._make, self._seconds = make, seconds
        self._child: Child | None = None
        self._at_work = threading.Lock()
        self._closed = False

    def transcode(self, source: Source) -> Encoded | Failure:
        """As ``Transcoder`` does it; a Failure, too, for a picture that ends its process or takes too long.

        Raises IsolationError where a child does not start, CancelledError once closed.
        """
        with self._at_work:
            used = self._child is not None
            result = self._tried(source)
            crashed = isinstance(result, Failure) and result.reason is Reason.CRASHED
            return self._tried(source) if crashed and used else result

    def close(self) -> None:
        """End the child, in the middle of a picture where it must be. Any thread may."""
        self._closed = True
        while not self._at_work.acquire(timeout=0.01):
            if self._child:
                self._child.kill()
        if self._child:
            self._child.kill()
            self._child.wait()
        self._at_work.release()

    def _tried(self, source: Source) -> Encoded | Failure:
        child = self._child or self._start()
        result = None if self._closed else child.transcode(source)
        if result is None:
            code = self._end(child)
            if child.was_late:
                return Failure(Reason.TIMED_OUT, f"not done after {self._seconds:g} s")
            return Failure(Reason.CRASHED, f"its decoder {_told(code)}")
        return result

    def _start(self) -> Child:
        try:
            child = self._child = Child(self._make, self._seconds)
        except (OSError, RuntimeError) as error:
            raise _not_started(str(error)) from error
        if not child.wait_until_ready():
            code = self._end(child)
            late = f"it was not ready after {self._seconds:g} s"
            raise _not_started(late if child.was_late else f"it {_told(code)}, and may have said more above")
        return child

    def _end(self, child: Child) -> int:
        if self._closed:  # which is why it died, if it did: ``close`` sees to it
            raise CancelledError
        self._child = None
        return child.wait()


def _not_started(why: str) -> IsolationError:
    return IsolationError(f"--isolate: no process to decode in could be started: {why}. Lower --workers, or go without")


def _told(code: int) -> str:
    """What an exit code says; below 0 it is a signal."""
    if code >= 0:
        return f"ended its process with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    if name == "SIGKILL":
        return "was killed (SIGKILL), most likely for want of memory: lower --workers or --max-pixels"
    return f"crashed ({name})"
