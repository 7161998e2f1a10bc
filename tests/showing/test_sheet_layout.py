"""Where pictures stand on a sheet."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.showing.sheet.layout import EDGE, LINE, laid_out

of_classes = st.integers(1, 100).flatmap(
    lambda most: st.lists(st.integers(1, most), min_size=1, max_size=min(49, 1000 // most + 1))
)
of_all = st.integers(1, 1000).map(lambda count: [count])


@given(of_classes | of_all, st.booleans(), st.integers(1, 3))
def test_all_has_a_place_of_its_own_on_a_sheet_of_a_size_that_every_format_holds(counts, headings, lines):
    plan = laid_out(counts, headings=headings, caption_lines=lines)
    assert plan.width <= 4000
    assert plan.height < 16_383, "WebP holds no more"
    assert [len(block.tiles) for block in plan.blocks] == counts
    boxes = [box._replace(height=EDGE + LINE * lines) for block in plan.blocks for box in block.tiles]
    boxes += [block.heading for block in plan.blocks if headings]
    assert all(box.x >= 0 and box.x + box.width <= plan.width for box in boxes)
    assert all(box.y >= 0 and box.y + box.height <= plan.height for box in boxes)
    rows: dict[int, list] = {}
    for box in sorted(boxes, key=lambda box: (box.y, box.x)):
        rows.setdefault(box.y, []).append(box)
    for row in rows.values():
        assert all(left.x + left.width <= right.x for left, right in pairwise(row))
    columns: dict[int, list] = {}
    for box in sorted(boxes, key=lambda box: (box.x, box.y)):
        columns.setdefault(box.x, []).append(box)
    for column in columns.values():
        assert all(upper.y + upper.height <= lower.y for upper, lower in pairwise(column))


def test_a_tile_is_below_its_heading_and_the_next_block_below_its_tiles():
    first, second = laid_out([5, 3], headings=True, caption_lines=2).blocks
    assert first.heading.y + first.heading.height <= first.tiles[0].y
    assert first.tiles[-1].y + EDGE < second.heading.y


def test_many_classes_are_divided_into_columns():
    plan = laid_out([8] * 48, headings=True, caption_lines=1)
    assert plan.width > 2000
    assert plan.height / plan.width < 3
