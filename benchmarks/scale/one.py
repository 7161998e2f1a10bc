"""One measurement in a fresh process: `python -m benchmarks.scale.one pack|list FOLDER ENTRIES` prints it as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded, as the command line does

from benchmarks.measuring import measured
from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.lists import read_list

PICTURE = "tiny.jpg"


def make_list(folder: Path, entries: int) -> Path:
    """A list that names the same picture again and again."""
    path = folder / f"{entries}.lst"
    with path.open("w") as file:
        file.writelines(f"{index}\t{index % 10}\t{PICTURE}\n" for index in range(entries))
    return path


def _pack(folder: Path, entries: int) -> int:
    options = PackOptions(transcode=TranscodeSpec(pass_through=True), overwrite=True)
    return pack(folder / f"{entries}.lst", folder, folder / "out.rec", options).packed


def _list(folder: Path, entries: int) -> int:
    return sum(1 for _ in read_list(folder / f"{entries}.lst"))


if __name__ == "__main__":
    work, entries = {"pack": _pack, "list": _list}[sys.argv[1]], int(sys.argv[3])
    figures = measured(lambda: work(Path(sys.argv[2]), entries))
    assert figures["items"] == entries, f"{figures['items']} entries instead of {entries}"
    print(json.dumps(figures))
