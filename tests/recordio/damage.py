"""Good record files, and ways to damage them that leave no trace of a head."""

import re
from typing import NamedTuple

from hypothesis import strategies as st

from .reference import MAGIC, frame_slowly, payloads


class Damaged(NamedTuple):
    """A file with one damage, and what it did not touch."""

    contents: list[bytes]  # payloads of the good file
    data: bytes
    untouched: dict[int, bytes]  # payloads by their offsets in ``data``
    span: tuple[int, int]  # of the bytes in ``data`` that are not the good file's; empty where bytes are missing


def framed(contents: list[bytes]) -> tuple[bytes, list[int]]:
    """The file with these payloads, and where its records start and the last one ends."""
    data, borders = b"", [0]
    for payload in contents:
        data += frame_slowly(payload)
        borders.append(len(data))
    return data, borders


def damaged(contents: list[bytes], start: int, length: int, new: bytes) -> Damaged:
    """``length`` bytes from ``start`` on are replaced by ``new``; both may be empty."""
    data, borders = framed(contents)
    start, stop = min(start, len(data)), min(start + length, len(data))
    shift = len(new) - (stop - start)
    untouched = {}
    for payload, begin, end in zip(contents, borders[:-1], borders[1:], strict=True):
        if end <= start:
            untouched[begin] = payload
        elif begin >= stop:
            untouched[begin + shift] = payload
    return Damaged(contents, data[:start] + new + data[stop:], untouched, (start, start + len(new)))


def _no_head_at_odd_offsets(contents: list[bytes]) -> bool:
    data, _ = framed(contents)
    return all(found.start() % 4 == 0 for found in re.finditer(re.escape(MAGIC), data))


# Neither a payload nor damage is a head by chance, which has odds of 1 to 2^32 in each place of a picture.
contents = st.lists(payloads, min_size=1, max_size=6).filter(_no_head_at_odd_offsets)
_junk = st.lists(st.sampled_from([b"\0", b"\x01", b"\x20", b"A", b"\x60", b"\xff"]), max_size=60).map(b"".join)
_where = st.integers(0, 1500)

damages = st.one_of(
    st.builds(lambda some, start, new: damaged(some, start, len(new), new), contents, _where, _junk),  # overwritten
    st.builds(damaged, contents, _where, st.integers(0, 80), _junk),  # shifted, too
    st.builds(lambda some, start: damaged(some, start, 10_000, b""), contents, _where),  # torn
)
