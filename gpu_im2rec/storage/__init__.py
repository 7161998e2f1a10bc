"""Files that are not on this machine, through fsspec: names, reading, uploading. Bytes only."""

from gpu_im2rec.storage.url import Place, Url, is_url, place

__all__ = ["Place", "Url", "is_url", "place"]
