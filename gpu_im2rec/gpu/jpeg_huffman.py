"""Coded data to coefficients on the device: unstuffing and parallel Huffman decoding. cuda/decode_batch.cu says how."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gpu_im2rec.gpu.jpeg_batch import JpegBatch
from gpu_im2rec.gpu.jpeg_layout import CHUNK, JPEG, SUBSEQUENCE_BYTES
from gpu_im2rec.gpu.kernels import Kernels

PASSES = 32  # in which the subsequences of all but the rarest photographs fall in step; seen: 24 at most

_LOOK = 9  # bits; these four as in the kernels' text
_TABLE = 17 * 4 + 17 * 4 + 4 + 256 + (2 << _LOOK)  # bytes of struct Table
_SEGMENT = 24  # bytes of struct Segment
_TASK = 16  # bytes of struct Task
_AHEAD = 1  # words that are read behind the code


class _Size(NamedTuple):
    """Of a room."""

    pictures: int
    tables: int
    segments: int
    subsequences: int


class _Room:
    """What the passes work in: the same memory, batch after batch, so that they are one graph of launches."""

    def __init__(self, kernels: Kernels, size: _Size) -> None:
        self.size = size
        new = kernels.arrays.empty
        self.jpegs = new(size.pictures * JPEG.itemsize, np.uint8)
        self.tables = new(size.tables * _TABLE, np.uint8)
        self.segments = new(size.segments * _SEGMENT, np.uint8)
        self.words = new(size.subsequences * SUBSEQUENCE_BYTES // 4 + _AHEAD, np.uint32)
        self.segment_of, self.finished = (new(size.subsequences, np.int32) for _ in range(2))
        self.begun, self.ended = (new(size.subsequences, np.uint64) for _ in range(2))
        self.to_do, to_do_next = (new(size.subsequences * _TASK, np.uint8) for _ in range(2))
        self.to_do_counts = new(PASSES + 1, np.int32)
        work = (self.to_do_counts, self.to_do, to_do_next)  # not the room itself: who drops it drops its memory
        known = (self.segments, self.tables, self.words, self.segment_of, self.begun, self.ended, self.finished)
        self.synchronise = kernels.recorded(partial(_passes, kernels, size.subsequences, self.jpegs, known, work))

    def has_room(self, size: _Size) -> bool:
        return all(own >= other for own, other in zip(self.size, size, strict=True))


def _passes(kernels: Kernels, all_: int, jpegs: Any, known: tuple[Any, ...], work: tuple[Any, Any, Any]) -> None:
    counts, to_do, to_do_next = work
    for number in range(PASSES):
        kernels.launch("synchronise", all_, jpegs, all_, *known, number, counts, to_do, to_do_next)
        to_do, to_do_next = to_do_next, to_do


class Coefficients(NamedTuple):
    """Of a batch, on the device."""

    jpegs: Any  # struct Jpeg, one a picture
    values: Any  # int16, 64 a block: all but the DCs
    dc_ends: Any  # int32: running sum of the DCs' differences


class HuffmanDecoder:
    """Decodes batches; keeps its room on the device."""

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels
        self._room: _Room | None = None

    def decode(self, batch: JpegBatch, flags: Any) -> Coefficients:
        """Coefficients of each picture; what they are not to be had of is flagged. Nothing is waited for."""
        zeros, launch, cumsum = self._kernels.arrays.zeros, self._kernels.launch, self._kernels.arrays.cumsum
        totals, room = batch.totals, self._prepared(batch)
        lengths, length_ends = self._unstuff(batch, room, flags)
        all_ = room.size.subsequences
        launch(
            "guess", all_, room.jpegs, totals.segments, all_, lengths, length_ends, room.segments, room.tables,
            room.words, room.segment_of, room.begun, room.ended, room.finished, room.to_do, room.to_do_counts, flags,
        )  # fmt: skip
        room.synchronise()
        values, dcs = zeros(totals.blocks * 64, np.int16), zeros(totals.blocks, np.int32)
        launch(
            "write_coefficients", all_, room.jpegs, all_, room.segments, room.tables, room.words, room.segment_of,
            room.begun, room.ended, cumsum(room.finished, dtype=np.int32), values, dcs, flags,
        )  # fmt: skip
        return Coefficients(room.jpegs, values, cumsum(dcs, dtype=np.int32))

    def free_memory(self) -> None:
        """Give up the room."""
        self._room = None

    def _prepared(self, batch: JpegBatch) -> _Room:
        """A room that is large enough, with the pictures' description and tables in it."""
        size = _Size(len(batch.jpegs), len(batch.tables), batch.totals.segments, batch.totals.subsequences)
        if not self._room or not self._room.has_room(size):
            before, self._room = self._room and self._room.size, None
            if before:  # batches vary
                size = _Size(*(max(own, more + more // 4) for own, more in zip(before, size, strict=True)))
            self._room = _Room(self._kernels, size)
        room = self._room
        self._kernels.upload(batch.jpegs, room.jpegs)
        raw, count = self._kernels.arrays.asarray(batch.tables), len(batch.tables)
        self._kernels.launch("build_tables", count << _LOOK, raw, count, room.tables)
        room.words.fill(0)
        room.to_do_counts.fill(0)
        return room

    def _unstuff(self, batch: JpegBatch, room: _Room, flags: Any) -> tuple[Any, Any]:
        """Lay the code out in the room; subsequences of each segment, and their running sum."""
        new, launch, cumsum = self._kernels.arrays.empty, self._kernels.launch, self._kernels.arrays.cumsum
        jpegs, count, chunks, segments = room.jpegs, len(batch.jpegs), batch.totals.chunks, batch.totals.segments
        staged, send = self._kernels.staging(chunks * CHUNK)
        batch.join(staged)
        coded = send()
        chunk_counts = new(chunks, np.uint64)
        launch("count_bytes", chunks, jpegs, count, chunks, coded, chunk_counts, flags)
        chunk_ends = cumsum(chunk_counts, dtype=np.uint64)
        segment_ends, lengths = new(segments, np.uint32), new(segments, np.int32)
        launch("find_markers", chunks, jpegs, count, chunks, coded, chunk_counts, chunk_ends, segment_ends, flags)
        launch(
            "lay_out_segments", segments, jpegs, count, segments, chunk_ends, segment_ends, room.segments, lengths,
            flags,
        )  # fmt: skip
        length_ends = cumsum(lengths, dtype=np.int32)
        launch(
            "unstuff", chunks, jpegs, count, chunks, coded, chunk_ends, segment_ends, lengths, length_ends, room.words
        )  # fmt: skip
        return lengths, length_ends
