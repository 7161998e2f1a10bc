"""One run in a fresh process, by any Python: `-m benchmarks.pack.one MODULE:FUNCTION LIST ROOT OUT SIZE WORKERS`.

What a packer needs to start and to end is not counted: it packs one picture a worker, then all of them, and the
difference is what the others took; or the packer says itself how long it worked. Then what it wrote is read back:
nothing may be missing, and every picture must have the SIZE, such as 341x256, or be its file's own bytes where SIZE is
`-`. A limit leaves no pictures to be read back: it returns how many it did, and its bytes are counted.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from importlib import import_module
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

from benchmarks.pack.memory import Peak
from benchmarks.pack.task import Task
from benchmarks.processes import cpu_seconds


def main(function: str, listed: str, root: str, out: str, size: str, workers: str) -> None:
    """Print the figures as JSON."""
    module_name, _, name = function.partition(":")
    module = import_module(f"benchmarks.pack.{module_name}")
    with TemporaryDirectory(dir=out) as folder:
        first, task = Path(folder) / "first", Task(Path(listed), Path(root), Path(folder) / "all", int(workers))
        start = _timed(getattr(module, name), Task(_shortened(task, first), task.root, first, task.workers))
        with Peak() as peak:
            whole = _timed(getattr(module, name), task)
        pictures = len(task.files())
        own = module.seconds(task.out) if hasattr(module, "seconds") else None
        if hasattr(module, "pictures"):
            written = _checked(module.pictures(task.out), task, size)
        else:
            written = _counted(whole[2], task, size)
    print(
        json.dumps(
            {
                "items": pictures - (0 if own else task.workers),
                "seconds": own or whole[0] - start[0],
                "cpu_seconds": whole[1] - start[1],
                "start_seconds": start[0],
                "picture_bytes": written / pictures,
                "peak_mb": peak.mb,
            }
        )
    )


def _shortened(task: Task, folder: Path) -> Path:
    """A list of one picture a worker."""
    folder.mkdir()
    with task.list.open() as lines:
        shortened = folder.with_suffix(".lst")
        shortened.write_text("".join(islice(lines, task.workers)))
    return shortened


def _timed(pack: Callable[[Task], int | None], task: Task) -> tuple[float, float, int | None]:
    """Seconds, seconds of processors, its own and its children's, and how many pictures a limit did."""
    task.out.mkdir(exist_ok=True)
    cpu, started = cpu_seconds(), time.perf_counter()
    done = pack(task)
    return time.perf_counter() - started, cpu_seconds() - cpu, done


def _checked(contents: Iterable[bytes], task: Task, size: str) -> int:
    """How many bytes the pictures are, if they are what they should be."""
    found: Counter[object] = Counter()
    written = 0
    for content in contents:
        found[crc32(content) if size == "-" else jpeg_size(content)] += 1
        written += len(content)
    sums = {file: crc32(file.read_bytes()) for file in set(task.files())}
    expected = Counter(sums[file] if size == "-" else size for file in task.files())
    assert found == expected, f"{found} instead of {expected}"
    return written


def _counted(done: int | None, task: Task, size: str) -> int:
    """How many bytes a limit wrote, if it did all pictures, and left out nothing of files that stay as they are."""
    files = task.files()
    assert done == len(files), f"{done} pictures instead of {len(files)}"
    written = sum(path.stat().st_size for path in task.out.iterdir())
    asked = sum(path.stat().st_size for path in files) if size == "-" else 0
    assert written == asked, f"{written} bytes instead of {asked}"
    return written


def jpeg_size(content: bytes) -> str:
    """Such as 341x256."""
    at = 2
    while content[at + 1] not in (0xC0, 0xC1, 0xC2):  # the frame's header, which has the size
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    height, width = (int.from_bytes(content[at + skip : at + skip + 2], "big") for skip in (5, 7))
    return f"{width}x{height}"


if __name__ == "__main__":
    main(*sys.argv[1:])
