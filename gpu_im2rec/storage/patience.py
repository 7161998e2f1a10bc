"""Trying again what may pass: with longer and longer pauses, and not for ever.

This is the one place in which it is done; botocore's and s3fs's own retries are turned off (opening.py).
"""

from __future__ import annotations

import errno
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from gpu_im2rec.errors import StorageError
from gpu_im2rec.storage.trouble import (
    ABOUT_SETTINGS,
    TooLargeError,
    code_of,
    concerns_all,
    in_words,
    may_pass,
    status_of,
)
from gpu_im2rec.storage.url import shown

T = TypeVar("T")

TRIES = 8
FIRST_PAUSE = 0.2  # seconds at most; each further pause may be twice as long
LONGEST_PAUSE = 10.0
GIVES_UP = 60.0  # seconds after which it is not tried again: before a run counts as standing still

_OF_STORAGES = (OSError, ValueError, NotImplementedError)  # what file systems of fsspec raise of Python's own errors


class UnreachableError(OSError):
    """It was tried again and again, and may yet pass."""


class Patience:
    """How long a request is repeated. ``stop``, from another thread, ends the waiting."""

    def __init__(self, tries: int | None = None) -> None:
        self._tries = tries or TRIES
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Nothing is tried again from now on."""
        self._stopped.set()

    def with_(self, url: str, work: Callable[[], T]) -> T:
        """What ``work`` gives, in the end.

        Raises, all with ``url`` as it is ``shown``: FileNotFoundError, PermissionError, StorageError for what every
        other file would meet, UnreachableError where it did not pass, and OSError for all else that a storage refuses.
        """
        started = time.monotonic()
        tried = 0
        while True:
            try:
                return work()
            except TooLargeError:
                raise
            except Exception as error:
                tried += 1
                if not may_pass(error):
                    raise named(error, url) from error
                seconds = time.monotonic() - started
                is_late = seconds > GIVES_UP and tried > 1  # a large part on a slow line takes longer than that
                if tried >= self._tries or is_late or self._stopped.is_set():
                    times = f", {tried} times in {seconds:.0f} s" if tried > 1 else ""
                    raise UnreachableError(errno.EIO, f"{in_words(error)}{times}", shown(url)) from error
            longest = min(FIRST_PAUSE * 2 ** (tried - 1), LONGEST_PAUSE)
            self._stopped.wait(longest * random.uniform(0.5, 1))  # or all who failed together would come back together


def named(error: Exception, url: str) -> Exception:
    """``error``, which does not pass, as one of ours; as it is where it is no storage's but a mistake of a program."""
    url = shown(url)
    if concerns_all(error):
        return StorageError(f"{url}: {in_words(error)}{'' if 'Bucket' in code_of(error) else ABOUT_SETTINGS}")
    if isinstance(error, FileNotFoundError) or status_of(error) == 404:
        return FileNotFoundError(errno.ENOENT, "no such file", url)
    if isinstance(error, PermissionError) or status_of(error) == 403:
        return PermissionError(errno.EACCES, in_words(error), url)
    is_builtin = type(error).__module__ == "builtins"
    if isinstance(error, UnicodeError) or (is_builtin and not isinstance(error, _OF_STORAGES)):
        return error
    return OSError(getattr(error, "errno", None) or errno.EIO, in_words(error), url)
