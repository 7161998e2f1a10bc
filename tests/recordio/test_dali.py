"""DALI reads what is written: an outside judge of framing, header, labels and index."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpu_im2rec.loading.shards import find_shards
from gpu_im2rec.packing import convert
from gpu_im2rec.recordio import FaceWriter, RecordReader, RecordWriter, pack_header
from gpu_im2rec.recordio.index import index_line
from gpu_im2rec.sharding import Cut, split

from .reference import MAGIC

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("nvidia.dali")
    from nvidia.dali import fn, pipeline_def

Rows = list[tuple[int, list[float], bytes]]  # index, labels, content

# DALI takes the header from the first part, so no index and no label here has the bytes of the magic.
SCALAR: Rows = [(index, [index / 2], bytes([index]) * (100 + index)) for index in range(7)]
PACKED: Rows = [(index, [index, 0.5, -index], b"content %d" % index) for index in range(5)]
CUT: Rows = [
    (0, [1.0], MAGIC),
    (1, [2.0], b"abcd" + MAGIC + b"ef"),
    (2, [3.0], b"ab" + MAGIC + b"cd"),
    (3, [4.0], MAGIC * 3 + b"x" * 1001 + MAGIC),
]


def write(path: Path, rows: Rows) -> None:
    with RecordWriter(path) as writer:
        for index, labels, content in rows:
            writer.append(index, pack_header(index, labels, packed=True), content)


def read_with_dali(paths: list[Path], index_path: Path, count: int) -> list[tuple[bytes, list[float]]]:
    @pipeline_def(batch_size=1, num_threads=1, device_id=None)  # type: ignore[untyped-decorator]
    def pipeline() -> Any:
        files = [str(path) for path in paths]
        content, labels = fn.readers.mxnet(path=files, index_path=[str(index_path)], name="reader")
        return content, labels

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = pipeline()
        reader.build()
        assert reader.epoch_size("reader") == count
        rows = []
        for _ in range(count):
            content, labels = reader.run()
            rows.append((bytes(np.array(content[0])), np.array(labels[0]).tolist()))
    return rows


@pytest.mark.parametrize("rows", [SCALAR, PACKED, CUT], ids=["scalar", "packed", "cut"])
def test_dali_reads_what_is_written(tmp_path: Path, rows: Rows) -> None:
    write(tmp_path / "a.rec", rows)
    found = read_with_dali([tmp_path / "a.rec"], tmp_path / "a.idx", len(rows))
    assert found == [(content, labels) for _, labels, content in rows]


def test_dali_reads_shards_with_one_index(tmp_path: Path) -> None:
    shards = [tmp_path / "0.rec", tmp_path / "1.rec", tmp_path / "2.rec"]
    lines, start = [], 0
    for shard, rows in zip(shards, (SCALAR, CUT, PACKED), strict=True):
        write(shard, rows)
        with RecordReader(shard) as reader:
            lines += [index_line(record.key, start + record.offset) for record in reader]
        start += shard.stat().st_size
    (tmp_path / "all.idx").write_bytes(b"".join(lines))
    rows = SCALAR + CUT + PACKED
    found = read_with_dali(shards, tmp_path / "all.idx", len(rows))
    assert found == [(content, labels) for _, labels, content in rows]


def test_dali_reads_what_was_converted_from_insightfaces_layout(tmp_path: Path) -> None:
    with RecordWriter(tmp_path / "faces.rec") as writer:
        faces = FaceWriter(writer)
        for label, content in ((0, b"one"), (0, b"two"), (3, b"three")):
            faces.append(label, content)
        faces.finish()
    convert(tmp_path / "faces.rec", tmp_path / "plain.rec", to="plain")
    found = read_with_dali([tmp_path / "plain.rec"], tmp_path / "plain.idx", 3)
    assert found == [(b"one", [0.0]), (b"two", [0.0]), (b"three", [3.0])]


@pytest.mark.parametrize("count", [1, 3, 5])
def test_dali_reads_a_set_that_was_split_in_its_order(tmp_path: Path, count: int) -> None:
    rows = [(index + 10 * number, *rest) for number, some in enumerate((SCALAR, CUT, PACKED)) for index, *rest in some]
    write(tmp_path / "whole.rec", rows)
    made = split(tmp_path / "whole.rec", tmp_path / "out.rec", Cut(count))
    shards = find_shards(made.manifest)
    assert len(shards) == count
    found = read_with_dali(shards, tmp_path / "out.dali.idx", len(rows))
    assert found == [(content, labels) for _, labels, content in rows]
