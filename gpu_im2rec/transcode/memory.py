"""Keeping freed memory in the process, where the C library would hand it back after every picture."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # from malloc.h
_KEEP = 512 << 20  # bytes


def keep_freed_memory() -> None:
    """Raise glibc's thresholds: megabyte buffers are then reused, not unmapped and faulted in again for each picture.

    Does nothing on other C libraries. Holds for the whole process; what stays allocated is bounded by what was in use.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_MMAP_THRESHOLD, _KEEP)
        mallopt(_M_TRIM_THRESHOLD, _KEEP)
