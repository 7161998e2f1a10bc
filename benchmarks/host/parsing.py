"""`python -m benchmarks.host.parsing CONTENDER`: what the exact engine's host does for each picture, as JSON.

Headers are parsed, batches described and launched, on kernels that cost nothing. The copy of the coded data, which is
done without the interpreter's lock, is left out.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice

from PIL import Image

from benchmarks.corpora import CORPORA, picture_files
from benchmarks.host.free_kernels import FreeDevice
from benchmarks.results import Figures
from gpu_im2rec import TranscodeSpec
from gpu_im2rec.gpu.admission import Job
from gpu_im2rec.gpu.exact_admission import exact_admission
from gpu_im2rec.gpu.jpeg_batch import JpegBatch
from gpu_im2rec.transcode import Source

_SPEC = TranscodeSpec(resize=256)
_BATCH, _BATCHES, _WARM_UP = 256, 40, 4
_FILES = 40


def repeated() -> list[bytes]:
    """Pictures of one size and 40 headers, as of a few cameras or one encoder."""
    return list(islice(cycle(picture_files(CORPORA["small"], _FILES)), _BATCH * (_BATCHES + _WARM_UP)))


def new_tables() -> list[bytes]:
    """Pictures of three sizes, each with Huffman tables of its own."""
    return _parts(((128, 96), (96, 128), (128, 85)))


def new_sizes() -> list[bytes]:
    """Pictures no two of which have the same size either."""
    return _parts([(64 + number % 173, 64 + number // 173) for number in range(_BATCH * (_BATCHES + _WARM_UP))])


def _parts(sizes: Sequence[tuple[int, int]]) -> list[bytes]:
    """Parts of a photograph, of these sizes in turn."""
    photo = Image.open(io.BytesIO(next(picture_files(CORPORA["middle"], 1))))
    made = []
    for number in range(_BATCH * (_BATCHES + _WARM_UP)):
        (width, height), left, top = sizes[number % len(sizes)], number % 500, number % 301
        out = io.BytesIO()
        part = photo.crop((left, top, left + width, top + height))
        part.save(out, "jpeg", quality=50 + number % 47, optimize=True)
        made.append(out.getvalue())
    return made


CONTENDERS: dict[str, Callable[[], list[bytes]]] = {
    "headers that repeat": repeated,
    "known sizes, new tables": new_tables,
    "new sizes, new tables": new_sizes,
}


def measure(contender: str) -> Figures:
    """Items and seconds, after some batches that do not count."""
    JpegBatch.join = lambda self, target: None  # type: ignore[method-assign]
    sources = [Source(number, data) for number, data in enumerate(CONTENDERS[contender]())]
    device, admit = FreeDevice(_SPEC, 600), exact_admission(_SPEC)

    def batch(number: int) -> None:
        jobs = [admit(source, 1 << 40) for source in sources[number * _BATCH : (number + 1) * _BATCH]]
        taken = [job for job in jobs if isinstance(job, Job)]
        assert len(taken) == _BATCH, next(job for job in jobs if isinstance(job, str))
        device.feed(taken)

    for number in range(_WARM_UP):
        batch(number)
        device.collect()
    seconds = 0.0
    for number in range(_WARM_UP, _WARM_UP + _BATCHES):
        started = time.perf_counter()
        batch(number)
        seconds += time.perf_counter() - started
        device.collect()
    return {"items": _BATCH * _BATCHES, "seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
