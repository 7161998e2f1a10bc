"""Lines of a list say their labels to the last bit, and no longer than need be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.lists import list_line
from gpu_im2rec.lists.parsing import parse_line
from gpu_im2rec.recordio import pack_header, unpack_header

labels = st.integers(0, 2**32 - 1).map(lambda bits: np.array(bits, np.uint32).view(np.float32)[()])


def line(*values):
    return list_line(7, np.array(values, np.float32), "3/7.jpg").decode()


@given(st.lists(labels, min_size=1, max_size=5))
def test_labels_come_back_bit_for_bit(values):
    array = np.array(values, np.float32)
    entry = parse_line(list_line(2**64 - 1, array, "3/7.jpg").decode().removesuffix("\n"), 1)
    assert (entry.index, entry.path) == (2**64 - 1, "3/7.jpg")
    stored = unpack_header(pack_header(0, entry.labels, packed=True))[0].labels
    nan = np.isnan(array)
    assert stored[~nan].tobytes() == array[~nan].tobytes()
    assert np.isnan(stored[nan]).all()
    assert (np.signbit(stored) == np.signbit(array)).all()


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (3, "3"),
        (0.1, "0.1"),
        (-0.0, "-0"),
        (1e16, "1e+16"),
        (2**24, "16777216"),
        (1 / 3, "0.33333334"),
        (1e-45, "1e-45"),
        (3.4028235e38, "3.4028235e+38"),
        (np.nan, "nan"),
        (-np.nan, "-nan"),
        (-np.inf, "-inf"),
    ],
)
def test_the_shortest_form(label, text):
    assert line(label) == f"7\t{text}\t3/7.jpg\n"


def test_a_decimal_that_float64_would_spoil():
    """Its nearest float64 lies in the middle between two float32, and rounds to the other one."""
    label = np.nextafter(np.float32(float("7.038531e-26")), np.float32(0))
    assert str(label) == "7.038531e-26"
    assert np.float32(float("7.038531e-26")) != label
    text = line(label).split("\t")[1]
    assert np.float32(float(text)) == label
