"""The same work in several processes, one a device: each reads, transcodes and hands back its share of the list.

The lines are dealt out in chunks, in turn, and taken back in the same order.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import cycle, islice
from multiprocessing.connection import Connection
from queue import Empty, Queue, SimpleQueue
from typing import Any, NamedTuple

from gpu_im2rec import devices
from gpu_im2rec.errors import DeviceError, Im2recError
from gpu_im2rec.packing.lines import Line
from gpu_im2rec.packing.metering import Clock, ProcessesMeter, ThreadsMeter
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.read_ahead import ReadMeter
from gpu_im2rec.packing.source_sizes import SourceSizes
from gpu_im2rec.packing.stages import Stages
from gpu_im2rec.packing.transcoding import Done, transcoded
from gpu_im2rec.transcode import Encoded, Failure, Reason

_CHUNKS_AHEAD = 8  # of lines, per process
_MOST_CHUNKS_AHEAD = 64  # more than any engine and its read-ahead hold
_RESULTS_A_MESSAGE = 64
_SECONDS_TO_END = 5.0
_SECONDS_OF_PATIENCE = 0.2

Result = tuple[str, bytes | str, str, bool, int]  # reason or "", JPEG or message, rescue, truncated, bytes read


class Message(NamedTuple):
    """What a child says."""

    results: list[Result]  # of the oldest lines; none in its first message and its last
    stages: Stages | None = None  # of its work so far
    sizes: SourceSizes | None = None  # of its pictures; in its last message alone


def transcoded_in_processes(
    lines: Iterable[Line], root: str, options: PackOptions, names: Sequence[str], meter: ProcessesMeter
) -> Generator[Done, None, None]:
    """Every line with what became of its picture, in order, by one process for each device in ``names``.

    ``meter`` adds up what they tell of their work.

    Raises DeviceError where a process cannot use its device, or dies. Closing the iterator ends the processes.
    """
    chunk_lines = options.gpu.chunk
    share = _share(options, len(names))
    with ExitStack() as stack:
        processes = [stack.enter_context(_Process(name, root, share, chunk_lines, meter.lines)) for name in names]
        for process in processes:
            process.wait_until_ready()
        meter.clock.start()
        meter.told = lambda: [process.stages for process in processes if process.stages]
        yield from _Deal(lines, processes, chunk_lines, meter.clock).results()
        meter.sampled = [sizes for process in processes if (sizes := process.sizes())]


def seam_of(options: PackOptions) -> int:
    """Lines after which every process is at a seam of its engine, and the next chunk is the first one's."""
    return options.gpu.seam * len(options.devices)


