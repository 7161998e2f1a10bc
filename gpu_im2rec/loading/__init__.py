"""Reading record files for training: `ImageRecordIter` gives batches, `RecordDataset` single records."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpu_im2rec.loading.epochs import Batch
    from gpu_im2rec.loading.image_record_iter import ImageRecordIter
    from gpu_im2rec.loading.record_dataset import RecordDataset

_HOMES = {"Batch": "epochs", "ImageRecordIter": "image_record_iter", "RecordDataset": "record_dataset"}

__all__ = ["Batch", "ImageRecordIter", "RecordDataset"]


def __getattr__(name: str) -> Any:  # whoever wants to know where records lie need not load how batches are made
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
