"""The limit: libjpeg-turbo alone decodes at the scale that this project decodes at, and encodes, in threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from benchmarks import turbojpeg_limit
from benchmarks.pack.task import EDGE, QUALITY, Task
from gpu_im2rec import TranscodeSpec
from gpu_im2rec.transcode.geometry import decode_divisor, plan

_ENCODED = 8  # different pictures, the same however short the list is


def transcode(task: Task) -> int:
    """With the resize for free; each file is read once, and nothing is written. How many were decoded and encoded."""
    files = task.files()
    todo = plan(Image.open(files[0]).size, TranscodeSpec(resize=EDGE))

    contents = {path: path.read_bytes() for path in set(files)}
    of_all = sorted(task.root.iterdir())
    some = [path.read_bytes() for path in of_all[:: -(-len(of_all) // _ENCODED)]]

    def work(number: int) -> int:
        share = [contents[path] for path in files[number :: task.workers]]
        decoded = turbojpeg_limit.decoding(share, divisor=decode_divisor(todo))()
        encoded = turbojpeg_limit.encoding(some, target=todo.size, count=len(share), quality=QUALITY)()
        return min(decoded, encoded)

    with ThreadPoolExecutor(task.workers) as pool:
        return sum(pool.map(work, range(task.workers)))
