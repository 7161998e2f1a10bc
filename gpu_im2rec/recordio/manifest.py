"""The manifest of a set of shards, ``OUT.manifest.json``: which files belong together, and in which order.

One JSON object. It says nothing of when or where the shards were made: the same list gives the same bytes.

``kind``        "gpu-im2rec shards"
``format``      1
``parts``       parts that the list was cut into, n of ``out-00003-of-0000n.rec``
``records``     in all shards; ``failed``, pictures that could not be packed; ``bytes`` of all record files
``dali_index``  the name of the one index over all shards, one behind the other, that DALI reads
``options``     what decides the bytes, by its name; empty where the shards were made by others
``versions``    of Python, this package and those that take part; likewise
``shards``      in the order of the list, of each: ``part``, from 0; ``first_line`` and ``lines`` of the list (null: not
                known); ``records``; ``failed``; and its files ``rec``, ``idx`` and ``crc`` (null: none), each with its
                ``name``, which lies beside the manifest, its ``bytes``, and ``xxh3_128``, that hash of its content in
                32 hexadecimal digits. A part of which nothing could be packed has no shard.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import Any

from gpu_im2rec.errors import RecordError

KIND = "gpu-im2rec shards"
FORMAT = 1
SUFFIX = ".manifest.json"

_LARGEST = 1 << 30  # bytes; a shard takes some 500


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
    return f"{out.stem if out.suffix == '.rec' else out.name}{SUFFIX}"


def read_manifest(path: Path) -> Manifest:
    """The manifest at ``path``. Raises RecordError for anything else, OSError where it cannot be read."""
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    try:
        return parse_manifest(content)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RecordError(f"{path}: no manifest of shards of this version: {error}") from None


def parse_manifest(content: bytes) -> Manifest:
    """What ``content`` says. Raises ValueError, LookupError, TypeError, AttributeError or RecursionError for others."""
    said = json.loads(content)
    if said["kind"] != KIND or said["format"] != FORMAT:
        raise ValueError(f"kind {said['kind']!r}, format {said['format']!r}")
    shards = tuple(_shard(one) for one in said["shards"])
    return Manifest(
        int(said["parts"]), shards, _name(said["dali_index"]), int(said["failed"]), said["options"], said["versions"]
    )


def _shard(said: dict[str, Any]) -> Shard:
    first_line, lines = (said[name] and int(said[name]) for name in ("first_line", "lines"))
    part, records, failed = (int(said[name]) for name in ("part", "records", "failed"))
    crc = _file(said["crc"]) if said["crc"] else None
    return Shard(part, records, failed, first_line, lines, _file(said["rec"]), _file(said["idx"]), crc)


def _file(said: dict[str, Any]) -> ShardFile:
    return ShardFile(_name(said["name"]), int(said["bytes"]), str(said["xxh3_128"]))


def _name(name: str) -> str:
    """``name``, unless it leads out of the manifest's folder."""
    if PurePath(name).name != name or "\\" in name or name in ("", ".", ".."):
        raise ValueError(f"{name!r} is no name of a file beside it")
    return name
