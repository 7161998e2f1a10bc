"""The byte tables of docs/format.md are what the writer writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gpu_im2rec.recordio import MAGIC, FaceWriter, RecordWriter, pack_header, write_checksums
from gpu_im2rec.recordio.manifest import Manifest, Shard
from tests.docs.pages import PAGES

PAGE = PAGES["docs/format.md"].read_text(encoding="utf-8")
JPEG = b"\xff\xd8\xff"
TABLES = {
    "One label": (7, pack_header(7, [3.0], packed=False), JPEG),
    "Several labels": (8, pack_header(8, [1.0, 0.5], packed=True), JPEG),
    "A magic inside the payload": (9, b"", b"abcd" + MAGIC.to_bytes(4, "little") + b"ef"),
}


def block(title: str) -> str:
    """The last block of the section, at any level."""
    (section,) = re.findall(rf"^##+ {title}\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return re.findall(r"```text\n(.*?)```", section, re.DOTALL)[-1]


def drawn(table: str) -> bytes:
    """The bytes of a table, whose offsets fit."""
    found = b""
    for line in table.splitlines()[1:]:
        offset, data = re.match(r" *(\d+)  ((?:[0-9a-f]{2} ?)+)", line).groups()
        assert int(offset) == len(found), line
        found += bytes.fromhex(data)
    return found


@pytest.mark.parametrize("title", TABLES)
def test_a_record(title, tmp_path):
    with RecordWriter(tmp_path / "one.rec") as writer:
        writer.append(*TABLES[title])
    assert drawn(block(title)) == (tmp_path / "one.rec").read_bytes()


def test_index_and_checksums(tmp_path):
    with RecordWriter(tmp_path / "all.rec") as writer:
        for record in TABLES.values():
            writer.append(*record)
    write_checksums(tmp_path / "all.rec")
    assert block("The index") == (tmp_path / "all.idx").read_text()
    assert block("The checksums") == (tmp_path / "all.crc").read_text()


def test_faces(tmp_path):
    with RecordWriter(tmp_path / "faces.rec") as writer:
        faces = FaceWriter(writer)
        for label in (0, 0, 1):
            faces.append(label, JPEG)
        faces.finish()
    offsets = dict(line.split("\t") for line in Path(tmp_path, "faces.idx").read_text().splitlines())
    assert drawn(block("insightface's layout")) == (tmp_path / "faces.rec").read_bytes()[int(offsets["0"]) :]
    assert list(offsets) == re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)


def test_the_manifest_s_fields():
    told = set(re.findall(r"`(\w+)`", PAGE.partition("## The manifest")[2]))
    assert {*Manifest.__dataclass_fields__, *Shard.__dataclass_fields__} <= told
