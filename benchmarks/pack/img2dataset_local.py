"""img2dataset, which fetches pictures from URLs and writes webdataset's tar files, here on local files."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # or one of its packages asks the network whether there is a newer one

from img2dataset import download

from benchmarks.pack.tars import pictures
from benchmarks.pack.task import EDGE, QUALITY, Task

__all__ = ["pass_through", "pictures", "resize", "seconds"]

_SHARDS = 4  # of each process; with its sixth it would begin anew
_THREADS = 8  # of each process, that read


def resize(task: Task) -> None:
    """By OpenCV's area filter, as it is by default."""
    _download(task, resize_mode="keep_ratio", image_size=EDGE, encode_quality=QUALITY)


def pass_through(task: Task) -> None:
    """The files' own bytes."""
    _download(task, disable_all_reencoding=True)


def seconds(out: Path) -> float:
    """From the beginning of the first shard to the end of the last, of which it makes the rate that it reports.

    Its processes take seconds to start, now more and now less: a difference of two runs would tell little.
    """
    shards = [json.loads(path.read_text()) for path in out.glob("*_stats.json")]
    return float(max(shard["end_time"] for shard in shards) - min(shard["start_time"] for shard in shards))


def _download(task: Task, **options: object) -> None:
    entries = [*task.entries()]
    urls = task.out.with_suffix(".csv")
    urls.write_text("url,label\n" + "".join(f"{file.as_uri()},{label:g}\n" for _, label, file in entries))
    download(
        url_list=str(urls),
        input_format="csv",
        caption_col="label",
        output_folder=str(task.out),
        output_format="webdataset",
        processes_count=task.workers,
        thread_count=_THREADS,
        number_sample_per_shard=math.ceil(len(entries) / (_SHARDS * task.workers)),
        extract_exif=False,
        compute_hash=None,
        **options,
    )
