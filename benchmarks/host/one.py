"""One measurement in a fresh process: `python -m benchmarks.host.one CONTENDER FOLDER` prints it as JSON.

A stand-in device answers at once with a JPEG of 42 kB, copied as the real one copies it; for the exact engine only its
kernels are stood in for. Files of 85 kB come from the page cache, records go to memory (/dev/shm). Beside it
pass-through, and the same reads and writes in a bare loop.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks.corpora import CORPORA, picture_files
from benchmarks.host.free_kernels import FreeDevice
from benchmarks.results import Figures
from gpu_im2rec import PackOptions, TranscodeSpec, devices, pack
from gpu_im2rec.gpu import GpuEngine, Limits, exact_engine
from gpu_im2rec.gpu.admission import Job

_FILES, _FILE_BYTES, _RECORD_BYTES = 500, 85_000, 42_000


class StandIn:
    """A device for which decoding, resizing and encoding cost nothing."""

    depth = 3

    def __init__(self) -> None:
        self._sizes: deque[int] = deque()
        self._code = memoryview(bytes(_RECORD_BYTES))

    def feed(self, jobs: list[Job]) -> None:
        self._sizes.append(len(jobs))

    def collect(self) -> list[bytes]:
        return [b"".join((self._code[:600], self._code[600:])) for _ in range(self._sizes.popleft())]

    def restart(self) -> None:
        raise RuntimeError("never")


def through_the_engine(folder: Path, out: Path) -> None:
    """The whole pack, with the stand-in as the GPU engine's device."""
    from cpu_fallback import CpuEngine

    def choose(spec: TranscodeSpec, *_: object) -> devices.Choice:
        return devices.Choice(GpuEngine(spec, StandIn(), CpuEngine(spec, 1), Limits(256, 1 << 40)), "")

    devices.choose = choose  # type: ignore[assignment]
    _pack(folder, out, TranscodeSpec(resize=256))


def through_the_exact_engine(folder: Path, out: Path) -> None:
    """The same with the exact engine, whose kernels cost nothing."""
    from cpu_fallback import CpuEngine

    def choose(spec: TranscodeSpec, *_: object) -> devices.Choice:
        device, limits = FreeDevice(spec, _RECORD_BYTES - 600), Limits(256, 1 << 40)
        return devices.Choice(exact_engine(spec, device, CpuEngine(spec, 1), limits, "gpu:0 exact"), "")

    devices.choose = choose  # type: ignore[assignment]
    _pack(folder, out, TranscodeSpec(resize=256))


def pass_through(folder: Path, out: Path) -> None:
    """The whole pack, storing the files' own bytes."""
    _pack(folder, out, TranscodeSpec(pass_through=True))


def bare_loop(folder: Path, out: Path, kept: int = _RECORD_BYTES) -> None:
    """The same reads and writes, one after the other, and nothing else."""
    names = [line.split("\t")[2] for line in _lines(folder)]
    target = os.open(out, os.O_CREAT | os.O_WRONLY)
    for name in names:
        file = os.open(folder / name, os.O_RDONLY)
        os.write(target, os.read(file, _FILE_BYTES)[:kept])
        os.close(file)
    assert os.fstat(target).st_size == len(names) * kept
    os.close(target)


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {
    "pack, stand-in device": through_the_engine,
    "pack, stand-in kernels, exact": through_the_exact_engine,
    "pack, pass-through": pass_through,
    "bare loop, as for the stand-in": bare_loop,
    "bare loop, as for pass-through": lambda folder, out: bare_loop(folder, out, _FILE_BYTES),
}
LIMITS = {
    "pack, stand-in device": "bare loop, as for the stand-in",
    "pack, stand-in kernels, exact": "bare loop, as for the stand-in",
    "pack, pass-through": "bare loop, as for pass-through",
}


def measure(contender: str, folder: Path) -> Figures:
    """Items, seconds, those of user time and those of system time.

    User time is an upper bound of what the interpreter's lock is held: system calls let it go.
    """
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    for _ in range(2):  # the first run makes a virtual machine fetch its memory from the host
        with tempfile.TemporaryDirectory(dir=memory) as out:
            before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            CONTENDERS[contender](folder, Path(out) / "out.rec")
            seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return {"items": len(_lines(folder)), "seconds": seconds, "user_seconds": user, "system_seconds": system}


def make_files(folder: Path, lines: int) -> None:
    """Files with the headers of real pictures, all of the same length, which nobody decodes; a list of ``lines``."""
    distinct = list(picture_files(CORPORA["small"], min(20, lines)))
    for number in range(min(_FILES, lines)):
        code = distinct[number % len(distinct)][: _FILE_BYTES - 2].ljust(_FILE_BYTES - 2, b"\0")
        (folder / f"{number}.jpg").write_bytes(code + b"\xff\xd9")
    text = "".join(f"{index}\t{index % 10}\t{index % _FILES}.jpg\n" for index in range(lines))
    (folder / "image.lst").write_text(text)


def _pack(folder: Path, out: Path, spec: TranscodeSpec) -> None:
    report = pack(folder / "image.lst", folder, out, PackOptions(transcode=spec))
    assert (report.packed, report.rescued) == (len(_lines(folder)), {})


def _lines(folder: Path) -> list[str]:
    return (folder / "image.lst").read_text().splitlines()


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
