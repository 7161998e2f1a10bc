"""PyTorch's DataLoader with two workers, which decode with OpenCV, or with this project's `RecordDataset`."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader

from benchmarks.read.measure import Epoch
from benchmarks.read.sources import Source
from benchmarks.read.task import BATCH, EDGE, MEAN, STD
from gpu_im2rec import RecordDataset

_MEAN = torch.tensor(MEAN).reshape(3, 1, 1)
_FACTOR = 1 / torch.tensor(STD).reshape(3, 1, 1)


def opencv(source: Source) -> Epoch:
    """Undecoded records to OpenCV: imdecode, resize by INTER_LINEAR where the source says so, crop, normalise."""
    return _epoch(RecordDataset(source.rec, decode=False, transform=OpenCV(source.resize)))


def dataset(source: Source) -> Epoch:
    """Pictures as the dataset decodes them: crop, normalise."""
    assert not source.resize
    return _epoch(RecordDataset(source.rec, transform=normalised))


class OpenCV:
    """A transform of a JPEG's bytes."""

    def __init__(self, resize: int) -> None:
        self._resize = resize

    def __call__(self, content: bytes) -> torch.Tensor:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
        if self._resize:
            height, width = picture.shape[:2]
            factor = self._resize / min(height, width)
            picture = cv2.resize(picture, (round(width * factor), round(height * factor)))
        return normalised(picture)


def normalised(picture: np.ndarray) -> torch.Tensor:
    """(3, EDGE, EDGE) float32 of the middle of ``picture``, (H, W, 3) uint8; the quickest of six ways tried."""
    top, left = ((edge - EDGE) // 2 for edge in picture.shape[:2])
    planes = cv2.split(picture[top : top + EDGE, left : left + EDGE])
    return torch.from_numpy(np.stack(planes)).float().sub_(_MEAN).mul_(_FACTOR)


def _epoch(records: RecordDataset) -> Epoch:
    loader = DataLoader(
        records, batch_size=BATCH, num_workers=2, persistent_workers=True, worker_init_fn=_single_threaded
    )
    return lambda: (data for data, _ in loader)


def _single_threaded(_worker: int) -> None:
    cv2.setNumThreads(1)
