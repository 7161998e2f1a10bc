"""The same in a bare loop: `python -m benchmarks.scale.bare pack|list FOLDER ENTRIES` prints what it costs as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from benchmarks.measuring import measured

BARE = "a bare loop"


def _pack(listed: Path, out: Path) -> int:
    """The same reads and writes, one after the other."""
    entries = 0
    with listed.open() as lines, out.open("wb", buffering=0) as target:
        for line in lines:
            file = os.open(listed.with_name(line.rstrip().split("\t")[2]), os.O_RDONLY)
            target.write(os.read(file, os.fstat(file).st_size))
            os.close(file)
            entries += 1
    return entries


def _list(listed: Path, _: Path) -> int:
    """The lines, split at their TABs."""
    with listed.open("rb") as lines:
        return sum(len(line.split(b"\t")) for line in lines) // 3


if __name__ == "__main__":
    work, folder = {"pack": _pack, "list": _list}[sys.argv[1]], Path(sys.argv[2])
    print(json.dumps(measured(lambda: work(folder / f"{sys.argv[3]}.lst", folder / "out.bare"))))
