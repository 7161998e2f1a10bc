"""What packing would make of the pictures that were unpacked: the command, and what it would not give back."""

from __future__ import annotations

import hashlib
import shlex
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from gpu_im2rec.lists import DuplicateIndices, read_list
from gpu_im2rec.loading.names import is_class
from gpu_im2rec.recordio import ImageHeader
from gpu_im2rec.recordio.insightface import MAX_RECORDS, behind_faces
from gpu_im2rec.transcode import Reason, in_words
from gpu_im2rec.transcode.formats import check_whole, shows_something

_NAN = 0x7FC00000  # as float32 what a NaN of a list becomes, but for its sign


class Note(NamedTuple):
    """What packing again would not give back."""

    records: int
    message: str  # what they are or have, as in "3 records have …"


@dataclass(slots=True)
class PackingAgain:
    """Counts as the records go by."""

    pictures: int = 0
    identities: int = 0
    headerless: int = 0
    _flags: set[int] = field(default_factory=set)  # of the pictures; no more than two of them
    _several: int = 0  # pictures with packed labels, two or more
    _own_not_0: int = 0  # of these: where the header's own label is not as im2rec.py writes it
    _own_not_first: int = 0  # nor as the C++ im2rec does
    _one_packed: int = 0
    _id2: int = 0
    _nans: int = 0
    _truncated: int = 0
    _refused: Counter[Reason] = field(default_factory=Counter)
    _misnumbered: int = 0  # pictures whose id is not their place, from 1
    _key_0: bool = False  # insightface's header record was there
    _behind: Any = field(default_factory=hashlib.sha256)  # of all payloads from the first identity on
    _layout: Literal["plain", "c++", "insightface"] = "plain"
    _other_identities: int = 0
    _other_lines: int = 0

    def see_picture(self, header: ImageHeader, payload: memoryview, picture: bytes) -> None:
        """A record that is written."""
        self.pictures += 1
        if len(self._flags) < 2:
            self._flags.add(header.flag)
        if header.flag > 1:
            self._several += 1
            self._own_not_0 += payload[4:8] != bytes(4)
            self._own_not_first += payload[4:8] != header.labels[:1].tobytes()
        self._one_packed += header.flag == 1
        self._id2 += header.id2 != 0
        nans = header.labels[np.isnan(header.labels)].view("<u4")
        self._nans += bool((nans & 0x7FFFFFFF != _NAN).any())
        failure = check_whole(picture)
        if failure and failure.reason is Reason.TRUNCATED and shows_something(picture):
            self._truncated += 1
        elif failure:
            self._refused[failure.reason] += 1
        self._misnumbered += header.index != self.pictures
        if self.identities:
            self._behind.update(payload)

    def see_identity(self, header: ImageHeader, payload: memoryview) -> None:
        """A record of insightface's layout that holds no picture."""
        self.identities += 1
        self._key_0 |= header.index == 0
        self._behind.update(payload)

    def finish(self, list_path: Path, other_lines: int) -> None:
        """After the last record, with the finished list, and how many lines of the index packing would not write."""
        self._other_lines = other_lines
        starts = _starts_of_identities(list_path) if self._key_0 else None
        if starts:
            self._layout = "insightface"
            expected = hashlib.sha256()
            for _, header in behind_faces(starts, self.pictures):
                expected.update(header)
            if self._behind.digest() != expected.digest():
                self._other_identities = self.identities
        elif self._own_not_0 and not self._own_not_first and len(self._flags) == 1:
            self._layout = "c++"

    def command(self, folder: Path, list_path: Path) -> str:
        """What packs the list again, for a POSIX shell."""
        image_list, root = (f"./{path}" if str(path).startswith("-") else str(path) for path in (list_path, folder))
        out = f"{root}-again.rec"
        if self._layout == "c++":
            keys = ["pack_label=1", f"label_width={max(self._flags)}", "unchanged=1"]
            keys += ["accept_truncated=1"] if self._truncated else []
            return shlex.join(["im2rec", image_list, f"{root}/", out, *keys])  # the tool puts nothing between
        options = ["--accept-truncated"] if self._truncated else []
        if self._layout == "plain":
            options += ["--pack-label"] if self._several else []
            return shlex.join(["gpu-im2rec", "pack", image_list, root, out, "--pass-through", *options])
        place = f"{root}-again"  # beside the records goes a file called property, as there is beside the old ones
        words = ["gpu-im2rec", "pack", image_list, root, f"{place}/{folder.name}.rec", "--pass-through", *options]
        return f"{shlex.join(['mkdir', place])} && {shlex.join([*words, '--layout', 'insightface'])}"

    def notes(self) -> tuple[Note, ...]:
        """What that command would not give back."""
        reasons = in_words(self._refused)
        found = {
            "have no image header, or labels without end, and were left out": self.headerless,
            f"hold no picture that packing takes: {reasons}": self._refused.total(),
            "have an id2 that is not 0": self._id2,
            "have a single label packed behind the header (flag 1), which goes into the header": self._one_packed,
            "have a NaN among their labels that a list cannot tell from others": self._nans,
            "have another line in the index than packing writes, which takes ids as keys": self._other_lines,
        }
        if self._layout == "insightface":
            found |= {
                "have several labels, of which this layout keeps the first": self._several,
                "have an id that is not their place, from 1, as this layout wants it": self._misnumbered,
                "say which faces are whose, and not as packing writes it": self._other_identities,
            }
        else:
            found["hold two labels and no picture, as in insightface's layout, and were left out"] = self.identities
        if self._layout == "plain":
            found["have packed labels and another one in the header, which becomes 0"] = self._own_not_0
        return tuple(Note(records, message) for message, records in found.items() if records)


def _starts_of_identities(list_path: Path) -> array[int] | None:
    """The keys of the first faces, from 1; None where the list cannot be packed in insightface's layout."""
    starts, seen, label, key = array("Q"), DuplicateIndices(), None, 0
    for key, entry in enumerate(read_list(list_path), 1):
        if entry.labels[0] == label:
            continue
        label = entry.labels[0]
        if not is_class(label) or seen.add(int(label)):
            return None
        starts.append(key)
    return starts if key + len(starts) < MAX_RECORDS else None
