"""`python -m tests.gpu.races`: the exact device's kernels on several threads at once, under ThreadSanitizer.

On a device the threads of a launch run in any order, many at a time. Here some of the host's threads share each launch;
the sanitizer ends the run where two touch the same memory, at least one writes, and neither does so atomically. Files
must be those that one thread after another makes.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import ClassVar

from cpu_fallback import CpuEngine
from gpu_im2rec.gpu import ExactDevice, Limits, exact_engine
from gpu_im2rec.gpu.kernels import EXACT
from gpu_im2rec.gpu.lane import Outcome
from gpu_im2rec.transcode import Source, TranscodeSpec
from tests.gpu.damage import damaged, seeds
from tests.gpu.host_kernels import HostKernels
from tests.gpu.jpegs import photo_like, saved, with_all_ones
from tests.gpu.sanitized import under

MADE = "made by the device"
_SANITIZER = ("-g", "-O1", "-fsanitize=thread")
_LIMITS = Limits(pictures=64, memory=1 << 30)
_SPECS = (TranscodeSpec(resize=40), TranscodeSpec(resize=40, interp="linear"), TranscodeSpec(color=0))


def sources() -> list[Source]:
    """Small JPEGs of every kind, the same ones damaged, some of many subsequences, and faults that many threads see."""
    rng = random.Random(3)
    files = seeds() + [damaged(data, rng) for data in seeds() for _ in range(3)]
    files += [saved(photo_like(500, 375, 1)), saved(photo_like(400, 610, 2), restart_marker_rows=1)]
    many = saved(photo_like(300, 200, 3, grain=60), quality=97, restart_marker_blocks=2)
    head, code = many[: many.rindex(b"\xff\xda")], many[many.rindex(b"\xff\xda") :]
    files += [
        head + code.replace(b"\xff\xd1", b"\xff\xd5"),  # markers that are not due
        with_all_ones(many),  # a table that no code can have, for each segment
        head.replace(b"\xff\xdb\0\x43\0\x01", b"\xff\xdb\0\x43\0\xff") + code,  # levels that no encoder makes
        head + code.replace(b"\xff\0", b"\xff\xff\0"),  # fill bytes
        head + code.replace(b"\xff\xd0", b"zz\xff\xd0"),  # something behind the code of segments
    ]
    return [Source(number, data) for number, data in enumerate(files)]


class _Watched(ExactDevice):
    """Counts what it says of pictures."""

    became: ClassVar[Counter[str]] = Counter()

    def collect(self) -> Sequence[Outcome]:
        outcomes = super().collect()
        self.became.update(outcome if isinstance(outcome, str) else MADE for outcome in outcomes)
        return outcomes


def check(kernels: HostKernels) -> Counter[str]:
    """What the device said of the files; AssertionError where one is not the CPU engine's."""
    files = [sources()]
    for spec in _SPECS:
        cpu = CpuEngine(spec, 1)
        engine = exact_engine(spec, _Watched(spec, kernels), cpu, _LIMITS, "host")
        found, expected = (list(chain.from_iterable(each.transcode(files))) for each in (engine, cpu))
        for own, right in zip(found, expected, strict=True):
            assert getattr(own, "data", own) == getattr(right, "data", right)
    return _Watched.became


def main() -> None:
    """Under the sanitizer."""
    arguments = argparse.ArgumentParser(prog="python -m tests.gpu.races", description=__doc__)
    arguments.add_argument("--workers", type=int, default=4, help="threads that share a launch (default: 4)")
    workers = arguments.parse_args().workers
    under("libtsan", "tests.gpu.races", TSAN_OPTIONS="halt_on_error=1 ignore_noninstrumented_modules=1")
    with tempfile.TemporaryDirectory() as folder:
        kernels = HostKernels(EXACT, Path(folder), *_SANITIZER, f"-DWORKERS={workers}")
        for what, count in check(kernels).most_common():
            print(f"{count:>8,}  {what}")
        print("no races")


if __name__ == "__main__":
    main()
