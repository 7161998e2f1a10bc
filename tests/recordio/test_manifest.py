"""The manifest: what is written is read, and nothing else is believed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.manifest import Manifest, Shard, ShardFile, manifest_of, parse_manifest, read_manifest
from gpu_im2rec.recordio.naming import beside, is_manifest

NUMBERS = st.integers(0, 2**40)
WORDS = st.text(max_size=8)


def shard(part: int, records: int = 3, *, crc: bool = False, lines: int | None = 4) -> Shard:
    def file(kind: str) -> ShardFile:
        return ShardFile(f"out-{part:05}-of-00009.{kind}", 100 + part, f"{part:032x}")

    return Shard(part, records, 1, lines and 1, lines, file("rec"), file("idx"), file("crc") if crc else None)


MANIFEST = Manifest(
    9, (shard(0), shard(3, crc=True), shard(8, lines=None)), "out.dali.idx", 4, {"resize": 256}, {"a": "1"}
)


@given(
    parts=st.sets(st.integers(0, 50), max_size=5),
    crc=st.booleans(),
    lines=st.none() | NUMBERS,
    records=NUMBERS,
    more=NUMBERS,
    options=st.dictionaries(
        WORDS, st.none() | st.booleans() | NUMBERS | WORDS | st.floats(allow_nan=False, allow_infinity=False)
    ),
    versions=st.dictionaries(WORDS, WORDS),
)
def test_what_is_written_is_read(
    parts: set[int], crc: bool, lines: int | None, records: int, more: int, options: Any, versions: Any
) -> None:
    shards = tuple(shard(part, records, crc=crc, lines=lines) for part in sorted(parts))
    manifest = Manifest(51, shards, "out.dali.idx", len(shards) + more, options, versions)
    content = manifest.to_json()
    assert parse_manifest(content) == manifest
    assert parse_manifest(content).to_json() == content


def test_it_says_what_the_whole_is() -> None:
    said = json.loads(MANIFEST.to_json())
    assert (said["records"], said["bytes"], said["failed"], said["parts"]) == (9, 311, 4, 9)
    assert said["shards"][1]["crc"] == {"name": "out-00003-of-00009.crc", "bytes": 103, "xxh3_128": f"{3:032x}"}


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (["kind"], "other", "kind: 'other', format 1, not"),
        (["format"], 2, "format 2, not 'gpu-im2rec shards', format 1"),
        (["parts"], "9", "parts: '9', not a whole number"),
        (["parts"], True, "parts: True, not a whole number"),
        (["parts"], 8, r"not in the order of 0 … 7"),
        (["parts"], 1 << 40, "parts: 1099511627776, not at most"),
        (["records"], 8, "records: 8, not 9, as its shards have"),
        (["bytes"], 0, "bytes: 0, not 311"),
        (["failed"], 2, "failed: 2, not as many as in its shards"),
        (["failed"], -1, "failed: -1, not a whole number"),
        (["failed"], 2.5, "failed: 2.5, not a whole number"),
        (["dali_index"], "../out.dali.idx", "dali_index: '../out.dali.idx', not the name of a file beside it"),
        (["dali_index"], "out-00003-of-00009.crc", "'out-00003-of-00009.crc' stands for 2 files"),
        (["options"], [], r"options: \[\], not an object"),
        (["versions", "a"], 1, "versions.a: 1, not a text"),
        (["shards"], {}, "shards: {}, not a list"),
        (["shards", 1], 7, r"shards\[1\]: 7, not an object"),
        (["shards", 1, "part"], 0, "not in the order"),
        (["shards", 1, "lines"], "x", r"shards\[1\].lines: 'x'"),
        (["shards", 1, "rec", "name"], "..", r"shards\[1\].rec.name: '..'"),
        (["shards", 1, "rec", "name"], "a\\b", "name of a file"),
        (["shards", 1, "rec", "name"], "a\nb", "name of a file"),
        (["shards", 1, "rec", "name"], "\ud800", "name of a file"),
        (["shards", 1, "rec", "name"], "x" * 300, "name of a file"),
        (["shards", 1, "rec", "xxh3_128"], "F" * 32, "32 hexadecimal digits"),
        (["shards", 1, "crc"], False, r"shards\[1\].crc: False, not an object"),
        (["shards", 1, "idx", "bytes"], 1 << 63, "whole number"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_named(tmp_path: Path, where: list[Any], value: object, message: str) -> None:
    said = json.loads(MANIFEST.to_json())
    place = said
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value
    path = tmp_path / "out.manifest.json"
    path.write_text(json.dumps(said))
    with pytest.raises(
        RecordError, match=r"out\.manifest\.json: no manifest of shards of this version: .*" + message
    ) as caught:
        read_manifest(path)
    assert len(str(caught.value)) < 400


OTHERS = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff",
    b"{" * 100_000,
    b"[" * 100_000,
    b'{"kind": NaN}',
    b'{"kind": 1e999}',
    b"1" + b"0" * 5000,
]


@pytest.mark.parametrize("content", OTHERS)
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "out.manifest.json"
    path.write_bytes(content)
    with pytest.raises(RecordError, match="no manifest of shards"):
        read_manifest(path)


def test_a_name_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    name = "caf\udce9.rec"
    odd = Shard(0, 1, 0, 1, 1, ShardFile(name, 1, "0" * 32), ShardFile("a.idx", 1, "0" * 32))
    assert parse_manifest(Manifest(1, (odd,), "a.dali.idx").to_json()).shards[0].rec.name == name


def test_what_lies_beside_it() -> None:
    path = Path("sets") / manifest_of(Path("out.rec"))
    assert (path, is_manifest(path)) == (Path("sets/out.manifest.json"), True)
    assert beside(path, ".report.json") == Path("sets/out.report.json")
    assert beside(path, ".rec") == Path("sets/out.rec")