def _share(options: PackOptions, count: int) -> PackOptions:
    """The options for one of ``count`` processes: they share the machine's cores."""
    cores = max(1, devices.default_workers() // count)
    threads = options.gpu.decode_threads or devices.default_decode_threads(count)
    tuning = replace(options.gpu, decode_threads=threads)
    return replace(options, workers=options.workers or cores, gpu=tuning)


class _Deal:
    """Deals chunks of lines out to processes in turn, and takes results back in order."""

    def __init__(self, lines: Iterable[Line], processes: list[_Process], chunk_lines: int, clock: Clock) -> None:
        self._lines = iter(lines)
        self._processes = processes
        self._turns = cycle(processes)
        self._chunk_lines = chunk_lines
        self._clock = clock
        self._dealt: deque[tuple[_Process, list[Line]]] = deque()
        self._ended = False

    def results(self) -> Iterator[Done]:
        """Every line with what became of its picture, in order."""
        self._deal(_CHUNKS_AHEAD * len(self._processes))
        while self._dealt:
            process, chunk = self._dealt.popleft()
            for start in range(0, len(chunk), _RESULTS_A_MESSAGE):
                lines = chunk[start : start + _RESULTS_A_MESSAGE]
                for line in lines:
                    yield _done(line, self._next_result(process))
                self._clock.wrote(len(lines))
            self._deal(1)

    def _next_result(self, process: _Process) -> Result:
        while (result := process.next_result(self._clock)) is None:
            if len(self._dealt) < _MOST_CHUNKS_AHEAD * len(self._processes):
                self._deal(1)  # its engine may hold more lines than it was given
        return result

    def _deal(self, chunks: int) -> None:
        for _ in range(chunks):
            chunk = list(islice(self._lines, self._chunk_lines))
            if chunk:
                process = next(self._turns)
                process.feed(chunk)
                self._dealt.append((process, chunk))
            elif not self._ended:
                self._ended = True
                for process in self._processes:
                    process.feed(None)


def _done(line: Line, result: Result) -> Done:
    reason, content, rescue, truncated, bytes_in = result
    if isinstance(content, bytes):
        return Done(line, Encoded(content, rescue, truncated), bytes_in)
    return Done(line, Failure(Reason(reason), content), bytes_in)


class _Process:
    """A child process, a thread that feeds it, and one that listens to it: neither side ever waits for the other."""

    def __init__(self, name: str, root: str, options: PackOptions, chunk_lines: int, lines: int) -> None:
        self.stages: Stages | None = None  # as the child told last
        self._name = name
        context = multiprocessing.get_context("spawn")  # a forked process cannot use CUDA
        self._connection, theirs = context.Pipe()
        arguments = (theirs, name, root, options, lines)
        self._process = context.Process(target=_serve, args=arguments, name=f"pack on {name}", daemon=True)
        self._process.start()
        theirs.close()
        self._to_send: SimpleQueue[list[Line] | None] = SimpleQueue()
        self._received: Queue[Message | Exception] = Queue(2 * chunk_lines // _RESULTS_A_MESSAGE)
        self._results: Iterator[Result] = iter(())
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._send_all, self._receive_all)]
        for thread in self._threads:
            thread.start()

    def wait_until_ready(self) -> None:
        """Raises DeviceError where the child's engine does not start."""
        self._next_message()

    def feed(self, chunk: list[Line] | None) -> None:
        """More lines; None after the last."""
        self._to_send.put(chunk)

    def next_result(self, clock: Clock) -> Result | None:
        """What became of the oldest line that was not asked for; None where nothing comes for a while.

        ``clock`` is told of the waiting.
        """
        result = next(self._results, None)
        if result is None:
            clock.turn_to("transcode")
            try:
                self._results = iter(self._next_message(_SECONDS_OF_PATIENCE).results)
            except Empty:
                return None
            finally:
                clock.turn_to("write")
            result = next(self._results)
        return result

    def sizes(self) -> SourceSizes | None:
        """Those of all its pictures, after its last line; None where it does not tell: then the run misses nothing."""
        with suppress(Empty, DeviceError):
            return self._next_message(_SECONDS_TO_END).sizes
        return None

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._to_send.put(None)
        if kind is None:
            self._process.join(_SECONDS_TO_END)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(_SECONDS_TO_END)
            self._process.kill()  # a driver may not let it go
        for thread in self._threads:
            while thread.is_alive():
                with suppress(Empty):
                    self._received.get_nowait()  # the listener may wait for room
                thread.join(0.01)
        self._connection.close()

    def _next_message(self, seconds: float | None = None) -> Message:
        message = self._received.get(timeout=seconds)
        if isinstance(message, Exception):
            raise message
        return message

    def _send_all(self) -> None:
        try:
            while True:
                chunk = self._to_send.get()
                self._connection.send(chunk)
                if chunk is None:
                    return
        except (OSError, ValueError):  # the child has ended, which the listener tells
            return

    def _receive_all(self) -> None:
        try:
            while True:
                message: Message | Exception = self._connection.recv()
                if isinstance(message, Message):
                    self.stages = message.stages
                self._received.put(message)
        except (EOFError, OSError):
            self._process.join(_SECONDS_TO_END)
            code = self._process.exitcode
            self._received.put(DeviceError(f"the process for {self._name} ended early, with exit code {code}"))
        except Exception as error:  # what came cannot be unpickled: without this line the parent would wait forever
            self._received.put(DeviceError(f"the process for {self._name} cannot be understood: {error}"))


def _serve(connection: Connection[Any, Any], name: str, root: str, options: PackOptions, lines_in_all: int) -> None:
    """What a child does: lines come in, results go out, until the lines end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    try:
        choice = devices.choose(options.transcode, name, options.workers or 1, options.gpu, options.isolate)
        connection.send(Message([]))
        reader = options.open_root(root)
        lines = (line for chunk in iter(connection.recv, None) for line in chunk)
        meter = ThreadsMeter(ReadMeter.of(options, root), choice.engine.meter, in_all=lines_in_all)
        done = transcoded(lines, reader.read, choice.engine, meter, limit_bytes=options.bytes_ahead(root))
        while results := [_as_result(one) for one in islice(done, _RESULTS_A_MESSAGE)]:
            connection.send(Message(results, meter.stages()))
        connection.send(Message([], meter.stages(), meter.sizes()))
    except (EOFError, BrokenPipeError):  # the parent has ended
        return
    except Im2recError as error:
        connection.send(error)
    except Exception as error:  # others may not survive the way through a pipe
        connection.send(DeviceError(f"{name}: {type(error).__name__}: {error}"))


def _as_result(done: Done) -> Result:
    if isinstance(done.result, Encoded):
        return "", done.result.data, done.result.rescue, done.result.truncated, done.bytes_in
    return str(done.result.reason), done.result.message, "", False, done.bytes_in
