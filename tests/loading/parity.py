"""What is asked of both iterators, MXNet's and ours, and the files for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from gpu_im2rec.recordio import RecordWriter, pack_header, read_index
from tests.conftest import encoded
from tests.cpu.test_im2rec_parity import sample_files

Labels = Callable[[int], Sequence[float]]

COUNT = 61  # records of the files for order and parts
SHARDS = ((0, 17), (17, 18), (18, 40), (40, COUNT))
KINDS = 25
SIZES = [(50, 40), (40, 50), (120, 40), (30, 100), (100, 64), (64, 100), (99, 63), (101, 63), (333, 17), (17, 333)]
PHOTOS = {"500x375": 12, "1000x872": 1, "1411x1411": 1}
NORMS = {"mean_r": 123.68, "mean_g": 116.779, "mean_b": 103.939, "std_r": 58.393, "std_g": 57.12, "std_b": 57.375}
SHAPE = (3, 100, 120)

PIXELS = {  # of pictures of all kinds that MXNet can read
    "float32": {},
    "normalised": NORMS | {"scale": 0.7},
    "uint8": {"dtype": "uint8"},
    "int8": {"dtype": "int8"},
    "int8 with a mean": {"dtype": "int8", "mean_r": 122.5, "mean_g": -2.5, "mean_b": 100.2},
    "grey": {"data_shape": (1, 100, 120)},
    "grey normalised": {"data_shape": (1, 100, 120), "mean_r": 110.5, "std_r": 3, "scale": 0.01},
    "an odd remainder": {"data_shape": (3, 101, 121)},
}
SHAPES = [(3, 64, 100), (3, 64, 64), (3, 77, 31)]
RESIZES = [-1, 40, 80, 200]
LISTED = {
    "one label": ("one.lst", 1),
    "several labels": ("three.lst", 3),
    "blanks and TABs": ("blanks.lst", 3),
    "blank lines": ("gaps.lst", 1),
    "ids twice": ("twice.lst", 1),
}
RECORDS = {"path_imgrec": "train.rec", "data_shape": (1, 16, 16), "batch_size": 8}
INDEXED = RECORDS | {"path_imgidx": "train.idx"}
SHARDED = RECORDS | {"path_imgrec": [f"shard-{number}.rec" for number in range(len(SHARDS))]}
BARE = [f"bare-{number}.rec" for number in range(len(SHARDS))]
PARTS = [3, 7]
BY_BYTES = {"one file": "bare.rec", "several files": BARE}
BY_INDEX = {"one file": INDEXED, "several files": SHARDED | {"path_imgidx": "all.idx"}}

OPTIONS = {
    **{
        kind: {"path_imgrec": "kinds.rec", "batch_size": KINDS, "data_shape": SHAPE} | more
        for kind, more in PIXELS.items()
    },
    **{
        f"alpha{kind}": {"path_imgrec": "alpha.rec", "batch_size": 3, "data_shape": (4, 100, 120)} | more
        for kind, more in (("", {}), (" normalised", NORMS | {"mean_a": 7.1, "std_a": 3, "scale": 0.01}))
    },
    "deep alpha": {"path_imgrec": "deep.rec", "batch_size": 1, "data_shape": (4, 100, 120)},
    **{
        f"{shape} {resize}": {"path_imgrec": "smooth.rec", "data_shape": shape, "resize": resize, "batch_size": 10}
        for shape in SHAPES
        for resize in RESIZES
    },
    **{
        f"{size} to {resize}": {
            "path_imgrec": f"{size}.rec",
            "batch_size": PHOTOS[size],
            "data_shape": (3, resize * 7 // 8, resize * 7 // 8),
            "resize": resize,
        }
        for size in PHOTOS
        for resize in (256, 192, 128, 64)
    },
    "lots": {
        "path_imgrec": "chess.rec",
        "data_shape": (1, 8, 8),
        "batch_size": 400,
        "rand_crop": True,
        "rand_mirror": True,
        "dtype": "uint8",
    },
    **{
        kind: RECORDS | {"path_imglist": path, "label_width": width, "batch_size": COUNT}
        for kind, (path, width) in LISTED.items()
    },
    "packed": RECORDS | {"path_imgrec": "packed.rec", "label_width": 3},
    "packed, and a list": RECORDS | {"path_imgrec": "packed.rec", "label_width": 3, "path_imglist": "three.lst"},
    "first of three": RECORDS | {"path_imglist": "three.lst"},
    "no path": RECORDS | {"path_imglist": "nopath.lst"},
    "an id too few": RECORDS | {"path_imglist": "short.lst"},
    "three for one": RECORDS | {"path_imgrec": "packed.rec"},
    "one for two": RECORDS | {"label_width": 2},
    "in order": RECORDS,
    "in order, indexed": INDEXED,
    "index from the end": RECORDS | {"path_imgidx": "reversed.idx"},
    "index lists twice": RECORDS | {"path_imgidx": "twice.idx"},
    "index lists some": RECORDS | {"path_imgidx": "some.idx"},
    "unfilled": RECORDS | {"round_batch": False},
    "unfilled, indexed": INDEXED | {"round_batch": False},
    "large batch": RECORDS | {"batch_size": COUNT + 20},
    "too large a batch": RECORDS | {"batch_size": 2 * COUNT + 1},
    "two epochs": INDEXED,
    "several files": SHARDED,
    "several files, indexed": BY_INDEX["several files"],
    **{
        f"bytes of {files}, part {part} of {parts}": RECORDS
        | {"path_imgrec": path, "num_parts": parts, "part_index": part, "batch_size": 1}
        for files, path in BY_BYTES.items()
        for parts in PARTS
        for part in range(parts)
    },
    **{
        f"index of {files}, part {part} of {parts}": options
        | {"num_parts": parts, "part_index": part, "batch_size": 1, "round_batch": False}
        for files, options in BY_INDEX.items()
        for parts in PARTS
        for part in range(parts)
    },
    **{name: {"path_imgrec": f"{name}.rec", "data_shape": SHAPE, "batch_size": 1} for name in ("cut", "junk", "empty")},
}


def write_files(folder: Path, photo: Image.Image, photo_files: list[Path]) -> None:
    """All the files that OPTIONS names."""
    write_pictures(folder, photo, photo_files)
    write_numbered(folder)
    write_lists(folder)


def write_pictures(folder: Path, photo: Image.Image, photo_files: list[Path]) -> None:
    write(folder / "kinds.rec", [*sample_files(photo).values(), encoded(photo, "bmp")])
    alpha = Image.fromarray(np.dstack([photo, np.asarray(photo.convert("L")) // 2 + 60]))
    kinds = [alpha, photo.convert("LA")]
    palette = encoded(photo.convert("P"), "png", transparency=3)
    write(folder / "alpha.rec", [*(encoded(image, "png") for image in kinds), palette])
    deep = cv2.imencode(".png", np.asarray(alpha).astype(np.uint16) * 251 + 7)[1].tobytes()
    write(folder / "deep.rec", [deep])
    write(folder / "smooth.rec", [encoded(smooth(*size), "png") for size in SIZES])
    photos = [Image.open(path).convert("RGB") for path in photo_files]
    for size, count in PHOTOS.items():
        some = [image for image in photos if f"{image.width}x{image.height}" == size]
        if size == "500x375":
            some = [four_to_three(image) for image in photos if image.width >= 500 and image.height >= 375]
        assert len(some) == count
        write(folder / f"{size}.rec", [encoded(image, "jpeg", quality=95) for image in some])
    chess = np.arange(9)[:, None] * 16 + np.arange(11)
    write(folder / "chess.rec", [encoded(Image.fromarray(chess.astype(np.uint8)), "png")] * 400)
    jpeg = encoded(photo, "jpeg")
    for name, content in (("cut", jpeg[: len(jpeg) // 2]), ("junk", b"no picture"), ("empty", b"")):
        write(folder / f"{name}.rec", [content])


def write_numbered(folder: Path) -> None:
    chance = np.random.default_rng(0)
    shapes = chance.integers(16, 40, (COUNT, 2))
    noise = [encoded(Image.fromarray(chance.integers(0, 256, shape, np.uint8)), "png") for shape in shapes]
    write(folder / "train.rec", noise)
    write(folder / "packed.rec", noise, labels=lambda number: [number, 0.5, -number])
    shutil.copy(folder / "train.rec", folder / "bare.rec")
    lines = (folder / "train.idx").read_text().splitlines(keepends=True)
    for name, some in (("reversed", lines[::-1]), ("twice", lines + lines[3:9]), ("some", lines[:5] + lines[9:])):
        (folder / f"{name}.idx").write_text("".join(some))
    start, joint = 0, ""
    for shard, bare, (first, end) in zip(SHARDED["path_imgrec"], BARE, SHARDS, strict=True):
        write(folder / shard, noise[first:end], first)
        shutil.copy(folder / shard, folder / bare)
        index = read_index((folder / shard).with_suffix(".idx"))
        offsets = (index.offsets + np.uint64(start)).tolist()
        joint += "".join(f"{key}\t{offset}\n" for key, offset in zip(index.keys, offsets, strict=True))
        start += (folder / shard).stat().st_size
    (folder / "all.idx").write_text(joint)


def write_lists(folder: Path) -> None:
    one = [f"{number}\t{number + 100}\ta {number}.jpg\n" for number in range(COUNT)]
    lists = {
        "one.lst": one[::-1],
        "three.lst": [f"{number}\t{number}\t7\t-{number}.5\ta b.jpg\n" for number in range(COUNT)],
        "blanks.lst": [f"{number} {number}\t \t1e2  -.5 a b.jpg\n" for number in range(COUNT)],
        "gaps.lst": [line + "\n\r\n" for line in one],
        "twice.lst": [*one, "3\t999\tx.jpg\n", "5\t-1\tx.jpg\n"],
        "short.lst": one[:30] + one[31:],
        "nopath.lst": [line.rpartition("\t")[0] + "\n" for line in one],
    }
    for name, lines in lists.items():
        (folder / name).write_text("".join(lines))


def smooth(width: int, height: int) -> Image.Image:
    """Hills, a few pixels wide at the least: a shift shows, a filter does not."""
    small = np.random.default_rng(width).integers(0, 256, (-(-height // 12) + 2, -(-width // 12) + 2, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def four_to_three(photo: Image.Image) -> Image.Image:
    unit = min(photo.width / 4, photo.height / 3)
    return photo.crop((0, 0, int(unit * 4), int(unit * 3))).resize((500, 375), Image.Resampling.LANCZOS)


def write(path: Path, contents: Sequence[bytes], first: int = 0, labels: Labels | None = None) -> None:
    """Records with the ids and labels ``first``, …, or with packed ``labels``."""
    with RecordWriter(path) as writer:
        for number, content in enumerate(contents, first):
            row = labels(number) if labels else [number]
            writer.append(number, pack_header(number, row, packed=labels is not None), content)
