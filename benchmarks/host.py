"""`python -m benchmarks.host`: how fast the host feeds a GPU that costs nothing.

A stand-in device answers at once with a JPEG of 42 kB, copied as the real one copies it. Files of 85 kB come from the
page cache, records go to memory (/dev/shm). Beside it pass-through, and the same reads and writes in a bare loop.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks.corpora import CORPORA, picture_files
from benchmarks.machine import machine
from gpu_im2rec import PackOptions, TranscodeSpec, devices, pack
from gpu_im2rec.gpu import GpuEngine, Limits
from gpu_im2rec.gpu.admission import Job

_FILES, _LINES, _FILE_BYTES, _RECORD_BYTES = 500, 8_000, 85_000, 42_000
_GOAL = 10_000  # pictures a second
_RUNS = 7


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


def pass_through(folder: Path, out: Path) -> None:
    """The whole pack, storing the files' own bytes."""
    _pack(folder, out, TranscodeSpec(pass_through=True))


def bare_loop(folder: Path, out: Path, kept: int = _RECORD_BYTES) -> None:
    """The same reads and writes, one after the other, and nothing else."""
    names = [line.split("\t")[2] for line in (folder / "image.lst").read_text().splitlines()]
    target = os.open(out, os.O_CREAT | os.O_WRONLY)
    for name in names:
        file = os.open(folder / name, os.O_RDONLY)
        os.write(target, os.read(file, _FILE_BYTES)[:kept])
        os.close(file)
    os.close(target)


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {
    "pack, stand-in device": through_the_engine,
    "pack, pass-through": pass_through,
    "bare loop, as for the stand-in": bare_loop,
    "bare loop, as for pass-through": lambda folder, out: bare_loop(folder, out, _FILE_BYTES),
}


def main() -> None:
    """Measure every contender in turn, in fresh processes; print the table."""
    with tempfile.TemporaryDirectory() as folder:
        _make_files(Path(folder))
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
        for number in range(_RUNS + 1):  # the first warms caches up
            for name, measured in runs.items():
                command = [sys.executable, "-m", "benchmarks.host", name, folder]
                figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                if number:
                    measured.append(figures)
    print(f"| | pictures/s (goal {_GOAL:,}) | µs of interpreter and copies | µs of the system |")
    print("| --- | ---: | ---: | ---: |")
    for name, measured in runs.items():
        rates = [run["rate"] for run in measured]
        user, system = (median(run[key] for run in measured) for key in ("user", "system"))
        print(f"| {name} | {median(rates):,.0f} ({min(rates):,.0f} … {max(rates):,.0f}) | {user:.0f} | {system:.0f} |")
    out = Path(__file__).parent / "results" / f"host-{platform.machine()}-{datetime.now(UTC):%Y-%m-%d}.json"
    out.write_text(json.dumps({"machine": machine(), "runs": runs}, indent=1) + "\n")
    print(f"written: {out}")


def measure(contender: str, folder: Path) -> dict[str, float]:
    """Pictures a second; microseconds of user time a picture, of system time a picture.

    User time is an upper bound of what the interpreter's lock is held: system calls let it go.
    """
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    for _ in range(2):  # the first run makes a virtual machine fetch its memory from the host
        with tempfile.TemporaryDirectory(dir=memory) as out:
            before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            CONTENDERS[contender](folder, Path(out) / "out.rec")
            seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return {"rate": _LINES / seconds, "user": user / _LINES * 1e6, "system": system / _LINES * 1e6}


def _pack(folder: Path, out: Path, spec: TranscodeSpec) -> None:
    report = pack(folder / "image.lst", folder, out, PackOptions(transcode=spec))
    assert (report.packed, report.rescued) == (_LINES, {})


def _make_files(folder: Path) -> None:
    """Files with the headers of real pictures, all of the same length: nobody decodes them here."""
    distinct = list(picture_files(CORPORA["small"], 20))
    for number in range(_FILES):
        code = distinct[number % len(distinct)][: _FILE_BYTES - 2].ljust(_FILE_BYTES - 2, b"\0")
        (folder / f"{number}.jpg").write_bytes(code + b"\xff\xd9")
    lines = (f"{index}\t{index % 10}\t{index % _FILES}.jpg\n" for index in range(_LINES))
    (folder / "image.lst").write_text("".join(lines))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
