"""Parts alone: framing and writing, start-up, and memory as the list grows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.corpora import CORPORA, ensure

_PAYLOAD = 40_000  # bytes, a usual record
_WRITE_BYTES = 400_000_000


def measure_all(runs: int) -> dict[str, dict[str, object]]:
    """Each figure's median, minimum and maximum over ``runs``."""
    rows: dict[str, dict[str, object]] = {}
    rows["framing and writing 40 kB records, not synced"] = _row([_write(sync=False) for _ in range(runs)], "GB/s")
    rows["framing and writing 40 kB records, synced"] = _row([_write(sync=True) for _ in range(runs)], "GB/s")
    rows["gpu-im2rec --help"] = _row([_help() for _ in range(runs)], "s")
    for entries in (10_000, 1_000_000):
        figures = [_pass_through(entries) for _ in range(min(runs, 3))]
        rows[f"pass-through of {entries:,} entries, memory"] = _row([f["peak_mb"] for f in figures], "MB")
        rows[f"pass-through of {entries:,} entries, rate"] = _row([entries / f["seconds"] for f in figures], "images/s")
    return rows


def _row(values: list[float], unit: str) -> dict[str, object]:
    return {"median": median(values), "min": min(values), "max": max(values), "unit": unit, "runs": values}


def _write(*, sync: bool) -> float:
    from gpu_im2rec.recordio import RecordWriter, pack_header

    payload = bytes(range(256)) * (_PAYLOAD // 256)
    header = pack_header(1, [1.0], packed=False)
    records = _WRITE_BYTES // len(payload)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with RecordWriter(Path(folder) / "out.rec") as writer:
            for key in range(records):
                writer.append(key, header, payload)
            unsynced = time.perf_counter() - started
        seconds = time.perf_counter() - started if sync else unsynced
    return records * len(payload) / seconds / 1e9


def _help() -> float:
    command = shutil.which("gpu-im2rec", path=str(Path(sys.executable).parent)) or "gpu-im2rec"
    started = time.perf_counter()
    subprocess.run([command, "--help"], check=True, capture_output=True)
    return time.perf_counter() - started


_SCRIPT = """
import json, sys, time
from benchmarks.run_one import peak_mb
from gpu_im2rec import PackOptions, TranscodeSpec, pack
started = time.perf_counter()
pack(*sys.argv[1:4], PackOptions(transcode=TranscodeSpec(pass_through=True)))
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))
"""


def _pass_through(entries: int) -> dict[str, float]:
    corpus = ensure(CORPORA["small"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tiny = folder / "tiny.jpg"
        from PIL import Image

        Image.open(corpus.root / "0000.jpg").resize((32, 24)).save(tiny)
        (folder / "many.lst").write_text("".join(f"{index}\t0\ttiny.jpg\n" for index in range(entries)))
        command = [sys.executable, "-c", _SCRIPT, str(folder / "many.lst"), name, str(folder / "out.rec")]
        figures: dict[str, float] = json.loads(
            subprocess.run(command, check=True, capture_output=True, text=True).stdout
        )
        return figures
