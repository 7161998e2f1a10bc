"""Every target for a moment; `python -m tests.fuzz` is the long run."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

PAGE = Path(__file__).parents[2].joinpath("docs", "fuzzing.md").read_text(encoding="utf-8")
SEEDS = {name: target.seeds() for name, target in TARGETS.items()}


def test_the_page_names_every_target():
    (told,) = re.findall(r"^\| target \| what is read .*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in told.splitlines()))) == sorted(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name):
    target = TARGETS[name]
    for seed in SEEDS[name]:
        assert len(seed) <= target.longest
        for cut in range(0, len(seed), 7):
            target.run(seed[:cut])
        target.run(seed)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_seeds_with_other_bytes_in_them(name, data):
    """A seed, parts of it replaced, taken out or put in, as the long run does it too."""
    target = TARGETS[name]
    content = bytearray(data.draw(st.sampled_from(SEEDS[name])))
    crumbs = st.binary(max_size=4) | st.sampled_from(target.words or (b"\0", b"\xff"))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 4))] = data.draw(crumbs)
    target.run(bytes(content))
