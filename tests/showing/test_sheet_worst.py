"""Which pictures look worst."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from gpu_im2rec.recordio import RecordWriter, pack_header
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.sheet.worst import measure, ranked, worst
from tests.conftest import encoded


@pytest.fixture(scope="module")
def mixed(photo_files, tmp_path_factory):
    """Photographs, the ones between them spoilt; and what was done to each."""
    photographs = []
    for path in photo_files:
        image = Image.open(path).convert("RGB")
        image.thumbnail((320, 320))
        photographs.append(image)
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    first = photographs[0]
    spoilt = {
        "black": encoded(Image.new("RGB", (300, 200)), "jpeg"),
        "one colour": encoded(Image.new("RGB", (300, 200), (200, 30, 40)), "jpeg"),
        "dark": encoded(first.point(lambda level: level // 20), "jpeg"),
        "fog": encoded(first.point(lambda level: 230 + level // 20), "jpeg"),
        "strip": encoded(first.resize((2000, 3)), "jpeg"),
        "tiny": encoded(first.resize((9, 9)), "jpeg"),
        "noise": encoded(Image.fromarray(noise), "png"),
        "blurred": encoded(photographs[3].filter(ImageFilter.GaussianBlur(7)), "jpeg"),
        "blurred, too": encoded(photographs[1].filter(ImageFilter.GaussianBlur(7)), "png"),
        "no picture": b"",
        "cut": encoded(first, "jpeg")[:3000],
    }
    whole = [("whole", encoded(image, "jpeg", quality=92)) for image in photographs]
    entries = [entry for pair in zip(whole, spoilt.items(), strict=False) for entry in pair] + whole[len(spoilt) :]
    rec = tmp_path_factory.mktemp("worst") / "mixed.rec"
    with RecordWriter(rec) as writer:
        for index, (_, content) in enumerate(entries):
            writer.append(index, pack_header(index, [0.0], packed=False), content)
    return rec, [name for name, _ in entries]


def test_what_is_spoilt_comes_first(mixed):
    rec, names = mixed
    steps = []
    found = worst(Catalog(rec), 11, steps.append)
    order = [names[number] for number in found.numbers]
    assert order[:2] == ["no picture", "cut"] and found.undecodable == 2
    assert set(order[2:4]) == {"black", "one colour"}
    assert set(order) == set(names) - {"whole"}
    reasons = {names[number]: reason for number, reason in found.reasons.items()}
    assert reasons["black"] == reasons["one colour"] == "nothing but one colour"
    assert reasons["dark"].endswith("of the usual contrast") and reasons["fog"].endswith("of the usual contrast")
    assert reasons["strip"].endswith("of the usual size") and reasons["tiny"].endswith("of the usual size")
    assert reasons["blurred"].endswith("% of the usual detail")
    assert " x the usual detail" in reasons["noise"]
    assert steps[-1] == (len(names), len(names), "records")


def test_fewer_than_there_are_bad_ones(mixed):
    rec, names = mixed
    found = worst(Catalog(rec), 1, lambda _: None)
    assert ([names[number] for number in found.numbers], found.reasons, found.undecodable) == (["no picture"], {}, 2)


def test_damage_costs_its_record_alone(mixed, tmp_path):
    rec, names = mixed
    data = bytearray(rec.read_bytes())
    data[int(Catalog(rec).offsets[4])] ^= 0xFF
    (tmp_path / "damaged.rec").write_bytes(data)
    (tmp_path / "damaged.idx").write_bytes(rec.with_suffix(".idx").read_bytes())
    found = worst(Catalog(tmp_path / "damaged.rec"), len(names), lambda _: None)
    assert 4 in found.numbers[:3] and found.undecodable == 3
    assert sorted(found.numbers) == list(range(len(names)))


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 2)])
def test_pictures_of_hardly_any_pixels(size):
    red = np.full((size[1], size[0], 3), (255, 0, 0), np.uint8)
    assert measure(red, size) == (0, 0, min(size))


def test_two_colours_of_one_brightness_are_two():
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20], pixels[20:] = (100, 0, 0), (0, 51, 0)
    contrast, roughness, _ = measure(pixels, (40, 40))
    assert contrast > 10 and 0 < roughness < 0.5


measures = st.tuples(st.floats(0, 130, width=32), st.floats(0.0078125, 2, width=32), st.integers(1, 5000))


@given(st.lists(measures | st.just((np.nan,) * 3), max_size=20), st.integers(0, 25))
@example([(0, 1, 1), (4, 1, 1), (1.1754943508222875e-38, 1, 1)], 1)
def test_ranks(rows, number):
    table = np.array(rows, np.float32).reshape(-1, 3)
    chosen, reasons = ranked(table, number)
    good = np.flatnonzero(~np.isnan(table[:, 0])).tolist()
    assert len(chosen) == len(set(chosen)) == min(number, len(good))
    assert set(chosen) <= set(good)
    assert set(reasons) == set(chosen) and all(reasons.values())
