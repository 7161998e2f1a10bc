"""Where the picture of a record goes. Nothing in a name comes from the file's bytes but numbers."""

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.transcode.formats import format_of

_CLASSES = 1 << 24  # float32 holds whole numbers up to here
_RECORDS_A_FOLDER = 1000
_SNIFFED = 16  # bytes of a picture that tell its format
_SUFFIXES = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "PPM": ".ppm",
    "JPEG 2000": ".jp2",
    "WebP": ".webp",
    "AVIF": ".avif",
    None: ".bin",
}


def folder_of(labels: NDArray[np.float32], number: int) -> str:
    """The folder for record ``number``, from 0: its class "3", or "records-12000-12999" where ``labels`` are no class.

    ``labels``: (n,), n ≥ 1. A class is a single whole number, 0 … 2^24-1.
    """
    label = float(labels[0])
    if len(labels) == 1 and is_class(label):
        return str(int(label))
    start = number - number % _RECORDS_A_FOLDER
    return f"records-{start}-{start + _RECORDS_A_FOLDER - 1}"


def is_class(label: float) -> bool:
    """Whether ``label`` is the number of a class."""
    return 0 <= label < _CLASSES and label.is_integer()


def name_of(index: int, content: bytes) -> str:
    """The file's name: the record's id, and the suffix of the format of its ``content``."""
    return f"{index}{_SUFFIXES[format_of(content[:_SNIFFED])]}"


def numbered(name: str, number: int) -> str:
    """The name for record ``number`` where ``name`` is taken: "17-4711.jpg". No other record's name is this one."""
    index, dot, suffix = name.partition(".")
    return f"{index}-{number}{dot}{suffix}"
