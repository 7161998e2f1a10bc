"""The program as a job's script finds it, and the records that must come of the job."""

from __future__ import annotations

import sys
from pathlib import Path

from gpu_im2rec import PackOptions, TranscodeSpec, pack

HERE = Path(__file__).parents[2]

# It notes every 50 ms how far it is, so that the tests need not wait.
PROGRAM = f"""\
#!{sys.executable}
import sys
sys.path.insert(0, {str(HERE)!r})
from gpu_im2rec.packing import unfinished
Saver = unfinished.Saver
unfinished.Saver = lambda journal, files, seconds: Saver(journal, files, 0.05)
from gpu_im2rec.cli import main
main()
"""


def records(folder: Path) -> bytes:
    """Those of all shards of ``out.rec``, in order; a shard that is not there counts as none."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("out-?????-of-?????.rec")))


def whole(folder) -> bytes:
    """The records of a plain run with ``--resize 48``."""
    plain = folder.list.parent / "plain.rec"
    return pack(folder.list, folder.root, plain, PackOptions(transcode=TranscodeSpec(resize=48))).rec.read_bytes()
