"""Which detection labels are consistent; the layout is MXNet's (header A B, then objects of B numbers)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.lists import Entry, MalformedLine, check_detection
from gpu_im2rec.lists.detection import boxes as boxes_of

BOX = (0.1, 0.2, 0.3, 0.4)


def verdicts(*rows):
    """The message for each row of labels, "" for a good one."""
    lines = [
        Entry(number, tuple(map(float, labels)), f"{number}.jpg", number + 1) for number, labels in enumerate(rows)
    ]
    checked = list(check_detection(lines))
    assert [line.line for line in checked] == [line.line for line in lines]
    return ["" if isinstance(line, Entry) else line.message for line in checked]


@pytest.mark.parametrize(
    "labels",
    [
        (2, 5, 0, *BOX),
        (2, 5, 0, *BOX, 19, *BOX),
        (4, 5, 500, 375, 1, *BOX),  # width and height in the header, as GluonCV and SageMaker's scripts write them
        (2, 6, 0, *BOX, 1, 3, *BOX, 0),  # and whether an object is difficult
        (2, 5, 0, 0, 0, 1, 1),
        (2, 5, 0, 0, 0, 1.0005, 1),
    ],
)
def test_consistent_labels(labels):
    assert verdicts(labels) == [""]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ((3,), "no header"),
        ((1, 5, 0, *BOX), "1 5 are no widths"),
        ((2, 4, 0, 0.1, 0.1, 0.2), "2 4 are no widths"),
        ((2.5, 5, 0, *BOX), "2.5 5 are no widths"),
        ((float("nan"), 5, 0, *BOX), "nan 5 are no widths"),
        ((2, float("inf"), 0, *BOX), "2 inf are no widths"),
        ((2, 5), "0 numbers behind a header of 2 are no objects of 5"),
        ((4, 5, 1), "-1 numbers behind a header of 4"),
        ((2, 5, 0, *BOX, 1), "6 numbers behind a header of 2 are no objects of 5"),
        ((2, 6, 0, *BOX), "5 numbers"),
        ((2, 5, -1, *BOX), "object 1: class -1"),
        ((2, 5, 0.5, *BOX), "object 1: class 0.5"),
        ((2, 5, 0, *BOX, 0, 10, 20, 110, 220), "object 2: box 10 20 110 220 leaves 0 … 1; divide pixels"),
        ((2, 5, 0, float("nan"), 0.2, 0.3, 0.4), "leaves 0 … 1"),
        ((2, 5, 0, 0.3, 0.2, 0.3, 0.4), "is empty"),
        ((2, 5, 0, 0.1, 0.4, 0.3, 0.2), "is empty"),
    ],
)
def test_what_is_wrong_is_said(labels, words):
    [message] = verdicts(labels)
    assert message.startswith("labels: ")
    assert words in message


def test_all_lines_must_have_the_widths_of_the_first_good_one():
    six = (2, 6, 0, *BOX, 0)
    assert verdicts((9,), (2, 5, 0, *BOX), six, (2, 5, 1, *BOX))[1:] == [
        "",
        "labels: widths 2 6, and 2 5 above; all lines must have the same",
        "",
    ]


def test_malformed_lines_pass_in_their_place():
    bad = MalformedLine(1, "'x'", "no")
    entry = Entry(0, (2.0, 5.0, 0.0, *BOX), "a.jpg", 2)
    assert list(check_detection([bad, entry])) == [bad, entry]


boxes = st.tuples(st.integers(0, 90), st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0.5, 1), st.floats(0.5, 1))


@given(
    header=st.integers(2, 6),
    extra=st.integers(0, 3),
    objects=st.lists(boxes, min_size=1, max_size=5),
    cut=st.integers(1, 4),
)
def test_any_layout_that_keeps_its_word(header, extra, objects, cut):
    labels = [header, 5 + extra, *[0.5] * (header - 2)]
    for one in objects:
        labels += [*one, *[0.5] * extra]
    assert verdicts(labels) == [""]
    assert verdicts(labels[:-cut]) != [""]
    assert boxes_of(labels) == objects
    assert boxes_of(labels[:-cut]) == []


def test_boxes_of_a_record_as_it_is_read():
    labels = np.array([4, 6, 500, 375, 19, 0.25, 0.5, 0.75, 1, 1, 2, 0, 0, 0.5, 0.5, 0], np.float32)
    first, second = boxes_of(labels)
    assert first == (19, 0.25, 0.5, 0.75, 1)
    assert (second.class_id, second.xmin, second.ymin, second.xmax, second.ymax) == (2, 0, 0, 0.5, 0.5)
    for other in ([3.0], [], [float("nan")] * 7, [2, 5, 1, 10, 20, 110, 220], [1e30, 5, 0, *BOX]):
        assert boxes_of(other) == []
