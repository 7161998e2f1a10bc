"""One measurement in a fresh process: `python -m benchmarks.stages.one CONTENDER FOLDER PICTURES` prints it as JSON.

On one core: what a stage gives by more threads is not asked here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded, as the command line does

from benchmarks.measuring import measured, scratch
from benchmarks.stages import limits, ours
from benchmarks.stages.inputs import Inputs

_LIMITED: dict[str, tuple[Callable[[Inputs], ours.Work], str, Callable[[Inputs], ours.Work]]] = {
    "list": (ours.listing, "lines split", limits.splitting),
    "read": (ours.reading, "open, read, close", limits.open_read_close),
    "decode": (ours.decoding, "libjpeg-turbo decoding", limits.turbojpeg_decoding),
    "resize": (ours.resizing, "the pixels copied", limits.copying_pixels),
    "encode": (ours.encoding, "libjpeg-turbo encoding", limits.turbojpeg_encoding),
    "frame": (ours.framing, "the records copied", limits.copying_records),
    "write, not synced": (ours.handing_over, "one large write", limits.one_large_write),
    "write, synced": (ours.writing, "one large write, synced", limits.one_large_write_synced),
}
LIMITS = {stage: limit for stage, (_, limit, _) in _LIMITED.items()}  # by the stage
CONTENDERS = {stage: work for stage, (work, _, _) in _LIMITED.items()}
CONTENDERS |= {limit: work for _, limit, work in _LIMITED.values()}


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with scratch() as folder:
        work = CONTENDERS[sys.argv[1]](Inputs(Path(sys.argv[2]), Path(folder), int(sys.argv[3])))
        print(json.dumps(measured(work)))
