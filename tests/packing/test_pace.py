"""A curve of few points, and a sample of few sizes, however long the run."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.packing.pace import Pace
from gpu_im2rec.packing.source_sizes import SourceSizes
from gpu_im2rec.transcode import Source
from tests.conftest import encoded

steps = st.lists(st.tuples(st.floats(0.001, 40), st.integers(0, 1000)), max_size=3000)


@given(steps, st.integers(0, 10**9))
def test_points_are_few_and_in_order_and_the_ends_are_kept(steps, before):
    pace, seconds, lines = Pace(before), 0.0, before
    for more_seconds, more_lines in steps:
        seconds, lines = seconds + more_seconds, lines + more_lines
        pace.add(seconds, lines)
    points = pace.ended(seconds, lines)
    assert len(points) <= 256
    if steps:
        assert points[0] == (0.0, before)
    assert points[-1] == (seconds, lines)
    assert points == sorted(points)
    assert len({second for second, _ in points}) == len(points)


def test_a_long_run_is_told_evenly_and_to_its_end():
    pace = Pace()
    for number in range(1, 1_000_001):
        pace.add(number * 0.01, number)
    points = pace.ended(10_000, 1_000_000)
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(points[:-1])]
    assert 100 < len(points) <= 256
    assert (points[0], points[-1]) == ((0.0, 0), (10_000, 1_000_000))
    assert max(gaps) < 1.5 * min(gaps)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=300))
def test_the_sample_is_even_whatever_the_batches(batches):
    seen = []

    class Noted(bytes):
        __slots__ = ()

        def startswith(self, prefix):
            seen.append(int(self))
            return False

    pictures = sum(batches)
    sizes = SourceSizes(pictures * 10)
    number = 0
    for batch in batches:
        sizes.add([Source(0, Noted(str(number + place).encode())) for place in range(batch)])
        number += batch
    step = -(-pictures * 10 // 512)
    assert sorted(set(seen)) == list(range(0, pictures, step))
    assert sizes.sampled == len(set(seen))


def test_sizes_are_upright_and_unknown_ones_are_only_counted(photo):
    exif = photo.getexif()
    exif[0x0112] = 6
    pictures = [
        encoded(photo, "jpeg"), encoded(photo, "jpeg", exif=exif), encoded(photo, "png"), encoded(photo, "webp"), b"",
    ]  # fmt: skip
    sizes = SourceSizes(5)
    sizes.add([Source(number, content) for number, content in enumerate(pictures)])
    assert (sizes.sampled, sizes.sizes) == (4, Counter({(300, 200): 2, (200, 300): 1}))
    twice = sizes.joined([sizes])
    assert (twice.sampled, twice.sizes) == (8, Counter({(300, 200): 4, (200, 300): 2}))


def test_nothing_is_looked_at_where_it_is_not_known_how_many_will_come(jpeg):
    sizes = SourceSizes()
    sizes.add([Source(0, jpeg)])
    assert sizes.sampled == 0
