"""What limits each stage: the same bytes moved by as little code as there can be. The work says how many it did."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from benchmarks import turbojpeg_limit
from benchmarks.stages.inputs import SPEC, Inputs
from benchmarks.stages.ours import Work, decoded_pictures, records_of
from gpu_im2rec.transcode.geometry import decode_divisor

_BLOCK = 64 << 20  # bytes of one write


def splitting(inputs: Inputs) -> Work:
    """The lines of the list, split at their TABs."""
    path = inputs.list()

    def work() -> int:
        with path.open("rb") as file:
            return sum(len(line.split(b"\t")) for line in file) // 3

    return work


def open_read_close(inputs: Inputs) -> Work:
    """The three calls, one file after the other."""
    names = inputs.names()
    most = max((inputs.folder / name).stat().st_size for name in set(names))
    paths = [os.fsencode(inputs.folder / name) for name in names]

    def work() -> int:
        done = 0
        for path in paths:
            file = os.open(path, os.O_RDONLY)
            done += bool(os.read(file, most))
            os.close(file)
        return done

    return work


def turbojpeg_decoding(inputs: Inputs) -> Work:
    """libjpeg-turbo to planes, at the same scale."""
    decoded, files = decoded_pictures(inputs)[0], inputs.files()
    return turbojpeg_limit.decoding(files, divisor=decode_divisor(decoded.plan))


def turbojpeg_encoding(inputs: Inputs) -> Work:
    """libjpeg-turbo from planes."""
    size = decoded_pictures(inputs)[0].plan.size
    return turbojpeg_limit.encoding(inputs.distinct(), target=size, count=inputs.pictures, quality=SPEC.quality)


def copying_pixels(inputs: Inputs) -> Work:
    """What the filter reads, copied."""
    return _copying([one.picture.pixels.reshape(-1) for one in decoded_pictures(inputs)], inputs.turns())


def copying_records(inputs: Inputs) -> Work:
    """What is framed, copied."""
    return _copying([np.frombuffer(one, np.uint8) for one in records_of(inputs)], inputs.turns(many=True))


def one_large_write(inputs: Inputs) -> Work:
    """As many bytes as the records have, a block at a time, to the system."""
    return _writing(inputs, synced=False)


def one_large_write_synced(inputs: Inputs) -> Work:
    """The same, until they are on the disk."""
    return _writing(inputs, synced=True)


def _copying(arrays: list[np.ndarray], turns: list[int]) -> Work:
    target = np.empty(max(array.size for array in arrays), np.uint8)

    def work() -> int:
        done = 0
        for number in turns:
            np.copyto(target[: arrays[number].size], arrays[number])
            done += 1
        return done

    return work


def _writing(inputs: Inputs, *, synced: bool) -> Callable[[], int]:
    records, turns = records_of(inputs), inputs.turns(many=True)
    left = sum(len(records[number]) for number in turns)
    block = np.random.default_rng(0).bytes(min(left, _BLOCK))

    def work(left: int = left) -> int:
        file = os.open(inputs.scratch / "block", os.O_CREAT | os.O_WRONLY)
        while left > 0:
            left -= os.write(file, memoryview(block)[:left])
        if synced:
            os.fsync(file)
        os.close(file)
        return len(turns)

    return work
