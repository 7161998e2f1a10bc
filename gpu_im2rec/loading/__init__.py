"""Reading record files for training: `ImageRecordIter` gives batches, `RecordDataset` single records."""

from gpu_im2rec.loading.epochs import Batch
from gpu_im2rec.loading.image_record_iter import ImageRecordIter
from gpu_im2rec.loading.record_dataset import RecordDataset

__all__ = ["Batch", "ImageRecordIter", "RecordDataset"]
