"""Beside the iterator of MXNet 1.9.1: the same pixels, labels, order and parts; and where not, on purpose."""

from __future__ import annotations

import io
import json
import re
import subprocess
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from gpu_im2rec import Batch, ImageRecordIter, RecordReader
from gpu_im2rec.errors import ListError, RecordError
from gpu_im2rec.transcode.geometry import resized_shorter_edge
from tests.im2rec.test_real_tools import MXNET, needs_mxnet
from tests.loading.parity import (
    BY_BYTES,
    BY_INDEX,
    COUNT,
    LISTED,
    OPTIONS,
    PARTS,
    PIXELS,
    RESIZES,
    SHAPES,
    SIZES,
    write_files,
)

pytestmark = needs_mxnet

DOCS = Path(__file__).parents[2].joinpath("docs", "loading.md").read_text(encoding="utf-8")
LIKENESS = re.findall(r"^\| (\d+x\d+) to (\d+) \| ([\d.]+ \| [\d.]+ \| [\d.]+) \|$", DOCS, re.MULTILINE)


@pytest.fixture(scope="module")
def material(tmp_path_factory, photo, photo_files) -> Path:
    folder = tmp_path_factory.mktemp("parity")
    write_files(folder, photo, photo_files)
    return folder


@pytest.fixture(scope="module")
def theirs(material):
    """MXNet's batches by the name of the options, or its error. One process for all: mxnet takes seconds to start."""
    lines = []
    for name, options in OPTIONS.items():
        paths = options["path_imgrec"]
        theirs = options | {"path_imgrec": paths if isinstance(paths, str) else ";".join(paths)}
        lines.append(json.dumps({"name": name, "epochs": 2 if name == "two epochs" else 1, "options": theirs}) + "\n")
    real = [MXNET, Path(__file__).with_name("real_image_record_iter.py")]
    subprocess.run(real, input="".join(lines), cwd=material, capture_output=True, text=True, check=True)

    def theirs(name: str) -> list[SimpleNamespace] | str:
        if (material / f"{name}.error").exists():
            return (material / f"{name}.error").read_text()
        arrays = dict(np.load(material / f"{name}.npz"))
        count = len(arrays["pad"])
        return [SimpleNamespace(**{kind: array[number] for kind, array in arrays.items()}) for number in range(count)]

    return theirs


@pytest.fixture
def ours(material, monkeypatch):
    monkeypatch.chdir(material)

    def batches(name: str, **more) -> list[Batch]:
        with ImageRecordIter(**OPTIONS[name], **more, device="cpu") as batches:
            return list(batches)

    return batches


def numbers(batches, *, pads: bool = False) -> list[int]:
    """The records' own labels, without the rows that fill a batch."""
    labels = [batch.label[: None if pads else len(batch.label) - batch.pad] for batch in batches]
    return np.concatenate(labels).astype(int).tolist()


def psnr(left: np.ndarray, right: np.ndarray) -> float:
    with np.errstate(divide="ignore"):  # of equal ones it is infinite
        return 10 * np.log10(255**2 / np.square(left.astype(float) - right).mean())


@pytest.mark.parametrize("kind", [*PIXELS, "alpha", "alpha normalised"])
def test_without_a_resize_the_numbers_are_mxnet_s_to_the_last_bit(theirs, ours, kind):
    """JPEG of all kinds, PNG of 1, 8 and 16 bits, with palette, with alpha; EXIF is applied by both."""
    (mine,), (its,) = ours(kind), theirs(kind)
    assert mine.data.dtype == its.data.dtype
    assert mine.data.shape == its.data.shape
    different = [row for row in range(len(mine.data)) if not np.array_equal(mine.data[row], its.data[row])]
    assert different == []
    assert len(np.unique(mine.data)) > 100


def test_nhwc_is_nchw_with_its_axes_moved(theirs, ours):
    (mine,), (its,) = ours("normalised", layout="NHWC"), theirs("normalised")
    assert np.array_equal(mine.data.transpose(0, 3, 1, 2), its.data)


