"""Pack folders of pictures into MXNet RecordIO files, and read them back.

    import gpu_im2rec

    gpu_im2rec.make_list("faces", "photos/", recursive=True)
    report = gpu_im2rec.pack("faces.lst", "photos/", "faces.rec")
    with gpu_im2rec.RecordReader("faces.rec") as records:
        print(len(records), records[0].labels)

Importing this package loads nothing else; each name loads what it needs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpu_im2rec.errors import Im2recError as Im2recError
    from gpu_im2rec.lists import make_list as make_list
    from gpu_im2rec.lists import read_list as read_list
    from gpu_im2rec.loading import Batch as Batch
    from gpu_im2rec.loading import ImageRecordIter as ImageRecordIter
    from gpu_im2rec.loading import RecordDataset as RecordDataset
    from gpu_im2rec.packing import FailureLimit as FailureLimit
    from gpu_im2rec.packing import PackOptions as PackOptions
    from gpu_im2rec.packing import PackReport as PackReport
    from gpu_im2rec.packing import Progress as Progress
    from gpu_im2rec.packing import pack as pack
    from gpu_im2rec.recordio import RecordReader as RecordReader
    from gpu_im2rec.recordio import RecordWriter as RecordWriter
    from gpu_im2rec.transcode import TranscodeSpec as TranscodeSpec

__version__ = "0.1.0"

_HOMES = {
    "Im2recError": "errors",
    "make_list": "lists",
    "read_list": "lists",
    "Batch": "loading",
    "ImageRecordIter": "loading",
    "RecordDataset": "loading",
    "FailureLimit": "packing",
    "PackOptions": "packing",
    "PackReport": "packing",
    "Progress": "packing",
    "pack": "packing",
    "RecordReader": "recordio",
    "RecordWriter": "recordio",
    "TranscodeSpec": "transcode",
}

__all__ = [
    "Batch",
    "FailureLimit",
    "Im2recError",
    "ImageRecordIter",
    "PackOptions",
    "PackReport",
    "Progress",
    "RecordDataset",
    "RecordReader",
    "RecordWriter",
    "TranscodeSpec",
    "__version__",
    "make_list",
    "pack",
    "read_list",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
