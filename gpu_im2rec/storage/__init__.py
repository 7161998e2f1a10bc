"""Files that are not on this machine, through fsspec: names, reading, uploading. Bytes only."""

from gpu_im2rec.storage.downloading import LocalCopy, downloaded
from gpu_im2rec.storage.listing import names_below
from gpu_im2rec.storage.names import exists, remove
from gpu_im2rec.storage.patience import UnreachableError
from gpu_im2rec.storage.reading import read, read_range, size_of
from gpu_im2rec.storage.trouble import TooLargeError
from gpu_im2rec.storage.upload import Upload
from gpu_im2rec.storage.url import Place, Url, is_url, name_of, place, shown

__all__ = [
    "LocalCopy",
    "Place",
    "TooLargeError",
    "UnreachableError",
    "Upload",
    "Url",
    "downloaded",
    "exists",
    "is_url",
    "name_of",
    "names_below",
    "place",
    "read",
    "read_range",
    "remove",
    "shown",
    "size_of",
]
