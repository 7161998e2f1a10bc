"""One measurement in a fresh process: `python -m benchmarks.run_one CONTENDER CORPUS` prints it as JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded, as the command line does; for everybody

import cpu_fallback.transcoder  # noqa: F401 (loaded before the clock starts, as OpenCV is)
from benchmarks import opencv_baseline, turbojpeg_limit
from benchmarks.corpora import CORPORA, Corpus
from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.transcode.geometry import decode_divisor, plan

RESIZE = 256


def ours(corpus: Corpus, out: Path, *, workers: int, **transcode: object) -> int:
    """This project's `pack` on the CPU."""
    spec = TranscodeSpec(resize=RESIZE, **transcode)  # type: ignore[arg-type]
    options = PackOptions(transcode=spec, device="cpu", workers=workers, overwrite=True)
    return pack(corpus.list, corpus.root, out, options).packed


def opencv(corpus: Corpus, out: Path, *, processes: int) -> int:
    """im2rec.py's steps with OpenCV."""
    return opencv_baseline.pack(corpus.list, corpus.root, out, resize=RESIZE, processes=processes)


CONTENDERS: dict[str, Callable[[Corpus, Path], int]] = {
    "ours, 1 worker": lambda corpus, out: ours(corpus, out, workers=1),
    "ours, 2 workers": lambda corpus, out: ours(corpus, out, workers=2),
    "ours, linear, 2 workers": lambda corpus, out: ours(corpus, out, workers=2, interp="linear"),
    "OpenCV, 1 process": lambda corpus, out: opencv(corpus, out, processes=1),
    "OpenCV, 2 processes": lambda corpus, out: opencv(corpus, out, processes=2),
}
LIMIT = "libjpeg-turbo's limit, 1 core"


def measure(contender: str, corpus: Corpus) -> dict[str, float]:
    """Seconds, processor seconds and peak memory (MB, the largest process) of one run."""
    if contender == LIMIT:
        return _limit(corpus)
    with tempfile.TemporaryDirectory() as folder:
        started, cpu_started = time.perf_counter(), _cpu_seconds()
        records = CONTENDERS[contender](corpus, Path(folder) / "out.rec")
        seconds, cpu = time.perf_counter() - started, _cpu_seconds() - cpu_started
    assert records == corpus.entries
    peak = max(peak_mb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    return {"images": records, "seconds": seconds, "cpu_seconds": cpu, "peak_mb": peak}


def peak_mb() -> float:
    """This process's largest resident memory, in MB; unlike ru_maxrss, without its parent's before the exec."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("no VmHWM in /proc/self/status")


def _limit(corpus: Corpus) -> dict[str, float]:
    todo = plan((corpus.width, corpus.height), TranscodeSpec(resize=RESIZE))
    files = sorted(corpus.root.iterdir()) * corpus.repeats
    seconds = turbojpeg_limit.seconds(files, divisor=decode_divisor(todo), target=todo.size)
    return {"images": len(files), "seconds": seconds, "cpu_seconds": seconds, "peak_mb": 0.0}


def _cpu_seconds() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], CORPORA[sys.argv[2]])))