def test_16_bit_with_alpha_is_garbage_in_mxnet(theirs, ours, material):
    (mine,), (its,) = ours("deep alpha"), theirs("deep alpha")
    content = read_records(material / "deep.rec")[0]
    rgba = cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), -1), cv2.COLOR_BGRA2RGBA) >> 8
    assert np.array_equal(mine.data[0], rgba[50:150, 90:210].transpose(2, 0, 1))
    assert psnr(mine.data, its.data) < 10


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("resize", RESIZES)
def test_what_is_seen_is_what_mxnet_sees_within_a_quarter_of_a_pixel(theirs, ours, shape, resize):
    """Sizes after the resize, what small pictures grow to, where the crop lies: in each quarter of each picture."""
    (mine,), (its,) = ours(f"{shape} {resize}"), theirs(f"{shape} {resize}")
    for size, one, other in zip(SIZES, mine.data, its.data, strict=True):
        for corner, still in quarters(other).items():
            shift = displacement(quarters(one)[corner], still)
            assert np.abs(shift).max() < 0.25, (size, corner, shift)
        assert psnr(one, other) > 38


def quarters(picture: np.ndarray) -> dict[str, np.ndarray]:
    """Those of a picture (C, H, W)."""
    down, across = picture.shape[1] // 2, picture.shape[2] // 2
    rows, columns = (
        {"top": slice(down), "bottom": slice(down, None)},
        {"left": slice(across), "right": slice(across, None)},
    )
    return {f"{row} {column}": picture[:, rows[row], columns[column]] for row in rows for column in columns}


def displacement(moved: np.ndarray, still: np.ndarray) -> np.ndarray:
    """By how many pixels, down and across, ``moved`` lies off ``still``: least squares, as optical flow has it."""
    slopes = np.gradient(still, axis=(1, 2))
    return np.linalg.lstsq(np.stack([slope.ravel() for slope in slopes], 1), (moved - still).ravel())[0]


@pytest.mark.parametrize(("size", "resize", "figures"), LIKENESS)
def test_a_resize_is_as_like_mxnet_s_and_as_good_as_the_docs_say(theirs, ours, material, size, resize, figures):
    """Medians in dB, of the photographs of this size: ours to MXNet's, and either to Pillow's Lanczos."""
    (mine,), (its,) = ours(f"{size} to {resize}"), theirs(f"{size} to {resize}")
    best = [lanczos(content, int(resize)) for content in read_records(material / f"{size}.rec")]
    pairs = (mine.data, its.data), (mine.data, best), (its.data, best)
    found = [np.median(list(map(psnr, one, other))) for one, other in pairs]
    assert found == pytest.approx([float(figure) for figure in figures.split(" | ")], abs=0.3)


def read_records(path: Path) -> list[bytes]:
    with RecordReader(path) as records:
        return [bytes(record.content) for record in records]


def lanczos(content: bytes, resize: int) -> np.ndarray:
    image = Image.open(io.BytesIO(content))
    image = image.resize(resized_shorter_edge(image.size, resize), Image.Resampling.LANCZOS)
    crop = resize * 7 // 8
    left, top = (image.width - crop) // 2, (image.height - crop) // 2
    return np.asarray(image.crop((left, top, left + crop, top + crop))).transpose(2, 0, 1)


def test_crops_and_mirrors_by_lot_reach_what_mxnet_s_reach(theirs, ours):
    """An 8x8 crop of 11x9: its first row tells where it lies and whether it was swapped."""
    seen = [{tuple(row[0, 0].tolist()) for row in batches[0].data} for batches in (ours("lots"), theirs("lots"))]
    ways = [[16 * top + left + step for step in range(8)] for top in range(2) for left in range(4)]
    assert seen[0] == seen[1] == {tuple(way[::turn]) for way in ways for turn in (1, -1)}


@pytest.mark.parametrize("kind", [*LISTED, "packed", "packed, and a list"])
def test_labels(theirs, ours, kind):
    for mine, its in zip(ours(kind), theirs(kind), strict=True):
        assert mine.label.dtype == its.label.dtype
        assert mine.label.shape == its.label.shape
        assert np.array_equal(mine.label, its.label)


def test_of_ids_that_the_list_has_twice_the_last_line_counts(theirs, ours):
    assert ours("ids twice")[0].label[[2, 3, 5]].tolist() == [102, 999, -1]


def test_a_list_with_more_labels_or_without_paths_is_refused_and_mxnet_takes_what_it_needs(theirs, ours):
    assert numbers(theirs("first of three")) == list(range(COUNT))
    with pytest.raises(ListError, match=r"three\.lst:1: another number.*label_width"):
        ours("first of three")
    assert numbers(theirs("no path")) == list(range(100, 100 + COUNT))
    with pytest.raises(ListError, match=r"nopath\.lst:1"):
        ours("no path")


