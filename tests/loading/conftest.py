"""Record files to read for training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from gpu_im2rec.recordio import FaceWriter, RecordWriter, pack_header
from tests.conftest import encoded

PackRecords = Callable[..., Path]


@pytest.fixture(scope="session")
def pictures(photo: Image.Image) -> list[bytes]:
    """Twenty-three JPEGs of different pictures and sizes, none below 64 pixels."""
    return [
        encoded(photo.rotate(number * 11).crop((0, 0, 300 - 9 * number, 200 - 3 * number)), "jpeg", quality=90)
        for number in range(23)
    ]


@pytest.fixture
def write_records(tmp_path: Path, pictures: list[bytes]) -> PackRecords:
    """Writes ``name`` with records of the given ids: picture id % 23, label id % 5, or ``labels(id)`` packed."""

    def write(
        ids: Sequence[int],
        name: str = "train.rec",
        *,
        labels: Callable[[int], Sequence[float]] | None = None,
        index: bool = True,
    ) -> Path:
        path = tmp_path / name
        with RecordWriter(path) as writer:
            for number in ids:
                row = labels(number) if labels else [number % 5]
                writer.append(number, pack_header(number, row, packed=labels is not None), pictures[number % 23])
        if not index:
            path.with_suffix(".idx").unlink()
        return path

    return write


@pytest.fixture
def write_faces(tmp_path: Path, pictures: list[bytes]) -> Callable[..., Path]:
    """Writes nine faces of five people in insightface's layout; their keys are 1 … 9."""

    def write(*, index: bool) -> Path:
        path = tmp_path / "faces.rec"
        with RecordWriter(path) as writer:
            faces = FaceWriter(writer)
            for number in range(9):
                faces.append(number // 2, pictures[number])
            faces.finish()
        if not index:
            path.with_suffix(".idx").unlink()
        return path

    return write
