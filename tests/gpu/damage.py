"""`python -m tests.gpu.damage [--files N] [--seed N]`: the decoder on damaged files, under ASan and UBSan.

Builds the kernels' text with g++ and both sanitizers, which end the run where a kernel reads or writes out of bounds or
relies on what C++ does not define. Every file that is decoded without a flag must be libjpeg-turbo's pixels, and that
without a warning; whole files in the same batch must come out right.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from cpu_fallback.picture import BadPictureError
from gpu_im2rec.gpu.exact_admission import exact_admission
from gpu_im2rec.gpu.jpeg_batch import Coded
from gpu_im2rec.gpu.jpeg_decoder import NOT_IN_STEP
from gpu_im2rec.gpu.jpeg_layout import View
from gpu_im2rec.gpu.kernels import DECODE
from gpu_im2rec.transcode import Source, TranscodeSpec
from gpu_im2rec.transcode.jpeg_header import read_header
from tests.gpu.host_kernels import HostKernels
from tests.gpu.jpegs import decoded_at, expected, lying_down, photo_like, saved
from tests.gpu.sanitized import under

BATCH = 24  # files
WHOLE = 4  # every so many
SANITIZERS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
_SPEC = TranscodeSpec()
_ROOM = 1 << 28  # bytes


def seeds() -> list[bytes]:
    """Small JPEGs of every kind that the decoder takes."""
    made = []
    for number in range(24):
        options: dict[str, Any] = {"quality": (30, 75, 95, 100)[number % 4], "subsampling": number % 3}
        if number % 3 == 1:
            options["restart_marker_blocks"] = 1 + number % 5
        if number % 4 < 2:
            options["optimize"] = True
        image = photo_like(17 + 9 * number, 120 - 4 * number, number, grain=60 if number % 5 == 0 else 3)
        data = saved(image.convert("L") if number % 7 == 3 else image, **options)
        made.append(lying_down(data) if number % 3 == 1 and number % 7 != 3 else data)
    return made


def damaged(data: bytes, rng: random.Random) -> bytes:
    """``data`` with one to three faults, in its header or its coded data."""
    broken = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if len(broken) < 8:
            break
        header = read_header(bytes(broken))
        scan = header.scan if header else 0
        in_header = rng.random() < 0.3
        at = (
            rng.randrange(2, scan)
            if in_header and scan > 2
            else rng.randrange(min(scan, len(broken) - 3), len(broken) - 2)
        )
        rng.choice(_FAULTS)(broken, at, rng)
    if rng.random() < 0.7 and not broken.endswith(b"\xff\xd9"):
        broken += b"\xff\xd9"
    return bytes(broken)


def _flip(data: bytearray, at: int, rng: random.Random) -> None:
    data[at] ^= 1 << rng.randrange(8)


def _set(data: bytearray, at: int, rng: random.Random) -> None:
    data[at] = rng.choice((0, 1, 127, 128, 254, 255, rng.randrange(256)))


def _zeros(data: bytearray, at: int, rng: random.Random) -> None:
    end = min(len(data) - 2, at + rng.randrange(1, 60))
    data[at:end] = bytes([rng.choice((0, 255))]) * (end - at)


def _drop(data: bytearray, at: int, rng: random.Random) -> None:
    del data[at : min(len(data) - 2, at + rng.randrange(1, 40))]


def _cut(data: bytearray, at: int, rng: random.Random) -> None:
    del data[at:]


def _insert(data: bytearray, at: int, rng: random.Random) -> None:
    data[at:at] = rng.randbytes(rng.randrange(1, 40))


def _marker(data: bytearray, at: int, rng: random.Random) -> None:
    data[at : at + 2 * rng.randrange(2)] = bytes((255, rng.choice((0, 255, 0xD0, 0xD3, 0xD7, 0xD9, 0xDA, 0xC4, 0xDD))))


def _repeat(data: bytearray, at: int, rng: random.Random) -> None:
    data[at:at] = data[at : at + rng.randrange(1, 200)]


def _fill(data: bytearray, at: int, rng: random.Random) -> None:
    found = data.find(b"\xff", at)
    data[found:found] = b"\xff" * (found > 0)


_FAULTS = (_flip, _set, _zeros, _drop, _cut, _insert, _marker, _repeat, _fill)


def batches(files: int, seed: int) -> Iterator[list[tuple[bytes, bool]]]:
    """Files and whether they are whole, until ``files`` damaged ones were given."""
    rng, whole = random.Random(seed), seeds()
    while files > 0:
        batch = [(rng.choice(whole), number % WHOLE == 0) for number in range(BATCH)]
        yield [(data if is_whole else damaged(data, rng), is_whole) for data, is_whole in batch]
        files -= sum(not is_whole for _, is_whole in batch)


def check(place: Any, files: int, seed: int) -> Counter[str]:
    """Decode ``files`` damaged files among whole ones; what became of them. AssertionError where that is wrong."""
    became: Counter[str] = Counter()
    admit = exact_admission(_SPEC)
    for number, batch in enumerate(batches(files, seed)):
        admitted = [admit(Source(0, data), _ROOM) for data, _ in batch]
        view = View((1, 2, 4, 8)[number % 4], 3 if number % 3 else 1, 1)
        jobs = [
            Coded(job.exact.shape, view, job.exact.tables, job.data) for job in admitted if not isinstance(job, str)
        ]
        found = iter(decoded_at(place, jobs))
        for (data, is_whole), job in zip(batch, admitted, strict=True):
            if isinstance(job, str):
                became[f"not taken: {job}"] += 1
                continue
            pixels = next(found)
            if isinstance(pixels, str):
                assert not is_whole or pixels == NOT_IN_STEP, pixels  # noise takes many passes
                became[f"flagged: {pixels}"] += 1
                continue
            try:
                right = expected(data, view)
            except BadPictureError as error:
                raise AssertionError(f"decoded without a flag: {error.failure}") from None
            assert right is not None, "decoded without a flag, and libjpeg-turbo warns"
            assert np.array_equal(pixels, right), "wrong pixels without a flag"
            became["whole and right" if is_whole else "right"] += 1
    return became


def main() -> None:
    """Under the sanitizers."""
    arguments = argparse.ArgumentParser(prog="python -m tests.gpu.damage", description=__doc__)
    arguments.add_argument("--files", type=int, default=20_000, help="damaged files (default: 20,000)")
    arguments.add_argument("--seed", type=int, default=1, help="of what is damaged, and how (default: 1)")
    chosen = arguments.parse_args()
    under("libasan", "tests.gpu.damage", ASAN_OPTIONS="detect_leaks=0")
    with tempfile.TemporaryDirectory() as folder:
        place = SimpleNamespace(kernels=HostKernels(DECODE, Path(folder), *SANITIZERS))
        for what, count in check(place, chosen.files, chosen.seed).most_common():
            print(f"{count:>8,}  {what}")


if __name__ == "__main__":
    main()
