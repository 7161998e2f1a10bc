"""Text that fits, in letters that are there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from gpu_im2rec.showing.sheet import lettering
from gpu_im2rec.showing.sheet.lettering import cut, fitted, visible, wrapped


@settings(max_examples=40)
@given(st.text(max_size=30) | st.just("x" * 100_000), st.integers(20, 300))
def test_whatever_is_written_fits(text, width):
    line = fitted(text, 13, width)
    assert line.width <= width
    assert line.text.isprintable()


def test_what_is_too_long_loses_its_middle():
    line = fitted("a class with a very long name · 17 records", 13, 160).text
    assert line.startswith("a class") and line.endswith("records") and line.count("…") == 1
    assert fitted("short", 13, 160).text == "short"
    assert [cut("abcdef", characters) for characters in (6, 4, 3, 0)] == ["abcdef", "ab…ef", "ab…f", "…"]


@pytest.fixture
def only_pillows_font(monkeypatch):
    monkeypatch.setattr(lettering, "_fonts", lambda size: [ImageFont.load_default(size)])


def test_letters_that_no_font_has_stand_as_escapes(only_pillows_font):
    line = fitted("3 漢 é a…b", 13, 400)
    assert (line.text, line.whole) == (r"3 \u6f22 \xe9 a…b", False)
    assert fitted("3 tabby cat · 256x256 (50%), 'quoted'", 13, 400).whole


def test_another_font_is_taken_for_letters_that_the_first_one_lacks():
    if len(lettering._fonts(13)) == 1:
        pytest.skip("no other font on this machine")
    line = fitted("3 chat noir é", 13, 400)
    assert line.whole and line.text == "3 chat noir é"
    assert line.font.getname() != fitted("3 tabby cat", 13, 400).font.getname()


def test_nothing_moves_a_cursor():
    assert visible("\x1b[31mred\x07 \u202eevil\n\udcff") == r"\x1b[31mred\x07 \u202eevil\n\udcff"


def test_a_reason_is_broken_between_words():
    lines = wrapped("truncated: the JPEG data ends early: the file was cut", 13, 144, 9)
    assert " ".join(line.text for line in lines) == "truncated: the JPEG data ends early: the file was cut"
    assert len(lines) > 2
    assert all(line.width <= 144 for line in lines)
    few = wrapped("word " * 100, 13, 144, 2)
    assert len(few) == 2 and "…" in few[1].text
    assert wrapped("", 13, 144, 2) == []
