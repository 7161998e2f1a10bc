"""What the decoder must know of a JPEG before its coded data: sizes, sampling, tables. Read on the host.

Only what libjpeg-turbo decodes without a warning is taken: baseline or extended Huffman, 8 bits, one scan of all its
one or three components. Source: ITU-T T.81, annex B; libjpeg's jdmarker.c, jdapimin.c, jdinput.c and jdhuff.c.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

import numpy as np

TABLE_BYTES = 16 + 256  # a Huffman table: how many codes have 1 … 16 bits, then their symbols, and zeros

_SAMPLINGS = ((1, 1), (2, 1), (2, 2), (1, 2))  # of luma, across and down, where chroma is (1, 1)
_DC_SYMBOLS = 16
_BASELINE, _EXTENDED = 0xFFC0, 0xFFC1
_DHT, _SOS, _DQT, _DRI, _COMMENT = 0xFFC4, 0xFFDA, 0xFFDB, 0xFFDD, 0xFFFE
_FILL = 0xFFFF  # any number of 0xFF may stand before a marker
_APPLICATIONS = range(0xFFE0, 0xFFF0)
_AC = 16  # added to the number of a Huffman table
_KNOWN = 256  # segments of each kind that are kept

_two_words = struct.Struct(">HH").unpack_from
_frame_begins = struct.Struct(">BHH").unpack_from


class RareJpegError(Exception):
    """Why the decoder does not take this JPEG."""


class Shape(NamedTuple):
    """How a JPEG's code is laid out. Components are in the order of the scan, luma first."""

    width: int
    height: int
    sampling: tuple[int, int]  # of luma, across and down
    restart: int  # MCUs from one restart marker to the next; 0: there are none
    alike: tuple[int, ...]  # for each component the first one that has the same Huffman tables

    @property
    def mcus(self) -> int:
        """All there are."""
        across, down = self.sampling
        return -(-self.width // (8 * across)) * -(-self.height // (8 * down))

    @property
    def blocks(self) -> int:
        """Of all components."""
        across, down = self.sampling
        return self.mcus * (across * down + len(self.alike) - 1)

    @property
    def segments(self) -> int:
        """What restart markers cut the code into; 1 where there are none."""
        return -(-self.mcus // self.restart) if self.restart else 1


class Tables(NamedTuple):
    """The tables of each component."""

    dc: tuple[bytes, ...]  # TABLE_BYTES each
    ac: tuple[bytes, ...]
    quantisers: tuple[bytes, ...]  # 64 uint16, little-endian, zigzag order


class Frame(NamedTuple):
    """What a header says."""

    shape: Shape
    tables: Tables


def read_frame(head: bytes) -> Frame | str:
    """The header in ``head``, a JPEG from its first table to its coded data; or why the decoder does not take it."""
    try:
        return _read(head)
    except RareJpegError as error:
        return str(error)


def _read(head: bytes) -> Frame:
    frame = scan = b""
    restart, position = 0, 0
    huffman: dict[int, bytes] = {}
    quantisers: dict[int, bytes] = {}
    while position + 4 <= len(head) and not scan:
        marker, length = _two_words(head, position)
        if marker == _FILL:
            position += 1
            continue
        content = head[position + 4 : position + 2 + length]
        position += 2 + length
        _need(length >= 2 and position <= len(head), "a damaged header")
        if marker == _DQT:
            quantisers.update(_quantisers(content))
        elif marker == _DHT:
            huffman.update(_huffman(content))
        elif marker in (_BASELINE, _EXTENDED):
            _need(not frame, "two frames")
            frame = content
        elif marker == _SOS:
            scan = content
        elif marker == _DRI:
            _need(length == 4, "a damaged header")
            restart = content[0] << 8 | content[1]
        else:
            _need(marker in _APPLICATIONS or marker == _COMMENT, "another kind than baseline")
    _need(bool(scan) and position == len(head), "a damaged header")
    _need(len(frame) >= 6, "a damaged header")
    _, height, width = _frame_begins(frame)
    _need(width > 0 and height > 0, "another kind than baseline")
    said = _said(frame[:1] + frame[5:], scan)
    try:
        tables = Tables(
            tuple([huffman[number] for number in said.dc]),
            tuple([huffman[number] for number in said.ac]),
            tuple([quantisers[number] for number in said.quantisers]),
        )
    except KeyError:
        raise RareJpegError("a table is missing") from None
    used = list(zip(tables.dc, tables.ac, strict=True))
    alike = tuple([used.index(pair) for pair in used])
    return Frame(Shape(width, height, said.sampling, restart, alike), tables)


class _Said(NamedTuple):
    """What frame and scan say but for the size; tables by their numbers, those for AC + _AC."""

    sampling: tuple[int, int]
    dc: list[int]
    ac: list[int]
    quantisers: list[int]


@lru_cache(_KNOWN)
def _said(kind: bytes, scan: bytes) -> _Said:
    """``kind`` is the frame without its height and width."""
    parts = _parts(kind)
    selectors = _selectors(scan, parts)
    dc, ac = [selector >> 4 for selector in selectors], [_AC | selector & 15 for selector in selectors]
    return _Said(_sampling(parts), dc, ac, [table for _, _, table in parts])


@lru_cache(_KNOWN)
def _quantisers(content: bytes) -> dict[int, bytes]:
    """Tables by their numbers."""
    found = {}
    while content:
        number, wide = content[0] & 15, content[0] >> 4
        size = 1 + 64 * (1 + wide)
        _need(number < 4 and wide < 2 and len(content) >= size, "a damaged quantisation table")
        found[number] = np.frombuffer(content, ">u2" if wide else "u1", 64, 1).astype("<u2").tobytes()
        content = content[size:]
    return found


@lru_cache(_KNOWN)
def _huffman(content: bytes) -> dict[int, bytes]:
    """Tables by their numbers, those for AC + _AC. Whether the codes fit into their bits is left to the device."""
    found = {}
    while content:
        number, size = content[0], 17 + sum(content[1:17])
        _need(number & 0xEF < 4 and 17 <= len(content) >= size <= 17 + 256, "a damaged Huffman table")
        if number < _AC:
            _need(max(content[17:size], default=0) < _DC_SYMBOLS, "a damaged Huffman table")
        found[number] = content[1:size].ljust(TABLE_BYTES, b"\0")
        content = content[size:]
    return found


def _parts(kind: bytes) -> list[tuple[int, int, int]]:
    """Of each component its name, sampling and quantisation table."""
    precision, components = kind[:2]
    _need(len(kind) == 2 + 3 * components, "a damaged header")
    _need(precision == 8 and components in (1, 3), "another kind than baseline")
    names = kind[2::3]
    _need(len(set(names)) == components, "a damaged header")
    _need(names != b"RGB", "rare colours")
    return list(zip(names, kind[3::3], kind[4::3], strict=True))


def _selectors(scan: bytes, parts: list[tuple[int, int, int]]) -> bytes:
    """The Huffman tables of each component: DC << 4 | AC."""
    _need(len(scan) == 4 + 2 * len(parts) and scan[0] == len(parts) and scan[-3:] == b"\0\x3f\0", "several scans")
    _need([name for name, _, _ in parts] == list(scan[1:-3:2]), "components in another order")
    return scan[2:-3:2]


def _sampling(parts: list[tuple[int, int, int]]) -> tuple[int, int]:
    pairs = [(sampling >> 4, sampling & 15) for _, sampling, _ in parts]
    _need(all(1 <= edge <= 4 for pair in pairs for edge in pair), "a damaged header")
    if len(pairs) == 1:
        return 1, 1  # an MCU of a single component is one block, whatever it says
    _need(pairs[0] in _SAMPLINGS and set(pairs[1:]) == {(1, 1)}, "rare chroma subsampling")
    return pairs[0]


def _need(holds: bool, why: str) -> None:
    if not holds:
        raise RareJpegError(why)
