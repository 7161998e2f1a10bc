"""`python -m tests.gpu.races`: the exact device's kernels on several threads at once, under ThreadSanitizer.

On a device the threads of a launch run in any order, many at a time. Here some of the host's threads share each launch;
the sanitizer ends the run where two touch the same memory, at least one writes, and neither does so atomically. Files
must be those that one thread after another makes.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from cpu_fallback import CpuEngine
from gpu_im2rec.gpu import ExactDevice, Limits, exact_engine
from gpu_im2rec.gpu.kernels import EXACT
from gpu_im2rec.transcode import Encoded, Engine, Source, TranscodeSpec
from tests.gpu.damage import damaged, seeds
from tests.gpu.host_kernels import HostKernels
from tests.gpu.jpegs import photo_like, saved
from tests.gpu.sanitized import under

_SANITIZER = ("-g", "-O1", "-fsanitize=thread")
_LIMITS = Limits(pictures=64, memory=1 << 30)
_SPECS = (TranscodeSpec(resize=40), TranscodeSpec(resize=40, interp="linear"), TranscodeSpec(color=0))


def sources() -> list[Source]:
    """Small JPEGs of every kind, the same ones damaged, and some of many subsequences."""
    rng = random.Random(3)
    files = seeds() + [damaged(data, rng) for data in seeds()]
    files += [saved(photo_like(500, 375, 1)), saved(photo_like(400, 610, 2), restart_marker_rows=1)]
    return [Source(number, data) for number, data in enumerate(files)]


def files_of(engine: Engine) -> list[bytes]:
    """What becomes of each source; nothing where it cannot be decoded."""
    batches = engine.transcode([sources()])
    return [result.data if isinstance(result, Encoded) else b"" for batch in batches for result in batch]


def check(kernels: HostKernels) -> int:
    """How many files were made, all of them the CPU engine's."""
    count = 0
    for spec in _SPECS:
        cpu = CpuEngine(spec, 1)
        found = files_of(exact_engine(spec, ExactDevice(spec, kernels), cpu, _LIMITS, "host"))
        assert found == files_of(cpu)
        count += len(found) - found.count(b"")
    return count


def main() -> None:
    """Under the sanitizer."""
    arguments = argparse.ArgumentParser(prog="python -m tests.gpu.races", description=__doc__)
    arguments.add_argument("--workers", type=int, default=4, help="threads that share a launch (default: 4)")
    workers = arguments.parse_args().workers
    under("libtsan", "tests.gpu.races", TSAN_OPTIONS="halt_on_error=1 ignore_noninstrumented_modules=1")
    with tempfile.TemporaryDirectory() as folder:
        kernels = HostKernels(EXACT, Path(folder), *_SANITIZER, f"-DWORKERS={workers}")
        print(f"{check(kernels):,} files, as the CPU engine makes them; no races")


if __name__ == "__main__":
    main()
