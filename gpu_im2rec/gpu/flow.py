"""A DALI pipeline that batches flow through, and the decoding that each begins with."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

Inputs = dict[str, Any]  # by the external source's name: a list of arrays, or one array whose rows they are
Decode = Callable[[int], Any]  # the pixels of the input "files", HWC, upright unless the color is -1: a node
Define = Callable[[Any, Any, Decode], Any]  # DALI's ``fn`` and ``types``, and how to decode, to the node that comes out


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """How a graph works; what comes out does not depend on it, as far as the device's decoders agree."""

    batch_size: int
    threads: int  # of the host, for parsing and for what the device's decoders leave to it
    hw_decoder_load: float = 0.9  # share of a batch for the hardware decoder, where there is one
    depth: int = 3  # batches in the graph at once: one waits, one is decoded, the one before is used


class Flow:
    """A running graph. ``feed`` and ``collect`` take turns: batches come out in the order in which they went in.

    A picture that cannot be decoded fails its whole batch, in ``collect``, with RuntimeError; lack of memory raises
    RuntimeError or MemoryError. For one thread at a time.
    """

    def __init__(self, define: Define, tiny: Inputs, settings: GraphSettings, device_id: int | None) -> None:
        """On the CUDA device ``device_id``, or on the CPU where it is None. ``tiny`` is a batch to start with."""
        self._define, self._tiny, self._settings, self._device_id = define, tiny, settings, device_id
        self._fed: deque[Inputs] = deque()
        self._pipeline: Any = self._started()

    def feed(self, inputs: Inputs) -> None:
        """Start on a batch of at most ``batch_size``. Must be started anew after any error: DALI has a part of it."""
        pipeline = self._running()
        self._fed.append(inputs)  # DALI reads the files where they are: they must live until it has
        try:
            with _as_runtime_errors():
                _feed(pipeline, inputs)
                pipeline.schedule_run()
        except MemoryError as error:
            raise RuntimeError(f"out of memory: {error}") from None

    def collect(self) -> Any:
        """The oldest batch, DALI's TensorList: it is overwritten by nothing as long as it is referred to."""
        pipeline = self._running()
        try:
            with _as_runtime_errors():
                (batch,) = pipeline.outputs()
        finally:
            self._fed.popleft()
        return batch

    def restart(self, free_memory: Callable[[], None]) -> None:
        """Forget every batch, call ``free_memory``, and be ready again. Raises RuntimeError where that fails."""
        self._pipeline = None
        self._fed.clear()
        free_memory()
        self._pipeline = self._started()

    def _running(self) -> Any:
        if self._pipeline is None:
            raise RuntimeError("the device could not be started again")
        return self._pipeline

    def _started(self) -> Any:
        """A new pipeline. Its first run takes ``depth`` batches at once, every later one a single one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its own dependencies' ages
            from nvidia.dali import Pipeline, fn, types  # noqa: PLC0415 (takes a second, and may not be installed)

        on_device: dict[str, Any] = {}
        if self._device_id is not None:
            on_device = {"device": "mixed", "hw_decoder_load": self._settings.hw_decoder_load}
        pipeline = Pipeline(
            batch_size=self._settings.batch_size,
            num_threads=self._settings.threads,
            device_id=self._device_id,
            prefetch_queue_depth=self._settings.depth,
            exec_dynamic=True,  # the executor that leaves a batch to whoever holds it
        )
        with pipeline:
            pipeline.set_outputs(self._define(fn, types, partial(_decoded, fn, types, on_device)))
        pipeline.build()
        for _ in range(self._settings.depth):
            _feed(pipeline, self._tiny)
        with _as_runtime_errors():
            pipeline.schedule_run()
            for _ in range(self._settings.depth):
                pipeline.outputs()
        return pipeline


def _decoded(fn: Any, types: Any, on_device: dict[str, Any], color: int) -> Any:
    return fn.decoders.image(
        fn.external_source(name="files", dtype=types.UINT8, ndim=1, no_copy=True),
        output_type=types.GRAY if color == 0 else types.RGB,
        adjust_orientation=color != -1,
        jpeg_fancy_upsampling=True,
        **on_device,
    )


def _feed(pipeline: Any, inputs: Inputs) -> None:
    for name, batch in inputs.items():
        pipeline.feed_input(name, batch)


@contextmanager
def _as_runtime_errors() -> Iterator[None]:
    """DALI's own errors about a picture come as these too, by way of C++'s invalid_argument and out_of_range."""
    try:
        yield
    except (ValueError, IndexError) as error:
        raise RuntimeError(str(error)) from None
