"""The records in a piece of a record file, all at once, and the bytes between them.

In a whole file the magic stands at a multiple of 4 where a head is, and nowhere else (framing.py). So one look for
magics finds all heads of a block, and a part is whole if the next head, or the end of the file, stands where its length
says. Bytes that were lost or put in shift what follows, so between whole records heads are looked for at every offset.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.framing import HEAD_BYTES, MAGIC, MAGIC_BYTES, MAX_PAYLOAD_BYTES, gather, locate
from gpu_im2rec.recordio.scan import FileBytes

_LARGEST_RECORD = 2 * MAX_PAYLOAD_BYTES + HEAD_BYTES  # bytes in the file: a payload of magics, each of which is a head
_CHAIN = 3  # records in a row at an odd offset show that they are no bytes of a picture
_LENGTH_MASK = (1 << 29) - 1
_WORD = np.dtype("<u4")


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """n ≥ 1 whole records, back to back in the file."""

    data: bytes  # holds their payloads, each with its padding behind it
    offsets: NDArray[np.int64]  # (n,) bytes from the start of the file to the first head
    ends: NDArray[np.int64]  # (n,) the same to the first byte behind the padding
    starts: NDArray[np.int64]  # (n,) where the payloads begin in ``data``; multiples of 4
    sizes: NDArray[np.int64]  # (n,) bytes of the payloads
    certain: bool  # False: neither a head nor the file's end follows the last record, whose length may be damaged

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def words(self) -> NDArray[np.uint32]:
        """``data`` in little-endian words."""
        return np.frombuffer(self.data, _WORD, len(self.data) // 4)

    def payload(self, number: int) -> memoryview:
        """Image header, labels and content of record ``number``, 0 … n-1."""
        start = int(self.starts[number])
        return memoryview(self.data)[start : start + int(self.sizes[number])]


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes ``start`` … ``end`` - 1 of the file, which belong to no whole record."""

    start: int
    end: int
    cause: str  # what is wrong at ``start``


