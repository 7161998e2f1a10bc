"""A batch of JPEGs as the decoder's kernels take it: one array of ``struct Jpeg``, the tables, the coded data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.back_to_back import starts_of
from gpu_im2rec.gpu.jpeg_frame import Shape, Tables
from gpu_im2rec.gpu.jpeg_layout import CHUNK, SUBSEQUENCE_BYTES, View, layouts


class Coded(NamedTuple):
    """One JPEG for the decoder."""

    shape: Shape
    view: View
    tables: Tables
    data: NDArray[np.uint8]  # what follows its header, the end marker included


class Totals(NamedTuple):
    """What a batch needs room for."""

    chunks: int
    segments: int
    subsequences: int  # at most
    blocks: int
    samples: int  # bytes
    pixels: int  # bytes
    quads: int


class JpegBatch(NamedTuple):
    """A batch, on the host."""

    jpegs: NDArray[Any]  # of dtype JPEG
    tables: NDArray[np.uint8]  # (n, TABLE_BYTES): each Huffman table that occurs, once
    quantisers: NDArray[np.uint16]  # (n, 64), likewise
    coded: Sequence[NDArray[np.uint8]]  # of each picture
    totals: Totals

    def join(self, target: NDArray[np.uint8]) -> None:
        """Copy the coded data to where the kernels look for them, in ``target`` of ``CHUNK * totals.chunks`` bytes."""
        for data, start in zip(self.coded, self.jpegs["coded"].tolist(), strict=True):
            target[start : start + len(data)] = data


def batch_of(coded: Sequence[Coded]) -> JpegBatch:
    """Lay JPEGs, at least one, out one behind the other."""
    shapes, views, tables, data = zip(*coded, strict=True)
    jpegs, blocks, samples, pixels, quads = layouts(shapes, views)
    known, quantisers = _number_tables(jpegs, tables)
    sizes = np.array([len(one) for one in data])
    chunks = -(-sizes // CHUNK)

    jpegs["bytes"] = sizes
    jpegs["coded"], _ = starts_of(chunks * CHUNK)
    jpegs["first_chunk"], all_chunks = starts_of(chunks)
    jpegs["first_segment"], segments = starts_of(jpegs["segments"])
    jpegs["first_block"], all_blocks = starts_of(blocks)
    jpegs["first_quad"], all_quads = starts_of(quads)
    jpegs["pixels"], all_pixels = starts_of(pixels)
    first_samples, all_samples = starts_of(samples)
    jpegs["component"]["samples"] += first_samples[:, None].astype(np.uint64)

    subsequences = int((sizes // SUBSEQUENCE_BYTES).sum()) + segments
    totals = Totals(all_chunks, segments, subsequences, all_blocks, all_samples, all_pixels, all_quads)
    return JpegBatch(jpegs, known, quantisers, data, totals)


def _number_tables(jpegs: NDArray[Any], tables: Sequence[Tables]) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Put the numbers of ``tables`` in place of those of components; the Huffman and the quantisation tables."""
    huffman: dict[bytes, int] = {}
    quantisers: dict[bytes, int] = {}
    rows: dict[int, list[int]] = {}  # by a Tables' identity: numbers for DC, AC and quantisation of three components
    for each in tables:
        if id(each) not in rows:
            row = [huffman.setdefault(table, len(huffman)) for used in (each.dc, each.ac) for table in _three(used)]
            row += [quantisers.setdefault(table, len(quantisers)) for table in _three(each.quantisers)]
            rows[id(each)] = row
    numbers = np.array([rows[id(each)] for each in tables])
    for field, own in (("dc_table", numbers[:, :3]), ("ac_table", numbers[:, 3:6])):
        jpegs[field] = np.take_along_axis(own, jpegs[field], axis=1)
    jpegs["component"]["quantiser"] = numbers[:, 6:]
    joined = np.frombuffer(b"".join(huffman), np.uint8).reshape(len(huffman), -1)
    return joined, np.frombuffer(b"".join(quantisers), np.uint16).reshape(len(quantisers), -1)


def _three(tables: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """A grey picture's table stands for those that it has not."""
    return tables if len(tables) == 3 else tables * 3
