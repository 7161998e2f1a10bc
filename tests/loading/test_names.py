"""Names that never meet, and hold nothing but numbers."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.loading.names import folder_of, name_of, numbered
from gpu_im2rec.transcode.formats import format_of

STARTS = {
    b"\xff\xd8\xff": "7.jpg",
    b"\x89PNG\r\n\x1a\n": "7.png",
    b"GIF89a": "7.gif",
    b"BM": "7.bmp",
    b"II*\0": "7.tif",
    b"P6": "7.ppm",
    b"\xff\x4f\xff\x51": "7.jp2",
    b"RIFF....WEBP": "7.webp",
    b"....ftypavif": "7.avif",
    b"": "7.bin",
    b"../../etc/passwd": "7.bin",
}


def folder(*labels, number=0):
    return folder_of(np.array(labels, np.float32), number)


@pytest.mark.parametrize("start", STARTS)
def test_the_suffix_is_that_of_the_format(start):
    assert name_of(7, start + bytes(99)) == STARTS[start]
    assert name_of(2**64 - 1, start) == STARTS[start].replace("7", str(2**64 - 1))


@pytest.mark.parametrize(("label", "name"), [(0, "0"), (-0.0, "0"), (3, "3"), (2**24 - 1, "16777215")])
def test_a_class_has_its_folder(label, name):
    assert folder(label, number=99_999) == name


@pytest.mark.parametrize("labels", [(1, 2), (0.5,), (-1,), (np.nan,), (np.inf,), (-np.inf,), (2**24,), (3e38,)])
def test_all_else_goes_by_number(labels):
    assert folder(*labels, number=0) == folder(*labels, number=999) == "records-0-999"
    assert folder(*labels, number=1000) == "records-1000-1999"
    assert folder(*labels, number=12_345_678) == "records-12345000-12345999"


records = st.tuples(
    st.lists(st.sampled_from([0, 1, 11, 0.5, np.nan]), min_size=1, max_size=2),
    st.one_of(st.integers(0, 12), st.sampled_from([2**64 - 1])),
    st.sampled_from(list(STARTS)),
)


@given(st.lists(records, max_size=40), st.integers(0, 1100))
def test_no_two_names_are_the_same(rows, first):
    taken = set()
    for number, (labels, index, start) in enumerate(rows, first):
        place, name = folder(*labels, number=number), name_of(index, start)
        if (place, name) in taken:
            name = numbered(name, number)
        assert (place, name) not in taken
        taken.add((place, name))
        assert re.fullmatch(r"(\d+|records-\d+-\d+)/\d+(-\d+)?\.[a-z0-9]+", f"{place}/{name}")


def test_the_formats_with_a_suffix_are_all_there_are():
    from gpu_im2rec.loading import names
    from gpu_im2rec.transcode import formats

    known = {name for _, name in formats._SIGNATURES} | {format_of(b"RIFF....WEBP"), format_of(b"....ftypavif"), None}
    assert set(names._SUFFIXES) == known
