"""Batches for training on the device: our iterator, and DALI's own reader with the same steps, on the same records."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from gpu_im2rec import PackOptions, TranscodeSpec, devices, pack
from gpu_im2rec.loading import ImageRecordIter

EDGE, SHORTER_EDGE = 224, 256  # pixels
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
_WARM_UP = 4  # batches


def records(list_file: Path, root: Path, out: Path) -> Path:
    """The list's files as they are, in records."""
    pack(list_file, root, out, PackOptions(transcode=TranscodeSpec(pass_through=True)))
    return out


def our_iterator(rec: Path, batch_size: int, device: str) -> dict[str, object]:
    """`ImageRecordIter`, with random crops and mirrors."""
    with ImageRecordIter(
        path_imgrec=rec,
        data_shape=(3, EDGE, EDGE),
        batch_size=batch_size,
        resize=SHORTER_EDGE,
        rand_crop=True,
        rand_mirror=True,
        mean_r=MEAN[0],
        mean_g=MEAN[1],
        mean_b=MEAN[2],
        std_r=STD[0],
        std_g=STD[1],
        std_b=STD[2],
        device=device,
    ) as batches:
        return _rate((len(batch.data) for batch in batches), len(batches))


def dalis_reader(rec: Path, batch_size: int, device_id: int | None) -> dict[str, object]:
    """`fn.readers.mxnet` and the same steps in one pipeline; its reader is one thread, its batches stay where it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nvidia.dali import fn, pipeline_def, types

    @pipeline_def(
        batch_size=batch_size, num_threads=devices.default_decode_threads(), device_id=device_id, prefetch_queue_depth=3
    )
    def pipeline() -> tuple[object, ...]:
        files, labels = fn.readers.mxnet(path=[str(rec)], index_path=[str(rec.with_suffix(".idx"))], name="reader")
        pixels = fn.decoders.image(files, device="cpu" if device_id is None else "mixed", output_type=types.RGB)
        pixels = fn.resize(pixels, resize_shorter=SHORTER_EDGE, interp_type=types.INTERP_LINEAR, antialias=True)
        seen = fn.crop_mirror_normalize(
            pixels,
            crop=(EDGE, EDGE),
            crop_pos_x=fn.random.uniform(range=(0.0, 1.0)),
            crop_pos_y=fn.random.uniform(range=(0.0, 1.0)),
            mirror=fn.random.coin_flip(),
            mean=list(MEAN),
            std=list(STD),
            dtype=types.FLOAT,
            output_layout="CHW",
        )
        return seen, labels

    reader = pipeline()
    reader.build()
    count = -(-reader.epoch_size("reader") // batch_size)
    return _rate((len(reader.run()[0]) for _ in range(count)), count)


def _rate(sizes: Iterator[int], count: int) -> dict[str, object]:
    """Of all batches but the first ones, of which some were under way before the first was asked for."""
    for _ in islice(sizes, min(_WARM_UP, count - 1)):
        pass
    started = time.perf_counter()
    images = sum(sizes)
    return {"images": images, "seconds": time.perf_counter() - started}
