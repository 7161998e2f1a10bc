"""The sum over shards, as they tell of themselves in any order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import TooManyFailuresError
from gpu_im2rec.lists import Span
from gpu_im2rec.packing import FailureLimit, Part, Progress
from gpu_im2rec.packing.stages import Stage, Stages
from gpu_im2rec.sharding.tally import Tally
from gpu_im2rec.sharding.task import ShardResult

LINES = 10  # a shard
PARTS = [Part(number, 3, cut=Span(0, 1, LINES * number + 1, LINES)) for number in range(3)]


def tally(seen=None, limit=None):
    return Tally(PARTS, limit or FailureLimit(), seen.append if seen is not None else None, 0.0)


def moment(lines, failed=0, stages=None):
    return Progress(lines, LINES, lines - failed, failed, 7 * lines, 5 * lines, 1.0, stages)


def result(number, failed=0):
    said = {"packed": LINES - failed, "failed": failed, "bytes_in": 7 * LINES, "bytes_out": 5 * LINES}
    sizes = {"sampled": 2, "sizes": [[4, 3, 2]]}
    report = {
        "result": said,
        "list_lines": [LINES * number + 1, LINES],
        "source_sizes": sizes,
        "pace": [[0, 0], [1, 9]],
    }
    return ShardResult(number, report)


@given(words=st.lists(st.tuples(st.integers(0, 2), st.integers(0, LINES)), max_size=20))
def test_each_shard_counts_once_as_it_was_last_told(words):
    seen = []
    whole = tally(seen)
    last = {}
    for number, lines in words:
        whole.tell(number, moment(lines))
        last[number] = lines
        assert (seen[-1].lines, seen[-1].bytes_in, seen[-1].bytes_out) == tuple(
            factor * sum(last.values()) for factor in (1, 7, 5)
        )
        assert seen[-1].shards == (0, len(last), 3)
    for number, count in zip(range(3), itertools.count(1)):
        whole.add(result(number))
        assert seen[-1].shards == (count, len(last.keys() - set(range(count))), 3)
    assert (seen[-1].lines, seen[-1].total) == (3 * LINES, 3 * LINES)
    assert (whole.sizes.sampled, whole.sizes.sizes) == (6, {(4, 3): 6})
    assert whole.pace()[-1][1] == 3 * LINES


def test_of_a_report_no_more_is_kept_than_is_needed():
    kept = tally().add(result(1)).report
    assert sorted(kept) == ["list_lines", "pace", "result"]
    assert kept["pace"] == [[1, 9]]


def test_the_limit_is_of_all_together():
    whole = tally(limit=FailureLimit(2))
    whole.tell(0, moment(5, failed=1))
    whole.add(result(0, failed=1))
    whole.tell(1, moment(5, failed=1))
    with pytest.raises(TooManyFailuresError, match="3 pictures failed, 2 may"):
        whole.tell(2, moment(5, failed=1))


def test_a_shard_that_has_too_many_alone_says_so_itself():
    whole = tally(limit=FailureLimit(2))
    whole.tell(0, moment(5, failed=3))
    with pytest.raises(TooManyFailuresError):
        whole.add(result(0, failed=3))


def test_stages_go_on_from_shard_to_shard_and_are_not_told_of_several_at_once():
    def stages(pictures):
        stage = Stage(2, 0.5 * pictures, pictures, 0.25 * pictures, 0.5)
        return Stages(float(pictures), 1.0, 0.0, 3, stage, stage, stage)

    seen = []
    whole = tally(seen)
    whole.tell(0, moment(4, stages=stages(4)))
    whole.tell(0, moment(10, stages=stages(10)))
    whole.add(result(0))
    whole.tell(1, moment(3, stages=stages(3)))
    assert [one.stages and one.stages.write.pictures for one in seen] == [4, 10, None, 13]
    assert (seen[-1].stages.seconds, seen[-1].stages.read.busy_seconds) == (13.0, 6.5)
    whole.tell(2, moment(3, stages=stages(3)))
    assert seen[-1].stages is None