class Block:
    """``size`` bytes of ``source`` from ``start`` on, where a head should be. Offsets in here count from there."""

    def __init__(self, source: FileBytes, start: int, size: int) -> None:
        self._source, self._start = source, start
        self._data = source[start : start + size]
        self._is_last = start + len(self._data) >= len(source)
        words = np.frombuffer(self._data, _WORD, len(self._data) // 4)
        heads = 4 * np.flatnonzero(words == np.uint32(MAGIC))
        self._heads = heads[heads <= len(self._data) - HEAD_BYTES]
        second = words[self._heads // 4 + 1]
        self._cflags = second >> 29
        self._lengths = (second & _LENGTH_MASK).astype(np.int64)
        self._ends = self._heads + HEAD_BYTES + (self._lengths + 3 & ~3)
        self._nexts = np.append(self._heads[1:], len(self._data))[: len(self._heads)]
        self._linked = self._ends == self._nexts  # a head, or the end of the file, follows
        self._linked[-1:] = [self._is_border(end) for end in self._ends[-1:].tolist()]
        self._first = self._cflags <= 1  # a record starts here
        self.decided = self._decide()  # bytes that can be judged without those behind the block; 0: it must be larger

    def pieces(self) -> Iterator[Run | Gap]:
        """What the decided bytes are; the last piece ends before them where records go on at an odd offset."""
        done = 0
        for run in [*self._runs(), None]:
            begin = int(run.offsets[0]) - self._start if run else self.decided
            if begin > done:
                shifted = self._shifted(done, begin)
                yield Gap(self._start + done, self._start + (shifted or begin), self._cause(self._start + done))
                if shifted:
                    return
            if run:
                yield run
                done = int(run.ends[-1]) - self._start

    def _decide(self) -> int:
        size = len(self._data)
        for head in np.flatnonzero((self._cflags == 0) & (self._ends > self._nexts)).tolist():
            inner = self._swallowed(head)
            if inner.start < inner.stop and self._ends[head] > size:
                return int(self._heads[head])
            self._first[inner] = False
        if self._is_last:
            return size
        firsts = self._heads[self._first]
        if len(firsts) and firsts[-1]:
            return int(firsts[-1])
        if len(firsts) and self._goes_on():
            return 0
        return max(size - len(MAGIC_BYTES), 0)  # a head may straddle the end

    def _swallowed(self, head: int) -> slice:
        """The magics in a payload from which nobody cut them: its record ends at a head, and they are no records.

        If they are, the length is damaged and they are not swallowed: an empty slice.
        """
        end = int(self._ends[head])
        inner = slice(head + 1, int(np.searchsorted(self._heads, end)))
        return inner if self._is_border(end) and not self._linked[inner].all() else slice(0, 0)

    def _is_border(self, offset: int) -> bool:
        """Whether a magic, or the end of the file, is there."""
        at = self._start + offset
        return at == len(self._source) or self._source[at : at + len(MAGIC_BYTES)] == MAGIC_BYTES

    def _goes_on(self) -> bool:
        """Whether the one record that starts in this block reads like one that ends behind it."""
        size = len(self._data)
        parts = self._linked[:-1].all() and np.isin(self._cflags[:-1], (1, 2)).all()
        return bool(parts and self._ends[-1] > size - HEAD_BYTES and size <= _LARGEST_RECORD)

    def _runs(self) -> list[Run]:
        """The whole records among the decided bytes, in order."""
        single = self._first & (self._cflags == 0) & (self._ends <= np.minimum(self._nexts, self.decided))
        rows = np.flatnonzero(single)
        breaks = np.flatnonzero((np.diff(rows) > 1) | ~self._linked[rows[:-1]]) + 1
        runs = [run for some in np.split(rows, breaks) for run in self._run(some)]
        for head in np.flatnonzero(self._first & (self._cflags == 1)).tolist():
            runs += self._cut_record(head)
        return sorted(runs, key=lambda run: int(run.offsets[0]))

    def _run(self, rows: NDArray[np.int64]) -> Iterator[Run]:
        """The records at the heads ``rows``, but for a last one that runs into records at odd offsets."""
        certain = bool(self._linked[rows[-1:]].all())
        if not certain and self._shifted(int(self._heads[rows[-1]]) + HEAD_BYTES, int(self._ends[rows[-1]])):
            rows, certain = rows[:-1], True
        if len(rows):
            heads, ends = self._heads[rows], self._ends[rows]
            starts = heads + HEAD_BYTES
            yield Run(self._data, heads + self._start, ends + self._start, starts, self._lengths[rows], certain)

    def _cut_record(self, head: int) -> list[Run]:
        """The record of several parts that starts at ``head``, put together; none where it is not whole."""
        offset = int(self._heads[head])
        try:
            spans, end = locate(self._data, offset)
        except RecordError:
            return []
        payload, behind = gather(self._data, spans), int(np.searchsorted(self._heads, end))
        if behind - head > len(spans) or end > self.decided or len(payload) > MAX_PAYLOAD_BYTES:
            return []
        data = bytes(payload) + self._data[end - -len(payload) % 4 : end]
        places = np.array([[self._start + offset], [self._start + end], [0], [len(payload)]])
        return [Run(data, places[0], places[1], places[2], places[3], bool(self._linked[behind - 1]))]

    def _shifted(self, begin: int, end: int) -> int | None:
        """Where between ``begin`` and ``end`` records go on at an odd offset."""
        reach = end + len(MAGIC_BYTES) - 1
        at = self._data.find(MAGIC_BYTES, begin, reach)
        while at >= 0:
            if at % 4 and self._is_chain(self._start + at):
                return at
            at = self._data.find(MAGIC_BYTES, at + 1, reach)
        return None

    def _is_chain(self, offset: int) -> bool:
        """Whether records follow each other from byte ``offset`` of the file on, to its end or for a while."""
        for _ in range(_CHAIN):
            head = self._source[offset : offset + HEAD_BYTES]
            second = int.from_bytes(head[4:], "little")
            if len(head) < HEAD_BYTES or not head.startswith(MAGIC_BYTES) or second >> 29 > 3:
                return False
            offset += HEAD_BYTES + ((second & _LENGTH_MASK) + 3 & ~3)
            if offset == len(self._source):
                break
        return True

    def _cause(self, offset: int) -> str:
        try:
            locate(self._source, offset)
        except RecordError as error:
            return str(error).removeprefix(f"offset {offset}: ")
        return "this record holds the head of another: its length is damaged"
