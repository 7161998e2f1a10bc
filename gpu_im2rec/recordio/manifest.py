"""The manifest of a set of shards, ``OUT.manifest.json``: which files belong together, and in which order.

One JSON object. It says nothing of when or where the shards were made: the same list gives the same bytes.

``kind``        "gpu-im2rec shards"
``format``      1
``parts``       parts that the list was cut into, n of ``out-00003-of-0000n.rec``
``records``     in all shards; ``failed``, pictures that could not be packed; ``bytes`` of all record files
``dali_index``  the name of the one index over all shards, one behind the other, that DALI reads
``options``     what decides the bytes, by its name, as far as all shards agree; empty where others made them
``versions``    of Python, this package and those that take part; likewise
``shards``      in the order of the list, of each: ``part``, from 0; ``first_line`` and ``lines`` of the list (null: not
                known); ``records``; ``failed``; and its files ``rec``, ``idx`` and ``crc`` (null: none), each with its
                ``name``, which lies beside the manifest, its ``bytes``, and ``xxh3_128``, that hash of its content in
                32 hexadecimal digits. A part of which nothing could be packed has no shard.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.json_object import JsonObject, shown
from gpu_im2rec.recordio.naming import MANIFEST, beside

KIND = "gpu-im2rec shards"
FORMAT = 1

_LARGEST = 1 << 30  # bytes; a shard takes some 500
_MOST_PARTS = 1 << 20


@dataclass(frozen=True, slots=True)
class ShardFile:
    """One file of a shard."""

    name: str
    bytes: int
    xxh3_128: str


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the list, packed."""

    part: int
    records: int
    failed: int
    first_line: int | None
    lines: int | None
    rec: ShardFile
    idx: ShardFile
    crc: ShardFile | None = None

    @property
    def files(self) -> list[ShardFile]:
        """All of them, the records first."""
        return [file for file in (self.rec, self.idx, self.crc) if file]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A set of shards, in the order of the list."""

    parts: int
    shards: tuple[Shard, ...]
    dali_index: str
    failed: int = 0  # also of parts that have no shard
    options: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """In all shards."""
        return sum(shard.records for shard in self.shards)

    @property
    def rec_bytes(self) -> int:
        """Of all record files."""
        return sum(shard.rec.bytes for shard in self.shards)

    def to_json(self) -> bytes:
        """The file's content."""
        head = {"kind": KIND, "format": FORMAT, "parts": self.parts}
        totals = {
            "records": self.records,
            "failed": self.failed,
            "bytes": self.rec_bytes,
            "dali_index": self.dali_index,
        }
        tail = {"options": self.options, "versions": self.versions, "shards": [asdict(one) for one in self.shards]}
        return json.dumps(head | totals | tail, indent=1).encode("ascii") + b"\n"


def manifest_of(out: PurePath) -> str:
    """The name of the manifest of the shards of ``out``: out.manifest.json for out.rec."""
    return beside(out, MANIFEST).name


def read_manifest(path: Path) -> Manifest:
    """The manifest at ``path``. Raises RecordError for anything else, OSError where it cannot be read."""
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    try:
        return parse_manifest(content)
    except ValueError as error:
        raise RecordError(f"{path}: no manifest of shards of this version: {error}") from None


def parse_manifest(content: bytes) -> Manifest:
    """What ``content`` says. Raises ValueError, which names the place, for anything that ``to_json`` does not write."""
    if len(content) > _LARGEST:
        raise ValueError(f"more than {_LARGEST:,} bytes")
    said = JsonObject.parse(content)
    kind, version = said.text("kind"), said.number("format")
    if (kind, version) != (KIND, FORMAT):
        raise ValueError(f"kind: {shown(kind)}, format {shown(version)}, not {KIND!r}, format {FORMAT}")
    shards = tuple(map(_shard, said.objects("shards")))
    options, versions = said.object("options"), said.object("versions")
    manifest = Manifest(
        parts=said.number("parts"),
        shards=shards,
        dali_index=said.name("dali_index"),
        failed=said.number("failed"),
        options=options.values,
        versions={name: versions.text(name) for name in versions.values},
    )
    _check(manifest, said)
    return manifest


def _shard(said: JsonObject) -> Shard:
    return Shard(
        part=said.number("part"),
        records=said.number("records"),
        failed=said.number("failed"),
        first_line=said.number("first_line", may_lack=True),
        lines=said.number("lines", may_lack=True),
        rec=_file(said.object("rec")),
        idx=_file(said.object("idx")),
        crc=None if said.get("crc") is None else _file(said.object("crc")),
    )


def _file(said: JsonObject) -> ShardFile:
    digest = said.text("xxh3_128")
    if not re.fullmatch(r"[0-9a-f]{32}", digest):
        raise said.wrong("xxh3_128", digest, "32 hexadecimal digits")
    return ShardFile(said.name("name"), said.number("bytes"), digest)


def _check(manifest: Manifest, said: JsonObject) -> None:
    """Raises ValueError where the numbers do not agree, or a name stands for two files."""
    if manifest.parts > _MOST_PARTS:
        raise said.wrong("parts", manifest.parts, f"at most {_MOST_PARTS:,}")
    numbers = [-1, *(shard.part for shard in manifest.shards), manifest.parts]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise ValueError(f"shards: their parts are not in the order of 0 … {shown(manifest.parts - 1)}")
    for name, sum_ in (("records", manifest.records), ("bytes", manifest.rec_bytes)):
        if said.number(name) != sum_:
            raise said.wrong(name, said.number(name), f"{shown(sum_)}, as its shards have")
    if said.number("failed") < sum(shard.failed for shard in manifest.shards):
        raise said.wrong("failed", said.number("failed"), "as many as in its shards")
    files = [file.name for shard in manifest.shards for file in shard.files]
    for name, count in Counter([*files, manifest.dali_index]).items():
        if count > 1:
            raise ValueError(f"shards: {shown(name)} stands for {count} files")