@pytest.mark.parametrize(
    ("name", "its", "mine"),
    [
        ("an id too few", "fail to find imagelabel for id 30", r"offset \d+: id 30 is not in short\.lst"),
        ("three for one", "3-dimensional label but label_width is set to 1", "say label_width=3"),
        ("one for two", "label_width must be 1 unless", "give path_imglist"),
        ("junk", "OpenCV", "not an image"),
        ("empty", "OpenCV", "empty"),
    ],
)
def test_what_neither_reads(theirs, ours, name, its, mine):
    assert its in theirs(name)
    with pytest.raises(RecordError, match=mine):
        ours(name)


def test_a_cut_jpeg_is_an_error_and_in_mxnet_a_picture(theirs, ours):
    assert len(theirs("cut")) == 1
    with pytest.raises(RecordError, match="truncated"):
        ours("cut")


IN_ORDER = ["in order", "in order, indexed", "index from the end", "index lists twice", "large batch"]


@pytest.mark.parametrize("name", [*IN_ORDER, "several files", "several files, indexed"])
def test_the_same_records_in_the_same_order_with_the_same_filling(theirs, ours, name):
    mine, its = ours(name), theirs(name)
    assert numbers(mine) == list(range(COUNT))
    for one, other in zip(mine, its, strict=True):
        assert np.array_equal(one.data, other.data)
        assert np.array_equal(one.label, other.label)
        assert one.pad == other.pad
    assert its[-1].pad > 0


def test_the_ids_are_in_the_index_and_mxnet_s_is_empty(theirs, ours):
    assert ours("in order")[1].index.tolist() == list(range(8, 16))
    assert not any(batch.index.any() for batch in theirs("in order"))


def test_an_index_that_lists_some_records_hides_the_others_and_not_in_mxnet(theirs, ours):
    assert numbers(theirs("index lists some")) == list(range(COUNT))
    assert numbers(ours("index lists some")) == [*range(5), *range(9, COUNT)]


@pytest.mark.parametrize("name", ["unfilled", "unfilled, indexed"])
def test_an_unfilled_batch_is_short_and_mxnet_s_holds_leftovers(theirs, ours, name):
    mine, its = ours(name), theirs(name)
    assert numbers(mine) == list(range(COUNT))
    assert [*numbers(its[:-1]), *its[-1].label[: COUNT % 8]] == list(range(COUNT))
    assert (len(mine[-1].label), len(its[-1].label)) == (COUNT % 8, 8)
    assert [batch.pad for batch in its] == [0] * 8


def test_a_batch_of_more_than_twice_the_records(theirs, ours):
    assert "number of input images must be bigger" in theirs("too large a batch")
    (batch,) = ours("too large a batch")
    assert numbers([batch], pads=True) == [*range(COUNT), *range(COUNT), 0]
    assert batch.pad == COUNT + 1


def test_each_epoch_has_all_records_and_mxnet_s_second_leaves_out_what_filled_the_first(theirs, ours):
    its = theirs("two epochs")
    assert numbers(its[8:], pads=True)[: COUNT - 3] == list(range(3, COUNT))
    assert numbers(ours("two epochs")) == list(range(COUNT))


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("files", BY_BYTES)
def test_parts_without_an_index_are_mxnet_s(theirs, ours, files, parts):
    names = [f"bytes of {files}, part {part} of {parts}" for part in range(parts)]
    mine, its = ([numbers(source(name)) for name in names] for source in (ours, theirs))
    assert mine == its
    assert list(chain.from_iterable(mine)) == list(range(COUNT))


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("files", BY_INDEX)
def test_parts_of_an_index_differ_by_one_at_most_and_mxnet_s_last_is_what_is_left(theirs, ours, files, parts):
    names = [f"index of {files}, part {part} of {parts}" for part in range(parts)]
    mine, its = ([numbers(source(name)) for name in names] for source in (ours, theirs))
    for parts_of in (mine, its):
        assert list(chain.from_iterable(parts_of)) == list(range(COUNT))
    step = -(-COUNT // parts)
    assert [len(part) for part in its[:-1]] == [step] * (parts - 1)
    assert {len(part) for part in mine} <= {step - 1, step}
    assert max(abs(one[0] - other[0]) for one, other in zip(mine, its, strict=True)) < parts


def test_every_parameter_of_mxnet_s_is_in_the_docs(theirs, material):
    said = (material / "parameters").read_text().partition("Parameters\n")[2].partition("Returns\n")[0]
    names = re.findall(r"^(\w+) : ", said, re.MULTILINE)
    assert [name for name in names if f"`{name}" not in DOCS] == []
    assert len(names) > 60
